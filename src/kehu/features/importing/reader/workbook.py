"""A workbook that has been read: names, sizes, header and kinds per sheet; its cells as polars frames, lazily.

The frames hold texts and kinds exactly as they stood in the file. The files behind it live in the caller's
working folder and go with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson

from kehu.base.common.later import Later
from kehu.base.errors import BadInput
from kehu.features.importing.reader.blocks import block_file
from kehu.features.importing.reader.cells import KINDS, column_letters
from kehu.features.importing.reader.header import title

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth telling about the file that does not stop the import; `code` chooses the sentence."""

    code: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its place from 0, Excel's letters, its title, and how many data cells of each kind.

    `places` is for forms: the row of the sheet where the value of a row really stands, where that is another one.
    """

    index: int
    letters: str
    title: str
    kinds: Mapping[str, int]
    places: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a sheet, most often the only one. Row numbers count from 1 as Excel shows them.

    `name` tells tables of one sheet apart: 客户, 客户!H3; `sheet` is the sheet's own name. `header_row` is the last
    row of the header (0 for a form, None when there is none), `header_rows` how many it has. `n_rows` is the last
    used row, `n_data` counts the non-empty rows of data. Rows in `left_out` (totals, repeated headers …) are no data.
    `unit` is a unit of money named above the table. The table begins at column `first` of its blocks. `mended` are
    texts that people gave instead of those in the file, by row and column.
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
    sheet: str = ""
    header_rows: int = 1
    left_out: tuple[int, ...] = ()
    unit: str = ""
    first: int = 0
    whole: bool = True
    date1904: bool = False
    mended: Mapping[int, Mapping[int, str]] = field(default_factory=dict)

    def blocks(self, after_row: int | None = None) -> Iterator[pl.DataFrame]:
        """Yield frames with `row` (UInt32), texts `c0`…`cN` (String, null when empty) and kinds `k0`…`kN`.

        Only rows below `after_row`; by default those below the header. Empty rows and those left out are not there.
        """
        start = (self.header_row or 0) if after_row is None else after_row
        for number, rows in enumerate(self.block_rows):
            frame = self._frame(number, rows)
            frame = frame.filter(pl.col("row") > start) if number == 0 or start else frame
            if not self.whole:
                filled = pl.any_horizontal(pl.col(f"c{index}").is_not_null() for index in range(self.n_cols))
                frame = frame.filter(filled & (pl.col("row") <= self.n_rows))
            if self.left_out:
                frame = frame.filter(~pl.col("row").is_in(self.left_out))
            if frame.height:
                yield self._mend(frame) if self.mended else frame

    def _mend(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Put the mended texts in the place of those that were read; an empty one empties the cell."""
        wanted: dict[int, dict[int, str | None]] = {}
        for at, row in enumerate(frame["row"].to_list()):
            for index, text in self.mended.get(row, {}).items():
                wanted.setdefault(index, {})[at] = text.strip() or None
        changed = []
        for index, texts in wanted.items():
            read = frame[f"c{index}"].to_list()
            kinds = frame[f"k{index}"].cast(pl.String).to_list()
            for at, mended in texts.items():
                read[at], kinds[at] = mended, "0" if mended is None else "t"
            changed.append(pl.Series(f"c{index}", read, dtype=pl.String))
            changed.append(pl.Series(f"k{index}", kinds, dtype=_kind_type()))
        return frame.with_columns(changed) if changed else frame

    def head(self, count: int = 20) -> list[tuple[int, list[str | None]]]:
        """Return the first non-empty rows as (row number, texts), the header and titles above it included."""
        found: list[tuple[int, list[str | None]]] = []
        for frame in self.blocks(after_row=0):
            texts = frame.head(count - len(found)).select("row", *(f"c{i}" for i in range(self.n_cols)))
            found.extend((row[0], list(row[1:])) for row in texts.iter_rows())
            if len(found) >= count:
                break
        return found

    def rows(self, wanted: Collection[int]) -> list[tuple[int, list[str | None]]]:
        """Return the rows of these numbers that are not empty, as (row number, texts), in order."""
        found: list[tuple[int, list[str | None]]] = []
        last = max(wanted, default=0)
        for frame in self.blocks(after_row=min(wanted) - 1) if wanted else ():
            named = frame.filter(pl.col("row").is_in(list(wanted)))
            texts = named.select("row", *(f"c{i}" for i in range(self.n_cols)))
            found.extend((row[0], list(row[1:])) for row in texts.iter_rows())
            if frame["row"][-1] >= last:
                break
        return found

    def with_header(self, row: int | None) -> Self:
        """Return the sheet with its header in another row (None: it has none), titles and counts to match."""
        frames = self.blocks(after_row=(row or 1) - 1)
        titles: dict[int, str] = {}
        if row is not None:
            first = next(frames, None)
            if first is None or first["row"][0] != row:
                raise BadInput("import.header", sheet=self.name, row=row)
            titles = {i: title(first[f"c{i}"][0]) for i in range(self.n_cols)}
        columns = tuple(replace(column, title=titles.get(i, "")) for i, column in enumerate(self.columns))
        return replace(self, header_row=row, header_rows=int(row is not None), columns=columns).counted()

    def counted(self) -> Self:
        """Return the sheet with its rows and the kinds of its cells counted anew."""
        counts: list[Counter[str]] = [Counter() for _ in range(self.n_cols)]
        data_rows = 0
        for frame in self.blocks():
            data_rows += frame.height
            for index in range(self.n_cols):
                counts[index].update(dict(frame[f"k{index}"].value_counts().iter_rows()))
        columns = tuple(replace(column, kinds=dict(counts[i])) for i, column in enumerate(self.columns))
        return replace(self, n_data=data_rows, columns=columns)

    def _frame(self, number: int, rows: int) -> pl.DataFrame:
        try:
            block = orjson.loads(block_file(self.workdir, self.number, number).read_bytes())
            texts, kinds = block["text"], block["kind"]
            series = [pl.Series("row", block["row"], dtype=pl.UInt32)]
            texts, kinds = texts[self.first :], kinds[self.first :]
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
    date1904 = bool(manifest.get("date1904"))
    return Workbook(
        sheets=tuple(replace(_sheet(sheet, workdir), date1904=date1904) for sheet in sheets),
        kind=str(manifest["kind"]),
        encoding=None if encoding is None else str(encoding),
        findings=tuple(Finding(str(each["code"]), dict(each["data"])) for each in findings),
    )


