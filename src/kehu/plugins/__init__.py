"""One file is one thing: field types, kits, importers. Found by the registry, imported by nobody."""
