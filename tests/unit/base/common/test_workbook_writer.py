"""Exports are typed, survive a reading back, and never turn a text into a formula (D5)."""

# ruff: noqa: DTZ001  workbooks know no time zones
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kehu.base.common import workbook_writer as writers
from kehu.base.common.formula_guard import guard, unguard
from kehu.base.common.workbook_writer import LONGEST_TEXT, ColumnSpec, Value, write_csv, write_xlsx

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = [
    ColumnSpec("客户名称", width=30),
    ColumnSpec("手机"),
    ColumnSpec("累计金额", "money"),
    ColumnSpec("数量", "integer"),
    ColumnSpec("折扣率", "percent", decimals=1),
    ColumnSpec("建档日期", "date"),
    ColumnSpec("最近跟进", "datetime"),
    ColumnSpec("重要", "boolean"),
]
ROWS: list[list[Value]] = [
    ["上海宏远贸易", "013800138000", Decimal("86000.50"), 12, Decimal("0.085"), date(2026, 3, 5),
     datetime(2026, 3, 5, 6, 30, 15, tzinfo=UTC), True],
    ["=HYPERLINK(\"http://a.b\")", "+8613800138000", None, None, None, None, None, False],
    ["😀苏州木白", "", Decimal("-2400"), 10**17, None, date(1899, 12, 31), None, None],
]  # fmt: skip
HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "{=1+1}", "\t=1", "＝1+1", "http://a.b/c", "'=1", "0012"]


def read_back(path: Path) -> dict[str, list[list[object]]]:
    with CalamineWorkbook.from_path(str(path)) as book:
        return {name: [list(row) for row in book.get_sheet_by_name(name).iter_rows()] for name in book.sheet_names}


def xml_of(path: Path) -> str:
    with zipfile.ZipFile(path) as package:
        return "".join(package.read(n).decode() for n in package.namelist() if "worksheets/" in n or "styles" in n)


def test_typed_cells_come_back_as_they_were(tmp_path: Path) -> None:
    written = write_xlsx(tmp_path / "a.xlsx", COLUMNS, iter(ROWS), sheet_name="客户", zone=SHANGHAI)
    assert (written.rows, written.sheets, written.cut) == (3, 1, 0)
    header, first, second, third = read_back(tmp_path / "a.xlsx")["客户"]
    assert header == [column.title for column in COLUMNS]
    assert first == [
        "上海宏远贸易", "013800138000", 86000.5, 12.0, 0.085, date(2026, 3, 5), datetime(2026, 3, 5, 14, 30, 15), True,
    ]  # fmt: skip
    assert second == ['=HYPERLINK("http://a.b")', "+8613800138000", "", "", "", "", "", False]
    assert third == ["😀苏州木白", "", -2400.0, "100000000000000000", "", "1899-12-31", "", ""]


def test_sheet_has_frozen_header_formats_and_no_formula(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", [ColumnSpec("备注")], [[text] for text in HOSTILE], sheet_name="客户")
    write_xlsx(tmp_path / "b.xlsx", COLUMNS, ROWS, sheet_name="客户")
    xml = xml_of(tmp_path / "a.xlsx")
    assert "<f>" not in xml
    assert "<hyperlink" not in xml
    assert 'ySplit="1"' in xml
    assert 'state="frozen"' in xml
    assert [row[0] for row in read_back(tmp_path / "a.xlsx")["客户"][1:]] == HOSTILE
    for wanted in ("#,##0.00", "yyyy-mm-dd", "0.0%"):
        assert f'formatCode="{wanted}"' in xml_of(tmp_path / "b.xlsx")
    assert 'numFmtId="49"' in xml or 'formatCode="@"' in xml  # 49 is Excel's own number for text


def test_a_column_may_mix_texts_and_numbers(tmp_path: Path) -> None:
    mixed: list[Value] = [None, 1, "待核实", Decimal("2.5"), 10**16, Decimal("1234567890.1234567"), float("inf"), True]
    write_xlsx(tmp_path / "a.xlsx", [ColumnSpec("金额", "number")], [[v] for v in mixed], sheet_name="客户")
    back = [row[0] for row in read_back(tmp_path / "a.xlsx")["客户"][1:]]
    assert back == ["", 1.0, "待核实", 2.5, "10000000000000000", "1234567890.1234567", "inf", "TRUE"]


def test_long_texts_are_cut_at_excels_limit_with_a_mark(tmp_path: Path) -> None:
    texts = ["宏" * LONGEST_TEXT, "宏" * (LONGEST_TEXT + 1), "😀" * 20_000]
    written = write_xlsx(
        tmp_path / "a.xlsx", [ColumnSpec("备注")], [[t] for t in texts], sheet_name="客户", cut_mark="…（后面没有导出）"
    )
    back = [str(row[0]) for row in read_back(tmp_path / "a.xlsx")["客户"][1:]]
    assert written.cut == 2
    assert back[0] == texts[0]
    for text in back[1:]:
        assert text.endswith("（后面没有导出）")
        assert LONGEST_TEXT - 1 <= len(text.encode("utf-16-le")) // 2 <= LONGEST_TEXT


def test_rows_beyond_a_sheet_go_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "SHEET_ROWS", 4)
    rows = [[f"第{n}家"] for n in range(10)]
    written = write_xlsx(tmp_path / "a.xlsx", [ColumnSpec("客户")], iter(rows), sheet_name="客户", count=10)
    sheets = read_back(tmp_path / "a.xlsx")
    assert written.sheets == 3
    assert list(sheets) == ["客户", "客户_2", "客户_3"]
    assert [row for sheet in sheets.values() for row in sheet[1:]] == rows
    assert all(sheet[0] == ["客户"] for sheet in sheets.values())
    with pytest.raises(ValueError, match="more rows than announced"):
        write_xlsx(tmp_path / "b.xlsx", [ColumnSpec("客户")], iter(rows), sheet_name="客户", count=3)