def _sheet(sheet: Mapping[str, Any], workdir: Path) -> Sheet:
    titles, counts, blocks, header = sheet["titles"], sheet["counts"], sheet["blocks"], sheet["header"]
    if not isinstance(titles, list) or not isinstance(blocks, list) or not isinstance(header, list | None):
        raise TypeError("titles, blocks and header are lists")
    first, end = map(_whole, sheet["columns"])
    letters, places = sheet.get("letters"), sheet.get("places")
    columns = tuple(
        Column(
            index=index,
            letters=str(letters[index]) if letters else column_letters(first + index),
            title=str(titles[index]) if index < len(titles) else "",
            kinds={str(kind): int(count) for kind, count in counts[index].items()} if counts else {},
            places={int(row): _whole(place) for row, place in places[index].items()} if places else {},
        )
        for index in range(end - first)
    )
    found = Sheet(
        number=_whole(sheet["number"]),
        name=str(sheet["name"]),
        sheet=str(sheet["sheet"]),
        hidden=bool(sheet["hidden"]),
        n_rows=_whole(sheet["n_rows"]),
        n_cols=len(columns),
        n_data=_whole(sheet["n_data"]),
        header_row=None if header is None else max(map(_whole, header), default=0),
        header_rows=len(header or ()),
        columns=columns,
        block_rows=tuple(_whole(rows) for rows in blocks),
        workdir=workdir,
        left_out=tuple(map(_whole, sheet["left_out"])),
        unit=str(sheet["unit"]),
        first=first,
        whole=counts is not None,
    )
    return found if found.whole else found.counted()


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


@cache
def _kind_type() -> pl.Enum:
    """Type of the columns k0…kN: t text, n number, d date or datetime (ISO text), b boolean, e error, 0 empty."""
    return pl.Enum(list(KINDS))


def _kinds(name: str, kinds: str, rows: int) -> pl.Series:
    if len(kinds) == 1 and rows != 1:
        return pl.Series(name, [kinds], dtype=_kind_type()).new_from_index(0, rows)
    return pl.Series(name, list(kinds), dtype=_kind_type())
