"""Files of the ledger: uploads, error workbooks, exports. Encrypted on disk, found by random names."""
