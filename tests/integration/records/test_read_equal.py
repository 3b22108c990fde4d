"""Equal answers: SQLite, PostgreSQL and a plain Python evaluator give the same rows in the same order.

Intents are made up over every kind of column, with several callers; pages and `at` walk every row exactly once.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kehu.core.context import Actor
from kehu.core.records import read
from tests.support.evaluator import World
from tests.support.reading import BOSS, ENTITIES, NAMES, WORDS, ZHOU, ReadLedger, answer, fill

DATA = fill(7)
CALLERS = (BOSS, ZHOU)
SORTABLE = ("name", "stage", "limit", "rate", "visits", "born", "seen", "vip", "owner", "owner.name", "parent",
            "parent.stage", "parent.name", "parent.age", "age", "id")  # fmt: skip
SELECTABLE = ("name", "note", "stage", "limit", "rate", "share", "visits", "born", "seen", "vip", "tags", "owner",
              "parent", "age", "parent.age", "parent.limit", "parent.owner", "parent.tags", "owner.name")  # fmt: skip


@cache
def world(actor: Actor) -> World:
    """The evaluator for a caller."""
    records = {one.key: {record["id"]: record for record in DATA.get(one.key, [])} for one in ENTITIES}
    return World({one.key: one for one in ENTITIES}, records, date(2026, 3, 5), actor.id, "sales" in actor.roles)


# --- made-up conditions ----------------------------------------------------------------------------------------------

texts = st.sampled_from([*NAMES, "公司", "k", "A", "江", "0%", "有限", "张"])
moneys = st.sampled_from(["-0.05", "0", "0.07", "0.99", "1", "12800.00", "-123.45", "5.00"])
rates = st.sampled_from(["0", "0.001", "-0.001", "1.5", "12.345", "-12", 1, 2.5])
days = st.dates(date(2025, 1, 1), date(2026, 12, 31)).map(date.isoformat)
seen = st.sampled_from(sorted({r["seen"] for r in DATA["customer"] if r["seen"]}))
instants = st.one_of(seen, days)
stages = st.sampled_from(["lead", "won", "lost"])
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)
people = st.sampled_from([1, 2, 3, 4, 99])
relative = st.fixed_dictionaries(
    {
        "period": st.sampled_from(["last", "next"]),
        "unit": st.sampled_from(["day", "week", "month", "quarter", "half", "year"]),
        "n": st.integers(1, 30),
    }
) | st.fixed_dictionaries(
    {"period": st.just("this"), "unit": st.sampled_from(["day", "week", "month", "quarter", "half", "year"])}
)

EXACT = ("eq", "ne")
LISTS = ("in", "not_in")
ORDER = ("lt", "lte", "gt", "gte")
PARTS = ("contains", "not_contains", "starts_with", "ends_with")


def asked_of(path: str, operand: st.SearchStrategy[Any], *kinds: str) -> st.SearchStrategy[dict[str, Any]]:
    """Conditions on one field."""

    def one(op: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({"field": st.just(path), "op": st.just(op), "value": value})

    found = [st.just({"field": path, "op": op}) for op in ("empty", "not_empty")]
    for kind in kinds:
        if kind in LISTS:
            found.append(one(kind, st.lists(operand, min_size=1, max_size=4)))
        elif kind == "between":
            found.append(one(kind, st.lists(operand, min_size=2, max_size=2)))
        elif kind == "within":
            found.append(one(kind, relative))
        else:
            found.append(one(kind, operand))
    return st.one_of(found)


on_customer = st.one_of(
    asked_of("name", texts, *EXACT, *LISTS, *PARTS),
    asked_of("note", texts, *PARTS),
    asked_of("stage", stages, *EXACT, *LISTS),
    asked_of("limit", moneys, *EXACT, *LISTS, *ORDER, "between"),
    asked_of("rate", rates, *EXACT, *LISTS, *ORDER, "between"),
    asked_of("visits", st.integers(-1, 5), *EXACT, *ORDER, "between"),
    asked_of("age", st.integers(0, 2), *EXACT, *LISTS, *ORDER, "between"),
    asked_of("parent.age", st.integers(0, 2), *EXACT),
    asked_of("born", days, *EXACT, *LISTS, *ORDER, "between", "within"),
    asked_of("seen", instants, *EXACT, *ORDER, "between", "within"),
    asked_of("vip", st.booleans(), *EXACT),
    asked_of("tags", words, "any_of", "all_of", "none_of"),
    asked_of("owner", people, *EXACT, *LISTS),
    st.just({"field": "owner", "op": "is_me"}),
    asked_of("parent", st.integers(1, 40), *EXACT, *LISTS),
    asked_of("parent.name", texts, *EXACT, *PARTS),
    asked_of("parent.limit", moneys, *ORDER),
    asked_of("parent.owner.name", st.sampled_from(["周敏", "李想"]), *EXACT),
    asked_of("parent.tags", words, "any_of", "none_of"),
)
on_line = asked_of("quantity", st.integers(0, 3), *EXACT, *ORDER)
on_order = st.one_of(
    asked_of("code", st.sampled_from(["O-001", "o-002", "O-0"]), *EXACT, *PARTS),
    asked_of("amount", moneys, *ORDER),
    asked_of("product.name", texts, *PARTS),
    asked_of("customer.stage", stages, *EXACT),
)


def some(relation: str, inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Conditions on related records."""
    asked = st.fixed_dictionaries({"relation": st.just(relation)}, optional={"where": inner})
    return st.sampled_from(["some", "none"]).flatmap(lambda key: asked.map(lambda it: {key: it}))


