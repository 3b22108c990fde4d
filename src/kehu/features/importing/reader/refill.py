"""Writes a kept xlsx workbook anew in a process with limits: its headings, styles and widths, and other rows below.

Started by `parent.refill`. The new workbook holds only the sheets that are asked for, and of these only the rows that
are kept or given: no formula in a cell, no link, picture, macro, nor any text of a row that is not there. What lies
over the cells comes along as far as `overlays` says; of a sheet without data that lists take their words from, these
words and nothing else. Texts stay texts.
Streams: memory grows with the distinct texts of the rows that are kept, not with the sheet.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, BinaryIO, Self
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits
from kehu.features.importing.reader import child
from kehu.features.importing.reader.cells import column_letters
from kehu.features.importing.reader.overlays import (
    LAST_ROW,
    Area,
    Overlays,
    area,
    comment_parts,
    comments,
    moved_comments,
    where,
)
from kehu.features.importing.reader.package import (
    defined_names,
    find_part,
    has_date1904,
    inflate,
    open_package,
    part_name,
    sheet_names,
    sheet_states,
)
from kehu.features.importing.reader.restyle import MAIN, Styles
from kehu.features.importing.reader.sheetscan import column_number

MODEL_ROWS = 200
MOST_LISTS = 20  # sheets that lists take their words from
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_BOXES = "application/vnd.openxmlformats-officedocument.vmlDrawing"
# What is taken over around the rows, with the parts of each; the order is that of the format.
_BEFORE = {"sheetPr": {"tabColor", "outlinePr", "pageSetUpPr"}, "sheetViews": {"sheetView", "pane", "selection"},
           "sheetFormatPr": set[str](), "cols": {"col"}}  # fmt: skip
_AFTER = {"printOptions": set[str](), "pageMargins": set[str](), "pageSetup": set[str](), "headerFooter": {
    "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"}}  # fmt: skip
_SECTIONS = _BEFORE | _AFTER
_ROW_ATTRIBUTES = ("ht", "customHeight", "hidden")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})", re.ASCII)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA_LIKE = ("=", "+", "-", "@", "\t", "\r")
Cell = tuple[int, int, str, str]  # column from 1, style, type (n, s, b, e, or t for a text), text


@dataclass(slots=True)
class Order:
    """What is wanted of one sheet. Rows count from 1 as Excel shows them, columns from 1.

    head: the rows up to it stay as they stand. keep: the rows below it that stay too, moved. rows: a file of new
    rows that come below the head, one JSON list a line. model: the rows whose styles the new ones take. foot: from
    this row on rows stay, moved. totals: of these, rows whose numbers are `sums` by column, or nothing. marks: cells
    that turn red. texts: cells with other texts, by row and column, also new ones beside the table. fill: texts of
    cells that are empty, as those below the first of merged cells are. tables: the sheets that hold data.
    """

    sheet: str
    head: int
    keep: Sequence[int] = ()
    rows: str | None = None
    model: tuple[int, int] | None = None
    foot: int | None = None
    totals: Sequence[int] = ()
    sums: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Sequence[int]] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    fill: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    widths: Mapping[str, float] = field(default_factory=dict)
    tables: Sequence[str] = ()


class _Parser:
    """What both walks over a sheet share: where one stands, which rows stay."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.keep = frozenset(order.keep)
        self.row = 0
        self.column = 0
        self.staying = False

    def stays(self, row: int) -> bool:
        """Whether a row of the old sheet is in the new one."""
        return row <= self.order.head or row in self.keep

    def at_row(self, attributes: Mapping[str, str]) -> None:
        given = attributes.get("r", "")
        self.row = int(given) if given.isdecimal() else self.row + 1
        self.column = 0
        self.staying = self.stays(self.row)

    def at_cell(self, attributes: Mapping[str, str]) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self.column = column_number(found[1]) if found else self.column + 1


