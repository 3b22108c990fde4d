"""What is told of rows: findings, cells and rows for the error workbook, the texts of cells that stay empty."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.fields.base import Problem
from kehu.base.schema.model import Entity
from kehu.core.context import Ctx
from kehu.features.importing.cells import KEPT_ASIDE
from kehu.features.importing.convert import BadCell, RowValues, finding_code
from kehu.features.importing.loading.rows import LATER, UNKNOWN, BadRow, Line, Load, Portion, is_later
from kehu.features.importing.plan import PartPlan, Plan
from kehu.features.importing.splitting import DAY
from kehu.features.importing.tally import Tally

_GLIMPSE = ("name", "mobile", "office_phone", "detail", "remark")


def add_up(plan: Plan, rows: Sequence[RowValues], tally: Tally) -> None:
    """Add up the columns of money, and what rounding to minor units has taken from them."""
    for column, path, name in plan.amounts:
        kept = sum(v for row in rows if isinstance(v := row.values.get(path, {}).get(name), int))
        more = sum((bad.rounded() for row in rows for bad in row.bad if bad.column is column), Decimal(0))
        tally.add(plan.sheet, column.source, kept, more)


def reject(plan: Plan, line: Line, reason: str, tally: Tally, out: Portion) -> None:
    """Keep a row out, once, and tell why: it goes into the error workbook."""
    if line.rejected:
        return
    line.outcome = "rejected"
    example: dict[str, Any] = {"sheet": plan.sheet, "row": line.row.row}
    if reason in ("row.without_name", "row.without_number", "row.without_day") and (glimpse := glimpse_of(line.row)):
        example["text"] = glimpse
    tally.find(reason, **example)
    for bad in line.row.bad:
        day = reason == "row.without_day" and bad.target.field == DAY
        if (bad.problem.code == UNKNOWN and not is_later(bad)) or day:  # most often the reason why
            one = plan.part(bad.target.path).entity.fields[bad.target.field]
            _find(plan, line.row, bad, finding_code(one, bad.problem) if day else UNKNOWN, bad.text, tally)
    out.bad.append(BadRow(plan.sheet, line.row.row, None, reason, [_cell(b) for b in line.row.bad]))


def tell_not_allowed(load: Load, part: PartPlan, lines: Sequence[Line]) -> None:
    """Tell of rows that bring along a record that the caller may not make: somebody in a cell of names. Columns of such
    records are told before, and say nothing here."""
    for line in lines:
        values = line.row.values.get(part.path, {})
        said = [str(value) for key, value in values.items() if key in _GLIMPSE and value is not None]
        if said:
            label = part.entity.label.of(load.ctx.lang)
            load.tally.find(
                "row.not_allowed", sheet=load.plan.sheet, row=line.row.row, column=label, text=" · ".join(said)
            )


def glimpse_of(row: RowValues) -> str:
    """What else a row without a name says, so that somebody knows whose it is: who, which number, where, what."""
    found = [values.get(key) for values in row.values.values() for key in _GLIMPSE if isinstance(values.get(key), str)]
    return " · ".join(str(one) for one in found[:3])


def _cell(bad: BadCell, **more: object) -> tuple[int, str, dict[str, object]]:
    told = {key: value for key, value in bad.problem.data.items() if key != LATER}
    return bad.column.index, bad.problem.code, told | more


def _find(plan: Plan, row: RowValues, bad: BadCell, code: str, text: str, tally: Tally) -> None:
    example = place_of(plan, row.row, bad) | {"text": text, "field": bad.target.key}
    if text == bad.text:  # what is said of a cell may repeat its text, which is not to be told of a secret field
        example["problem"] = list(_cell(bad)[1:])
    tally.find(code, **example)


def place_of(plan: Plan, row: int, bad: BadCell) -> dict[str, Any]:
    """Where a cell stands, as findings tell it."""
    return {"sheet": plan.sheet, "row": row, "cell": bad.column.cell(row), "column": bad.column.source}


def tell(ctx: Ctx, plan: Plan, line: Line, tally: Tally, out: Portion) -> None:
    """Tell of cells that could not come in as they are; those left empty go into the error workbook."""
    emptied: list[tuple[BadCell, dict[str, object]]] = []
    for bad in line.row.bad:
        if is_later(bad) and (id := line.ids.get(bad.target.path)):
            tally.later += 1
            outcome = plan.outcome(bad.column, line.row.row)
            waits = [bad.target.entity, id, bad.target.field, outcome, bad.column.cell(line.row.row)]
            emptied.append((bad, {LATER: waits}))
            continue
        one = ctx.catalog.entities[bad.target.entity].fields[bad.target.field]
        text = bad.text if one.sensitive != "secret" else ctx.types[one.value_type].mask(one, bad.text)
        _find(plan, line.row, bad, finding_code(one, bad.problem), str(text), tally)
        if bad.problem.severity == "refuse" or bad.problem.code in KEPT_ASIDE:
            emptied.append((bad, {}))
    if emptied:
        cells = [_cell(bad, **more) for bad, more in emptied]
        out.bad.append(BadRow(plan.sheet, line.row.row, line.ids.get(""), None, cells))


def keep_texts(ctx: Ctx, plan: Plan, lines: Sequence[Line], changeset: int) -> None:
    """Keep the original text of cells that were left empty, under the field's rights and encryption."""
    notes: dict[tuple[str, int, str], tuple[str, Problem]] = {}
    for line in lines:
        for bad in line.row.bad:
            id = line.ids.get(bad.target.path)
            if id and not line.rejected and bad.problem.severity == "refuse":
                notes[(bad.target.entity, id, bad.target.field)] = (bad.text, bad.problem)
    table = system.cell_note
    for entity in {part.entity.key: part.entity for part in plan.parts}.values():
        own = {(id, name): told for (key, id, name), told in notes.items() if key == entity.key}
        if not own:
            continue
        ids, fields = {id for id, _ in own}, sorted({name for _, name in own})
        ctx.tx.execute(
            sa.delete(table).where(
                table.c.entity == entity.key, among(ctx.dialect, table.c.record, ids), table.c.field.in_(fields)
            )
        )
        ctx.tx.execute(
            sa.insert(table),
            [
                {
                    "entity": entity.key,
                    "record": id,
                    "field": name,
                    "text": _note_text(ctx, entity, name, id, text),
                    "code": problem.code,
                    "changeset": changeset,
                }
                for (id, name), (text, problem) in own.items()
            ],
        )


def _note_text(ctx: Ctx, entity: Entity, name: str, id: int, text: str) -> str:
    if entity.fields[name].sensitive != "secret":
        return text
    return ctx.keys.encrypt(text, aad=f"{entity.key}|{name}|note|{id}")
