"""The list over 3,000 customers: found, sorted, narrowed, jumped through, exported, and kept fresh."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect
from python_calamine import CalamineWorkbook

from tests.support.browsing import COLUMNS, Api, Grid, Windows


def test_a_click_on_the_header_sorts_by_pinyin_both_ways(page: Page, api: Api) -> None:
    for name in ("祖冲之验序号", "阿炳验序号", "马致远验序号"):
        api.add_customer(name=name)
    grid = Grid.open(page, "验序号")
    expect(grid.cell("name", 2)).to_have_text("马致远验序号")
    grid.sort("name")
    expect(grid.cell("name", 0)).to_have_text("阿炳验序号")
    expect(grid.cell("name", 2)).to_have_text("祖冲之验序号")
    grid.sort("name")
    expect(grid.cell("name", 0)).to_have_text("祖冲之验序号")
    assert "sort=-name" in page.url
    grid.sort("name")
    expect(grid.cell("name", 2)).to_have_text("马致远验序号")


def test_conditions_narrow_the_list_and_live_in_the_address(page: Page, api: Api) -> None:
    api.add_customer(name="筛子甲", remark="只给筛子用")
    api.add_customer(name="筛子乙", remark="只给筛子用")
    grid = Grid.open(page)
    page.get_by_test_id("filter-button").click()
    row = page.get_by_test_id("filter-row-0")
    _choose(page, row.get_by_role("combobox", name="字段"), "备注")
    row.get_by_role("textbox").last.fill("只给筛子用")
    page.get_by_test_id("filter-apply").click()
    expect(page.get_by_test_id("filter-chip")).to_have_count(1)
    expect(page.get_by_test_id("row-count")).to_have_text("2 条")
    page.reload()
    expect(grid.cell("name", 1)).to_have_text("筛子乙")

    page.get_by_test_id("filter-button").click()
    page.get_by_role("button", name="加条件").click()
    row = page.get_by_test_id("filter-row-1")
    _choose(page, row.get_by_role("combobox", name="字段"), "客户名称")
    row.get_by_role("textbox").last.fill("筛子乙")
    page.get_by_test_id("filter-apply").click()
    expect(page.get_by_test_id("row-count")).to_have_text("1 条")
    page.get_by_test_id("filter-chip").first.get_by_role("button", name="去掉条件").click()
    page.get_by_test_id("filter-chip").first.get_by_role("button", name="去掉条件").click()
    expect(page.get_by_test_id("filter-chip")).to_have_count(0)
    expect(page.get_by_test_id("row-count")).not_to_have_text("1 条")


def test_a_jump_goes_to_a_far_row_which_opens_at_the_side_and_leads_on(page: Page, api: Api) -> None:
    row = 2_900
    name = _name(api, row - 1)
    grid = Grid.open(page)
    expect(grid.cell("name", 0)).to_be_attached()
    page.get_by_test_id("jump-row").fill(str(row))
    page.get_by_test_id("jump-row").press("Enter")
    expect(grid.cell("name", row - 1)).to_have_text(name)
    expect(page.get_by_test_id("grid-ime")).to_have_attribute("aria-label", re.compile(f"第 {row} 行$"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("grid-ime")).to_have_attribute("aria-label", re.compile(f"第 {row + 1} 行$"))

    # At the side, one key to the next, back to the same rows.
    page.keyboard.press("Space")
    sheet = page.get_by_test_id("record-sheet")
    expect(sheet.get_by_test_id("record-title")).to_have_text(_name(api, row))
    expect(sheet.locator(".record-way")).to_contain_text(f"{row + 1:,} / ")
    page.keyboard.press("]")
    expect(sheet.get_by_test_id("record-title")).to_have_text(_name(api, row + 1))
    page.reload()
    expect(sheet.get_by_test_id("record-title")).to_have_text(_name(api, row + 1))
    page.go_back()
    expect(sheet).to_have_count(0)
    page.get_by_test_id("jump-row").fill(str(row))
    page.get_by_test_id("jump-row").press("Enter")
    expect(page.get_by_test_id("grid-ime")).to_have_attribute("aria-label", re.compile(f"第 {row} 行$"))
    page.keyboard.press("Control+Enter")
    page.get_by_test_id("next-record").click()
    expect(page.get_by_test_id("record-title")).to_have_text(_name(api, row))
    page.get_by_test_id("back-to-list").click()
    expect(grid.cell("name", row - 1)).to_have_text(name)


def test_an_export_and_a_print_have_the_rows_and_columns_that_are_seen(page: Page, api: Api, tmp_path: Path) -> None:
    for number, remark in enumerate(("=1+1", "第二行\n换行", "0571-88886666")):
        api.add_customer(name=f"要导出{number}", remark=remark)
    grid = Grid.open(page, "要导出")
    grid.sort("name")
    expect(grid.cell("name", 2)).to_have_text("要导出2")
    book = CalamineWorkbook.from_path(_export(page, "Excel", tmp_path))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][0] == "客户名称"
    assert len(rows[0]) == len(COLUMNS)
    assert [row[0] for row in rows[1:]] == ["要导出0", "要导出1", "要导出2"]
    place = list(COLUMNS).index("remark")
    assert [str(row[place]).lstrip("'") for row in rows[1:]] == ["=1+1", "第二行\n换行", "0571-88886666"]

    page.get_by_test_id("export-button").click()
    page.get_by_role("menuitem", name="打印").click()
    printed = page.get_by_test_id("print-view")
    expect(printed.locator("tbody tr")).to_have_count(3)
    expect(printed.locator("tbody tr").last).to_contain_text("要导出2")
    page.emulate_media(media="print")
    for elsewhere in ("open-search", "grid", "print-now"):
        expect(page.get_by_test_id(elsewhere)).to_be_hidden()
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")
    page.keyboard.press("Escape")
    expect(printed).to_have_count(0)

    text = _export(page, "CSV", tmp_path)
    assert text.read_bytes().startswith(b"\xef\xbb\xbf")
    with text.open(encoding="utf-8-sig", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["客户名称", "要导出0", "要导出1", "要导出2"]


DRAWN = """() => {
    const write = CanvasRenderingContext2D.prototype.fillText;
    window.drawn = new Set();
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.drawn.add(text);
        return write.call(this, text, ...rest);
    };
}"""


def test_a_text_that_has_no_room_ends_with_an_ellipsis_and_its_link_still_opens(windows: Windows, api: Api) -> None:
    name = "上海宏远省略国际贸易与供应链管理股份有限公司华东运营中心"
    api.add_customer(name=name, short_name="一眼看完")
    page = windows.open(own=True)
    page.add_init_script(f"({DRAWN})()")
    grid = Grid.open(page, "宏远省略")
    expect(grid.cell("name", 0)).to_have_text(name)
    drawn = set(page.evaluate("[...window.drawn]"))
    shown = [text for text in drawn if text.startswith(name[:6])]
    assert shown
    assert all(text.endswith("…") and name.startswith(text[:-1]) for text in shown), shown
    assert "一眼看完" in drawn
    box = page.get_by_test_id("grid").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 56 + 40, box["y"] + 34 + 17)
    expect(page.get_by_test_id("record-sheet").get_by_test_id("record-title")).to_have_text(name)


def test_what_others_change_appears_in_an_open_list(page: Page, api: Api) -> None:
    made = api.add_customer(name="直播一号")
    grid = Grid.open(page, "直播")
    expect(grid.cell("name", 0)).to_have_text("直播一号")
    api.change(made["id"], short_name="别处改的")
    expect(grid.cell("short_name", 0)).to_have_text("别处改的")
    api.add_customer(name="直播二号")
    expect(page.get_by_test_id("row-count")).to_have_text("2 条")
    api.call("DELETE", f"/records/customer/{made['id']}")
    expect(page.get_by_test_id("row-count")).to_have_text("1 条")
    expect(grid.cell("name", 0)).to_have_text("直播二号")


def _name(api: Api, index: int) -> str:
    """The name of the customer on a row of the plain list."""
    answer = api.call("POST", "/records/customer/query", {"select": ["name"], "at": index, "limit": 1})
    return str(answer["rows"][0][answer["columns"].index("name")])


def _choose(page: Page, box: Locator, label: str) -> None:
    """Choose from a list of fields by typing."""
    box.click()
    box.fill(label)
    page.locator(".ant-select-item-option").filter(has_text=label).first.click()


def _export(page: Page, kind: str, folder: Path) -> Path:
    page.get_by_test_id("export-button").click()
    with page.expect_download() as loading:
        page.get_by_role("menuitem", name=re.compile(f"^{kind}")).click()
    file = folder / loading.value.suggested_filename
    loading.value.save_as(file)
    return file


def test_the_head_of_a_column_leads_to_a_condition_about_it(page: Page, api: Api) -> None:
    api.add_customer(name="列头条件甲", short_name="找得到的简称")
    grid = Grid.open(page, "列头条件")
    grid.select("short_name", 0)
    page.keyboard.press("Alt+m")
    page.get_by_test_id("quick-build").click()
    row = page.get_by_test_id("filter-row-0")
    expect(row).to_contain_text("简称")
    row.get_by_role("textbox").fill("找得到")
    page.get_by_test_id("filter-apply").click()
    expect(page.get_by_test_id("filter-chip")).to_contain_text("简称 含有 找得到")
    expect(page).to_have_url(re.compile("where=.*short_name"))

    page.get_by_test_id("filter-button").click()
    page.get_by_role("button", name="加条件").click()
    row = page.get_by_test_id("filter-row-1")
    _choose(page, row.get_by_role("combobox", name="字段"), "所在地区")
    place, proposal = row.get_by_role("combobox").last, page.get_by_role("menuitemcheckbox")
    place.focus()
    page.keyboard.type("西湖")
    expect(proposal.first).to_contain_text("浙江省 / 杭州市 / 西湖区")
    page.keyboard.press("Enter")  # takes the first one
    expect(row).to_contain_text("西湖区")
    expect(proposal).to_have_count(0)
    page.keyboard.type("西湖")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("江西省 / 南昌市 / 西湖区")
    page.keyboard.type("海南")
    expect(proposal.first).to_be_visible()
    page.keyboard.press("Escape")  # closes the proposals only
    expect(proposal).to_have_count(0)
    expect(row).to_contain_text("江西省 / 南昌市 / 西湖区")
    page.get_by_test_id("filter-apply").click()
    expect(page.get_by_test_id("filter-chip").last).to_contain_text("所在地区 属于 江西省南昌市西湖区")


def test_rules_of_rows_are_put_in_order_and_told_in_words(page: Page, api: Api) -> None:
    api.add_customer(name="两条规则都符合", remark="行色用", industry="manufacturing")
    rules = [
        {"where": {"field": "remark", "op": "eq", "value": "行色用"}, "family": "red"},
        {"where": {"field": "industry", "op": "in", "value": ["manufacturing"]}, "family": "grn"},
    ]
    page.goto("/list/customer?q=" + quote("两条规则都符合") + "&rules=" + quote(json.dumps(rules, ensure_ascii=False)))
    grid = Grid(page)
    grid.select("name", 0)
    label = page.get_by_test_id("grid-ime")
    expect(label).to_have_attribute("aria-label", re.compile("备注 是 行色用"))
    page.get_by_test_id("rules-button").click()
    page.get_by_role("button", name="这条规则往上").click()
    expect(page.get_by_test_id("rule-0")).to_contain_text("制造业")
    page.keyboard.press("Escape")
    grid.select("name", 0)
    expect(label).to_have_attribute("aria-label", re.compile("所属行业 是 制造业"))
