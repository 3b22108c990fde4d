"""Token tables of SQLite made before 2026-11 get the setting of those made since: an undo is not slowed by merging."""

from __future__ import annotations

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect


def upgrade(connection: sa.Connection, dialect: Dialect) -> None:
    """Tell each token index to merge only when 40 % of it are deleted (see `create_search`)."""
    if dialect.name != "sqlite":
        return
    found = connection.execute(
        sa.text("select name from sqlite_master where type = 'table' and sql like 'create virtual table%using fts5%'")
    ).scalars()
    for table in list(found):
        connection.exec_driver_sql(f'insert into "{table}" ("{table}", rank) values (\'deletemerge\', 40)')
