"""Quick entry: fields recognised in pasted text, without a network."""
