"""Writes a sheet's rows as block files in the child: JSON, because the parent must be able to read them unharmed.

[measured] 100,000 × 40 cells: orjson 55 MB and 0.5 s to read back; Arrow IPC is larger and would have the server
parse binary structures made by a process that has just read a hostile file. Empty rows are dropped, row
numbers are kept.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice, zip_longest
from pathlib import Path
from typing import TypeVar

import orjson

from kehu.base.errors import BadInput
from kehu.features.importing.base import CellValue, Limits, Merge, RawSheet
from kehu.features.importing.reader.cells import column_letters, encode_column, has_long_number, is_long_number
from kehu.features.importing.reader.forms import FORM_COLUMNS, FORM_ROWS, Form, find_forms
from kehu.features.importing.reader.header import ID_TITLE, REASON_TITLE
from kehu.features.importing.reader.layout import Table, find_tables
from kehu.features.importing.reader.notable import FIRST_ROWS, Encoded, Notable

BLOCK_ROWS = 5_000
BLOCK_CELLS = 400_000
_FORM_NUMBERS = 1_000_000  # block files of forms, beside those of the sheets
_SHOWN_ROWS = 20
_MOST_MERGES = 50_000
# Numbers that are names: filling them down over merged rows repeats no amount.
_CODE_LIKE = re.compile(r"编[号码]|代码|号码?$|电话|手机|年|月|id$|code|no\.?$", re.IGNORECASE)

Part = TypeVar("Part", Table, Form)


def block_file(workdir: Path, sheet: int, block: int) -> Path:
    """Return the place of a block; parent and child agree on it without telling each other names."""
    return workdir / f"sheet{sheet}-{block}.json"


class BlockWriter:
    """Writes all sheets of one workbook into `workdir` and counts what it has written."""

    def __init__(self, workdir: Path, limits: Limits) -> None:
        self.workdir = workdir
        self.limits = limits
        self.bytes = 0
        self.cells = 0
        self.findings: list[dict[str, object]] = []
        self._forms = 0

    def write(self, number: int, sheet: RawSheet) -> list[dict[str, object]]:
        """Write the blocks of a sheet and return the part of the manifest for each table or form on it."""
        state = _SheetState(sheet)
        rows = iter(sheet.rows)
        size = FIRST_ROWS  # a small first block: the header, and with it the width, is known early
        start = 0
        while raw := list(islice(rows, size)):
            columns = self._encode(state, raw, start)
            numbers = _filled_rows(columns, len(raw), start)
            if numbers and not state.block_rows and state.learn(columns, numbers, start):
                columns = self._encode(state, raw, start)  # once more, with merged cells filled down
                numbers = _filled_rows(columns, len(raw), start)
            if numbers:
                if len(numbers) < len(raw):
                    picked = [n - 1 - start for n in numbers]
                    columns = [_pick(texts, kinds, picked) for texts, kinds in columns]
                self._write_block(number, state, columns, numbers)
            start += len(raw)
            size = max(1, min(BLOCK_ROWS, BLOCK_CELLS // max(1, len(columns))))
        self._tell(state)
        if (records := state.forms()) is not None:
            return [self._write_form(state, name, form) for name, form in _named(sheet.name, records)]
        tables = state.tables()
        self._tell_left_out(state, tables)
        common = {
            "number": number,
            "sheet": sheet.name,
            "hidden": sheet.hidden,
            "counts": [_counted(each) for each in state.counts],
            "blocks": state.block_rows,
        }
        if not tables:
            whole = {"header": None, "titles": [], "left_out": [], "columns": [0, len(state.counts)], "unit": ""}
            return [
                common
                | whole
                | {"name": sheet.name, "n_rows": state.last_row, "n_data": state.rows_between(0, state.last_row)}
            ]
        found = []
        for name, table in _named(sheet.name, tables):
            whole_sheet = len(tables) == 1
            gone = sorted(n for n in table.left_out if n > table.header[-1])
            if whole_sheet:
                state.uncount(gone)
            found.append(
                common
                | {
                    "name": name,
                    "n_rows": table.last_row,
                    "n_data": state.rows_between(table.header[-1], table.last_row) - len(gone),
                    "header": table.header,
                    "titles": table.titles,
                    "left_out": gone,
                    "columns": [0, len(state.counts)] if whole_sheet else [table.first, table.end],
                    "counts": [_counted(each) for each in state.counts] if whole_sheet else None,
                    "unit": table.unit,
                }
            )
        return found

    def _encode(self, state: "_SheetState", raw: list[Sequence[CellValue]], start: int) -> Encoded:
        sheet = state.sheet
        if sheet.errors:
            shift = sheet.first_column
            raw[:] = [
                _with_errors(row, errors, shift) if (errors := sheet.errors.get(number)) else row
                for number, row in enumerate(raw, start)
            ]
        state.fill_down(raw, start)
        width = max(map(len, raw))
        if width + sheet.first_column > self.limits.columns:
            row = start + 1 + next(i for i, each in enumerate(raw) if len(each) == width)
            cell = f"{column_letters(width + sheet.first_column - 1)}{row}"
            raise BadInput("import.too_large.columns", sheet=sheet.name, limit=self.limits.columns, cell=cell)
        self.cells += width * len(raw)
        if self.cells > self.limits.box:
            raise BadInput("import.too_large.cells", sheet=sheet.name, limit=self.limits.cells)
        empty: Encoded = [([None] * len(raw), "0")] * sheet.first_column
        return empty + [encode_column(column) for column in _turn(raw, width)]

    def _write_block(self, number: int, state: "_SheetState", columns: Encoded, numbers: list[int]) -> None:
        state.count(columns, numbers)
        self._put(number, len(state.block_rows), columns, numbers)
        state.block_rows.append(len(numbers))

    def _put(self, number: int, block: int, columns: Encoded, numbers: list[int]) -> None:
        data = orjson.dumps({"row": numbers, "text": [t for t, _ in columns], "kind": [k for _, k in columns]})
        self.bytes += len(data)
        if self.bytes > self.limits.output_bytes:
            raise BadInput("import.too_large.unpacked", limit=self.limits.output_bytes >> 20)
        block_file(self.workdir, number, block).write_bytes(data)

    def _write_form(self, state: "_SheetState", name: str, form: Form) -> dict[str, object]:
        """Write a form as a table: one column per blank, the first row the record, further ones its lists."""
        self._forms += 1
        number = _FORM_NUMBERS + self._forms
        numbers = sorted(form.rows)
        columns: Encoded = []
        for index in range(len(form.titles)):
            cells = [form.rows[n].get(index, (None, "0")) for n in numbers]
            columns.append(([text for text, _ in cells], "".join(kind for _, kind in cells)))
        self._put(number, 0, columns, numbers)
        return {
            "number": number,
            "sheet": state.sheet.name,
            "name": name,
            "hidden": state.sheet.hidden,
            "n_rows": numbers[-1],
            "n_data": len(numbers),
            "header": [],
            "titles": form.titles,
            "letters": [column_letters(column) for column in form.columns],
            "places": [{str(row): place for row, place in each.items()} for each in form.places],
            "left_out": [],
            "columns": [0, len(form.titles)],
            "counts": [dict(Counter(kinds)) for _, kinds in columns],
            "blocks": [len(numbers)],
            "unit": form.unit,
        }

    def _tell(self, state: "_SheetState") -> None:
        for column, (count, cell) in sorted(state.long_numbers.items()):
            self._find("import.long_number", state, column, count, cell)
        for column, (count, cell) in sorted(state.errors.items()):
            self._find("import.error_cell", state, column, count, cell)
        for column, (count, cell) in sorted(state.filled_down.items()):
            self._find("import.filled_down", state, column, count, cell)
        sheet = state.sheet
        counts = {
            "hidden_rows": sheet.hidden_rows,
            "hidden_columns": sheet.hidden_columns,
            "bare_formula": sheet.bare_formulas,
        }
        for code, count in counts.items():
            if count:
                self.findings.append({"code": f"import.{code}", "data": {"sheet": sheet.name, "count": count}})

    def _tell_left_out(self, state: "_SheetState", tables: Sequence[Table]) -> None:
        reasons: dict[str, set[int]] = {}
        for table in tables:
            for row, why in table.left_out.items():
                reasons.setdefault(why, set()).add(row)
        for why, rows in sorted(reasons.items()):
            data = {"sheet": state.sheet.name, "count": len(rows), "rows": sorted(rows)[:_SHOWN_ROWS]}
            self.findings.append({"code": f"import.left_out.{why}", "data": data})

    def _find(self, code: str, state: "_SheetState", column: int, count: int, cell: str) -> None:
        name = state.titles[column] if column < len(state.titles) else ""
        data = {"sheet": state.name, "column": name or column_letters(column), "count": count, "cell": cell}
        self.findings.append({"code": code, "data": data})


class _SheetState:
    """What is learned about one sheet on the way."""

    def __init__(self, sheet: RawSheet) -> None:
        self.sheet = sheet
        self.name = sheet.name
        self.last_row = 0
        self.header_row = 0
        self.titles: list[str] = []
        self.counts: list[Counter[str]] = []
        self.block_rows: list[int] = []
        self.long_numbers: dict[int, tuple[int, str]] = {}
        self.errors: dict[int, tuple[int, str]] = {}
        self.filled_down: dict[int, tuple[int, str]] = {}
        self._numbers: list[int] = []
        self._notable = Notable()
        self._fills: list[Merge] = []  # merged cells below the header, by first row
        self._values: dict[Merge, CellValue] = {}
        self._heads: list[str] = []

    def learn(self, columns: Encoded, numbers: list[int], start: int) -> bool:
        """Look for the header among the first rows; tell whether merged cells below it are to be filled down."""
        picked = [n - 1 - start for n in numbers]
        first = [_pick(texts, kinds, picked) for texts, kinds in columns]
        self._notable.first(first, numbers)
        used = [any(kind != "0" for kind in kinds) for _, kinds in columns]
        tables = find_tables(self._notable.rows, used, self.sheet.merges, numbers[-1], self._notable.continued)
        if tables:
            self.header_row = tables[0].header[-1]
            self.titles = ["" for _ in range(tables[0].first)] + tables[0].titles
            self._heads = [texts[0] for table in tables for texts in table.head if texts]
        heads = {row - 1 for table in tables for row in table.header}
        merged = [
            m
            for m in self.sheet.merges
            if m[2] > m[0] >= self.header_row and not any(m[0] <= row <= m[2] for row in heads)
        ]
        self._fills = sorted(merged) if tables and len(merged) <= _MOST_MERGES else []
        return bool(self._fills)

    def fill_down(self, raw: list[Sequence[CellValue]], start: int) -> None:
        """Give every row of a vertically merged cell its value. Numbers are left alone unless they are codes."""
        shift = self.sheet.first_column
        while self._fills and self._fills[0][2] < start:
            self._fills.pop(0)
        for merge in self._fills:
            top, column, bottom, right = merge
            if top >= start + len(raw):
                break
            if right - column >= len(self.titles) // 2 > 1:
                continue  # across the table: a caption, not a value
            if top >= start:
                row = raw[top - start]
                self._values[merge] = row[column - shift] if 0 <= column - shift < len(row) else None
            value = self._values.get(merge)
            if value is None or value == "" or not self._fillable(column, value):
                continue
            for number in range(max(top + 1, start), min(bottom + 1, start + len(raw))):
                cells = list(raw[number - start])
                if 0 <= column - shift < len(cells) and cells[column - shift] in ("", None):
                    cells[column - shift] = value
                    raw[number - start] = cells
                    count, cell = self.filled_down.get(column, (0, f"{column_letters(column)}{number + 1}"))
                    self.filled_down[column] = (count + 1, cell)

    def _fillable(self, column: int, value: CellValue) -> bool:
        if isinstance(value, str | date | bool):
            return True
        return column < len(self.titles) and _CODE_LIKE.search(self.titles[column]) is not None

    def count(self, columns: Encoded, numbers: list[int]) -> None:
        """Add the block to the counts of kinds per column; rows up to the header do not count."""
        if self.block_rows:
            self._notable.more(columns, numbers, self.titles, self._heads)
        self.last_row = numbers[-1]
        self._numbers.extend(numbers)
        skipped = sum(n <= self.header_row for n in numbers[:FIRST_ROWS])
        rows = len(numbers) - skipped
        for index, (texts, kinds) in enumerate(columns):
            tally = Counter({kinds: rows}) if len(kinds) == 1 else Counter(kinds[skipped:])
            used = any(k != "0" for k in tally) or (skipped and any(t is not None for t in texts[:skipped]))
            if used and index >= len(self.counts):
                self.counts.extend(Counter() for _ in range(index + 1 - len(self.counts)))
            if index < len(self.counts):
                self.counts[index].update(tally)
            if tally["n"] and has_long_number(texts):
                hits = [i for i, text in enumerate(texts) if is_long_number(text) and _kind(kinds, i) == "n"]
                self._note(self.long_numbers, index, [numbers[i] for i in hits])
            if tally["e"]:
                self._note(self.errors, index, [n for i, n in enumerate(numbers) if _kind(kinds, i) == "e"])

    def uncount(self, rows: Iterable[int]) -> None:
        """Take rows that are no data out of the counts."""
        for row in rows:
            for index, (_, kind) in enumerate(self._notable.rows.get(row, ())):
                if index < len(self.counts):
                    self.counts[index][kind] -= 1

    def tables(self) -> list[Table]:
        """The tables of the sheet, now that all of it was seen."""
        used = [sum(tally.values()) > tally["0"] or self._titled(i) for i, tally in enumerate(self.counts)]
        return find_tables(self._notable.rows, used, self.sheet.merges, self.last_row, self._notable.continued)

    def forms(self) -> list[Form] | None:
        """The records of a sheet that is a form rather than a table, None when it is none."""
        if len(self.block_rows) != 1 or self.block_rows[0] > FORM_ROWS or len(self.counts) > FORM_COLUMNS:
            return None
        if any({REASON_TITLE, ID_TITLE} <= {text for text, _ in cells} for cells in self._notable.rows.values()):
            return None  # rows that went out to be corrected, perhaps only one of them
        return find_forms(self._notable.rows, self.sheet.merges)

    def rows_between(self, after: int, last: int) -> int:
        """How many rows with content lie below `after`, up to `last`."""
        return bisect_right(self._numbers, last) - bisect_right(self._numbers, after)

    def _titled(self, column: int) -> bool:
        return any(column < len(cells) and cells[column][1] != "0" for cells in self._notable.rows.values())

    @staticmethod
    def _note(notes: dict[int, tuple[int, str]], column: int, rows: list[int]) -> None:
        if rows:
            count, cell = notes.get(column, (0, f"{column_letters(column)}{rows[0]}"))
            notes[column] = (count + len(rows), cell)


def _counted(tally: Counter[str]) -> dict[str, int]:
    return {kind: count for kind, count in tally.items() if count}


def _named(sheet: str, parts: Sequence[Part]) -> list[tuple[str, Part]]:
    """Name the tables of a sheet: alone as the sheet, else with their first cell: 客户!H3."""
    if len(parts) == 1:
        return [(sheet, parts[0])]
    return [(sheet if n == 0 else f"{sheet}!{part.place}", part) for n, part in enumerate(parts)]


def _turn(rows: list[Sequence[CellValue]], width: int) -> Iterable[tuple[CellValue, ...]]:
    """Return the columns of rows; only text tables have rows of different length."""
    same = all(len(row) == width for row in rows)
    return zip(*rows, strict=True) if same else zip_longest(*rows, fillvalue="")


def _with_errors(row: Sequence[CellValue], errors: Mapping[int, str], shift: int) -> Sequence[CellValue]:
    """Return the row with the texts of its error cells, which calamine hands out as empty."""
    cells = list(row)
    for column, text in errors.items():
        if 0 <= column - shift < len(cells) and cells[column - shift] == "":
            cells[column - shift] = text
    return cells


def _filled_rows(columns: Encoded, rows: int, start: int) -> list[int]:
    """Return the numbers (from 1) of the rows in which any cell has content."""
    if any(kinds != "0" and "0" not in kinds for _, kinds in columns):
        return list(range(start + 1, start + rows + 1))
    filled = bytearray(rows)
    for texts, kinds in columns:
        if kinds != "0":
            for index, text in enumerate(texts):
                if text is not None:
                    filled[index] = 1
    return [start + 1 + index for index, yes in enumerate(filled) if yes]


def _pick(texts: list[str | None], kinds: str, picked: list[int]) -> tuple[list[str | None], str]:
    left = kinds if len(kinds) == 1 else "".join(kinds[i] for i in picked)
    return [texts[i] for i in picked], left


def _kind(kinds: str, index: int) -> str:
    return kinds if len(kinds) == 1 else kinds[index]
