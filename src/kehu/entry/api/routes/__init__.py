"""One file per feature: checks the shape of what came in, opens one unit of work, calls one function."""
