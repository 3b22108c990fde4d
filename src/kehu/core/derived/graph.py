"""The graph of all kept derived columns: what each one reads, in which order they are computed, who follows whom.

Built once per catalog version. It holds no values and runs no statement; cycles are refused with their names.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock

from kehu.base.db.formula_sql import check_formula
from kehu.base.errors import BadInput
from kehu.base.formula.parse import field_keys, parse
from kehu.base.schema.model import Entity, Field
from kehu.core.context import Ctx
from kehu.core.derived import paths
from kehu.core.derived.difference import Difference, differences
from kehu.core.derived.paths import Model

Key = tuple[str, str]  # entity, field
EMPTY_OVER_NOTHING = frozenset({"avg", "min", "max", "first", "last", "list"})  # other roll-ups over no rows give 0


@dataclass(frozen=True, slots=True)
class Step:
    """From records to records. up: the ids that `column` of theirs holds; else the rows of `entity` that point here."""

    up: bool
    entity: str
    column: str


@dataclass(frozen=True, slots=True)
class Read:
    """A node reads columns of an entity; `route` leads from its touched rows to the records of the node."""

    entity: str
    columns: frozenset[str]
    fields: frozenset[str]
    route: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One kept derived value: its columns (the value first) and what it reads.

    stage: when it is computed; all of one entity and stage by one statement. layer: its place inside the statement,
    after the own-row values that it reads.
    """

    entity: str
    key: str
    columns: tuple[str, ...]
    stage: int
    layer: int
    reads: tuple[Read, ...]
    differences: tuple[Difference, ...] = ()  # of a count or sum that moves by what its touched rows add and take
    early: bool = False  # of a record about to be made it follows from the record's own values
    empty: bool = False  # … and is empty, whatever these are

    def moves_by(self, read: Read) -> bool:
        """Whether what is read along this route moves the value by difference."""
        up = len(read.route) == 1 and read.route[0].up
        return up and any(read.entity == one.child for one in self.differences)


@dataclass(slots=True)
class Graph:
    """All nodes by stage, in the order of their layers, and which of them follow a touched column."""

    model: Model
    stages: list[dict[str, list[Node]]] = field(default_factory=list)
    followers: dict[str, list[tuple[Read, Node]]] = field(default_factory=dict)  # by touched entity
    own: dict[str, list[Node]] = field(default_factory=dict)  # by entity
    remembered: dict[str, set[str]] = field(default_factory=dict)  # columns whose values before differences need
    statements: OrderedDict[object, object] = field(default_factory=OrderedDict)  # compiled, kept by `service`
    lock: Lock = field(default_factory=Lock)


_KEPT: OrderedDict[int, Graph] = OrderedDict()
_LOCK = Lock()
KEPT_GRAPHS = 8


def graph_of(ctx: Ctx) -> Graph:
    """Return the graph of the catalog version that this unit of work sees."""
    with _LOCK:
        found = _KEPT.get(id(ctx.tables))
        # The graph keeps the tables alive, so that their identity cannot be given to others.
        if found is not None and found.model.tables is ctx.tables:
            _KEPT.move_to_end(id(ctx.tables))
            return found
    made = build(Model(ctx.catalog, ctx.tables, ctx.types))
    with _LOCK:
        _KEPT[id(ctx.tables)] = made
        while len(_KEPT) > KEPT_GRAPHS:
            _KEPT.popitem(last=False)
    return made


def build(model: Model) -> Graph:
    """Build the graph. Raises BadInput (or FormulaError) naming the field that cannot be computed."""
    reads: dict[Key, tuple[Read, ...]] = {}
    for entity in model.catalog.entities.values():
        for one in entity.fields.values():
            if not is_kept(one):
                continue
            try:
                reads[entity.key, one.key] = tuple(_reads(model, entity, one))
            except BadInput:
                # What a hidden value is made of may be hidden with it; it is computed anew when it is shown again.
                if not (one.hidden or entity.hidden):
                    raise
    graph = Graph(model)
    for key, (stage, layer) in _places(reads).items():
        entity_key, field_key = key
        value = model.tables[entity_key].layouts[field_key].value
        entity = model.entity(entity_key)
        moving = differences(model, entity, entity.fields[field_key])
        columns = tuple(c.name for c in value)
        empty = _is_empty_at_first(model, entity, entity.fields[field_key], graph)
        early = empty or _is_early(model, entity, entity.fields[field_key], reads[key], graph)
        node = Node(entity_key, field_key, columns, stage, layer, reads[key], moving, early, empty)
        for source in moving:
            graph.remembered.setdefault(source.child, set()).update(source.columns)
        while len(graph.stages) <= stage:
            graph.stages.append({})
        graph.stages[stage].setdefault(entity_key, []).append(node)
        graph.own.setdefault(entity_key, []).append(node)
        for read in node.reads:
            graph.followers.setdefault(read.entity, []).append((read, node))
    return graph


def _is_empty_at_first(model: Model, entity: Entity, one: Field, graph: Graph) -> bool:
    """Whether a new record has nothing there: nothing points at it yet. Asked in the order of the stages."""
    assert one.derived is not None
    if one.typed:
        return False
    if one.derived.kind == "rollup":
        return one.derived.settings.get("function") in EMPTY_OVER_NOTHING and not paths.plus(one)
    if one.derived.kind != "lookup":
        return False
    hops, _ = paths.to_one(model, entity.key, str(one.derived.settings["path"]), f"{entity.key}.{one.key}")
    known = {node.columns[0] for node in graph.own.get(entity.key, ()) if node.empty}
    return bool(hops) and hops[0].column in known


