"""What hangs on a record when it is deleted: taken along, emptied, or a reason to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from kehu.base.db.ids import among
from kehu.base.errors import Conflict
from kehu.base.fields.base import Stored, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.changesets import write as door
from kehu.core.context import Ctx


def relations_to(ctx: Ctx, entity: str) -> Iterator[tuple[Entity, Field]]:
    """Relation fields of all entities that point to `entity`, with a column of their own; hidden ones too."""
    for other in ctx.catalog.entities.values():
        for field in other.fields.values():
            if field.target == entity and field.derived is None and not other.system:
                yield other, field


def child_ids(ctx: Ctx, other: Entity, field: Field, parents: Iterable[int], limit: int | None = None) -> list[int]:
    """Ids of records of `other` whose `field` points to one of `parents`, in order; at most `limit`."""
    table = ctx.tables[other.key].table
    column = table.c[layout(field, ctx.types).value[0].name]
    found = sa.select(table.c.id).where(among(ctx.dialect, column, parents)).order_by(table.c.id).limit(limit)
    return list(ctx.tx.execute(found).scalars())


def delete_with_children(ctx: Ctx, entity: str, ids: Iterable[int]) -> set[int]:
    """Delete records and do to their children what each relation says. Raises Conflict `record.has_children`."""
    wanted = set(ids)
    gone = door.delete(ctx, entity, wanted)
    refusing: list[tuple[Entity, list[int]]] = []
    for other, field in relations_to(ctx, entity):
        found = child_ids(ctx, other, field, gone)
        if not found:
            continue
        rule = field.settings.get("on_delete", "empty")
        if rule == "take_along":
            delete_with_children(ctx, other.key, found)
        elif rule == "empty":
            empty: dict[str, Stored] = {layout(field, ctx.types).value[0].name: None}
            door.update(ctx, other.key, dict.fromkeys(found, empty))
        else:
            refusing.append((other, found))
    # Looked at last: what was taken along by another relation is no reason to refuse.
    for other, found in refusing:
        table = ctx.tables[other.key].table
        left = ctx.tx.execute(
            sa.select(sa.func.count()).select_from(table).where(among(ctx.dialect, table.c.id, found))
        ).scalar_one()
        if left:
            raise Conflict("record.has_children", entity=entity, children=other.label.of(ctx.lang))
    return gone
