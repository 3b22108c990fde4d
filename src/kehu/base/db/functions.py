"""SQL expressions that the two databases spell differently; the only place beside the dialects that knows both.

Each function returns one SQLAlchemy expression that compiles to either database. Results agree to the last digit
and in the same order. Never put user text into a template: arguments are expressions or bound parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Expression = sa.ColumnElement[Any]

TEXT = sa.Text()
INTEGER = sa.BigInteger()
# Of a query of tokens (`TokenSyntax`). PostgreSQL then takes the parameter for a tsquery, which it reads once; a text
# that is cast it reads anew for each record.
TOKENS = sa.types.NullType()
LARGEST_CALL = 100  # arguments of one function on PostgreSQL


class _Portable(FunctionElement[Any]):
    """An expression with one template per database; `{0}` stands for the first argument."""

    inherit_cache = False

    def __init__(self, sqlite: str, postgres: str, *arguments: Expression, type_: Any = TEXT) -> None:
        super().__init__(*arguments)
        self.sqlite = sqlite
        self.postgres = postgres
        self.type = type_


@compiles(_Portable, "sqlite")  # type: ignore[untyped-decorator, unused-ignore]
def _on_sqlite(element: _Portable, compiler: SQLCompiler, **kw: Any) -> str:
    return element.sqlite.format(*(compiler.process(clause, **kw) for clause in element.clauses))


@compiles(_Portable, "postgresql")  # type: ignore[untyped-decorator, unused-ignore]
def _on_postgres(element: _Portable, compiler: SQLCompiler, **kw: Any) -> str:
    return element.postgres.format(*(compiler.process(clause, **kw) for clause in element.clauses))


# --- values as JSON or text ------------------------------------------------------------------------------------------


def json_row(*parts: Expression) -> Expression:
    """One JSON array as text."""
    marks = [f"{{{n}}}" for n in range(len(parts))]
    sqlite = f"json_array({', '.join(marks)})"
    if len(parts) <= LARGEST_CALL:
        postgres = f"json_build_array({', '.join(marks)})::text"
    else:
        postgres = f"array_to_json(array[{', '.join(f'to_json({mark})' for mark in marks)}])::text"
    return _Portable(sqlite, postgres, *parts)


def json_link(id: Expression, label: Expression) -> Expression:
    """`{"id", "label"}`, or null where there is no id."""
    return _Portable(
        "case when {0} is not null then json_object('id', {0}, 'label', {1}) end",
        "case when {0} is not null then json_build_object('id', {0}, 'label', {1}) end",
        id,
        label,
        type_=sa.JSON(),
    )


def json_boolean(flag: Expression) -> Expression:
    """true and false of 1 and 0."""
    return _Portable(
        "case {0} when 1 then json('true') when 0 then json('false') end", "({0} = 1)", flag, type_=sa.JSON()
    )


def json_text(text: Expression) -> Expression:
    """A column that holds JSON text, as JSON."""
    return _Portable("json({0})", "({0})::json", text, type_=sa.JSON())


def decimal_text(scaled: Expression, decimals: int) -> Expression:
    """A scaled integer as decimal text with all decimals: 1280000 → "12800.00"."""
    if decimals == 0:
        return _Portable("cast({0} as text)", "({0})::bigint::text", scaled)
    one = 10**decimals
    return _Portable(
        f"(case when {{0}} < 0 then '-' else '' end || (abs({{0}}) / {one}) || '.'"
        f" || substr(cast(abs({{0}}) % {one} + {one} as text), 2))",
        f"round(({{0}})::numeric / {one}, {decimals})::text",
        scaled,
    )


def decimal_number(scaled: Expression, decimals: int) -> Expression:
    """A scaled integer as JSON number without zeros at the end."""
    if decimals == 0:
        return _Portable("{0}", "({0})::bigint", scaled, type_=INTEGER)
    return _Portable(
        "json(rtrim(rtrim({0}, '0'), '.'))",
        "trim_scale(({1})::numeric / " + str(10**decimals) + ")",
        decimal_text(scaled, decimals),
        scaled,
        type_=sa.JSON(),
    )


def date_text(day: Expression) -> Expression:
    """A date as 2026-03-05."""
    return _Portable("{0}", "to_char({0}, 'YYYY-MM-DD')", day)


def instant_text(instant: Expression) -> Expression:
    """A point in time as 2026-03-05T01:02:03.004Z."""
    return _Portable("{0}", """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""", instant)


def lines(text: Expression) -> Expression:
    """All rows of one text column, in their order, joined by line feeds (JSON text holds none)."""
    return _Portable("group_concat({0}, char(10))", "string_agg({0}, chr(10))", text)


def line_feed() -> Expression:
    """The character between lines."""
    return _Portable("char(10)", "chr(10)")


def unindexed(value: Expression) -> Expression:
    """The same value, for which SQLite uses no index: it keeps no statistics and must be told what to begin with."""
    return _Portable("+{0}", "{0}", value, type_=value.type)


# --- text ------------------------------------------------------------------------------------------------------------


def folded(text: Expression) -> Expression:
    """A-Z lowered and nothing else touched (on PostgreSQL the columns are in the collation C)."""
    return _Portable("lower({0})", 'lower({0} collate "C")', text)


def contains(text: Expression, part: Expression) -> Expression:
    """Whether the folded text holds `part`, which is lower case; % and _ mean themselves."""
    return _Portable("(instr({0}, {1}) > 0)", "(strpos({0}, {1}) > 0)", folded(text), part, type_=sa.Boolean())


def starts_with(text: Expression, part: Expression) -> Expression:
    """Whether the folded text begins with `part`."""
    return _Portable(
        "(substr({0}, 1, length({1})) = {1})", "starts_with({0}, {1})", folded(text), part, type_=sa.Boolean()
    )


def ends_with(text: Expression, part: Expression) -> Expression:
    """Whether the folded text ends in `part`."""
    return _Portable(
        "(substr({0}, -length({1})) = {1})", "(right({0}, length({1})) = {1})", folded(text), part, type_=sa.Boolean()
    )


# --- figures ---------------------------------------------------------------------------------------------------------


def average(total: Expression, count: Expression, extra: int = 0) -> Expression:
    """total / count in whole units, times 10^extra, halves away from zero; empty when there is nothing to count."""
    up = 10**extra
    return _Portable(
        f"(case when {{1}} > 0 then (2 * abs({{0}}) * {up} + {{1}}) / (2 * {{1}})"
        " * (case when {0} < 0 then -1 else 1 end) end)",
        f"(case when {{1}} > 0 then div(2 * abs({{0}}::numeric) * {up} + {{1}}, 2 * {{1}}::numeric)"
        " * sign({0}::numeric) end)",
        total,
        count,
        type_=INTEGER,
    )


def local_date(instant: Expression, zone: str) -> Expression:
    """The day of an instant in a time zone, as a date."""
    return _Portable(
        f"date({{0}}, {offset_sql(zone)})", f"timezone('{_checked(zone)}', {{0}})::date", instant, type_=sa.Text()
    )


def bucket(day: Expression, by: str) -> Expression:
    """First day of the day's week (Monday), month, quarter or year, as text 2026-03-01."""
    if by == "day":
        return date_text(day)
    sqlite = {
        "week": "date({0}, '-6 days', 'weekday 1')",
        "month": "(substr({0}, 1, 7) || '-01')",
        "quarter": "(substr({0}, 1, 5) || substr('01040710', ((cast(substr({0}, 6, 2) as integer) - 1) / 3) * 2 + 1, 2)"
        " || '-01')",
        "year": "(substr({0}, 1, 4) || '-01-01')",
    }
    return _Portable(sqlite[by], f"to_char(date_trunc('{by}', {{0}}::timestamp), 'YYYY-MM-DD')", day)


