"""All that differs between SQLite and PostgreSQL, except expressions (`base.db.functions`)."""

from __future__ import annotations

from pathlib import Path

from kehu.base.db.dialects.base import Dialect
from kehu.base.db.dialects.sqlite import SqliteDialect

__all__ = ["Dialect", "open_dialect"]


def open_dialect(*, url: str | None, file: Path) -> Dialect:
    """Return the dialect for a PostgreSQL `url`, or for the SQLite `file` when there is no url."""
    if not url:
        return SqliteDialect(file)
    from kehu.base.db.dialects.postgres import PostgresDialect  # its driver takes long to import

    return PostgresDialect(url)
