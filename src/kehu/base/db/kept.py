"""Statements that are compiled once and run many times on the driver, past the cost of building them anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect


@dataclass(frozen=True, slots=True)
class Kept:
    """SQL text with the parameters that belong to it; the rest is given with each run."""

    text: str
    values: Mapping[str, Any]
    order: tuple[str, ...] | None  # names by position, None when parameters have names

    def run(self, connection: sa.Connection, given: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Execute it and return its rows; names that it does not know are left out."""
        values = {**self.values, **{name: value for name, value in given.items() if name in self.values}}
        parameters = values if self.order is None else tuple(values[name] for name in self.order)
        cursor: Any = connection.connection.cursor()
        try:
            cursor.execute(self.text, parameters)
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
            return rows
        finally:
            cursor.close()


def keep(dialect: Dialect, statement: sa.ClauseElement) -> Kept:
    """Compile a statement for a database. Parameters must be of types that the driver takes as they are."""
    compiled = statement.compile(dialect=dialect.engine.dialect)
    order = getattr(compiled, "positiontup", None)
    return Kept(str(compiled), compiled.params, None if order is None else tuple(order))
