"""One record: its history, and the undo of a single field of it. A person's own settings and the backup."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, Route, expect

from tests.support.browsing import PHONE, WINDOW, Api, Grid, Windows
from tests.support.server import LedgerServer, kehu

STYLES_WATCHED = """() => {
  window.stylesMoved = [];
  new MutationObserver((seen) => {
    for (const one of seen.flatMap((each) => [...each.addedNodes, ...each.removedNodes]))
      if (one.nodeName === "STYLE") window.stylesMoved.push(one.textContent.slice(0, 80));
  }).observe(document.head, { childList: true });
}"""


def test_the_history_of_a_record_takes_one_field_back(page: Page, api: Api) -> None:
    made = api.add_customer(name="有来历的客户", wechat="linwan_1988", remark="旧备注")
    api.change(made["id"], wechat="linwan_2026", remark="新备注")
    page.goto(f"/record/customer/{made['id']}")
    latest = page.get_by_test_id("history-item").first
    expect(latest.get_by_test_id("diff-wechat")).to_contain_text("linwan_1988")
    expect(latest.get_by_test_id("diff-wechat")).to_contain_text("linwan_2026")
    latest.get_by_test_id("undo-field-wechat").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销这一项")
    expect(page.get_by_test_id("fact-wechat")).to_contain_text("linwan_1988")
    expect(page.get_by_test_id("history-item")).to_have_count(3)
    stored = api.customer(made["id"])
    assert (stored["wechat"], stored["remark"]) == ("linwan_1988", "新备注")


def test_a_record_is_edited_on_its_page(page: Page, api: Api) -> None:
    made = api.add_customer(name="要编辑的客户", remark="原样")
    grid = Grid.open(page, "要编辑的客户")
    grid.select("name", 0)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("record-title")).to_have_text("要编辑的客户")
    page.get_by_test_id("edit-record").click()
    page.get_by_test_id("edit-form").get_by_label("备注", exact=True).fill("上门谈过，月底签")
    page.get_by_test_id("edit-save").click()
    expect(page.get_by_test_id("fact-remark")).to_contain_text("上门谈过，月底签")
    stored = api.customer(made["id"])
    assert (stored["remark"], stored["name"]) == ("上门谈过，月底签", "要编辑的客户")


def test_a_person_changes_the_own_password(windows: Windows, ledger: LedgerServer) -> None:
    kehu("user", "add", "小周", "--role", "sales", "--password-stdin", data=ledger.data, stdin="春风又绿江南岸吗\n")
    page = windows.open(name="小周", password="春风又绿江南岸吗")
    page.goto("/settings")
    page.get_by_test_id("password-current").fill("记错了的密码")
    page.get_by_test_id("password-next").fill("明月何时照我还呢")
    page.get_by_test_id("password-again").fill("明月何时照我还呢")
    page.get_by_test_id("password-save").click()
    expect(page.get_by_test_id("password-form").get_by_role("alert").first).to_contain_text("密码")
    page.get_by_test_id("password-current").fill("春风又绿江南岸吗")
    page.get_by_test_id("password-save").click()
    expect(page.get_by_test_id("toast")).to_contain_text("密码已改")
    expect(page.get_by_test_id("backup-button")).to_have_count(0)
    assert page.request.get("/api/v1/me").ok, "the session that changed it goes on"
    attempts = [
        page.request.post("/api/v1/session", data={"name": "小周", "password": word}).status
        for word in ("春风又绿江南岸吗", "明月何时照我还呢")
    ]
    assert attempts == [401, 200]


def test_a_backup_is_made_downloaded_and_restored(page: Page, ledger: LedgerServer, tmp_path: Path) -> None:
    page.goto("/settings")
    with page.expect_download() as loading:
        page.get_by_test_id("backup-button").click()
    expect(page.get_by_test_id("toast")).to_contain_text("备份好了")
    file = tmp_path / loading.value.suggested_filename
    loading.value.save_as(file)
    answer = kehu("restore", str(file), data=tmp_path / "restored")
    assert answer["verified"] is True
    found = kehu("query", "customer", "--limit", "1", "--count", data=tmp_path / "restored")
    assert isinstance(found["count"], dict)
    assert found["count"]["value"] >= 3_000


def test_two_people_on_one_record_see_each_other_and_both_changes_stay(
    windows: Windows, api: Api, ledger: LedgerServer
) -> None:
    word = "春风又绿江南岸吗"
    kehu("user", "add", "林岚", "--role", "manager", "--password-stdin", data=ledger.data, stdin=f"{word}\n")
    made = api.add_customer(name="两人同看的客户", remark="原来的备注", wechat="linwan_1988")
    mine, hers = windows.open(), windows.open(name="林岚", password=word)
    mine.goto(f"/record/customer/{made['id']}")
    expect(mine.get_by_test_id("record-title")).to_have_text("两人同看的客户")
    expect(mine.get_by_test_id("presence")).to_be_empty()
    grid = Grid.open(hers, "两人同看的客户")
    grid.select("name", 0)
    hers.keyboard.press("Space")
    sheet = hers.get_by_test_id("record-sheet")
    expect(sheet.get_by_test_id("presence")).to_have_text("Aadmin 也在看")
    expect(mine.get_by_test_id("presence")).to_have_text("林林岚 也在看")
    third = windows.open()  # my other window is nobody else: the list there tells of her alone
    Grid.open(third, "两人同看的客户").select("name", 0)
    expect(third.get_by_test_id("grid-ime")).to_have_attribute("aria-label", re.compile("林岚 也在看"))
    third.goto(f"/list/customer?as=board&by=stage&q={quote('两人同看的客户')}")
    around = third.get_by_test_id(f"card-{made['id']}").get_by_test_id("around")
    expect(around).to_have_text("林林岚 也在看")
    third.set_viewport_size(PHONE)
    expect(around).to_have_text("林林岚 也在看")
    third.goto(f"/list/customer?as=calendar&by=created_at&q={quote('两人同看的客户')}")
    expect(third.get_by_test_id(f"entry-{made['id']}").get_by_test_id("around")).to_have_text("林林岚 也在看")
    third.set_viewport_size(WINDOW)
    expect(third.get_by_test_id(f"entry-{made['id']}").get_by_test_id("around")).to_have_text("林林岚 也在看")
    third.set_viewport_size(PHONE)
    third.goto(f"/list/customer?q={quote('两人同看的客户')}")
    expect(third.get_by_test_id(f"phone-row-{made['id']}").get_by_test_id("around")).to_have_text("林林岚 也在看")
    third.close()

    for page, field, value in ((mine, "备注", "我写的备注"), (hers, "微信", "linwan_2026")):
        page.get_by_test_id("more-actions").first.click()
        page.get_by_role("menuitem", name="编辑").click()
        page.get_by_test_id("edit-form").get_by_label(field, exact=True).fill(value)
    mine.get_by_test_id("edit-save").click()
    expect(mine.get_by_test_id("fact-remark")).to_contain_text("我写的备注")
    hers.get_by_test_id("edit-save").click()  # behind my change: different fields merge without a question
    expect(sheet.get_by_test_id("fact-wechat")).to_contain_text("linwan_2026")
    expect(hers.get_by_test_id("conflict-dialog")).to_have_count(0)
    stored = api.customer(made["id"])
    assert (stored["remark"], stored["wechat"]) == ("我写的备注", "linwan_2026")

    for page, value in ((mine, "我抢先"), (hers, "她后到")):
        page.get_by_test_id("more-actions").first.click()
        page.get_by_role("menuitem", name="编辑").click()
        page.get_by_test_id("edit-form").get_by_label("备注", exact=True).fill(value)
    mine.get_by_test_id("edit-save").click()
    expect(mine.get_by_test_id("fact-remark")).to_contain_text("我抢先")
    hers.get_by_test_id("edit-save").click()
    dialog = hers.get_by_test_id("conflict-dialog")
    expect(dialog).to_contain_text("对方的：我抢先")
    dialog.get_by_role("radio", name="我的").check()
    hers.get_by_test_id("conflict-save").click()
    expect(dialog).to_have_count(0)
    expect(mine.get_by_test_id("fact-remark")).to_contain_text("她后到")

    hers.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(mine.get_by_test_id("presence")).to_be_empty()
    hers.goto(f"/record/customer/{made['id']}")
    expect(mine.get_by_test_id("presence")).to_have_text("林林岚 也在看")
    hers.close()
    expect(mine.get_by_test_id("presence")).to_be_empty()


def test_what_was_changed_since_is_kept_or_taken_back_one_by_one(page: Page, api: Api) -> None:
    made = [api.add_customer(name=f"收回第{n}位", remark="原来的") for n in range(2)]
    ids = [one["id"] for one in made]
    changed = api.call("POST", "/records/customer/bulk", {"ids": ids, "set": {"remark": "批量写的"}})["changeset"]
    for id in ids:
        api.change(id, remark="后来写的")
    page.goto(f"/changesets/{changed}")
    page.get_by_test_id("undo-preview").click()
    expect(page.get_by_test_id("undo-conflicts")).to_have_text("2")
    conflicts = page.get_by_test_id("undo-conflict")
    expect(conflicts.first).to_contain_text("后来写的")
    choices = page.get_by_test_id("undo-choices")
    choices.get_by_role("radio", name="也改回这次之前").check()
    expect(conflicts.last).to_contain_text("改回这次之前")
    choices.get_by_role("radio", name="一处一处选").check()
    page.get_by_role("group", name="收回第1位").get_by_role("radio", name="这次之前").check()
    page.get_by_test_id("undo-confirm").click()
    expect(page.get_by_test_id("undo-outcome")).to_contain_text("撤销的结果")
    expect(page.get_by_test_id("undo-reverted")).to_have_text("1")
    assert [api.customer(id)["remark"] for id in ids] == ["后来写的", "原来的"]


def test_the_parts_of_a_record_are_asked_for_side_by_side_and_its_name_stands_at_once(page: Page, api: Api) -> None:
    made = api.add_customer(name="等着看的客户", remark="记录里的备注")
    held: list[Route] = []
    page.route(f"**/api/v1/records/customer/{made['id']}", lambda route: _hold(held, route))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    grid = Grid.open(page, "等着看的客户")
    grid.select("name", 0)
    with page.expect_request(f"**/customer/{made['id']}/history"), page.expect_request("**/interaction/query"):
        page.keyboard.press("Space")
    sheet = page.get_by_test_id("record-sheet")
    expect(sheet.get_by_test_id("record-title")).to_have_text("等着看的客户")
    expect(sheet.get_by_test_id("fact-remark")).to_have_count(0)
    for route in held:
        route.continue_()
    expect(sheet.get_by_test_id("history-item")).to_have_count(1)
    page.keyboard.press("2")
    expect(sheet.get_by_test_id("fact-remark")).to_contain_text("记录里的备注")
    # Each part once: the page takes what was asked for before it was there.
    once = [url for url in asked if f"/customer/{made['id']}" in url]
    assert len(once) == len(set(once)) == 3, once

    api.change(made["id"], remark="后来改的备注")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.get_by_test_id("grid-ime")).to_be_focused()  # else the key goes nowhere
    page.keyboard.press("Space")
    expect(sheet.get_by_test_id("history-item")).to_have_count(2)


def _hold(held: list[Route], route: Route) -> None:
    """Keep a request waiting. Playwright cannot call a method of a list."""
    held.append(route)


def test_a_field_that_was_changed_since_is_decided_in_the_timeline(page: Page, api: Api) -> None:
    made = api.add_customer(name="改了又改的客户", wechat="linwan_1988", remark="原来的备注")
    api.change(made["id"], wechat="linwan_2026", remark="改过的备注")
    api.change(made["id"], wechat="linwan_2027")
    page.goto(f"/record/customer/{made['id']}")
    earlier = page.get_by_test_id("history-item").nth(1)
    earlier.get_by_test_id("undo-field-wechat").click()
    plan = earlier.get_by_test_id("undo-plan")
    expect(plan).to_contain_text("撤销「微信」：还没有改")
    for value in ("linwan_1988", "linwan_2026", "linwan_2027", "admin"):
        expect(plan.get_by_test_id("undo-conflict")).to_contain_text(value)
    assert api.customer(made["id"])["wechat"] == "linwan_2027", "nothing changes before it is decided"
    plan.get_by_role("radio", name="也改回这次之前").check()
    plan.get_by_test_id("undo-confirm").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销这一项")
    expect(page.get_by_test_id("fact-wechat")).to_contain_text("linwan_1988")
    stored = api.customer(made["id"])
    assert (stored["wechat"], stored["remark"]) == ("linwan_1988", "改过的备注")


def test_a_second_record_opens_with_the_styles_of_the_first(page: Page, api: Api) -> None:
    for name in ("样式留着的一家", "样式留着的二家"):
        api.add_customer(name=name, mobile="13912345678")
    grid = Grid.open(page, "样式留着")
    for row in (0, 1):
        grid.select("name", row)
        if row == 1:
            page.evaluate(STYLES_WATCHED)
        page.keyboard.press("Space")
        expect(page.get_by_test_id("history").get_by_test_id("history-item").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("record-sheet")).to_have_count(0)
    assert page.evaluate("window.stylesMoved") == []
    button = page.get_by_role("button").and_(page.locator(".ant-btn")).first
    colors = []
    for scheme in ("light", "dark", "light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        colors.append(button.evaluate("one => getComputedStyle(one).getPropertyValue('--ant-color-text')"))
    assert colors[:2] == colors[2:]
    assert colors[0] != colors[1]