class _Survey(_Parser):
    """First walk: which shared texts the staying rows name, the styles of the model rows, what stands around."""

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self.shared: set[int] = set()
        self.models: dict[int, Counter[tuple[str, str]]] = {}
        self.model_row: dict[str, str] = {}
        self.sections: dict[str, list[str]] = {}
        self.column_styles: list[tuple[int, int, str]] = []
        self.merges: list[tuple[int, int, int, int]] = []
        self.filter: tuple[int, int, int, int] | None = None
        self.overlays = Overlays()
        self._section: str | None = None
        self._depth = 0
        self._type = ""
        self._text: list[str] | None = None
        self._model = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self.at_cell(attributes)
            self._type = attributes.get("t", "n")
            if self._model:
                of = self.models.setdefault(self.column, Counter())
                of[(attributes.get("s", ""), "n" if self._type == "n" else "t")] += 1
        elif name == "v":
            self._text = [] if self.staying and self._type == "s" else None
        elif name == "row":
            self.at_row(attributes)
            first, last = self.order.model or (0, -1)
            self._model = first <= self.row <= min(last, first + MODEL_ROWS)
            if self._model and not self.model_row:
                self.model_row = {k: attributes[k] for k in ("ht", "customHeight") if k in attributes}
        elif self._section is not None or name in _SECTIONS:
            self._open(name, attributes)
        elif name == "mergeCell":
            if (found := area(attributes.get("ref", ""))) is not None:
                self.merges.append(found)
        elif name == "autoFilter":
            self.filter = area(attributes.get("ref", ""))
        else:
            self.overlays.start(name, attributes)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if self._section is None:
            self._section, self._depth = name, 0
            self.sections.setdefault(name, [])
        if name == "col":
            self.column_styles.append(
                (int(attributes.get("min", 0)), int(attributes.get("max", 0)), attributes.get("style", ""))
            )
        if self._depth == 0 or name in _SECTIONS[self._section]:
            plain = {k: v for k, v in attributes.items() if ":" not in k and k not in ("codeName", "filterMode")}
            body = "".join(f' {key}="{_escape(value)}"' for key, value in plain.items())
            self.sections[self._section].append(f"<{name}{body}>")
        self._depth += 1

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)
        elif self._section == "headerFooter" and self._depth == 2:
            self.sections[self._section].append(_escape(text))
        else:
            self.overlays.data(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if self._text is not None and name == "v":
            number = "".join(self._text).strip()
            if number.isdecimal():
                self.shared.add(int(number))
            self._text = None
        elif self._section is not None:
            self._depth -= 1
            if self._depth == 0 or name in _SECTIONS[self._section]:
                self.sections[self._section].append(f"</{name}>")
            if self._depth == 0:
                self._section = None
        else:
            self.overlays.end(name)

    def section(self, name: str) -> str:
        return "".join(self.sections.get(name, ()))


class _Words:
    """Walk over a sheet that lists take their words from: the cells that they name, as (kind, text)."""

    def __init__(self, areas: Sequence[Area]) -> None:
        self.cells: dict[tuple[int, int], tuple[str, str]] = {}
        self._areas = areas
        self._row = self._column = 0
        self._type = ""
        self._parts: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            given = attributes.get("r", "")
            self._row, self._column = int(given) if given.isdecimal() else self._row + 1, 0
        elif name == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = column_number(found[1]) if found else self._column + 1
            self._type = attributes.get("t", "n")
        elif name in ("v", "t") and any(
            top <= self._row <= bottom and left <= self._column <= right for top, left, bottom, right in self._areas
        ):
            self._parts = []

    def data(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] in ("v", "t") and self._parts is not None:
            before = self.cells.get((self._row, self._column), ("", ""))[1]
            self.cells[self._row, self._column] = self._type, before + "".join(self._parts)
            self._parts = None

    @property
    def shared(self) -> set[int]:
        """The shared texts that the cells name."""
        return {int(text) for kind, text in self.cells.values() if kind == "s" and text.strip().isdecimal()}

    def xml(self, texts: Mapping[int, str]) -> bytes:
        """The sheet with these cells alone."""
        rows: dict[int, list[str]] = {}
        for (row, column), (kind, text) in sorted(self.cells.items()):
            said = texts.get(int(text) if text.strip().isdecimal() else -1, "") if kind == "s" else text
            place = f'r="{column_letters(column - 1)}{row}"'
            if kind in ("n", "b"):
                rows.setdefault(row, []).append(f'<c {place} t="{kind}"><v>{_escape(said)}</v></c>')
            elif kind != "e" and said:
                body = f'<is><t xml:space="preserve">{_escape(said)}</t></is>'
                rows.setdefault(row, []).append(f'<c {place} t="inlineStr">{body}</c>')
        body = "".join(f'<row r="{row}">{"".join(cells)}</row>' for row, cells in rows.items())
        return _HEAD + f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'.encode()


class _Shared:
    """Walk over the shared texts: the wanted ones, runs of letters laid together, readings left out."""

    def __init__(self, wanted: set[int]) -> None:
        self.texts: dict[int, str] = {}
        self._wanted = wanted
        self._at = -1
        self._parts: list[str] | None = None
        self._reading = False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "si":
            self._at += 1
            self.texts.update({self._at: ""} if self._at in self._wanted else {})
        elif name == "rPh":
            self._reading = True
        elif name == "t" and self._at in self._wanted and not self._reading:
            self._parts = []

    def data(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "t" and self._parts is not None:
            self.texts[self._at] += "".join(self._parts)
            self._parts = None
        elif name == "rPh":
            self._reading = False


class _Writer(_Parser):
    """Second walk: writes the staying rows and the new ones."""

    def __init__(self, order: Order, survey: _Survey, texts: Mapping[int, str], styles: Styles, out: BinaryIO) -> None:
        super().__init__(order)
        self._survey, self._texts, self._styles, self._out = survey, texts, styles, out
        self._cells: list[Cell] = []
        self._row_attributes: dict[str, str] = {}
        self._type = ""
        self._style = 0
        self._formula = False
        self._text: list[str] | None = None
        self._value = ""
        self._marked: frozenset[int] = frozenset()
        self.last = 0  # of the new sheet
        self.moved: dict[int, int] = {}  # of staying rows below the head: old number → new
        self._filled = order.rows is None
        self.new_rows: tuple[int, int] | None = None
        self.comments: dict[tuple[int, int], str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self.at_row(attributes)
            if self.staying:
                self._cells = []
                self._row_attributes = attributes
        elif not self.staying:
            return
        elif name == "c":
            self.at_cell(attributes)
            self._type = attributes.get("t", "n")
            self._style = self._styles.number(attributes.get("s"))
            self._value, self._formula = "", False
        elif name in ("v", "t"):
            self._text = []
        elif name == "f":
            self._formula = True

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "sheetData":
            self._fill()
        elif not self.staying:
            return
        elif name in ("v", "t") and self._text is not None:
            self._value += "".join(self._text)
            self._text = None
        elif name == "c":
            self._cell()
        elif name == "row":
            self._flush()

    def _cell(self) -> None:
        kind, text = self._type, self._value
        if kind == "s":
            text, kind = self._texts.get(int(text) if text.strip().isdecimal() else -1, ""), "t"
        elif kind in ("inlineStr", "str"):
            kind = "t"
        below = self.order.foot is not None and self.row >= self.order.foot
        if below and kind in ("n", "e") and (self._formula or self.row in self.order.totals):
            # What was summed up is no longer there: the new sum, or nothing.
            text = self.order.sums.get(str(self.column), "") if self.row in self.order.totals else ""
            kind = "n"
        if text or self._style:
            self._cells.append((self.column, self._style, kind, text))

    def _flush(self) -> None:
        row = self.row
        if row > self.order.head:
            self._fill()
        number = row if row <= self.order.head else max(self.last, self.order.head) + 1
        if row > self.order.head:
            self.moved[row] = number
        cells = {column: (style, kind, text) for column, style, kind, text in self._cells}
        for key, text in self.order.fill.get(str(row), {}).items():
            style, _, old = cells.get(int(key), (0, "", ""))
            if not old:
                cells[int(key)] = style, "t", text
        for key, given in self.order.texts.get(str(row), {}).items():
            style = cells.get(int(key), (0, "", ""))[0]
            style = style if int(key) in cells else self._styles.changed(0, "wrap")
            cells[int(key)] = (style, "t", given or "")
        for column in self.order.marks.get(str(row), ()):
            style, kind, text = cells.get(column, (0, "t", ""))
            cells[column] = (self._styles.changed(style, "bad"), kind, text)
        hidden = () if row > self.order.head else ("hidden",)
        names = [name for name in _ROW_ATTRIBUTES if name in self._row_attributes and (name != "hidden" or hidden)]
        body = "".join(f' {name}="{_escape(self._row_attributes[name])}"' for name in names)
        self._put(number, body, ((column, *cells[column]) for column in sorted(cells)))

    def _put(self, number: int, attributes: str, cells: Iterator[Cell]) -> None:
        if number > LAST_ROW:
            raise BadInput("export.layout_rows", limit=LAST_ROW)
        self.last = number
        parts = [f'<row r="{number}"{attributes}>']
        for column, style, kind, text in cells:
            place = f'r="{column_letters(column - 1)}{number}"' + (f' s="{style}"' if style else "")
            if text == "":
                parts.append(f"<c {place}/>" if style else "")
            elif kind == "t":
                if text[0] in _FORMULA_LIKE:
                    place = f'r="{column_letters(column - 1)}{number}" s="{self._styles.changed(style, "quote")}"'
                parts.append(f'<c {place} t="inlineStr"><is><t xml:space="preserve">{_escape(text)}</t></is></c>')
            else:
                sort = "" if kind == "n" else f' t="{kind}"'
                parts.append(f"<c {place}{sort}><v>{_escape(text)}</v></c>")
        parts.append("</row>")
        self._out.write("".join(parts).encode())

    def _fill(self) -> None:
        """Write the new rows, once, when the head has been written."""
        if self._filled:
            return
        self._filled = True
        looks = self._looks()
        height = "".join(f' {key}="{_escape(value)}"' for key, value in self._survey.model_row.items())
        first = number = self.order.head + 1
        with Path(str(self.order.rows)).open("rb") as lines:
            for line in lines:
                row = orjson.loads(line)
                self._put(number, height, self._new(row, looks))
                number += 1
        self.last = number - 1
        self.new_rows = first, number - 1

    def _looks(self) -> dict[int, tuple[int, str]]:
        """Of each column the style and the kind of cells that most of its old rows had."""
        looks: dict[int, tuple[int, str]] = {}
        for first, last, style in self._survey.column_styles:
            for column in range(first, min(last, first + 500) + 1):
                looks[column] = self._styles.number(style), ""
        for column, seen in self._survey.models.items():
            (style, _), _ = seen.most_common(1)[0]
            kinds = Counter[str]()
            for (_, kind), count in seen.items():
                kinds[kind] += count
            looks[column] = self._styles.number(style), kinds.most_common(1)[0][0]
        return looks

    def _new(self, row: Sequence[Any], looks: Mapping[int, tuple[int, str]]) -> Iterator[Cell]:
        for column, value in enumerate(row, 1):
            style, look = looks.get(column, (0, ""))
            if value is None:
                kind, text = "t", ""
            elif isinstance(value, str):
                kind, text = "t", value
            elif value[0] == "d" and look != "t":
                kind, text = "n", value[1]
                style = style if self._styles.is_date(style) else self._styles.changed(style, "day")
            elif value[0] == "p" and not self._styles.is_percent(style):
                kind, text = "t", value[2]
            elif value[0] in ("d", "p"):
                kind, text = ("t", value[2]) if value[0] == "d" else ("n", value[1])
            else:
                kind, text = value[0], value[1]
            if text or style:
                yield column, style, kind, text


def main() -> int:
    """Read the job, do it, write the manifest; a refusal is a manifest too."""
    job = orjson.loads(sys.stdin.buffer.read())
    limits = Limits(**job["limits"])
    child.restrict(limits)
    workdir = Path(job["workdir"])
    try:
        orders = [Order(**one) for one in job["orders"]]
        with open_package(Path(job["path"]), limits) as package:
            manifest: dict[str, object] = {"rows": rewrite(package, orders, Path(job["out"]), limits)}
    except BadInput as error:
        manifest = {"error": {"code": error.code, "data": error.data}}
    except MemoryError:
        manifest = {"error": {"code": "import.too_large.memory", "data": {}}}
    except (expat.ExpatError, ValueError, KeyError, SyntaxError):
        manifest = {"error": {"code": "import.unreadable", "data": {}}}
    (workdir / child.MANIFEST).write_bytes(orjson.dumps(manifest))
    return 0


def rewrite(package: ZipFile, orders: Sequence[Order], out: Path, limits: Limits) -> int:
    """Write the new workbook; return the last row of its first sheet. Raises BadInput for a sheet that is not there."""
    inflate(package, limits, lambda _part, _first: None)  # sizes, ratios, DTDs: before any parser
    entries = {part_name(entry): entry for entry in package.infolist()}
    parts = {name: entries[part] for part, name in sheet_names(package).items() if part in entries}
    if any(order.sheet not in parts for order in orders):
        raise BadInput("import.no_sheet", field="sheet", sheet=orders[0].sheet)
    sheet_style = find_part(package, "xl/styles.xml")
    styles = Styles(package.read(sheet_style) if sheet_style and sheet_style.file_size <= 8 << 20 else None)
    theme = find_part(package, "theme/theme1.xml")
    design = package.read(theme) if theme and theme.file_size <= 4 << 20 and styles.own else b""
    if b":embed" in design or b":link" in design:
        design = b""  # names pictures that do not come along
    surveys = [_Survey(order) for order in orders]
    for survey in surveys:
        _walk(package, parts[survey.order.sheet], survey)
    lists = _Lists.of(package, parts, orders, surveys)
    named = (one.shared for one in lists.sheets.values())
    shared = _Shared(set().union(*(survey.shared for survey in surveys), *named))
    texts = find_part(package, "sharedstrings.xml")
    if texts is not None and shared._wanted:
        _walk(package, texts, shared)
    last = 0
    noted: dict[int, dict[tuple[int, int], str]] = {}
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=4) as book:
        for number, survey in enumerate(surveys, 1):
            with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as stream:
                part = parts[survey.order.sheet]
                writer = _sheet(package, part, survey, shared.texts, styles, stream, lists.formulas)
            last = last or writer.last
            if writer.comments:
                noted[number] = writer.comments
        for number, words in enumerate(lists.sheets.values(), len(orders) + 1):
            book.writestr(f"xl/worksheets/sheet{number}.xml", words.xml(shared.texts))
        for name, data in _others(
            [order.sheet for order in orders], lists, styles.xml(), design, noted, date1904=has_date1904(package)
        ):
            book.writestr(name, data)
    return last


@dataclass(slots=True)
class _Lists:
    """The sheets that lists take their words from, by name, with the formulas and names that lead there."""

    sheets: dict[str, _Words] = field(default_factory=dict)
    formulas: frozenset[str] = frozenset()
    names: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, package: ZipFile, parts: Mapping[str, ZipInfo], orders: Sequence[Order], surveys: Sequence[_Survey]
    ) -> Self:
        """Those of a workbook that may come along: no sheet that holds data, and not too many."""
        names = defined_names(package)
        barred = {name for order in orders for name in (order.sheet, *order.tables)}
        found = cls()
        areas: dict[str, list[Area]] = {}
        for formula, (sheet, cells) in {k: v for survey in surveys for k, v in survey.overlays.sources(names)}.items():
            if sheet in barred or sheet not in parts or len(areas.keys() | {sheet}) > MOST_LISTS:
                continue
            areas.setdefault(sheet, []).append(cells)
            found.formulas |= {formula}
            if (name := formula.strip().lstrip("=")) in names:
                found.names[name] = names[name]
        for sheet, wanted in areas.items():
            found.sheets[sheet] = _Words(wanted)
            _walk(package, parts[sheet], found.sheets[sheet])
        states = sheet_states(package)
        found.states = {sheet: states[sheet] for sheet in areas if sheet in states}
        return found


def _sheet(
    package: ZipFile, part: ZipInfo, survey: _Survey, texts: Mapping[int, str], styles: Styles, out: Any,
    listed: frozenset[str],
) -> _Writer:  # fmt: skip
    order = survey.order
    out.write(_HEAD + f'<worksheet xmlns="{MAIN}" xmlns:r="{_OFFICE}">'.encode())
    for name in _BEFORE:
        found = survey.section(name)
        if name == "cols":
            found = _widths(survey, order.widths, styles)
        out.write(found.encode())
    out.write(b"<sheetData>")
    writer = _Writer(order, survey, texts, styles, out)
    _walk(package, part, writer)
    out.write(b"</sheetData>")
    if survey.filter is not None and survey.filter[0] <= order.head:
        top, left, _, right = survey.filter
        end = writer.new_rows[1] if writer.new_rows else max(writer.last, top)
        out.write(f'<autoFilter ref="{where(top, left, max(end, top), right)}"/>'.encode())
    # Of rows picked out of others each says its own values; only what stays together stays merged.
    moved = writer.moved if order.rows is not None else {}
    merges = [where(*one) for one in _moved(survey.merges, order.head, moved)]
    if merges:
        cells = "".join(f'<mergeCell ref="{one}"/>' for one in merges)
        out.write(f'<mergeCells count="{len(merges)}">{cells}</mergeCells>'.encode())
    looks = styles.conditional
    overlays, extensions = survey.overlays.xml(lambda one: _placed(order, writer, one), order.head, looks, listed)
    out.write(overlays.encode())
    for name in _AFTER:
        out.write(survey.section(name).encode())
    writer.comments = moved_comments(comments(package, part), order.head, writer.moved)
    if writer.comments:
        out.write(b'<legacyDrawing r:id="rId1"/>')
    out.write(extensions.encode())
    out.write(b"</worksheet>")
    return writer


def _widths(survey: _Survey, more: Mapping[str, float], styles: Styles) -> str:
    """The widths of the columns, with those of new columns beside the table."""
    found = survey.section("cols")
    if not styles.own:
        found = re.sub(r' style="\d+"', "", found)
    if not more:
        return found
    first = min(map(int, more))
    kept = [one for one in re.findall(r"<col [^>]*></col>", found) if int(_number(one, "min")) < first]
    kept = [re.sub(r' max="\d+"', f' max="{min(int(_number(one, "max")), first - 1)}"', one) for one in kept]
    new = [f'<col min="{key}" max="{key}" width="{width}" customWidth="1"/>' for key, width in sorted(more.items())]
    return "<cols>" + "".join([*kept, *new]) + "</cols>"


def _number(tag: str, name: str) -> str:
    found = re.search(rf' {name}="(\d+)"', tag)
    return found[1] if found else "0"


def _moved(
    merges: Sequence[tuple[int, int, int, int]], head: int, moved: Mapping[int, int]
) -> Iterator[tuple[int, int, int, int]]:
    """The merged cells whose rows are all there, where these stand now."""
    for top, left, bottom, right in merges:
        if bottom <= head:
            yield top, left, bottom, right
        elif top > head and all(row in moved for row in range(top, bottom + 1)):
            if moved[bottom] - moved[top] == bottom - top:
                yield moved[top], left, moved[bottom], right


def _placed(order: Order, writer: _Writer, old: Area) -> Area | None:
    """Where an area stands now: what lay over the first row of data lies over all of the new ones."""
    top, left, bottom, right = old
    if bottom <= order.head:
        return old
    staying = [writer.moved[row] for row in writer.moved if top <= row <= bottom]
    if writer.new_rows is None:  # rows were picked out: it lies over those that are left of it
        first, last = (min(staying, default=0), max(staying, default=0))
        return (top if top <= order.head else first, left, last, right) if staying else None
    begin, end = order.model or (order.head + 1, order.head + 1)
    if not top <= begin <= bottom:
        whole = len(staying) == bottom - top + 1 and staying[-1] - staying[0] == bottom - top
        return (staying[0], left, staying[-1], right) if whole else None
    first, last = writer.new_rows
    if bottom > end:  # it reached beyond the data
        last = max(last, max(staying, default=0) if bottom in writer.moved else bottom)
    top = top if top <= order.head else first
    return top, left, max(last, top), right


def _walk(package: ZipFile, part: ZipInfo, handler: Any) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.data
    with package.open(part) as stream:
        while chunk := stream.read(1 << 18):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _escape(text: str) -> str:
    return escape(_NOT_XML.sub("", text))


def _others(
    names: Sequence[str],
    lists: _Lists,
    styles: bytes,
    theme: bytes,
    noted: Mapping[int, Mapping[tuple[int, int], str]],
    *,
    date1904: bool,
) -> Iterator[tuple[str, bytes]]:
    """The parts of the new workbook beside its sheets."""
    every = [*names, *lists.sheets]
    numbers = range(1, len(every) + 1)
    sheets = "".join(
        f'<sheet name="{_escape(name)}" sheetId="{n}"{_state(lists.states.get(name))} r:id="rId{n}"/>'
        for n, name in zip(numbers, every, strict=True)
    )
    defined = "".join(
        f'<definedName name="{_escape(name)}">{_escape(means)}</definedName>' for name, means in lists.names.items()
    )
    defined = f"<definedNames>{defined}</definedNames>" if defined else ""
    days = '<workbookPr date1904="1"/>' if date1904 else ""
    yield (
        "xl/workbook.xml",
        _HEAD
        + f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">{days}<bookViews><workbookView/></bookViews>'
        f"<sheets>{sheets}</sheets>{defined}</workbook>".encode(),
    )
    links = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers] + [("rIdS", "styles", "styles.xml")]
    types = [(f"/xl/worksheets/sheet{n}.xml", f"{_TYPE}worksheet+xml") for n in numbers]
    types += [("/xl/workbook.xml", f"{_TYPE}sheet.main+xml"), ("/xl/styles.xml", f"{_TYPE}styles+xml")]
    if theme:
        links.append(("rIdT", "theme", "theme/theme1.xml"))
        types.append(("/xl/theme/theme1.xml", "application/vnd.openxmlformats-officedocument.theme+xml"))
        yield "xl/theme/theme1.xml", theme
    for number, found in noted.items():
        for name, text in comment_parts(number, found):
            yield name, _HEAD + text.encode() if name.endswith(".xml") else text.encode()
        types.append((f"/xl/comments{number}.xml", f"{_TYPE}comments+xml"))
        beside = [("rId1", "vmlDrawing", f"../drawings/vmlDrawing{number}.vml"),
                  ("rId2", "comments", f"../comments{number}.xml")]  # fmt: skip
        yield f"xl/worksheets/_rels/sheet{number}.xml.rels", _relations(beside)
    yield "xl/styles.xml", styles
    yield "xl/_rels/workbook.xml.rels", _relations(links)
    yield "_rels/.rels", _relations([("rId1", "officeDocument", "xl/workbook.xml")])
    boxes = f'<Default Extension="vml" ContentType="{_BOXES}"/>' if noted else ""
    parts = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in types)
    yield (
        "[Content_Types].xml",
        _HEAD
        + f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/>{boxes}{parts}</Types>'.encode(),
    )


def _state(state: str | None) -> str:
    return f' state="{state}"' if state else ""


def _relations(links: Sequence[tuple[str, str, str]]) -> bytes:
    body = "".join(f'<Relationship Id="{id}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for id, kind, to in links)
    return _HEAD + f'<Relationships xmlns="{_PACKAGE}/relationships">{body}</Relationships>'.encode()


if __name__ == "__main__":
    sys.exit(main())
