"""Bringing converted rows into the ledger, rehearsed or for good. `portion` is the way in."""
