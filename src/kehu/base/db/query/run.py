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
FEW = 300  # ids up to which a kept plan is as good as one made for them


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text, the names of its parameters in order, and the values that are part of the shape."""

    dialect: Dialect
    sql: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    same_plan: bool = False

    def fetch(self, connection: sa.Connection, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Run it and return all rows. Values must be of types that the driver takes as they are."""
        cursor = self._start(connection, values)
        try:
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return rows
        finally:
            cursor.close()

    def execute(self, connection: sa.Connection, values: Mapping[str, Any]) -> None:
        """Run it where it returns no rows."""
        self._start(connection, values).close()

    def _start(self, connection: sa.Connection, values: Mapping[str, Any]) -> Any:
        given = {**self.constants, **values}
        kept = self.same_plan and all(len(ids) <= FEW for ids in values.values() if isinstance(ids, list))
        return self.dialect.run(connection, self.sql, [given[name] for name in self.names], keep=kept)


class _Statements:
    """Compiled statements of one set of tables, the least used forgotten first."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables  # held, so that its id is not given to another object
        self.kept: OrderedDict[Hashable, Statement] = OrderedDict()


_guard = threading.Lock()
_versions: OrderedDict[int, _Statements] = OrderedDict()
_standing: dict[tuple[str, sa.Executable], Statement] = {}


def compiled(
    dialect: Dialect, tables: Tables, key: Hashable, build: Callable[[], sa.Executable], *, same_plan: bool = False
) -> Statement:
    """The compiled statement for a shape. `key` must hold everything that `build` depends on but values.

    same_plan: one plan is right whatever the values, so the database may keep it: rows are found by ids and by nothing
    else, or by an index inside `Dialect.by_index`.
    """
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
    made = compile_statement(dialect, build(), same_plan=same_plan)
    with _guard:
        version.kept[whole_key] = made
        while len(version.kept) > MOST_STATEMENTS:
            version.kept.popitem(last=False)
    return made


def compile_statement(dialect: Dialect, statement: sa.Executable, *, same_plan: bool = False) -> Statement:
    """Compile a statement for a database; `same_plan` as in `compiled`."""
    ready: Any = statement.compile(dialect=dialect.compiler)  # type: ignore[attr-defined]
    return Statement(dialect, str(ready), tuple(ready.positiontup), dict(ready.params), same_plan)


def standing(dialect: Dialect, statement: sa.Executable) -> Statement:
    """The compiled form of a statement that a module holds; its plan may be kept."""
    found = _standing.get((dialect.name, statement))
    if found is None:
        found = _standing[dialect.name, statement] = compile_statement(dialect, statement, same_plan=True)
    return found


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
