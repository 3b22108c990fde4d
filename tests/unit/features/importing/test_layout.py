"""Tables are found on sheets as offices keep them: captions, headers of several rows, totals, several tables."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from kehu.features.importing.reader.parent import read_workbook
from kehu.features.importing.reader.workbook import Sheet, Workbook
from tests.support.sheets import Grid, Hide, write_sheets

Read = Callable[..., Workbook]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write sheets of rows, with merged cells by range, and read the workbook through the child."""

    def go(sheets: Mapping[str, Grid], merges: Sequence[str] = (), hide: Hide | None = None) -> Workbook:
        return read_workbook(write_sheets(tmp_path / "台账.xlsx", sheets, merges, hide), workdir=tmp_path / "work")

    return go


def titles(sheet: Sheet) -> list[str]:
    return [column.title for column in sheet.columns]


def data(sheet: Sheet) -> list[list[str | None]]:
    frames = list(sheet.blocks())
    return (
        [list(row) for row in pl.concat(frames).select(f"c{i}" for i in range(sheet.n_cols)).iter_rows()]
        if frames
        else []
    )


def rows(sheet: Sheet) -> list[int]:
    return [n for frame in sheet.blocks() for n in frame["row"].to_list()]


def told(book: Workbook) -> dict[str, list[int]]:
    return {
        f.code.removeprefix("import.left_out."): list(f.data["rows"]) for f in book.findings if "left_out" in f.code
    }


def test_title_notes_totals_and_signatures_are_no_data_and_told(read: Read) -> None:
    book = read(
        {
            "客户": [
                ["2026 年客户台账"],
                ["填报单位：销售一部", "", "", "单位：万元"],
                ["客户名称", "手机", "城市", "累计金额"],
                ["上海宏远贸易有限公司", "13800138000", "上海", 12.5],
                ["杭州微明花店", "13900139000", "杭州", 3],
                ["小计", "", "", 15.5],
                ["苏州木白文具店", "13700137000", "苏州", 1],
                ["合 计", "", "", 16.5],
                [],
                ["注：金额含税"],
                ["制表人：周以宁", "", "审核人：李想", "日期：2026-11-20"],
            ]
        },
        ["A1:D1"],
    )
    (sheet,) = book.sheets
    assert (sheet.header_row, sheet.header_rows, sheet.n_data, sheet.unit) == (3, 1, 3, "万元")
    assert [row[0] for row in data(sheet)] == ["上海宏远贸易有限公司", "杭州微明花店", "苏州木白文具店"]
    assert sheet.columns[3].kinds == {"n": 3, "t": 0} or sheet.columns[3].kinds == {"n": 3}
    assert told(book) == {"title": [1], "note": [2, 10], "total": [6, 8], "signature": [11]}


def test_a_merged_header_of_two_rows_is_joined(read: Read) -> None:
    book = read(
        {
            "F5": [
                ["客户信息管理等级表格"],
                ["客户编号", "姓名", "联系方式", "", "交易信息", "", "备注"],
                ["", "", "联系电话", "电子邮箱", "最近购买时间", "购买金额", ""],
                ["KH1", "林晓岚", "13800000008", "lin@example.com", date(2026, 3, 5), 1200, ""],
            ]
        },
        ["A1:G1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:G3"],
    )
    (sheet,) = book.sheets
    assert (sheet.header_row, sheet.header_rows, sheet.n_data) == (3, 2, 1)
    assert titles(sheet) == [
        "客户编号", "姓名", "联系方式/联系电话", "联系方式/电子邮箱", "交易信息/最近购买时间", "交易信息/购买金额",
        "备注",
    ]  # fmt: skip
    assert data(sheet)[0][4] == "2026-03-05"


def test_a_header_of_three_rows_with_units_is_joined(read: Read) -> None:
    book = read(
        {
            "客户": [
                ["基本信息", "", "", "交易信息", ""],
                ["客户编号", "客户名称", "手机", "累计金额", "购买次数"],
                ["", "", "", "(万元)", "(次)"],
                ["KH1", "林晓岚", "13800000008", 1.2, 3],
            ]
        },
        ["A1:C1", "D1:E1", "A2:A3", "B2:B3", "C2:C3"],
    )
    (sheet,) = book.sheets
    assert (sheet.header_row, sheet.header_rows) == (3, 3)
    assert titles(sheet)[:2] == ["基本信息/客户编号", "基本信息/客户名称"]
    assert titles(sheet)[3] == "交易信息/累计金额(万元)"


