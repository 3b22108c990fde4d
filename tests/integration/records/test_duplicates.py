"""查重 (issue 4 section 4): who may already be in the ledger, on both databases, telling no more than allowed."""

from __future__ import annotations

from typing import Any

import pytest

from kehu.base.errors import BadInput
from kehu.core.accounts.service import actor_of, add_account
from kehu.core.records import duplicates, write
from kehu.features.dedupe.service import candidates
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS

CODE = "91330106MA27XW1A0R"


def test_what_is_typed_is_found_with_reasons_and_a_score(runtime: Runtime) -> None:
    firm = {"name": "杭州宏远科技有限公司", "kind": "enterprise", "credit_code": CODE, "email": "Info@hongyuan.cn"}
    with runtime.write(BOSS) as ctx:
        add_account(ctx, "周以宁", ["sales"], password="山高水长-2026")
        contacts = [{"name": "李娜", "mobile": "13900001111"}]
        one = write.create(ctx, "customer", {**firm, "contacts": contacts, "short_name": "杭宏"}).ids[0]
        person = {"kind": "person", "mobile": "13812345678", "office_phone": "0571-88886666-801"}
        two = write.create(ctx, "customer", {**person, "name": "张伟", "owner": 1}).ids[0]
        for n, name in enumerate(("杭州宏远贸易有限公司", "杭州宏达科技有限公司", "张炜", "宏图")):
            write.create(ctx, "customer", {"name": name, "kind": "person", "mobile": f"1370000000{n}"})
        seller = actor_of(ctx.tx, 2)

    def look(**given: object) -> list[tuple[int, set[str]]]:
        with runtime.read(BOSS) as ctx:
            found = candidates(ctx, "customer", given)
        assert all(0.45 <= each["score"] <= 1 and len(each["why"]) == len(each["reasons"]) for each in found)
        assert [each["score"] for each in found] == sorted((each["score"] for each in found), reverse=True)
        return [(each["id"], set(each["reasons"])) for each in found]

    assert look(name="杭州宏远科技有限公司") == [(one, {"name"})]
    assert look(name="宏远科技（杭州）股份有限公司") == [(one, {"name_alike"})]
    assert look(name="浙江鸿远科技有限责任公司") == [(one, {"homophone"})]
    assert (one, {"name"}) in look(name="杭 宏")
    assert {id for id, _ in look(name="宏远")} >= {one}
    assert look(name="北京长江商贸有限公司") == []
    assert look(mobile="+86 138-1234-5678") == [(two, {"phone"})]
    assert look(mobile="１３８１２３４５６７８") == [(two, {"phone"})]
    assert look(office_phone="(0571)88886666") == [(two, {"phone"})]
    assert look(office_phone="13900001111") == [(one, {"phone"})]  # that of a contact
    assert look(contacts=[{"name": "李娜", "mobile": "139 0000 1111"}, {"colour": 1}]) == [(one, {"phone"})]
    assert look(credit_code=CODE.lower()) == [(one, {"credit_code"})]
    assert look(email="info@HONGYUAN.cn") == [(one, {"email"})]
    assert look(email="info@hongyuan.com") == []
    assert look(name="张伟", mobile="13812345678") == [(two, {"phone", "name"})]
    assert look(mobile="不是号码", name="") == []
    with pytest.raises(BadInput) as wrong, runtime.read(BOSS) as ctx:
        candidates(ctx, "customer", {"colour": "红", "total_amount": "1", "name": "张伟"})
    assert [error.field for error in wrong.value.errors] == ["colour", "total_amount"]
    with runtime.read(seller) as ctx:
        told: list[dict[str, Any]] = candidates(ctx, "customer", {"name": "宏远科技", "mobile": "13812345678"})
    assert [(each["id"], each["visibility"]) for each in told] == [(None, "pool"), (None, "exists")]


def test_rows_of_one_file_meet_by_what_they_share(runtime: Runtime) -> None:
    rows = [
        {"name": "上海恒岚贸易有限公司", "mobile": "13800000001"},
        {"name": "王芳", "mobile": "13800000002"},
        {"name": "恒岚贸易（上海）公司"},
        {"name": "王方", "mobile": "13800000002"},
        {"name": "王芳", "mobile": "13800000009"},
        {"name": "上海衡岚贸易有限公司"},
        {"name": "苏州恒岚精密机械有限公司"},
    ]
    with runtime.read(BOSS) as ctx:
        entity = ctx.catalog.entities["customer"]
        clues = [duplicates.clues_of(ctx, entity, row) for row in rows]
        meeting = duplicates.Meeting()
        met = [(meeting.add(one), place) for place, one in enumerate(clues)]
        found = {(one[0], place): set(one[1].reasons) for one, place in met if one is not None}
    assert found == {
        (0, 2): {"name_alike"},
        (1, 3): {"phone", "homophone"},
        (1, 4): {"name"},
        (0, 5): {"homophone"},
    }
