"""Finds the live records that rows of a workbook mean: by values that tell them apart, or among those of one parent.

Answers in stored columns, for whoever goes on to write; only records that the caller sees. Never writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from kehu.base.db.ids import among, among_values
from kehu.base.fields.base import Stored
from kehu.core.context import Ctx
from kehu.core.records import read

Row = dict[str, Stored]
Key = tuple[Stored, ...]


def by_ids(ctx: Ctx, entity: str, ids: Iterable[int], columns: Sequence[str]) -> dict[int, Row]:
    """Records with these ids, as far as they live and the caller sees them."""
    return _rows(ctx, entity, set(ids), columns)


def by_values(
    ctx: Ctx, entity: str, names: Sequence[str], given: set[Key], columns: Sequence[str]
) -> dict[Key, list[Row]]:
    """Records whose stored columns `names` hold one of the `given` values together, the oldest first.

    Two statements however many are asked for: keys only at first, as of a common name there may be thousands.
    """
    table = ctx.tables[entity].table
    conditions = [_one_of(ctx, table.c[name], {key[n] for key in given}) for n, name in enumerate(names)]
    keys = sa.select(table.c.id, *(table.c[name] for name in names)).where(*conditions).order_by(table.c.id)
    found: dict[Key, list[int]] = {}
    for id, *parts in ctx.tx.execute(keys):
        if (key := tuple(parts)) in given:
            found.setdefault(key, []).append(id)
    if not found:
        return {}
    rows = _rows(ctx, entity, (id for ids in found.values() for id in ids), columns)
    held = {key: [rows[id] for id in ids if id in rows] for key, ids in found.items()}
    return {key: some for key, some in held.items() if some}


def of_parents(
    ctx: Ctx,
    entity: str,
    relation: str,
    parents: Iterable[int],
    columns: Sequence[str],
    within: tuple[str, Stored, Stored] | None = None,
) -> dict[int, list[Row]]:
    """Records whose column `relation` points to one of `parents`, by parent, the oldest first. within: only those of
    which a column holds at least the first value, and less than the second."""
    table = ctx.tables[entity].table
    below = sa.select(table.c.id).where(among(ctx.dialect, table.c[relation], set(parents)))
    if within is not None:
        name, first, end = within
        below = below.where(table.c[name] >= first, table.c[name] < end)
    found: dict[int, list[Row]] = {}
    for _, row in sorted(_rows(ctx, entity, ctx.tx.execute(below).scalars(), (relation, *columns)).items()):
        found.setdefault(int(row[relation] or 0), []).append(row)
    return found


def holders(ctx: Ctx, entity: str, column: str, values: Iterable[Stored]) -> dict[Stored, int]:
    """Which record holds each of these values of a unique column, seen or not: taken is taken."""
    table = ctx.tables[entity].table
    taken = sa.select(table.c[column], table.c.id).where(among_values(ctx.dialect, table.c[column], set(values)))
    return {row[0]: row[1] for row in ctx.tx.execute(taken)}


def has_records(ctx: Ctx, entity: str) -> bool:
    """Whether there is any record that something could be compared with."""
    return ctx.tx.execute(sa.select(ctx.tables[entity].table.c.id).limit(1)).first() is not None


def _rows(ctx: Ctx, entity: str, ids: Iterable[int], columns: Sequence[str]) -> dict[int, Row]:
    table = ctx.tables[entity].table
    names = list(dict.fromkeys(("id", *columns)))
    seen = set(ids) if read.sees_all_rows(ctx, entity) else read.visible(ctx, entity, ids)
    wanted = sa.select(*(table.c[name] for name in names)).where(among(ctx.dialect, table.c.id, seen))
    return {row[0]: dict(zip(names, row, strict=True)) for row in ctx.tx.execute(wanted)} if seen else {}


def _one_of(ctx: Ctx, column: sa.ColumnElement[Any], values: set[Stored]) -> sa.ColumnElement[bool]:
    found = among_values(ctx.dialect, column, values)
    return sa.or_(found, column.is_(None)) if None in values else found
