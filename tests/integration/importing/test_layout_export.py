"""Records go out in the layout of the workbook they came in with: compared cell by cell, and imported again."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xlsxwriter

from kehu.base.common import vcards
from kehu.base.errors import BadInput, NotFound
from kehu.core.context import Actor
from kehu.core.records import read, write
from kehu.features.exporting import service as exporting
from kehu.features.importing import service as importing
from kehu.runtime import Runtime
from tests.integration.importing.test_import import findings, run, write_csv
from tests.support.ledger_state import BOSS
from tests.support.looks import Looks, looks
from tests.support.sheets import write_sheets

CUSTOMERS = [
    ("KH-001", "上海宏远贸易有限公司", "成交客户", "沈亦舟", "13800000011", date(2023, 3, 5), 12.5, "A类战略客户", ""),
    ("KH-002", "杭州启明软件", "潜在客户", "何静怡", "13800000012", date(2024, 11, 30), 3, "D类潜在客户", "=1+1"),
    ("KH-003", "成都锦里餐饮", "成交客户", "罗锦程", "13800000013", date(2022, 1, 4), 0.88, "A类战略客户", ""),
]


def messy(path: Path) -> Path:
    """A ledger as an office keeps it: title, note with unit, header of two rows, formats, a total, a signature."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("客户台账2024")
        title = book.add_format({"bold": True, "font_size": 18, "align": "center", "bg_color": "#DDEBF7"})
        head = book.add_format({"bold": True, "border": 1, "text_wrap": True, "bg_color": "#F2F2F2"})
        text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        money = book.add_format({"num_format": "#,##0.00", "border": 1})
        for column, width in enumerate((6, 10, 32.5, 12, 10, 16, 18, 12, 8, 40)):
            sheet.set_column(column, column, width)
        sheet.set_row(0, 34)
        sheet.merge_range("A1:J1", "客户台账", title)
        sheet.write("A2", "单位：万元    填表说明：红色为必填")
        for place, words in (("A3:A4", "序号"), ("B3:D3", "基本信息"), ("E3:F3", "联系人"), ("G3:H3", "往来"),
                             ("I3:I4", "客户等级"), ("J3:J4", "备注")):  # fmt: skip
            sheet.merge_range(place, words, head)
        for column, words in ((1, "客户编号"), (2, "客户名称"), (3, "客户类型"), (4, "姓名"), (5, "手机"),
                              (6, "合作起始时间"), (7, "累计合作金额")):  # fmt: skip
            sheet.write(3, column, words, head)
        for row, one in enumerate(CUSTOMERS, 4):
            code, name, kind, contact, mobile, since, amount, important, remark = one
            sheet.write(row, 0, row - 3)
            for column, words in ((1, code), (2, name), (3, kind), (4, contact), (8, important), (9, remark)):
                sheet.write_string(row, column, words)
            sheet.write_string(row, 5, mobile, text)
            sheet.write_datetime(row, 6, datetime(since.year, since.month, since.day), day)  # noqa: DTZ001
            sheet.write_number(row, 7, amount, money)
        sheet.write(7, 0, "合计", head)
        sheet.write_formula(7, 7, "=SUM(H5:H7)", money, 16.38)
        sheet.write(8, 0, "制表人：王敏")
        sheet.set_column(10, 10, 3)
        secret = book.add_worksheet("工资")
        secret.write("A1", "只有我能看的一张表")
        book.set_properties({"author": "王敏"})
    return path


def export(runtime: Runtime, out: Path, changeset: int, who: Actor = BOSS, **body: Any) -> Looks:
    with runtime.read(who) as ctx:
        entity = body.pop("entity", "customer")
        body = {"sort": [{"field": "code"}], "layout": changeset, **body}
        told = exporting.write_file(ctx, entity, body, out)
        assert told["columns"] > 0
    return looks(out)


def plain(found: Looks) -> dict[str, tuple[str, str, str]]:
    """Cells with numbers as numbers: 12.5 and 12.50 are the same."""
    out = {}
    for place, (value, code, ground) in found.cells.items():
        if value or code != "0" or ground:
            number = value.replace(".", "", 1).isdigit()
            out[place] = (format(Decimal(value).normalize(), "f") if number else value, code, ground)
    return out


