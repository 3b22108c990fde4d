"""今日, follow-ups, quick entry and the palette, on a desk and on a phone; nothing typed is lost."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import Api, Windows

OPEN = {"field": "status", "op": "eq", "value": "open"}
PASTED = "丽泽云杉咖啡的店长 江映雪\n手机 199 0000 7745\n地址 苏州工业园区星桂街 66 号 1 层\n对花生过敏，怕太酸"


def test_r45_a_follow_up_on_a_phone_stands_in_today_until_it_is_done(windows: Windows, api: Api) -> None:
    made = api.add_customer(name="口袋里的客户")
    page = windows.open()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/record/customer/{made['id']}")
    page.get_by_test_id("composer-text").fill("含税新报价已发")
    page.get_by_test_id("next-tomorrow").click()  # the one that is offered on every day of a week
    page.reload()
    expect(page.get_by_test_id("composer-text")).to_have_value("含税新报价已发")
    page.get_by_test_id("composer-text").press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("已记下跟进，下次")
    expect(page.get_by_test_id("interaction-item")).to_contain_text("含税新报价已发")
    expect(page.get_by_test_id("composer-text")).to_have_value("")
    assert api.customer(made["id"])["next_follow_up"] is not None

    page.get_by_test_id("bottom-bar").get_by_role("link", name="今日").click()
    task = page.get_by_test_id("task").filter(has_text="口袋里的客户")
    expect(task).to_contain_text("含税新报价已发")
    task.get_by_test_id("task-done").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已完成「口袋里的客户")
    expect(task.get_by_test_id("task-done")).to_have_attribute("aria-pressed", "true")
    assert api.customer(made["id"])["next_follow_up"] is None
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    assert api.customer(made["id"])["next_follow_up"] is not None


def test_contracts_of_my_customers_that_end_soon_stand_at_the_right_of_today(page: Page, api: Api) -> None:
    me = api.call("GET", "/me")["user"]["id"]
    mine, other = api.add_customer(name="合同快到的客户", owner=me), api.add_customer(name="没有负责人的客户")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()

    def contract(name: str, days: int, customer: int = mine["id"], **more: str) -> int:
        dates = {"start_on": str(today - timedelta(days=300)), "end_on": str(today + timedelta(days=days))}
        values = {"name": name, "customer": customer, "status": "in_force", **dates, **more}
        return int(api.call("POST", "/records/contract", values)["id"])

    soon = contract("年度框架合同", 11, amount="480000")
    contract("三年服务合同", 60)
    contract("已经续好的合同", 5, renewal_status="renewed")
    contract("别人的合同", 5, other["id"])
    page.goto("/today")
    part = page.get_by_test_id("contracts-ending")
    expect(part.get_by_role("listitem")).to_have_count(1)
    expect(part).to_contain_text("合同快到的客户 · 年度框架合同")
    expect(part).to_contain_text("还有 11 天")
    expect(part).to_contain_text("48.00 万元")
    part.get_by_role("link", name="30 天内的").click()
    expect(page.get_by_test_id("row-count")).to_have_text(re.compile("1 条"))

    def renewed(status: str | None) -> None:
        revision = api.call("GET", f"/records/contract/{soon}")["revision"]
        api.call("PATCH", f"/records/contract/{soon}", {"renewal_status": status}, **{"If-Match": f'"{revision}"'})

    renewed("renewed")
    expect(page.get_by_test_id("row-count")).to_have_text(re.compile("0 条"))
    page.go_back()
    expect(page.get_by_test_id("today-page")).to_be_visible()
    expect(part).to_have_count(0)  # though it was there a moment ago, when this page was shown last
    renewed(None)
    expect(part).to_have_count(1)  # without a reload


def test_enter_saves_right_after_a_day_was_chosen(page: Page, api: Api) -> None:
    made = api.add_customer(name="下周一再打")
    page.goto(f"/record/customer/{made['id']}")
    page.get_by_test_id("composer-text").fill("报价发过去了")
    page.get_by_test_id("next-tomorrow").click()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("已记下跟进，下次")
    expect(page.get_by_test_id("interaction-item")).to_contain_text("报价发过去了")
    assert api.customer(made["id"])["next_follow_up"] is not None


def test_a_pasted_message_becomes_a_customer_after_a_look_for_duplicates(page: Page, api: Api) -> None:
    api.add_customer(name="早就有的江映雪", mobile="19900007745")
    page.goto("/today")
    page.get_by_test_id("quick-entry").click()
    page.get_by_test_id("quick-text").fill(PASTED)
    expect(page.get_by_test_id("quick-customer-name").locator("input")).to_have_value("丽泽云杉咖啡")
    expect(page.get_by_test_id("duplicates")).to_contain_text("早就有的江映雪，电话相同")
    expect(page.get_by_test_id("quick-marked").locator("mark").first).to_have_text("丽泽云杉咖啡")
    page.get_by_test_id("quick-rest").click()
    page.get_by_test_id("quick-customer-mobile").locator("input").fill("19900007746")
    expect(page.get_by_test_id("duplicates")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("record-title")).to_have_text("丽泽云杉咖啡")
    expect(page.get_by_test_id("safety-band")).to_contain_text("花生")
    expect(page.get_by_test_id("interaction-item")).to_contain_text("江映雪")
    expect(page.get_by_test_id("fact-default_address")).to_contain_text("星桂街 66 号")
    expect(page.get_by_test_id("fact-remark")).to_have_text("怕太酸")


def open_tasks(api: Api, customer: int) -> list[list[Any]]:
    """Id, revision and day of what is to be done for a customer."""
    where = {"and": [{"field": "customer", "op": "eq", "value": customer}, OPEN]}
    rows: list[list[Any]] = api.call("POST", "/records/task/query", {"select": ["due_at"], "where": where})["rows"]
    return rows


def test_the_palette_finds_by_initials_and_opens_at_the_side(page: Page, api: Api) -> None:
    api.add_customer(name="舟山澜汐渔具")
    page.goto("/today")
    expect(page.get_by_test_id("today-page")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-input").fill("zslxyj")
    hit = page.get_by_test_id("palette-hit").first
    expect(hit.locator(".title")).to_have_text("舟山澜汐渔具")
    expect(hit.locator("mark")).to_have_text("舟山澜汐渔具")
    page.get_by_test_id("palette-input").fill("lanx")
    expect(hit.locator("mark")).to_have_text("澜汐")
    page.keyboard.press("Control+Enter")
    sheet = page.get_by_test_id("record-sheet")
    expect(sheet.get_by_test_id("record-title")).to_have_text("舟山澜汐渔具")
    expect(page.get_by_test_id("today-page")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys-help")).to_contain_text("Ctrl")


def test_issue6_the_palette_finds_actions_settings_and_people_by_pinyin_and_acts_on_a_customer(
    page: Page, windows: Windows, api: Api
) -> None:
    me = api.call("GET", "/me")["user"]["id"]
    api.call("POST", "/people", {"name": "贺知夏", "role": "sales", "password": "春江花月-2026"})
    made = api.add_customer(name="台州栖霞灯具", owner=me, grade="a", mobile="19900003371")
    page.goto("/today")
    expect(page.get_by_test_id("today-page")).to_be_visible()

    def typed(text: str) -> Locator:
        page.keyboard.press("Control+k")
        page.get_by_test_id("palette-input").fill(text)
        return page.get_by_role("option")

    person = typed("zhix").filter(has_text="贺知夏")
    expect(person.locator("mark")).to_have_text("知夏")
    person.click()
    chip = page.get_by_test_id("filter-chip")
    expect(chip).to_have_text("负责人 是 贺知夏")
    page.reload()  # the address has the number, the name is fetched
    expect(chip).to_have_text("负责人 是 贺知夏")
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-input").fill("gaimima")
    expect(page.get_by_role("option")).to_have_text(["改密码"])
    expect(page.get_by_role("option").locator("mark")).to_have_text("改密码")
    page.get_by_test_id("palette-input").fill("tzqx")
    hit = page.get_by_test_id("palette-hit").first
    expect(hit).to_contain_text("台州栖霞灯具")
    expect(hit.get_by_role("img")).to_have_attribute("aria-label", re.compile("A"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("composer-text")).to_be_focused()
    assert page.url.endswith(f"/record/customer/{made['id']}")
    page.reload()  # nothing is asked for twice
    expect(page.get_by_test_id("record-title")).to_have_text("台州栖霞灯具")
    expect(page.get_by_test_id("composer-text")).not_to_be_focused()

    typed("tzqx").filter(has_text="改下次跟进").click()
    expect(page.get_by_role("menuitem", name="明天")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.get_by_role("menuitem", name="明天")).to_be_focused()
    page.keyboard.press("Enter")
    date = page.get_by_test_id("next-date")
    expect(date).to_contain_text("明天")
    expect(date).to_be_focused()
    (before,) = open_tasks(api, made["id"])
    date.click()  # the task that is there moves
    page.get_by_role("menuitem", name="月底").click()
    expect(date).not_to_contain_text("明天")
    (after,) = open_tasks(api, made["id"])
    assert after[0] == before[0]
    assert after[2] > before[2]

    typed("栖霞灯具").filter(has_text="撞单查询").click()
    expect(page.get_by_test_id("duplicates")).to_contain_text("可能已经有了：台州栖霞灯具")
    page.get_by_test_id("palette-input").fill("19900003379")
    expect(page.get_by_test_id("duplicates")).to_contain_text("台账里没有「19900003379」")
    page.get_by_test_id("palette-input").fill("199 0000 3371")
    expect(page.get_by_test_id("duplicates")).to_contain_text("电话相同")
    page.get_by_test_id("palette-checks").click()
    expect(page.get_by_test_id("palette-hit").first).to_contain_text("台州栖霞灯具")
    page.keyboard.press("Escape")

    expect(typed("xjdd").first).to_contain_text("新建订单")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("新建订单")
    assert page.url.endswith("/list/order")


def test_issue6_today_of_everybody_is_for_who_sees_all(windows: Windows, api: Api) -> None:
    who = {"name": "邵晚舟", "password": "春江花月-2026"}
    clerk = api.call("POST", "/people", {**who, "role": "sales"})["id"]
    own = windows.open(**who)
    for kind in ("board", "calendar", "grid"):
        own.goto(f"/list/customer?view=0&as={kind}")
        expect(own.get_by_test_id("empty")).to_contain_text("还没有归你的客户")
    made = api.add_customer(name="邵晚舟的客户", owner=clerk)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).isoformat()
    task = {"title": "送样册", "customer": made["id"], "assignee": clerk, "due_at": today, "type": "follow_up"}
    api.call("POST", "/records/task", task)
    page = windows.open()
    page.goto("/today")
    expect(page.get_by_test_id("today-page")).to_be_visible()
    row = page.get_by_test_id("task").filter(has_text="邵晚舟的客户")
    expect(row).to_have_count(0)
    page.get_by_test_id("today-of-all").click()
    expect(row).to_contain_text("邵晚舟")
    page.reload()
    expect(row).to_be_visible()
    own.goto("/today?of=all")
    expect(own.get_by_test_id("task").filter(has_text="送样册")).to_be_visible()
    expect(own.get_by_test_id("today-of-all")).to_have_count(0)


def test_on_a_phone_the_follow_up_is_written_at_the_bottom(windows: Windows, api: Api) -> None:
    made = api.add_customer(name="往下看很久")
    for n in range(12):
        said = {"content": f"第 {n} 次", "channel": "phone", "result": "effective_contact"}
        api.call("POST", "/follow-ups", {"customer": made["id"], **said})
    page = windows.open()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/record/customer/{made['id']}")
    expect(page.get_by_test_id("interaction-item")).to_have_count(12)
    bar = page.get_by_test_id("bottom-bar").bounding_box()
    for scrolled in (0, 500):
        page.get_by_test_id("record-page").evaluate("(box, top) => box.scrollTo(0, top)", scrolled)
        box = page.get_by_test_id("composer").bounding_box()
        assert box is not None
        assert bar is not None
        assert abs(box["y"] + box["height"] - bar["y"]) <= 2, (scrolled, box, bar)


def test_what_is_typed_survives_a_lost_connection_and_a_reload(page: Page, api: Api) -> None:
    made = api.add_customer(name="断网也不丢", remark="原来")
    page.goto(f"/record/customer/{made['id']}")
    page.get_by_test_id("edit-record").click()
    page.get_by_test_id("edit-form").get_by_label("备注", exact=True).fill("谈到一半")
    expect(page.get_by_test_id("form-code")).to_contain_text("自动编号")
    page.context.set_offline(True)
    page.get_by_test_id("edit-save").click()
    expect(page.get_by_test_id("offline")).to_be_visible()
    assert api.customer(made["id"])["remark"] == "原来"
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_test_id("edit-form").get_by_label("备注", exact=True)).to_have_value("谈到一半")
    page.get_by_test_id("edit-save").click()
    expect(page.get_by_test_id("fact-remark")).to_have_text("谈到一半")
    expect(page.get_by_test_id("offline")).to_have_count(0)
    assert api.customer(made["id"])["remark"] == "谈到一半"


def test_a_rule_set_in_the_designer_holds_in_the_form(page: Page, api: Api) -> None:
    page.goto("/designer/customer")
    page.get_by_test_id("add-field").click()
    page.get_by_test_id("new-field-label").fill("货架号")
    page.get_by_test_id("save-field").click()
    page.get_by_label("格式（正则表达式）", exact=True).fill("[A-Z]\\d{2}")
    page.get_by_label("写错时提示要写成", exact=True).fill("一个字母加两位数字")
    page.get_by_test_id("save-field").click()
    page.get_by_test_id("make-changes").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已改字段「货架号」")
    made = api.add_customer(name="有货架的客户")
    page.goto(f"/record/customer/{made['id']}")
    page.get_by_test_id("edit-record").click()
    page.get_by_test_id("edit-form").get_by_label("货架号", exact=True).fill("7B")
    page.get_by_test_id("edit-save").click()
    expect(page.get_by_test_id("edit-form")).to_contain_text("写法不对，要写成：一个字母加两位数字")

    page.goto("/designer/customer")
    page.get_by_test_id("field-huo_jia_hao").click()
    page.get_by_test_id("severity-regex").click()
    page.get_by_title("只提醒", exact=True).click()
    page.get_by_test_id("save-field").click()
    page.get_by_test_id("make-changes").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已改字段「货架号」")
    page.goto(f"/record/customer/{made['id']}")
    expect(page.get_by_test_id("edit-form").get_by_label("货架号", exact=True)).to_have_value("7B")
    page.get_by_test_id("edit-save").click()
    expect(page.get_by_test_id("toast")).to_contain_text("写法不对")
    expect(page.get_by_test_id("fact-huo_jia_hao")).to_have_text("7B")


def test_a_field_of_the_designer_is_everywhere_and_goes_with_undo(page: Page, api: Api, tmp_path: Path) -> None:
    page.goto("/designer/customer")
    page.get_by_test_id("add-field").click()
    page.get_by_test_id("new-field-label").fill("仓库限高")
    page.get_by_test_id("save-field").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已加字段「仓库限高」")
    expect(page.get_by_test_id("field-inspector")).to_contain_text("单行文字")
    made = api.add_customer(name="有限高的客户", cang_ku_xian_gao="2.1 米")
    page.goto(f"/record/customer/{made['id']}")
    expect(page.get_by_test_id("fact-cang_ku_xian_gao")).to_have_text("2.1 米")

    # It is a column, a condition, in the export, and recognised in a workbook.
    where = quote('{"field":"cang_ku_xian_gao","op":"eq","value":"2.1 米"}')
    page.goto(f"/list/customer?cols=name,cang_ku_xian_gao&where={where}")
    expect(page.get_by_test_id("row-count")).to_have_text("1 条")
    expect(page.get_by_test_id("filter-chip")).to_contain_text("仓库限高")
    expect(page.get_by_test_id("glide-cell-2-0")).to_have_text("2.1 米")
    page.get_by_test_id("export-button").click()
    with page.expect_download() as loading:
        page.get_by_role("menuitem", name=re.compile("^CSV")).click()
    loading.value.save_as(tmp_path / "限高.csv")
    assert (tmp_path / "限高.csv").read_text(encoding="utf-8-sig").splitlines()[0] == "客户名称,仓库限高"
    page.goto("/import")
    page.get_by_test_id("import-file").set_input_files(tmp_path / "限高.csv")
    page.get_by_test_id("next-step").click()
    expect(page.get_by_test_id("map-仓库限高")).to_contain_text("仓库限高")
    page.goto("/designer/customer")
    page.get_by_test_id("field-cang_ku_xian_gao").click()
    page.get_by_test_id("hide-field").click()
    expect(page.get_by_test_id("consequence")).to_contain_text("1 条记录")
    page.get_by_test_id("make-changes").click()
    expect(page.get_by_test_id("field-cang_ku_xian_gao")).to_have_count(0)
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("field-cang_ku_xian_gao")).to_be_visible()


def test_edits_of_the_designer_are_collected_and_made_together_and_gone_back_on(page: Page, api: Api) -> None:
    version = api.call("GET", "/catalog")["version"]
    page.goto("/designer/ticket")
    page.get_by_test_id("begin-draft").click()
    page.get_by_test_id("add-field").click()
    page.get_by_test_id("new-field-label").fill("到场时限")
    page.get_by_test_id("save-field").click()
    page.get_by_test_id("field-inspector").get_by_label("中文名称").fill("上门时限")
    page.get_by_test_id("save-field").click()
    bar = page.get_by_test_id("draft-bar")
    expect(bar).to_contain_text("2 处改动，还没有生效")
    expect(page.get_by_test_id("field-dao_chang_shi_xian")).to_contain_text("上门时限")
    page.get_by_test_id("show-form").click()
    expect(page.get_by_test_id("form-preview").get_by_label("上门时限")).to_be_visible()
    assert api.call("GET", "/catalog")["version"] == version, "nothing is made yet"
    page.reload()
    expect(bar).to_contain_text("2 处改动")
    page.get_by_test_id("draft-consider").click()
    expect(page.get_by_test_id("draft-consequence")).to_contain_text("新增 1 个字段")
    page.get_by_test_id("draft-apply").click()
    expect(bar).to_have_count(0)
    expect(page.get_by_test_id("field-dao_chang_shi_xian")).to_contain_text("上门时限")
    assert api.call("GET", "/catalog")["version"] == version + 1, "both are one change"

    page.get_by_test_id("show-versions").click()
    latest = page.get_by_test_id("version").first
    expect(latest).to_contain_text("加字段「上门时限」")
    latest.get_by_test_id("version-back").click()
    expect(latest.get_by_test_id("version-consequence")).to_contain_text("这个字段里没有内容")
    latest.get_by_test_id("version-back-confirm").click()
    expect(page.get_by_test_id("field-dao_chang_shi_xian")).to_have_count(0)
    expect(page.get_by_test_id("version").first).to_contain_text("收起字段「上门时限」")
    expect(page.get_by_test_id("version").nth(1)).to_contain_text("已退回")


def test_people_and_tokens_are_looked_after_in_the_settings(page: Page) -> None:
    page.goto("/settings")
    page.get_by_test_id("add-person").click()
    page.get_by_test_id("people").get_by_label("登录的名字").fill("顾青禾")
    page.get_by_test_id("people").get_by_label("先用的密码").fill("春风又绿江南岸吗")
    page.get_by_test_id("save-person").click()
    expect(page.get_by_test_id("people")).to_contain_text("顾青禾")
    page.get_by_test_id("tokens").get_by_label("哪个程序用").fill("收银程序")
    page.get_by_test_id("add-token").click()
    expect(page.get_by_test_id("token-secret")).to_contain_text("kehu_")


def _order(page: Page, kind: str) -> list[str]:
    """The names of what can be put in order, as they stand."""
    handles = page.locator(f"[data-testid^='order-{kind}:']")
    return [str(one.get_attribute("data-testid")).partition(":")[2] for one in handles.all()]


def _drag(page: Page, handle: str, to: str) -> None:
    """Drag by the handle, as a hand does: over the way, and let go once the place shows that it takes it."""
    page.get_by_test_id(handle).hover()
    page.mouse.down()
    box = page.get_by_test_id(to).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + 8, steps=8)
    expect(page.locator(".order-over")).to_have_count(1)
    page.mouse.up()


def test_fields_sections_and_options_are_put_in_order_by_drag_and_by_keys(page: Page, api: Api) -> None:
    catalog = api.call("GET", "/catalog")["entities"]
    assert any(one["key"] == "ticket" for one in catalog)
    page.goto("/designer/ticket")
    page.get_by_test_id("field-subject").wait_for()
    before = _order(page, "field")
    first, second = before[:2]
    handle = page.get_by_test_id(f"order-field:{first}")
    handle.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_test_id("toast")).to_contain_text("已移动")
    expect(page.locator("[data-testid^='order-field:']").first).to_have_attribute(
        "data-testid", f"order-field:{second}"
    )
    expect(handle).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-testid^='order-field:']").first).to_have_attribute("data-testid", f"order-field:{first}")
    assert _order(page, "field") == before

    _drag(page, f"order-field:{second}", f"order-field:{first}")
    expect(page.locator("[data-testid^='order-field:']").first).to_have_attribute(
        "data-testid", f"order-field:{second}"
    )

    sections = _order(page, "section")
    page.get_by_test_id(f"order-section:{sections[1]}").focus()
    page.keyboard.press("Alt+ArrowUp")
    top = page.locator("[data-testid^='order-section:']").first
    expect(top).to_have_attribute("data-testid", f"order-section:{sections[1]}")
    fields = next(one for one in api.call("GET", "/catalog")["entities"] if one["key"] == "ticket")["fields"]
    assert fields[0]["section"] == sections[1]

    page.get_by_test_id("field-priority").click()
    page.locator("[data-testid^='order-option:']").first.wait_for()
    options = _order(page, "option")
    page.get_by_test_id(f"order-option:{options[0]}").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("[data-testid^='order-option:']").first).to_have_attribute(
        "data-testid", f"order-option:{options[1]}"
    )
    expect(page.get_by_test_id(f"order-option:{options[0]}")).to_be_focused()
    _drag(page, f"order-option:{options[1]}", f"order-option:{options[0]}")
    expect(page.locator("[data-testid^='order-option:']").last).to_have_attribute(
        "data-testid", f"order-option:{options[1]}"
    )
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    expect(page.locator("[data-testid^='order-option:']").first).to_have_attribute(
        "data-testid", f"order-option:{options[1]}"
    )


def test_the_designer_tells_how_many_records_break_a_new_rule(page: Page, api: Api) -> None:
    for remark in ("写了很长很长的一段备注", "也是很长很长的一段备注", "短"):
        api.add_customer(name=f"合不合规则：{remark}", short_name=remark)
    page.goto("/designer/customer")
    page.get_by_test_id("field-short_name").click()
    page.get_by_test_id("field-rules").get_by_label("最多几个字", exact=True).fill("8")
    page.get_by_test_id("save-field").click()
    told = page.get_by_test_id("consequence")
    expect(told).to_contain_text("2 条记录的值不合新规则")
    expect(told).to_contain_text("很长很长的一段备注")
