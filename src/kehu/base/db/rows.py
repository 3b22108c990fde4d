"""Sets columns of rows by their ids with one prepared statement, past SQLAlchemy's compiler: every edit has columns of
its own, and compiling costs more than writing. Takes stored values as they are; knows no entity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect
from kehu.base.fields.base import Stored


def update_rows(
    dialect: Dialect,
    connection: sa.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Stored]]],
) -> None:
    """Set `columns` of records. `rows`: each record's id with the values of these columns in their order."""
    mark = "%s" if dialect.engine.dialect.paramstyle in ("format", "pyformat") else "?"
    settings = ", ".join(f'"{name}" = {mark}' for name in columns)
    parameters = [(*values, id) for id, values in rows]
    if parameters:
        raw: Any = connection.connection.cursor()
        try:
            raw.executemany(f'update "{table}" set {settings} where "id" = {mark}', parameters)
        finally:
            raw.close()
