"""Roll-ups, lookups and formulas follow every change of what they are computed from (R45)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.errors import BadInput
from kehu.core.derived import graph_of, recompute, recompute_all, tick, verify
from kehu.core.derived.service import portions, recompute_portion
from tests.integration.conftest import Make
from tests.integration.derived.shop import shop
from tests.support.handmade import Handmade, Touching, derived, entity, plain


def change(ledger: Handmade, *steps: tuple[Any, ...]) -> dict[str, set[int]]:
    """Apply steps as one transaction, then recompute; everything must be true afterwards."""
    with ledger.write() as ctx:
        door = Touching(ledger, ctx)
        for what, *arguments in steps:
            if what == "update":
                key, id, values = arguments
                door.update(key, id, **values)
            else:
                getattr(door, what)(*arguments)
        recompute(ctx, door.touched)
        faults = [(check.name, check.faults, check.examples) for check in verify(ctx) if check.faults]
        assert faults == []
        return door.touched.derived


def values(ledger: Handmade, key: str, id: int, *columns: str) -> tuple[Any, ...]:
    with ledger.write() as ctx:
        return ledger.rows(ctx, key, *columns)[id]


def order(id: int, customer: int | None, at: str, status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "customer_id": customer,
        "code": f"2026030{id}",
        "at": f"{at}T03:00:00.000Z",
        "status": status,
        **more,
    }


def line(id: int, order: int | None, product: int | None, quantity: int, price: int) -> dict[str, Any]:
    return {"id": id, "order_id": order, "product_id": product, "quantity": quantity * 100, "price": price}


@pytest.fixture
def ledger(make: Make) -> Handmade:
    made = make(*shop())
    change(
        made,
        (
            "insert",
            "product",
            {"id": 1, "name": "协同办公系统"},
            {"id": 2, "name": "羊毛外套"},
            {"id": 3, "name": "护理精油"},
        ),
        (
            "insert",
            "customer",
            {
                "id": 1,
                "name": "上海宏远贸易有限公司",
                "opening_amount": 50_000,
                "opening_count": 2,
                "opening_last_on": "2025-11-30",
            },
            {"id": 2, "name": "张伟"},
        ),
        ("insert", "sale", order(1, 1, "2026-01-10", due_on="2026-03-01"), order(2, 1, "2026-02-01", paid=100)),
        ("insert", "line", line(1, 1, 1, 2, 300), line(2, 1, 2, 1, 99), line(3, 2, 3, 1, 1_000)),
    )
    return made


def test_sums_counts_and_ends_over_several_levels_and_sources(ledger: Handmade) -> None:
    assert values(ledger, "sale", 1, "lines_amount", "amount", "unpaid", "line") == (699, 699, 699, "订单20260301:6.99")
    found = values(
        ledger, "customer", 1, "total", "order_count", "products", "since", "last_on", "average", "first_status"
    )
    assert found == (51_699, 4, 3, "2025-11-30", "2026-02-01", 850, "active")
    assert values(ledger, "customer", 2, "total", "order_count", "since", "average", "bills") == (
        0,
        0,
        None,
        None,
        "no_bill",
    )
    change(ledger, ("insert", "contract", {"id": 1, "customer_id": 1, "start_on": "2024-05-01"}))
    assert values(ledger, "customer", 1, "since") == ("2024-05-01",)


def test_texts_lists_and_their_sort_keys(ledger: Handmade) -> None:
    found = values(ledger, "customer", 1, "bought", "bought__sort", "summary")
    assert found[0] == "护理精油; 羊毛外套; 协同办公系统"
    assert found[1].startswith("hu li jing you")
    assert found[2] == "订单20260302:10; 订单20260301:6.99"
    notes = [{"id": n, "customer_id": 1, "severity": s} for n, s in enumerate(("info", "forbidden", "avoid"), 1)]
    change(ledger, ("insert", "note", *notes))
    assert values(ledger, "customer", 1, "warnings") == ("禁止/避免/提示",)
    change(ledger, ("update", "product", 3, {"name": "按摩精油"}))
    assert values(ledger, "customer", 1, "bought") == ("按摩精油; 羊毛外套; 协同办公系统",)


def test_a_list_without_repetitions_looks_at_a_bounded_number_of_rows_filled_or_not(ledger: Handmade) -> None:
    newer = order(7, 1, "2026-03-01")
    change(ledger, ("insert", "sale", newer), ("insert", "line", *(line(n, 7, None, 1, 1) for n in range(100, 298))))
    assert values(ledger, "customer", 1, "bought") == ("护理精油; 羊毛外套",)  # 198 newer lines without a product
    change(ledger, ("insert", "line", *(line(n, 7, None, 1, 1) for n in range(298, 302))))
    assert values(ledger, "customer", 1, "bought") == (None,)


def test_a_child_that_moves_changes_its_old_and_its_new_parent(ledger: Handmade) -> None:
    moved = change(ledger, ("update", "sale", 1, {"customer_id": 2}))
    assert moved["customer"] == {1, 2}
    assert moved["line"] == {1, 2}  # the customer of a line is a lookup
    assert values(ledger, "customer", 1, "total", "bought")[0] == 51_000
    assert values(ledger, "customer", 2, "total", "bought") == (699, "羊毛外套; 协同办公系统")
    change(ledger, ("update", "line", 1, {"order_id": 2}))
    assert values(ledger, "customer", 1, "total") == (51_600,)
    change(ledger, ("delete", "line", 1), ("delete", "line", 3), ("delete", "sale", 2))
    assert values(ledger, "customer", 1, "total", "order_count", "bought") == (50_000, 2, None)
    change(ledger, ("update", "sale", 1, {"customer_id": None}))
    assert values(ledger, "customer", 2, "order_count") == (0,)


def test_a_typed_value_wins_until_it_is_emptied(ledger: Handmade) -> None:
    change(ledger, ("update", "customer", 1, {"since__typed": "2010-01-01", "stage__typed": "done"}))
    assert values(ledger, "customer", 1, "since", "stage") == ("2010-01-01", "done")
    change(ledger, ("update", "customer", 1, {"since__typed": None, "stage__typed": None}))
    assert values(ledger, "customer", 1, "since", "stage") == ("2025-11-30", "draft")
    change(ledger, ("update", "line", 1, {"amount__typed": 5}))
    assert values(ledger, "customer", 1, "total") == (51_104,)


def test_lookups_follow_relations_that_are_derived_themselves(ledger: Handmade) -> None:
    contacts = [
        {"id": 1, "customer_id": 1, "name": "单雨桐", "is_primary": 1},
        {"id": 2, "customer_id": 1, "name": "曾国强", "is_primary": 0},
    ]
    change(ledger, ("insert", "contact", *contacts))
    found = values(ledger, "customer", 1, "primary_contact_id", "contact_name", "shown_name", "contact_name__sort")
    assert found == (1, "单雨桐", "单雨桐", "shan yu tong")
    change(ledger, ("update", "contact", 1, {"is_primary": 0}), ("update", "contact", 2, {"is_primary": 1}))
    assert values(ledger, "customer", 1, "primary_contact_id", "contact_name") == (2, "曾国强")
    change(ledger, ("update", "contact", 2, {"name": "曾国栋"}))
    assert values(ledger, "customer", 1, "contact_name", "shown_name") == ("曾国栋", "曾国栋")
    change(ledger, ("update", "customer", 2, {"parent_id": 1}))
    assert values(ledger, "customer", 2, "parent_total") == (50_000,)
    change(ledger, ("update", "customer", 1, {"opening_amount": 200_000}))
    assert values(ledger, "customer", 2, "parent_total") == (200_000,)
    assert values(ledger, "customer", 1, "shown_name") == ("曾国栋（大客户）",)


def test_only_what_changed_is_written_and_revisions_stay(ledger: Handmade) -> None:
    assert change(ledger, ("update", "sale", 1, {"due_on": "2026-03-02"})) == {}
    moved = change(ledger, ("update", "sale", 2, {"paid": 1_000}))
    assert moved == {"sale": {2}}  # unpaid is empty now, but another bill of the customer is still open
    assert values(ledger, "sale", 2, "rev") == (1,)


def test_the_worst_rule_that_some_row_fulfils_and_days_that_pass(ledger: Handmade) -> None:
    assert values(ledger, "customer", 1, "bills", "overdue") == ("overdue", 699)
    change(ledger, ("update", "sale", 1, {"due_on": "2026-03-05"}))
    assert values(ledger, "customer", 1, "bills", "overdue") == ("unpaid", 0)
    change(ledger, ("insert", "sale", order(3, 2, "2026-03-07", due_on="2026-03-06")))
    change(ledger, ("insert", "line", line(4, 3, 1, 1, 10_000)))
    assert values(ledger, "customer", 2, "last_on", "bills") == (None, "unpaid")
    with ledger.write() as ctx:
        assert tick(ctx).derived == {}  # the first tick looks at every date; all was true already
    ledger.clock.move(timedelta(days=1))
    with ledger.write() as ctx:
        assert tick(ctx).derived == {"customer": {1}}
        assert tick(ctx).derived == {}
    assert values(ledger, "customer", 1, "bills", "overdue") == ("overdue", 699)
    ledger.clock.move(timedelta(days=1))
    with ledger.write() as ctx:
        assert tick(ctx).derived == {"customer": {2}}
        assert [check.faults for check in verify(ctx)] == [0, 0]
    assert values(ledger, "customer", 2, "last_on", "bills") == ("2026-03-07", "overdue")
    ledger.clock.move(timedelta(days=-2))
    with ledger.write() as ctx:
        assert tick(ctx).derived == {"customer": {1, 2}}
        assert [check.faults for check in verify(ctx)] == [0, 0]


def test_everything_can_be_computed_at_once_and_verify_finds_every_fault(ledger: Handmade) -> None:
    with ledger.write() as ctx:
        before = {
            key: ledger.rows(ctx, key, *(c.name for c in ledger.tables[key].derived))
            for key in ("customer", "sale", "line")
        }
        for key in before:
            table = ledger.tables[key].table
            ctx.tx.execute(table.update().values({column.name: None for column in ledger.tables[key].derived}))
        faults = {check.name: check.faults for check in verify(ctx)}
        assert faults["rollups"] > 15
        assert faults["formulas"] == 13
        assert recompute_all(ctx)["customer"] >= 2
        assert set(recompute_all(ctx).values()) == {0}
        after = {key: ledger.rows(ctx, key, *(c.name for c in ledger.tables[key].derived)) for key in before}
        assert after == before
        table = ledger.tables["customer"].table
        ctx.tx.execute(table.update().where(table.c.id == 1).values(total=1, bought__sort="x"))
        rollups, formulas = verify(ctx)
        assert (rollups.faults, formulas.faults) == (2, 0)
        assert "customer 1: total" in rollups.examples


def test_a_field_that_was_just_made_is_computed_with_what_follows_from_it_and_nothing_else(ledger: Handmade) -> None:
    with ledger.write() as ctx:
        customer, sale = ledger.tables["customer"].table, ledger.tables["sale"].table
        ctx.tx.execute(customer.update().values(total=None, order_count=None, overdue=None))
        ctx.tx.execute(sale.update().values(amount=None, unpaid=None, line=None))
        assert recompute_all(ctx, [("customer", "order_count")]) == {"customer": 2}
        assert ledger.rows(ctx, "customer", "order_count", "total", "overdue")[1] == (4, None, None)
        assert recompute_all(ctx, [("sale", "amount")])["sale"] == 2
        assert ledger.rows(ctx, "sale", "amount", "unpaid", "line")[1] == (699, 699, "订单20260301:6.99")
        assert ledger.rows(ctx, "customer", "order_count", "total", "overdue")[1] == (4, 51_699, 699)
        assert [check.examples for check in verify(ctx)] == [[], []]


def test_portions_may_be_committed_one_by_one(ledger: Handmade) -> None:
    with ledger.write() as ctx:
        for key in ("customer", "sale", "line"):
            table = ledger.tables[key].table
            ctx.tx.execute(table.update().values({column.name: None for column in ledger.tables[key].derived}))
        waiting = list(portions(ctx))
    done: dict[str, int] = {}
    for portion in waiting:
        with ledger.write() as ctx:
            key = portion.nodes[0].entity
            done[key] = done.get(key, 0) + recompute_portion(ctx, portion)
    with ledger.write() as ctx:
        assert done["line"] == 3
        assert done["sale"] >= 2
        assert [check.examples for check in verify(ctx)] == [[], []]


def test_cycles_are_refused_by_name(make: Make) -> None:
    one = entity(
        "thing",
        derived("a", "formula", "number", {"text": "[b]+1"}),
        derived("b", "formula", "number", {"text": "[c]"}),
        derived("c", "formula", "number", {"text": "[a]"}),
    )
    made = make(one)
    with made.write() as ctx, pytest.raises(BadInput) as refused:
        graph_of(ctx)
    assert refused.value.code == "derived.cycle"
    assert refused.value.data["fields"] == ["thing.a", "thing.b", "thing.c", "thing.a"]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (
            {"path": "orders", "field": "at", "where": {"field": "at", "op": "gt", "value": {"today": True}}},
            "derived.today",
        ),
        (
            {"path": "orders", "field": "at", "where": {"field": "status", "op": "like", "value": "x"}},
            "derived.filter_op",
        ),
        (
            {"path": "orders", "field": "at", "where": {"field": "status", "op": "eq", "value": "nix"}},
            "derived.filter_value",
        ),
        ({"path": "bills", "field": "at"}, "derived.unknown_path"),
        ({"path": "orders", "field": "nothing"}, "derived.unknown_field"),
        ({"path": "orders", "field": "status.name"}, "derived.not_relation"),
    ],
)
def test_what_cannot_be_kept_true_is_refused(make: Make, source: dict[str, Any], code: str) -> None:
    customer, *others = shop()
    fields = (*customer.fields.values(), derived("x", "rollup", "date", {"function": "max", "sources": [source]}))
    made = make(entity("customer", *fields), *others)
    with made.write() as ctx, pytest.raises(BadInput) as refused:
        recompute_all(ctx)
    assert refused.value.code == code


def test_a_rollup_cannot_read_a_value_that_holds_today(make: Make) -> None:
    customer, *others = shop()
    age = derived("age", "formula", "integer", {"text": 'DATEDIF([start_on],TODAY(),"Y")'}, read_time=True)
    contract = entity("contract", *others[2].fields.values(), age)
    fields = (
        *customer.fields.values(),
        derived("x", "rollup", "integer", {"function": "max", "sources": [{"path": "contracts", "field": "age"}]}),
    )
    made = make(entity("customer", *fields), *[o for o in others if o.key != "contract"], contract)
    with made.write() as ctx, pytest.raises(BadInput, match=r"derived\.read_time"):
        graph_of(ctx)
    kept = entity("thing", plain("d", "date"), derived("age", "formula", "integer", {"text": "TODAY()-[d]"}))
    with pytest.raises(BadInput, match=r"formula\.today_kept"), make(kept, version=2).write() as ctx:
        graph_of(ctx)


def test_counts_and_sums_move_by_difference_so_that_large_parents_are_not_summed_again(ledger: Handmade) -> None:
    with ledger.write() as ctx:
        table = ledger.tables["customer"].table
        ctx.tx.execute(table.update().where(table.c.id == 1).values(total=1_000_000, order_count=500_000))
        door = Touching(ledger, ctx)
        door.insert("sale", order(9, 1, "2026-03-01"))
        door.insert("line", line(9, 9, 1, 3, 700))
        door.update("line", 1, quantity=0)
        recompute(ctx, door.touched)
        assert ledger.rows(ctx, "customer", "total", "order_count")[1] == (1_000_000 + 2_100 - 600, 500_001)
        door = Touching(ledger, ctx)
        door.delete("line", 3)
        door.delete("sale", 2)
        door.update("sale", 9, status="draft")
        recompute(ctx, door.touched)
        assert ledger.rows(ctx, "customer", "total", "order_count")[1] == (1_000_000 - 600 - 1_000, 500_000 - 1)
        # A change of the parent's own part is a reason to compute afresh.
        door = Touching(ledger, ctx)
        door.update("customer", 1, opening_amount=7, opening_count=None)
        recompute(ctx, door.touched)
        assert ledger.rows(ctx, "customer", "total", "order_count")[1] == (7 + 99, 1)


IDS = st.integers(1, 4)
STEPS = st.one_of(
    st.tuples(st.just("insert"), st.sampled_from(["sale", "line"]), IDS),
    st.tuples(st.just("delete"), st.sampled_from(["sale", "line"]), IDS),
    st.tuples(
        st.just("update"),
        st.just("sale"),
        IDS,
        st.fixed_dictionaries(
            {},
            optional={
                "customer_id": st.sampled_from([None, 1, 2]),
                "status": st.sampled_from([None, "draft", "active", "done"]),
                "paid": st.sampled_from([None, 0, 500]),
                "due_on": st.sampled_from([None, "2026-03-04", "2026-03-05", "2026-04-01"]),
                "amount__typed": st.sampled_from([None, 900]),
            },
        ),
    ),
    st.tuples(
        st.just("update"),
        st.just("line"),
        IDS,
        st.fixed_dictionaries(
            {},
            optional={
                "order_id": st.sampled_from([None, 1, 2, 3]),
                "product_id": st.sampled_from([None, 1, 2]),
                "quantity": st.sampled_from([None, 100, 250]),
            },
        ),
    ),
    st.tuples(st.just("update"), st.just("customer"), st.integers(1, 2), st.just({"opening_amount": 5})),
)


def test_after_any_steps_every_kept_value_is_the_one_computed_afresh(ledger: Handmade) -> None:
    @given(st.lists(st.lists(STEPS, min_size=1, max_size=5), max_size=5))
    def always_true(flushes: list[list[tuple[Any, ...]]]) -> None:
        with ledger.write() as ctx:
            for key in ("sale", "line"):
                ctx.tx.execute(ledger.tables[key].table.delete())
            recompute_all(ctx)
        for steps in flushes:
            with ledger.write() as ctx:
                door = Touching(ledger, ctx)
                for what, key, id, *more in steps:
                    there = id in ledger.rows(ctx, key)
                    if what == "insert" and not there:
                        row = order(id, 1, "2026-02-01") if key == "sale" else line(id, 1 + id % 3, 1, id, 100 * id)
                        door.insert(key, row)
                    elif what == "delete" and there:
                        door.delete(key, id)
                    elif what == "update" and there and more[0]:
                        door.update(key, id, **more[0])
                recompute(ctx, door.touched)
                assert [check.examples for check in verify(ctx)] == [[], []]

    always_true()
