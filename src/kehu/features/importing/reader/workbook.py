"""A workbook that has been read: names, sizes, header and kinds per sheet; its cells as polars frames, lazily.

The frames hold texts and kinds exactly as they stood in the file. The files behind it live in the caller's
working folder and go with it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import orjson
import polars as pl

from kehu.base.errors import BadInput
from kehu.features.importing.reader.blocks import block_file
from kehu.features.importing.reader.cells import KINDS, column_letters
from kehu.features.importing.reader.header import title

KIND = pl.Enum(list(KINDS))
"""Type of the columns k0…kN: t text, n number, d date or datetime (ISO text), b boolean, e error, 0 empty."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth telling about the file that does not stop the import; `code` chooses the sentence."""

    code: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: its place from 0, Excel's letters, its title, and how many data cells of each kind."""

    index: int
    letters: str
    title: str
    kinds: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. Row numbers count from 1 as Excel shows them; `n_rows` is the last used row.

    `n_data` counts the non-empty rows below the header (all of them when `header_row` is None).
    """

    number: int
    name: str
    hidden: bool
    n_rows: int
    n_cols: int
    n_data: int
    header_row: int | None
    columns: tuple[Column, ...]
    block_rows: tuple[int, ...]
    workdir: Path

    def blocks(self, after_row: int | None = None) -> Iterator[pl.DataFrame]:
        """Yield frames with `row` (UInt32), texts `c0`…`cN` (String, null when empty) and kinds `k0`…`kN`.

        Only rows below `after_row`; by default those below the header. Empty rows are left out.
        """
        start = (self.header_row or 0) if after_row is None else after_row
        for number, rows in enumerate(self.block_rows):
            frame = self._frame(number, rows)
            frame = frame.filter(pl.col("row") > start) if number == 0 or start else frame
            if frame.height:
                yield frame

    def head(self, count: int = 20) -> list[tuple[int, list[str | None]]]:
        """Return the first non-empty rows as (row number, texts), the header and titles above it included."""
        found: list[tuple[int, list[str | None]]] = []
        for frame in self.blocks(after_row=0):
            texts = frame.head(count - len(found)).select("row", *(f"c{i}" for i in range(self.n_cols)))
            found.extend((row[0], list(row[1:])) for row in texts.iter_rows())
            if len(found) >= count:
                break
        return found

    def with_header(self, row: int | None) -> Self:
        """Return the sheet with its header in another row (None: it has none), titles and counts to match."""
        titles: dict[int, str] = {}
        counts: list[Counter[str]] = [Counter() for _ in range(self.n_cols)]
        found = row is None
        data_rows = 0
        for frame in self.blocks(after_row=(row or 1) - 1):
            if not found and frame["row"][0] == row:
                titles = {i: title(frame[f"c{i}"][0]) for i in range(self.n_cols)}
                found = True
                frame = frame.slice(1)
            data_rows += frame.height
            for index in range(self.n_cols if frame.height else 0):
                counts[index].update(dict(frame[f"k{index}"].value_counts().iter_rows()))
        if not found:
            raise BadInput("import.header", sheet=self.name, row=row)
        columns = tuple(
            replace(column, title=titles.get(i, ""), kinds=dict(counts[i])) for i, column in enumerate(self.columns)
        )
        return replace(self, header_row=row, n_data=data_rows, columns=columns)

    def _frame(self, number: int, rows: int) -> pl.DataFrame:
        try:
            block = orjson.loads(block_file(self.workdir, self.number, number).read_bytes())
            texts, kinds = block["text"], block["kind"]
            series = [pl.Series("row", block["row"], dtype=pl.UInt32)]
            for index in range(self.n_cols):
                # A block is as wide as its own longest row.
                text = texts[index] if index < len(texts) else [None] * rows
                series.append(pl.Series(f"c{index}", text, dtype=pl.String))
            padded = [*kinds[: self.n_cols], *("0" for _ in range(self.n_cols - len(kinds)))]
            series.extend(_kinds(f"k{index}", each, rows) for index, each in enumerate(padded))
            return pl.DataFrame(series)
        except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
            raise BadInput("import.unreadable.sheet", sheet=self.name) from error


@dataclass(frozen=True, slots=True)
class Workbook:
    """What came out of a file: `kind` is the importer's name, `encoding` is set for plain text tables."""

    sheets: tuple[Sheet, ...]
    kind: str
    encoding: str | None
    findings: tuple[Finding, ...]


def from_manifest(manifest: Mapping[str, object], workdir: Path) -> Workbook:
    """Build the workbook from the child's manifest. Raises KeyError, TypeError or ValueError when it is no manifest."""
    sheets = manifest["sheets"]
    findings = manifest["findings"]
    encoding = manifest["encoding"]
    if not isinstance(sheets, list) or not isinstance(findings, list):
        raise TypeError("sheets and findings are lists")
    return Workbook(
        sheets=tuple(_sheet(number, sheet, workdir) for number, sheet in enumerate(sheets)),
        kind=str(manifest["kind"]),
        encoding=None if encoding is None else str(encoding),
        findings=tuple(Finding(str(each["code"]), dict(each["data"])) for each in findings),
    )


def _sheet(number: int, sheet: Mapping[str, object], workdir: Path) -> Sheet:
    titles, counts, blocks = sheet["titles"], sheet["counts"], sheet["blocks"]
    if not isinstance(titles, list) or not isinstance(counts, list) or not isinstance(blocks, list):
        raise TypeError("titles, counts and blocks are lists")
    header = sheet["header_row"]
    columns = tuple(
        Column(
            index=index,
            letters=column_letters(index),
            title=str(titles[index]) if index < len(titles) else "",
            kinds={str(kind): int(count) for kind, count in tally.items()},
        )
        for index, tally in enumerate(counts)
    )
    return Sheet(
        number=number,
        name=str(sheet["name"]),
        hidden=bool(sheet["hidden"]),
        n_rows=_whole(sheet["n_rows"]),
        n_cols=len(columns),
        n_data=_whole(sheet["n_data"]),
        header_row=None if header is None else _whole(header),
        columns=columns,
        block_rows=tuple(_whole(rows) for rows in blocks),
        workdir=workdir,
    )


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


def _kinds(name: str, kinds: str, rows: int) -> pl.Series:
    if len(kinds) == 1 and rows != 1:
        return pl.Series(name, [kinds], dtype=KIND).new_from_index(0, rows)
    return pl.Series(name, list(kinds), dtype=KIND)