def test_a_two_row_header_without_merges_is_joined_too(read: Read) -> None:
    book = read(
        {
            "客户": [
                ["客户编号", "客户名称", "联系方式", "", "地址"],
                ["", "", "手机", "邮箱", ""],
                ["KH1", "林晓岚", "13800000008", "lin@example.com", "杭州市上城区"],
                ["KH2", "陈嘉禾", "13800000009", "", "杭州市滨江区"],
            ]
        }
    )
    (sheet,) = book.sheets
    assert titles(sheet) == ["客户编号", "客户名称", "联系方式/手机", "联系方式/邮箱", "地址"]
    assert sheet.n_data == 2


def test_tables_one_below_another_and_side_by_side(read: Read) -> None:
    below = [
        ["客户"],
        ["客户名称", "手机", "城市"],
        ["林晓岚", "13800000008", "杭州"],
        ["陈嘉禾", "13800000009", "杭州"],
        [],
        ["产品"],
        ["产品编号", "产品名称", "单价"],
        ["P1", "护理套餐", 320],
    ]
    beside = [
        ["客户名称", "手机", "", "产品编号", "产品名称"],
        ["林晓岚", "13800000008", "", "P1", "护理套餐"],
        ["陈嘉禾", "13800000009", "", "P2", "女装"],
        ["周明远", "13800000010"],
        ["何静怡", "13800000011"],
    ]
    book = read({"一": below, "二": beside})
    assert [(s.name, s.sheet, s.header_row, s.n_data) for s in book.sheets] == [
        ("一", "一", 2, 2), ("一!A7", "一", 7, 1), ("二", "二", 1, 4), ("二!D1", "二", 1, 2),
    ]  # fmt: skip
    assert data(book.sheets[1]) == [["P1", "护理套餐", "320"]]
    assert data(book.sheets[3]) == [["P1", "护理套餐"], ["P2", "女装"]]
    assert [c.letters for c in book.sheets[3].columns] == ["D", "E"]
    assert [c.kinds for c in book.sheets[3].columns] == [{"t": 2}, {"t": 2}]
    assert told(book) == {"title": [1, 6]}


CUSTOMERS = [
    ["客户名称", "手机", "城市", "备注"],
    ["林晓岚", "13800000008", "杭州", ""],
    ["上海宏远贸易有限公司", "13800000013", "上海", "月结"],
]


@pytest.mark.parametrize(
    ("between", "second", "place", "n_data"),
    [
        ([], [["品名", "单价"], ["护理套餐", 320], ["女装", 99]], "A4", 2),
        ([["产品价目"]], [["品名", "单价"], ["护理套餐", 320]], "A5", 1),
        ([["合计", "", "", ""]], [["品名", "单价"], ["护理套餐", 320]], "A5", 1),
        ([], [["", "", "产品编号", "产品名称"], ["", "", "P1", "护理套餐"]], "A4", 1),
        ([], [["产品编号", "产品名称", "规格", "单价", "品牌"], ["P1", "护理套餐", "盒", 320, "微明"]], "A4", 1),
    ],
)
def test_a_table_just_below_another_is_one_of_its_own(
    read: Read, between: list[list[str]], second: list[list[object]], place: str, n_data: int
) -> None:
    book = read({"客户": [*CUSTOMERS, *between, *second]})
    assert [(s.name, s.n_data) for s in book.sheets] == [("客户", 2), (f"客户!{place}", n_data)]
    assert [[cell for cell in row if cell] for row in data(book.sheets[1])] == [
        [str(cell) for cell in row if cell] for row in second[1:]
    ]


@pytest.mark.parametrize(
    "row",
    [
        ["备注", "", "说明", "其他"],  # not side by side
        ["手机", "电话", "", ""],  # nothing that has a name
        ["客户", "13800000011", "北京", ""],
        ["客户名称", "电话", "", ""],  # below it a row that stands outside of it
    ],
)
def test_a_row_of_words_that_are_titles_elsewhere_parts_no_table(read: Read, row: list[str]) -> None:
    (sheet,) = read({"客户": [*CUSTOMERS, row, ["陈嘉禾", "13800000009", "杭州", "现结"]]}).sheets
    assert sheet.n_data == 4