def test_r36_records_go_out_in_the_layout_they_came_in(runtime: Runtime, tmp_path: Path) -> None:
    source = messy(tmp_path / "客户台账.xlsx")
    done = run(runtime, source, entity="customer", sheet="客户台账2024")
    assert done["by_entity"]["customer"]["created"] == 3, findings(done)
    before, after = looks(source), export(runtime, tmp_path / "a.xlsx", done["changeset"])
    assert after.name == "客户台账2024"
    assert (after.widths, after.merges) == (before.widths, before.merges)
    assert plain(after) == plain(before), "cell by cell"
    assert after.formulas == []
    assert not any("sharedStrings" in part or "sheet2" in part or "docProps" in part for part in after.parts)

    head = ["客户编号", "客户名称", "客户类型", "合作起始时间", "累计合作金额(万元)", "客户等级"]
    line = [["KH-004", "=HYPERLINK(1)", "成交客户", "2025-06-01", "50", "A"]]
    run(runtime, write_csv(tmp_path / "later.csv", line, head), entity="customer")
    more = export(runtime, tmp_path / "b.xlsx", done["changeset"])
    rows = more.rows(5, 10)
    assert rows[3] == {"A": "4", "B": "KH-004", "C": "=HYPERLINK(1)", "D": "成交客户", "G": "45809", "H": "50",
                       "I": "A类战略客户"}  # fmt: skip
    assert more.cells["G8"][1] == before.cells["G5"][1], "the date is shown as the file shows dates"
    assert (rows[4], rows[5]) == ({"A": "合计", "H": "66.38"}, {"A": "制表人：王敏"})
    assert more.formulas == []
    again = run(runtime, tmp_path / "b.xlsx", entity="customer")
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)


