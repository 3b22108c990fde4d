"""Runs compiled statements on the driver's cursor and keeps them per shape.

Building and compiling a statement costs more than running it; a shape holds no values, so the same list asked
again only binds its values. Kept per set of tables (a catalog version) and bounded.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect, StatementTimeout
from kehu.base.db.tables import Tables
from kehu.base.errors import TooSlow

SECONDS = 2.0
MOST_STATEMENTS = 400
MOST_VERSIONS = 16


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text, the names of its parameters in order (None: by name), and the values that are part of the shape."""

    sql: str
    names: tuple[str, ...] | None
    constants: Mapping[str, Any]

    def fetch(self, connection: sa.Connection, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Run it and return all rows. Values must be of types that the driver takes as they are."""
        with self._run(connection, values) as cursor:
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def execute(self, connection: sa.Connection, values: Mapping[str, Any]) -> None:
        """Run it where it returns no rows."""
        with self._run(connection, values):
            pass

    @contextmanager
    def _run(self, connection: sa.Connection, values: Mapping[str, Any]) -> Iterator[Any]:
        given = {**self.constants, **values}
        cursor: Any = connection.connection.cursor()
        try:
            if self.names is None:
                cursor.execute(self.sql, {name: given[name] for name in self.constants})
            else:
                cursor.execute(self.sql, tuple(given[name] for name in self.names))
            yield cursor
        finally:
            cursor.close()


class _Statements:
    """Compiled statements of one set of tables, the least used forgotten first."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables  # held, so that its id is not given to another object
        self.kept: OrderedDict[Hashable, Statement] = OrderedDict()


_guard = threading.Lock()
_versions: OrderedDict[int, _Statements] = OrderedDict()


def compiled(dialect: Dialect, tables: Tables, key: Hashable, build: Callable[[], sa.Executable]) -> Statement:
    """The compiled statement for a shape. `key` must hold everything that `build` depends on but values."""
    whole_key = (dialect.name, key)
    with _guard:
        version = _versions.get(id(tables))
        if version is None:
            version = _versions[id(tables)] = _Statements(tables)
            while len(_versions) > MOST_VERSIONS:
                _versions.popitem(last=False)
        else:
            _versions.move_to_end(id(tables))
        found = version.kept.get(whole_key)
        if found is not None:
            version.kept.move_to_end(whole_key)
            return found
    made = compile_statement(dialect, build())
    with _guard:
        version.kept[whole_key] = made
        while len(version.kept) > MOST_STATEMENTS:
            version.kept.popitem(last=False)
    return made


def compile_statement(dialect: Dialect, statement: sa.Executable) -> Statement:
    """Compile a statement for a database."""
    ready: Any = statement.compile(dialect=dialect.engine.dialect)  # type: ignore[attr-defined]
    positions = ready.positiontup
    return Statement(str(ready), tuple(positions) if positions is not None else None, dict(ready.params))


@contextmanager
def limited(
    connection: sa.Connection, dialect: Dialect, hint: Callable[[], str], seconds: float | None
) -> Iterator[None]:
    """Stop what runs inside after `seconds` (None: never) with TooSlow `query.slow` naming the missing index."""
    if seconds is None:
        yield
        return
    try:
        with dialect.time_limit(connection, seconds):
            yield
    except StatementTimeout as error:
        raise TooSlow("query.slow", index=hint(), seconds=seconds) from error
