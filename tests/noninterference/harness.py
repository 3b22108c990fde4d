"""Opens two worlds for a role, asks both the same, and compares."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kehu.core.catalog.describe import describe
from kehu.entry.api.app import openapi_bytes
from tests.noninterference import policy
from tests.noninterference.compare import Answer, Pairs, Session, compare
from tests.noninterference.operations import Op, Shape
from tests.noninterference.worlds import OBSERVER, SYSTEM, Ledger, Past, Secrets, fits, world

_count = itertools.count()


@dataclass
class Harness:
    """Two worlds and the observer at both."""

    pairs: Pairs
    shape: Shape
    asked: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)

    def ask(self, op: Op) -> Answer | None:
        """Ask both worlds. Raises Leak where the answers differ."""
        a, b = op.send(self.pairs.one), op.send(self.pairs.two)
        self.asked[op.operation] += 1
        assert (a is None) == (b is None), f"{op}: possible in one world only"
        if a is None or b is None:
            return None
        if op.operation == "find_duplicates":  # that a colleague has the customer is told on purpose, without id
            for one in (a, b):
                if one.status == 200:
                    one.body["candidates"] = [c for c in one.body["candidates"] if c["visibility"] == "full"]
        for one in (a, b):  # before they are compared: a crash has a number of its own and is no leak
            assert one.status < 500, f"{op}: {one.body}"
        compare(self.pairs, str(op), a, b)
        self.passed[op.operation] += a.status < 400
        return a

    def run(self, ops: Iterable[Op]) -> None:
        """Ask a sequence."""
        for op in ops:
            self.ask(op)


@contextmanager
def opened(past: Past, folder: Path, role: str, one: Secrets, two: Secrets, seed: int = 1) -> Iterator[Harness]:
    """Two worlds with different secrets."""
    number = next(_count)
    with (
        world(past, folder / f"{number}-1", role, one) as first,
        world(past, folder / f"{number}-2", role, two) as second,
    ):
        _past_all_ids(first, second)
        sessions = [Session(first, role), Session(second, role)]
        try:
            pairs = Pairs(*sessions)
            yield Harness(pairs, _shape(pairs, role, seed))
        finally:
            for session in sessions:
                session.close()


def _past_all_ids(first: Ledger, second: Ledger) -> None:
    """Let both ledgers go on behind the ids of either: what is hidden in one world must not be made in the other."""
    for entity in sorted(first.hidden.keys() | second.hidden.keys()):
        most = max(max(one.hidden.get(entity, {0}), default=0) for one in (first, second)) + 5
        for one in (first, second):
            with one.runtime.write(SYSTEM) as ctx:
                ctx.dialect.raise_series(ctx.tx, ctx.catalog.entities[entity].table, most)


def _shape(pairs: Pairs, role: str, seed: int) -> Shape:
    first, second = pairs.one.ledger, pairs.two.ledger
    with first.runtime.read(SYSTEM) as ctx:
        everything: dict[str, Any] = describe(ctx)
    fits(role, everything)
    shown = pairs.one.call("GET", "/catalog").body["entities"]
    mine = {e["key"]: {f["key"] for f in e["fields"]} for e in shown}
    hidden = {
        e["key"]: [f["key"] for f in e["fields"] if f["key"] not in mine.get(e["key"], set())]
        for e in everything["entities"]
    }
    visible: dict[str, list[str]] = {}
    for name in first.ids.keys() & second.ids.keys():
        entity = _entity(name)
        if not policy.hides_entity(role, entity) and _seen(role, name):
            visible.setdefault(entity, []).append(name)
    absent: dict[str, list[int]] = {}
    for entity in sorted(first.hidden.keys() | second.hidden.keys()):
        known = {s.ledger.ids[n] for s in (pairs.one, pairs.two) for n in visible.get(entity, [])}
        one, two = first.hidden.get(entity, set()) - known, second.hidden.get(entity, set()) - known
        # There in one world only, then those that are in both with other content, the last touched ones first.
        absent[entity] = [*sorted(one ^ two)[:2], *sorted(one & two, reverse=True)]
    absent.setdefault("customer", [9001, 9002, 9003])
    return Shape(
        role, shown, hidden, absent, {e: sorted(n) for e, n in sorted(visible.items())}, first.people, offered(), seed
    )


@cache
def offered() -> frozenset[str]:
    """Operations of the OpenAPI document."""
    document = json.loads(openapi_bytes())
    return frozenset(one["operationId"] for path in document["paths"].values() for one in path.values())


def _entity(name: str) -> str:
    if "." in name:
        return name.rpartition(".")[2]
    return "product" if name in ("p1", "p2") else "customer" if name != "taken" else "contract"


def _seen(role: str, name: str) -> bool:
    """By the names of the common past: c… and late are Chen's, everything else is not."""
    owner = name.partition(".")[0]
    mine = owner in ("c1", "c2", "c3", "late", "p1", "p2", "gone", "chen", "he")
    return policy.sees_row(role, OBSERVER["sales"], OBSERVER["sales"] if mine else "wang")
