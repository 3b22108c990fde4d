"""The passing of days: roll-ups that know `date < today` move when a date has gone by, without any write.

Run daily and at start-up, inside a writing transaction, before the search index is brought up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa

from kehu.core.changesets.observers import Touched
from kehu.core.context import Ctx
from kehu.core.derived import paths
from kehu.core.derived.conditions import DAY_BEGINS, DAY_ENDS, day_values
from kehu.core.derived.day import known_day, mark_day
from kehu.core.derived.graph import graph_of
from kehu.core.derived.service import recompute, touch_rows


def tick(ctx: Ctx) -> Touched:
    """Recompute what depends on dates that passed since the last tick; does nothing twice a day.

    Returns what moved (in `derived`), for the observers that follow derived values.
    """
    today = ctx.parse_env().today
    known = known_day(ctx)
    touched = Touched()
    if known == today:
        return touched
    # A clock that was put back makes dates future again: the days between count in both directions.
    first, last = (None, today) if known is None else (min(known, today), max(known, today))
    for entity, column, kind in sorted(set(_dates(ctx))):
        ids = _passed(ctx, entity, column, kind, first, last)
        if ids:
            touch_rows(touched, entity, ids, (column,))
    recompute(ctx, touched)
    mark_day(ctx)
    touched.entities.clear()
    return touched


def _dates(ctx: Ctx) -> Iterator[tuple[str, str, str]]:
    """Yield (entity, column, kind) of every date that a filter of a roll-up compares with today."""
    graph = graph_of(ctx)
    for nodes in graph.own.values():
        for node in nodes:
            field = graph.model.entity(node.entity).fields[node.key]
            if field.derived is None or field.derived.kind != "rollup":
                continue
            name = f"{node.entity}.{node.key}"
            for source in paths.sources(field):
                child = paths.to_many(graph.model, node.entity, str(source["path"]), name)[-1].owner
                for test in paths.tested(source.get("where")):
                    if paths.is_today(test.get("value")):
                        _, leaf = paths.to_one(graph.model, child, str(test["field"]), name)
                        yield leaf.entity, leaf.column, leaf.operand.kind


def _passed(ctx: Ctx, entity: str, column: str, kind: str, first: date | None, last: date) -> set[int]:
    """Records whose date lies between two days, both included: `<` turns at the one end, `<=` at the other."""
    table = ctx.tables[entity].table
    at = table.c[column]
    if kind == "date":
        conditions = [at <= last.isoformat()]
        if first is not None:
            conditions.append(at >= first.isoformat())
    else:
        conditions = [at < day_values(last, ctx.catalog.timezone)[DAY_ENDS]]
        if first is not None:
            conditions.append(at >= day_values(first, ctx.catalog.timezone)[DAY_BEGINS])
    return set(ctx.tx.execute(sa.select(table.c.id).where(*conditions)).scalars())
