"""Reading ordinary workbooks of every kind through the real child process."""

# ruff: noqa: DTZ001  workbooks know no time zones
import csv
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from kehu.base.errors import BadInput
from kehu.features.importing.reader.parent import read_workbook
from kehu.features.importing.reader.workbook import Sheet, Workbook
from tests.support.workbooks import sheet_xml, text_rows, write_ods, write_raw_xlsx, write_xls


@pytest.fixture
def read(tmp_path: Path):
    """Read a file with a working folder of its own."""

    def go(path: Path, **options) -> Workbook:
        return read_workbook(path, workdir=tmp_path / "work" / path.name, **options)

    return go


def cells(sheet: Sheet) -> list[list[tuple[str | None, str]]]:
    frame = pl.concat(list(sheet.blocks()))
    return [[(row[f"c{i}"], row[f"k{i}"]) for i in range(sheet.n_cols)] for row in frame.iter_rows(named=True)]


def test_typed_cells_of_an_xlsx_keep_text_and_kind(tmp_path: Path, read) -> None:
    path = tmp_path / "客户台账.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("客户")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        clock = book.add_format({"num_format": "[h]:mm:ss"})
        titles = ["客户名称", "手机", "累计金额", "数量", "建档日期", "最近跟进", "重要", "折扣率", "通话时长", "备注"]
        for index, title in enumerate(titles):
            sheet.write_string(0, index, title)
        sheet.write_string(1, 0, "上海宏远贸易有限公司")
        sheet.write_string(1, 1, "013800138000")
        sheet.write_number(1, 2, 86000.5)
        sheet.write_number(1, 3, 12)
        sheet.write_datetime(1, 4, datetime(2026, 3, 5), day)
        sheet.write_datetime(1, 5, datetime(2026, 3, 5, 14, 30, 15), moment)
        sheet.write_boolean(1, 6, True)
        sheet.write_formula(1, 7, "=1/0", None, "#DIV/0!")
        sheet.write_number(1, 8, 26.5 / 24, clock)
        sheet.write_string(2, 0, "杭州微明花店")
        sheet.write_number(2, 2, -0.1 - 0.2)
        sheet.write_string(2, 9, "  ")
    book = read(path)
    assert (book.kind, book.encoding, [s.name for s in book.sheets]) == ("xlsx", None, ["客户"])
    sheet = book.sheets[0]
    assert (sheet.header_row, sheet.n_rows, sheet.n_cols, sheet.n_data) == (1, 3, 10, 2)
    assert [c.title for c in sheet.columns] == titles
    assert cells(sheet)[0] == [
        ("上海宏远贸易有限公司", "t"),
        ("013800138000", "t"),
        ("86000.5", "n"),
        ("12", "n"),
        ("2026-03-05", "d"),
        ("2026-03-05T14:30:15", "d"),
        ("TRUE", "b"),
        ("#DIV/0!", "e"),
        ("26:30:00", "t"),
        (None, "0"),
    ]
    assert cells(sheet)[1][2] == ("-0.3", "n")
    assert sheet.columns[2].kinds == {"n": 2}
    assert [(f.code, f.data["cell"], f.data["column"]) for f in book.findings] == [
        ("import.error_cell", "H2", "折扣率")
    ]


def test_title_rows_gaps_and_offsets_keep_excel_row_numbers(tmp_path: Path, read) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write(1, 2, "2026 年客户台账")
        sheet.write_row(3, 2, ["客户", "手机", "城市"])
        sheet.write_row(4, 2, ["宏远", "13800138000", "上海"])
        sheet.write_row(8, 2, ["微明", "13900139000", "杭州"])
    sheet = read(path).sheets[0]
    assert sheet.header_row == 4
    assert [(c.letters, c.title) for c in sheet.columns] == [
        ("A", ""),
        ("B", ""),
        ("C", "客户"),
        ("D", "手机"),
        ("E", "城市"),
    ]
    frame = pl.concat(list(sheet.blocks()))
    assert frame["row"].to_list() == [5, 9]
    assert frame["c2"].to_list() == ["宏远", "微明"]
    assert frame["c0"].to_list() == [None, None]
    assert sheet.head(2) == [
        (2, [None, None, "2026 年客户台账", None, None]),
        (4, [None, None, "客户", "手机", "城市"]),
    ]
    assert pl.concat(list(sheet.blocks(after_row=5)))["c2"].to_list() == ["微明"]


def test_many_rows_come_in_blocks_and_in_order(tmp_path: Path, read) -> None:
    path = tmp_path / "客户.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["客户编号", "客户名称"])
        writer.writerows([f"KH{n:05d}", f"第{n}家"] for n in range(12_345))
    sheet = read(path).sheets[0]
    frames = list(sheet.blocks())
    assert len(frames) > 2
    everything = pl.concat(frames)
    assert everything["row"].to_list() == list(range(2, 12_347))
    assert everything["c0"].to_list() == [f"KH{n:05d}" for n in range(12_345)]
    assert sheet.columns[1].kinds == {"t": 12_345}


def test_several_sheets_hidden_and_empty(tmp_path: Path, read) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("客户").write_column(0, 0, ["客户名称", "宏远"])
        book.add_worksheet("空表")
        hidden = book.add_worksheet("旧数据")
        hidden.write_column(0, 0, ["联系人", "周以宁"])
        hidden.hide()
    book = read(path)
    assert [(s.name, s.hidden, s.n_data) for s in book.sheets] == [("客户", False, 1), ("旧数据", True, 1)]
    assert cells(book.sheets[1]) == [[("周以宁", "t")]]


