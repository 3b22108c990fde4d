"""The promise: drop a workbook on the page, have a ledger, take it all back. Never red, on both databases."""

from __future__ import annotations

import re
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from python_calamine import CalamineWorkbook

from kehu.base.common import vcards
from tests.integration.importing.test_layout_export import messy, plain
from tests.support.browsing import Api, Windows, drop
from tests.support.customers import customers, write_messy, write_xlsx
from tests.support.looks import looks
from tests.support.server import LedgerServer
from tests.support.sheets import write_sheets

CUSTOMERS = 771
LONG_WORK_MS = 90_000


@pytest.fixture(scope="module")
def ledger(empty_ledger: LedgerServer) -> LedgerServer:
    """An empty ledger on each database."""
    return empty_ledger


def _drop_apply_undo(page: Page, api: Api, file: Path, columns: list[str], count: int = CUSTOMERS) -> None:
    page.goto("/list/customer")
    expect(page.get_by_test_id("empty")).to_contain_text("拖进来")
    drop(page, page.get_by_test_id("list-page"), file)

    expect(page.get_by_test_id("sheet-preview").locator("tr[data-kind=head]")).to_have_count(1, timeout=LONG_WORK_MS)
    page.get_by_test_id("next-step").click()
    for column in columns:
        expect(page.get_by_test_id(f"map-{column}")).to_be_visible()
    expect(page.get_by_test_id("map-客户名称")).to_contain_text("客户名称")
    page.get_by_test_id("step-rehearse").click()
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