def test_what_lies_over_the_cells_goes_out_with_them(runtime: Runtime, tmp_path: Path) -> None:
    """Conditional formats, lists to choose from and comments, also those of newer versions of Excel and lists whose
    words stand on another sheet; not what else names other sheets, nor what rows said."""
    source = tmp_path / "客户台账.xlsx"
    with xlsxwriter.Workbook(str(source)) as book:
        sheet, words = book.add_worksheet("台账"), book.add_worksheet("选项")
        words.write_column("A1", ["月结", "现结", 30])
        words.write_column("B1", ["老板的亲戚", "老板的朋友"])
        words.hide()
        book.define_name("类型表", "=选项!$D$1:$D$2")
        words.write_column("D1", ["潜在客户", "成交客户"])
        red, bold = book.add_format({"bg_color": "#FFC7CE"}), book.add_format({"bold": True})
        sheet.write("A1", "二〇二六年客户台账")
        sheet.write_row("A2", ["客户编号", "客户名称", "客户类型", "累计金额(元)", "备注"])
        sheet.write_row("A3", ["KH-1", "上海宏远贸易有限公司", "成交客户", 1200, "月结"])
        sheet.write_row("A4", ["KH-2", "杭州启明软件有限公司", "潜在客户", 30, ""])
        sheet.write("A5", "制表人：王敏")
        sheet.conditional_format("D3:D4", {"type": "cell", "criteria": ">", "value": 1000, "format": red})
        sheet.conditional_format("A3:E200", {"type": "formula", "criteria": '=$C3="成交客户"', "format": bold})
        sheet.conditional_format("B3:B4", {"type": "formula", "criteria": "=选项!$A$1=$C3", "format": red})
        sheet.conditional_format("D3:D4", {"type": "3_color_scale"})
        stages = ["潜在客户", "成交客户"]
        sheet.data_validation("C3:C4", {"validate": "list", "source": stages, "input_title": "选一个"})
        sheet.data_validation("E3:E4", {"validate": "list", "source": "=选项!$A$1:$A$3"})
        sheet.data_validation("F3:F4", {"validate": "list", "source": "=台账!$B$3:$B$4"})
        sheet.data_validation("G3:G4", {"validate": "list", "source": "=类型表"})
        sheet.conditional_format("D3:D4", {"type": "data_bar", "data_bar_2010": True, "bar_solid": True})
        sheet.data_validation("D3:D4", {"validate": "decimal", "criteria": ">=", "value": 0})
        sheet.write_comment("C2", "按销售部的叫法填")
        sheet.write_comment("B3", "老板的亲戚")
        sheet.write_comment("A5", "每月五号前交")
    _with_newer_parts(source)
    done = run(runtime, source, entity="customer", sheet="台账")
    head, line = ["客户编号", "客户名称", "客户类型"], [["KH-3", "成都锦里餐饮", "成交客户"]]
    run(runtime, write_csv(tmp_path / "later.csv", line, head), entity="customer")
    out = tmp_path / "out.xlsx"
    export(runtime, out, done["changeset"])
    with zipfile.ZipFile(out) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    page = parts["xl/worksheets/sheet1.xml"]
    rules = re.findall(r'<conditionalFormatting sqref="(\S+)"><cfRule type="(\w+)"', page)
    kinds = ["cellIs", "colorScale", "dataBar"]
    assert sorted(rules) == [("A3:E200", "expression"), *(("D3:D5", kind) for kind in kinds)]
    assert '<formula>$C3="成交客户"</formula>' in page
    checks = re.findall(r'<dataValidation [^>]*type="(\w+)"[^>]*sqref="([^"]+)"', page)
    assert sorted(checks) == [("decimal", "D3:D5"), ("list", "C3:C5"), ("list", "E3:E5"), ("list", "G3:G5")]
    assert "<formula1>选项!$A$1:$A$3</formula1>" in page
    assert "<formula1>类型表</formula1>" in page
    bar = ElementTree.fromstring(page).find("{*}extLst/{*}ext/{*}conditionalFormattings")
    assert bar is not None
    ids = {one.get("id"): [each.text for each in one.iterfind("../{*}sqref")] for one in bar.iterfind(".//{*}cfRule")}
    ((joined, _),) = [(id, at) for id, at in ids.items() if id and f"<x14:id>{id}</x14:id>" in page]
    assert joined is not None, "the bar and its rest still know each other"
    assert [one.tag.rpartition("}")[2] for one in bar.iterfind(".//{*}dataBar/*")] == [
        "cfvo", "cfvo", "borderColor", "negativeFillColor", "negativeBorderColor", "axisColor"
    ]  # fmt: skip
    newer = re.findall(r"<x14:formula1><xm:f>([^<]+)</xm:f></x14:formula1><xm:sqref>([^<]+)<", page)
    assert newer == [("选项!$A$1:$A$2", "H3:H5")], "one that names rows of data is not there"
    assert '<sheet name="选项" sheetId="2" state="hidden"' in parts["xl/workbook.xml"]
    assert '<definedName name="类型表">选项!$D$1:$D$2</definedName>' in parts["xl/workbook.xml"]
    lists = ElementTree.fromstring(parts["xl/worksheets/sheet2.xml"])
    cells = {one.get("r"): "".join(one.itertext()) for one in lists.iterfind(".//{*}c")}
    assert cells == {"A1": "月结", "A2": "现结", "A3": "30", "D1": "潜在客户", "D2": "成交客户"}, "the words alone"
    assert '<formula1>"潜在客户,成交客户"</formula1>' in page
    looked = ElementTree.fromstring(parts["xl/styles.xml"])
    assert len(looked.findall("{*}dxfs/{*}dxf")) == 2, "the red one serves twice"
    noted = dict(re.findall(r'<comment ref="(\w+)".*?<t [^>]*>(.*?)</t>', parts["xl/comments1.xml"]))
    assert noted == {"C2": "按销售部的叫法填", "A6": "每月五号前交"}
    for name, text in parts.items():
        assert "老板的亲戚" not in text, name
        assert "老板的朋友" not in text, name
        if not name.endswith(".vml"):
            ElementTree.fromstring(text)
    assert parts["xl/drawings/vmlDrawing1.vml"].count("<v:shape ") == 2
    again = run(runtime, out, entity="customer")
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)


