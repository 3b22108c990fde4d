"""Use cases such as importing, exporting and backup. Features never import each other."""
