"""Reads a token index back, record by record and token by token, to prove it. Slow; never for queries."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect


def token_rows(dialect: Dialect, connection: sa.Connection, table: str) -> Iterator[tuple[int, str]]:
    """Yield (record, token) of every entry of an index, in no order."""
    if dialect.name == "postgres":
        rows = connection.exec_driver_sql(f'select id, unnest(tsvector_to_array(tok)) from "{table}"')
        yield from ((row[0], row[1]) for row in rows)
        return
    view = f"{table}_rows"
    connection.exec_driver_sql(f'drop table if exists temp."{view}"')
    connection.exec_driver_sql(f'create virtual table temp."{view}" using fts5vocab(main, \'{table}\', instance)')
    try:
        yield from ((row[0], row[1]) for row in connection.exec_driver_sql(f'select doc, term from temp."{view}"'))
    finally:
        connection.exec_driver_sql(f'drop table temp."{view}"')
