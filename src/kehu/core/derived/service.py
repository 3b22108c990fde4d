"""Keeps derived values true: after each write for what it touched, for everything on demand, and proves them.

`recompute` runs inside the writing transaction, between the base changes and the search tokens. It writes derived
columns only, never `rev`, never what people typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from kehu.base.common.pinyin import sort_key
from kehu.base.db.ids import among_named, ids_parameter
from kehu.base.db.query.run import compiled
from kehu.base.db.rows import update_rows
from kehu.base.fields.base import Stored
from kehu.core.changesets import write as door
from kehu.core.changesets.observers import EntityTouch, Touched
from kehu.core.changesets.verify import Check
from kehu.core.context import Ctx
from kehu.core.derived.day import mark_day
from kehu.core.derived.difference import Past, add, columns_of, deltas
from kehu.core.derived.graph import Graph, Key, Node, Step, graph_of
from kehu.core.derived.statements import FIRST, IDS, LAST, statement, today_values

PORTION = 5_000
NOBODY: Set[int] = frozenset()


@dataclass(slots=True)
class _Run:
    """One recomputation: what is still to be computed afresh, and what moves by difference."""

    ctx: Ctx
    graph: Graph
    pending: dict[Key, set[int]] = field(default_factory=dict)
    moves: dict[Key, dict[str, set[int]]] = field(default_factory=dict)  # node → child entity → touched children
    past: Past = field(default_factory=Past)


def recompute(ctx: Ctx, touched: Touched) -> None:
    """Bring every kept value that depends on the touched records up to date, stage by stage.

    Adds the records whose values moved to `touched.derived`.
    """
    graph = graph_of(ctx)
    run = _Run(ctx, graph)
    for entity, touch in touched.entities.items():
        afresh = touch.created - touch.complete
        for node in graph.own.get(entity, ()) if touch.created else ():
            run.pending.setdefault((entity, node.key), set()).update(afresh if node.early else touch.created)
        known = touch.ids <= touch.created | touch.before.keys()
        if known and entity in graph.remembered:
            run.past.begin(entity, touch.created, touch.before)
        _spread(run, entity, touch.ids, touch.columns, touch.parents, known, touch.complete)
    for stage in graph.stages:
        for entity in sorted(stage):
            if not any((entity, node.key) in run.pending or (entity, node.key) in run.moves for node in stage[entity]):
                continue
            for node in stage[entity]:
                touched.add_derived(entity, _move(run, node))
            for nodes, ids in _portions(run, stage[entity]):
                touched.add_derived(entity, _compute(run, nodes, ids))
    for entity in [key for key, ids in touched.derived.items() if not ids]:
        del touched.derived[entity]


def _portions(run: _Run, nodes: Sequence[Node]) -> Iterator[tuple[tuple[Node, ...], list[int]]]:
    """Take what waits for one entity in one stage: all fields of some records, for the rest all but sums and counts.

    A record whose sums have moved by difference must not have them computed because another one, new, has to.
    """
    entity = nodes[0].entity
    waiting: dict[str, set[int]] = {}
    for node in nodes:  # in the order of layers
        ids = run.pending.pop((entity, node.key), set())
        for read in node.reads:
            # What reads its own row follows within the statement.
            if not read.route:
                ids = ids.union(*(waiting.get(key, ()) for key in read.fields))
        if ids:
            waiting[node.key] = ids
    moving = {node.key for node in nodes if node.differences}
    afresh = set().union(*(ids for key, ids in waiting.items() if key in moving))
    for some, wanted in ((nodes, afresh), ([node for node in nodes if node.key not in moving], None)):
        chosen = tuple(node for node in some if node.key in waiting and (wanted is None or waiting[node.key] & wanted))
        ids = set().union(*(waiting[node.key] for node in chosen)) if wanted is None else wanted
        if wanted is None:
            ids -= afresh
        if chosen and ids:
            yield chosen, sorted(ids)


def _compute(run: _Run, nodes: tuple[Node, ...], ids: Sequence[int]) -> set[int]:
    """Compute some fields of records; pass on what changed."""
    ctx, graph, entity = run.ctx, run.graph, nodes[0].entity
    columns = {name for node in nodes for name in node.columns}
    before = _old_relations(ctx, graph, entity, nodes, ids)
    _remember(run, entity, columns, ids)
    changed = _bring(ctx, graph, nodes, ids)
    if changed:
        _spread(run, entity, changed, columns, before, known=True)
    return changed


def _move(run: _Run, node: Node) -> set[int]:
    """Move a count or sum by difference, save where it is computed afresh anyway; pass on what changed."""
    ctx, entity = run.ctx, node.entity
    waiting = run.moves.pop((entity, node.key), None)
    if not waiting:
        return set()
    moved: dict[int, int] = {}
    for one in node.differences:
        for parent, delta in deltas(ctx, run.past, one, waiting.get(one.child, ())).items():
            moved[parent] = moved.get(parent, 0) + delta
    afresh = run.pending.get((entity, node.key), set())
    moved = {parent: delta for parent, delta in sorted(moved.items()) if delta and parent not in afresh}
    if not moved:
        return set()
    _lock(ctx, entity, list(moved))
    _remember(run, entity, set(node.columns), moved)
    changed = add(ctx, entity, node.columns[0], moved)
    _spread(run, entity, changed, set(node.columns), {}, known=True)
    return changed


def _remember(run: _Run, entity: str, columns: set[str], ids: Iterable[int]) -> None:
    """Keep derived values that differences further up subtract, before they change."""
    wanted = sorted(columns & run.graph.remembered.get(entity, set()))
    if not wanted:
        return
    for row in columns_of(run.ctx, entity, wanted, ids):
        run.past.note(entity, row[0], dict(zip(wanted, row[1:], strict=True)))


def _spread(
    run: _Run,
    entity: str,
    ids: set[int],
    columns: set[str] | None,
    old: Mapping[str, set[int]],
    known: bool,
    complete: Set[int] = NOBODY,
) -> None:
    """Note which records follow the touched ones, and in which fields.

    known: the past of the touched rows is. complete: those whose early values stand already.
    """
    reached: dict[tuple[Step, ...], set[int]] = {(): ids}
    for read, node in run.graph.followers.get(entity, ()):
        if columns is not None and read.columns.isdisjoint(columns):
            continue
        if known and node.moves_by(read):
            run.moves.setdefault((node.entity, node.key), {}).setdefault(entity, set()).update(ids)
            continue
        if read.route not in reached:
            reached[read.route] = _follow(run.ctx, entity, ids, read.route, old)
        follow = reached[read.route]
        if complete and node.early and not read.route:
            follow = follow - complete
        run.pending.setdefault((node.entity, node.key), set()).update(follow)


def _follow(ctx: Ctx, entity: str, ids: set[int], route: tuple[Step, ...], old: Mapping[str, set[int]]) -> set[int]:
    """Walk a route; on its first step up both the new and the old parents are reached."""
    at, here = entity, ids
    for place, step in enumerate(route):
        found: set[int] = set()
        if step.up:
            if here:
                found = _linked(ctx, at, "id", here, step.column)
            if place == 0:
                found |= old.get(step.column, set())
        elif here:
            found = _linked(ctx, step.entity, step.column, here, "id")
        at, here = step.entity, found
    return here


def _linked(ctx: Ctx, entity: str, known: str, ids: Iterable[int], wanted: str) -> set[int]:
    """One column of ids of the records that hold one of these ids in another, by a statement that is kept."""

    def build() -> sa.Select[Any]:
        table = ctx.tables[entity].table
        return sa.select(table.c[wanted]).distinct().where(among_named(ctx.dialect, table.c[known], IDS))

    statement = compiled(ctx.dialect, ctx.tables, ("derived.linked", entity, known, wanted), build, same_plan=True)
    found = statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, ids)})
    return {row[0] for row in found if row[0] is not None}


def _old_relations(
    ctx: Ctx, graph: Graph, entity: str, nodes: Sequence[Node], ids: Sequence[int]
) -> dict[str, set[int]]:
    """Where derived relations point before they are computed, if roll-ups go up along them."""
    climbed = {read.route[0].column for read, _ in graph.followers.get(entity, ()) if read.route and read.route[0].up}
    wanted = sorted(climbed.intersection(node.columns[0] for node in nodes))
    return {name: _linked(ctx, entity, "id", ids, name) for name in wanted}


def _bring(ctx: Ctx, graph: Graph, nodes: tuple[Node, ...], ids: Sequence[int]) -> set[int]:
    """Compute some fields of records; return the ids of those that changed."""
    changed: set[int] = set()
    update = statement(ctx, graph, nodes, "ids", "update")
    for start in range(0, len(ids), PORTION):
        portion = ids[start : start + PORTION]
        _lock(ctx, nodes[0].entity, portion)
        rows = update.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, portion), **today_values(ctx)})
        _put_sort_keys(ctx, nodes, rows)
        changed.update(row[0] for row in rows)
    return changed


def _lock(ctx: Ctx, entity: str, ids: Sequence[int]) -> None:
    """Lock parents in order of their ids: two transactions that touch children of one parent meet here.

    The second one then sees what the first has written. SQLite has one writer at a time, and a record that this
    transaction has made or locked is its own until the end.
    """
    if not ctx.dialect.locks_rows:
        return
    held = door.locked(ctx, entity)
    ids = [id for id in ids if id not in held]
    if not ids:
        return
    held.update(ids)

    def build() -> sa.Select[Any]:
        id = ctx.tables[entity].table.c.id
        return sa.select(id).where(among_named(ctx.dialect, id, IDS)).order_by(id).with_for_update()

    statement = compiled(ctx.dialect, ctx.tables, ("derived.lock", entity), build, same_plan=True)
    statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, ids)})


def _put_sort_keys(ctx: Ctx, nodes: Sequence[Node], rows: Sequence[Sequence[Any]]) -> None:
    """Write the sort keys of texts that changed: pinyin is made in Python."""
    names = [node.columns[1] for node in nodes if len(node.columns) > 1]
    moved: dict[tuple[str, ...], list[tuple[int, Sequence[Stored]]]] = {}
    known: dict[str | None, str | None] = {None: None}  # summaries of orders are few
    for row in rows if names else ():
        for text in row[1::2]:
            if text not in known:
                known[text] = sort_key(text)
        keys = [known[text] for text in row[1::2]]
        changed = [place for place, key in enumerate(row[2::2]) if key != keys[place]]
        if changed:
            moved.setdefault(tuple(names[n] for n in changed), []).append((row[0], [keys[n] for n in changed]))
    for columns, each in moved.items():
        update_rows(ctx.dialect, ctx.tx, ctx.tables[nodes[0].entity].name, columns, each)


# --- everything ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of the work of `recompute_all`: some values of one entity for a range of ids."""

    nodes: tuple[Node, ...]
    first: int
    last: int


