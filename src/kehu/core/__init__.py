"""What every feature needs: records, catalog, change-sets, access, accounts, search, jobs, files."""
