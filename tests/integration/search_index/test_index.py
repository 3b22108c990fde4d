"""Search tokens and list rows follow every change of a record, its contacts and its owner (R14)."""

from __future__ import annotations

from typing import Any

import pytest

from kehu.base.schema.model import Label
from kehu.core.changesets.observers import Touched
from kehu.core.derived import recompute
from kehu.core.records.mirrors import mirror_lists
from kehu.core.search.index import rebuild, rebuild_after, refresh, verify, with_classes
from tests.integration.conftest import Make
from tests.support.handmade import Handmade, Touching, derived, entity, option, plain

LABEL = Label("标签", "Tags")


def relation(key: str, target: str, reverse: str) -> Any:
    return plain(key, "relation", settings={"target": target, "reverse": reverse})


def entities() -> tuple[Any, ...]:
    return (
        entity(
            "customer",
            plain("name", "text", search="n", sensitive="personal"),
            plain("mobile", "cn_mobile", search="p", sensitive="personal"),
            plain("id_number", "cn_id_card", search="", sensitive="secret"),
            plain("remark", "long_text", search="x"),
            plain("tags", "tags", search="t", options=(option("vip", "重点客户"),)),
            plain("owner", "user", settings={"target": "user"}),
            derived("slogan", "formula", "text", {"text": '[name]&"专区"'}, search="t"),
        ),
        entity(
            "contact",
            relation("customer", "customer", "contacts"),
            plain("name", "text", search="n", sensitive="personal"),
            plain("phone", "cn_mobile", search="p", sensitive="personal"),
            plain("hobby", "text", search="t"),
        ),
        entity(
            "task",
            relation("customer", "customer", "tasks"),
            plain("title", "text", search="t"),
            plain("assignee", "user", settings={"target": "user"}),
            title=("title",),
        ),
        entity("product", plain("name", "text", search="n")),
        entity("user", plain("name", "text"), system=True),
    )


def change(ledger: Handmade, *steps: tuple[Any, ...]) -> None:
    with ledger.write() as ctx:
        door = Touching(ledger, ctx)
        for what, *arguments in steps:
            if what == "update":
                door.update(arguments[0], arguments[1], **arguments[2])
            else:
                getattr(door, what)(*arguments)
        recompute(ctx, door.touched)
        mirror_lists(ctx, door.touched)
        refresh(ctx, door.touched)
        check = verify(ctx)
        assert (check.faults, check.examples) == (0, [])


def tokens(ledger: Handmade, key: str, id: int, *, long: bool = False) -> set[str]:
    tables = ledger.tables[key]
    with ledger.write() as ctx:
        rows = ledger.dialect.token_rows(ctx.tx, tables.search_long if long else tables.search)
        return {token for record, token in rows if record == id}


@pytest.fixture
def ledger(make: Make) -> Handmade:
    made = make(*entities())
    change(
        made,
        (
            "insert",
            "customer",
            {"id": 1, "name": "上海宏远贸易有限公司", "mobile": "13812345678", "owner_id": 17, "tags": '["vip","通勤"]',
             "remark": "报价要含税，先寄样品", "id_number__enc": "c2VjcmV0", "id_number__mask": "310•••"},
            {"id": 2, "name": "单雨桐"},
        ),
        ("insert", "contact", {"id": 5, "customer_id": 1, "name": "曾国强", "phone": "13900001111", "hobby": "钓鱼"}),
        ("insert", "task", {"id": 1, "customer_id": 1, "title": "寄样品", "assignee_id": 18}),
        ("insert", "product", {"id": 1, "name": "羊毛外套"}),
    )  # fmt: skip
    return made


def test_each_field_gives_tokens_of_its_class_and_secrets_give_none(ledger: Handmade) -> None:
    found = tokens(ledger, "customer", 1)
    assert {"nh宏远", "nyhong", "th重点", "th通勤", "o17"} <= found
    assert "pz13812345678" in found
    assert "th专区" in found  # a derived text is searchable too
    assert not any("310" in token or "secret" in token.lower() for token in found)
    assert {"xh样品", "o17"} <= tokens(ledger, "customer", 1, long=True)
    assert tokens(ledger, "customer", 2, long=True) == set()
    assert "o17" not in tokens(ledger, "customer", 2)
    assert not any(token.startswith("o") for token in tokens(ledger, "product", 1))


def test_a_customer_carries_its_contacts_names_and_phones(ledger: Handmade) -> None:
    assert {"n1h国强", "p1z13900001111"} <= tokens(ledger, "customer", 1)
    assert not any("钓" in token for token in tokens(ledger, "customer", 1))
    change(ledger, ("update", "contact", 5, {"name": "曾国栋"}))
    assert "n1h国栋" in tokens(ledger, "customer", 1)
    assert "n1h国强" not in tokens(ledger, "customer", 1)
    change(ledger, ("update", "contact", 5, {"customer_id": 2}))
    assert "n1h国栋" not in tokens(ledger, "customer", 1)
    assert "n1h国栋" in tokens(ledger, "customer", 2)
    change(ledger, ("delete", "contact", 5))
    assert "n1h国栋" not in tokens(ledger, "customer", 2)
    assert tokens(ledger, "contact", 5) == set()


