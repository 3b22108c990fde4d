"""Writes rejected rows back as a workbook: bad cells coloured, reasons beside them, ready to mend and import again.

The original columns keep their order and their texts; two columns are added at the end. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from kehu.base.common.later import Later
from kehu.base.common.workbook_writer import LONGEST_TEXT, Value
from kehu.features.importing.reader.header import ID_TITLE, REASON_TITLE
from kehu.features.importing.reader.workbook import Sheet

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet
else:
    xlsxwriter = Later("xlsxwriter")

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_SHEET_ROWS = 1_048_575
REASON_WIDTH, ID_WIDTH = 48, 28


def is_returned(titles: Collection[str]) -> bool:
    """Whether a sheet with these headings went out to be corrected."""
    return REASON_TITLE in titles and ID_TITLE in titles


def record_numbers(sheet: Sheet) -> dict[int, int]:
    """Of a workbook that went out to be corrected the record that each row stands for; empty for any other."""
    places = {column.title: column.index for column in sheet.columns}
    if not is_returned(places):
        return {}
    at, found = f"c{places[ID_TITLE]}", dict[int, int]()
    for frame in sheet.blocks(sheet.header_row or 0):
        for row, text in frame.select("row", at).iter_rows():
            if text is not None and text.strip().isdecimal():
                found[row] = int(text)
    return found


def write_error_workbook(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Value]],
    marks: Mapping[tuple[int, int], str],
    row_reasons: Mapping[int, str],
    *,
    record_ids: Mapping[int, str] | None = None,
    sheet_name: str = "没导入的行",
    reason_title: str = REASON_TITLE,
    id_title: str = ID_TITLE,
    note: str | None = None,
) -> int:
    """Write the rows and return how many; `marks` is by (row, column), `row_reasons` by row, both from 0.

    The reason column joins the row's own reason with those of its cells, each behind its column title.
    `record_ids` names the record that a row was matched with, `note` says beside the title of the reasons why the book
    does not look as the file did. At most 1,048,575 rows are written.
    """
    reasons = joined_reasons(header, marks, row_reasons)
    width = len(header)
    written = 0
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        sheet = book.add_worksheet(sheet_name)
        bold = book.add_format({"bold": True, "bottom": 1})
        plain = book.add_format({"num_format": "@"})
        bad = book.add_format({"num_format": "@", "bg_color": "#FFD8D2", "border": 1, "border_color": "#D4380D"})
        why = book.add_format({"font_color": "#A8071A", "num_format": "@", "text_wrap": True})
        formats = _Formats(plain, bad, book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(width - 1, 0), 16)
        sheet.set_column(width, width, REASON_WIDTH)
        sheet.set_column(width + 1, width + 1, ID_WIDTH)
        for column, title in enumerate([*header, reason_title, id_title]):
            sheet.write_string(0, column, title, bold)
        if note:
            sheet.write_comment(0, width, note)
        for number, row in enumerate(rows):
            if number >= _SHEET_ROWS:
                break
            for column, value in enumerate(row[:width]):
                _write(sheet, number + 1, column, value, formats, marked=(number, column) in marks)
            sheet.write_string(number + 1, width, reasons.get(number, "")[:LONGEST_TEXT], why)
            sheet.write_string(number + 1, width + 1, (record_ids or {}).get(number, ""), plain)
            written += 1
    return written


class _Formats:
    def __init__(self, plain: Format, bad: Format, day: Format) -> None:
        self.plain = plain
        self.bad = bad
        self.day = day


def _write(sheet: Worksheet, row: int, column: int, value: Value, formats: _Formats, *, marked: bool) -> None:
    style = formats.bad if marked else None
    if value is None or value == "":
        if marked:  # a missing required value: the empty cell itself is coloured
            sheet.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, int | float | Decimal) and abs(float(value)) < 1e15:
        sheet.write_number(row, column, float(value), style)
    elif isinstance(value, date) and not isinstance(value, datetime) and value.year >= 1901:
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), style or formats.day)  # noqa: DTZ001
    else:
        text = str(value).encode("utf-8", "replace").decode("utf-8")
        sheet.write_string(
            row, column, text[: LONGEST_TEXT // 2] if len(text) > LONGEST_TEXT else text, style or formats.plain
        )


def joined_reasons(
    header: Sequence[str], marks: Mapping[tuple[int, int], str], row_reasons: Mapping[int, str]
) -> dict[int, str]:
    """The reasons of each row as one text: its own first, then those of its cells behind their titles."""
    parts: dict[int, list[str]] = {row: [text] for row, text in row_reasons.items() if text}
    for row, column in sorted(marks):
        title = header[column] if column < len(header) else ""
        text = marks[(row, column)]
        parts.setdefault(row, []).append(f"{title}：{text}" if title else text)
    return {row: "；".join(texts) for row, texts in parts.items()}