def test_nothing_to_write_still_has_a_header(tmp_path: Path) -> None:
    assert write_xlsx(tmp_path / "a.xlsx", COLUMNS, [], sheet_name="客户/公司[旧]").rows == 0
    assert read_back(tmp_path / "a.xlsx") == {"客户-公司-旧-": [[column.title for column in COLUMNS]]}


def test_equal_titles_stay_two_columns(tmp_path: Path) -> None:
    columns = [ColumnSpec("电话"), ColumnSpec("电话"), ColumnSpec("电话 (2)")]
    write_xlsx(tmp_path / "a.xlsx", columns, [["1", "2", "3"]], sheet_name="客户")
    assert read_back(tmp_path / "a.xlsx")["客户"] == [["电话", "电话 (2)", "电话 (2) (2)"], ["1", "2", "3"]]


def test_datetimes_without_zone_stay_and_dates_are_days(tmp_path: Path) -> None:
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    row: Sequence[Value] = [moment, moment.replace(tzinfo=None), moment + timedelta(hours=1)]
    columns = [ColumnSpec("甲", "datetime"), ColumnSpec("乙", "datetime"), ColumnSpec("丙", "datetime")]
    write_xlsx(tmp_path / "a.xlsx", columns, [row], sheet_name="客户", zone=SHANGHAI)
    back = read_back(tmp_path / "a.xlsx")["客户"][1]
    assert back == [datetime.fromisoformat(t) for t in ("2027-01-01T07:30", "2026-12-31T23:30", "2027-01-01T08:30")]


def test_csv_has_a_bom_and_guards_texts_but_not_numbers(tmp_path: Path) -> None:
    columns = [ColumnSpec("=客户"), ColumnSpec("金额", "money"), ColumnSpec("时间", "datetime")]
    rows: list[list[Value]] = [
        ["=1+1", Decimal("-2400.00"), datetime(2026, 3, 5, 6, 30, tzinfo=UTC)],
        ["-5", -3, None],
        ["老客户，\n要发票", None, None],
    ]
    assert write_csv(tmp_path / "a.csv", columns, rows, zone=SHANGHAI).rows == 3
    data = (tmp_path / "a.csv").read_bytes()
    assert data.decode("utf-8") == (
        "\ufeff'=客户,金额,时间\r\n'=1+1,-2400.00,2026-03-05 14:30:00\r\n-5,-3,\r\n\"老客户，\n要发票\",,\r\n"
    )


@pytest.mark.parametrize("text", [*HOSTILE, "\r=1", " =1", "+8613800138000", "@宏远", "－1", "＋1", "＠a"])
def test_every_dangerous_text_is_guarded(text: str) -> None:
    if text not in ("{=1+1}", "http://a.b/c", "0012"):
        assert guard(text) == "'" + text
    else:
        assert guard(text) == text


@given(st.one_of(st.text(max_size=8), st.text("'=+-@ 1", max_size=6)))
def test_guarding_can_be_undone(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in ("=", "+", "@")
