"""Undo of change-sets of every origin."""