def test_a_table_far_down_just_below_another_is_found(read: Read) -> None:
    many = [[f"第{n}号茶庄", f"138{n:08d}", "杭州", "月结"] for n in range(7_000)]
    book = read({"客户": [CUSTOMERS[0], *many, ["品名", "单价"], ["护理套餐", 320], ["女装", 99]]})
    assert [(s.name, s.n_data) for s in book.sheets] == [("客户", 7_000), ("客户!A7002", 2)]


def test_blank_rows_and_columns_and_repeated_headers_part_no_table(read: Read) -> None:
    head = ["客户名称", "", "手机", "城市"]
    book = read(
        {
            "客户": [
                head,
                ["林晓岚", "", "13800000008", "杭州"],
                [],
                ["陈嘉禾", "", "13800000009", "杭州"],
                head,
                ["周明远", "", "13800000010", "北京"],
                [],
                [],
                head,
                ["上海宏远", "", "13800000013", "上海"],
            ]
        }
    )
    (sheet,) = book.sheets
    assert (sheet.n_data, rows(sheet)) == (4, [2, 4, 6, 10])
    assert told(book) == {"header": [5, 9]}


def test_merged_cells_of_the_body_are_filled_down_and_told(read: Read) -> None:
    book = read(
        {
            "联系人": [
                ["客户编号", "客户名称", "联系人", "金额"],
                [1001, "上海宏远贸易", "沈亦舟", 500],
                ["", "", "顾长青", ""],
                ["", "", "叶知秋", ""],
                [1002, "杭州微明花店", "郑海", 3],
            ]
        },
        ["A2:A4", "B2:B4", "D2:D4"],
    )
    (sheet,) = book.sheets
    assert data(sheet) == [
        ["1001", "上海宏远贸易", "沈亦舟", "500"],
        ["1001", "上海宏远贸易", "顾长青", None],
        ["1001", "上海宏远贸易", "叶知秋", None],
        ["1002", "杭州微明花店", "郑海", "3"],
    ]
    filled = [
        (f.data["column"], f.data["count"], f.data["cell"]) for f in book.findings if f.code == "import.filled_down"
    ]
    assert filled == [("客户编号", 2, "A3"), ("客户名称", 2, "B3")]


def test_hidden_rows_and_columns_are_read_and_told(read: Read) -> None:
    def hide(sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(1, 2, None, None, {"hidden": True})

    grid = [["客户名称", "手机", "城市"], ["林晓岚", "13800000008", "杭州"], ["陈嘉禾", "13800000009", "杭州"]]
    book = read({"客户": grid}, hide=hide)
    assert book.sheets[0].n_data == 2
    assert [(f.code, f.data["count"]) for f in book.findings] == [
        ("import.hidden_rows", 1),
        ("import.hidden_columns", 2),
    ]


def test_what_stands_out_is_found_far_down_a_long_sheet(read: Read) -> None:
    head = ["客户名称", "手机", "城市", "金额"]
    grid = [head, *([f"第{n}家", f"138{n:08d}", "上海", n] for n in range(700))]
    grid[600] = ["小计", "", "", 9]
    grid[620] = head
    grid[640] = []
    grid += [["总计", "", "", 99], [], ["制表：周以宁", "", "", "2026-11-20"], ["注：以上含税"]]
    book = read({"客户": grid})
    (sheet,) = book.sheets
    assert told(book) == {"total": [601, 702], "header": [621], "signature": [704], "note": [705]}
    assert sheet.n_data == 697 == len(rows(sheet))


def test_a_long_sheet_holds_a_second_table_below(read: Read) -> None:
    grid = [["客户名称", "手机"], *([f"第{n}家", f"138{n:08d}"] for n in range(800))]
    grid += [[], ["产品编号", "产品名称", "单价"], *([f"P{n}", "护理套餐", 3] for n in range(10))]
    book = read({"客户": grid})
    assert [(s.name, s.header_row, s.n_rows, s.n_data) for s in book.sheets] == [
        ("客户", 1, 802, 800),
        ("客户!A803", 803, 813, 10),
    ]


@pytest.mark.parametrize("blank", [0, 1])
def test_rows_of_texts_are_no_second_header(read: Read, blank: int) -> None:
    grid = [
        ["客户名称", "城市", "备注"],
        ["林晓岚", "杭州", "老客户"],
        *[[]] * blank,
        ["陈嘉禾", "杭州", "喜欢米白"],
        ["周明远", "北京", "拿铁"],
    ]
    book = read({"客户": grid})
    assert [(s.name, s.n_data) for s in book.sheets] == [("客户", 3)]
    assert told(book) == {}