def recompute_all(ctx: Ctx, fields: Iterable[Key] | None = None) -> dict[str, int]:
    """Compute all kept values, or some and what follows from them; return how many rows changed, by entity.

    For bulk loads and for fields that have just been made. Records are not locked: no other writer may be at work.
    """
    counts: dict[str, int] = {}
    for portion in portions(ctx, fields):
        entity = portion.nodes[0].entity
        counts[entity] = counts.get(entity, 0) + recompute_portion(ctx, portion)
    if fields is None:
        mark_day(ctx)
    return counts


def portions(ctx: Ctx, fields: Iterable[Key] | None = None) -> Iterator[Portion]:
    """Cut the work of `recompute_all` into parts, each of which needs those before it.

    A load may commit between them: SQLite looks each page up in a log that grows until the end of a transaction.
    """
    graph = graph_of(ctx)
    wanted = None if fields is None else _following(graph, fields)
    for stage in graph.stages:
        for key in sorted(stage):
            nodes = tuple(node for node in stage[key] if wanted is None or (key, node.key) in wanted)
            if not nodes:
                continue
            statement(ctx, graph, nodes, "range", "update")  # what cannot be computed is refused with no record too
            for first, last in _ranges(ctx, key):
                yield Portion(nodes, first, last)


def recompute_portion(ctx: Ctx, portion: Portion) -> int:
    """Compute what a portion names; return how many rows changed."""
    update = statement(ctx, graph_of(ctx), portion.nodes, "range", "update")
    rows = update.fetch(ctx.tx, {FIRST: portion.first, LAST: portion.last, **today_values(ctx)})
    _put_sort_keys(ctx, portion.nodes, rows)
    return len(rows)


