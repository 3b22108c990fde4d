"""Intents: what somebody wants to read, parsed, checked and compiled for both databases. Nothing else builds SQL."""
