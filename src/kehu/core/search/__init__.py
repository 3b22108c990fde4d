"""Search: tokens of records, what typed text looks up, and the check of what was found."""
