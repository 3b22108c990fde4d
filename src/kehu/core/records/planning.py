"""What a list reads first: the order it is shown in, or the rows of its reader. Looks at indexes and sizes only.

Below about one row in fifty it is quicker to take one's own rows and sort them; above, to walk the order and leave out
those of others. SQLite keeps no statistics by which it could tell; PostgreSQL finds out by itself.
"""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db import system
from kehu.base.db.query.ast import Drive, Intent, Shape
from kehu.base.db.query.handles import Handle, Rule
from kehu.base.db.query.run import compiled
from kehu.core.context import Ctx

SMALL = 20_000  # rows of a table in which any way is quick
SHARE = 50
ASKS = 4  # records of an order that are asked in the time in which one hit is looked up and put in order
LEAPS = 30  # entries of an index that are walked in the time in which one record is looked up


def walkable(ctx: Ctx, shape: Shape) -> bool:
    """Whether an index holds the order of a list, so that far rows are reached by walking it."""
    if not shape.sort:
        return True
    leading = _leading(shape.sort[0].handle)
    if leading == "id":
        return True
    return leading is not None and any(columns[:1] == [leading] for columns in _indexes(ctx, shape))


def drive(ctx: Ctx, intent: Intent) -> Drive | None:
    """What reading a list should begin with; None when the database finds it by itself."""
    shape = intent.shape
    scope, search = shape.filter.source.scope, shape.filter.search
    if ctx.dialect.knows_values:
        return None
    if search is not None and search.kind == "ids":
        return "sort" if scope is None and _dense(ctx, intent) else "ids"
    if scope is None or not scope.rules or not shape.sort:
        return None
    leading = _leading(shape.sort[0].handle)
    # Rows that follow their customer are as many as the customers are.
    rule = next((one for one in scope.rules if one.through), scope.rules[0])
    if leading is None or leading == "id":
        return None
    indexes = _indexes(ctx, shape)
    if not rule.through and any(columns[:2] == [rule.column, leading] for columns in indexes):
        return None
    few = _few(ctx, shape.filter.source.entity, rule)
    if few is None:
        return None
    if few:
        return "scope"
    return "sort" if any(columns[:1] == [leading] for columns in indexes) else None


def _dense(ctx: Ctx, intent: Intent) -> bool:
    """Whether the hits of a search lie so close in the order of the list that a page is full before all of them
    would have been looked up and sorted."""
    shape = intent.shape
    if not shape.sort or shape.filter.where is not None or not walkable(ctx, shape):
        return False
    walked = ((intent.at or 0) + intent.limit) * rows(ctx, shape.filter.source.entity)
    return intent.hits**2 * LEAPS > walked


def met_soon(ctx: Ctx, intent: Intent, hits: int) -> bool:
    """Whether so many hits lie in the order of a list that records asked one by one fill a page sooner than all hits
    would be looked up and put in order."""
    shape = intent.shape
    if not ctx.dialect.finds_one_row or shape.filter.where is not None or not walkable(ctx, shape):
        return False
    walked = ((intent.at or 0) + intent.limit) * rows(ctx, shape.filter.source.entity)
    return hits**2 * ASKS > walked


def rows(ctx: Ctx, entity: str) -> int:
    """About how many records there are: their largest id, as ids are given in order."""

    def build() -> sa.Select[Any]:
        return sa.select(sa.func.max(ctx.tables[entity].table.c.id))

    return int(compiled(ctx.dialect, ctx.tables, ("planning.rows", entity), build).fetch(ctx.tx, {})[0][0] or 0)


def _few(ctx: Ctx, entity: str, rule: Rule) -> bool | None:
    """Whether less than a fiftieth of the rows are the caller's; None in small tables."""
    place, name = rule.through[-1] if rule.through else (entity, rule.column)

    def own() -> sa.Select[Any]:
        mine = ctx.tables[place].table.c[name] == sa.bindparam("me", type_=sa.BigInteger())
        some: sa.Select[Any] = sa.select(sa.literal_column("1")).where(mine).limit(fn.given_number("limit"))
        return sa.select(sa.func.count()).select_from(some.subquery())

    there = rows(ctx, place)
    if there < SMALL:
        return None
    most = there // SHARE
    counted = compiled(ctx.dialect, ctx.tables, ("planning.own", place, name), own)
    return bool(counted.fetch(ctx.tx, {"me": ctx.actor.id or 0, "limit": most})[0][0] < most)


def _leading(handle: Handle) -> str | None:
    """The column by which an index for a sort begins."""
    if handle.steps or handle.sorting == "relation" or not handle.columns:
        return None
    if handle.sorting == "pinyin" and len(handle.columns) > 1:
        return handle.columns[1]
    return handle.columns[0]


def _indexes(ctx: Ctx, shape: Shape) -> list[list[str]]:
    """Columns of the ready indexes of the list's entity."""
    table = system.catalog_index
    ready = sa.select(table.c.columns).where(table.c.entity == shape.filter.source.entity, table.c.state == "ready")
    return [orjson.loads(text) for text in ctx.tx.execute(ready).scalars()]
