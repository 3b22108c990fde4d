"""Everything wrong with a query is told with its place; cursors work for their list and their caller only."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.errors import BadInput, NotFound
from kehu.core.records import read
from tests.support.reading import BOSS, ZHOU, ReadLedger, answer

BAD: list[tuple[Any, str, str]] = [
    ([], "query.type", "body"),
    ({"nonsense": 1}, "query.member_unknown", "nonsense"),
    ({"select": "name"}, "query.type", "select"),
    ({"select": [1]}, "query.type", "select[0]"),
    ({"select": ["nope"]}, "field.unknown", "select[0]"),
    ({"select": ["name.first"]}, "field.unknown", "select[0]"),
    ({"select": ["parent.parent.parent.parent.name"]}, "field.unknown", "select[0]"),
    ({"where": "x"}, "query.type", "where"),
    ({"where": {}}, "query.condition", "where"),
    ({"where": {"and": {}}}, "query.type", "where.and"),
    ({"where": {"and": [], "or": []}}, "query.condition", "where"),
    ({"where": {"xor": []}}, "query.member_unknown", "where.xor"),
    ({"where": {"and": [{"field": "name", "op": "eq", "value": "a"}, {"field": "vip", "op": "like", "value": 1}]}},
     "operator.unknown", "where.and[1].op"),
    ({"where": {"field": "name", "op": "eq", "value": "a", "extra": 1}}, "query.member_unknown", "where.extra"),
    ({"where": {"field": "name"}}, "operator.unknown", "where.op"),
    ({"where": {"field": "name", "op": ["eq"], "value": "a"}}, "operator.unknown", "where.op"),
    ({"where": {"field": ["name"], "op": "eq", "value": "a"}}, "query.type", "where.field"),
    ({"where": {"field": "name", "op": "within", "value": {}}}, "operator.unsupported", "where.op"),
    ({"where": {"field": "name", "op": "eq"}}, "operator.value_missing", "where.value"),
    ({"where": {"field": "name", "op": "contains", "value": ""}}, "operator.value_missing", "where.value"),
    ({"where": {"field": "name", "op": "empty", "value": 1}}, "operator.no_value", "where.value"),
    ({"where": {"field": "name", "op": "in", "value": "a"}}, "operator.list", "where.value"),
    ({"where": {"field": "name", "op": "in", "value": []}}, "operator.list", "where.value"),
    ({"where": {"field": "limit", "op": "between", "value": ["1"]}}, "operator.two_values", "where.value"),
    ({"where": {"field": "limit", "op": "gt", "value": "viel"}}, "value.invalid", "where.value"),
    ({"where": {"field": "limit", "op": "gt", "value": {"a": 1}}}, "value.invalid", "where.value"),
    ({"where": {"field": "stage", "op": "in", "value": ["won", "nope"]}}, "value.invalid", "where.value[1]"),
    ({"where": {"field": "born", "op": "eq", "value": "2026-02-30"}}, "date.invalid", "where.value"),
    ({"where": {"field": "born", "op": "within", "value": {"period": "some", "unit": "day"}}},
     "within.invalid", "where.value"),
    ({"where": {"field": "born", "op": "within", "value": {"period": "next", "unit": ["day"]}}},
     "within.invalid", "where.value"),
    ({"where": {"field": "born", "op": "within", "value": {"period": "next", "unit": "day", "m": 1}}},
     "query.member_unknown", "where.value.m"),
    ({"where": {"some": {"relation": "nope"}}}, "field.unknown", "where.some.relation"),
    ({"where": {"some": {"where": {}}}}, "query.type", "where.some.relation"),
    ({"where": {"some": {"relation": "orders", "where": {"field": "x", "op": "empty"}}}},
     "field.unknown", "where.some.where.field"),
    ({"sort": ["name"]}, "query.type", "sort[0]"),
    ({"sort": [{"field": "name", "order": "down"}]}, "query.choice", "sort[0].order"),
    ({"sort": [{"field": "note"}]}, "sort.unsupported", "sort[0].field"),
    ({"sort": [{"field": "tags"}]}, "sort.unsupported", "sort[0].field"),
    ({"limit": 501}, "query.range", "limit"),
    ({"limit": 0}, "query.range", "limit"),
    ({"limit": True}, "query.type", "limit"),
    ({"limit": "5"}, "query.type", "limit"),
    ({"count": "all"}, "query.choice", "count"),
    ({"count": []}, "query.choice", "count"),
    ({"after": 5}, "query.type", "after"),
    ({"after": "x", "at": 1}, "query.after_and_at", "at"),
    ({"after": "no cursor"}, "cursor.invalid", "after"),
    ({"after": "ü"}, "cursor.invalid", "after"),
    ({"at": -1}, "query.range", "at"),
    ({"at": 10_001, "sort": [{"field": "limit"}]}, "at.too_far", "at"),
    ({"search": 5}, "query.type", "search"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "place"), BAD, ids=[f"{n}-{code}" for n, (_, code, _) in enumerate(BAD)])
def test_what_is_wrong_is_told_with_its_place(read_ledger: ReadLedger, body: Any, code: str, place: str) -> None:
    with read_ledger.reading(BOSS) as ctx, pytest.raises(BadInput) as caught:
        read.query(ctx, "customer", body)
    assert (caught.value.code, caught.value.data["at"]) == (code, place)
    assert caught.value.errors[0].code == code


def test_nesting_and_sizes_end(read_ledger: ReadLedger) -> None:
    leaf: dict[str, Any] = {"field": "name", "op": "empty"}
    deep = leaf
    for _ in range(500):
        deep = {"not": deep}
    hops = leaf
    for _ in range(4):
        hops = {"some": {"relation": "subsidiaries", "where": hops}}
    many = {"field": "visits", "op": "in", "value": list(range(1001))}
    for body, code in (
        ({"where": deep}, "query.too_deep"),
        ({"where": hops}, "query.too_deep"),
        ({"where": {"or": [leaf] * 301}}, "query.too_many"),
        ({"where": many}, "query.too_many"),
        ({"where": {"field": "name", "op": "eq", "value": "x" * 1001}}, "query.too_many"),
        ({"sort": [{"field": "name"}] * 6}, "query.too_many"),
        ({"select": ["name"] * 401}, "query.too_many"),
        ({"search": "x" * 201}, "query.too_many"),
    ):
        with read_ledger.reading(BOSS) as ctx, pytest.raises(BadInput) as caught:
            read.query(ctx, "customer", body)
        assert caught.value.code == code


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5)
    | st.sampled_from(["name", "stage", "seen", "limit", "eq", "in", "between", "within", "orders", "2026-01-01"])
    | st.sampled_from(["desc", "count", "sum", "month"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from("and or not some none field op value relation where period n by".split()),
        inner,
        max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip
members = ["select", "where", "search", "sort", "limit", "after", "at", "count", "group", "measures"]


@given(body=st.dictionaries(st.sampled_from(members), json_values))
def test_no_body_is_a_bug(read_ledger: ReadLedger, body: dict[str, Any]) -> None:
    with read_ledger.reading(BOSS) as ctx:
        for door in (read.query, read.aggregate):
            try:
                answer(door(ctx, "customer", body))
            except (BadInput, NotFound):
                continue


def test_a_cursor_works_for_its_list_and_its_caller_only(read_ledger: ReadLedger) -> None:
    def page(**body: Any) -> Any:
        with read_ledger.reading(BOSS) as ctx:
            return answer(read.query(ctx, "customer", {"select": ["name"], "limit": 3, **body}))

    cursor = page(sort=[{"field": "name"}])["next"]
    assert page(sort=[{"field": "name"}], after=cursor)["rows"]
    for body in ({"sort": [{"field": "limit"}]}, {"sort": [{"field": "name", "order": "desc"}]}, {}):
        with pytest.raises(BadInput, match=r"cursor\.invalid"):
            page(**body, after=cursor)
    with read_ledger.reading(ZHOU) as ctx, pytest.raises(BadInput, match=r"cursor\.invalid"):
        read.query(ctx, "customer", {"sort": [{"field": "name"}], "after": cursor})
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-2] ^= 1
    with pytest.raises(BadInput, match=r"cursor\.invalid"):
        page(sort=[{"field": "name"}], after=base64.urlsafe_b64encode(bytes(raw)).decode())


def test_unknown_entities_and_records_are_not_found(read_ledger: ReadLedger) -> None:
    with read_ledger.reading(BOSS) as ctx:
        with pytest.raises(NotFound, match=r"entity\.unknown"):
            read.query(ctx, "nope", {})
        for id in (0, -1, 99_999, 2**63, 2**80):
            with pytest.raises(NotFound, match=r"record\.not_found"):
                read.get(ctx, "customer", id)
