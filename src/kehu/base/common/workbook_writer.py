"""Writes rows as xlsx and csv files that Excel and WPS open: typed cells, texts that never become formulas.

Streams: rows come from a generator and leave in constant memory. It knows nothing of entities, rights or views;
who may see a value was decided before it came here.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rustpy_xlsxwriter import Format, write_worksheets

from kehu.base.common.formula_guard import guard
from kehu.base.common.later import Later

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = Later("xlsxwriter")

Value = str | int | float | Decimal | bool | date | datetime | None
Kind = Literal["text", "integer", "number", "money", "percent", "date", "datetime", "boolean"]

SHEET_ROWS = 1_048_575
"""Data rows of one sheet, below the header."""
LONGEST_TEXT = 32_767
"""Excel's limit per cell, in UTF-16 units."""
_EXACT = 10**15
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a leap day that never was
_BAD_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of an export. `width` in characters; `decimals` for number, money and percent (a fraction)."""

    title: str
    kind: Kind = "text"
    width: float | None = None
    decimals: int | None = None


@dataclass(slots=True)
class Written:
    """What was written: data rows, sheets, and how many texts had to be cut to Excel's limit."""

    rows: int = 0
    sheets: int = 1
    cut: int = 0


@dataclass(frozen=True, slots=True)
class _Style:
    zone: tzinfo
    cut_mark: str
    written: Written = field(default_factory=Written)


