"""Counts and sums that move by the difference of what was touched: a parent with a million rows is not summed again.

For sources over one relation whose filter and value stand on the row itself and do not depend on the day. It works
on stored values in Python; everything else is computed afresh by `service`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from kehu.base.db.formula_sql import operand
from kehu.base.db.ids import among_named, ids_parameter, number_rows, numbers_parameters
from kehu.base.db.query.run import compiled
from kehu.base.fields.base import Stored
from kehu.base.schema.model import Entity, Field
from kehu.core.context import Ctx
from kehu.core.derived import paths
from kehu.core.derived.conditions import row_test
from kehu.core.derived.paths import Model

Row = Mapping[str, Stored]
IDS = "kehu_ids"


@dataclass(frozen=True, slots=True)
class Difference:
    """One source of a count or sum: which rows of `child` count for the parent in `link`, and with what."""

    child: str
    link: str
    columns: tuple[str, ...]
    fulfils: Callable[[Row], bool]
    value: str | None  # column of a sum; a count adds one

    def part(self, row: Row | None) -> tuple[int, int] | None:
        """Return (parent, what the row adds to it), None when it adds nothing."""
        if row is None or not isinstance(parent := row[self.link], int) or not self.fulfils(row):
            return None
        amount = 1 if self.value is None else row[self.value]
        return (parent, amount) if isinstance(amount, int) else None


def differences(model: Model, entity: Entity, field: Field) -> tuple[Difference, ...]:
    """Return the sources of a count or sum, none when one of them cannot move by difference."""
    derived = field.derived
    if derived is None or derived.settings.get("function") not in ("count", "sum") or field.typed:
        return ()
    name = f"{entity.key}.{field.key}"
    made: list[Difference] = []
    for source in paths.sources(field):
        hops = paths.to_many(model, entity.key, str(source["path"]), name)
        child = hops[-1].owner
        columns: set[str] = {hops[0].column}
        for path in paths.source_paths(source):
            onward, leaf = paths.to_one(model, child, path, name)
            if onward or leaf.field is None:
                return ()
            columns.add(leaf.column)
        fulfils = row_test(model, child, source.get("where"), name)
        if len(hops) != 1 or fulfils is None:
            return ()
        value = None
        if derived.settings["function"] == "sum":
            leaf = paths.leaf(model, child, str(source["field"]), name)
            if leaf.operand.scale != operand(field, model.types).scale:
                return ()
            value = leaf.column
        made.append(Difference(child, hops[0].column, tuple(sorted(columns)), fulfils, value))
    return tuple(made)


class Past:
    """What touched rows held before, as far as this flush changed it."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, dict[str, Stored] | None]] = {}

    def begin(self, entity: str, created: Iterable[int], before: Mapping[int, Mapping[str, Stored]]) -> None:
        """Take over what the write door noted."""
        rows = self._rows.setdefault(entity, {})
        rows.update((id, dict(values)) for id, values in before.items())
        for id in created:
            rows.setdefault(id, None)  # deleted and inserted again: the deleted row is the past

    def note(self, entity: str, id: int, values: Row) -> None:
        """Keep derived values that are about to change; those kept first stay."""
        row = self._rows.setdefault(entity, {}).setdefault(id, {})
        if row is not None:
            for name, value in values.items():
                row.setdefault(name, value)

    def row(self, entity: str, id: int, now: Row | None) -> Row | None:
        """The row before, None when there was none. Raises KeyError when too little is known of a deleted one."""
        row = self._rows.get(entity, {}).get(id, {})
        if row is None or now is None:
            return row
        return {**now, **row}


def deltas(ctx: Ctx, past: Past, difference: Difference, ids: Iterable[int]) -> dict[int, int]:
    """Return by how much each parent moves through these touched rows."""
    wanted = sorted(set(ids))
    rows: dict[int, Row] = {
        row[0]: dict(zip(difference.columns, row[1:], strict=True))
        for row in columns_of(ctx, difference.child, difference.columns, wanted)
    }
    moved: dict[int, int] = {}
    for id in wanted:
        now = rows.get(id)
        before = past.row(difference.child, id, now)
        for part, sign in ((difference.part(before), -1), (difference.part(now), 1)):
            if part is not None:
                moved[part[0]] = moved.get(part[0], 0) + sign * part[1]
    return {parent: delta for parent, delta in moved.items() if delta}


def add(ctx: Ctx, entity: str, column: str, moved: Mapping[int, int]) -> set[int]:
    """Add to a kept value of each parent; return the parents that are there."""

    def build() -> sa.Executable:
        table, each = ctx.tables[entity].table, number_rows(ctx.dialect)
        put = sa.update(table).values({column: sa.func.coalesce(table.c[column], 0) + each.c.number})
        return put.where(table.c.id == each.c.id).returning(table.c.id)

    statement = compiled(ctx.dialect, ctx.tables, ("derived.add", entity, column), build, same_plan=True)
    return {row[0] for row in statement.fetch(ctx.tx, numbers_parameters(ctx.dialect, moved))}


def columns_of(ctx: Ctx, entity: str, names: Sequence[str], ids: Iterable[int]) -> Sequence[tuple[Any, ...]]:
    """Ids and columns of live records, by a statement that is kept."""

    def build() -> sa.Select[Any]:
        table = ctx.tables[entity].table
        chosen = sa.select(table.c.id, *(table.c[name] for name in names))
        return chosen.where(among_named(ctx.dialect, table.c.id, IDS))

    statement = compiled(ctx.dialect, ctx.tables, ("derived.columns", entity, tuple(names)), build, same_plan=True)
    return statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, ids)})