def _following(graph: Graph, fields: Iterable[Key]) -> set[Key]:
    """The nodes of some fields and all that read them, directly or not."""
    found: set[Key] = set()
    waiting = list(fields)
    while waiting:
        at = waiting.pop()
        if at in found:
            continue
        found.add(at)
        waiting.extend((node.entity, node.key) for read, node in graph.followers.get(at[0], ()) if at[1] in read.fields)
    return found


def _ranges(ctx: Ctx, entity: str) -> Iterator[tuple[int, int]]:
    """Cut the records of an entity into ranges of ids, about a portion each."""
    table = ctx.tables[entity].table
    after = 0
    while True:
        ids = sa.select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(PORTION).subquery()
        first, last = ctx.tx.execute(sa.select(sa.func.min(ids.c.id), sa.func.max(ids.c.id))).one()
        if first is None:
            return
        yield first, last
        after = last


def verify(ctx: Ctx) -> list[Check]:
    """Compute everything again and compare: the checks `rollups` (with lookups) and `formulas` (with rules)."""
    graph = graph_of(ctx)
    rollups, formulas = Check("rollups"), Check("formulas")
    for stage in graph.stages:
        for key, each in sorted(stage.items()):
            nodes = tuple(each)
            entity = graph.model.entity(key)
            checks = [rollups if _kind(entity.fields[node.key]) in ("rollup", "lookup") else formulas for node in nodes]
            compare = statement(ctx, graph, nodes, "range", "compare")
            for first, last in _ranges(ctx, key):
                table = ctx.tables[key].table
                number = sa.select(sa.func.count()).select_from(table).where(table.c.id.between(first, last))
                items = ctx.tx.execute(number).scalar_one()
                for check in checks:
                    check.items += items
                for id, *flags in compare.fetch(ctx.tx, {FIRST: first, LAST: last, **today_values(ctx)}):
                    for node, check, flag in zip(nodes, checks, flags, strict=True):
                        if flag:
                            check.fault(f"{key} {id}: {node.key}")
                for node, check in zip(nodes, checks, strict=True):
                    _verify_sort_keys(ctx, node, check, first, last)
    return [rollups, formulas]


def _kind(field: Any) -> str:
    return "" if field.derived is None else str(field.derived.kind)


def _verify_sort_keys(ctx: Ctx, node: Node, check: Check, first: int, last: int) -> None:
    if len(node.columns) < 2:
        return
    table = ctx.tables[node.entity].table
    text, key = (table.c[name] for name in node.columns[:2])
    for id, value, found in ctx.tx.execute(sa.select(table.c.id, text, key).where(table.c.id.between(first, last))):
        if found != (None if value is None else sort_key(str(value))):
            check.fault(f"{node.entity} {id}: {node.columns[1]}")


def touch_rows(touched: Touched, entity: str, ids: Iterable[int], columns: Iterable[str]) -> None:
    """Note rows as if these columns had changed."""
    touch = touched.entities.setdefault(entity, EntityTouch())
    touch.ids.update(ids)
    touch.add_columns(columns)
