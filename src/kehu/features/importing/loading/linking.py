"""Links records to others that the same file brings, when all of its rows are in: the referrer of a customer may stand
further down.

Such cells wait among the rows for the error workbook, with the record and field that they fill; what cannot be found
even now stays there and is told. Writes through the change-set door only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.fields.base import Stored
from kehu.core.changesets import write as door
from kehu.core.context import Ctx
from kehu.core.records import matching
from kehu.core.records.naming import by_name
from kehu.core.records.write import changed_columns
from kehu.features.importing.loading.known import touched_by
from kehu.features.importing.loading.rows import LATER, UNKNOWN, column_of
from kehu.features.importing.tally import Tally

PORTION = 500
_rows = system.import_row


@dataclass(slots=True)
class _Cell:
    """A cell that waits: where it stands, what it says, and the field of the record that it fills."""

    sheet: str
    row: int
    index: int
    text: str
    entity: str
    record: int
    field: str
    outcome: str
    place: str

    def told(self, column: Mapping[str, Any]) -> dict[str, Any]:
        """What findings tell of it."""
        place = {"sheet": self.sheet, "row": self.row, "cell": self.place, "column": column["source"]}
        return {**place, "field": column["field"]}


@dataclass(slots=True)
class _Done:
    """What came of cells: those of which nobody knows what they mean, those that say otherwise than the ledger, and the
    records that nothing else of the file had changed."""

    missing: list[_Cell] = field(default_factory=list)
    differing: list[_Cell] = field(default_factory=list)
    new: set[int] = field(default_factory=set)


def link(ctx: Ctx, run: int, sheets: Sequence[Mapping[str, Any]], changeset: int, tally: Tally) -> bool:
    """Fill the cells of the next rows that wait; return whether there may be more. The caller has opened the
    change-set."""
    waiting = sa.select(_rows.c.sheet, _rows.c.row, _rows.c.data).where(
        _rows.c.run == run, _rows.c.data.contains(f'"{LATER}":', autoescape=True)
    )
    rows = ctx.tx.execute(waiting.order_by(_rows.c.sheet, _rows.c.row).limit(PORTION)).all()
    kept_rows = [(sheet, row, orjson.loads(data)) for sheet, row, data in rows]
    cells = [
        _Cell(sheet, row, index, str(data["value"]), *data[LATER])
        for sheet, row, kept in kept_rows
        for index, _, data in kept["cells"]
        if LATER in data
    ]
    columns = {(sheet["name"], column["index"]): column for sheet in sheets for column in sheet["columns"]}
    mains = {sheet["name"]: sheet["entity"] for sheet in sheets}
    missing: list[_Cell] = []
    for entity in dict.fromkeys(cell.entity for cell in cells):
        done = _link(ctx, entity, [cell for cell in cells if cell.entity == entity], changeset)
        missing += done.missing
        for cell in done.differing:
            tally.find(f"conflict.{cell.outcome}", **cell.told(columns[cell.sheet, cell.index]))
        if done.new:
            tally.count(entity, "updated", len(done.new))
        for id in {cell.record for cell in cells if mains[cell.sheet] == entity} & done.new:
            tally.matched(entity, id, changed=True, before=False)
    for cell in sorted(missing, key=lambda one: (one.sheet, one.row, one.index)):
        told = cell.told(columns[cell.sheet, cell.index])
        tally.find(UNKNOWN, **told, text=cell.text, problem=[UNKNOWN, {"value": cell.text}])
    left = {(cell.sheet, cell.row, cell.index) for cell in missing}
    _keep(ctx, run, kept_rows, left)
    return len(rows) == PORTION


def _link(ctx: Ctx, entity: str, cells: Sequence[_Cell], changeset: int) -> _Done:
    """Fill the fields of one entity's records."""
    holder = ctx.catalog.entities[entity]
    names = {cell.field for cell in cells}
    found = {
        name: by_name(ctx, str(holder.fields[name].target), {cell.text for cell in cells if cell.field == name})
        for name in names
    }
    ids = {cell.record for cell in cells}
    columns = {name: column_of(ctx, holder.fields[name]) for name in names}
    live = matching.by_ids(ctx, entity, ids, list(columns.values()))
    before = touched_by(ctx, entity, ids, changeset)
    changes: dict[int, dict[str, Stored]] = {}
    done = _Done()
    for cell in cells:
        meant = found[cell.field].get(cell.text)
        if meant is None:
            done.missing.append(cell)
            continue
        row = live.get(cell.record)
        stands = row[columns[cell.field]] if row is not None else meant
        if stands not in (None, meant) and cell.record not in before:
            done.differing.append(cell)
        if row is not None and stands != meant and (stands is None or cell.outcome == "take"):
            changed = changed_columns(ctx, holder, cell.record, {cell.field: meant}, row)
            changes.setdefault(cell.record, {}).update(changed)
    done.new = door.update(ctx, entity, changes) - before
    _forget_notes(ctx, entity, [cell for cell in cells if cell not in done.missing])
    return done


def _forget_notes(ctx: Ctx, entity: str, cells: Sequence[_Cell]) -> None:
    """Let go of the texts of cells that have found their record."""
    note = system.cell_note
    for name in {cell.field for cell in cells}:
        ids = {cell.record for cell in cells if cell.field == name}
        ctx.tx.execute(
            sa.delete(note).where(
                note.c.entity == entity, note.c.field == name, among(ctx.dialect, note.c.record, ids),
                note.c.code == UNKNOWN,
            )
        )  # fmt: skip


def _keep(
    ctx: Ctx, run: int, rows: Sequence[tuple[str, int, dict[str, Any]]], left: Collection[tuple[str, int, int]]
) -> None:
    """Keep for the error workbook what is still wrong with rows, nothing of the others. `left`: cells that nobody
    could link."""
    changed: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for sheet, row, kept in rows:
        cells = [
            [index, code, {key: value for key, value in data.items() if key != LATER}]
            for index, code, data in kept["cells"]
            if LATER not in data or (sheet, row, index) in left
        ]
        place = {"of_sheet": sheet, "of_row": row}
        if cells or kept["reason"]:
            changed.append({**place, "now": orjson.dumps({"reason": kept["reason"], "cells": cells}).decode()})
        else:
            gone.append(place)
    here = _rows.c.run == run, _rows.c.sheet == sa.bindparam("of_sheet"), _rows.c.row == sa.bindparam("of_row")
    if changed:
        ctx.tx.execute(sa.update(_rows).where(*here).values(data=sa.bindparam("now")), changed)
    if gone:
        ctx.tx.execute(sa.delete(_rows).where(*here), gone)