def test_xls_through_the_child(tmp_path: Path, read) -> None:
    rows = [["客户名称", "累计金额"], ["上海宏远贸易", 864000.0], ["苏州木白", 12.5]]
    book = read(write_xls(tmp_path / "旧台账.xls", "客户", rows))
    assert (book.kind, book.sheets[0].name) == ("xls", "客户")
    assert cells(book.sheets[0]) == [[("上海宏远贸易", "t"), ("864000", "n")], [("苏州木白", "t"), ("12.5", "n")]]


def test_ods_through_the_child(tmp_path: Path, read) -> None:
    rows = [["客户名称", "累计金额"], ["上海宏远贸易", 864000.0], ["苏州木白", 12.5]]
    book = read(write_ods(tmp_path / "台账.ods", "客户", rows))
    assert (book.kind, book.sheets[0].name) == ("ods", "客户")
    assert cells(book.sheets[0]) == [[("上海宏远贸易", "t"), ("864000", "n")], [("苏州木白", "t"), ("12.5", "n")]]


def test_kind_is_told_by_content_not_by_name(tmp_path: Path, read) -> None:
    path = write_raw_xlsx(tmp_path / "客户.csv", {"客户": sheet_xml(text_rows([["客户名称"], ["宏远"]]))})
    assert read(path).kind == "xlsx"
    table = tmp_path / "客户.xls"
    table.write_text("客户名称,手机\n宏远,13800138000\n", encoding="gbk")
    assert read(table).kind == "csv"


def test_numbers_that_excel_has_cut_are_told(tmp_path: Path, read) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("客户")
        sheet.write_row(0, 0, ["客户名称", "身份证号"])
        sheet.write_row(1, 0, ["张伟", "110101199003071234"])
        sheet.write_row(2, 0, ["王芳", 110101199003071234])
    book = read(path)
    assert cells(book.sheets[0])[1][1] == ("110101199003071000", "n")
    assert [(f.code, dict(f.data)) for f in book.findings] == [
        ("import.long_number", {"sheet": "客户", "column": "身份证号", "count": 1, "cell": "B3"})
    ]


def test_macros_are_told_and_not_kept(tmp_path: Path, read) -> None:
    xml = sheet_xml(text_rows([["客户名称"], ["宏远"]]))
    path = write_raw_xlsx(tmp_path / "a.xlsm", {"客户": xml}, more={"xl/vbaProject.bin": b"Attribute VB_Name"})
    assert [f.code for f in read(path).findings] == ["import.macro"]


def test_a_workbook_without_cells_is_empty(tmp_path: Path, read) -> None:
    with pytest.raises(BadInput) as caught:
        read(write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml("")}))
    assert caught.value.code == "import.empty"
    (tmp_path / "b.csv").write_bytes(b"\r\n\r\n")
    with pytest.raises(BadInput) as caught:
        read(tmp_path / "b.csv")
    assert caught.value.code == "import.empty"


def test_dates_stand_as_iso_texts_in_both_calendars(tmp_path: Path, read) -> None:
    for old_mac in (False, True):
        path = tmp_path / f"{old_mac}.xlsx"
        with xlsxwriter.Workbook(str(path), {"date_1904": old_mac}) as book:
            sheet = book.add_worksheet()
            sheet.write_string(0, 0, "生日")
            sheet.write_datetime(1, 0, date(1988, 2, 29), book.add_format({"num_format": "yyyy/m/d"}))
        assert cells(read(path).sheets[0]) == [[("1988-02-29", "d")]]


def test_the_header_can_be_moved(tmp_path: Path, read) -> None:
    path = tmp_path / "a.csv"
    path.write_text("客户台账,制表：周以宁\n客户名称,手机\n宏远,\n微明,13900139000\n", encoding="utf-8")
    sheet = read(path).sheets[0]
    assert (sheet.header_row, sheet.n_data) == (1, 3)
    moved = sheet.with_header(2)
    assert (moved.header_row, moved.n_data, [c.title for c in moved.columns]) == (2, 2, ["客户名称", "手机"])
    assert moved.columns[1].kinds == {"t": 1, "0": 1}
    assert cells(moved)[0] == [("宏远", "t"), (None, "0")]
    bare = sheet.with_header(None)
    assert (bare.header_row, bare.n_data, [c.title for c in bare.columns]) == (None, 4, ["", ""])
    assert bare.columns[1].kinds == {"t": 3, "0": 1}
    again = moved.with_header(1)
    assert (again.n_data, again.columns) == (sheet.n_data, sheet.columns)
    with pytest.raises(BadInput) as caught:
        sheet.with_header(9)
    assert caught.value.code == "import.header"


def test_the_user_chooses_the_encoding_when_the_guess_was_wrong(tmp_path: Path, read) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("客戶名稱,電話\n宏遠貿易,02-12345678\n".encode("big5"))
    assert read(path).encoding == "gb18030"
    book = read(path, encoding="big5")
    assert (book.encoding, book.sheets[0].columns[0].title) == ("big5", "客戶名稱")
    wrong = read(path, encoding="utf-8")
    assert [f.code for f in wrong.findings] == ["import.bad_bytes"]
    with pytest.raises(BadInput) as caught:
        read(path, encoding="rot13")
    assert caught.value.code == "import.encoding"