@pytest.mark.parametrize(
    "database", ["sqlite"], indirect=True
)  # the database has no part in it; the two above ask both
def test_issue4_5_a_messy_workbook_is_mended_corrected_and_taken_back(
    windows: Windows, api: Api, tmp_path: Path
) -> None:
    """Title, two-row headings, totals, 万元, a cut number: mended on the page, the rest corrected in the error
    workbook and imported again, undone."""
    page = windows.open()
    page.goto("/import")
    page.get_by_test_id("import-file").set_input_files(write_messy(tmp_path / "客户台账（老王版）.xlsx"))

    kinds = {1: "out", 2: "out", 3: "head", 4: "head", 5: "data", 11: "out", 12: "out"}
    for row, kind in kinds.items():
        expect(page.get_by_test_id(f"line-{row}")).to_have_attribute("data-kind", kind)
    page.get_by_test_id("next-step").click()
    page.get_by_test_id("map-往来/累计（万元）").locator(".letters").click()
    expect(page.get_by_test_id("column-part")).to_contain_text("864,000.00 元")
    page.get_by_test_id("map-仓库要求").locator(".letters").click()
    page.get_by_test_id("new-field").click()
    expect(page.get_by_test_id("map-仓库要求")).to_contain_text("新字段")

    page.get_by_test_id("next-step").click()
    page.get_by_test_id("kind-number.cut").click()
    expect(page.get_by_test_id("finding-number.cut")).to_contain_text("G6")
    page.get_by_test_id("kind-row.without_name").click()
    page.get_by_test_id("mend-A8").fill("无锡云栖茶业有限公司")
    page.get_by_test_id("kind-value.invalid").click()
    page.get_by_test_id("mend-E7").fill("20")
    page.get_by_test_id("check-again").click()
    expect(page.get_by_test_id("share-good")).to_have_text("6")
    page.get_by_test_id("kind-number.cut").click()
    page.get_by_test_id("next-step").click()
    expect(page.get_by_test_id("created-customer")).to_have_text("6")
    page.get_by_test_id("import-apply").click()
    with page.expect_download() as waiting:
        page.get_by_test_id("error-workbook").click()
    first = page.url

    *above, head, row = CalamineWorkbook.from_path(str(waiting.value.path())).get_sheet_by_index(0).to_python()
    assert above[0][0] == "云汀商贸 2026 年客户台账（老王版）", "it is the file that was brought"
    assert "信用代码：" in str(row[head.index("原因")]), "the one row that is left says why"
    _retype(waiting.value.path(), tmp_path / "改好的.xlsx", "G5", "91320505MA1MUQ9A3N")
    page.goto("/import")
    page.get_by_test_id("import-file").set_input_files(tmp_path / "改好的.xlsx")
    expect(page.get_by_test_id("sheet-preview")).to_be_visible()
    page.get_by_test_id("step-rehearse").click()
    expect(page.get_by_test_id("count-created")).to_have_text("0")
    expect(page.get_by_test_id("updated-customer")).to_have_text("1")
    page.get_by_test_id("import-apply").click()
    expect(page.get_by_test_id("import-result")).to_be_visible()
    assert api.count(where={"field": "credit_code", "op": "not_empty"}) == 1
    assert api.count() == 6

    for address in (page.url, first):
        page.goto(address)
        page.get_by_test_id("undo-import").click()
        expect(page.get_by_test_id("import-page")).to_have_attribute("data-state", "undone")
    assert api.count() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_issue4_4_likely_doubles_stand_side_by_side_and_one_decides_which_comes_in(
    windows: Windows, api: Api, tmp_path: Path
) -> None:
    """From a row to the other one and back, on the sheet; a row that is the ledger's record updates it."""
    told = {"name": "上海宏远贸易有限公司", "kind": "enterprise", "remark": "老客户"}
    known = api.add_customer(**told, mobile="13800000001", contacts=[{"name": "沈亦舟"}])["id"]
    head = ["客户名称", "手机号", "备注"]
    rows: list[list[object]] = [[f"Q{n:02}X", f"1390000{n:04}", ""] for n in range(60)]
    rows[40] = ["苏州恒岚精密机械有限公司", "13900009040", "旧的"]
    rows[57] = ["恒岚精密机械（苏州）公司", "13900009057", "新的"]
    rows[58] = ["鸿远贸易", "13800000099", "换了手机"]
    page = windows.open()
    page.goto("/import")
    page.get_by_test_id("import-file").set_input_files(write_sheets(tmp_path / "名单.xlsx", {"名单": [head, *rows]}))
    expect(page.get_by_test_id("sheet-preview")).to_be_visible()
    page.get_by_test_id("step-check").click()
    page.get_by_test_id("kind-duplicate.in_file").click()
    pair = page.get_by_test_id("pair-59")
    expect(pair).to_contain_text("相似")
    expect(pair.locator("tr.differs")).to_contain_text(["苏州恒岚精密机械有限公司", "13900009040", "旧的"])

    pair.get_by_test_id("to-row-42").click()
    expect(page.get_by_test_id("line-42")).to_be_in_viewport()
    expect(page.get_by_test_id("line-42")).to_have_class(re.compile("asked"))
    page.get_by_test_id("pair-of-42").click()
    expect(page.get_by_test_id("line-59")).to_have_class(re.compile("asked"))
    page.get_by_test_id("step-check").click()

    page.get_by_test_id("kind-duplicate.in_file").click()
    page.get_by_test_id("pair-59").get_by_text("只导入第 42 行").click()
    page.get_by_test_id("kind-duplicate.in_ledger").click()
    record = page.get_by_test_id("pair-60")
    expect(record.locator("tr.differs")).to_contain_text(["上海宏远贸易有限公司", "13800000001", "老客户"])
    expect(record.get_by_test_id(f"like-{known}")).to_have_attribute("href", f"/record/customer/{known}")
    record.get_by_text("就是那条，更新它").click()
    page.get_by_test_id("check-again").click()
    expect(page.get_by_test_id("kind-duplicate.in_file")).to_have_count(0)
    page.get_by_test_id("step-rehearse").click()
    expect(page.get_by_test_id("count-created")).to_have_text("58")
    expect(page.get_by_test_id("count-updated")).to_have_text("1")
    page.get_by_test_id("import-apply").click()
    expect(page.get_by_test_id("import-result")).to_be_visible()
    assert api.customer(known)["remark"] == "换了手机"
    assert api.count(search="恒岚") == 1
    page.get_by_test_id("undo-import").click()
    expect(page.get_by_test_id("import-page")).to_have_attribute("data-state", "undone")
    api.call("DELETE", f"/records/customer/{known}")
    assert api.count() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_issue4_2_a_list_of_fields_stays_open_while_the_server_works_on_the_choice_before(
    windows: Windows, tmp_path: Path
) -> None:
    """Two columns are decided one right after the other: the second list is not closed, no choice is lost."""
    rows: list[list[object]] = [["姓名", "单位名", "甲", "乙"], *([f"客{n}", f"厂{n}", "一", "二"] for n in range(9))]
    page = windows.open()
    page.goto("/import")
    page.get_by_test_id("import-file").set_input_files(write_sheets(tmp_path / "名单.xlsx", {"名单": rows}))
    expect(page.get_by_test_id("sheet-preview")).to_be_visible()
    page.get_by_test_id("step-map").click()

    def slowly(route: Route) -> None:
        if route.request.method == "PATCH":
            time.sleep(1.5)
        route.fallback()

    page.route(re.compile(r"/imports/\d+$"), slowly)
    for column, field in (("甲", "备注"), ("乙", "微信")):
        fields = page.get_by_test_id(f"map-{column}").get_by_role("combobox")
        fields.click()
        page.wait_for_timeout(2_500 if column == "乙" else 100)
        expect(fields).to_have_attribute("aria-expanded", "true")
        fields.fill(field)
        page.locator(".ant-select-dropdown:visible").get_by_text(field, exact=True).first.click()
    for column, field in (("甲", "备注"), ("乙", "微信")):
        expect(page.get_by_test_id(f"map-{column}")).to_contain_text(field)
    page.get_by_test_id("next-step").click()
    page.get_by_test_id("step-map").click()
    for column, field in (("甲", "备注"), ("乙", "微信")):
        expect(page.get_by_test_id(f"map-{column}")).to_contain_text(field)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_issue4_5_a_list_goes_out_in_the_layout_that_came_in_cell_by_cell(
    windows: Windows, api: Api, tmp_path: Path
) -> None:
    """The export menu of a list writes the layout, the cards of a phone; a record its printed sheet."""
    source = messy(tmp_path / "往来台账.xlsx")
    page = windows.open()
    page.goto("/import")
    page.get_by_test_id("import-file").set_input_files(source)
    expect(page.get_by_test_id("line-3")).to_have_attribute("data-kind", "head")
    page.get_by_test_id("step-rehearse").click()
    expect(page.get_by_test_id("created-customer")).to_have_text("3")
    page.get_by_test_id("import-apply").click()
    expect(page.get_by_test_id("import-result")).to_be_visible()
    imported = page.url

    page.goto("/list/customer?sort=code")
    expect(page.get_by_test_id("row-count")).to_have_text("3 条")
    out = _exported(page, "照「往来台账.xlsx」原来的样子", tmp_path / "照原样.xlsx")
    before, after = looks(source), looks(out)
    assert after.name == "客户台账2024"
    assert plain(after) == plain(before), "cell by cell"
    assert (after.widths, after.merges, after.formulas) == (before.widths, before.merges, [])

    cards = vcards.parse(_exported(page, "通讯录名片（.vcf）", tmp_path / "通讯录.vcf").read_bytes())
    assert {card.text("FN") for card in cards} == {"沈亦舟", "何静怡", "罗锦程"}

    asked = {"select": ["name"], "sort": [{"field": "code"}]}
    first = api.call("POST", "/records/customer/query", asked)["rows"][0][0]
    page.goto(f"/record/customer/{first}")
    page.get_by_test_id("more-actions").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="导出档案表（.xlsx）").click()
    form = tmp_path / "档案.xlsx"
    waiting.value.save_as(form)
    texts = {cell[0] for cell in looks(form).cells.values()}
    assert {"客户档案维护表", "KH-001", "上海宏远贸易有限公司", "沈亦舟", "125,000"} <= texts

    for file in (out, form):  # what went out comes in again without a change
        page.goto("/import")
        page.get_by_test_id("import-file").set_input_files(file)
        page.get_by_test_id("step-rehearse").click()
        expect(page.get_by_test_id("count-created")).to_have_text("0")
        expect(page.get_by_test_id("count-updated")).to_have_text("0")
    page.goto(imported)
    page.get_by_test_id("undo-import").click()
    expect(page.get_by_test_id("import-page")).to_have_attribute("data-state", "undone")
    assert api.count() == 0


