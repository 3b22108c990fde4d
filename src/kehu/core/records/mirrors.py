"""List mirrors: rows (id, value) beside a column that holds a list, so that filters on tags use an index.

An observer of the write door. The column itself stays the truth; history and undo know nothing of the mirror.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import sqlalchemy as sa

from kehu.base.db.ids import among
from kehu.base.db.tables import EntityTable
from kehu.core.changesets.observers import Touched
from kehu.core.context import Ctx


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
            if ids:
                put_mirror(ctx, table, key, ids, fresh=touch.created if touch is not None else ())


def put_mirror(ctx: Ctx, table: EntityTable, key: str, ids: Iterable[int], *, fresh: Iterable[int] = ()) -> None:
    """Write the mirror of one list field for these records anew; `fresh` ones have no rows yet."""
    mirror, column = table.lists[key], table.column(table.layouts[key].value[0].name)
    ids = set(ids)
    if old := ids - set(fresh):
        ctx.tx.execute(sa.delete(mirror).where(among(ctx.dialect, mirror.c.id, old)))
    id = table.table.c.id
    found = ctx.tx.execute(sa.select(id, column).where(among(ctx.dialect, id, ids), column.is_not(None)))
    rows = [(row[0], value) for row in found for value in dict.fromkeys(orjson.loads(str(row[1])))]
    if rows:
        ctx.dialect.insert_rows(ctx.tx, mirror.name, ("id", "value"), rows)
