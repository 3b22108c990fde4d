"""Rejected rows come back marked: coloured cells, reasons, record numbers, nothing lost."""

import zipfile
from datetime import date
from pathlib import Path

from python_calamine import CalamineWorkbook

from kehu.features.importing.errors_book import write_error_workbook

HEADER = ["客户名称", "手机", "金额", "建档日期"]
ROWS = [
    ["上海宏远贸易", "1380013800", 86000.5, date(2026, 3, 5)],
    ["", "13900139000", "八千", "2026-13-40"],
    ["=1+1", "013800138000", None, None],
]
MARKS = {(0, 1): "少 1 位", (1, 0): "必填", (1, 2): "不是数", (1, 3): "不是日期，写成 2026-03-05 这样"}


def test_rows_marks_reasons_and_ids(tmp_path: Path) -> None:
    path = tmp_path / "没导入的行.xlsx"
    written = write_error_workbook(path, HEADER, iter(ROWS), MARKS, {2: "和第 1 行重复"}, record_ids={0: "01JD5Z"})
    assert written == 3
    with CalamineWorkbook.from_path(str(path)) as book:
        assert book.sheet_names == ["没导入的行"]
        rows = list(book.get_sheet_by_index(0).iter_rows())
    assert rows == [
        [*HEADER, "原因", "记录编号"],
        ["上海宏远贸易", "1380013800", 86000.5, date(2026, 3, 5), "手机：少 1 位", "01JD5Z"],
        [
            "",
            "13900139000",
            "八千",
            "2026-13-40",
            "客户名称：必填；金额：不是数；建档日期：不是日期，写成 2026-03-05 这样",
            "",
        ],
        ["=1+1", "013800138000", "", "", "和第 1 行重复", ""],
    ]


def test_marked_cells_are_coloured_and_only_those(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_error_workbook(path, HEADER, ROWS, MARKS, {})
    with zipfile.ZipFile(path) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
        styles = package.read("xl/styles.xml").decode()
    assert "FFFFD8D2" in styles
    style_of = {
        part.split('"')[0]: part.split(' s="')[1].split('"')[0]
        for part in sheet.split('<c r="')[1:]
        if ' s="' in part.split(">")[0]
    }
    bad = {style_of[cell] for cell in ("B2", "A3", "C3", "D3")}
    assert len(bad) == 1
    assert not bad & {style_of[cell] for cell in ("A2", "B3", "A4", "B4")}
    assert "<f>" not in sheet
