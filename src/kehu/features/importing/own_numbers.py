"""Which numbers of records the ledger has given itself, because nobody said one: such a number gives way to the one
that a file names, a number that somebody has given does not.

Reads the history and what earlier imports kept; writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy as sa

from kehu.base.common import spans
from kehu.base.common.dates import parse_instant
from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.fields.base import Stored
from kehu.base.fields.numbers import CREATED, DATE_FORMS, Part, Pattern, number_form, read_pattern
from kehu.base.schema.model import Entity, Field
from kehu.core.changesets import write as door
from kehu.core.context import Ctx
from kehu.core.records import numbering

Held = Mapping[str, Stored]
Imports = dict[int, dict[str, Any] | None]
"""What imports have kept of themselves, by change-set; None of one that is no import."""


def unnumbered(
    ctx: Ctx, entity: Entity, one: Field, rows: Collection[Held], changeset: int | None, imports: Imports
) -> set[int]:
    """Of known records (with `id`, `created_at` and the columns of `one`) those that have no number of their own: none
    at all, or one that the ledger gave. Those that `changeset` has made are its own rows'. `imports` keeps what has
    been read of earlier imports."""
    column = ctx.tables[entity.key].layouts[one.key].all[0].name
    free = {_id(row) for row in rows if row[column] is None}
    if not isinstance(one.settings.get("pattern"), str):
        return free
    pattern, codes = read_pattern(str(one.settings["pattern"])), numbering.codes(entity)
    zone = ZoneInfo(ctx.catalog.timezone)
    forms: dict[date, re.Pattern[str]] = {}
    fitting: dict[int, Stored] = {}
    for row in rows:
        day = parse_instant(str(row["created_at"])).astimezone(zone).date()
        if day not in forms:
            forms[day] = number_form(_of_day(pattern, day), codes)
        if row[column] and forms[day].fullmatch(str(row[column])):
            fitting[_id(row)] = row[column]
    return free | _given_by_us(ctx, entity, one, column, fitting, changeset, imports)


def keep(kept: dict[str, spans.Spans], entity: Entity, ids: Collection[int]) -> None:
    """Remember that the ledger gave these new records their numbers."""
    for id in ids:
        spans.add(kept.setdefault(entity.key, []), id)


def _id(row: Held) -> int:
    return int(row["id"] or 0)


def _of_day(pattern: Pattern, day: date) -> Pattern:
    """The pattern of numbers that the ledger gave to records of one day."""
    return replace(
        pattern,
        parts=tuple(
            Part(text=day.strftime(DATE_FORMS[part.form])) if part.field == CREATED and part.form else part
            for part in pattern.parts
        ),
    )


def _given_by_us(
    ctx: Ctx,
    entity: Entity,
    one: Field,
    column: str,
    held: Mapping[int, Stored],
    changeset: int | None,
    imports: Imports,
) -> set[int]:
    """Those whose number nobody has given: it is that of their first day, and what made them left it open."""
    change, tx = system.change, system.tx
    told = sa.select(change.c.record, change.c.op, change.c.before, tx.c.changeset)
    told = told.join(tx, tx.c.id == change.c.tx).where(
        change.c.entity == entity.key,
        among(ctx.dialect, change.c.record, set(held)),
        sa.or_(change.c.op == "create", change.c.before.contains(f'"{column}"', autoescape=True)),
    )
    writing = door.current(ctx)
    here = writing.changes.get(entity.key, {}) if writing is not None else {}
    first: dict[int, Stored] = {id: here[id].before[column] for id in held if id in here and column in here[id].before}
    made: dict[int, int] = {}
    for id, op, before, of in ctx.tx.execute(told.order_by(change.c.tx.desc())) if held else ():
        if op == "create":
            made[id] = of  # that which made it first, if it was deleted and came back
        elif column in (old := orjson.loads(before or "{}")):
            first[id] = old[column]
    left = {
        id for id, number in held.items() if id in made and made[id] != changeset and first.get(id, number) == number
    }
    if unread := {made[id] for id in left} - imports.keys():
        imports.update(_imports(ctx, unread))
    return {id for id in left if _left_open(imports, entity, one, id, made[id])}


def _imports(ctx: Ctx, changesets: Collection[int]) -> Imports:
    """What the imports among change-sets kept of themselves: an empty dictionary of one that is no more, None of what
    is no import."""
    changeset, run = system.changeset, system.import_run
    found: Imports = dict.fromkeys(changesets)
    told = sa.select(changeset.c.id, run.c.data).outerjoin(run, run.c.changeset == changeset.c.id)
    told = told.where(among(ctx.dialect, changeset.c.id, set(changesets)), changeset.c.origin == "import")
    for id, data in ctx.tx.execute(told) if changesets else ():
        found[id] = orjson.loads(data) if data else {}
    return found


def _left_open(imports: Imports, entity: Entity, one: Field, id: int, changeset: int) -> bool:
    """Whether what made a record named no number: of what is no import, the form of the number has told."""
    data = imports[changeset]
    if data is None:
        return True
    kept = (data.get("came") or {}).get("tally", {}).get("numbered")
    if kept is not None:
        return spans.holds(kept.get(entity.key, []), id)
    # What an older version imported: it is sure where no column held numbers.
    sheets = data.get("sheets", ())
    named = {
        f"{part['path']}.{one.key}".lstrip(".")
        for sheet in sheets
        for part in sheet["parts"]
        if part["entity"] == entity.key
    }
    return bool(sheets) and not any(column["field"] in named for sheet in sheets for column in sheet["columns"])
