"""The keyboard alone: what opens has the keyboard, Escape closes the topmost thing only, and the focus comes back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.browsing import Api, Grid, Windows

INSIDE = """(selector) => {
    const shown = [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
    return shown.some((one) => one.contains(document.activeElement));
}"""
OPENING_MS = 200
"""Until a layer has come to rest."""
LAYER = ".ant-modal-wrap, .ant-drawer, .ant-popover, .ant-dropdown"
OPENERS = {
    "/today": ("open-search", "nav-notices", "quick-entry", "user-menu"),
    "/list/customer": (
        *("new-record", "filter-button", "group-button", "sort-button", "column-button", "rules-button"),
        *("export-button", "view-new"),
    ),
}


def _has_keyboard(page: Page, selector: str) -> None:
    page.wait_for_function(INSIDE, arg=selector)


def _is_closed(page: Page) -> None:
    """Keys belong to a popup until it is gone."""
    shown = [f".ant-{name}:not(.ant-{name}-hidden)" for name in ("dropdown", "popover")]
    expect(page.locator(", ".join(shown))).to_have_count(0)


def _open(page: Page, opener: Locator) -> None:
    """By Enter, as from the keyboard."""
    opener.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("address", OPENERS)
def test_what_opens_has_the_keyboard_and_gives_it_back(page: Page, address: str) -> None:
    page.goto(address)
    for name in OPENERS[address]:
        opener = page.get_by_test_id(name)
        expect(opener).to_be_visible()
        _open(page, opener)
        _has_keyboard(page, LAYER)
        page.wait_for_timeout(OPENING_MS)
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()
        _is_closed(page)


def test_tab_stays_in_a_panel_until_it_is_closed(page: Page) -> None:
    page.goto("/list/customer")
    _open(page, page.get_by_test_id("column-button"))
    panel = page.get_by_test_id("column-menu")
    expect(panel.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(panel.get_by_role("button").last).to_be_focused()
    page.keyboard.press("Tab")
    expect(panel.get_by_role("textbox")).to_be_focused()


def test_enter_in_a_menu_presses_nothing_behind_it(windows: Windows, api: Api) -> None:
    api.call("POST", "/views", {"entity": "customer", "name": "键盘改名前", "data": {}})
    page = windows.open(own=True)
    page.add_init_script("window.print = () => { window.printed = true; }")
    page.goto("/list/customer")
    page.get_by_role("button", name="键盘改名前").click()
    _open(page, page.get_by_test_id("view-menu"))
    _has_keyboard(page, ".ant-dropdown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="改名…")).to_be_focused()
    page.keyboard.press("Enter")
    name = page.get_by_role("textbox", name="视图的名字")
    expect(name).to_be_focused()
    name.fill("键盘改名后")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("键盘改名后")
    expect(page.get_by_test_id("view-menu")).to_be_focused()
    _is_closed(page)

    # Its lines are all there when it opens: one that came later would move the others from under the hand.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/imports", hold)
    _open(page, page.get_by_test_id("export-button"))
    page.wait_for_timeout(OPENING_MS)
    expect(page.locator(".ant-dropdown")).to_have_count(0)
    held.pop().continue_()
    _has_keyboard(page, ".ant-dropdown")
    expect(page.get_by_test_id("export-button")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("menuitem", name="照「客户台账.csv」原来的样子")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="打印…")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("print-now")).to_be_focused()
    assert page.evaluate("window.printed") is None
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("print-view")).to_have_count(0)
    expect(page.get_by_test_id("export-button")).to_be_focused()
    expect(page.get_by_test_id("export-button")).to_have_attribute("aria-expanded", "false")


def test_today_by_keys_alone(windows: Windows, api: Api) -> None:
    who = {"name": "键盘销售", "password": "晴耕雨读 四时 2026"}
    owner = api.call("POST", "/people", {**who, "role": "sales"})["id"]
    for name, day in (("键盘逾期甲", "2026-01-05"), ("键盘逾期乙", "2026-01-06")):
        made = api.add_customer(name=name, owner=owner)
        task = {"title": f"回访{name}", "due_at": f"{day}T10:00:00+08:00", "assignee": owner, "customer": made["id"]}
        api.call("POST", "/records/task", task)
    page = windows.open(**who)
    page.goto("/today")
    expect(page.get_by_test_id("task")).to_have_count(2)
    late = page.get_by_test_id("today-late")
    page.keyboard.press("j")
    expect(late.get_by_role("link", name="键盘逾期甲", exact=True)).to_be_focused()
    page.keyboard.press("d")
    _has_keyboard(page, ".ant-dropdown")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="选日期…")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.dataset.day")
    begun = page.evaluate("document.activeElement.dataset.day")
    for key in ("PageDown", "ArrowRight", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
        page.wait_for_timeout(100)
    chosen = page.evaluate("document.activeElement.dataset.day")
    assert chosen > begun
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/records/task/*", hold)
    page.keyboard.press("Enter")
    _is_closed(page)
    # The task that was put off has not left yet, and nothing has the keyboard: the next one is still the other.
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    expect(late.get_by_role("link", name="键盘逾期乙", exact=True)).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("k")
    expect(late.get_by_role("link", name="键盘逾期甲", exact=True)).to_be_focused()
    held[0].continue_()
    page.unroute("**/api/v1/records/task/*", hold)
    expect(page.get_by_test_id("toast")).to_contain_text(re.compile("已推迟到"))
    where = {"field": "customer.name", "op": "eq", "value": "键盘逾期甲"}
    due = api.call("POST", "/records/task/query", {"select": ["due_at"], "where": where})["rows"][0]
    assert any(str(value).startswith(chosen) for value in due), (chosen, due)
    # The next one has come to its place.
    expect(late.get_by_role("link", name="键盘逾期甲", exact=True)).to_have_count(0)
    _is_closed(page)
    page.keyboard.press("j")
    expect(late.get_by_role("link", name="键盘逾期乙", exact=True)).to_be_focused()
    page.keyboard.press("F6")
    expect(page.get_by_test_id("toast-action")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    expect(late.get_by_role("link", name="键盘逾期乙", exact=True)).to_be_focused()


def test_rows_are_marked_by_keys_and_tab_leads_out_of_the_grid(page: Page, api: Api) -> None:
    for number in range(3):
        api.add_customer(name=f"键盘选行{number}")
    grid = Grid.open(page, "键盘选行")
    expect(grid.cell("name", 2)).to_be_attached()
    grid.select("name", 0)
    bar = page.get_by_test_id("selection-bar")
    page.keyboard.press("Alt+x")
    expect(bar).to_contain_text("已选 1 行")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Alt+x")
    expect(bar).to_contain_text("已选 2 行")
    page.keyboard.press("F6")
    expect(page.get_by_test_id("bulk-edit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("bulk-form").get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("bulk-edit")).to_be_focused()
    _is_closed(page)
    _open(page, page.get_by_test_id("bulk-export"))
    _has_keyboard(page, ".ant-dropdown")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("bulk-export")).to_be_focused()
    _is_closed(page)
    expect(bar).to_contain_text("已选 2 行")
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    proxy = page.get_by_test_id("grid-ime")
    expect(proxy).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("已选 3 行")
    page.keyboard.press("Escape")
    expect(proxy).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
    expect(proxy).not_to_be_focused()


def test_editing_begins_in_the_first_field_and_escape_ends_it_when_nothing_was_changed(
    windows: Windows, api: Api
) -> None:
    made = api.add_customer(name="键盘编辑的客户")["id"]
    page = windows.open()
    page.goto(f"/list/customer?open=customer.{made}")
    expect(page.get_by_test_id("history")).to_be_visible()
    page.keyboard.press("e")
    name = page.locator("#field-name")
    expect(name).to_be_focused()
    page.keyboard.type("甲")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("toast")).to_contain_text("有没保存的改动")
    expect(name).to_be_focused()
    page.keyboard.press("Backspace")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("edit-form")).to_have_count(0)
    expect(page.get_by_test_id("record-sheet")).to_be_visible()
    expect(page.get_by_test_id("edit-record")).to_be_focused()
    # A popup within the sheet is closed before the sheet is.
    page.get_by_test_id("part-timeline").click()
    _open(page, page.get_by_role("button", name="选日期"))
    _has_keyboard(page, ".ant-popover")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="选日期")).to_be_focused()
    _is_closed(page)
    expect(page.get_by_test_id("record-sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("record-sheet")).to_have_count(0)


def test_a_field_of_the_designer_is_edited_by_keys_alone(page: Page) -> None:
    page.goto("/designer/customer")
    field = page.get_by_test_id("field-short_name")
    expect(field).to_be_visible()
    _open(page, field)
    _has_keyboard(page, "[data-testid=field-inspector]")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("field-inspector")).to_have_count(0)
    expect(field).to_be_focused()


def test_the_keyboard_stays_in_the_list_after_bulk_changes_and_in_the_trash(page: Page, api: Api) -> None:
    for name in ("键回甲", "键回乙"):
        api.add_customer(name=name)
    grid = Grid.open(page, "键回")
    expect(grid.cell("name", 1)).to_be_attached()
    grid.mark(0, 1)
    page.get_by_test_id("bulk-edit").click()
    page.get_by_test_id("bulk-form").get_by_role("combobox").first.fill("备注")
    page.keyboard.press("Enter")
    page.get_by_test_id("bulk-form").locator("textarea").fill("一起改")
    page.get_by_test_id("bulk-apply").click()
    expect(page.get_by_test_id("selection-bar")).to_be_hidden()
    expect(page.get_by_test_id("grid-ime")).to_be_focused()
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    expect(page.get_by_test_id("grid-ime")).to_be_focused()

    grid.mark(0, 1)
    page.get_by_test_id("delete-selected").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已删除 2 条")
    page.goto("/trash")
    buttons = page.get_by_test_id("restore")
    expect(buttons.nth(1)).to_be_visible()
    before = buttons.count()
    buttons.first.focus()
    page.keyboard.press("Enter")
    expect(buttons).to_have_count(before - 1)
    expect(buttons.first).to_be_focused()


def test_a_field_to_group_by_is_found_by_its_name(page: Page) -> None:
    page.goto("/list/customer")
    page.get_by_test_id("group-button").click()
    page.get_by_test_id("group-panel").get_by_role("textbox").fill("所属行")
    expect(page.get_by_test_id("group-panel").locator(".group-line")).to_have_text(["所属行业"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("group-button")).to_contain_text("所属行业")
    expect(page.get_by_test_id("group-panel")).to_be_hidden()