def _checked(zone: str) -> str:
    return str(ZoneInfo(zone))


@cache
def offset_sql(zone: str) -> str:
    """SQLite knows no time zones: the modifier that moves an instant ({0}) by the zone's offset at that time."""
    first, *changes = _offset_changes(zone)
    begun = "".join(f" when {{0}} >= '{begin}' then '{seconds:+d} seconds'" for begin, seconds in reversed(changes))
    return f"case{begun} else '{first[1]:+d} seconds' end" if begun else f"'{first[1]:+d} seconds'"


def _offset_changes(zone: str) -> tuple[tuple[str, int], ...]:
    """(from when on as stored text, offset in seconds) of a zone, from 1900 to 2100; the first has no begin."""
    info = ZoneInfo(zone)

    def offset(at: datetime) -> int:
        found = at.astimezone(info).utcoffset()
        return 0 if found is None else int(found.total_seconds())

    at, end, step = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), timedelta(days=7)
    changes = [("", offset(at))]
    while at < end:
        now = changes[-1][1]
        if offset(at + step) == now:
            at += step
            continue
        low, high = at, at + step
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
            low, high = (middle, high) if offset(middle) == now else (low, middle)
        changes.append((high.strftime("%Y-%m-%dT%H:%M:%S.000Z"), offset(high)))
        at = high
    return tuple(changes)


