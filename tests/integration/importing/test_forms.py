"""A sheet that is a form becomes a customer with contacts, addresses and maintenance rows."""

from pathlib import Path

import pytest

from kehu.base.errors import BadInput
from kehu.core.records import read, undo, write
from kehu.features.exporting import service as exporting
from kehu.features.kits import samples
from kehu.runtime import Runtime
from tests.integration.importing.test_import import run
from tests.support.ledger_state import BOSS, content_of
from tests.support.looks import looks
from tests.support.sheets import F1, F1_MERGES, LEFT, write_sheets


def test_r25_the_maintenance_sheet_comes_in_with_its_lists(runtime: Runtime, tmp_path: Path) -> None:
    before = content_of(runtime)
    path = write_sheets(tmp_path / "客户档案.xlsx", {"澜屿": F1}, F1_MERGES)
    result = run(runtime, path)
    assert {k: v["created"] for k, v in result["by_entity"].items()} == {
        "customer": 1, "contact": 2, "address": 2, "interaction": 2, "flag": 1,
    }  # fmt: skip
    with runtime.read(BOSS) as ctx:
        select = ["code", "name", "kind", "stage", "industry", "grade", "cooperation_start", "total_amount", "focus"]
        (row,) = read.rows(ctx, "customer", {"select": select})
        told = ["name", "position", "mobile", "is_primary"]
        contacts = [r[2:] for r in read.rows(ctx, "contact", {"select": told})]
        addresses = [r[2:] for r in read.rows(ctx, "address", {"select": ["type", "detail"]})]
        kept = [r[2:] for r in read.rows(ctx, "interaction", {"select": ["occurred_at", "content"]})]
    assert row[2:] == [
        "2023-TEC-001", "杭州澜屿软件有限公司", "enterprise", "customer", "information_technology", "a",
        "2023-01-15", "500000.00", ["feature_updates"],
    ]  # fmt: skip
    assert contacts == [["沈亦舟", "采购总监", "13800000001", True], ["顾长青", "财务经理", "13800000021", False]]
    assert [one[0] for one in addresses] == ["head_office", "branch"]
    assert [one[1] for one in kept] == ["推送V2.0版本更新说明", "介绍新增模块"]
    again = run(runtime, path)
    assert again["created"] == 0
    for done in (again, result):
        with runtime.write(BOSS) as ctx:
            if done["changeset"] is not None:
                undo.undo(ctx, done["changeset"])
    assert content_of(runtime) == before


def test_forms_below_one_another_become_customers_each(runtime: Runtime, tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "登记表.xlsx", {"登记": LEFT})
    result = run(runtime, path)
    assert result["by_entity"]["customer"]["created"] == 2
    with runtime.read(BOSS) as ctx:
        rows = [r[2:] for r in read.rows(ctx, "customer", {"select": ["code", "name", "kind", "remark"]})]
    assert rows == [["KH1", "上海宏远贸易有限公司", "enterprise", "月结"], ["KH2", "林晓岚", "person", None]]


def test_r25_the_sheet_that_goes_out_is_the_one_that_came_in(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, write_sheets(tmp_path / "客户档案.xlsx", {"澜屿": F1}, F1_MERGES))
    before = content_of(runtime)
    out = tmp_path / "打印.xlsx"
    with runtime.read(BOSS) as ctx:
        told = exporting.write_file(ctx, "customer", {"format": "form"}, out)
        with pytest.raises(BadInput, match="no_form"):
            exporting.write_file(ctx, "order", {"format": "form"}, tmp_path / "never.xlsx")
    assert told["rows"] == 1
    found = looks(out)
    made = [[found.cells.get(f"{letter}{row}", ("",))[0] for letter in "ABCDEFGHIJ"] for row in range(1, len(F1) + 1)]
    # Of orders a form brings none, and no colleague here is called so.
    elsewhere = {"智能办公系统", "订单2023102001:软件升级", "周敏"}
    assert made == [["" if cell in elsewhere else str(cell) for cell in row] for row in F1]
    assert found.merges == set(F1_MERGES)
    again = run(runtime, out)
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0), again["by_entity"]
    assert content_of(runtime) == before


