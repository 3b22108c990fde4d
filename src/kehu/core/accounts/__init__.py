"""People who sign in: accounts, passwords, sessions, tokens, and the limit on tries."""
