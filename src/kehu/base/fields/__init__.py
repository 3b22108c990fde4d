"""Contract of field types and the columns that fields occupy. Knows no database and no particular type."""