def test_r25_what_the_ledger_works_out_is_not_typed_by_a_sheet_that_says_it(runtime: Runtime, tmp_path: Path) -> None:
    """Stage, total, last business, flags and the hour of a follow-up come back as what they were: nobody typed them."""
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {
            "name": "杭州启明软件有限公司", "kind": "enterprise", "flags": ["follow_up_due"],
            "contacts": [{"name": "何静怡", "mobile": "13800000012"}],
        }).ids[0]  # fmt: skip
        product = write.create(ctx, "product", {"name": "年度维护"}).ids[0]
        write.create(ctx, "order", {
            "customer": id, "ordered_on": "2026-03-05", "status": "completed",
            "lines": [{"product": product, "quantity": 1, "unit_price": "9800.00"}],
        })  # fmt: skip
        write.create(ctx, "interaction", {
            "customer": id, "occurred_at": "2026-03-06 10:30", "channel": "phone", "content": "约了演示",
            "customer_feedback": "价格可以再谈", "result": "effective_contact",
        })  # fmt: skip
        write.create(ctx, "customer", {"name": "没有往来的客户", "kind": "person", "mobile": "13800000099"})
    before = content_of(runtime)
    with runtime.read(BOSS) as ctx:
        exporting.write_file(ctx, "customer", {"format": "form", "sort": [{"field": "code"}]}, tmp_path / "打印.xlsx")
    texts = {cell[0] for cell in looks(tmp_path / "打印.xlsx").cells.values()}
    assert {"9,800", "2026-03-05", "2026-03-06", "“价格可以再谈”", "☑待跟进"} <= texts, "the sheet says it all"
    dry = run(runtime, tmp_path / "打印.xlsx", entity="customer", dry=True)
    again = run(runtime, tmp_path / "打印.xlsx", entity="customer")
    for told in (dry, again):
        assert (told["created"], told["updated"], told["rejected"]) == (0, 0, 0), told["by_entity"]
    assert content_of(runtime) == before


def test_r25_every_customer_of_a_kit_goes_out_and_in_without_a_change(runtime: Runtime, tmp_path: Path) -> None:
    with runtime.write(BOSS) as ctx:
        samples.add_samples(ctx, "general")
    before = content_of(runtime)
    out = tmp_path / "打印.xlsx"
    with runtime.read(BOSS) as ctx:
        told = exporting.write_file(ctx, "customer", {"format": "form"}, out)
    assert told["rows"] == len(before["customer"]) >= 12
    again = run(runtime, out, entity="customer")
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0), again["by_entity"]
    assert content_of(runtime) == before


def values(runtime: Runtime) -> list[list[object]]:
    """What people see of the customers."""
    select = ["code", "name", "kind", "stage", "grade", "total_amount", "occupation", "mobile", "remark"]
    with runtime.read(BOSS) as ctx:
        return [row[2:] for row in read.rows(ctx, "customer", {"select": select, "sort": [{"field": "code"}]})]


def test_r25_a_person_has_other_blanks_and_reads_back(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, write_sheets(tmp_path / "登记表.xlsx", {"登记": LEFT}))
    before = values(runtime)
    out = tmp_path / "打印.xlsx"
    with runtime.read(BOSS) as ctx:
        exporting.write_file(ctx, "customer", {"format": "form", "sort": [{"field": "code"}]}, out)
    texts = {cell[0] for cell in looks(out, 2).cells.values()}
    assert {"林晓岚", "13800000008", "居住地址", "杭州市上城区", "☑正常"} <= texts
    again = run(runtime, out)
    assert (again["created"], again["rejected"]) == (0, 0), again["by_entity"]
    assert values(runtime) == before
