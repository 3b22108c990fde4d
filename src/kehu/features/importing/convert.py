"""Cells → values, column by column. Each distinct text of a column is parsed once; only bad cells become messages.

Knows mapping and field types, no record: matching and writing come after.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from kehu.base.fields.base import Parsed, Problem, Unresolved, Value
from kehu.base.schema.model import Field
from kehu.core.context import Ctx
from kehu.features.importing.mapping import ColumnMap, option_of
from kehu.features.importing.targets import NO_CHILD, Target

EMPTY_WORDS = frozenset({"无", "/", "-", "—", "－", "n/a", "N/A", "null", "NULL", "None", "暂无", "待补充"})
CACHE_LIMIT = 20_000  # distinct texts of a column; one with more repeats few of them
_CUT = re.compile(r"-?\d{16,}|\d(\.\d+)?[eE]\+?1[5-9]")


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that was left empty or is doubtful: its column, its text and what is wrong."""

    column: ColumnMap
    target: Target
    text: str
    problem: Problem


@dataclass(slots=True)
class RowValues:
    """One row: values by target entity relation ("" for the record itself) and field, and its bad cells."""

    row: int
    values: dict[str, dict[str, Value | Unresolved]]
    bad: list[BadCell] = field(default_factory=list)


class Converter:
    """Converts blocks of one sheet under one mapping. Keeps what it has parsed."""

    def __init__(self, ctx: Ctx, columns: Sequence[tuple[ColumnMap, Target]]) -> None:
        self._columns = columns
        self._env = ctx.parse_env("cell")
        self._types = ctx.types
        self._fields = [ctx.catalog.entities[t.entity].fields[t.field] for _, t in columns]
        self._caches: list[dict[tuple[str, str], Parsed]] = [{} for _ in columns]
        self.money_without_unit = sum(
            1
            for (column, _), one in zip(columns, self._fields, strict=True)
            if one.value_type == "money" and column.factor is None
        )

    def rows(self, frame: pl.DataFrame) -> list[RowValues]:
        """Convert the rows of a block."""
        numbers = frame.get_column("row").to_list()
        out = [RowValues(number, {}) for number in numbers]
        for position, (column, place) in enumerate(self._columns):
            texts = frame.get_column(f"c{column.index}").to_list()
            kinds = frame.get_column(f"k{column.index}").cast(pl.String).to_list()
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
                    row.values.setdefault(place.reverse, {})[place.field] = parsed.value
        return out

    def _parse(self, position: int, text: str, kind: str) -> Parsed:
        one, column = self._fields[position], self._columns[position][0]
        stripped = text.strip()
        if not stripped or stripped in EMPTY_WORDS or (self._columns[position][1].reverse, stripped) in NO_CHILD:
            return Parsed()
        if kind == "e":
            return Parsed(None, (Problem("value.invalid", "refuse", {"value": text}),))
        if kind in "nt" and _CUT.fullmatch(stripped) and _is_identifier(one):
            # Excel keeps 15 digits: the rest is lost in the file already, whatever stands there.
            return Parsed(None, (Problem("number.cut", "refuse", {"value": text}),))
        env = self._env
        if column.factor is not None and one.value_type == "money":
            env = replace(env, factor=column.factor)
        parsed = self._types[one.value_type].parse(one, stripped, env)
        if parsed.refused:
            if one.value_type == "select" and (option := option_of(one, stripped)) is not None:
                return Parsed(option)
            return Parsed(None, parsed.problems)
        return parsed


def _is_identifier(one: Field) -> bool:
    return one.value_type not in ("number", "integer", "money", "percent")


def finding_code(one: Field | None, problem: Problem) -> str:
    """The finding of the contract that a problem counts under."""
    if problem.code in ("number.cut", "money.rounded", "money.unit_assumed"):
        return problem.code
    if one is not None and one.value_type in ("date", "datetime"):
        return "date.invalid"
    return "value.invalid"


def plain(values: Mapping[str, Value | Unresolved]) -> dict[str, Value]:
    """The values without those that still name a record by text."""
    return {key: value for key, value in values.items() if not isinstance(value, Unresolved)}