def _with_newer_parts(source: Path) -> None:
    """Two checks of input as Excel writes those that name another sheet, one of them naming rows of data."""
    space = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
    checks = "".join(
        f'<x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>{formula}</xm:f></x14:formula1>'
        f"<xm:sqref>{place}</xm:sqref></x14:dataValidation>"
        for formula, place in (("选项!$A$1:$A$2", "H3:H4"), ("台账!$B$3:$B$4", "I3:I4"))
    )
    more = (
        f'<ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{space}"><x14:dataValidations count="2" '
        f'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">{checks}</x14:dataValidations></ext>'
    )
    with zipfile.ZipFile(source) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    page = parts["xl/worksheets/sheet1.xml"].decode()
    before, end = page.rsplit("</extLst>", 1)
    parts["xl/worksheets/sheet1.xml"] = f"{before}{more}</extLst>{end}".encode()
    with zipfile.ZipFile(source, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)


def test_a_layout_serves_its_author_and_one_kind_of_record(runtime: Runtime, tmp_path: Path) -> None:
    done = run(runtime, write_csv(tmp_path / "客户.csv"), entity="customer")
    csv = export(runtime, tmp_path / "c.xlsx", done["changeset"], sort=[{"field": "name"}])
    names = {row["A"]: row for row in csv.rows(1, 4)}
    assert csv.name == "客户"
    assert names["客户名称"]["E"] == "累计金额(万元)"
    assert names["上海宏远贸易有限公司"]["E"] == "12.5"
    assert names["上海宏远贸易有限公司"]["C"] == "沈亦舟"
    with runtime.read(BOSS) as ctx:
        for entity, body, error in (
            ("product", {"layout": done["changeset"]}, BadInput),
            ("customer", {"layout": 999_999}, NotFound),
            ("customer", {"layout": done["changeset"], "select": ["name"]}, BadInput),
            ("customer", {"layout": True}, BadInput),
        ):
            with pytest.raises(error):
                exporting.write_file(ctx, entity, body, tmp_path / "never.xlsx")
    with runtime.read(Actor("user", 4711, "别人", ("owner",))) as ctx, pytest.raises(NotFound):
        exporting.write_file(ctx, "customer", {"layout": done["changeset"]}, tmp_path / "never.xlsx")


