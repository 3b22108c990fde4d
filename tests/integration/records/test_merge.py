"""Several records become one: the kept one is completed, what hangs on the others moves, and undo restores all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu.base.errors import BadInput, Conflict, KehuError, NotAllowed, NotFound
from kehu.core.context import Actor, Ctx
from kehu.core.jobs import pace
from kehu.core.records import log, merge, read, trash, undo, write
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS, content_of


def make(ctx: Ctx, name: str, **more: Any) -> int:
    given = {"name": name, "kind": "enterprise", "contacts": [{"name": f"{name[:2]}经理", "mobile": "13800000001"}]}
    return write.create(ctx, "customer", {**given, **more}).ids[0]


def customer(runtime: Runtime, name: str, **more: Any) -> int:
    with runtime.write(BOSS) as ctx:
        return make(ctx, name, **more)


def test_issue6_2_two_customers_become_one_and_two_again(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    one = customer(
        runtime, "上海宏远贸易有限公司", tags=["重点客户"], opening_amount="100.50", opening_last_on="2026-01-05",
        bank_account="6222021234567890128",
    )  # fmt: skip
    two = customer(
        runtime, "宏远贸易（上海）", tags=["冷链", "重点客户"], opening_amount="9.5", opening_last_on="2026-03-01",
        website="https://hongyuan.example", credit_code="91310115MA1K3L5Q7X", parent_customer=one,
    )  # fmt: skip
    with runtime.write(BOSS) as ctx:
        write.create(
            ctx, "order", {"customer": two, "amount": "88.00", "ordered_on": "2026-02-02", "status": "completed"}
        )
        write.update(ctx, "customer", one, {"referrer": two})
        codes = {id: read.get(ctx, "customer", id)["code"] for id in (one, two)}
    before = content_of(runtime)

    with runtime.read(BOSS) as ctx:
        told = merge.merge(ctx, "customer", two, [one], preview=True)
    fields = {field["field"]: field for field in told["fields"]}
    assert [record["id"] for record in told["records"]] == [two, one]
    assert fields["website"]["take"] == [two]
    assert fields["bank_account"]["take"] == [one]
    assert "•" in fields["bank_account"]["values"][1], "secrets are told by their mask"
    assert fields["tags"]["take"] == [two, one]
    assert fields["opening_amount"]["rule"] == "sum"
    assert {"entity": "contact", "count": 1} in told["related"]
    assert content_of(runtime) == before, "a preview writes nothing"

    with runtime.write(BOSS) as ctx:
        done = merge.merge(ctx, "customer", two, [one], take={"name": one, "code": one}, reason="同一家")
    with runtime.read(BOSS) as ctx:
        now = read.get(ctx, "customer", two)
        secret = read.get(ctx, "customer", two, fields=["bank_account"])["bank_account"]
        bin_ = trash.trash(ctx, "customer")["items"]
        contacts = read.select_ids(ctx, "contact", {"field": "customer", "op": "eq", "value": two})
        primary = [read.get(ctx, "contact", id)["is_primary"] for id in contacts]
        with pytest.raises(NotFound):
            read.get(ctx, "customer", one)
    assert (now["name"], now["code"]) == ("上海宏远贸易有限公司", codes[one]), (
        "a unique value is free once its holder went"
    )
    assert set(now["tags"]) == {"冷链", "key_customer"}
    assert (now["opening_amount"], now["opening_last_on"]) == ("110.00", "2026-03-01")
    assert now["total_amount"] == "198.00", "roll-ups follow"
    assert secret == "6222021234567890128"
    assert now["website"] == "https://hongyuan.example"
    assert (now["parent_customer"], now["referrer"]) == (None, None), "nobody points at himself"
    assert sorted(primary) == [False, True], "the kept record's own contact stays the first"
    assert bin_[0]["merged_into"] == {"id": two, "label": "上海宏远贸易有限公司"}

    monkeypatch.setattr(undo, "AT_ONCE", 1)
    for name in ("FIRST", "FEWEST", "MOST"):  # as when very much has moved: by a job, backwards, the records first
        monkeypatch.setattr(pace, name, 2)
    with runtime.write(BOSS) as ctx:
        back = undo.undo(ctx, done["changeset"])
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        assert log.changeset(ctx, back["changeset"])["conflicts"] == []
    assert content_of(runtime) == before


IDS = st.integers(0, 3)
SHAPES = st.lists(
    st.fixed_dictionaries(
        {
            "tags": st.lists(st.sampled_from(["重点客户", "冷链", "老客户"]), unique=True, max_size=2),
            "remark": st.sampled_from(["", "限高 2.1 米", "只收周三"]),
            "opening_amount": st.sampled_from([None, "0.01", "120000.00"]),
            "orders": st.integers(0, 2),
            "contacts": st.integers(0, 2),
            "parent": st.none() | IDS,
            "bank_account": st.sampled_from([None, "6222021234567890128"]),
        }
    ),
    min_size=3,
    max_size=4,
)


@settings(max_examples=3)
@given(shapes=SHAPES, keep=IDS, take=st.dictionaries(st.sampled_from(["name", "code", "remark", "tags"]), IDS))
def test_r36_undo_of_merge_is_nothing(runtime: Runtime, shapes: list[Any], keep: int, take: dict[str, int]) -> None:
    """undo(merge(x)) == x, and the undo of the undo is merge(x) again."""
    with runtime.write(BOSS) as ctx:
        names = ("tags", "remark", "opening_amount", "bank_account")
        ids = [make(ctx, f"苏州恒岚机械{n}号", **{key: one[key] for key in names}) for n, one in enumerate(shapes)]
        for id, one in zip(ids, shapes, strict=True):
            for n in range(one["orders"]):
                write.create(ctx, "order", {"customer": id, "amount": str(n + 1), "ordered_on": "2026-02-02"})
            for n in range(one["contacts"]):
                write.create(ctx, "contact", {"customer": id, "name": f"王芳{n}", "mobile": "13900000009"})
            parent = None if one["parent"] is None else ids[one["parent"] % len(ids)]
            if parent is not None and parent < id:
                write.update(ctx, "customer", id, {"parent_customer": parent})
    kept, *others = ids[keep % len(ids) :] + ids[: keep % len(ids)]
    others = others[:2]
    among = [kept, *others]
    before = content_of(runtime)
    with runtime.write(BOSS) as ctx:
        done = merge.merge(
            ctx, "customer", kept, others, take={key: among[at % len(among)] for key, at in take.items()}
        )
    after = content_of(runtime)
    assert not set(others) & after["customer"].keys()
    with runtime.write(BOSS) as ctx:
        back = undo.undo(ctx, done["changeset"])
    assert back["conflicts"] == []
    assert content_of(runtime) == before
    with runtime.write(BOSS) as ctx:
        again = undo.undo(ctx, back["changeset"])
    assert again["conflicts"] == []
    assert content_of(runtime) == after


def test_contacts_that_are_the_same_person_become_one_too(runtime: Runtime) -> None:
    """Same name and a phone in common, of different customers: joined, with what hangs on them; undone as well."""
    fang = {"name": "王芳", "mobile": "13900000009"}
    with runtime.write(BOSS) as ctx:
        one = make(ctx, "澄光食品", contacts=[{**fang, "position": "店长"}, {"name": "李想", "mobile": "13900000010"}])
        more = [{**fang, "email": "fang@example.com"}, {"name": "李想", "mobile": "13900000011"}, fang]
        two = make(ctx, "澄光食品厂", contacts=more)
        (second,) = read.select_ids(ctx, "contact", {"field": "email", "op": "not_empty"})
        bought = {"customer": two, "contact": second, "amount": "88.00", "ordered_on": "2026-02-02"}
        write.create(ctx, "order", bought)
    before = content_of(runtime)
    with runtime.read(BOSS) as ctx:
        told = merge.merge(ctx, "customer", one, [two], preview=True)
    assert [(same["label"], len(same["ids"])) for same in told["same"]] == [("王芳", 2)]
    with runtime.write(BOSS) as ctx:
        done = merge.merge(ctx, "customer", one, [two])
    assert done["joined"] == 1
    with runtime.read(BOSS) as ctx:
        asked = {"select": ["name", "mobile", "position", "email", "is_primary", "customer"]}
        people = sorted((row[2:5] for row in read.rows(ctx, "contact", asked)), key=str)
        (kept,) = read.select_ids(ctx, "contact", {"field": "email", "op": "not_empty"})
        (order,) = (row[2:] for row in read.rows(ctx, "order", {"select": ["customer", "contact"]}))
    assert people == [
        ["李想", "13900000010", None],
        ["李想", "13900000011", None],
        ["王芳", "13900000009", "店长"],
        ["王芳", "13900000009", None],  # twice with the other customer itself: whether they are one was not asked
    ]
    assert [link["id"] for link in order] == [one, kept], "what he has ordered goes along"
    assert kept == told["same"][0]["ids"][0]
    with runtime.write(BOSS) as ctx:
        assert undo.undo(ctx, done["changeset"])["conflicts"] == []
    assert content_of(runtime) == before


def test_a_merge_is_refused_by_name(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = customer(runtime, "澄光食品"), customer(runtime, "澄光食品厂")
    clerk = Actor("user", 7, "林晓岚", roles=("sales",))
    service = Actor("user", 8, "小周", roles=("service",))

    def refused(error: type[KehuError], code: str, actor: Actor = BOSS, **more: Any) -> None:
        with runtime.write(actor) as ctx, pytest.raises(error) as told:
            merge.merge(ctx, "customer", one, more.pop("others", [two]), **more)
        assert code in (told.value.code, *(wrong.code for wrong in told.value.errors))

    refused(BadInput, "merge.records", others=[one])
    refused(BadInput, "merge.take", take={"name": two + 99})
    refused(BadInput, "merge.take", take={"name": [one, two]})
    refused(BadInput, "field.unknown", take={"total_amount": one})
    refused(NotFound, "record.not_found", actor=clerk)
    refused(NotAllowed, "not_allowed", actor=service)
    monkeypatch.setattr(merge, "MOST_MOVED", 0)
    refused(Conflict, "merge.too_many")
