"""Mirrors of list values (tags, multi-selects) as rows, which the filters any_of, all_of and none_of ask.

They follow the JSON text of the main column inside each writing transaction; they are never input and never history.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from kehu.base.db.ids import among
from kehu.core.changesets.observers import Touched
from kehu.core.changesets.verify import Check
from kehu.core.context import Ctx


def refresh_lists(ctx: Ctx, touched: Touched) -> None:
    """Bring the list rows of touched records in line with their columns."""
    for entity in sorted({*touched.entities, *touched.derived}):
        tables = ctx.tables[entity]
        touch = touched.entities.get(entity)
        moved = touched.derived.get(entity, set())
        for key in tables.lists:
            column = tables.layouts[key].value[0].name
            ids = set(moved)
            if touch is not None and (touch.columns is None or column in touch.columns):
                ids |= touch.ids
            if ids:
                _put(ctx, entity, key, ids)


def rebuild_lists(ctx: Ctx, entity: str) -> None:
    """Make all list rows of an entity again."""
    for key in ctx.tables[entity].lists:
        _put(ctx, entity, key, None)


def verify_lists(ctx: Ctx) -> Check:
    """Compare the list rows with the columns that they mirror."""
    check = Check("lists")
    for entity, tables in sorted(ctx.tables.of.items()):
        for key, rows in tables.lists.items():
            wanted = _elements(ctx, entity, key)
            kept = sa.select(rows.c.id, rows.c.value)
            check.items += ctx.tx.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one()
            either: tuple[sa.Select[Any], sa.Select[Any]] = (wanted, kept)
            for one, other in (either, either[::-1]):
                for id, value in ctx.tx.execute(sa.except_(one, other)).all():
                    check.fault(f"{entity} {id}: {key} {value}")
    return check


def _put(ctx: Ctx, entity: str, key: str, ids: Collection[int] | None) -> None:
    rows = ctx.tables[entity].lists[key]
    old = sa.delete(rows)
    new = _elements(ctx, entity, key)
    if ids is not None:
        old = old.where(among(ctx.dialect, rows.c.id, ids))
        new = new.where(among(ctx.dialect, ctx.tables[entity].table.c.id, ids))
    ctx.tx.execute(old)
    ctx.tx.execute(sa.insert(rows).from_select(["id", "value"], new))


def _elements(ctx: Ctx, entity: str, key: str) -> sa.Select[Any]:
    """The records with each of their different list values."""
    tables = ctx.tables[entity]
    column = tables.table.c[tables.layouts[key].value[0].name]
    if ctx.dialect.name == "postgres":
        json = sa.cast(column, JSONB)
        each = sa.func.jsonb_array_elements_text(json).table_valued(sa.column("value", sa.Text)).render_derived()
    else:
        each = sa.func.json_each(column).table_valued(sa.column("value", sa.Text))
    joined = tables.table.join(each, sa.true())
    return sa.select(tables.table.c.id, each.c.value).select_from(joined).where(column.is_not(None)).distinct()
