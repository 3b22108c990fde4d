"""Token tables of SQLite made before 2026-11 get the setting of those made since: an undo is not slowed by merging."""

from __future__ import annotations

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect


def upgrade(connection: sa.Connection, dialect: Dialect) -> None:
    """Tell each token index when to merge."""
    dialect.renew_search(connection)
