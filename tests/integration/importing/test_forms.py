"""A sheet that is a form becomes a customer with contacts, addresses and maintenance rows."""

from pathlib import Path

from kehu.core.records import read, undo
from kehu.runtime import Runtime
from tests.integration.importing.test_import import run
from tests.support.ledger_state import BOSS, content_of
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
