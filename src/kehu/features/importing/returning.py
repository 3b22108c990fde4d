"""The rows to correct as a workbook: the user's own file, cut down to them, where it is an xlsx and each sheet one
table; else a new table that says why. Bad cells are red, reasons stand beside the rows; corrected it can be imported
again.

Writes no record. The original is read and written in limited processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from kehu.base.common.messages import explained, message
from kehu.base.errors import BadInput
from kehu.core.context import Ctx
from kehu.features.importing import continued
from kehu.features.importing.errors_book import (
    ID_WIDTH,
    REASON_WIDTH,
    joined_reasons,
    write_error_workbook,
)
from kehu.features.importing.originals import Original, alone, tables
from kehu.features.importing.reader.header import ID_TITLE, REASON_TITLE
from kehu.features.importing.reader.parent import refill
from kehu.features.importing.reader.sheetscan import column_number
from kehu.features.importing.reader.workbook import Sheet


def returned_book(ctx: Ctx, kept: Original, sheets: Sequence[Mapping[str, Any]], rows: Sequence[Any]) -> bytes:
    """The workbook of these rows (of `import_row`). `sheets`: those that were imported, as the run keeps them."""
    bad: dict[str, dict[int, Any]] = {}
    for row in rows:
        bad.setdefault(row.sheet, {})[row.row] = row
    # Alone, rows that continue others would have lost the names above them.
    downs = {s["name"]: {int(index): down for index, down in s.get("filled", {}).items()} for s in sheets}
    book = [sheet for sheet in kept.book.sheets if sheet.name in bad and sheet.name in downs]
    found = [continued.filled(sheet, downs[sheet.name]) for sheet in book]
    path = kept.folder / "errors.xlsx"
    why = "errors.flat.kind" if kept.book.kind != "xlsx" else None
    if why is None and not all(alone(kept.book, sheet.sheet) for sheet in found):
        why = "errors.flat.tables"
    if why is None:
        try:
            orders = [_order(ctx, sheet, bad[sheet.name], _filled(kept, sheet)) for sheet in found]
            for order in orders:
                order["tables"] = tables(kept.book, sheets)
            refill(kept.path, path, orders, workdir=kept.folder / "refill")
        except BadInput as error:
            why = error.code if error.code.startswith("import.too_large") else "errors.flat.unreadable"
    if why is not None:
        said = why if why.startswith("errors.") else "errors.flat.large"
        note = message("errors.flat", ctx.lang) + message(said, ctx.lang)
        _flat(ctx, found, bad, note, kept)
    return path.read_bytes()


def _order(ctx: Ctx, sheet: Sheet, bad: Mapping[int, Any], filled: set[int]) -> dict[str, Any]:
    """What is wanted of one sheet: its headings, and the bad rows with their marks and reasons."""
    columns = [column_number(column.letters) for column in sheet.columns]
    titles = [column.title or column.letters for column in sheet.columns]
    beside = max(columns) + 1
    marks, reasons, ids = _told(ctx, bad)
    texts: dict[str, dict[str, str]] = {str(sheet.header_row): {str(beside): REASON_TITLE, str(beside + 1): ID_TITLE}}
    for row, mended in sheet.mended.items():
        if row in bad:
            texts.setdefault(str(row), {}).update({str(columns[index]): text for index, text in mended.items()})
    for row, text in joined_reasons(titles, marks, reasons).items():
        texts.setdefault(str(row), {})[str(beside)] = text
    for row, id in ids.items():
        texts.setdefault(str(row), {})[str(beside + 1)] = id
    red: dict[str, list[int]] = {}
    for row, index in marks:
        red.setdefault(str(row), []).append(columns[index])
    return {
        "sheet": sheet.sheet,
        "head": sheet.header_row,
        "keep": sorted(bad),
        "marks": red,
        "texts": texts,
        "fill": _fills(sheet, bad, filled, columns),
        "widths": {str(beside): REASON_WIDTH, str(beside + 1): ID_WIDTH},
    }


def _told(ctx: Ctx, bad: Mapping[int, Any]) -> tuple[dict[tuple[int, int], str], dict[int, str], dict[int, str]]:
    """What is wrong with cells by row and column, with rows, and the records that rows became."""
    marks: dict[tuple[int, int], str] = {}
    reasons: dict[int, str] = {}
    ids: dict[int, str] = {}
    for row, found in bad.items():
        data = orjson.loads(found.data)
        if data["reason"]:
            reasons[row] = message(f"finding.{data['reason']}", ctx.lang, count=1)
        for index, code, more in data["cells"]:
            marks[(row, index)] = explained(code, ctx.lang, more)
        if found.record is not None:
            ids[row] = str(found.record)
    return marks, reasons, ids


def _filled(kept: Original, sheet: Sheet) -> set[int]:
    """The columns in which merged cells were given their value in every row."""
    names = {
        found.data.get("column")
        for found in kept.book.findings
        if found.code == "import.filled_down" and found.data.get("sheet") == sheet.sheet
    }
    return {column.index for column in sheet.columns if {column.title, column.letters} & names}


def _fills(sheet: Sheet, bad: Mapping[int, Any], filled: set[int], columns: Sequence[int]) -> dict[str, dict[str, str]]:
    """The values of merged cells in the rows below their first one: alone these rows would have lost them."""
    found: dict[str, dict[str, str]] = {}
    order = sorted(filled)
    for frame in sheet.blocks() if order else ():
        for row, *texts in frame.select("row", *(f"c{index}" for index in order)).iter_rows():
            if row in bad:
                found[str(row)] = {str(columns[i]): text for i, text in zip(order, texts, strict=True) if text}
    return found


def _flat(ctx: Ctx, sheets: Sequence[Sheet], bad: Mapping[str, Mapping[int, Any]], note: str, kept: Original) -> None:
    """All bad rows as one new table below the headings of the first sheet."""
    header: list[str] = []
    lines: list[list[str | None]] = []
    marks: dict[tuple[int, int], str] = {}
    reasons: dict[int, str] = {}
    ids: dict[int, str] = {}
    for sheet in sheets:
        header = header or [c.title or c.letters for c in sheet.columns]
        cells, rows, records = _told(ctx, bad[sheet.name])
        by_row: dict[int, list[int]] = {}
        for row, index in cells:
            by_row.setdefault(row, []).append(index)
        for frame in sheet.blocks():
            for row, *texts in frame.select("row", *(f"c{i}" for i in range(sheet.n_cols))).iter_rows():
                if row not in bad[sheet.name]:
                    continue
                at = len(lines)
                lines.append(texts)
                marks.update({(at, index): cells[(row, index)] for index in by_row.get(row, ())})
                reasons.update({at: rows[row]} if row in rows else {})
                ids.update({at: records[row]} if row in records else {})
    write_error_workbook(kept.folder / "errors.xlsx", header, lines, marks, reasons, record_ids=ids, note=note)
