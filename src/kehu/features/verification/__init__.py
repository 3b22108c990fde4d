"""`kehu verify`: everything that is kept twice or can be computed again is compared."""
