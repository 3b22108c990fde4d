"""Whatever is dragged can be moved by keys alone. The drags of the app, and where their keys are proved:

columns moved, made wider or narrower    here
cells filled down, a range selected      here
the edge of the sheet at the side        here
files dropped on a page                  here
cards of the board, days of the calendar test_views.py
fields, sections, options                test_follow_up.py
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browsing import Api, Grid


def _menu(page: Page, *steps: str) -> None:
    """Open the menu of the column under the cursor and pick its entries one after the other, by keys."""
    page.keyboard.press("Alt+m")
    menu = page.get_by_test_id("header-menu")
    expect(menu).to_be_visible()
    for name in steps:
        entry = menu.get_by_role("menuitem", name=name, exact=True)
        for _ in range(40):
            if entry.evaluate("item => item === document.activeElement"):
                break
            page.keyboard.press("ArrowDown")
        expect(entry).to_be_focused()
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("grid-ime")).to_be_focused()


def test_columns_move_and_change_their_width_by_keys(page: Page, api: Api) -> None:
    api.add_customer(name="键盘上的列")
    grid = Grid.open(page, "键盘上的列")
    grid.select("code", 0)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("grid-ime")).to_have_attribute("aria-label", re.compile("^手机"))
    _menu(page, "往左移")
    expect(page).to_have_url(re.compile("cols=name%2Cmobile%2Ccode|cols=name,mobile,code"))
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("grid-ime")).to_have_attribute("aria-label", re.compile("^手机"))
    _menu(page, "变宽", "变宽", "变窄", "变宽")
    expect(page).to_have_url(re.compile("mobile(:|%3A)170"))
    _menu(page, "变窄")
    expect(page).to_have_url(re.compile("mobile(:|%3A)150"))


def test_a_range_is_selected_and_filled_down_by_keys(page: Page, api: Api) -> None:
    ids = [api.add_customer(name=f"填下去{n}", short_name=f"简称{n}")["id"] for n in range(3)]
    grid = Grid.open(page, "填下去")
    expect(grid.cell("name", 2)).to_be_attached()
    grid.select("short_name", 0)
    wanted = (page.get_by_test_id("grid-ime").get_attribute("aria-label") or "").split("，")[2]
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+d")
    expect(page.get_by_test_id("toast")).to_be_visible()
    assert wanted in ("简称0", "简称2")
    assert [api.customer(id)["short_name"] for id in ids] == [wanted] * 3


def test_the_sheet_at_the_side_gets_wider_and_narrower_by_keys(page: Page, api: Api) -> None:
    api.add_customer(name="侧栏的边")
    Grid.open(page, "侧栏的边").select("name", 0)
    page.keyboard.press("Space")
    edge = page.get_by_test_id("sheet-edge")
    edge.focus()
    begun = int(edge.get_attribute("aria-valuenow") or 0)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(edge).to_have_attribute("aria-valuenow", str(begun + 20))
    # It moves to its width; the page within has it once it stands.
    wide = "edge => Math.abs(edge.parentElement.getBoundingClientRect().width - Number(edge.ariaValueNow)) < 3"
    for _ in range(50):
        if edge.evaluate(wide):
            break
        page.wait_for_timeout(100)
    assert edge.evaluate(wide)


def test_a_file_is_given_by_keys_where_it_can_be_dropped(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "键盘给的.csv"
    file.write_text("客户名称,手机\n键盘给的客户,19900131234\n", encoding="utf-8")
    page.goto("/import")
    page.wait_for_load_state("networkidle")
    button = page.get_by_role("button", name="选文件…")
    button.focus()
    expect(button).to_be_focused()
    with page.expect_file_chooser() as choosing:
        button.press("Enter")  # which gives it the focus again, should the page have come anew meanwhile
    choosing.value.set_files(file)
    expect(page).to_have_url(re.compile(r"/import/\d+"))
