"""Rights inside the read door: own rows, hidden fields, masks, and everything that could tell what they hide."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.query.handles import Handle, take_mint
from kehu.base.errors import BadInput, NotFound
from kehu.core.access.masking import log_reads, reads
from kehu.core.access.permissions import may, writable_fields
from kehu.core.access.sight import sight
from kehu.core.context import Actor
from kehu.core.records import read
from tests.support.reading import AUDITOR, BOSS, LI, SYSTEM, ZHOU, ReadLedger, answer

NUMBER = "11010519491231002X"
OTHER_NUMBER = "110101199003074514"
MINE, THEIRS = 1001, 1002


@pytest.fixture(scope="module")
def ledger(read_ledger: ReadLedger) -> ReadLedger:
    """周敏's customer 杭州澜屿 and 李想's customer 宁波启澜, which is the parent of the first."""
    read_ledger.put(
        "customer",
        [
            {
                "id": THEIRS,
                "name": "宁波启澜进出口有限公司",
                "owner": 2,
                "id_number": OTHER_NUMBER,
                "limit": 9_000_000,
                "credit_limit": 50,
            },
            {
                "id": MINE,
                "name": "杭州澜屿软件有限公司",
                "owner": 1,
                "parent": THEIRS,
                "parent_name": "宁波启澜进出口有限公司",
                "id_number": NUMBER,
                "limit": 128_000,
                "credit_limit": 77,
                "order_total": 300,
            },
        ],
    )
    read_ledger.put(
        "order",
        [
            {"id": 1001, "code": "O-MINE", "customer": MINE, "product": 1, "amount": 300},
            {"id": 1002, "code": "O-THEIRS", "customer": THEIRS, "product": 1, "amount": 99_900},
        ],
    )
    read_ledger.put("payment", [{"id": 1, "code": "HK-1", "customer": MINE, "amount": 300}])
    return read_ledger


def ask(ledger: ReadLedger, actor: Actor, entity: str = "customer", **body: Any) -> Any:
    """The answer to a query."""
    with ledger.reading(actor) as ctx:
        return answer(read.query(ctx, entity, body))


def refused(ledger: ReadLedger, actor: Actor, entity: str = "customer", **body: Any) -> BadInput:
    """The refusal of a query."""
    with pytest.raises(BadInput) as caught:
        ask(ledger, actor, entity, **body)
    return caught.value


def test_sales_sees_own_rows_everywhere(ledger: ReadLedger) -> None:
    only = {"field": "id", "op": "gt", "value": 1000}
    assert [row[0] for row in ask(ledger, ZHOU, where=only, select=["name"])["rows"]] == [MINE]
    assert [row[2] for row in ask(ledger, ZHOU, "order", where=only, select=["code"])["rows"]] == ["O-MINE"]
    assert ask(ledger, ZHOU, where=only, select=[], count="exact")["count"] == {"value": 1, "exact": True}
    with ledger.reading(ZHOU) as ctx:
        assert read.visible(ctx, "customer", [MINE, THEIRS]) == {MINE}
        assert read.titles(ctx, "order", [1001, 1002]) == {1001: "O-MINE"}
        assert read.select_ids(ctx, "customer", only) == [MINE]
        with pytest.raises(NotFound, match=r"record\.not_found"):
            read.get(ctx, "customer", THEIRS)
        figures = answer(read.aggregate(ctx, "order", {"measures": [{"op": "sum", "field": "amount"}], "where": only}))
        assert figures["rows"] == [["3.00"]]


def test_a_related_record_out_of_sight_is_as_if_it_were_not_there(ledger: ReadLedger) -> None:
    mine = {"field": "id", "op": "eq", "value": MINE}
    assert ask(ledger, ZHOU, where=mine, select=["parent", "parent.name"])["rows"] == [[MINE, 1, None, None]]
    assert ask(ledger, BOSS, where=mine, select=["parent.name"])["rows"] == [[MINE, 1, "宁波启澜进出口有限公司"]]
    for test in (
        {"field": "parent", "op": "not_empty"},
        {"field": "parent", "op": "eq", "value": THEIRS},
        {"field": "parent.limit", "op": "gte", "value": "90000"},
        {"field": "parent.name", "op": "contains", "value": "启澜"},
    ):
        assert ask(ledger, ZHOU, where={"and": [mine, test]}, select=[])["rows"] == []
        assert ask(ledger, BOSS, where={"and": [mine, test]}, select=[])["rows"] != []
    dear = {"some": {"relation": "orders", "where": {"field": "amount", "op": "eq", "value": "999"}}}
    product = {"and": [{"field": "id", "op": "eq", "value": 1}, dear]}
    assert ask(ledger, ZHOU, "product", where=product, select=[])["rows"] == []
    assert len(ask(ledger, BOSS, "product", where=product, select=[])["rows"]) == 1


def test_derived_values_inherit_what_they_are_made_of(ledger: ReadLedger) -> None:
    shown = ask(ledger, ZHOU, limit=1)["columns"]
    assert "order_total" in shown, "orders follow their customer"
    assert "parent_name" not in shown, "the parent company need not be mine"
    assert "sold" not in ask(ledger, ZHOU, "product", limit=1)["columns"], "counts other people's orders"
    served = ask(ledger, LI, limit=1)["columns"]
    assert "parent_name" in served
    assert not {"limit", "credit_limit", "order_total", "summary"} & set(served)


@pytest.mark.parametrize(
    "body",
    [
        {"select": ["HIDDEN"]},
        {"where": {"field": "HIDDEN", "op": "empty"}},
        {"where": {"not": {"and": [{"field": "HIDDEN", "op": "eq", "value": "1"}]}}},
        {"where": {"field": "parent.HIDDEN", "op": "empty"}},
        {"where": {"some": {"relation": "subsidiaries", "where": {"field": "HIDDEN", "op": "empty"}}}},
        {"sort": [{"field": "HIDDEN"}]},
    ],
)
def test_hidden_and_missing_fields_fail_alike(ledger: ReadLedger, body: dict[str, Any]) -> None:
    def asked(name: str) -> Any:
        text = repr(body).replace("HIDDEN", name)
        error = refused(ledger, ZHOU, **eval(text))
        return error.code, repr(error.data).replace(name, "?"), repr(error.errors).replace(name, "?")

    assert asked("credit_limit") == asked("no_such_field")
    assert asked("credit_limit")[0] == "field.unknown"


def test_hidden_fields_are_not_grouped_measured_or_related(ledger: ReadLedger) -> None:
    with ledger.reading(LI) as ctx:
        for body in (
            {"group": ["limit"], "measures": [{"op": "count"}]},
            {"measures": [{"op": "max", "field": "limit"}]},
            {"group": ["id_number"], "measures": [{"op": "count"}]},
            {"measures": [{"op": "distinct", "field": "id_number"}]},
        ):
            with pytest.raises(BadInput, match=r"field\.unknown"):
                read.aggregate(ctx, "customer", body)
    with pytest.raises(NotFound, match=r"entity\.unknown"):
        ask(ledger, LI, "payment")
    assert refused(ledger, LI, where={"some": {"relation": "payments"}}).code == "field.unknown"
    assert ask(ledger, BOSS, where={"some": {"relation": "payments"}}, select=[])["rows"] == [[MINE, 1]]


def test_r84_secret_values_are_masked_plain_by_name_and_right_and_each_read_is_noted(ledger: ReadLedger) -> None:
    mine = {"field": "id", "op": "eq", "value": MINE}
    for actor in (ZHOU, LI):
        masked = ask(ledger, actor, where=mine, select=["id_number"])["rows"][0][2]
        assert "•" in masked
        assert masked != NUMBER
        by_number = {"field": "id_number", "op": "eq", "value": NUMBER}
        assert refused(ledger, actor, where=by_number).code == "field.unknown"
        assert refused(ledger, actor, sort=[{"field": "id_number"}]).code == "sort.unsupported"
    with ledger.reading(BOSS) as ctx:
        whole = answer(read.query(ctx, "customer", {"where": mine}))
        assert "•" in whole["rows"][0][whole["columns"].index("id_number")], "not named, hence masked"
        assert "•" in read.get(ctx, "customer", MINE)["id_number"]
        assert reads(ctx) == []
        by_number = {"field": "id_number", "op": "eq", "value": NUMBER.lower()}
        found = answer(read.query(ctx, "customer", {"where": by_number, "select": ["id_number"]}))
        assert found["rows"] == [[MINE, 1, NUMBER]]
        assert read.get(ctx, "customer", THEIRS, fields=["id_number"])["id_number"] == OTHER_NUMBER
        related = answer(read.query(ctx, "order", {"where": {"field": "code", "op": "eq", "value": "O-MINE"},
                                                   "select": ["customer.id_number"]}))  # fmt: skip
        assert related["rows"] == [[1001, 1, NUMBER]]
        assert [(one.entity, one.record, one.field) for one in reads(ctx)] == [
            ("customer", MINE, "id_number"), ("customer", THEIRS, "id_number"), ("customer", MINE, "id_number")
        ]  # fmt: skip
        noted = reads(ctx)
    with ledger.dialect.write() as tx:
        log_reads(ledger.ctx(tx, BOSS), noted)
    with ledger.reading() as ctx:
        logged = ctx.tx.execute(sa.select(system.secret_read.c.actor, system.secret_read.c.record)).all()
        assert logged[:1] == [("陈露", MINE)]
        assert len(logged) == 3


def test_secret_fields_are_filtered_by_exact_value_only(ledger: ReadLedger) -> None:
    for op in ("contains", "starts_with", "ends_with"):
        error = refused(ledger, BOSS, where={"field": "id_number", "op": op, "value": "1101"})
        assert error.code == "operator.unsupported"
    found = ask(ledger, BOSS, where={"field": "id_number", "op": "in", "value": [NUMBER, OTHER_NUMBER]}, select=[])
    assert [row[0] for row in found["rows"]] == [MINE, THEIRS]


def test_who_has_no_granted_role_sees_nothing(ledger: ReadLedger) -> None:
    for actor in (AUDITOR, Actor("user", 9, "新人", ()), Actor("user", 9, "新人", ("no_such_role",))):
        for entity in ledger.catalog.entities:
            with pytest.raises(NotFound, match=r"entity\.unknown"):
                ask(ledger, actor, entity)
        with ledger.reading(actor) as ctx:
            assert read.visible(ctx, "customer", [MINE]) == set()
            assert not may(ctx, "customer", "read")


def test_what_roles_may_do(ledger: ReadLedger) -> None:
    def allowed(actor: Actor, entity: str | None) -> set[str]:
        with ledger.reading(actor) as ctx:
            asked = ["create", "update", "delete", "bulk", "import", "export", "undo_others", "catalog", "accounts"]
            return {action for action in asked if may(ctx, entity, action)}

    every = {"create", "update", "delete", "bulk", "import", "export"}
    assert allowed(BOSS, "customer") == every | {"undo_others", "catalog", "accounts"}
    assert allowed(Actor("user", 5, "主管", ("manager",)), "customer") == every | {"undo_others"}
    assert allowed(ZHOU, "customer") == every
    assert allowed(LI, "customer") == {"export"}
    assert allowed(LI, "payment") == set()
    assert allowed(AUDITOR, "customer") == set()
    assert allowed(SYSTEM, "customer") == every | {"undo_others", "catalog", "accounts"}
    with ledger.reading(ZHOU) as ctx:
        assert "id_number" in writable_fields(ctx, "customer"), "written without being read"
        assert not {"credit_limit", "order_total", "created_at"} & writable_fields(ctx, "customer")
    with ledger.reading(LI) as ctx:
        assert writable_fields(ctx, "customer") == frozenset()


def test_several_roles_never_show_a_cell_that_no_single_role_shows(ledger: ReadLedger) -> None:
    both = Actor("user", 1, "周敏", ("sales", "service"))
    shown = ask(ledger, both, where={"field": "id", "op": "eq", "value": THEIRS})
    assert len(shown["rows"]) == 1
    assert "limit" not in shown["columns"], "sales sees amounts of own customers only, service sees none"


def test_handles_are_made_in_access_only(ledger: ReadLedger) -> None:
    with pytest.raises(RuntimeError):
        take_mint()
    with ledger.reading(ZHOU) as ctx:
        handle = sight(ctx, "customer", "select")["name"]
        with pytest.raises(TypeError):
            Handle(object(), root="customer", path="name", steps=(), entity="customer", field=handle.field,
                   type=handle.type, output="text", columns=("credit_limit",))  # fmt: skip
        assert "credit_limit" not in sight(ctx, "customer", "select")
        assert "limit" in sight(ctx, "customer", "measure")
