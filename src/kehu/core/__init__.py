"""What every feature needs: records, catalog, accounts, change-sets, access. The two doors live here."""
