"""Writing into the grid: saved at once, taken back at once; pasted, composed, contested, deleted, restored."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.browsing import Api, Grid, Windows, clipboard


def test_a_refused_value_is_told_and_the_cell_shows_the_old_one(page: Page, api: Api) -> None:
    made = api.add_customer(name="格子丙", mobile="19900138888")
    grid = Grid.open(page, "格子丙")
    grid.select("name", 0)
    # A space of its own opens the record at the side: what is in the cell is written over.
    for key in ("F2", "Control+a", "Space", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_test_id("toast")).to_contain_text("客户名称")
    expect(grid.cell("name", 0)).to_have_text("格子丙")
    page.keyboard.press("Delete")  # the cell is selected still; a click on it would open it
    expect(page.get_by_test_id("toast")).to_contain_text("客户名称")
    expect(grid.cell("name", 0)).to_have_text("格子丙")
    assert api.customer(made["id"])["name"] == "格子丙"


def test_a_choice_is_made_in_the_cell(page: Page, api: Api) -> None:
    made = api.add_customer(name="格子丁")
    grid = Grid.open(page, "格子丁")
    grid.select("industry", 0)
    page.keyboard.press("Enter")
    page.locator(".ant-select-item-option").filter(has_text="制造业").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已改「所属行业」")
    expect(grid.cell("industry", 0)).to_have_text("制造业")
    assert api.customer(made["id"])["industry"] == "manufacturing"


def test_a_range_is_copied_and_pasted(page: Page, api: Api) -> None:
    made = [api.add_customer(name=f"区块{n}", short_name=f"简{n}", industry="retail") for n in range(4)]
    grid = Grid.open(page, "区块")
    grid.sort("name")
    expect(grid.cell("name", 0)).to_have_text("区块0")
    grid.select("short_name", 0)
    grid.select("industry", 1, shift=True)
    assert clipboard(page, "copy").splitlines() == ["简0\t批发零售", "简1\t批发零售"]

    grid.select("short_name", 2)
    clipboard(page, "paste", "新二\t教育\n新三\t物流运输\n")
    expect(page.get_by_test_id("toast")).to_contain_text("已改 2 行")
    expect(grid.cell("industry", 3)).to_have_text("物流运输")
    stored = [(one["short_name"], one["industry"]) for one in (api.customer(m["id"]) for m in made)]
    assert stored == [("简0", "retail"), ("简1", "retail"), ("新二", "education"), ("新三", "logistics")]
    page.keyboard.press("Control+z")
    expect(grid.cell("short_name", 3)).to_have_text("简3")
    assert api.customer(made[2]["id"])["short_name"] == "简2"


def test_a_composition_begins_on_a_selected_cell_and_its_enter_does_not_save(page: Page, api: Api) -> None:
    made = api.add_customer(name="输入法客户", short_name="旧")
    grid = Grid.open(page, "输入法客户")
    grid.select("short_name", 0)
    keyboard = page.context.new_cdp_session(page)
    for pinyin in ("h", "ho", "hong", "hong'yuan"):
        keyboard.send(
            "Input.imeSetComposition", {"text": pinyin, "selectionStart": len(pinyin), "selectionEnd": len(pinyin)}
        )
    # The Enter that chooses a word reaches the page as key 229 "Process", inside the composition.
    for kind in ("rawKeyDown", "keyUp"):
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, "key": "Process", "windowsVirtualKeyCode": 229})
    assert api.customer(made["id"])["short_name"] == "旧"
    keyboard.send("Input.insertText", {"text": "宏远"})
    expect(page.get_by_test_id("grid-ime")).to_have_value("宏远")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("已改「简称」")
    assert api.customer(made["id"])["short_name"] == "宏远"


def test_what_is_typed_lands_in_its_record_though_rows_move_meanwhile(page: Page, api: Api) -> None:
    made = api.add_customer(name="挪位子乙", short_name="原来")
    grid = Grid.open(page, "挪位子")
    grid.sort("name")
    grid.select("short_name", 0)
    page.keyboard.type("写给乙的")
    other = api.add_customer(name="挪位子甲", short_name="别动我")
    expect(grid.cell("name", 1)).to_have_text("挪位子乙")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("已改「简称」")
    assert api.customer(made["id"])["short_name"] == "写给乙的"
    assert api.customer(other["id"])["short_name"] == "别动我"


def test_two_people_change_one_cell_and_the_second_is_asked(windows: Windows, api: Api) -> None:
    made = api.add_customer(name="抢着改", short_name="原来")
    page = windows.open()
    # The other person's change must not reach this page before its own.
    page.route("**/api/v1/events*", lambda route: route.abort())
    for choice, expected in (("theirs", "对方写的"), ("mine", "我写的")):
        api.change(made["id"], short_name="原来")
        grid = Grid.open(page, "抢着改")
        expect(grid.cell("short_name", 0)).to_have_text("原来")
        api.change(made["id"], short_name="对方写的")
        grid.write("short_name", 0, "我写的")
        dialog = page.get_by_test_id("conflict-dialog")
        expect(dialog).to_contain_text("我的：我写的")
        expect(dialog).to_contain_text("对方的：对方写的")
        expect(dialog).to_contain_text("原来是：原来")
        dialog.get_by_role("radio", name="对方的" if choice == "theirs" else "我的").check()
        page.get_by_test_id("conflict-save").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_test_id("toast")).to_be_visible()
        expect(grid.cell("short_name", 0)).to_have_text(expected)
        assert api.customer(made["id"])["short_name"] == expected


def test_a_new_customer_comes_from_the_form(page: Page, api: Api) -> None:
    Grid.open(page)
    page.get_by_test_id("new-record").click()
    drawer = page.get_by_test_id("create-drawer")
    page.get_by_test_id("create-save").click()
    expect(drawer).to_contain_text("客户名称")
    drawer.get_by_label("客户名称").fill("表单里来的林女士")
    drawer.get_by_label("客户性质").click()
    page.locator(".ant-select-item-option").filter(has_text="个人").click()
    drawer.get_by_label("手机").first.fill("199 0099 0001")
    page.get_by_test_id("create-save").click()
    expect(page.get_by_test_id("record-title")).to_have_text("表单里来的林女士")
    expect(page.get_by_test_id("fact-mobile")).to_contain_text("19900990001")
    assert api.count(where={"field": "name", "op": "eq", "value": "表单里来的林女士"}) == 1
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已撤销")
    assert api.count(where={"field": "name", "op": "eq", "value": "表单里来的林女士"}) == 0


def test_rows_are_deleted_and_brought_back(page: Page, api: Api) -> None:
    for number in range(3):
        api.add_customer(name=f"要删的{number}")
    grid = Grid.open(page, "要删的")
    expect(page.get_by_test_id("row-count")).to_have_text("3 条")
    grid.mark(0, 2)
    expect(page.get_by_test_id("selection-bar")).to_contain_text("已选 2 行")
    page.get_by_test_id("delete-selected").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已删除 2 条客户")
    expect(page.get_by_test_id("row-count")).to_have_text("1 条")
    assert api.count(search="要删的") == 1
    page.get_by_test_id("toast-action").click()
    expect(page.get_by_test_id("row-count")).to_have_text("3 条")
    assert api.count(search="要删的") == 3


def test_the_bin_gives_a_record_back(page: Page, api: Api) -> None:
    made = api.add_customer(name="扔错了的客户")
    api.call("DELETE", f"/records/customer/{made['id']}")
    page.goto("/trash")
    row = page.get_by_test_id(f"trash-customer-{made['id']}")
    expect(row).to_contain_text("扔错了的客户")
    row.get_by_test_id("restore").click()
    expect(page.get_by_test_id("toast")).to_contain_text("已恢复「扔错了的客户」")
    expect(row).to_have_count(0)
    assert api.customer(made["id"])["name"] == "扔错了的客户"
