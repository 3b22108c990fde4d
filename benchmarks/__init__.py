"""Measurements of the bars that Kehu holds itself to, each beside the same work by hand in the same run."""
