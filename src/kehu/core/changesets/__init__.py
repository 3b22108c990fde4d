"""The write door: change-sets, their storage, chain and undo. Nothing else changes record rows."""