def _is_early(model: Model, entity: Entity, one: Field, reads: tuple[Read, ...], graph: Graph) -> bool:
    assert one.derived is not None
    if one.derived.kind == "lookup":
        hops, _ = paths.to_one(model, entity.key, str(one.derived.settings["path"]), f"{entity.key}.{one.key}")
        empty = {node.columns[0] for node in graph.own.get(entity.key, ()) if node.empty}
        return bool(hops) and hops[0].column in empty  # a typed one: what was typed
    derived = {column.name for column in model.tables[entity.key].derived}
    known = {name for node in graph.own.get(entity.key, ()) if node.early for name in node.columns}
    own = {name for read in reads if not read.route for name in read.columns}
    return not (own & derived) - known


def is_kept(one: Field) -> bool:
    """Whether the value stands in a column that this package fills. A rule fills one only beside a typed value."""
    if one.derived is None or one.derived.read_time or one.derived.kind == "system":
        return False
    return one.derived.kind != "rule" or one.typed


def _reads(model: Model, entity: Entity, one: Field) -> Iterator[Read]:
    assert one.derived is not None
    where = f"{entity.key}.{one.key}"
    if one.typed:
        yield Read(entity.key, frozenset({f"{one.column}__typed"}), frozenset(), ())
    match one.derived.kind:
        case "formula":
            check_formula(entity, one, model.types)
            for key in sorted(field_keys(parse(str(one.derived.settings["text"])))):
                found = paths.leaf(model, entity.key, key, where)
                yield Read(entity.key, frozenset({found.column}), frozenset({key}), ())
        case "lookup":
            yield from _down(model, entity.key, str(one.derived.settings["path"]), (), where)
        case "part":
            column = paths.part(model, entity.key, one).name
            yield Read(entity.key, frozenset({column}), frozenset({str(one.derived.settings["field"])}), ())
        case "rollup":
            for key in paths.plus(one):
                found = paths.leaf(model, entity.key, key, where)
                yield Read(entity.key, frozenset({found.column}), frozenset({key}), ())
            for source in paths.sources(one):
                hops = paths.to_many(model, entity.key, str(source["path"]), where)
                for depth, hop in enumerate(hops):
                    yield Read(hop.owner, frozenset({hop.column}), frozenset({hop.key}), _up(hops[: depth + 1]))
                for path in paths.source_paths(source):
                    yield from _down(model, hops[-1].owner, path, _up(hops), where)


def _up(hops: tuple[paths.Hop, ...]) -> tuple[Step, ...]:
    """From the owner of the last hop back to where the path began."""
    return tuple(Step(True, hop.target, hop.column) for hop in reversed(hops))


def _down(model: Model, entity: str, path: str, onward: tuple[Step, ...], where: str) -> Iterator[Read]:
    """What a path to one reads, and how its records lead back: to the rows that point at them, then `onward`."""
    hops, last = paths.to_one(model, entity, path, where)
    route = onward
    for hop in hops:
        yield Read(hop.owner, frozenset({hop.column}), frozenset({hop.key}), route)
        route = (Step(False, hop.owner, hop.column), *route)
    if last.key != "id":
        yield Read(last.entity, frozenset({last.column}), frozenset({last.key}), route)


def _places(reads: dict[Key, tuple[Read, ...]]) -> dict[Key, tuple[int, int]]:
    """Give each node its (stage, layer), in the order in which they are computed.

    A value that reads only its own row can be computed by the statement that computes what it reads; one that reads
    other records has to wait for the stage after theirs. Within these bounds each goes to the last stage of its
    entity, so that a record is written as few times as possible.
    """
    order = _in_order(reads)
    needs: dict[Key, list[tuple[Key, int]]] = {
        key: [
            ((read.entity, name), 0 if not read.route and read.entity == key[0] else 1)
            for read in each
            for name in read.fields
            if (read.entity, name) in reads
        ]
        for key, each in reads.items()
    }
    earliest: dict[Key, int] = {}
    for key in order:
        earliest[key] = max((earliest[need] + wait for need, wait in needs[key]), default=0)
    last: dict[str, int] = {}
    for (entity, _), stage in earliest.items():
        last[entity] = max(last.get(entity, 0), stage)
    stages = {key: last[key[0]] for key in order}
    for key in reversed(order):
        for need, wait in needs[key]:
            stages[need] = min(stages[need], stages[key] - wait)
    layers: dict[Key, int] = {}
    for key in order:
        same = [layers[need] + 1 for need, wait in needs[key] if not wait and stages[need] == stages[key]]
        layers[key] = max(same, default=0)
    return {key: (stages[key], layers[key]) for key in sorted(order, key=lambda key: (stages[key], layers[key], key))}


def _in_order(reads: dict[Key, tuple[Read, ...]]) -> list[Key]:
    """Sort the nodes so that each comes after all that it reads. Raises BadInput that names a cycle."""
    needs: dict[Key, set[Key]] = {
        key: {(read.entity, name) for read in each for name in read.fields} & reads.keys()
        for key, each in reads.items()
    }
    done: dict[Key, None] = {}
    left = dict(needs)
    while left:
        ready = sorted(key for key, need in left.items() if need <= done.keys())
        if not ready:
            raise BadInput("derived.cycle", fields=[f"{e}.{f}" for e, f in _cycle(left)])
        for key in ready:
            done[key] = None
            del left[key]
    return list(done)


def _cycle(left: dict[Key, set[Key]]) -> list[Key]:
    """Walk along unmet needs until a node comes again."""
    seen: list[Key] = []
    key = min(left)
    while key not in seen:
        seen.append(key)
        key = min(need for need in left[key] if need in left)
    return [*seen[seen.index(key) :], key]
