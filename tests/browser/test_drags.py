"""Drags as a hand does them: let go in the wrong place, given up half-way, carried into another month. What keys do
instead is proved in test_keys_beside_drags.py."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from playwright.sync_api import Locator, Page, Route, expect

from tests.support.browsing import COLUMNS, HEADER_HEIGHT, MARKER_WIDTH, PHONE, Api, Grid


def _where(remark: str) -> str:
    return "where=" + quote(json.dumps({"field": "remark", "op": "eq", "value": remark}))


def _take(page: Page, thing: Locator, right: float = 30) -> None:
    """Press the mouse on something and begin to move it."""
    box = thing.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + right, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + right + 15, box["y"] + 16, steps=3)


def _carry(page: Page, thing: Locator, right: float = 40, down: float = 40) -> None:
    """Move what was taken over something."""
    box = thing.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + right, box["y"] + down, steps=6)
    page.mouse.move(box["x"] + right + 2, box["y"] + down, steps=2)


def _calendar(page: Page, remark: str, on: str) -> None:
    page.goto(f"/list/customer?as=calendar&by=cooperation_start&on={on}&{_where(remark)}")


def test_a_day_is_left_for_another_month_by_drag_and_by_keys(page: Page, api: Api) -> None:
    made = api.add_customer(name="月末的客户", remark="换月用", cooperation_start="2026-03-18")["id"]
    _calendar(page, "换月用", "2026-03-18")
    entry = page.get_by_test_id(f"entry-{made}")
    expect(page.get_by_test_id("day-2026-03-18").locator(entry)).to_be_visible()
    _take(page, entry)
    _carry(page, page.get_by_role("button", name="下个月"), 12, 12)
    expect(page.get_by_role("heading", name="2026 年 4 月")).to_be_visible()
    _carry(page, page.get_by_test_id("day-2026-04-22"))
    page.mouse.up()
    expect(page.get_by_test_id("toast")).to_contain_text("改到 2026-04-22")
    assert api.customer(made)["cooperation_start"] == "2026-04-22"

    # Keys pressed one after the other, faster than the server saves; out of sight the calendar follows.
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    page.route(f"**/records/customer/{made}", hold)
    entry.focus()
    page.keyboard.press("Alt+ArrowDown")
    with page.expect_response(lambda answer: "2026-05-31" in (answer.request.post_data or "")):
        page.keyboard.press("Alt+ArrowDown")
    page.wait_for_timeout(100)  # what was just read is shown by then: there the record stands on its old day
    page.keyboard.press("Alt+ArrowRight")
    held[0].continue_()
    expect(page.get_by_test_id("toast")).to_contain_text("改到 2026-05-07")
    expect(page.get_by_role("heading", name="2026 年 5 月")).to_be_visible()
    expect(entry).to_be_focused()
    assert api.customer(made)["cooperation_start"] == "2026-05-07"
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    assert api.customer(made)["cooperation_start"] == "2026-05-06"


def test_a_day_is_changed_on_a_phone_by_the_menu_of_its_line(page: Page, api: Api) -> None:
    page.set_viewport_size(PHONE)
    made = api.add_customer(name="手机改日期", remark="手机日历用", cooperation_start="2026-03-18")["id"]
    _calendar(page, "手机日历用", "2026-03-18")
    page.get_by_test_id(f"shift-{made}").click()
    page.get_by_role("menuitem", name="推后一天").click()
    expect(page.get_by_test_id("day-2026-03-19").get_by_test_id(f"entry-{made}")).to_be_visible()
    expect(page.get_by_test_id("toast")).to_contain_text("改到 2026-03-19")
    assert api.customer(made)["cooperation_start"] == "2026-03-19"


def test_the_calendar_tells_whom_a_task_is_about_and_why_a_date_stays(page: Page, api: Api) -> None:
    made = api.add_customer(name="日历里的客户")["id"]
    values = {"title": "例行回访", "customer": made, "due_at": "2026-03-18T10:00:00+08:00"}
    task = api.call("POST", "/records/task", values)["id"]
    page.goto("/list/task?as=calendar&by=due_at&on=2026-03-18")
    expect(page.get_by_test_id(f"entry-{task}")).to_contain_text("例行回访 · 日历里的客户")
    # Four of a day have room in a low window, too: none lies over the week below.
    for n in range(4):
        api.call("POST", "/records/task", values | {"title": f"第 {n} 件"})
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(page.get_by_test_id("day-2026-03-18").get_by_role("button", name="还有 2 条")).to_be_visible()
    spill = "days => days.filter(day => day.scrollHeight > day.clientHeight + 1).length"
    assert page.locator(".calendar-day").evaluate_all(spill) == 0
    page.goto("/list/customer?as=calendar&by=next_follow_up")
    expect(page.get_by_text("「下次跟进时间」由台账算出，不能拖")).to_be_visible()


def test_a_card_let_go_beside_the_board_stays_where_it_was(page: Page, api: Api) -> None:
    made = api.add_customer(name="放错地方的卡片", remark="板外用", stage="dormant")["id"]
    page.set_viewport_size({"width": 1100, "height": 800})
    page.goto(f"/list/customer?as=board&by=stage&{_where('板外用')}")
    card = page.get_by_test_id(f"card-{made}")
    expect(card).to_be_visible()
    page.get_by_test_id("board").evaluate("board => board.scrollTo({ left: 160 })")
    _take(page, card)
    _carry(page, page.get_by_test_id("board-lost"))
    expect(page.get_by_text(re.compile("^松手后"))).to_be_visible()
    # The first columns lie below the side bar now.
    page.mouse.move(110, 500, steps=6)
    expect(page.get_by_text(re.compile("^松手后"))).to_have_count(0)
    page.mouse.up()
    expect(page.get_by_test_id("board-dormant").locator(card)).to_have_count(1)
    page.wait_for_timeout(500)
    assert api.customer(made)["stage"] == "dormant"
    expect(page.get_by_test_id("toast")).to_have_count(0)


def test_a_refused_card_goes_back_keeps_the_keyboard_and_leads_to_what_it_lacks(page: Page, api: Api) -> None:
    made = api.add_customer(name="还缺日期的卡片", remark="缺日期用")["id"]
    page.goto(f"/list/customer?as=board&by=stage&{_where('缺日期用')}")
    handle = page.get_by_test_id(f"handle-{made}")
    handle.focus()
    page.keyboard.press("Space")
    for _ in range(2):  # the library takes keys only once it has measured the columns
        page.wait_for_timeout(200)
        if page.get_by_text(re.compile("潜在 → 成交")).count() == 0:
            page.keyboard.press("ArrowRight")
    expect(page.get_by_text(re.compile("^松手后"))).to_contain_text("潜在 → 成交")
    page.keyboard.press("Space")
    expect(page.get_by_test_id("toast")).to_contain_text("「合作起始时间」要填")
    expect(page.get_by_test_id("board-potential").get_by_test_id(f"card-{made}")).to_be_visible()
    expect(handle).to_be_focused()
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("record-sheet").get_by_test_id("record-title")).to_have_text("还缺日期的卡片")
    assert api.customer(made)["stage"] == "potential"


def test_a_card_and_the_counts_stay_moved_while_the_save_waits(page: Page, api: Api) -> None:
    made = api.add_customer(name="存得慢的卡片", remark="慢存用")["id"]
    page.goto(f"/list/customer?as=board&by=stage&{_where('慢存用')}")
    old, new = page.get_by_test_id("board-count-potential"), page.get_by_test_id("board-count-dormant")
    expect(old).to_have_text("1")
    expect(new).to_have_text("0")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/records/customer/{made}", hold)
    page.get_by_test_id(f"handle-{made}").click(button="right")
    page.get_by_role("menuitem", name="移到「休眠」").click()
    there = page.get_by_test_id("board-dormant").get_by_test_id(f"card-{made}")
    expect(there).to_be_visible()
    expect(old).to_have_text("0")
    expect(new).to_have_text("1")
    # A colleague's change has the columns and the counts read again: the server has the card in its old column.
    with page.expect_response("**/aggregate"):
        other = api.add_customer(name="同事的卡片", remark="慢存用")["id"]
    expect(page.get_by_test_id("board-potential").get_by_test_id(f"card-{other}")).to_be_visible()
    page.wait_for_timeout(100)  # what was just read is shown by then
    expect(there).to_be_visible()
    expect(page.get_by_test_id("board-potential").get_by_test_id(f"card-{made}")).to_have_count(0)
    assert (old.text_content(), new.text_content()) == ("0", "1")
    held[0].continue_()
    expect(page.get_by_test_id("toast")).to_contain_text("潜在 → 休眠")
    expect(old).to_have_text("1")
    expect(new).to_have_text("1")
    expect(there).to_be_visible()
    assert api.customer(made)["stage"] == "dormant"

    # Refused, the counts go back with the card.
    page.get_by_test_id(f"handle-{other}").click(button="right")
    page.get_by_role("menuitem", name="移到「成交」").click()
    expect(page.get_by_test_id("toast")).to_contain_text("「合作起始时间」要填")
    expect(page.get_by_test_id("board-potential").get_by_test_id(f"card-{other}")).to_be_visible()
    expect(old).to_have_text("1")
    expect(page.get_by_test_id("board-count-customer")).to_have_text("0")


def test_escape_gives_up_the_drag_of_a_column(page: Page, api: Api) -> None:
    api.add_customer(name="拖到一半的列")
    grid = Grid.open(page, "拖到一半的列")
    expect(grid.cell("name", 0)).to_be_attached()
    corner = page.get_by_test_id("grid").bounding_box()
    assert corner is not None
    middle = corner["y"] + HEADER_HEIGHT / 2
    edge = corner["x"] + MARKER_WIDTH + COLUMNS["name"] + COLUMNS["code"]
    address = page.url

    def pull(from_: float, by: float) -> None:
        page.mouse.move(from_, middle)
        page.mouse.down()
        page.mouse.move(from_ + by, middle, steps=8)

    for start in (edge, edge - 60):  # its width, its place
        pull(start, 150)
        assert page.url == address  # nothing is kept before the mouse is let go
        page.keyboard.press("Escape")
        page.mouse.move(start + 200, middle, steps=4)
        page.mouse.up()
        page.wait_for_timeout(300)
        assert page.url == address
    pull(edge, 60)
    page.mouse.up()
    expect(page).to_have_url(re.compile(f"code(:|%3A){COLUMNS['code'] + 60}"))
    pull(edge, 150)
    page.mouse.up()
    expect(page).to_have_url(re.compile("cols=name(,|%2C)mobile"))


def test_however_many_columns_are_frozen_the_others_are_reached(page: Page, api: Api) -> None:
    api.add_customer(name="冻得太多")
    columns = ",".join([*COLUMNS, "wechat", "email", "website", "region", "tags"])
    page.goto(f"/list/customer?freeze=12&widths=name:240&cols={columns}")
    scrolled = page.locator(".summary-cells")
    expect(scrolled).to_be_visible()
    expect(page.get_by_test_id("grid-ime")).to_be_attached()
    page.wait_for_timeout(300)
    box = scrolled.bounding_box()
    assert box is not None
    assert box["width"] >= 200
    # The figures of frozen columns stand below them.
    left = page.get_by_test_id("sum-code").bounding_box()
    corner = page.get_by_test_id("grid").bounding_box()
    assert left is not None
    assert corner is not None
    assert abs(left["x"] - corner["x"] - MARKER_WIDTH - COLUMNS["name"]) <= 1
