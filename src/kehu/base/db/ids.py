"""Large sets of ids or values as one parameter: the way every set-based statement names its records.

One JSON text on SQLite and one array on PostgreSQL, so that five thousand ids neither change the text of a
statement nor run into the limit on parameters. No other module spells this out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from kehu.base.db.dialects.base import Dialect
from kehu.base.fields.base import Stored


def among(dialect: Dialect, column: sa.ColumnElement[Any], ids: Iterable[int]) -> sa.ColumnElement[bool]:
    """Return the condition that `column` is one of `ids` (in any number; none gives no rows)."""
    given = sorted(set(ids))
    if dialect.name == "postgres":
        return column == sa.any_(sa.bindparam(None, given, type_=ARRAY(sa.BigInteger), unique=True))
    return column.in_(sa.select(_each(given).c.value))


def among_values(dialect: Dialect, column: sa.ColumnElement[Any], values: Iterable[Stored]) -> sa.ColumnElement[bool]:
    """Return the condition that `column` is one of some stored values, all of them texts or all of them numbers."""
    given = list(dict.fromkeys(value for value in values if value is not None))
    if dialect.name == "postgres":
        return column == sa.any_(sa.bindparam(None, given, type_=ARRAY(column.type), unique=True))
    text = sa.bindparam(None, orjson.dumps(given).decode(), type_=sa.String, unique=True)
    each = sa.func.json_each(text).table_valued(sa.column("value", column.type), name="given")
    return column.in_(sa.select(each.c.value))


def among_named(dialect: Dialect, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Return the condition of `among` for statements that are kept: the ids are given per run as parameter `name`."""
    if dialect.name == "postgres":
        # The planner must not see how many they are: it would hold a plan for these very ids to be cheaper than one
        # that is kept for all, and plan again each time.
        given = sa.select(sa.func.unnest(sa.bindparam(name, type_=ARRAY(sa.BigInteger))))
        return column == sa.any_(sa.func.array(given.scalar_subquery(), type_=ARRAY(sa.BigInteger)))
    each = sa.func.json_each(sa.bindparam(name, type_=sa.String)).table_valued(sa.column("value", sa.BigInteger))
    return column.in_(sa.select(each.c.value))


def ids_parameter(dialect: Dialect, ids: Iterable[int]) -> object:
    """Return ids in the form that a parameter of `among_named` takes."""
    return list(ids) if dialect.name == "postgres" else orjson.dumps(list(ids)).decode()


def _each(given: list[int]) -> sa.FromClause:
    text = sa.bindparam(None, orjson.dumps(given).decode(), type_=sa.String, unique=True)
    return sa.func.json_each(text).table_valued(sa.column("value", sa.BigInteger), name="ids")


def given_rows(dialect: Dialect, name: str, columns: Sequence[sa.Column[Any]]) -> sa.Select[Any]:
    """Return rows that are given per run as parameter `name`, a JSON list of objects; what an object lacks is null."""
    if dialect.name == "postgres":
        text = sa.cast(sa.bindparam(name, type_=sa.Text), sa.JSON)
        typed = [sa.column(column.name, column.type) for column in columns]
        each = sa.func.json_to_recordset(text).table_valued(*typed, name="each").render_derived(with_types=True)
        return sa.select(*each.c)
    each = sa.func.json_each(sa.bindparam(name, type_=sa.String)).table_valued(sa.column("value", sa.String))
    # A path in the text of the statement: SQLite finds a parsed object again, but not a parsed path.
    parts = [sa.func.json_extract(each.c.value, sa.literal_column(f"'$.{c.name}'"), type_=c.type) for c in columns]
    return sa.select(*(part.label(c.name) for part, c in zip(parts, columns, strict=True)))


def number_rows(dialect: Dialect) -> sa.FromClause:
    """Return numbers by id, given per run by `numbers_parameters`, to join with: columns `id` and `number`."""
    if dialect.name == "postgres":
        ids, values = (sa.bindparam(name, type_=ARRAY(sa.BigInteger)) for name in ("number_ids", "numbers"))
        columns = (sa.column("id", sa.BigInteger), sa.column("number", sa.BigInteger))
        return sa.func.unnest(ids, values).table_valued(*columns, name="numbers").render_derived()
    text = sa.bindparam("numbers", type_=sa.String)
    each = sa.func.json_each(text).table_valued(sa.column("value", sa.String), name="pairs")
    parts = (sa.func.json_extract(each.c.value, sa.literal_column(f"'$[{n}]'"), type_=sa.BigInteger) for n in range(2))
    id, number = parts
    return sa.select(id.label("id"), number.label("number")).subquery("numbers")


def numbers_parameters(dialect: Dialect, numbers: Mapping[int, int]) -> dict[str, object]:
    """Return numbers by id as the parameters of `number_rows`."""
    if dialect.name == "postgres":
        return {"number_ids": list(numbers), "numbers": list(numbers.values())}
    return {"numbers": orjson.dumps(list(numbers.items())).decode()}
