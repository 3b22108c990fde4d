"""The promise: drop a workbook on the page, have a ledger, take it all back. Never red, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests.support.browsing import Api, Windows, drop
from tests.support.customers import customers, write_xlsx
from tests.support.server import LedgerServer, serving
from tests.support.sheets import write_sheets

CUSTOMERS = 771
LONG_WORK_MS = 90_000


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerServer]:
    """An empty ledger on each database."""
    from tests.support import postgres

    folder = tmp_path_factory.mktemp("workbook") / "ledger"
    if request.param == "sqlite":
        with serving(folder) as server:
            yield server
        return
    request.getfixturevalue("postgres_server")
    with postgres.fresh_database() as url, serving(folder, database_url=url) as server:
        yield server


def _drop_apply_undo(page: Page, api: Api, file: Path, columns: list[str], count: int = CUSTOMERS) -> None:
    page.goto("/list/customer")
    expect(page.get_by_test_id("empty")).to_contain_text("拖进来")
    drop(page, page.get_by_test_id("list-page"), file)

    for column in columns:
        expect(page.get_by_test_id(f"map-{column}")).to_be_visible(timeout=LONG_WORK_MS)
    expect(page.get_by_test_id("map-客户名称")).to_contain_text("客户名称")
    expect(page.get_by_test_id("created-customer")).to_have_text(str(count), timeout=LONG_WORK_MS)
    assert api.count() == 0, "a rehearsal writes nothing"

    page.get_by_test_id("import-apply").click()
    expect(page.get_by_test_id("import-progress").or_(page.get_by_test_id("import-result")).first).to_be_visible()
    expect(page.get_by_test_id("import-result")).to_be_visible(timeout=LONG_WORK_MS)
    expect(page.get_by_test_id("created-customer")).to_have_text(str(count))

    page.get_by_test_id("see-list").click()
    expect(page.get_by_test_id("row-count")).to_have_text(f"{count} 条")
    assert api.count() == count

    page.go_back()
    page.get_by_test_id("undo-import").click()
    expect(page.get_by_test_id("import-page")).to_have_attribute("data-state", "undone", timeout=LONG_WORK_MS)
    page.get_by_test_id("see-list").click()
    expect(page.get_by_test_id("empty")).to_be_visible()
    assert api.count() == 0


def test_a_workbook_becomes_a_ledger_and_goes_again(windows: Windows, api: Api, tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "客户台账.xlsx", customers(CUSTOMERS))
    _drop_apply_undo(windows.open(), api, file, ["客户名称", "手机", "所属行业"])


def test_the_sheet_of_a_real_shop_becomes_a_ledger_and_goes_again(
    windows: Windows, api: Api, sample_files: Path, tmp_path: Path
) -> None:
    """Its first orders: they become customers, orders, lines and products."""
    file = sample_files / "orders_cn" / "示例 - 超市.xls"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_name("订单").to_python()[:601]
    buyers = len({row[rows[0].index("客户 ID")] for row in rows[1:]})
    _drop_apply_undo(
        windows.open(), api, write_sheets(tmp_path / "超市.xlsx", {"订单": rows}), ["客户名称", "城市"], buyers
    )
