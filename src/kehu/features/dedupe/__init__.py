"""Duplicate check before saving."""