def write_xlsx(
    path: Path,
    columns: Sequence[ColumnSpec],
    rows: Iterable[Sequence[Value]],
    *,
    sheet_name: str,
    count: int | None = None,
    zone: tzinfo = UTC,
    cut_mark: str = "…",
) -> Written:
    """Write rows under a frozen bold header; after 1,048,575 rows the next sheet begins.

    `count` is the number of rows where it may exceed one sheet (too large is harmless). Datetimes with a zone are
    shown in `zone`. Whole numbers of 16 digits and more become text, since Excel would change them; texts beyond
    32,767 are cut and end in `cut_mark`. Raises ValueError when rows come that `count` did not announce.
    """
    style = _Style(zone, cut_mark)
    titles = _unique_titles([column.title for column in columns])
    makers = [_MAKERS[column.kind] for column in columns]
    stream = iter(rows)
    first = next(stream, None)
    if first is None:  # rustpy takes the header from the first row
        _write_empty(path, columns, titles, sheet_name)
        return style.written
    records = _records(chain([first], stream), titles, makers, style)
    names = _sheet_names(sheet_name, -(-max(count or 1, 1) // SHEET_ROWS))
    write_worksheets(
        [(name, islice(records, SHEET_ROWS)) for name in names],
        str(path),
        freeze_panes={"general": {"row": 1, "col": 0}},
        datetime_format="yyyy-mm-dd hh:mm:ss",
        header_format={name: Format().set_bold() for name in names},
        column_widths={name: {t: _width(c) for t, c in zip(titles, columns, strict=True)} for name in names},
        column_formats={
            name: {t: Format().set_num_format(_number_format(c)) for t, c in zip(titles, columns, strict=True)}
            for name in names
        },
    )
    if next(records, None) is not None:
        raise ValueError(f"more rows than announced: {count}")
    style.written.sheets = len(names)
    return style.written


def write_csv(
    path: Path, columns: Sequence[ColumnSpec], rows: Iterable[Sequence[Value]], *, zone: tzinfo = UTC
) -> Written:
    """Write UTF-8 with BOM (Excel reads it as such), texts guarded against becoming formulas, CRLF line ends."""
    written = Written()
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([guard(column.title) for column in columns])
        for row in rows:
            writer.writerow([guard(v) if type(v) is str else _csv_text(v, zone) for v in row])
            written.rows += 1
    return written


def _csv_text(value: Value, zone: tzinfo) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return _local(value, zone).isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _records(
    rows: Iterable[Sequence[Value]],
    titles: Sequence[str],
    makers: Sequence[Callable[[Value, _Style], Value]],
    style: _Style,
) -> Iterator[dict[str, Value]]:
    written = style.written
    for row in rows:
        written.rows += 1
        yield {
            title: None if value is None else make(value, style)
            for title, make, value in zip(titles, makers, row, strict=True)
        }


def _text(value: Value, style: _Style) -> Value:
    text = value if isinstance(value, str) else _csv_text(value, style.zone)
    if len(text) * 2 > LONGEST_TEXT or not text.isprintable():
        text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate would stop the writer
        if (units := len(text.encode("utf-16-le")) // 2) > LONGEST_TEXT:
            style.written.cut += 1
            return _cut(text, units, style.cut_mark)
    return text or None


def _cut(text: str, units: int, mark: str) -> str:
    if units == len(text):
        return text[: LONGEST_TEXT - len(mark)] + mark
    kept = text.encode("utf-16-le")[: 2 * (LONGEST_TEXT - len(mark))]
    return kept.decode("utf-16-le", "ignore") + mark


def _number(value: Value, style: _Style) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return _text(value, style)
    if isinstance(value, int):
        return value if abs(value) < _EXACT else str(value)
    if isinstance(value, Decimal):
        if len(value.as_tuple().digits) > 15:
            return format(value, "f")
        return float(value)
    return value if value - value == 0 else str(value)


def _date(value: Value, style: _Style) -> Value:
    if isinstance(value, datetime):
        return _datetime(value, style)
    if isinstance(value, date):
        return value if value >= _FIRST_DAY else value.isoformat()
    return _text(value, style)


def _datetime(value: Value, style: _Style) -> Value:
    if isinstance(value, datetime):
        local = _local(value, style.zone).replace(microsecond=0)
        return local if local.date() >= _FIRST_DAY else local.isoformat(" ")
    return _date(value, style) if isinstance(value, date) else _text(value, style)


def _boolean(value: Value, style: _Style) -> Value:
    return value if isinstance(value, bool) else _text(value, style)


_MAKERS: dict[Kind, Callable[[Value, _Style], Value]] = {
    "text": _text,
    "integer": _number,
    "number": _number,
    "money": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
}


def _local(value: datetime, zone: tzinfo) -> datetime:
    """Return the wall time: Excel knows no zones."""
    return value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value


def _number_format(column: ColumnSpec) -> str:
    places = "" if not column.decimals else "." + "0" * column.decimals
    match column.kind:
        case "text":
            return "@"  # stays text when somebody edits the cell: phone numbers, codes, "=1+1"
        case "integer":
            return "0"
        case "number":
            return "General" if column.decimals is None else f"#,##0{places}"
        case "money":
            return "#,##0.00" if column.decimals is None else f"#,##0{places}"
        case "percent":
            return "0.0%" if column.decimals is None else f"0{places}%"
        case "date":
            return "yyyy-mm-dd"
        case "datetime":
            return "yyyy-mm-dd hh:mm"
        case "boolean":
            return "General"


_WIDTHS: dict[Kind, float] = {"date": 12, "datetime": 18, "money": 14, "boolean": 8, "text": 18}


def _width(column: ColumnSpec) -> float:
    if column.width is not None:
        return column.width
    shown = sum(2 if char > "\u2e80" else 1 for char in column.title)
    return max(_WIDTHS.get(column.kind, 12), min(shown + 2, 40))


def _unique_titles(titles: Sequence[str]) -> list[str]:
    """Return the titles, a repeated one with a number behind it: columns are told apart by them."""
    seen: set[str] = set()
    unique = []
    for title in titles:
        name, number = title, 2
        while name in seen:
            name, number = f"{title} ({number})", number + 1
        seen.add(name)
        unique.append(name)
    return unique


def _sheet_names(name: str, sheets: int) -> list[str]:
    """Return valid sheet names: at most 31 characters, none of Excel's forbidden ones, numbered from the second."""
    clean = name.translate(_BAD_IN_SHEET_NAMES).strip("' ")[:31] or "Sheet1"
    return [clean, *(f"{clean[: 31 - len(str(n)) - 1]}_{n}" for n in range(2, sheets + 1))]


def _write_empty(path: Path, columns: Sequence[ColumnSpec], titles: Sequence[str], sheet_name: str) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet(_sheet_names(sheet_name, 1)[0])
        bold = book.add_format({"bold": True})
        for index, (column, title) in enumerate(zip(columns, titles, strict=True)):
            sheet.write_string(0, index, title, bold)
            sheet.set_column(index, index, _width(column), book.add_format({"num_format": _number_format(column)}))
        sheet.freeze_panes(1, 0)
