"""Indexes as rows of the catalog with a state: building, ready, failed. The read door ignores those that are not ready.

On new and small tables they are built with the change itself; on large ones a job calls `build_pending`.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ddl import Index, create_index, drop_index, duplicates
from kehu.base.db.dialects.base import Dialect
from kehu.core.context import Ctx

SMALL = 20_000
"""Up to so many rows an index is built inside the catalog's transaction."""
MOST = 12
"""Indexes that a kit may bring for an entity, beside those of relations and unique fields."""

_rows = system.catalog_index


def declared(connection: sa.Connection, entity: str | None = None) -> list[tuple[Index, str]]:
    """Indexes with their states."""
    entities = system.catalog_entity
    tables = {key: orjson.loads(data)["table"] for key, data in connection.execute(sa.select(entities))}
    query = sa.select(_rows).order_by(_rows.c.entity, _rows.c.name)
    if entity is not None:
        query = query.where(_rows.c.entity == entity)
    found = []
    for row in connection.execute(query):
        columns, fields = tuple(orjson.loads(row.columns)), tuple(orjson.loads(row.fields))
        index = Index(row.name, row.entity, tables[row.entity], columns, fields, bool(row.uniq))
        found.append((index, str(row.state)))
    return found


def declare(ctx: Ctx, wanted: Iterable[Index]) -> list[str]:
    """Enter indexes and build them where the table is small; return the names of those left to a job."""
    there = {index.name: state for index, state in declared(ctx.tx)}
    left: list[str] = []
    for index in wanted:
        if there.get(index.name) == "ready":
            continue
        state = "building"
        if index.unique and duplicates(ctx.tx, index, limit=1):
            state = "failed"
        elif _rows_of(ctx.tx, index.table) <= SMALL:
            create_index(ctx.tx, index)
            state = "ready"
        else:
            left.append(index.name)
        enter(ctx, index, state)
    return left


def enter(ctx: Ctx, index: Index, state: str) -> None:
    """Enter an index with its state."""
    ctx.tx.execute(sa.delete(_rows).where(_rows.c.name == index.name))
    ctx.tx.execute(
        sa.insert(_rows).values(
            name=index.name,
            entity=index.entity,
            columns=orjson.dumps(index.columns).decode(),
            fields=orjson.dumps(index.fields).decode(),
            uniq=int(index.unique),
            state=state,
        )
    )


def remove(ctx: Ctx, names: Iterable[str]) -> None:
    """Drop indexes and forget them."""
    for name in names:
        drop_index(ctx.tx, name)
        ctx.tx.execute(sa.delete(_rows).where(_rows.c.name == name))


def forget(ctx: Ctx, entity: str) -> None:
    """Forget the indexes of an entity whose table goes away with them."""
    ctx.tx.execute(sa.delete(_rows).where(_rows.c.entity == entity))


def build_pending(dialect: Dialect) -> dict[str, str]:
    """Build what is waiting, without blocking writers where the database can; return the state of each by name.

    A unique index that meets duplicates ends as failed: the field stays unbound until they are gone.
    """
    with dialect.read() as connection:
        waiting = [index for index, state in declared(connection) if state == "building"]
    done: dict[str, str] = {}
    for index in waiting:
        try:
            dialect.build_index(index.name, index.table, index.columns, unique=index.unique)
            done[index.name] = "ready"
        except sa.exc.IntegrityError:
            done[index.name] = "failed"
        with dialect.write() as connection:
            connection.execute(sa.update(_rows).where(_rows.c.name == index.name).values(state=done[index.name]))
    return done


def _rows_of(connection: sa.Connection, table: str) -> int:
    """Number of rows, counted no further than it matters."""
    some = sa.select(sa.literal(1)).select_from(sa.table(table)).limit(SMALL + 1).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())
