"""The database: connections, dialects, tables of the catalog, the query compiler, migrations. No business meaning."""