# --- search ----------------------------------------------------------------------------------------------------------


def listed(id: Expression, ids: Expression) -> Expression:
    """Whether an id is in a JSON list of ids, given as one parameter."""
    # Not typed as boolean: SQLAlchemy would write "(id in …) = 1", for which SQLite reads the whole table.
    return _Portable(
        "{0} in (select value from json_each({1}))",
        "{0} in (select value::bigint from json_array_elements_text(({1})::json))",
        id,
        ids,
        type_=INTEGER,
    )


def found_ids(table: str, query: Expression) -> sa.Select[Any]:
    """Ids of a token index that match a query in the database's notation (`TokenSyntax`)."""
    index = sa.table(table, sa.column("rowid", INTEGER), sa.column("id", INTEGER), sa.column("tok"))
    id = _Portable(f'"{table}".rowid', f'"{table}".id', type_=INTEGER)
    # Not typed as boolean: SQLAlchemy would write "match ? = 1", which is no full-text search any more.
    match = _Portable(f'"{table}" match {{0}}', f'"{table}".tok @@ ({{0}})::tsquery', query, type_=INTEGER)
    return sa.select(id.label("id")).select_from(index).where(match)


def candidates(table: str, query: Expression, whole: Expression | None = None) -> sa.Select[Any]:
    """At most `limit` of the ids that match, as lines of one text. SQLite gives the newest; PostgreSQL any, as sorting
    would read them all.

    whole: a second query that PostgreSQL asks of each record that the index finds for the first.
    """
    order = _Portable(f'"{table}".rowid', "null::bigint", type_=INTEGER)
    matching = found_ids(table, query)
    if whole is not None:
        # In a function call, for which there is no index.
        asked = f'coalesce("{table}".tok @@ ({{0}})::tsquery, false)'
        matching = matching.where(_Portable(f'"{table}" match {{0}}', asked, whole, type_=sa.Boolean()))
    found = matching.order_by(order.desc()).limit(given_number("limit")).subquery("found")
    return sa.select(lines(sa.cast(found.c.id, TEXT))).select_from(found)


def is_found(table: str, id: Expression, query: Expression) -> Expression:
    """Whether one record's tokens match a query: asked record by record while an order is walked.

    For PostgreSQL. SQLite's index without positions reads half of what matches to find one record.
    """
    # A scalar select on PostgreSQL, which must not be turned into a join with everything that matches.
    return _Portable(
        f'exists (select 1 from "{table}" where "{table}" match {{1}} and rowid = {{0}})',
        f'coalesce((select tok @@ ({{1}})::tsquery from "{table}" s where s.id = {{0}}), false)',
        id,
        query,
        type_=sa.Boolean(),
    )


