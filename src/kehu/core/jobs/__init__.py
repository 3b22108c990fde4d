"""Work that survives a kill: rows of the ledger, taken step by step by whichever process is alive."""
