"""What a row says of a contact, an address or a follow-up that it does not name is kept with the customer, and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from kehu.core.context import Ctx
from kehu.features.importing.loading import grouping, portion, resolving, unnamed
from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import rows_of
from tests.support.ledger_state import content_of
from tests.support.sheets import write_sheets

HEAD = ["客户名称", "联系人", "联系人职务", "联系人电话", "联系人邮箱", "备注"]


def test_a_position_without_a_name_is_kept_and_told(runtime: Runtime, tmp_path: Path) -> None:
    """It was dropped, or went to the first contact that the ledger knew."""
    grid = [
        HEAD,
        ["绍兴黄酒铺", "", "会计", "0575-85001234", "cai@example.com", "月结"],
        ["宁波五金厂", "李强", "厂长", "13800000011", "", ""],
        ["林晓岚", "", "母亲", "13800000013", "", ""],
    ]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    done = comes_in_once(runtime, path)
    assert rows_of(runtime, "customer", "name", "mobile", "office_phone", "email", "remark") == [
        ["绍兴黄酒铺", None, "0575-85001234", "cai@example.com", "月结\n联系人职位：会计"],
        ["宁波五金厂", None, None, None, None],
        ["林晓岚", "13800000013", None, None, "联系人职位：母亲"],
    ]
    assert rows_of(runtime, "contact", "name", "position", "mobile") == [["李强", "厂长", "13800000011"]]
    told = next(one for one in done["findings"] if one["code"] == "cell.unnamed")
    assert sorted((one["cell"], one["text"]) for one in told["examples"]) == [
        ("C2", "会计"), ("C4", "母亲"), ("D4", "13800000013"), ("E2", "cai@example.com"),
    ]  # fmt: skip
    assert {one["why"] for one in told["examples"]} == {"那一行没写联系人姓名，记在客户上"}


@pytest.mark.parametrize("own", [True, False])
def test_it_changes_no_contact_and_goes_below_the_remark_of_the_ledger(
    runtime: Runtime, tmp_path: Path, own: bool
) -> None:
    first = [HEAD, ["绍兴黄酒铺", "王芳", "店长", "13800000009", "", "月结"]]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": first}), entity="customer")
    head = HEAD if own else HEAD[:-1]
    path = write_sheets(tmp_path / "b.xlsx", {"客户": [head, ["绍兴黄酒铺", "", "会计", "", "", ""][: len(head)]]})
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert dry["rows"] == done["rows"]
    assert rows_of(runtime, "contact", "name", "position") == [["王芳", "店长"]]
    assert rows_of(runtime, "customer", "remark") == [["月结\n联系人职位：会计"]]
    before = content_of(runtime)
    run(runtime, path, entity="customer")
    assert content_of(runtime) == before


def test_recipients_without_address_and_ways_without_content_are_kept(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["客户名称", "收件人", "收件电话", "收货地址", "跟进日期", "跟进内容", "跟进方式"],
        ["绍兴黄酒铺", "周敏", "13800000061", "", "", "", "电话"],
        ["宁波五金厂", "李强", "", "宁波市北仑区明州路1号", "2025-03-05", "送样", "电话"],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert findings(done)["cell.unnamed"] == 3
    assert rows_of(runtime, "customer", "name", "remark") == [
        ["绍兴黄酒铺", "地址收件人：周敏\n地址收件电话：13800000061\n跟进记录沟通方式：电话"], ["宁波五金厂", None],
    ]  # fmt: skip
    assert rows_of(runtime, "address", "recipient") == [["李强"]]
    assert rows_of(runtime, "interaction", "content", "channel") == [["送样", "phone"]]


def test_of_a_sheet_without_names_the_known_contact_is_meant(runtime: Runtime, tmp_path: Path) -> None:
    first = [["客户名称", "联系人"], ["宁波五金厂", "李强"], ["绍兴黄酒铺", ""]]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": first}), entity="customer")
    posts = [["客户名称", "联系人职务"], ["宁波五金厂", "厂长"], ["绍兴黄酒铺", "店长"]]
    done = run(runtime, write_sheets(tmp_path / "b.xlsx", {"客户": posts}), entity="customer")
    assert rows_of(runtime, "contact", "name", "position") == [["李强", "厂长"]]
    assert rows_of(runtime, "customer", "name", "remark") == [["宁波五金厂", None], ["绍兴黄酒铺", "联系人职位：店长"]]
    assert findings(done)["cell.unnamed"] == 1


def test_nothing_is_kept_with_a_customer_that_is_skipped(runtime: Runtime, tmp_path: Path) -> None:
    """It was said to be kept; now it comes back in the workbook of errors."""
    first = [HEAD, ["绍兴黄酒铺", "王芳", "店长", "13800000009", "", "月结"]]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": first}), entity="customer")
    rows = [HEAD, ["绍兴黄酒铺", "", "会计", "0575-85001234", "", ""], ["宁波五金厂", "", "厂长", "", "", ""]]
    done = run(runtime, write_sheets(tmp_path / "b.xlsx", {"客户": rows}), entity="customer", on_match="skip")
    assert rows_of(runtime, "customer", "name", "office_phone", "remark") == [
        ["绍兴黄酒铺", None, "月结"], ["宁波五金厂", None, "联系人职位：厂长"],
    ]  # fmt: skip
    assert findings(done)["cell.unnamed"] == 1
    told = next(one for one in done["findings"] if one["code"] == "cell.unkept")
    assert sorted((one["cell"], one["text"]) for one in told["examples"]) == [("C2", "会计"), ("D2", "0575-85001234")]


def test_the_remark_of_the_ledger_stays_and_whole_lines_are_added(runtime: Runtime, tmp_path: Path) -> None:
    """A column that leaves the ledger's remark alone took the position with it; 会计 was found in 会计主管."""
    first = [HEAD[:1] + HEAD[-1:], ["绍兴黄酒铺", "月结\n联系人职位：会计主管"]]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": first}), entity="customer")
    rows = [HEAD, ["绍兴黄酒铺", "", "会计", "0575-85001234", "", "现结"]]
    path = write_sheets(tmp_path / "b.xlsx", {"客户": rows})
    options = {"entity": "customer", "existing": {"备注": "keep"}}
    run(runtime, path, **options)
    expected = [["0575-85001234", "月结\n联系人职位：会计主管\n联系人职位：会计"]]
    assert rows_of(runtime, "customer", "office_phone", "remark") == expected
    before = content_of(runtime)
    run(runtime, path, **options)
    assert content_of(runtime) == before


