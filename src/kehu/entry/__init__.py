"""How the world talks to us: HTTP, command line, worker. No rules of the business live here."""