def test_rows_to_correct_come_back_as_the_users_own_file(runtime: Runtime, tmp_path: Path) -> None:
    source = tmp_path / "客户.xlsx"
    with xlsxwriter.Workbook(str(source), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("客户台账")
        head, day = book.add_format({"bold": True, "bg_color": "#F2F2F2"}), book.add_format({"num_format": "m月d日"})
        sheet.set_column(0, 0, 33)
        sheet.write("A1", "二〇二四年客户台账", head)
        for column, words in enumerate(("客户名称", "手机号", "合作起始时间", "累计金额(万元)", "负责人")):
            sheet.write(1, column, words, head)
        for row, (name, mobile, amount) in enumerate(
            (("上海宏远贸易有限公司", "13800000011", 12), ("杭州启明软件有限公司", "138", 3), ("", "13800000013", 1),
             ("成都锦里餐饮", "13800000014", "很多")), 2
        ):  # fmt: skip
            sheet.write_string(row, 0, name)
            sheet.write_string(row, 1, mobile)
            sheet.write_datetime(row, 2, datetime(2024, 3, row), day)  # noqa: DTZ001
            sheet.write(row, 3, amount)
        sheet.merge_range("E3:E6", "没有这个人")
        book.add_worksheet("别的").write("A1", "与这次无关")
    done = run(runtime, source, entity="customer", sheet="客户台账")
    with runtime.read(BOSS) as ctx:
        returned = importing.error_rows(ctx, done["id"])
    assert returned is not None
    out = tmp_path / returned[0]
    out.write_bytes(returned[1])
    before, after = looks(source), looks(out)
    assert (after.name, after.formulas, after.merges) == ("客户台账", [], set())
    assert {place: cell for place, cell in after.cells.items() if place in ("A1", "A2", "B2", "C2", "D2")} == {
        place: before.cells[place] for place in ("A1", "A2", "B2", "C2", "D2")
    }, "titles and headings as they were"
    assert after.widths["1:1"] == before.widths["1:1"]
    assert after.cells["C4"] == before.cells["C4"], "a date keeps its format"
    red = "FFFFD8D2"
    marked = {place for place, (_, _, ground) in after.cells.items() if ground == red}
    assert marked == {"B4", "D6", "E3", "E4", "E5", "E6"}
    assert after.cells["E4"][0] == "没有这个人", "a merged cell says its value in every row that stays"
    assert (after.cells["F2"][0], after.cells["G2"][0]) == ("原因", "记录编号")
    assert all(after.cells[f"F{row}"][0] for row in (3, 4, 5, 6))
    assert "与这次无关" not in returned[1].decode("latin-1")
    assert not any("sheet2" in part or "sharedStrings" in part for part in after.parts)

    # By their numbers the rows find their records again, though what tells customers apart was mended in them.
    again = run(runtime, out, entity="customer", cells={"客户台账": {
        "A4": "杭州启明软件股份有限公司", "B4": "13800000012", "A5": "广州海棠服饰有限公司", "D6": "5"}})  # fmt: skip
    assert (again["by_entity"]["customer"], again["rejected"]) == ({"created": 1, "updated": 2}, 0), findings(again)
    assert "column.unmapped" not in findings(again)
    with runtime.read(BOSS) as ctx:
        names = {row[2] for row in read.rows(ctx, "customer", {"select": ["name"]})}
    assert names == {"上海宏远贸易有限公司", "杭州启明软件股份有限公司", "广州海棠服饰有限公司", "成都锦里餐饮"}


def test_what_cannot_come_back_as_it_was_says_why(runtime: Runtime, tmp_path: Path) -> None:
    done = run(runtime, write_csv(tmp_path / "客户.csv"), entity="customer")
    with runtime.read(BOSS) as ctx:
        returned = importing.error_rows(ctx, done["id"])
    assert returned is not None
    with zipfile.ZipFile(io.BytesIO(returned[1])) as package:
        assert ".xlsx" in package.read("xl/comments1.xml").decode()


def test_an_address_book_comes_in_and_goes_out(runtime: Runtime, tmp_path: Path) -> None:
    book = tmp_path / "通讯录.vcf"
    book.write_text(
        "BEGIN:VCARD\nVERSION:3.0\nFN:沈亦舟\nORG:上海宏远贸易有限公司;采购部\nTITLE:采购总监\nTEL;TYPE=CELL:13800000011\n"
        "EMAIL:shen@example.com\nADR:;;世纪大道 1 号;上海市;;;\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:林晓岚\n"
        "TEL:13800000008\nBDAY:1990-04-05\nNOTE:爱喝绿茶\nEND:VCARD\n",
        encoding="utf-8",
    )
    done = run(runtime, book)
    created = {key: numbers["created"] for key, numbers in done["by_entity"].items()}
    assert (created["customer"], created["contact"], done["rejected"]) == (2, 1, 0), findings(done)
    out = tmp_path / "out.vcf"
    with runtime.read(BOSS) as ctx:
        told = exporting.write_file(ctx, "customer", {"sort": [{"field": "name"}]}, out)
        assert told["rows"] == 2
        with pytest.raises(BadInput, match="no_cards"):
            exporting.write_file(ctx, "order", {}, tmp_path / "never.vcf")
    firm, person = sorted(vcards.parse(out.read_bytes()), key=lambda card: not card.all("ORG"))
    assert firm.all("ORG")[0].parts == ["上海宏远贸易有限公司", "采购部"]
    assert (firm.text("FN"), firm.text("TITLE"), firm.text("TEL")) == ("沈亦舟", "采购总监", "13800000011")
    assert "世纪大道" in firm.all("ADR")[0].parts[2]
    assert (person.text("FN"), person.text("TEL"), person.text("BDAY")) == ("林晓岚", "13800000008", "1990-04-05")
    again = run(runtime, out, dry=True)
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)


