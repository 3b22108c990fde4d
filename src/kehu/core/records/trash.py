"""回收站: what was deleted and is not back. A view over change-sets; live tables hold live rows only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.errors import BadInput, Conflict, NotFound
from kehu.base.fields.base import Stored, layout
from kehu.base.schema.model import Entity
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Origin, Title
from kehu.core.changesets.undo import undo_records
from kehu.core.context import Ctx
from kehu.core.records import history, read
from kehu.core.records.values import dump_value
from kehu.core.records.write import Written, entity_for, settle

PORTION = 200
# Written out: an index of deletions alone serves no parameter.
DELETION: sa.ColumnElement[str] = sa.literal_column("'delete'")


def trash(ctx: Ctx, entity_key: str, *, limit: int = 50, after: str | None = None) -> dict[str, Any]:
    """Deleted records of an entity, latest first, as `{"items", "next"}`; only those that the actor would see.

    `after` is the `next` of the page before: the place of its last row as `seq-record`.
    """
    entity = entity_for(ctx, entity_key, "read")
    table = ctx.tables[entity_key].table
    change, tx = system.change, system.tx
    items: list[dict[str, Any]] = []
    while len(items) < limit:
        condition = (change.c.entity == entity_key) & (change.c.op == DELETION)
        if after is not None:
            seq, record = _place(after)
            condition &= (tx.c.seq < seq) | ((tx.c.seq == seq) & (change.c.record > record))
        rows = ctx.tx.execute(
            sa.select(change.c.record, tx.c.seq, tx.c.at, tx.c.changeset)
            .join(tx, tx.c.id == change.c.tx)
            .where(condition, ~sa.exists(sa.select(table.c.id).where(table.c.id == change.c.record)))
            .order_by(tx.c.seq.desc(), change.c.record)
            .limit(PORTION)
        ).all()
        if not rows:
            return {"items": items, "next": None}
        images = history.deleted_images(ctx, entity_key, [row.record for row in rows])
        seen = history.visible_images(ctx, entity_key, images)
        heads = history.change_set_heads(ctx, {row.changeset for row in rows})
        kept = _merged_into(ctx, entity_key, heads)
        listed = {item["id"] for item in items}
        for row in rows:
            if len(items) == limit:
                break
            after = f"{row.seq}-{row.record}"
            if row.record in seen and row.record not in listed:
                listed.add(row.record)
                head = heads[row.changeset]
                items.append(
                    {
                        "entity": entity_key,
                        "id": row.record,
                        "title": image_title(ctx, entity, images[row.record]),
                        "changeset": row.changeset,
                        "at": row.at,
                        "actor": head["actor"],
                        "merged_into": kept.get(row.changeset),
                    }
                )
        if len(rows) < PORTION and len(items) < limit:
            return {"items": items, "next": None}
    return {"items": items, "next": after}


def _merged_into(ctx: Ctx, entity: str, heads: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """Of the merges among change-sets the record that was kept, as `{"id", "label"}`, where the actor sees it."""
    table = system.changeset
    merges = [id for id, head in heads.items() if head["origin"] == "merge"]
    rows = ctx.tx.execute(sa.select(table.c.id, table.c.result).where(among(ctx.dialect, table.c.id, merges)))
    told = {id: orjson.loads(result) for id, result in rows if result} if merges else {}
    kept = {id: int(one["kept"]) for id, one in told.items() if one["entity"] == entity}
    titles = read.titles(ctx, entity, kept.values()) if kept else {}
    return {changeset: {"id": id, "label": titles[id]} for changeset, id in kept.items() if id in titles}


def _place(text: str) -> tuple[int, int]:
    seq, _, record = text.partition("-")
    if not seq.isdecimal() or not record.isdecimal():
        raise BadInput("cursor.invalid", field="after")
    return int(seq), int(record)


def image_title(ctx: Ctx, entity: Entity, image: dict[str, Stored]) -> str:
    """The title of a deleted record from the fields the actor may see."""
    readable = read.readable_fields(ctx, entity.key)
    for key in entity.title:
        if key in readable and (value := dump_value(ctx, entity.fields[key], image)):
            return str(value)
    return ""


def restore(ctx: Ctx, entity_key: str, id: int, *, origin: Origin = "form") -> Written:
    """Bring one deleted record back, with what was deleted along with it in the same change-set."""
    entity_for(ctx, entity_key, "delete")
    change, tx = system.change, system.tx
    changeset = ctx.tx.execute(
        sa.select(tx.c.changeset)
        .join(change, tx.c.id == change.c.tx)
        .where(change.c.entity == entity_key, change.c.record == id, change.c.op == "delete")
        .order_by(tx.c.seq.desc())
        .limit(1)
    ).scalar()
    images = history.deleted_images(ctx, entity_key, [id])
    if changeset is None or id not in history.visible_images(ctx, entity_key, images):
        raise NotFound("record.not_found", entity=entity_key, id=id)
    door.begin(ctx, Title(code="title.restore", data={"entity": entity_key}), origin=origin)
    records = [(entity_key, id), *_deleted_along(ctx, changeset, entity_key, id)]
    done = undo_records(ctx, changeset, records, allowed=lambda _entity, _id, _column: True)
    if not done.restored:
        raise Conflict("record.not_restored", entity=entity_key, id=id)
    settle(ctx)
    writing = door.current(ctx)
    assert writing is not None
    return Written(writing.changeset, [id], writing.tx)


def _deleted_along(ctx: Ctx, changeset: int, entity: str, id: int) -> list[tuple[str, int]]:
    """Records that the same change-set deleted because they hung on this one, at any depth."""
    from_same = [
        (row.entity, row.record, row.before)
        for row in ctx.tx.execute(
            sa.select(system.change.c.entity, system.change.c.record, system.change.c.before)
            .join(system.tx, system.tx.c.id == system.change.c.tx)
            .where(system.tx.c.changeset == changeset, system.change.c.op == "delete")
        )
    ]
    return _below(ctx, from_same, {(entity, id)})


def _below(ctx: Ctx, deleted: list[tuple[str, int, str]], roots: set[tuple[str, int]]) -> list[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    frontier = set(roots)
    while frontier:
        reached: set[tuple[str, int]] = set()
        for entity, id, before in deleted:
            if (entity, id) in found or (entity, id) in roots:
                continue
            image = orjson.loads(before or "{}")
            for one in ctx.catalog.entities[entity].fields.values():
                if one.target is None or one.derived is not None:
                    continue
                if (one.target, image.get(layout(one, ctx.types).value[0].name)) in frontier:
                    reached.add((entity, id))
        found |= reached
        frontier = reached
    return sorted(found)
