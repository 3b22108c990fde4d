"""Formulas in SQL: how each step is spelled on SQLite and PostgreSQL, and which column a field is.

`formula_expression` is what the write side (kept values) and the read door (values that hold today) use; nothing
else compiles formulas. The only place that knows how a stored field looks to a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from kehu.base.db.functions import offset_sql
from kehu.base.db.types import IsoDate, column_type
from kehu.base.errors import BadInput
from kehu.base.fields.base import FieldType
from kehu.base.fields.scaled import ScaledType
from kehu.base.formula import steps
from kehu.base.formula.compile import Source, compile_formula
from kehu.base.formula.functions import Kind
from kehu.base.formula.parse import field_keys, parse, reads_today
from kehu.base.formula.types import Expr, Operand, check
from kehu.base.schema.model import Entity, Field

MOST_INLINED = 4
"""Formulas that hold today may read one another this deep."""


def operand(field: Field, types: Mapping[str, FieldType]) -> Operand:
    """Return what formulas may know about a field. Raises BadInput for encrypted ones."""
    if field.sensitive == "secret":
        raise BadInput("formula.secret", name=field.key)
    kind_of = types[field.value_type]
    read_time = field.derived is not None and field.derived.read_time
    if isinstance(kind_of, ScaledType):
        return Operand("number", 10.0 ** kind_of.decimals(field), (), read_time)
    kinds: dict[str, Kind] = {
        "int": "number",
        "boolean": "boolean",
        "date": "date",
        "datetime": "datetime",
        "json": "tags",
        "relation": "relation",
    }
    if kind_of.output == "json" and not kind_of.listed:
        raise BadInput("formula.files", name=field.key)
    kind = "date" if kind_of.formula_column(field).kind == "date" else kinds.get(kind_of.output, "text")
    if kind == "text" and kind_of.sorting == "option":
        kind = "select"
    return Operand(kind, 1.0, field.options if kind in ("select", "tags") else (), read_time)


CREATED_AT = Operand("datetime")


class Columns(Protocol):
    """What columns are read from: a table, an alias of one, or anything else with columns by name."""

    @property
    def c(self) -> Any:
        """Columns by physical name."""


def operands(entity: Entity, types: Mapping[str, FieldType], keys: frozenset[str]) -> dict[str, Operand]:
    """Return the operands of those fields that exist; `created_at` is one, the other system columns are not."""
    found = {"created_at": CREATED_AT} if "created_at" in keys else {}
    for key in keys:
        field = entity.field(key)
        if field is not None and (field.derived is None or field.derived.kind != "system"):
            found[key] = operand(field, types)
    return found


def check_formula(entity: Entity, field: Field, types: Mapping[str, FieldType]) -> Expr:
    """Return the checked formula of a field. Raises FormulaError, or BadInput for encrypted operands."""
    assert field.derived is not None
    node = parse(str(field.derived.settings.get("text", "")))
    known = operands(entity, types, field_keys(node))
    checked = check(node, known, operand(field, types))
    if not field.derived.read_time and (reads_today(node) or any(one.read_time for one in known.values())):
        raise BadInput("formula.today_kept", name=field.key)
    return checked


def formula_expression(
    entity: Entity,
    field: Field,
    table: Columns,
    today: str,
    types: Mapping[str, FieldType],
    timezone: str = "Asia/Shanghai",
) -> sa.ColumnElement[Any]:
    """Return the value of a formula over a row of `table` (or an alias of it), in the form in which it is stored.

    today: "2026-03-05" in the ledger's time zone; becomes a parameter. Fields that hold today are computed in place.
    """
    bound = sa.bindparam("today", today, type_=IsoDate(), unique=True)
    return _expression(entity, field, table, bound, types, timezone, MOST_INLINED)


def _expression(
    entity: Entity,
    field: Field,
    table: Columns,
    today: sa.ColumnElement[Any],
    types: Mapping[str, FieldType],
    timezone: str,
    deep: int,
) -> sa.ColumnElement[Any]:
    if deep == 0:
        raise BadInput("formula.nested", name=field.key, most=MOST_INLINED)
    assert field.derived is not None
    keys = field_keys(parse(str(field.derived.settings.get("text", ""))))
    columns: dict[str, sa.ColumnElement[Any]] = {}
    for key in keys:
        read = entity.field(key)
        if key == "created_at":
            columns[key] = table.c["created_at"]
        elif read is not None and read.derived is not None and read.derived.read_time:
            columns[key] = _expression(entity, read, table, today, types, timezone, deep - 1)
        elif read is not None:
            columns[key] = table.c[types[read.value_type].formula_column(read).name]
    source = Source(columns, operands(entity, types, keys), today, timezone)
    value = compile_formula(check_formula(entity, field, types), operand(field, types), source)
    return sa.type_coerce(value, column_type(types[field.value_type].columns(field)[0]))


# How the steps are spelled. Plain names mean both databases, else PostgreSQL, then SQLite.


def _parts(element: Any, compiler: SQLCompiler, kw: dict[str, Any]) -> list[str]:
    return [str(compiler.process(arg, **kw)) for arg in element.clauses]


def _spell(step: type[Any], postgres: str, sqlite: str | None = None) -> None:
    """Give a step its text; `{0}` … are its arguments, `{all}` all of them with commas."""

    def visit(template: str) -> Any:
        def text(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
            parts = _parts(element, compiler, kw)
            return template.format(*parts, all=", ".join(parts))

        return text

    compiles(step)(visit(postgres))
    if sqlite is not None:
        compiles(step, "sqlite")(visit(sqlite))


_spell(steps.Floor, "floor({0})", "CAST(CAST({0} AS INTEGER) - ({0} < CAST({0} AS INTEGER)) AS REAL)")
_spell(
    steps.Power,
    "CASE WHEN {0} > 0 AND abs({1} * ln({0})) < 138 THEN power({0}, {1}) WHEN {0} = 0 AND {1} > 0 THEN 0.0 "
    "WHEN {0} < 0 AND {1} = floor({1}) AND abs({1} * ln(-{0})) < 138 THEN power({0}, {1}) END",
    "kehu_power({0}, {1})",
)
_spell(steps.Least, "least({all})")
_spell(steps.Greatest, "greatest({all})")
_spell(steps.Not, "NOT ({0})")
_spell(steps.Lower, 'lower({0} COLLATE "C")', "lower({0})")
_spell(steps.Upper, 'upper({0} COLLATE "C")', "upper({0})")
_spell(
    steps.Length,
    "CAST(floor(greatest(0, least(1000000, coalesce({0}, 0)))) AS INTEGER)",
    "CAST(max(0, min(1000000, coalesce({0}, 0))) AS INTEGER)",
)
_spell(steps.DateText, "to_char({0}, 'YYYY-MM-DD')", "{0}")
_spell(steps.DateValue, "CAST({0} AS DATE)", "{0}")
_spell(steps.FromDays, "(DATE '1970-01-01' + CAST({0} AS INTEGER))", "date({0} + 2440587.5)")
_spell(
    steps.FirstOfMonth,
    "make_date(CAST(floor({0} / 12) AS INTEGER), mod(CAST({0} AS INTEGER), 12) + 1, 1)",
    "printf('%04d-%02d-01', CAST({0} AS INTEGER) / 12, CAST({0} AS INTEGER) % 12 + 1)",
)
_spell(
    steps.AddMonths,
    "CAST({0} + make_interval(months => CAST({1} AS INTEGER)) AS DATE)",
    "date({0}, printf('%+d months', CAST({1} AS INTEGER)), 'floor')",
)
_spell(
    steps.DayNumber,
    "CAST({0} - DATE '1970-01-01' AS DOUBLE PRECISION)",
    "(julianday({0}) - 2440587.5)",
)
_spell(
    steps.SecondNumber,
    "CAST(floor(extract(epoch FROM {0})) AS DOUBLE PRECISION)",
    "CAST(strftime('%s', {0}) AS REAL)",
)
_spell(
    steps.AddMinutes,
    "({1} + make_interval(mins => CAST({0} AS INTEGER)))",
    "strftime('%Y-%m-%dT%H:%M:%fZ', {1}, printf('%+d minutes', CAST({0} AS INTEGER)))",
)
_spell(steps.YearOf, "CAST(extract(year FROM {0}) AS DOUBLE PRECISION)", "CAST(substr({0}, 1, 4) AS REAL)")
_spell(steps.MonthOf, "CAST(extract(month FROM {0}) AS DOUBLE PRECISION)", "CAST(substr({0}, 6, 2) AS REAL)")
_spell(steps.DayOf, "CAST(extract(day FROM {0}) AS DOUBLE PRECISION)", "CAST(substr({0}, 9, 2) AS REAL)")
_spell(
    steps.ListText,
    "(SELECT string_agg({1}, '、' ORDER BY e.n) FROM jsonb_array_elements_text(CAST({0} AS jsonb)) "
    "WITH ORDINALITY AS e(value, n))",
    "(SELECT group_concat({1}, '、' ORDER BY e.key) FROM json_each({0}) AS e)",
)
_spell(steps.EmptyNumber, "CAST(NULL AS DOUBLE PRECISION)", "NULL")
_spell(steps.EmptyDay, "CAST(NULL AS DATE)", "NULL")
_spell(steps.EmptyInstant, "CAST(NULL AS TIMESTAMPTZ)", "NULL")
_spell(steps.EmptyTruth, "CAST(NULL AS BOOLEAN)", "NULL")
_spell(steps.EmptyText, "CAST(NULL AS TEXT)", "NULL")


@compiles(steps.Least, "sqlite")
@compiles(steps.Greatest, "sqlite")
def _extreme(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    # The scalar min() and max() of SQLite are empty as soon as one argument is.
    rows = " UNION ALL SELECT ".join(f"{part} AS v" for part in _parts(element, compiler, kw))
    name = "min" if isinstance(element, steps.Least) else "max"
    return f"(SELECT {name}(v) FROM (SELECT {rows}))"


@compiles(steps.Let)
def _let(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    alias, body, *values = _parts(element, compiler, kw)
    named = ", ".join(f"{value} AS v{n}" for n, value in enumerate(values))
    # OFFSET 0 keeps PostgreSQL from writing the values back into the body as often as they are named.
    fence = "" if compiler.dialect.name == "sqlite" else " OFFSET 0"
    return f"(SELECT {body} FROM (SELECT {named}{fence}) AS {alias})"


@compiles(steps.Plus)
def _plus(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({' + '.join(_parts(element, compiler, kw))})"


@compiles(steps.Join)
def _join(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({' || '.join(_parts(element, compiler, kw))})"


@compiles(steps.LocalDate)
def _local_date(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    instant, zone = _parts(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        return f"date({instant}, {_offset(instant, zone)})"
    return f"CAST({instant} AT TIME ZONE {zone} AS DATE)"


@compiles(steps.LocalMinute)
def _local_minute(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    instant, zone = _parts(element, compiler, kw)
    if compiler.dialect.name == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M', {instant}, {_offset(instant, zone)})"
    return f"to_char({instant} AT TIME ZONE {zone}, 'YYYY-MM-DD HH24:MI')"


def _offset(instant: str, zone: str) -> str:
    """The SQLite modifier that brings an instant to the clock of a zone."""
    return offset_sql(zone.strip("'")).format(instant)
