"""Reads the JSON of queries and aggregates into typed intents.

Everything wrong is BadInput that names the place (`where.and[2].op`). Which fields exist is asked of the sights;
unknown and forbidden fields give the same error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast, get_args

from kehu.base.db.query import operators
from kehu.base.db.query.ast import (
    ME,
    All,
    Bucket,
    Count,
    Either,
    Filter,
    Intent,
    Node,
    Not,
    Order,
    Shape,
    Some,
    Test,
)
from kehu.base.db.query.handles import Handle, Sights, Source, Use
from kehu.base.db.query.operators import OperandEnv
from kehu.base.db.query.problems import wrong
from kehu.base.errors import NotFound
from kehu.base.fields.base import Stored

MOST_ROWS = 500
MOST_COLUMNS = 400
MOST_SORTS = 5
MOST_NODES = 300
DEEPEST = 12
DEEPEST_RELATION = 3
LONGEST_SEARCH = 200

MEMBERS = frozenset({"select", "where", "search", "sort", "limit", "after", "at", "count"})


class Reader:
    """Reads one body: knows the sights and collects the values of all slots."""

    def __init__(self, sights: Sights, entity: str, env: OperandEnv, me: int | None, use: Use = "filter") -> None:
        found = sights.source(entity)
        if found is None:
            raise NotFound("entity.unknown", entity=entity)
        self.sights = sights
        self.source: Source = found
        self.entity = entity
        self.env = env
        self.use = use
        # Nobody has the id 0: who is no user owns nothing.
        self.values: list[Stored] = [me or 0]
        self._nodes = 0

    def handle(self, path: object, use: Use, at: str, *, entity: str | None = None, named: bool = True) -> Handle:
        """A field by path for a use, or `field.unknown`."""
        if not isinstance(path, str):
            raise wrong("query.type", at=at, expected="text")
        found = self.sights.handle(entity or self.entity, path, use, named=named) if len(path) <= 200 else None
        if found is None:
            raise wrong("field.unknown", field=path[:200], at=at)
        return found

    def where(self, given: object, at: str = "where", *, entity: str | None = None) -> Node:
        """Read a condition."""
        return self._node(given, at, entity or self.entity, 1, 0)

    def slot(self, value: Stored) -> int:
        """Put a value beside the shape."""
        self.values.append(value)
        return len(self.values) - 1

    def _node(self, given: object, at: str, entity: str, depth: int, hops: int) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise wrong("query.too_many", at=at, limit=MOST_NODES, found=self._nodes)
        if depth > DEEPEST:
            raise wrong("query.too_deep", at=at, limit=DEEPEST)
        node = members(given, at)
        if "field" in node:
            return self._test(node, at, entity)
        if len(node) != 1:
            raise wrong("query.condition", at=at)
        key, inner = next(iter(node.items()))
        if key in ("and", "or"):
            items = as_list(inner, f"{at}.{key}")
            nodes = tuple(self._node(item, f"{at}.{key}[{n}]", entity, depth + 1, hops) for n, item in enumerate(items))
            return All(nodes) if key == "and" else Either(nodes)
        if key == "not":
            return Not(self._node(inner, f"{at}.not", entity, depth + 1, hops))
        if key in ("some", "none"):
            return self._related(key, inner, f"{at}.{key}", entity, depth, hops)
        raise wrong("query.member_unknown", at=f"{at}.{str(key)[:40]}", member=str(key)[:40])

    def _related(self, key: str, given: object, at: str, entity: str, depth: int, hops: int) -> Node:
        if hops >= DEEPEST_RELATION:
            raise wrong("query.too_deep", at=at, limit=DEEPEST_RELATION)
        node = members(given, at, frozenset({"relation", "where"}))
        relation = node.get("relation")
        if not isinstance(relation, str):
            raise wrong("query.type", at=f"{at}.relation", expected="text")
        many = self.sights.many(entity, relation)
        if many is None:
            raise wrong("field.unknown", field=relation[:200], at=f"{at}.relation")
        inner = node.get("where")
        where = None if inner is None else self._node(inner, f"{at}.where", many.source.entity, depth + 1, hops + 1)
        found = Some(many, where)
        return Not(found) if key == "none" else found

    def _test(self, node: Mapping[str, object], at: str, entity: str) -> Node:
        for key in node:
            if key not in ("field", "op", "value"):
                raise wrong("query.member_unknown", at=f"{at}.{str(key)[:40]}", member=str(key)[:40])
        handle = self.handle(node["field"], self.use, f"{at}.field", entity=entity)
        reading = operators.read(handle, node.get("op"), node.get("value"), "value" in node, self.env, at)
        slots = (ME,) if reading.me else tuple(self.slot(value) for value in reading.values)
        test = Test(handle, reading.kind, slots)
        if reading.negated:
            return Not(test)
        # What a comparison with today's value implies for a stored day: it takes nothing away, but an index serves it.
        implied = self._implied(handle, reading, entity)
        return All((test, *implied)) if implied else test

    def _implied(self, handle: Handle, reading: operators.Reading, entity: str) -> list[Test]:
        if handle.formula is None or handle.steps:
            return []
        tests: list[Test] = []
        for bound in operators.implied(handle, reading, self.env):
            day = self.sights.handle(entity, bound.field, self.use)
            if day is not None and day.output == "date" and day.mode == "plain" and day.formula is None:
                tests.append(Test(day, bound.kind, (self.slot(bound.day.isoformat()),)))
        return tests

    def order(self, given: object, at: str = "sort") -> tuple[Order, ...]:
        """Read a sort."""
        items = as_list(given, at)
        if len(items) > MOST_SORTS:
            raise wrong("query.too_many", at=at, limit=MOST_SORTS, found=len(items))
        orders: list[Order] = []
        for n, item in enumerate(items):
            place = f"{at}[{n}]"
            one = members(item, place, frozenset({"field", "order"}))
            if "field" not in one:
                raise wrong("query.type", at=f"{place}.field", expected="text")
            handle = self.handle(one["field"], "sort", f"{place}.field")
            if handle.sorting is None:
                raise wrong("sort.unsupported", field=handle.path, at=f"{place}.field")
            orders.append(Order(handle, direction(one.get("order", "asc"), f"{place}.order")))
        return tuple(orders)

    def select(self, given: object, at: str = "select", use: Use = "select") -> tuple[Handle, ...]:
        """Read the columns; nothing means all that may be seen."""
        if given is None:
            return self.sights.selected(self.entity)
        items = as_list(given, at)
        if len(items) > MOST_COLUMNS:
            raise wrong("query.too_many", at=at, limit=MOST_COLUMNS, found=len(items))
        return tuple(self.handle(item, use, f"{at}[{n}]") for n, item in enumerate(items))


def parse_query(
    body: object, sights: Sights, entity: str, env: OperandEnv, me: int | None, *, use: Use = "select"
) -> Intent:
    """Read the body of a query. `use` is "export" where the result leaves as a file.

    Raises NotFound for an entity that is not there or not for this caller, BadInput for everything else.
    """
    reader = Reader(sights, entity, env, me)
    given = members(body, "", MEMBERS)
    select = reader.select(given.get("select"), use=use)
    where = reader.where(given["where"]) if given.get("where") is not None else None
    sort = reader.order(given["sort"]) if given.get("sort") is not None else ()
    search = read_search_text(given.get("search"))
    after, at = given.get("after"), given.get("at")
    if after is not None and not isinstance(after, str):
        raise wrong("query.type", at="after", expected="text")
    if after is not None and at is not None:
        raise wrong("query.after_and_at", at="at")
    count = given.get("count", "none")
    if count is None:
        count = "none"
    if count not in get_args(Count):
        raise wrong("query.choice", at="count", choices=list(get_args(Count)))
    shape = Shape(Filter(reader.source, where), select, sort)
    return Intent(
        shape,
        reader.values,
        ("id", "revision", *(handle.path for handle in select)),
        whole(given.get("limit"), "limit", 50, 1, MOST_ROWS),
        after,
        None if at is None else whole(at, "at", 0, 0, 2**53),
        cast(Count, count),
        search,
    )


def read_search_text(given: object, at: str = "search") -> str | None:
    """Read the search text; nothing and spaces mean none."""
    if given is None:
        return None
    if not isinstance(given, str):
        raise wrong("query.type", at=at, expected="text")
    if len(given) > LONGEST_SEARCH:
        raise wrong("query.too_many", at=at, limit=LONGEST_SEARCH, found=len(given))
    return given if given.strip() else None


def members(given: object, at: str, allowed: frozenset[str] | None = None) -> Mapping[str, object]:
    """The object that stands at `at`, with no other members than allowed."""
    if not isinstance(given, Mapping):
        raise wrong("query.type", at=at or "body", expected="object")
    for key in given:
        if allowed is not None and key not in allowed:
            place = f"{at}.{str(key)[:40]}" if at else str(key)[:40]
            raise wrong("query.member_unknown", at=place, member=str(key)[:40])
    return given


def as_list(given: object, at: str) -> Sequence[object]:
    """The list that stands at `at`."""
    if not isinstance(given, list):
        raise wrong("query.type", at=at, expected="list")
    return given


def direction(given: object, at: str) -> bool:
    """Read asc or desc; True is desc."""
    if given not in ("asc", "desc"):
        raise wrong("query.choice", at=at, choices=["asc", "desc"])
    return given == "desc"


def whole(given: object, at: str, default: int, least: int, most: int) -> int:
    """A whole number inside its limits."""
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int):
        raise wrong("query.type", at=at, expected="integer")
    if not least <= given <= most:
        raise wrong("query.range", at=at, least=least, most=most)
    return given


def bucket(given: object, at: str) -> Bucket | None:
    """Read how dates are grouped."""
    if given is None:
        return None
    if given not in get_args(Bucket):
        raise wrong("query.choice", at=at, choices=list(get_args(Bucket)))
    return cast(Bucket, given)
