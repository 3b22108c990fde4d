"""Lists in which one customer takes several rows go out as they came: a row for each contact, each follow-up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kehu.runtime import Runtime
from tests.integration.importing.test_import import run
from tests.integration.importing.test_layout_export import export
from tests.integration.importing.test_offices import rows_of
from tests.support.ledger_state import content_of
from tests.support.sheets import cells_of, write_sheets

FIRM, SHOP = "宏远物流有限公司", "杭州鸿图建材有限公司"


def out_again(runtime: Runtime, tmp_path: Path, grid: list[list[Any]]) -> list[list[str]]:
    """Import a list and export it in its layout: its rows. What went out changes nothing when it comes back."""
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), entity="customer")
    before = content_of(runtime)
    export(runtime, tmp_path / "again.xlsx", done["changeset"])
    back = run(runtime, tmp_path / "again.xlsx", entity="customer")
    assert (back["created"], back["updated"], content_of(runtime) == before) == (0, 0, True), back["by_entity"]
    return [
        ["" if cell is None else str(cell) for cell in row] for row in cells_of((tmp_path / "again.xlsx").read_bytes())
    ]


def test_each_contact_goes_out_in_its_row(runtime: Runtime, tmp_path: Path) -> None:
    """Only the primary one went out."""
    grid = [
        ["客户名称", "联系人", "职务", "联系人手机", "累计金额"],
        [FIRM, "张师傅", "司机", "13800000001", 900],
        [FIRM, "刘会计", "会计", "13800000002", ""],
        [SHOP, "王芳", "", "13800000003", 7],
        [FIRM, "何静怡", "", "", ""],
    ]
    rows = out_again(runtime, tmp_path, grid)
    assert rows[1:] == [
        [FIRM, "张师傅", "司机", "13800000001", "900.0"],
        [FIRM, "刘会计", "会计", "13800000002", ""],
        [FIRM, "何静怡", "", "", ""],
        [SHOP, "王芳", "", "13800000003", "7.0"],
    ]


def test_each_follow_up_goes_out_in_its_row_beside_whom_it_was_with(runtime: Runtime, tmp_path: Path) -> None:
    """Only the day of the last one went out. Follow-ups did not know their contact."""
    grid = [
        ["客户名称", "联系人", "电话", "拜访日期", "拜访内容", "备注"],
        [FIRM, "张师傅", "13800000001", "2025-03-01", "送样品", "月结"],
        [FIRM, "刘会计", "13800000002", "2025-03-05", "对账", ""],
        [FIRM, "张师傅", "13800000001", "2025-03-09", "催款", ""],
        [FIRM, "何静怡", "13800000004", "", "", ""],
        [SHOP, "王芳", "13800000003", "2025-03-02", "看样", ""],
    ]
    rows = out_again(runtime, tmp_path, grid)
    assert [[*row[:3], row[4], row[5]] for row in rows[1:]] == [
        [FIRM, "张师傅", "13800000001", "送样品", "月结"],
        [FIRM, "刘会计", "13800000002", "对账", "月结"],
        [FIRM, "张师傅", "13800000001", "催款", "月结"],
        [FIRM, "何静怡", "13800000004", "", "月结"],
        [SHOP, "王芳", "13800000003", "看样", ""],
    ]
    assert all("2025-03-0" in row[3] for row in (*rows[1:4], rows[5]))
    talks = [["送样品", "张师傅"], ["对账", "刘会计"], ["催款", "张师傅"], ["看样", "王芳"]]
    assert rows_of(runtime, "interaction", "content", "contact.name") == talks


def test_of_a_list_with_a_row_for_each_customer_the_last_follow_up_goes_out(runtime: Runtime, tmp_path: Path) -> None:
    """What it said went out empty, and so did its way."""
    grid = [
        ["客户名称", "最近拜访日期", "拜访内容", "沟通方式"],
        [FIRM, "2025-03-01", "送样品", "电话"],
        [SHOP, "2025-03-02", "看样", "微信"],
    ]
    rows = out_again(runtime, tmp_path, grid)
    assert [[row[0], *row[2:]] for row in rows[1:]] == [[FIRM, "送样品", "电话"], [SHOP, "看样", "微信"]]
    done = run(runtime, tmp_path / "客户.xlsx", entity="customer")
    later = [grid[0], [FIRM, "2025-04-01", "催款", "微信"]]
    run(runtime, write_sheets(tmp_path / "later.xlsx", {"客户": later}), entity="customer")
    export(runtime, tmp_path / "later.xlsx", done["changeset"])
    (line,) = [row for row in cells_of((tmp_path / "later.xlsx").read_bytes()) if row[0] == FIRM]
    assert (line[2], line[3]) == ("催款", "微信")