def test_who_may_not_write_a_field_writes_it_by_no_detour(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Phone and remark of the customer were written for somebody who may write neither."""
    real = unnamed.writable_fields

    def without(ctx: Ctx, entity: str) -> frozenset[str]:
        return real(ctx, entity) - ({"office_phone", "remark"} if entity == "customer" else set())

    for module in (grouping, resolving, unnamed):
        monkeypatch.setattr(module, "writable_fields", without)
    rows = [HEAD, ["绍兴黄酒铺", "", "会计", "0575-85001234", "cai@example.com", "月结"]]
    done = run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": rows}), entity="customer")
    found = rows_of(runtime, "customer", "name", "office_phone", "email", "remark")
    assert found == [["绍兴黄酒铺", None, "cai@example.com", None]]
    assert (findings(done)["cell.unnamed"], findings(done)["cell.unkept"]) == (1, 2)


def test_what_one_may_not_make_is_not_said_to_be_kept(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = unnamed.may

    def without(ctx: Ctx, entity: str, action: str) -> bool:
        return entity != "contact" and real(ctx, entity, action)

    for module in (portion, unnamed):
        monkeypatch.setattr(module, "may", without)
    rows = [HEAD, ["绍兴黄酒铺", "", "会计", "", "", "月结"]]
    done = run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": rows}), entity="customer")
    assert rows_of(runtime, "customer", "name", "remark") == [["绍兴黄酒铺", "月结"]]
    assert "cell.unnamed" not in findings(done)
    assert findings(done)["cell.unkept"] == 1
