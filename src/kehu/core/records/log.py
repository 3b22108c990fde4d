"""Change-sets as people read them: the list, and one with its records and values. Everything here is a read:
what the actor may not see is left out, and counts are taken after that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.db.types import instant_text
from kehu.core.access.permissions import may
from kehu.core.changesets.undo import Place, portion
from kehu.core.context import Ctx
from kehu.core.records import history, read
from kehu.core.records.undo import WHOLE, require_changeset, sees_some, visible_records

PORTION = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which change-sets to list: of a person, from an origin, of a time, with records of an entity."""

    actor: int | None = None
    origin: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    entity: str | None = None


def changesets(ctx: Ctx, *, limit: int = 50, after: int | None = None, wanted: Wanted | None = None) -> dict[str, Any]:
    """Change-sets of which the actor sees something, newest first, as `{"items", "next"}`."""
    table = system.changeset
    wanted = wanted or Wanted()
    narrow = _narrow(wanted)
    found: list[int] = []
    more = False
    while not more:
        condition = sa.true() if after is None else table.c.id < after
        rows = (
            ctx.tx.execute(sa.select(table).where(condition, *narrow).order_by(table.c.id.desc()).limit(limit + 1))
            .mappings()
            .all()
        )
        # Only records in sight count: a filter must not tell that there are others.
        counts = record_counts(ctx, [row["id"] for row in rows]) if wanted.entity is not None else {}
        for row in rows:
            after = row["id"]
            if wanted.entity is not None and wanted.entity not in counts.get(row["id"], {}):
                continue
            if not sees_some(ctx, row["id"], dict(row)):
                continue
            if more := len(found) == limit:
                break
            found.append(row["id"])
        if len(rows) <= limit:
            break
    return {"items": _heads(ctx, found), "next": found[-1] if more else None}


def _narrow(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    table, tx = system.changeset, system.tx
    narrow: list[sa.ColumnElement[bool]] = []
    if wanted.actor is not None:
        narrow.append(table.c.actor_id == wanted.actor)
    if wanted.origin is not None:
        narrow.append(table.c.origin == wanted.origin)
    if wanted.since is not None:
        narrow.append(table.c.created_at >= instant_text(wanted.since))
    if wanted.until is not None:
        narrow.append(table.c.created_at < instant_text(wanted.until))
    if wanted.entity is not None:
        named = tx.c.entities.contains(f'"{wanted.entity}"', autoescape=True)
        narrow.append(sa.exists().where(tx.c.changeset == table.c.id, named))
    return narrow


def _heads(ctx: Ctx, ids: Sequence[int]) -> list[dict[str, Any]]:
    heads = history.change_set_heads(ctx, ids)
    counts = record_counts(ctx, ids)
    return [{**heads[id], "records": counts.get(id, {})} for id in ids]


def record_counts(ctx: Ctx, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many records of each entity a change-set touched, of those the actor sees."""
    tx, change = system.tx, system.change
    out: dict[int, dict[str, int]] = {}
    rows = ctx.tx.execute(
        sa.select(tx.c.changeset, tx.c.entities).where(among(ctx.dialect, tx.c.changeset, ids), tx.c.seq.is_not(None))
    )
    for id, text in rows:
        for entity, count in orjson.loads(text or "{}").items():
            numbers = out.setdefault(id, {})
            numbers[entity] = numbers.get(entity, 0) + count
    for id, numbers in out.items():
        for entity in list(numbers):
            if entity not in ctx.catalog.entities or not may(ctx, entity, "read"):
                del numbers[entity]
            elif not read.sees_all_rows(ctx, entity):
                records = ctx.tx.execute(
                    sa.select(change.c.record)
                    .join(tx, tx.c.id == change.c.tx)
                    .where(tx.c.changeset == id, change.c.entity == entity)
                    .distinct()
                ).scalars()
                numbers[entity] = len(visible_records(ctx, entity, list(records)))
    return {id: {entity: n for entity, n in numbers.items() if n} for id, numbers in out.items()}


def changeset(ctx: Ctx, id: int, *, limit: int = 50, after: str | None = None) -> dict[str, Any]:
    """One change-set: its head, its numbers, and a page of its records with values before and after."""
    head = require_changeset(ctx, id)
    place = _place(after)
    changes: list[dict[str, Any]] = []
    while len(changes) < limit:
        records = portion(ctx, id, place, limit)
        by_entity: dict[str, list[int]] = {}
        for _, entity, record in records:
            by_entity.setdefault(entity, []).append(record)
        for entity, ids in by_entity.items():
            changes.extend(_changes(ctx, id, entity, ids))
        if len(records) < limit:
            place = None
            break
        place = records[-1]
    out = _heads(ctx, [id])[0]
    # Numbers of the work count for who did it; another reader may see less of it.
    whole = head["actor_id"] == ctx.actor.id or ctx.actor.kind != "user" or may(ctx, None, "undo_others")
    if not whole:
        head["result"] = _seen_result(ctx, id) if head["undoes"] is not None and head["result"] else None
    if isinstance(head["result"], dict):
        head["result"].pop(WHOLE, None)  # a note of the undo to itself
    out["result"] = head["result"]
    out["undone_by"] = ctx.tx.execute(
        sa.select(sa.func.max(system.changeset.c.id)).where(system.changeset.c.undoes == id)
    ).scalar()
    numbers = head["result"] if isinstance(head["result"], dict) else {}
    out.update({key: numbers[key] for key in ("deleted", "restored", "reverted", "conflicts") if key in numbers})
    out["changes"] = changes
    out["next"] = None if place is None else "-".join(map(str, place))
    return out


def _changes(ctx: Ctx, changeset_id: int, entity: str, ids: Sequence[int]) -> list[dict[str, Any]]:
    seen = visible_records(ctx, entity, list(ids))
    found = history.diffs(ctx, entity, sorted(seen), changeset=changeset_id)
    titles = read.titles(ctx, entity, seen)
    out = []
    for diff, values in zip(found, history.show(ctx, found), strict=True):
        if diff.op == "update" and not values:
            continue
        out.append(
            {"entity": entity, "id": diff.id, "label": titles.get(diff.id, ""), "op": diff.op, "changes": values}
        )
    return sorted(out, key=lambda item: item["id"])


def _seen_result(ctx: Ctx, id: int) -> dict[str, Any]:
    """What an undo by somebody else did, as far as the reader sees it; conflicts are for who asked for it."""
    numbers = {"create": 0, "delete": 0, "update": 0}
    after: Place | None = None
    while True:
        records = portion(ctx, id, after, PORTION)
        by_entity: dict[str, list[int]] = {}
        for _, entity, record in records:
            by_entity.setdefault(entity, []).append(record)
        for entity, ids in by_entity.items():
            for item in _changes(ctx, id, entity, ids):
                numbers[item["op"]] += 1
        if len(records) < PORTION:
            break
        after = records[-1]
    done = {"deleted": numbers["delete"], "restored": numbers["create"], "reverted": numbers["update"]}
    return {**done, "conflicts": []}


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    tx, entity, record = ([*text.split("-"), "", ""])[:3]
    return (int(tx), entity, int(record)) if tx.isdecimal() and record.isdecimal() else None