def test_further_contacts_and_addresses_stand_in_their_columns(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The columns of the second and third contact went out empty."""
    monkeypatch.setattr(exporting, "PORTION", 2)
    head = [
        "客户编号",
        "客户名称",
        "联系人1",
        "职务1",
        "电话1",
        "联系人2",
        "电话2",
        "财务联系人",
        "财务电话",
        "收货地址",
        "开票地址",
    ]
    rows = [
        ["KH-001", "上海宏远贸易有限公司", "沈亦舟", "总经理", "13800000011", "何静怡", "13800000012",
         "罗锦程", "13800000013", "上海市浦东新区世纪大道 1 号", "上海市黄浦区南京东路 2 号"],
        ["KH-002", "杭州启明软件有限公司", "王芳", "", "13800000014", "", "", "李强", "13800000015",
         "", "杭州市西湖区文三路 9 号"],
        ["KH-003", "成都锦里餐饮有限公司", "", "", "", "", "", "周敏", "13800000016", "成都市武侯区锦里 3 号", ""],
        ["KH-004", "武汉金桥贸易有限公司", "", "", "", "", "", "", "", "", ""],
        ["KH-005", "长沙天成实业有限公司", "黄磊", "", "13800000017", "郑爽", "13800000018", "", "",
         "长沙市岳麓区 1 号", "长沙市岳麓区 1 号"],
    ]  # fmt: skip
    source = write_sheets(tmp_path / "客户.xlsx", {"客户": [head, *rows]})
    done = run(runtime, source, entity="customer")
    assert done["by_entity"]["contact"]["created"] == 8, findings(done)
    before, after = looks(source), export(runtime, tmp_path / "a.xlsx", done["changeset"])
    assert plain(after) == plain(before), "cell by cell"
    again = run(runtime, tmp_path / "a.xlsx", entity="customer")
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)
    with runtime.write(BOSS) as ctx:
        people = {row[2]: row[0] for row in read.rows(ctx, "contact", {"select": ["name"]})}
        write.update(ctx, "contact", people["何静怡"], {"mobile": "13900000000"})
    changed = export(runtime, tmp_path / "b.xlsx", done["changeset"])
    assert changed.cells["G2"][0] == "13900000000"


@pytest.mark.parametrize("entity", ["order", "order_line"])
def test_orders_show_the_further_contacts_of_their_customers(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entity: str
) -> None:
    """Of a sheet that came in as orders the columns of the second contact went out empty."""
    monkeypatch.setattr(exporting, "PORTION", 2)
    head = ["订单编号", "订单日期", "客户名称", "联系人1", "电话1", "联系人2", "电话2", "产品名称", "数量", "金额"]
    firms = [
        ["上海宏远贸易有限公司", "沈亦舟", "13800000011", "何静怡", "13800000012"],
        ["成都锦里餐饮有限公司", "周敏", "13800000016", "", ""],
        ["武汉金桥贸易有限公司", "王芳", "13800000014", "李强", "13800000015"],
    ]
    day = date(2026, 3, 2)
    rows = [[f"A{n}", day, *firm, "围布", 2, 12] for n, firm in enumerate([*firms, firms[0]])]
    source = write_sheets(tmp_path / "订单.xlsx", {"订单": [head, *rows]})
    done = run(runtime, source, entity="order")
    assert done["by_entity"]["contact"]["created"] == 5, findings(done)
    sort = [{"field": "code" if entity == "order" else "order.code"}]
    before = looks(source)
    after = export(runtime, tmp_path / "a.xlsx", done["changeset"], entity=entity, sort=sort)
    for title in ("订单编号", "客户名称", "联系人1", "电话1", "联系人2", "电话2"):
        column = [f"{chr(ord('A') + head.index(title))}{row}" for row in range(1, 6)]
        assert [after.cells[at][0] if at in after.cells else "" for at in column] == [
            before.cells[at][0] if at in before.cells else "" for at in column
        ], title
