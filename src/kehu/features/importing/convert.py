"""Cells → values, column by column. Each distinct text of a column is parsed once; only bad cells become messages.

Knows mapping and field types, no record: matching and writing come after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kehu.base.common.later import Later
from kehu.base.fields.base import FieldType, Parsed, ParseEnv, Problem, Unresolved, Value
from kehu.base.schema.model import Catalog, Field
from kehu.core.changesets.observers import Ready
from kehu.features.importing.cells import (
    KEPT_ASIDE,
    Read,
    give_phone,
    is_of_firm,
    more_values,
    read_cell,
    rounding,
    with_factor,
)
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.headings import marked
from kehu.features.importing.targets import Target, joined

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

_OWN_FINDINGS = frozenset(
    {
        "number.cut",
        "money.rounded",
        "money.unit_assumed",
        "phone.several",
        "cell.parted",
        "date.year",
        "quantity.measured",
        "cell.same_name",
        "cell.unkept",
        "cell.unnamed",
        "name.aside",
        "name.parted",
        "relation.unmatched",
    }
)
CACHE_LIMIT = 20_000  # distinct texts of a column; one with more repeats few of them


@dataclass(frozen=True, slots=True)
class Taken:
    """A column that is taken: where it goes, and the field there."""

    column: ColumnMap
    target: Target
    field: Field


def taken(catalog: Catalog, columns: Sequence[tuple[ColumnMap, Target]]) -> tuple[Taken, ...]:
    """The columns of a mapping with their fields."""
    return tuple(Taken(c, t, catalog.entities[t.entity].fields[t.field]) for c, t in columns)


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that was left empty or is doubtful: its column, its text and what is wrong."""

    column: ColumnMap
    target: Target
    text: str
    problem: Problem

    def rounded(self) -> Decimal:
        """How much of an amount of money was lost by rounding."""
        if self.problem.code != "money.rounded":
            return Decimal(0)
        kept = str(self.problem.data.get("kept", "0"))
        return rounding(self.text, self.column.factor or 1, kept) or Decimal(0)


@dataclass(slots=True)
class RowValues:
    """One row: values by part ("" for the record itself) and field, and its bad cells.

    ready: what has been worked out of the record's own values already. nth: how many rows before it say the same.
    record: the number of the record that a returned row stands for.
    """

    row: int
    values: dict[str, dict[str, Value | Unresolved]]
    bad: list[BadCell] = field(default_factory=list)
    ready: Ready | None = None
    nth: int = 0
    record: int | None = None


class Converter:
    """Converts blocks of one sheet under one mapping. Keeps what it has parsed."""

    def __init__(self, types: Mapping[str, FieldType], env: ParseEnv, columns: Sequence[Taken]) -> None:
        self._columns = [(one.column, one.target) for one in columns]
        self._env = env
        self._types = types
        self._fields = [one.field for one in columns]
        self._marks = [marked(one.target.entity, one.field, one.column.source) for one in columns]
        self._theirs = {one.target.key for one in columns if not is_of_firm(one.column.source)}
        self._caches: list[dict[tuple[str, str], Parsed]] = [{} for _ in columns]

    def rows(self, frame: pl.DataFrame) -> list[RowValues]:
        """Convert the rows of a block."""
        numbers = frame.get_column("row").to_list()
        out = [RowValues(number, {}) for number in numbers]
        further: list[tuple[RowValues, BadCell, Read]] = []
        for position, (column, place) in enumerate(self._columns):
            texts = _texts(frame, column)
            kinds = frame.get_column(f"k{column.index}").cast(pl.String).to_list()
            kinds = ["t"] * len(texts) if column.after else kinds
            cache = self._caches[position]
            if len(cache) > CACHE_LIMIT:
                cache.clear()
            for row, text, kind in zip(out, texts, kinds, strict=True):
                if text is None or kind == "0":
                    continue
                parsed = cache.get((kind, text))
                if parsed is None:
                    parsed = cache[(kind, text)] = self._parse(position, text, kind)
                for problem in parsed.problems:
                    row.bad.append(BadCell(column, place, text, problem))
                if parsed.value is not None:
                    row.values.setdefault(place.path, {})[place.field] = parsed.value
                if type(parsed) is Read:
                    further.append((row, BadCell(column, place, text, parsed.problems[-1]), parsed))
        for row, cell, more in further:  # after all columns: what has a column of its own is better known
            if more_values(row.values, more):
                row.bad = [one for one in row.bad if one != cell or cell.problem.code not in KEPT_ASIDE]
                row.bad += (
                    [replace(cell, problem=replace(cell.problem, code="cell.parted"))] if cell not in row.bad else []
                )
        for row, cell, more in further:
            of_firm = cell.problem.code == "name.parted" and len(more.more) == 1 and cell.target.entity == "customer"
            if of_firm and joined(cell.target.path, "mobile") in self._theirs:
                give_phone(row.values, cell.target.path, str(cell.problem.data["who"]))
        return out

    def _parse(self, position: int, text: str, kind: str) -> Parsed:
        one, (column, place) = self._fields[position], self._columns[position]
        if kind != "e" and (option := self._marks[position]) is not None:
            said = self._types["boolean"].parse(one, text, self._env)
            if not said.refused:
                return Parsed(option if said.value is True else None)
        env = with_factor(self._env, one, column.factor)
        return read_cell(
            one, self._types[one.value_type], text, kind, env,
            path=place.path, date1904=column.date1904, order=column.order, year=column.year,
            of=place.entity,
        )  # fmt: skip


def _texts(frame: pl.DataFrame, column: ColumnMap) -> list[str | None]:
    """The cells of a column, with those that stand in front of them in one value."""
    own = frame.get_column(f"c{column.index}")
    if column.after:
        parts = [pl.col(f"c{index}").fill_null("") for index in (*column.after, column.index)]
        own = frame.select(pl.concat_str(parts).alias("all")).get_column("all").replace("", None)
    return own.to_list()


def restore(data: dict[str, Any]) -> list[list[Any]]:
    """Rows (number, values, bad cells) from JSON data, with lists and open references as the values that they were."""
    rows: list[list[Any]] = data["rows"]
    for reverse, key in data["odd"]:
        for _, values, _ in rows:
            of = values.get(reverse)
            found = of.get(key) if of is not None else None
            if isinstance(found, list):
                of[key] = tuple(found)
            elif isinstance(found, dict):
                of[key] = Unresolved(found["text"])
    return rows


def finding_code(one: Field | None, problem: Problem) -> str:
    """The finding of the contract that a problem counts under."""
    if problem.code in _OWN_FINDINGS:
        return problem.code
    if one is not None and one.value_type in ("date", "datetime") and problem.code == "date.invalid":
        return "date.invalid"
    return "value.invalid"