def test_issue4_5_a_list_opens_with_the_columns_of_the_file_new_fields_too(
    windows: Windows, api: Api, tmp_path: Path
) -> None:
    """按导入的表看: a view with the file's columns in the file's order, made once."""
    head: list[object] = ["礼品", "客户名称", "手机", "备注"]
    rows: list[list[object]] = [["茶叶", "林晓岚", "13800000008", "老客户"], ["台历", "陈嘉禾", "13800000009", ""]]
    page = windows.open()
    page.goto("/import")
    page.get_by_test_id("import-file").set_input_files(write_sheets(tmp_path / "礼品.xlsx", {"名单": [head, *rows]}))
    expect(page.get_by_test_id("sheet-preview")).to_be_visible()
    page.get_by_test_id("step-map").click()
    page.get_by_test_id("map-礼品").locator(".letters").click()
    page.get_by_test_id("new-field").click()
    expect(page.get_by_test_id("map-礼品")).to_contain_text("新字段")
    page.get_by_test_id("step-rehearse").click()
    expect(page.get_by_test_id("count-created")).to_have_text("2")
    page.get_by_test_id("import-apply").click()
    expect(page.get_by_test_id("import-result")).to_be_visible()
    imported = page.url
    for _ in range(2):
        page.goto(imported)
        page.get_by_test_id("as-imported").click()
        expect(page.get_by_test_id("row-count")).to_have_text("2 条")
    (view,) = [one for one in api.call("GET", "/views?entity=customer")["items"] if one["name"] == "礼品"]
    fields = {one["key"]: one["label"]["zh-CN"] for one in _customer_fields(api)}
    assert [fields[key] for key in view["data"]["select"]] == ["礼品", "客户名称", "手机", "备注"]
    assert f"view={view['id']}" in page.url
    page.goto(imported)
    page.get_by_test_id("undo-import").click()
    expect(page.get_by_test_id("import-page")).to_have_attribute("data-state", "undone")
    assert api.count() == 0


def _customer_fields(api: Api) -> list[dict[str, Any]]:
    entities = api.call("GET", "/catalog")["entities"]
    fields: list[dict[str, Any]] = next(one["fields"] for one in entities if one["key"] == "customer")
    return fields


def _exported(page: Page, item: str, target: Path) -> Path:
    """What a line of the export menu downloads."""
    page.get_by_test_id("export-button").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name=item).click()
    waiting.value.save_as(target)
    return target


def _retype(source: Path, target: Path, place: str, text: str) -> None:
    """The workbook with another text in a cell, all else as it is, as Excel saves it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                typed = f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
                content, times = re.subn(rf'<c r="{place}"[^>]*>.*?</c>', typed, content)
                assert times == 1
            new.writestr(name, content)