def newest_found(table: str, query: Expression) -> sa.Select[Any]:
    """Of the next `number` records of a token index below the id `below`, newest first: how many there are, the first
    and the last of their ids, and those that match as lines of one text. For PostgreSQL, as all that looks at records
    one by one.
    """
    index = sa.table(table, sa.column("id", INTEGER), sa.column("tok"))
    next_ = sa.select(index.c.id, index.c.tok).where(index.c.id < sa.bindparam("below", type_=INTEGER))
    looked = next_.order_by(index.c.id.desc()).limit(given_number("number")).subquery("looked")
    match = _Portable("{0} match {1}", "({0} @@ ({1})::tsquery)", looked.c.tok, query, type_=sa.Boolean())
    hits = lines(sa.case((match, sa.cast(looked.c.id, TEXT))))
    columns: list[Expression] = [sa.func.count(), sa.func.max(looked.c.id), sa.func.min(looked.c.id), hits]
    return sa.select(*columns).select_from(looked)


def sampled(tables: Sequence[str], newest: int, runs: int, run: int) -> sa.TextClause:
    """Of several token indexes, each behind its place in the list: the same of the `newest` newest records, and of
    `runs` runs of `run` records all over the index how many there are and how many match. `query0` and so on are what
    the indexes are asked for.
    """
    # As text: to build and compile thirty such parts of expressions takes a tenth of a second, in each process.
    parts = [
        f"select {n}, a.*, b.* from (select count(*), max(id), min(id),"
        f" string_agg(case when tok @@ cast(:query{n} as tsquery) then id::text end, chr(10))"
        f' from (select id, tok from "{table}" order by id desc limit {newest}) looked) a,'
        f" (select count(*), count(case when tok @@ cast(:query{n} as tsquery) then 1 end)"
        f' from generate_series(1, {runs}) place, lateral (select tok from "{table}"'
        f' where id <= (select max(id) from "{table}") * place / {runs} order by id desc limit {run}) looked) b'
        for n, table in enumerate(tables)
    ]
    return sa.text(" union all ".join(parts))


def with_rows(tables: Mapping[str, str]) -> sa.TextClause:
    """Of tables by some name, the names of those that have rows."""
    # As text: as expressions they would be built and compiled anew for every catalog.
    parts = [f"select '{name}' where exists (select 1 from \"{table}\")" for name, table in tables.items()]
    return sa.text(" union all ".join(parts))


class TokenSyntax:
    """How a query of tokens is written for a database. Tokens hold no ASCII signs; quotes make sure of it."""

    def __init__(self, dialect: str) -> None:
        self._postgres = dialect == "postgres"

    @property
    def merges_beginnings(self) -> bool:
        """Whether all lists of a beginning are laid together before the first hit comes: FTS5 does, GIN reads on."""
        return not self._postgres

    @property
    def lays_all(self) -> bool:
        """Whether all that matches is laid together before the first hit comes: GIN does, FTS5 gives hits one by one,
        the newest first."""
        return self._postgres

    def token(self, token: str, prefix: bool) -> str:
        """One token, or all that begin with it."""
        if self._postgres:
            escaped = token.replace("\\", "\\\\").replace("'", "''")
            return f"'{escaped}':*" if prefix else f"'{escaped}'"
        escaped = token.replace('"', '""')
        return f'"{escaped}"*' if prefix else f'"{escaped}"'

    def all_of(self, parts: Sequence[str]) -> str:
        """Every part."""
        return f"({(' & ' if self._postgres else ' AND ').join(parts)})"

    def any_of(self, parts: Sequence[str]) -> str:
        """At least one part."""
        return f"({(' | ' if self._postgres else ' OR ').join(parts)})"


def given_number(name: str) -> sa.ColumnElement[int]:
    """A number of rows given per run. SQLite compiles a statement anew on every run when LIMIT is a bare parameter."""
    return sa.func.coalesce(sa.bindparam(name, type_=sa.BigInteger()), 0)
