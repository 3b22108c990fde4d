"""See `docs/develop/architecture.md`."""