related = st.one_of(
    some("orders", st.one_of(on_order, some("lines", on_line))),
    some("subsidiaries", st.one_of(on_customer, some("tasks", st.just({"field": "assignee", "op": "is_me"})))),
    some("tasks", asked_of("title", texts, *PARTS)),
)
conditions = st.recursive(
    st.one_of(on_customer, on_customer, related),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda them: {"and": them}),
        st.lists(inner, max_size=3).map(lambda them: {"or": them}),
        inner.map(lambda it: {"not": it}),
    ),
    max_leaves=5,
)
sorts = st.lists(
    st.fixed_dictionaries({"field": st.sampled_from(SORTABLE), "order": st.sampled_from(["asc", "desc"])}), max_size=3
)
selects = st.lists(st.sampled_from(SELECTABLE), max_size=4, unique=True)
bodies = st.fixed_dictionaries({"select": selects, "sort": sorts}, optional={"where": conditions})


@given(body=bodies, actor=st.sampled_from(CALLERS), limit=st.integers(1, 12), at=st.integers(0, 45))
def test_rows_order_and_pages_are_those_of_the_plain_evaluator(
    read_ledger: ReadLedger, body: dict[str, Any], actor: Actor, limit: int, at: int
) -> None:
    expected = world(actor).query("customer", body)
    with read_ledger.reading(actor) as ctx:
        whole = answer(read.query(ctx, "customer", {**body, "limit": 500, "count": "exact"}))
        assert whole["rows"] == expected
        assert whole["next"] is None
        assert whole["count"] == {"value": len(expected), "exact": True}
        walked: list[Any] = []
        after = None
        while True:
            page = answer(read.query(ctx, "customer", {**body, "limit": limit, "after": after}))
            assert len(page["rows"]) == min(limit, len(expected) - len(walked))
            walked += page["rows"]
            after = page["next"]
            if after is None:
                break
        assert walked == expected
        there = answer(read.query(ctx, "customer", {**body, "limit": limit, "at": at}))
        assert there["rows"] == expected[at : at + limit]
        streamed = list(read.rows(ctx, "customer", body, batch=limit))
        assert streamed == expected
        if "where" in body:
            assert read.select_ids(ctx, "customer", body["where"]) == sorted(row[0] for row in expected)


measures = st.lists(
    st.one_of(
        st.just({"op": "count"}),
        st.fixed_dictionaries(
            {"op": st.sampled_from(["sum", "avg", "min", "max"]), "field": st.sampled_from(["limit", "rate", "visits"])}
        ),
        st.fixed_dictionaries({"op": st.sampled_from(["min", "max"]), "field": st.sampled_from(["born", "seen"])}),
        st.fixed_dictionaries(
            {
                "op": st.sampled_from(["count", "distinct"]),
                "field": st.sampled_from(["name", "owner", "stage", "parent", "age"]),
            }
        ),
    ),
    min_size=1,
    max_size=4,
)
groups = st.lists(
    st.one_of(
        st.sampled_from(["stage", "vip", "owner", "parent.stage", "tags", "visits", "name"]).map(
            lambda key: {"field": key}
        ),
        st.fixed_dictionaries(
            {
                "field": st.sampled_from(["born", "seen"]),
                "by": st.sampled_from(["day", "week", "month", "quarter", "year"]),
            }
        ),
    ),
    max_size=2,
    unique_by=lambda group: group["field"],
)


@given(body=st.fixed_dictionaries({"group": groups, "measures": measures}, optional={"where": conditions}),
       actor=st.sampled_from(CALLERS))  # fmt: skip
def test_figures_are_those_of_the_plain_evaluator(read_ledger: ReadLedger, body: dict[str, Any], actor: Actor) -> None:
    expected = world(actor).figures("customer", body)
    everything = world(actor).figures("customer", {**body, "group": []}).get((), None)
    with read_ledger.reading(actor) as ctx:
        found = answer(read.aggregate(ctx, "customer", body))
    width = len(body["group"])
    plain = {
        tuple(cell["id"] if isinstance(cell, dict) else cell for cell in row[:width]): row[width:]
        for row in found["rows"]
    }
    if width:
        assert plain == expected
    if everything is not None:
        assert found["total"][width:] == everything
