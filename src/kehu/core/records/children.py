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
from kehu.core.records import read

MOST_NAMED = 3  # records that a refusal names


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


def _refusing(ctx: Ctx, entity: str, parents: Iterable[int]) -> Iterator[tuple[Entity, dict[int, int]]]:
    """Records that keep their parent from being deleted, with that parent, by entity."""
    for other, field in relations_to(ctx, entity):
        if field.settings.get("on_delete", "empty") in ("take_along", "empty"):
            continue
        table = ctx.tables[other.key].table
        column = table.c[layout(field, ctx.types).value[0].name]
        rows = ctx.tx.execute(sa.select(table.c.id, column).where(among(ctx.dialect, column, parents)))
        if of := {row[0]: int(row[1]) for row in rows}:
            yield other, of


def delete_with_children(ctx: Ctx, entity: str, ids: Iterable[int]) -> set[int]:
    """Delete records and do to their children what each relation says. Raises Conflict `record.has_children`, with
    `.named` where it tells which records they are."""
    wanted = set(ids)
    # Names of whose children refuse can only be read while the records are there.
    refusing = [(other, of, read.titles(ctx, entity, set(of.values()))) for other, of in _refusing(ctx, entity, wanted)]
    gone = door.delete(ctx, entity, wanted)
    for other, field in relations_to(ctx, entity):
        rule = field.settings.get("on_delete", "empty")
        found = child_ids(ctx, other, field, gone) if rule in ("take_along", "empty") else []
        if not found:
            continue
        if rule == "take_along":
            delete_with_children(ctx, other.key, found)
        else:
            empty: dict[str, Stored] = {layout(field, ctx.types).value[0].name: None}
            door.update(ctx, other.key, dict.fromkeys(found, empty))
    # Looked at last: what was taken along by another relation is no reason to refuse.
    for other, of, titles in refusing:
        table = ctx.tables[other.key].table
        left = ctx.tx.execute(sa.select(table.c.id).where(among(ctx.dialect, table.c.id, of)).order_by(table.c.id))
        held = list(dict.fromkeys(of[id] for id in left.scalars()))
        if not held:
            continue
        children = other.label.of(ctx.lang)
        names = [title for id in held if (title := titles.get(id))]
        if not names:
            raise Conflict("record.has_children", entity=entity, children=children)
        comma = "、" if ctx.lang == "zh-CN" else ", "
        records = comma.join([*names[:MOST_NAMED], *(["…"] if len(names) > MOST_NAMED else [])])
        raise Conflict("record.has_children.named", entity=entity, children=children, records=records)
    return gone
