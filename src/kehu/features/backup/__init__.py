"""Backups: one file that holds the whole ledger and can be restored into either database."""
