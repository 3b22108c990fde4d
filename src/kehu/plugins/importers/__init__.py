"""One file per kind of file that can be imported; each holds one `Importer`. They run only in the reader's child."""
