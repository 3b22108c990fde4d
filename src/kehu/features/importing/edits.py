"""What people decided about a file besides the mapping: the row of the headings, cells that read otherwise, rows that
stay out, whether names are filled down, what happens to cells that the ledger contradicts, and what is shown of the
tables to decide it.

Works on the workbook that was read; the file itself is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kehu.base.errors import BadInput
from kehu.features.importing.reader.workbook import Sheet, Workbook

OPTIONS = ("header", "cells", "leave_out", "decide", "fill_down")
MOST_EDITS = 5_000
SHOWN_TABLES, SHOWN_ROWS, SHOWN_COLUMNS, SHOWN_TEXT = 24, 14, 30, 60
OUTCOMES = ("take", "keep")
_PLACE = re.compile(r"[A-Z]{1,3}([1-9]\d{0,6})?", re.ASCII)
_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)


def check_edits(options: Mapping[str, Any]) -> None:
    """Refuse what cannot be meant, before a job meets it. Raises BadInput with the option."""
    for name in OPTIONS:
        given = options.get(name) or {}
        if not isinstance(given, Mapping):
            raise BadInput("value.invalid", field=name, value="")
        for table, said in given.items():
            good = (
                _is_row(said) or said is None
                if name == "header"
                else isinstance(said, bool)
                if name == "fill_down"
                else isinstance(said, Sequence) and not isinstance(said, str) and all(map(_is_row, said))
                if name == "leave_out"
                else isinstance(said, Mapping)
                and all(_PLACE.fullmatch(str(place)) and outcome in OUTCOMES for place, outcome in said.items())
                if name == "decide"
                else isinstance(said, Mapping)
                and all(_CELL.fullmatch(str(cell)) and isinstance(text, str) for cell, text in said.items())
            )
            if not good or (isinstance(said, Sequence | Mapping) and len(said) > MOST_EDITS):
                raise BadInput("value.invalid", field=f"{name}.{table}", value=str(said)[:80])


def edited(book: Workbook, options: Mapping[str, Any]) -> Workbook:
    """The workbook as people want it read. Raises BadInput for a table or a cell that is not there."""
    known = {sheet.name for sheet in book.sheets}
    for name in OPTIONS:
        if missing := set(options.get(name) or {}) - known:
            raise BadInput("import.no_sheet", field=name, sheet=min(missing))
    return replace(book, sheets=tuple(_edited(sheet, options) for sheet in book.sheets))


def _edited(sheet: Sheet, options: Mapping[str, Any]) -> Sheet:
    headers = options.get("header") or {}
    out = (options.get("leave_out") or {}).get(sheet.name, ())
    cells = (options.get("cells") or {}).get(sheet.name, {})
    if sheet.name in headers and headers[sheet.name] != sheet.header_row:
        row = headers[sheet.name]
        # What stood between the old headings and the new ones is no longer known to be no data.
        kept = tuple(one for one in sheet.left_out if one > max(row or 0, sheet.header_row or 0))
        sheet = replace(sheet, left_out=kept).with_header(row)
    if cells:
        mended: dict[int, dict[int, str]] = {}
        for cell, text in cells.items():
            row, index = _place(sheet, cell)
            mended.setdefault(row, {})[index] = text
        sheet = replace(sheet, mended=mended)
    if out:
        sheet = replace(sheet, left_out=(*sheet.left_out, *out)).counted()
    return sheet


def _place(sheet: Sheet, cell: str) -> tuple[int, int]:
    """Row of the data and index of the column of a cell as Excel names it; forms hold a row's values in several."""
    found = _CELL.fullmatch(cell)
    for column in sheet.columns if found else ():
        assert found is not None
        if column.letters != found[1]:
            continue
        row = int(found[2])
        if not column.places:
            return row, column.index
        for data_row, place in column.places.items():
            if place == row:
                return data_row, column.index
    raise BadInput("import.no_cell", field="cells", sheet=sheet.name, cell=cell)


def _is_row(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 1_048_576


def shown(book: Workbook, taken: set[str], wanted: Mapping[str, Collection[int]]) -> list[dict[str, Any]]:
    """The tables of a workbook with their first rows as they stand, those that are no data included.

    `wanted`: rows further down that somebody will want to look at, by table; they come with the row before and behind.
    """
    return [_shown(sheet, sheet.name in taken, wanted.get(sheet.name, ())) for sheet in book.sheets[:SHOWN_TABLES]]


def _shown(sheet: Sheet, taken: bool, wanted: Collection[int]) -> dict[str, Any]:
    last = min(sheet.n_cols, SHOWN_COLUMNS)
    whole = replace(sheet, left_out=())
    lines = whole.head(SHOWN_ROWS)
    begin = lines[-1][0] if lines else 0
    further = whole.rows({row + by for row in wanted for by in (-1, 0, 1) if row + by > begin})
    seen = {row for row, _ in (*lines, *further)}
    return {
        "name": sheet.name,
        "sheet": sheet.sheet,
        "hidden": sheet.hidden,
        "taken": taken,
        "header_row": sheet.header_row,
        "header_rows": sheet.header_rows,
        "rows": sheet.n_data,
        "columns": [{"letters": one.letters, "title": one.title[:SHOWN_TEXT]} for one in sheet.columns[:last]],
        "more_columns": sheet.n_cols - last,
        "left_out": sorted(row for row in sheet.left_out if row <= begin or row in seen),
        "lines": [_line(row, texts[:last]) for row, texts in lines],
        "further": [_line(row, texts[:last]) for row, texts in further],
    }


def _line(row: int, texts: Sequence[str | None]) -> dict[str, Any]:
    return {"row": row, "cells": [(text or "")[:SHOWN_TEXT] for text in texts]}
