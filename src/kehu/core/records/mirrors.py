"""List mirrors: rows (id, value) beside a column that holds a list, so that filters on tags use an index.

An observer of the write door. The column itself stays the truth; history and undo know nothing of the mirror.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import sqlalchemy as sa

from kehu.base.db.ids import among_named, ids_parameter
from kehu.base.db.query.run import compiled
from kehu.base.db.tables import EntityTable
from kehu.base.fields.base import Stored
from kehu.core.changesets.observers import Touched
from kehu.core.context import Ctx

IDS = "kehu_ids"


def mirror_lists(ctx: Ctx, touched: Touched) -> None:
    """Bring the mirrors of everything up to date whose lists were touched."""
    for entity in {*touched.entities, *touched.derived}:
        table = ctx.tables[entity]
        if not table.lists:
            continue
        touch = touched.entities.get(entity)
        moved = touched.derived.get(entity, set())
        derived = {column.name for column in table.derived}
        for key in table.lists:
            column = table.layouts[key].value[0].name
            ids = set(moved) if column in derived else set[int]()
            if touch is not None and (touch.columns is None or column in touch.columns):
                ids |= touch.ids
            if touch is not None and column not in derived:
                in_hand = touch.inserted.keys() & (touch.created - touch.deleted)
                _insert(ctx, table, key, ((id, touch.inserted[id].get(column)) for id in sorted(in_hand & ids)))
                ids -= in_hand
            if ids:
                put_mirror(ctx, table, key, ids)


def put_mirror(ctx: Ctx, table: EntityTable, key: str, ids: Iterable[int]) -> None:
    """Write the mirror of one list field for these records anew."""
    given = {IDS: ids_parameter(ctx.dialect, sorted(ids))}

    def forget() -> sa.Executable:
        mirror = table.lists[key]
        return sa.delete(mirror).where(among_named(ctx.dialect, mirror.c.id, IDS))

    def read() -> sa.Executable:
        id, column = table.table.c.id, table.column(table.layouts[key].value[0].name)
        return sa.select(id, column).where(among_named(ctx.dialect, id, IDS), column.is_not(None))

    compiled(ctx.dialect, ctx.tables, ("mirrors.forget", table.name, key), forget, same_plan=True).execute(
        ctx.tx, given
    )
    found = compiled(ctx.dialect, ctx.tables, ("mirrors.read", table.name, key), read, same_plan=True).fetch(
        ctx.tx, given
    )
    _insert(ctx, table, key, ((row[0], row[1]) for row in found))


def _insert(ctx: Ctx, table: EntityTable, key: str, lists: Iterable[tuple[int, Stored]]) -> None:
    rows = [(id, value) for id, text in lists if text is not None for value in dict.fromkeys(orjson.loads(str(text)))]
    if rows:
        ctx.dialect.insert_rows(ctx.tx, table.lists[key].name, ("id", "value"), rows)
