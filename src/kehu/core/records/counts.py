"""Counts, and which entities have no records, remembered until something is written that could change them.

An exact count holds until a transaction touches an entity that its filter reads, directly or through derived values.
Kept per process and bounded; what cannot be told from the history (accounts, searches) is counted each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import orjson
import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db import system
from kehu.base.db.query import compile as pages
from kehu.base.db.query.ast import Filter, Intent, Node, Not, Some, Test
from kehu.base.db.query.compile import Reach
from kehu.base.db.query.handles import Scope, Source, Step
from kehu.base.db.query.run import standing
from kehu.base.db.tables import Tables
from kehu.core.changesets.write import current
from kehu.core.context import Ctx
from kehu.core.derived.day import known_day
from kehu.core.derived.graph import graph_of

CAP = 10_000  # up to which capped counts count
SPARE = 1_000  # counted beyond it: only after so many changes could the records of an entity be fewer than the cap
MOST = 1_000
MOST_CATALOGS = 16
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


@dataclass(slots=True)
class _Unused:
    tables: Tables
    entities: frozenset[str]
    seq: int


_kept: OrderedDict[Hashable, _Count] = OrderedDict()
_unused: OrderedDict[int, _Unused] = OrderedDict()
_guard = threading.Lock()


def unused_entities(ctx: Ctx) -> frozenset[str]:
    """Entities that surely have no records: most of a ledger's are never used, and need not be searched."""
    if current(ctx) is not None:
        return frozenset()
    newest, known = _newest(ctx), _unused.get(id(ctx.tables))
    since = None
    if known is not None and known.seq <= newest:
        since = _since(ctx, known.seq) if known.seq < newest else []
    if known is None or since is None:
        every = {key: entity.table for key, entity in ctx.catalog.entities.items() if not entity.system}
        found = frozenset(every).difference(ctx.tx.execute(fn.with_rows(every)).scalars())
    else:
        found = known.entities.difference(*since)
    with _guard:
        _unused[id(ctx.tables)] = _Unused(ctx.tables, found, newest)
        while len(_unused) > MOST_CATALOGS:
            _unused.popitem(last=False)
    return found


def exact_count(ctx: Ctx, reach: Reach, intent: Intent) -> int:
    """How many records an intent has."""
    filter_ = intent.shape.filter
    entities = frozenset(_entities(filter_))
    told = all(not ctx.catalog.entities[key].system for key in entities)
    if filter_.search is not None or not told or current(ctx) is not None:
        return pages.count(reach, intent)
    newest = _newest(ctx)
    key = (id(ctx.tables), reach.sight, reach.computed_for, known_day(ctx), filter_, tuple(intent.values))
    with _guard:
        found = _kept.get(key)
    if found is None or not _holds(ctx, found, newest, entities):
        found = _Count(ctx.tables, pages.count(reach, intent), newest)
    _keep(key, found)
    return found.number


def capped_count(ctx: Ctx, reach: Reach, intent: Intent) -> tuple[int, bool]:
    """How many records an intent has, up to the cap: (number, whether it is exact).

    Of all records of an entity, which is what most pages show, it is remembered that they are more: counting the cap
    costs several times what the page does.
    """
    filter_ = intent.shape.filter
    whole = filter_.where is None and filter_.search is None and filter_.source.scope is None
    if not whole or current(ctx) is not None:
        found = pages.count(reach, intent, CAP + 1)
        return min(found, CAP), found <= CAP
    entity = filter_.source.entity
    newest, key = _newest(ctx), ("whole", id(ctx.tables), entity)
    with _guard:
        known = _kept.get(key)
    if known is None or not _still_more(ctx, known, newest, entity):
        known = _Count(ctx.tables, pages.count(reach, intent, CAP + SPARE), newest)
    _keep(key, known)
    return min(known.number, CAP), known.number <= CAP


def _still_more(ctx: Ctx, known: _Count, newest: int, entity: str) -> bool:
    """Whether the records of an entity are more than the cap even if all that was written since took one away."""
    if known.seq > newest or known.number <= CAP:
        return known.seq == newest
    since = _since(ctx, known.seq) if known.seq < newest else []
    if since is None:
        return False
    known.number -= sum(each.get(entity, 0) for each in since)
    known.seq = newest
    return known.number > CAP


def _newest(ctx: Ctx) -> int:
    return int(standing(ctx.dialect, _NEWEST).fetch(ctx.tx, {})[0][0] or 0)


def _keep(key: Hashable, count: _Count) -> None:
    with _guard:
        _kept[key] = count
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)


def _since(ctx: Ctx, seq: int) -> list[dict[str, int]] | None:
    """How many records of which entities each transaction after this one wrote; None of too many to look at."""
    rows = ctx.tx.execute(_SINCE, {"seen": seq}).scalars().all()
    return None if len(rows) > LOOKED_BACK else [orjson.loads(row) for row in rows]


def _holds(ctx: Ctx, found: _Count, newest: int, entities: frozenset[str]) -> bool:
    """Whether nothing written since could have changed a count. A later state than this reader's says nothing."""
    if found.seq >= newest:
        return found.seq == newest
    since = _since(ctx, found.seq)
    if since is None or {key for each in since for key in each} & _behind(ctx, entities):
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
