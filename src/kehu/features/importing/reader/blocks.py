"""Writes a sheet's rows as block files in the child: JSON, because the parent must be able to read them unharmed.

[measured] 100,000 × 40 cells: orjson 55 MB and 0.5 s to read back; Arrow IPC is larger and would have the server
parse binary structures made by a process that has just read a hostile file. Empty rows are dropped, row
numbers are kept.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, zip_longest
from pathlib import Path

import orjson

from kehu.base.errors import BadInput
from kehu.features.importing.base import CellValue, Limits, RawSheet
from kehu.features.importing.reader.cells import column_letters, encode_column, has_long_number, is_long_number
from kehu.features.importing.reader.header import SEARCHED_ROWS, find_header, title

BLOCK_ROWS = 5_000
BLOCK_CELLS = 400_000
_FIRST_ROWS = 500

Encoded = list[tuple[list[str | None], str]]


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

    def write(self, number: int, sheet: RawSheet) -> dict[str, object]:
        """Write the blocks of a sheet and return its part of the manifest."""
        state = _SheetState(sheet.name)
        rows = iter(sheet.rows)
        size = _FIRST_ROWS  # a small first block: the header, and with it the width, is known early
        start = 0
        while raw := list(islice(rows, size)):
            columns = self._encode(sheet, raw, start)
            numbers = _filled_rows(columns, len(raw), start)
            if numbers:
                if len(numbers) < len(raw):
                    picked = [n - 1 - start for n in numbers]
                    columns = [_pick(texts, kinds, picked) for texts, kinds in columns]
                self._write_block(number, state, columns, numbers)
            start += len(raw)
            size = max(1, min(BLOCK_ROWS, BLOCK_CELLS // max(1, len(columns))))
        self._tell(state)
        return {
            "name": sheet.name,
            "hidden": sheet.hidden,
            "n_rows": state.last_row,
            "n_cols": len(state.counts),
            "n_data": state.data_rows,
            "header_row": state.header_row,
            "titles": state.titles,
            "counts": [dict(each) for each in state.counts],
            "blocks": state.block_rows,
        }

    def _encode(self, sheet: RawSheet, raw: list[Sequence[CellValue]], start: int) -> Encoded:
        if sheet.errors:
            shift = sheet.first_column
            raw = [
                _with_errors(row, errors, shift) if (errors := sheet.errors.get(number)) else row
                for number, row in enumerate(raw, start)
            ]
        width = max(map(len, raw))
        if width + sheet.first_column > self.limits.columns:
            raise BadInput("import.too_large.columns", sheet=sheet.name, limit=self.limits.columns)
        self.cells += width * len(raw)
        if self.cells > self.limits.box:
            raise BadInput("import.too_large.cells", sheet=sheet.name, limit=self.limits.cells)
        empty: Encoded = [([None] * len(raw), "0")] * sheet.first_column
        return empty + [encode_column(column) for column in _turn(raw, width)]

    def _write_block(self, number: int, state: "_SheetState", columns: Encoded, numbers: list[int]) -> None:
        if state.last_row == 0:
            state.set_header(columns, numbers)
        state.count(columns, numbers)
        data = orjson.dumps({"row": numbers, "text": [t for t, _ in columns], "kind": [k for _, k in columns]})
        self.bytes += len(data)
        if self.bytes > self.limits.output_bytes:
            raise BadInput("import.too_large.unpacked", limit=self.limits.output_bytes >> 20)
        block_file(self.workdir, number, len(state.block_rows)).write_bytes(data)
        state.block_rows.append(len(numbers))

    def _tell(self, state: "_SheetState") -> None:
        for column, (count, cell) in sorted(state.long_numbers.items()):
            self._find("import.long_number", state, column, count, cell)
        for column, (count, cell) in sorted(state.errors.items()):
            self._find("import.error_cell", state, column, count, cell)

    def _find(self, code: str, state: "_SheetState", column: int, count: int, cell: str) -> None:
        name = state.titles[column] if column < len(state.titles) else ""
        data = {"sheet": state.name, "column": name or column_letters(column), "count": count, "cell": cell}
        self.findings.append({"code": code, "data": data})


class _SheetState:
    """What is learned about one sheet on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.last_row = 0
        self.data_rows = 0
        self.header_row: int | None = None
        self.titles: list[str] = []
        self.counts: list[Counter[str]] = []
        self.block_rows: list[int] = []
        self.long_numbers: dict[int, tuple[int, str]] = {}
        self.errors: dict[int, tuple[int, str]] = {}

    def set_header(self, columns: Encoded, numbers: list[int]) -> None:
        rows = [
            [(texts[i], kinds if len(kinds) == 1 else kinds[i]) for texts, kinds in columns]
            for i in range(min(len(numbers), SEARCHED_ROWS))
        ]
        position = find_header(rows)
        if position is not None:
            self.header_row = numbers[position]
            self.titles = [title(text) for text, _ in rows[position]]
            while self.titles and not self.titles[-1]:
                self.titles.pop()

    def count(self, columns: Encoded, numbers: list[int]) -> None:
        """Add the block to the counts of kinds per column; rows up to the header do not count."""
        self.last_row = numbers[-1]
        skipped = sum(n <= (self.header_row or 0) for n in numbers[:_FIRST_ROWS])
        rows = len(numbers) - skipped
        self.data_rows += rows
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

    @staticmethod
    def _note(notes: dict[int, tuple[int, str]], column: int, rows: list[int]) -> None:
        if rows:
            count, cell = notes.get(column, (0, f"{column_letters(column)}{rows[0]}"))
            notes[column] = (count + len(rows), cell)


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
