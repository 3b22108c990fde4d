"""What everybody does every day, on both databases: find a customer, change a cell, paste a block, take both back.

The first run and the first import, which come before, are in test_first_run.py and test_workbook.py, on both as well.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import Api, Grid, clipboard
from tests.support.server import LedgerServer

FIRM = {"kind": "enterprise", "mobile": None, "contacts": [{"name": "欧阳若曦", "mobile": "19800004321"}]}


@pytest.fixture(scope="module")
def ledger(empty_ledger: LedgerServer) -> LedgerServer:
    """A ledger on each database."""
    return empty_ledger


def test_r36_the_search_box_finds_by_chinese_initials_and_the_tail_of_a_phone(page: Page, api: Api) -> None:
    api.add_customer(name="舟山澄泓海产有限公司", **FIRM)
    grid = Grid.open(page)
    expect(page.get_by_test_id("row-count")).to_contain_text("条")
    for text in ("澄泓", "zschhc", "chenghong", "4321"):
        grid.search(text)
        expect(page.get_by_test_id("row-count")).to_have_text("1 条")
        expect(grid.cell("name", 0)).to_have_text("舟山澄泓海产有限公司")
    grid.search("没有这样一家")
    expect(page.get_by_test_id("empty")).to_contain_text("没有搜到「没有这样一家」")
    page.get_by_role("button", name="清空搜索").click()
    expect(page.get_by_test_id("row-count")).not_to_have_text("0 条")


def test_a_cell_saves_what_is_typed_and_the_toast_takes_it_back(page: Page, api: Api) -> None:
    made = api.add_customer(name="格子甲", short_name="原来的")
    grid = Grid.open(page, "格子甲")
    grid.write("short_name", 0, "改过的")
    expect(page.get_by_test_id("toast")).to_contain_text("已改「简称」")
    assert api.customer(made["id"])["short_name"] == "改过的"
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    expect(grid.cell("short_name", 0)).to_have_text("原来的")
    assert api.customer(made["id"])["short_name"] == "原来的"


def test_control_z_takes_back_and_control_y_does_again(page: Page, api: Api) -> None:
    made = api.add_customer(name="格子乙", remark="第一稿")
    grid = Grid.open(page, "格子乙")
    grid.write("remark", 0, "第二稿")
    expect(page.get_by_test_id("toast")).to_contain_text("已改")
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    expect(grid.cell("remark", 0)).to_have_text("第一稿")
    assert api.customer(made["id"])["remark"] == "第一稿"
    page.keyboard.press("Control+y")
    expect(page.get_by_test_id("toast")).to_contain_text("已重做")
    expect(grid.cell("remark", 0)).to_have_text("第二稿")
    assert api.customer(made["id"])["remark"] == "第二稿"


def test_a_pasted_block_is_one_change_and_makes_the_rows_that_lack(page: Page, api: Api) -> None:
    for number in range(18):
        api.add_customer(name=f"成块{number:02d}")
    page.goto("/list/customer?cols=name,kind,mobile,short_name,industry&widths=name:240&sort=name&q=成块")
    grid = Grid(page)
    expect(grid.cell("name", 17)).to_be_attached()
    grid.select("name", 0)
    rows = [(f"成块{n:02d}", "个人", f"1380571{n:04d}", f"简称{n}", "制造业") for n in range(20)]
    block = "\n".join("\t".join(row) for row in rows)
    before = api.call("GET", "/changesets")["items"][0]["changeset"]
    clipboard(page, "paste", block)
    expect(page.get_by_test_id("toast")).to_contain_text("已改 18 行，新建 2 行")
    expect(page.get_by_test_id("row-count")).to_have_text("20 条")
    short_name = page.get_by_test_id("glide-cell-4-0")
    expect(short_name).to_have_text("简称0")
    assert api.call("GET", "/changesets")["items"][1]["changeset"] == before
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    expect(page.get_by_test_id("row-count")).to_have_text("18 条")
    expect(short_name).to_have_text("")
    assert api.count(search="成块", where={"field": "industry", "op": "not_empty"}) == 0
