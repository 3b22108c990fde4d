"""What the rows of a file say of one record where only one value can stand: which cells do not, as another row says
otherwise. Known before anything comes in, so that it does not matter how far apart the rows lie, and that the same file
changes nothing when it comes again.

Notes what a rehearsal of such rows finds to be one record. It reads and writes no ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from kehu.base.common import spans
from kehu.base.fields.base import Value
from kehu.core.context import Ctx
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.loading.gathering import column_of_cell, shown
from kehu.features.importing.loading.rows import Group, Load, careful
from kehu.features.importing.plan import PartPlan
from kehu.features.importing.tally import EXAMPLES
from kehu.features.importing.targets import gathers, joined


@dataclass(frozen=True, slots=True)
class _Said:
    """What a row says of a field, and the cell where it does. `first`: of several rows the first stands, not the last.
    `names`: of a record of the row itself what names it."""

    value: Value
    sheet: str
    row: int
    target: str
    column: ColumnMap | None
    first: bool
    names: str | None = None


@dataclass(slots=True)
class Claims:
    """What rows say, by entity, record and field, in the order of the file."""

    said: dict[tuple[str, int, str], list[_Said]] = field(default_factory=dict)

    def note(self, load: Load, part: PartPlan, groups: Sequence[Group]) -> None:
        """Take in what the rows of records say of them."""
        first = careful(load, part)
        told = frozenset((*part.key, *part.part.kind.same, *part.fill))
        names = {name: column_of_cell(load, part, name) for name, one in part.entity.fields.items() if not gathers(one)}
        rows = sorted(((line, group) for group in groups for line in group.lines), key=lambda one: one[0].row.row)
        for line, group in rows:
            row, sheet = line.row, load.plan.sheet
            for name, value in cast("dict[str, Value]", row.values.get(part.path, {})).items():  # names are ids by now
                if value is not None and name in names and name not in told and name in group.values:
                    said = _Said(value, sheet, row.row, joined(part.path, name), names[name], name in first)
                    self._add(part, group, name, said)
            for name, (path, by) in part.linked.items():  # of several only the first is that of the order
                if path in line.ids:
                    text, column = str(row.values.get(path, {}).get(by)), load.columns.get(joined(path, by))
                    key = joined(part.path, name)
                    said = _Said(line.ids[path], sheet, row.row, key, column, first=True, names=text)
                    self._add(part, group, name, said)

    def _add(self, part: PartPlan, group: Group, name: str, said: _Said) -> None:
        if group.id:
            self.said.setdefault((part.entity.key, group.id, name), []).append(said)

    def left(self, ctx: Ctx) -> tuple[dict[str, dict[str, spans.Spans]], list[list[Any]]]:
        """By sheet and target the rows whose value does not stand, and what is to be told of them, as (code, count,
        data)."""
        found: dict[str, dict[str, spans.Spans]] = {}
        told: list[list[Any]] = []
        sheets = list(dict.fromkeys(one.sheet for of in self.said.values() for one in of))
        differ = [
            (one, stands, entity, name)
            for (entity, _, name), of in self.said.items()
            for stands in [next(one for one in of if of[0].first or one.value == of[-1].value)]
            for one in of
            if one.value != stands.value
        ]
        differ.sort(key=lambda one: _place(sheets, one[0]))
        for one, stands, entity, name in differ:
            spans.add(found.setdefault(one.sheet, {}).setdefault(one.target, []), one.row)
            if len(told) < EXAMPLES:
                told.append(["row.differs", 0 if told else len(differ), _told(ctx, one, stands, entity, name)])
        return found, told


def _place(sheets: Sequence[str], one: _Said) -> tuple[int, int, int]:
    return sheets.index(one.sheet), one.row, one.column.index if one.column is not None else -1


def _told(ctx: Ctx, one: _Said, stands: _Said, entity: str, name: str) -> dict[str, Any]:
    of = ctx.catalog.entities[entity].fields[name]
    text, value = (said.names or shown(ctx, of, said.value) for said in (one, stands))
    data: dict[str, Any] = {"row": stands.row} | ({"value": value} if value else {})
    code = "row.says" if value else "row.same_as"
    if stands.sheet != one.sheet:
        code, data = f"{code}_on", {**data, "sheet": stands.sheet}
    place: dict[str, Any] = {"sheet": one.sheet, "row": one.row, "column": of.label.of(ctx.lang)}
    if one.column is not None:
        place |= {"cell": one.column.cell(one.row), "column": one.column.source}
    return {**place, "text": text, "problem": [code, data]}
