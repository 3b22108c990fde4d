"""Finds records that may already be there, before they are entered twice."""
