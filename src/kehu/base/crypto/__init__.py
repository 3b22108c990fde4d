"""Keys of the ledger: encryption of secret values, blind indexes, digests. Knows no database and no field."""
