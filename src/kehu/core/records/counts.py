"""Exact counts, remembered until something is written that could change them.

A count holds until a transaction touches an entity that its filter reads, directly or through derived values. Kept per
process and bounded; what cannot be told from the history (accounts, searches) is counted each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.query import compile as pages
from kehu.base.db.query.ast import Filter, Intent, Node, Not, Some, Test
from kehu.base.db.query.compile import Reach
from kehu.base.db.query.handles import Scope, Source, Step
from kehu.base.db.tables import Tables
from kehu.core.changesets.write import current
from kehu.core.context import Ctx
from kehu.core.derived.day import known_day
from kehu.core.derived.graph import graph_of

MOST = 1_000
LOOKED_BACK = 200  # transactions since the count; of more, counting again is as cheap as looking

_NEWEST = sa.select(sa.func.max(system.tx.c.seq))
_SINCE = (
    sa.select(system.tx.c.entities)
    .where(system.tx.c.seq > sa.bindparam("seen"))
    .order_by(system.tx.c.seq)
    .limit(LOOKED_BACK + 1)
)


@dataclass(slots=True)
class _Count:
    tables: Tables  # held, so that its id in the key is not given to another object
    number: int
    seq: int


_kept: OrderedDict[Hashable, _Count] = OrderedDict()
_guard = threading.Lock()


def exact_count(ctx: Ctx, reach: Reach, intent: Intent) -> int:
    """How many records an intent has."""
    filter_ = intent.shape.filter
    entities = frozenset(_entities(filter_))
    told = all(not ctx.catalog.entities[key].system for key in entities)
    if filter_.search is not None or not told or current(ctx) is not None:
        return pages.count(reach, intent, exact=True)[0]
    newest = int(ctx.tx.execute(_NEWEST).scalar() or 0)
    key = (id(ctx.tables), reach.sight, reach.computed_for, known_day(ctx), filter_, tuple(intent.values))
    with _guard:
        found = _kept.get(key)
    if found is None or not _holds(ctx, found, newest, entities):
        found = _Count(ctx.tables, pages.count(reach, intent, exact=True)[0], newest)
    with _guard:
        _kept[key] = found
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found.number


def _holds(ctx: Ctx, found: _Count, newest: int, entities: frozenset[str]) -> bool:
    """Whether nothing written since could have changed a count. A later state than this reader's says nothing."""
    if found.seq >= newest:
        return found.seq == newest
    rows = ctx.tx.execute(_SINCE, {"seen": found.seq}).scalars().all()
    if len(rows) > LOOKED_BACK:
        return False
    touched = {key for row in rows for key in orjson.loads(row)}
    if touched & _behind(ctx, entities):
        return False
    found.seq = newest
    return True


def _behind(ctx: Ctx, entities: frozenset[str]) -> set[str]:
    """These entities and all that their derived values are computed from."""
    own, found, waiting = graph_of(ctx).own, set[str](), list(entities)
    while waiting:
        entity = waiting.pop()
        if entity not in found:
            found.add(entity)
            waiting.extend(read.entity for node in own.get(entity, ()) for read in node.reads)
            waiting.extend(step.entity for node in own.get(entity, ()) for read in node.reads for step in read.route)
    return found


def _entities(filter_: Filter) -> Iterator[str]:
    """Every entity whose rows a filter reads."""
    yield from _source(filter_.source)
    if filter_.where is not None:
        yield from _read(filter_.where)


def _read(node: Node) -> Iterator[str]:
    if isinstance(node, Test):
        yield from _steps(node.handle.steps)
        if node.handle.link is not None:
            yield from _steps((node.handle.link.step,))
    elif isinstance(node, Not):
        yield from _read(node.node)
    elif isinstance(node, Some):
        yield from _source(node.many.source)
        if node.where is not None:
            yield from _read(node.where)
    else:
        for one in node.nodes:
            yield from _read(one)


def _steps(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        yield step.entity
        yield from _scope(step.scope)


def _source(source: Source) -> Iterator[str]:
    yield source.entity
    yield from _scope(source.scope)


def _scope(scope: Scope | None) -> Iterator[str]:
    for rule in scope.rules if scope is not None else ():
        yield from (entity for entity, _ in rule.through)
