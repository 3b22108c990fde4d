"""Who may see and do what: roles, permissions, sights, row scope, masks."""
