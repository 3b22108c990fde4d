"""The write door: merging and refusing, one mark per parent, numbers without gaps, secrets, the proof of history."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import BadInput, Conflict, NotFound
from kehu.core.accounts.service import add_account
from kehu.core.changesets.model import Title
from kehu.core.changesets.verify import verify_chain, verify_records
from kehu.core.context import Actor
from kehu.core.records import history, log, read, write
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS

FIRM = {"name": "上海宏远贸易有限公司", "kind": "enterprise"}
PERSON = {"name": "林晓岚", "kind": "person", "mobile": "13800000008"}


def seller(runtime: Runtime, name: str) -> Actor:
    with runtime.write(BOSS) as ctx:
        id = add_account(ctx, name, ["sales"], password="一二三四五六七八-9").id
    return Actor("user", id, name, ("sales",))


def test_the_smallest_customers_of_the_contract_come_in(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        write.create(ctx, "customer", PERSON)
        write.create(ctx, "customer", {**FIRM, "contacts": [{"name": "沈亦舟", "mobile": "13900000001"}]})
    with pytest.raises(BadInput) as refused, runtime.write(BOSS) as ctx:
        write.create(ctx, "customer", {**FIRM, "name": "没有联系人的公司"})
    assert {e.field for e in refused.value.errors} == {"contact_name", "contact_method"}


def test_an_old_record_with_gaps_can_still_be_edited(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        write.door.begin(ctx, Title(text="旧资料"), origin="import")
        id = write.insert_values(ctx, ctx.catalog.entities["customer"], [{**FIRM, "remark": "旧"}])[0]
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"remark": None})
    with pytest.raises(BadInput), runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"name": None})


def test_edits_of_other_fields_merge_and_of_the_same_field_conflict(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        made = write.create(ctx, "customer", {**PERSON, "remark": "原来"})
    id = made.ids[0]
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"remark": "她写的"}, revision=made.revision)
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"occupation": "设计师"}, revision=made.revision)
    with pytest.raises(Conflict) as refused, runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"remark": "我写的"}, revision=made.revision)
    assert refused.value.conflicts == ({"field": "remark", "base": "原来", "theirs": "她写的", "yours": "我写的"},)
    with runtime.read(BOSS) as ctx:
        record = read.get(ctx, "customer", id)
    assert (record["remark"], record["occupation"]) == ("她写的", "设计师")


def test_exactly_one_contact_is_primary(runtime: Runtime) -> None:
    people = [{"name": name, "mobile": f"1390000000{n}"} for n, name in enumerate(("甲", "乙", "丙"))]
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {**FIRM, "contacts": people}).ids[0]

    def primary() -> list[str]:
        with runtime.read(BOSS) as ctx:
            body = {"select": ["name"], "where": {"field": "is_primary", "op": "eq", "value": True}}
            return [row[2] for row in read.rows(ctx, "contact", body)]

    with runtime.read(BOSS) as ctx:
        ids = read.select_ids(ctx, "contact")
    assert primary() == ["甲"]
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "contact", ids[2], {"is_primary": True})
    assert primary() == ["丙"]
    with runtime.write(BOSS) as ctx:
        write.delete(ctx, "contact", [ids[2]])
    assert primary() == ["甲"]
    with runtime.read(BOSS) as ctx:
        assert read.get(ctx, "customer", id)["primary_contact_name"] == "甲"


def test_r6_sixteen_writers_get_numbers_without_gap_or_double(runtime: Runtime) -> None:
    errors: list[BaseException] = []

    def work(which: int) -> None:
        try:
            for n in range(4):
                with runtime.write(BOSS) as ctx:
                    write.create(ctx, "customer", {**PERSON, "name": f"客户{which}-{n}"})
                if n == 1:  # a number taken by a transaction that fails is not lost
                    with contextlib.suppress(RuntimeError), runtime.write(BOSS) as ctx:
                        write.create(ctx, "customer", PERSON)
                        raise RuntimeError("the caller changed its mind")
        except BaseException as error:  # noqa: BLE001 a thread's failure is the test's failure
            errors.append(error)

    threads = [threading.Thread(target=work, args=(which,)) for which in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with runtime.read(BOSS) as ctx:
        codes = sorted(row[2] for row in read.rows(ctx, "customer", {"select": ["code"]}))
    year = codes[0][:4]
    assert codes == [f"{year}-PER-{n:03}" for n in range(1, 65)]


def test_a_taken_code_is_refused_without_naming_the_holder(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        write.create(ctx, "customer", {**PERSON, "code": "KH88"})
    with pytest.raises(Conflict) as refused, runtime.write(BOSS) as ctx:
        write.create(ctx, "customer", {**PERSON, "name": "别人", "code": "KH88"})
    assert refused.value.data == {"field": "code"}


def test_sellers_write_their_own_rows_only(runtime: Runtime) -> None:
    zhou, li = seller(runtime, "周敏"), seller(runtime, "李想")
    with runtime.write(zhou) as ctx:
        id = write.create(ctx, "customer", PERSON).ids[0]
        assert read.get(ctx, "customer", id)["owner"]["label"] == "周敏"
    with pytest.raises(NotFound), runtime.write(li) as ctx:
        write.update(ctx, "customer", id, {"remark": "不是我的"})
    with pytest.raises(BadInput) as refused, runtime.write(li) as ctx:
        write.create(ctx, "contact", {"customer": id, "name": "偷加的", "mobile": "13900000001"})
    assert [e.code for e in refused.value.errors] == ["relation.unknown"]
    with pytest.raises(BadInput) as hidden, runtime.write(zhou) as ctx:
        write.update(ctx, "customer", id, {"credit_limit": "5"})
    with pytest.raises(BadInput) as missing, runtime.write(zhou) as ctx:
        write.update(ctx, "customer", id, {"no_such_field": "5"})
    assert [e.code for e in hidden.value.errors] == [e.code for e in missing.value.errors] == ["field.unknown"]
    with runtime.read(li) as ctx:
        assert log.changesets(ctx)["items"] == []


def test_r85_a_secret_is_stored_sealed_and_writing_it_again_is_no_change(runtime: Runtime) -> None:
    number = "330106199001011234"
    with runtime.write(BOSS) as ctx:
        made = write.create(ctx, "customer", {**PERSON, "id_number": number})
    id = made.ids[0]
    with runtime.read(BOSS) as ctx:
        table = ctx.tables["customer"].table
        row = ctx.tx.execute(sa.select(table).where(table.c.id == id)).one()
        assert number not in str(row)
        masked = read.get(ctx, "customer", id)["id_number"]
        assert "•" in masked or "*" in masked
        assert read.get(ctx, "customer", id, fields=["id_number"])["id_number"] == number
    with runtime.write(BOSS) as ctx:
        again = write.update(ctx, "customer", id, {"id_number": number})
    assert again.revision == made.revision
    with runtime.read(BOSS) as ctx:
        changes = history.history(ctx, "customer", id)["items"]
        assert len(changes) == 1
        assert number not in str(changes)


def test_r64_a_record_is_shown_as_it_was(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {**PERSON, "remark": "一"}).ids[0]
        then = ctx.now_at()
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"remark": "二"})
    with runtime.read(BOSS) as ctx:
        assert history.as_of(ctx, "customer", id, then)["remark"] == "一"
        assert history.as_of(ctx, "customer", id, ctx.now_at() + timedelta(seconds=1))["remark"] == "二"
        with pytest.raises(NotFound):
            history.as_of(ctx, "customer", id, then - timedelta(days=1))


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("update customer set remark = '改过的'", "record_history"),
        ("update kehu_change set digest = 'x'", "changeset_chain"),
        ("delete from kehu_tx where seq = 1", "changeset_chain"),
        ("update kehu_tx set at = '2020-01-01T00:00:00.000Z' where seq = 2", "changeset_chain"),
        ("delete from kehu_change where record = 1", "record_history"),
    ],
)
def test_verify_sees_what_was_changed_behind_its_back(runtime: Runtime, damage: str, check: str) -> None:
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {**PERSON, "remark": "一"}).ids[0]
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"remark": "二"})
    with runtime.read(BOSS) as ctx:
        assert [verify_chain(ctx).faults, verify_records(ctx).faults] == [0, 0]
    with runtime.dialect.write() as connection:
        connection.execute(sa.text(damage))
    with runtime.read(BOSS) as ctx:
        found = {c.name: c.faults for c in (verify_chain(ctx), verify_records(ctx))}
    assert found[check] > 0


def test_a_change_set_without_effect_leaves_no_transaction(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", PERSON).ids[0]
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"name": PERSON["name"]})
    with runtime.read(BOSS) as ctx:
        assert ctx.tx.execute(sa.select(sa.func.count()).select_from(system.tx)).scalar_one() == 1
