"""What a row of customers brings along: its contact, address, interaction, next follow-up. Matched, so that the same
file twice changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from kehu.base.common.text import normalize_name
from kehu.base.db.ids import among
from kehu.base.fields.base import Stored, Value, layout
from kehu.base.schema.model import Entity
from kehu.core.access.permissions import may
from kehu.core.changesets import write as door
from kehu.core.context import Ctx
from kehu.core.records.values import load_value
from kehu.core.records.write import changed_columns, insert_values
from kehu.features.importing.convert import RowValues, plain
from kehu.features.importing.tally import Tally
from kehu.features.importing.targets import CHILDREN, Child


def bring(
    ctx: Ctx,
    entity: Entity,
    rows: Sequence[tuple[int, RowValues]],
    tally: Tally,
    *,
    rehearsed: set[tuple[str, int, Value]] | None = None,
) -> None:
    """Create or update the children of records from their rows (record id, row).

    With `rehearsed` only count: records that would be new have negative ids, and the set remembers what was counted.
    """
    for reverse, kind in CHILDREN.get(entity.key, {}).items():
        link = ctx.catalog.reverses.get(entity.key, {}).get(reverse)
        wanted = [(id, plain(row.values[reverse])) for id, row in rows if row.values.get(reverse)]
        if link is None or not wanted or not may(ctx, link.entity, "create"):
            continue
        child = ctx.catalog.entities[link.entity]
        _bring(ctx, child, link.field, kind, wanted, tally, rehearsed)


def _bring(
    ctx: Ctx,
    child: Entity,
    relation: str,
    kind: Child,
    wanted: Sequence[tuple[int, dict[str, Value]]],
    tally: Tally,
    rehearsed: set[tuple[str, int, Value]] | None,
) -> None:
    table = ctx.tables[child.key]
    parent = layout(child.fields[relation], ctx.types).value[0].name
    names = [column.name for column in table.base]
    found = ctx.tx.execute(
        sa.select(table.table.c.id, *(table.table.c[name] for name in names))
        .where(among(ctx.dialect, table.table.c[parent], {id for id, _ in wanted}))
        .order_by(table.table.c.id)
    )
    known: dict[tuple[int, Value], dict[str, Stored]] = {}
    only: dict[int, dict[str, Stored]] = {}
    for id, *stored in found:
        row: dict[str, Stored] = {"id": id, **dict(zip(names, stored, strict=True))}
        owner = int(row[parent] or 0)
        known.setdefault(
            (owner, _naming({key: load_value(ctx, child.fields[key], row) for key in kind.same}, kind)), row
        )
        only.setdefault(owner, row)
    creates: dict[tuple[int, Value], dict[str, Value]] = {}
    updates: dict[int, dict[str, Stored]] = {}
    changed: set[int] = set()
    for owner, values in wanted:
        naming = _naming(values, kind)
        live = known.get((owner, naming)) if naming is not None else only.get(owner)
        if live is not None:
            id = int(live["id"] or 0)
            columns = changed_columns(ctx, child, id, values, live)
            updates.setdefault(id, {}).update(columns)
            if any(live.get(name) != value for name, value in columns.items()):
                changed.add(id)
        elif naming is not None:
            creates.setdefault((owner, naming), {relation: owner, **kind.defaults}).update(values)
        # A phone without a name, for a customer without contacts, has nobody to belong to: told as missing.
    if rehearsed is not None:
        new = {(child.key, *key) for key in creates} - rehearsed
        moved = {(child.key, id, None) for id in changed} - rehearsed
        rehearsed |= new | moved
        if new or moved:
            tally.count(child.key, "created", len(new))
            tally.count(child.key, "updated", len(moved))
        return
    if creates:
        insert_values(ctx, child, list(creates.values()))
        tally.count(child.key, "created", len(creates))
    tally.count(child.key, "updated", len(door.update(ctx, child.key, updates)))


def _naming(values: Mapping[str, Value], kind: Child) -> Value:
    """What tells a child from others of its owner; None when nothing does."""
    parts = [values.get(key) for key in kind.same]
    if all(part is None for part in parts):
        return None
    return "\x1f".join(normalize_name(part) if isinstance(part, str) else str(part) for part in parts)
