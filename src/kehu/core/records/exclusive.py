"""Exactly one per parent: is_primary, is_default; or, where `exclusive` is "*", one in the ledger: is_main.

The first row is set; setting another clears the old one in the same change-set; deleting it promotes the oldest.
An undo that gives a mark back yields to one that somebody has set since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among, among_named, ids_parameter
from kehu.base.db.query.run import compiled
from kehu.base.fields.base import Stored, layout
from kehu.core.changesets import write as door
from kehu.core.context import Ctx

IDS = "kehu_ids"


def settle(ctx: Ctx) -> None:
    """Put the marks right for everything the open transaction has touched since the last flush."""
    writing = door.current(ctx)
    if writing is None:
        return
    for key, touch in list(writing.touched.entities.items()):
        entity = ctx.tables[key].entity
        for field in entity.fields.values():
            relation = field.settings.get("exclusive")
            if not isinstance(relation, str) or field.hidden:
                continue
            mark = layout(field, ctx.types).value[0].name
            if relation == "*":
                if touch.columns is None or mark in touch.columns:
                    _settle_all(ctx, key, mark, touch.ids)
                continue
            parent = layout(entity.fields[relation], ctx.types).value[0].name
            if touch.columns is None or touch.columns & {mark, parent}:
                _settle(ctx, key, mark, parent, touch.ids, touch.parents.get(parent, set()))


def _settle(ctx: Ctx, entity: str, mark: str, parent: str, touched: set[int], old_parents: set[int]) -> None:
    parents = {*old_parents, *(row[1] for row in _members(ctx, entity, mark, parent, "id", touched))} - {None}
    if not parents:
        return
    groups: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    for id, of, marked in _members(ctx, entity, mark, parent, parent, parents):
        groups[of].append((id, marked))
    _mark(ctx, entity, mark, groups.values(), touched)


def _settle_all(ctx: Ctx, entity: str, mark: str, touched: set[int]) -> None:
    """One mark in the whole table: for small tables of settings, such as grading schemes."""
    table = ctx.tables[entity].table
    rows = [(id, marked) for id, marked in ctx.tx.execute(sa.select(table.c.id, table.c[mark]).order_by(table.c.id))]
    _mark(ctx, entity, mark, [rows] if rows else [], touched)


def _mark(
    ctx: Ctx, entity: str, mark: str, groups: Iterable[Sequence[tuple[int, int | None]]], touched: set[int]
) -> None:
    changes: dict[int, dict[str, Stored]] = {}
    for members in groups:
        marked_ids = [id for id, marked in members if marked]
        fresh = [id for id in marked_ids if id in touched]
        if fresh and len(fresh) < len(marked_ids):
            fresh = _set_since(ctx, entity, mark, [id for id in marked_ids if id not in touched]) or fresh
        # Of several, the one set last stays; among those of one import that is the first in file order.
        keep = fresh[0] if fresh else (marked_ids[0] if marked_ids else members[0][0])
        for id, marked in members:
            wanted = int(id == keep)
            if (marked or 0) != wanted or marked is None:
                changes[id] = {mark: wanted}
    door.update(ctx, entity, changes)


def _set_since(ctx: Ctx, entity: str, mark: str, standing: Sequence[int]) -> list[int]:
    """Of records whose mark stands: those that got it after the change-set that is being undone. Nothing outside an
    undo, where what is set now is what counts."""
    writing = door.current(ctx)
    if writing is None or writing.origin != "undo":
        return []
    change, tx, sets = system.change, system.tx, system.changeset
    undone = sa.select(sets.c.undoes).where(sets.c.id == writing.changeset).scalar_subquery()
    begun = sa.select(sa.func.min(tx.c.seq)).where(tx.c.changeset == undone).scalar_subquery()
    later = (
        sa.select(change.c.record)
        .join(tx, tx.c.id == change.c.tx)
        .where(
            change.c.entity == entity,
            among(ctx.dialect, change.c.record, standing),
            (change.c.op == "create") | change.c.before.contains(f'"{mark}":', autoescape=True),
            tx.c.changeset != writing.changeset,
            tx.c.changeset != undone,
            tx.c.seq > begun,
        )
        .order_by(tx.c.seq.desc())
        .limit(1)
    )
    return list(ctx.tx.execute(later).scalars())


def _members(
    ctx: Ctx, entity: str, mark: str, parent: str, known: str, ids: Iterable[int]
) -> Sequence[tuple[Any, ...]]:
    """(id, parent, mark) of the records that hold one of these ids in a column, the oldest first."""

    def build() -> sa.Select[Any]:
        table = ctx.tables[entity].table
        chosen = sa.select(table.c.id, table.c[parent], table.c[mark])
        return chosen.where(among_named(ctx.dialect, table.c[known], IDS)).order_by(table.c.id)

    statement = compiled(ctx.dialect, ctx.tables, ("exclusive", entity, mark, parent, known), build, same_plan=True)
    return statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, ids)})
