"""What a list can be: a filter saved and shared, a board, a pasted block, groups, a phone, a clerk's own rows."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import PHONE, Api, Grid, Windows
from tests.support.server import LedgerServer, kehu

CLERK_PASSWORD = "春江水暖鸭先知-88"


def _where(word: str) -> str:
    return "where=" + quote(json.dumps({"field": "remark", "op": "eq", "value": word}, ensure_ascii=False))


def test_a_filter_is_built_counted_saved_and_shared_as_a_view(page: Page, windows: Windows, api: Api) -> None:
    for name in ("存视图甲", "存视图乙"):
        api.add_customer(name=name, remark="视图用的")
    grid = Grid.open(page)
    page.get_by_test_id("filter-button").click()
    panel = page.get_by_test_id("filter-panel")
    row = page.get_by_test_id("filter-row-0")
    row.get_by_role("combobox", name="字段").click()
    row.get_by_role("combobox", name="字段").fill("备注")
    page.locator(".ant-select-item-option").filter(has_text="备注").first.click()
    row.get_by_role("textbox").last.fill("视图用的")
    expect(panel.get_by_test_id("filter-count")).to_have_text("符合 2 条")
    expect(panel.get_by_test_id("filter-sentence")).to_have_text("读作：备注 含有 视图用的")
    panel.get_by_test_id("filter-save-view").click()
    page.get_by_test_id("view-name").fill("视图用的客户")
    page.get_by_test_id("view-shared").check()
    page.get_by_test_id("view-create").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已存为视图「视图用的客户」")
    expect(page.get_by_test_id("row-count")).to_have_text("2 条")
    assert re.search(r"view=\d+", page.url)

    other = windows.open()
    other.goto(page.url)
    expect(other.get_by_role("button", name="视图用的客户", exact=False).first).to_be_visible()
    expect(other.get_by_test_id("row-count")).to_have_text("2 条")
    expect(grid.cell("name", 1)).to_have_text("存视图乙")
    view = next(one for one in api.call("GET", "/views?entity=customer")["items"] if one["name"] == "视图用的客户")
    assert view["shared"] is True
    api.client.delete(f"/views/{view['id']}")


def test_a_phone_has_one_column_of_the_board_at_a_time(page: Page, api: Api) -> None:
    page.set_viewport_size(PHONE)
    made = [api.add_customer(name=f"手机看板{n}", remark="手机看板用")["id"] for n in range(2)]
    page.goto(f"/list/customer?as=board&by=stage&{_where('手机看板用')}")
    potential, dormant = page.get_by_test_id("chip-potential"), page.get_by_test_id("chip-dormant")
    expect(potential).to_have_text("潜在 2")
    expect(potential).to_have_attribute("aria-current", "true")
    card = page.get_by_test_id(f"card-{made[0]}")
    expect(card).to_be_in_viewport()
    page.get_by_test_id(f"handle-{made[0]}").click()
    page.get_by_role("menuitem", name="移到「休眠」").click()
    expect(page.get_by_test_id("toast")).to_contain_text("潜在 → 休眠")
    expect(potential).to_have_text("潜在 1")
    expect(dormant).to_have_text("休眠 1")
    expect(card).not_to_be_in_viewport()
    dormant.click()
    expect(dormant).to_have_attribute("aria-current", "true")
    expect(card).to_be_in_viewport()
    assert api.customer(made[0])["stage"] == "dormant"
    # A swipe is a scroll of the columns; the chips follow it.
    page.locator(".board-track").evaluate("box => box.scrollTo({ left: 0 })")
    expect(potential).to_have_attribute("aria-current", "true")
    page.goto(f"/list/customer?as=board&by=stage&q={quote('手机看板1')}")
    expect(potential).to_have_text("潜在 1")  # figures hold while one searches
    page.goto(f"/list/customer?as=board&by=stage&{_where('手机看板用')}")
    page.get_by_test_id("phone-filter").click()
    page.get_by_role("dialog").get_by_text("表格").click()
    expect(page.get_by_test_id(f"phone-row-{made[0]}")).to_be_visible()


def test_a_phone_asks_for_nothing_twice_and_for_no_keys(page: Page, browser: Browser, ledger: LedgerServer) -> None:
    phone = browser.new_context(
        base_url=ledger.url,
        locale="zh-CN",
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
        storage_state=page.context.storage_state(),
    )
    try:
        held = phone.new_page()
        held.goto("/")
        expect(held.get_by_role("button", name="快速录入")).to_have_count(1)
        held.goto("/settings")
        expect(held.get_by_text("明暗")).to_be_visible()
        expect(held.get_by_role("switch", name="单字母键")).to_have_count(0)
    finally:
        phone.close()
    page.goto("/settings")
    expect(page.get_by_role("switch", name="单字母键")).to_have_count(1)


def test_a_card_moves_by_mouse_and_by_keys_and_comes_back(page: Page, api: Api) -> None:
    made = api.add_customer(name="看板一号", remark="只给看板用")["id"]
    page.goto(f"/list/customer?as=board&by=stage&{_where('只给看板用')}")
    card = page.get_by_test_id(f"card-{made}")
    expect(page.get_by_test_id("board-potential").get_by_test_id(f"card-{made}")).to_be_visible()
    card.hover()
    page.mouse.down()
    target = page.get_by_test_id("board-dormant").bounding_box()
    assert target is not None
    page.mouse.move(target["x"] + 40, target["y"] + 90, steps=6)
    page.mouse.move(target["x"] + 60, target["y"] + 100, steps=3)
    page.mouse.up()
    expect(page.get_by_test_id("toast")).to_contain_text("「看板一号」潜在 → 休眠")
    expect(page.get_by_test_id("board-dormant").get_by_test_id(f"card-{made}")).to_be_visible()
    assert api.customer(made)["stage"] == "dormant"
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("board-potential").get_by_test_id(f"card-{made}")).to_be_visible()
    expect(card).to_have_count(1)  # each column is read by itself

    page.get_by_test_id(f"handle-{made}").focus()
    page.keyboard.press("Space")
    said = page.get_by_text(re.compile("^松手后"))
    for _ in range(2):  # the library takes keys only once it has measured the columns
        page.wait_for_timeout(200)
        page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("潜在 → 休眠")
    with page.expect_response(lambda one: one.request.method == "PATCH"):  # the toast of before says the same
        page.keyboard.press("Space")
    expect(page.get_by_test_id("toast")).to_contain_text("「看板一号」潜在 → 休眠")
    assert api.customer(made)["stage"] == "dormant"

    api.change(made, cooperation_start="2026-03-30")
    page.get_by_test_id("nav-calendar").click()
    page.goto(f"{page.url}&by=cooperation_start&on=2026-03-30&{_where('只给看板用')}")
    entry = page.get_by_test_id(f"entry-{made}")
    expect(page.get_by_test_id("day-2026-03-30").locator(entry)).to_be_visible()
    entry.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_test_id("toast")).to_contain_text("改到 2026-04-06")
    assert api.customer(made)["cooperation_start"] == "2026-04-06"
    page.get_by_test_id("span-list").click()  # of April: the calendar followed the record out of March
    expect(page.get_by_test_id("day-2026-04-06").locator(entry)).to_be_visible()
    entry.click()
    expect(page.get_by_test_id("record-sheet").get_by_test_id("record-title")).to_have_text("看板一号")


def test_a_list_choice_lands_in_its_record_though_rows_move_meanwhile(page: Page, api: Api) -> None:
    made = api.add_customer(name="行会动乙")
    grid = Grid.open(page, "行会动")
    grid.sort("name")
    grid.select("industry", 0)
    page.keyboard.press("Enter")
    expect(page.locator(".ant-select-item-option").filter(has_text="制造业")).to_be_visible()
    other = api.add_customer(name="行会动甲")
    expect(grid.cell("name", 1)).to_have_text("行会动乙")
    page.locator(".ant-select-item-option").filter(has_text="制造业").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已改「所属行业」")
    assert api.customer(made["id"])["industry"] == "manufacturing"
    assert api.customer(other["id"])["industry"] is None


def test_selected_rows_get_a_tag_together_and_lose_it_by_undo(page: Page, api: Api) -> None:
    made = [api.add_customer(name=f"一起标{number}", tags=["转介绍达人"])["id"] for number in range(3)]
    grid = Grid.open(page, "一起标")
    expect(page.get_by_test_id("row-count")).to_have_text("3 条")
    grid.mark(0, 1)
    page.get_by_test_id("bulk-tag").click()
    page.keyboard.type("重点客户")
    page.keyboard.press("Enter")
    page.get_by_test_id("tags-add").click()
    expect(page.get_by_test_id("toast")).to_contain_text("给 2 条客户打了标签")
    assert [api.customer(id)["tags"] for id in made].count(["active_referrer", "key_customer"]) == 2
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    assert all(api.customer(id)["tags"] == ["active_referrer"] for id in made)


def test_more_rows_than_can_be_merged_are_told_and_a_merge_of_what_is_gone_leads_back(page: Page, api: Api) -> None:
    made = [api.add_customer(name=f"太多了合不了{number}")["id"] for number in range(21)]
    Grid.open(page, "太多了合不了").mark(0)
    expect(page.get_by_test_id("merge-selected")).to_have_count(0)  # one row is nothing to merge
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+a")
    expect(page.get_by_test_id("selection-bar")).to_contain_text("已选 21 行")
    merge = page.get_by_test_id("merge-selected")
    expect(merge).to_have_attribute("aria-disabled", "true")
    merge.press("Enter")  # what is off still has the keyboard
    expect(page.get_by_test_id("toast")).to_contain_text("一次最多合并 20 条，现在选了 21 条")
    expect(page).to_have_url(re.compile("/list/customer"))

    page.goto(f"/merge/customer?ids={made[0]},999999")
    expect(page.get_by_test_id("merge-page")).to_contain_text("有的没有了，或者不归你看")
    page.get_by_role("link", name="回到列表").click()
    expect(page.get_by_test_id("list-page")).to_be_visible()


def test_a_phone_shows_a_list_for_a_thumb_and_a_clerk_only_her_own(
    windows: Windows, ledger: LedgerServer, api: Api
) -> None:
    kehu("user", "add", "小钟", "--role", "sales", "--password-stdin", data=ledger.data, stdin=f"{CLERK_PASSWORD}\n")
    people = api.call("POST", "/records/user/query", {"select": ["name"], "limit": 50})["rows"]
    clerk = next(row[0] for row in people if row[2] == "小钟")
    mine = api.add_customer(name="小钟的客户", owner=clerk, mobile="19900668899")["id"]
    page = windows.open(name="小钟", password=CLERK_PASSWORD)
    page.set_viewport_size(PHONE)
    page.goto("/list/customer")
    expect(page.get_by_test_id("row-count")).to_have_text("1 条")
    expect(page.get_by_test_id("phone-list").get_by_role("link")).to_have_count(2)
    expect(page.get_by_role("link", name="打电话给小钟的客户")).to_have_attribute("href", "tel:19900668899")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_test_id(f"phone-row-{mine}").click()
    expect(page.get_by_test_id("record-title")).to_have_text("小钟的客户")
    page.go_back()
    page.get_by_test_id("phone-places").click()
    page.get_by_test_id("places-sheet").get_by_test_id("nav-order").click()
    expect(page).to_have_url(re.compile("/list/order$"))
    expect(page.get_by_test_id("places-sheet")).to_have_count(0)


def test_who_may_not_is_offered_nothing_that_will_be_refused(windows: Windows, api: Api, ledger: LedgerServer) -> None:
    words = ["user", "add", "小卫", "--role", "sales", "--password-stdin"]
    kehu(*words, data=ledger.data, stdin=f"{CLERK_PASSWORD}\n")
    made = api.add_customer(name="别人的客户")["id"]
    page = windows.open(name="小卫", password=CLERK_PASSWORD)
    page.goto(f"/record/customer/{made}")
    expect(page.get_by_text("没有这条记录，或者不归你看")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_test_id("restore-record")).to_have_count(0)
    page.goto("/designer/customer")
    expect(page.get_by_text("你的角色不能改字段")).to_be_visible()
    expect(page.get_by_role("button", name="加一个字段")).to_have_count(0)
