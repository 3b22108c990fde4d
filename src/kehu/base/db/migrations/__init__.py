"""Numbered changes of the system tables, forward only. Entity tables are made by `base.db.ddl` from the catalog.

A file `versions/NNNN_name.py` has one function `upgrade(connection, dialect)`. A file that has been released is
never edited: later code must open what earlier code wrote.
"""

from __future__ import annotations

import importlib
import pkgutil

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect
from kehu.base.db.migrations import versions


def newest() -> int:
    """Number of the newest migration this program knows."""
    return max(_all())


def current(connection: sa.Connection) -> int:
    """Number of the last migration the ledger has seen; 0 for an empty database."""
    if not sa.inspect(connection).has_table("kehu_meta"):
        return 0
    found = connection.execute(sa.text("select value from kehu_meta where key = 'schema'")).scalar()
    return int(found) if found is not None else 0


def migrate(connection: sa.Connection, dialect: Dialect, *, until: int | None = None) -> list[int]:
    """Bring the system tables up to date inside the given transaction; return the numbers that ran.

    until: stop behind this number (to load a backup that an older program wrote).
    """
    at = current(connection)
    ran: list[int] = []
    for number, name in sorted(_all().items()):
        if number > at and (until is None or number <= until):
            importlib.import_module(f"{versions.__name__}.{name}").upgrade(connection, dialect)
            ran.append(number)
    if ran:
        connection.execute(sa.text("delete from kehu_meta where key = 'schema'"))
        connection.execute(
            sa.text("insert into kehu_meta (key, value) values ('schema', :number)"), {"number": str(ran[-1])}
        )
    return ran


def _all() -> dict[int, str]:
    return {int(m.name[:4]): m.name for m in pkgutil.iter_modules(versions.__path__) if m.name[:4].isdigit()}
