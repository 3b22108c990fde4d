"""The ledger's knowledge of its own shape: loading, changing, describing it."""