def test_scope_follows_the_owner_of_the_customer_and_the_assignee(ledger: Handmade) -> None:
    assert {"o17", "o18"} <= tokens(ledger, "task", 1)
    assert "o17" in tokens(ledger, "contact", 5)
    change(ledger, ("update", "customer", 1, {"owner_id": 20}))
    assert {"o18", "o20"} == {token for token in tokens(ledger, "task", 1) if token[0] == "o"}
    assert {"o20"} == {token for token in tokens(ledger, "contact", 5) if token[0] == "o"}
    assert "o20" in tokens(ledger, "customer", 1)
    change(ledger, ("update", "customer", 1, {"owner_id": None}))
    assert {"o18"} == {token for token in tokens(ledger, "task", 1) if token[0] == "o"}
    change(ledger, ("delete", "task", 1), ("delete", "contact", 5), ("delete", "customer", 1))
    assert tokens(ledger, "customer", 1) == tokens(ledger, "customer", 1, long=True) == set()


def test_everything_can_be_built_again_and_every_fault_is_found(ledger: Handmade) -> None:
    with ledger.write() as ctx:
        search = ledger.tables["customer"].search
        before = sorted(ctx.dialect.token_rows(ctx.tx, search))
        ctx.dialect.put_tokens(ctx.tx, search, [(1, ["nh假"]), (99, ["nh鬼"]), (2, [])])
        check = verify(ctx)
        assert check.faults == 3
        assert check.examples == [f"customer {n}: {search}" for n in (1, 2, 99)]
        ctx.dialect.put_tokens(ctx.tx, search, [(99, [])])
        assert rebuild(ctx) == 5
        assert sorted(ctx.dialect.token_rows(ctx.tx, search)) == before
        assert verify(ctx).faults == 0


def test_some_entities_can_be_built_again_with_a_word_on_how_far_it_is(ledger: Handmade) -> None:
    with ledger.write() as ctx:
        for key in ("customer", "contact", "task"):
            ctx.dialect.put_tokens(ctx.tx, ledger.tables[key].search, [(id, []) for id in range(1, 9)])
        missing = verify(ctx).faults
        with_phones = with_classes(ctx, "p")
        assert "customer" in with_phones
        assert "task" not in with_phones
        heard: list[tuple[int, int]] = []
        done = rebuild(ctx, with_phones, told=lambda *numbers: heard.append(numbers))
        assert heard[-1] == (done, done)
        left = verify(ctx)
        assert 0 < left.faults < missing
        assert {example.split()[0] for example in left.examples} == {"task"}


def test_an_index_can_be_filled_part_by_part(ledger: Handmade) -> None:
    with ledger.write() as ctx:
        search = ledger.tables["customer"].search
        before = sorted(ctx.dialect.token_rows(ctx.tx, search))
        ctx.dialect.put_tokens(ctx.tx, search, [(id, []) for id in (1, 2)])
        assert rebuild_after(ctx, "customer", 0, most=1, empty=True) == 2  # a portion is the least
        assert rebuild_after(ctx, "customer", 2, most=1, empty=True) is None
        assert sorted(ctx.dialect.token_rows(ctx.tx, search)) == before


def test_list_rows_mirror_the_column(ledger: Handmade) -> None:
    lists = ledger.tables["customer"].lists["tags"]

    def rows() -> list[tuple[int, str]]:
        with ledger.write() as ctx:
            return sorted((row[0], row[1]) for row in ctx.tx.execute(lists.select()))

    assert rows() == [(1, "vip"), (1, "通勤")]
    twice = {"tags": '["米白","米白"]'}
    change(ledger, ("update", "customer", 1, twice), ("update", "customer", 2, {"tags": '["vip"]'}))
    assert rows() == [(1, "米白"), (2, "vip")]
    gone = [("delete", "task", 1), ("delete", "contact", 5), ("delete", "customer", 1)]
    change(ledger, ("update", "customer", 2, {"tags": None}), *gone)
    assert rows() == []


def test_changes_of_other_columns_leave_the_index_alone(ledger: Handmade) -> None:
    with ledger.write() as ctx:
        search = ledger.tables["customer"].search
        ctx.dialect.put_tokens(ctx.tx, search, [(1, ["nh旧"])])
        touched = Touched()
        touch = touched.entity("customer")
        touch.ids.add(1)
        touch.add_columns(["id_number__enc"])
        refresh(ctx, touched)
        assert verify(ctx).faults == 1
