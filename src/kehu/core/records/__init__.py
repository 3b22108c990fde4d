"""Records: read through the one read door, written through the one write door."""
