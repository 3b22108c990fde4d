"""Faults done to a real server on purpose, and what the ledger says afterwards. Started by `dev.py torture`."""
