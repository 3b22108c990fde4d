"""Kits: what a ledger of some trade begins with, as data."""
