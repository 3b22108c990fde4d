"""Reads sheets that are forms: one customer per sheet or block, the name of a blank left of its value or above it.

A form leaves as a small table: one column per blank, the first row is the record with the first entry of each of its
lists (contacts, addresses, maintenance rows), each further row one more entry with the record's own name and number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from kehu.features.importing.base import Merge
from kehu.features.importing.reader.cells import column_letters
from kehu.features.importing.reader.header import is_title, title
from kehu.features.importing.reader.layout import SIGNATURE, Known, unit_of
from kehu.features.importing.synonyms import normal_title

FORM_ROWS, FORM_COLUMNS = 500, 60
CUSTOMER_WORDS = frozenset(
    {
        "客户名称",
        "客户编号",
        "客户姓名",
        "客户",
        "客户代码",
        "客户编码",
        "公司名称",
        "单位名称",
        "企业名称",
        "会员姓名",
        "会员编号",
        "会员卡号",
    }
)
_OWN_WORDS = CUSTOMER_WORDS | {"编号", "姓名", "名称", "档案编号", "全称", "客户全称"}
_INLINE = re.compile(r"\s*([^:：]{1,14})[:：]\s*(.*\S)?\s*", re.DOTALL)
_BOX = re.compile(r"([□☐☑☒■√✓✔])\s*([^□☐☑☒■√✓✔\s]+)")
_TICKED = frozenset("☑☒■√✓✔")
_ADDRESS = re.compile(r"(.{2,6}地址)")

Cell = tuple[str | None, str]


@dataclass(slots=True)
class Form:
    """One record: a title and a column of the sheet per blank, cells by row and blank.

    `places` tells, blank by blank, the sheet's row of a cell that stands elsewhere than its row here says.
    """

    place: str
    titles: list[str] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    places: list[dict[int, int]] = field(default_factory=list)
    unit: str = ""


@dataclass(slots=True)
class _Filled:
    column: int
    end: int  # column after the cell, merged ones counted
    text: str
    kind: str


@dataclass(slots=True)
class _Entry:
    """One value of a record: where it stands and what it is called."""

    name: str
    row: int
    column: int
    cell: Cell


@dataclass(slots=True)
class _Record:
    own: list[_Entry] = field(default_factory=list)
    lists: dict[str, list[list[_Entry]]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


def find_forms(known: Known, merges: Sequence[Merge]) -> list[Form] | None:
    """Return the records of a sheet that is a form, None when it is an ordinary table (or nothing)."""
    ends = {(r1, c1): c2 + 1 for r1, c1, _, c2 in merges}
    rows = [
        (
            number,
            [
                _Filled(c, ends.get((number - 1, c), c + 1), text or "", kind)
                for c, (text, kind) in enumerate(cells)
                if kind != "0"
            ],
        )
        for number, cells in sorted(known.items())
    ]
    reader = _Reader(rows)
    records = reader.read()
    if records is None:
        return None
    unit = unit_of(known.items())
    forms = [_form(record, unit) for record in records if record.own or record.lists]
    return forms or None


class _Reader:
    """Goes through the rows of a sheet and sorts their cells into records."""

    def __init__(self, rows: list[tuple[int, list[_Filled]]]) -> None:
        self.rows = rows
        self.records: list[_Record] = []
        self.pairs = 0
        self.pair_rows = 0
        self.blocks: list[list[str]] = []  # headings of each block of values below headings
        self.first_block_rows = 0
        self.filled = 0

    def read(self) -> list[_Record] | None:
        """Return the records, or None when the sheet does not read as a form."""
        block = ""
        caption = ""
        position = 0
        while position < len(self.rows):
            number, cells = self.rows[position]
            self.filled += len(cells)
            if len(cells) == 1 and not _boxes(cells[0].text) and not self._inline(number, cells, block):
                text = title(cells[0].text)
                if text == caption:  # the next form on the same sheet
                    self.records.append(_Record())
                block = text if (caption or self.records) and text != caption else ""
                caption = caption or text
            elif self._headings(position):
                position = self._values(position, block)
                continue
            elif not self._labelled(number, cells, block):
                for cell in cells:
                    name = block or "状态标识"
                    items = [[_Entry(name, number, cell.column, (word, "t"))] for word in _ticked(cell.text)]
                    self._record().lists.setdefault(name, []).extend(items)
            position += 1
        return self.records if self._is_form() else None

    def _is_form(self) -> bool:
        if self.pairs >= 3 and self.pair_rows >= 2 and self.pairs * 4 >= self.filled - sum(map(len, self.blocks)) * 2:
            return True
        if len(self.blocks) + (self.pair_rows > 0) < 3 or self.first_block_rows != 1:
            return False
        first, *others = self.blocks
        own = {normal_title(one) for one in first}
        return bool(own & _OWN_WORDS) and not any(CUSTOMER_WORDS & {normal_title(t) for t in one} for one in others)

    def _headings(self, position: int) -> bool:
        """Tell whether a row is one of names whose values stand below."""
        number, cells = self.rows[position]
        if len(cells) < 2 or not all(c.kind == "t" and is_title(title(c.text)) for c in cells):
            return False
        if position + 1 >= len(self.rows) or self.rows[position + 1][0] != number + 1:
            return False
        below = self.rows[position + 1][1]
        columns = {c.column for c in cells}
        named = sum(is_title(title(c.text)) for c in below)
        above = self.rows[position - 1] if position else (0, [])
        captioned = len(above[1]) == 1 and above[0] == number - 1
        # Names above names: blanks that nobody has filled. Below a caption a value may be such a word: 微信.
        if named == len(below) if captioned else named * 2 > len(below):
            return False
        touching = sum(a.end == b.column for a, b in pairwise(cells))
        return touching * 2 >= len(cells) - 1 or {c.column for c in below} <= columns

    def _opens_block(self, position: int) -> bool:
        """Tell whether the row below a single cell begins a block: names, or boxes to tick."""
        if position + 1 >= len(self.rows):
            return False
        return self._headings(position + 1) or any(_boxes(c.text) for c in self.rows[position + 1][1])

    def _values(self, position: int, block: str) -> int:
        """Take the rows below headings; return the position behind them."""
        number, heads = self.rows[position]
        titles = [title(c.text) for c in heads]
        own = bool(_OWN_WORDS & {normal_title(t) for t in titles}) and not block
        if own and self.records and any(t in self.records[-1].names for t in titles):
            self.records.append(_Record())
        record = self._record()
        self.blocks.append(titles)
        last, taken = number, 0
        position += 1
        addresses = sum(_ADDRESS.fullmatch(t) is not None for t in titles) >= 2
        while position < len(self.rows):
            row, cells = self.rows[position]
            if (
                row != last + 1
                or self._headings(position)
                or (len(cells) == 1 and len(heads) > 1 and not _at(heads, cells[0]))
            ):
                break
            wide = cells[0].end - cells[0].column > max(h.end - h.column for h in heads)
            if len(cells) == 1 and len(heads) > 1 and (wide or self._opens_block(position)):
                break
            if sum(SIGNATURE.match(c.text) is not None for c in cells) * 2 >= len(cells):
                break
            self.filled += len(cells)
            named = [(head, c) for c in cells if (head := _at(heads, c)) is not None]
            if own and taken == 0:
                for head, c in named:
                    self._own(_entry("", head, row, c))
            elif addresses and (found := [(h, c) for h, c in named if _ADDRESS.fullmatch(title(h.text))]):
                for head, c in found:
                    kind = _Entry(_joined(block, "地址类型"), row, head.column, (title(head.text), "t"))
                    detail = _Entry(_joined(block, "详细地址"), row, c.column, (c.text, c.kind))
                    record.lists.setdefault(block, []).append([kind, detail])
            else:
                record.lists.setdefault(block, []).append([_entry(block, head, row, c) for head, c in named])
            last, taken = row, taken + 1
            position += 1
        if len(self.blocks) == 1:
            self.first_block_rows = taken
        return position

    def _labelled(self, number: int, cells: list[_Filled], block: str) -> bool:
        """Take pairs of a name and its value from a row; tell whether there were any."""
        pairs = 0
        position = 0
        while position < len(cells):
            cell = cells[position]
            position += 1
            if self._inline(number, [cell], block):
                pairs += 1
                continue
            name = title(cell.text).rstrip(":： ")
            if cell.kind != "t" or not (is_title(name) or title(cell.text).endswith((":", "："))):
                continue
            following = cells[position] if position < len(cells) else None
            if following is None or is_title(title(following.text).rstrip(":： ")):
                continue  # a blank that nobody has filled
            if following.column - cell.end > 1:
                continue
            self._own(_Entry(_joined(block, name), number, following.column, _cell(following)))
            self.pairs += 1
            pairs += 1
            position += 1
        self.pair_rows += bool(pairs)
        return bool(pairs)

    def _inline(self, number: int, cells: list[_Filled], block: str) -> bool:
        """Take 名称：值 from one cell."""
        found = _INLINE.fullmatch(cells[0].text) if cells[0].kind == "t" else None
        if (
            found is None
            or not found[2]
            or not is_title(title(found[1]))
            or SIGNATURE.match("".join(cells[0].text.split()))
        ):
            return False
        self._own(_Entry(_joined(block, title(found[1])), number, cells[0].column, (found[2], "t")))
        self.pairs += 1
        return True

    def _own(self, entry: _Entry) -> None:
        if self.records and entry.name in self.records[-1].names:
            self.records.append(_Record())
        record = self._record()
        record.names.add(entry.name)
        record.own.append(entry)

    def _record(self) -> _Record:
        if not self.records:
            self.records.append(_Record())
        return self.records[-1]


def _form(record: _Record, unit: str) -> Form:
    entries = record.own + [e for found in record.lists.values() for item in found for e in item]
    top = min(entries, key=lambda e: e.row)
    form = Form(place=f"{column_letters(top.column)}{top.row}", unit=unit)
    index: dict[str, int] = {}
    for entry in entries:
        if entry.name not in index:
            index[entry.name] = len(form.titles)
            form.titles.append(entry.name)
            form.columns.append(entry.column)
            form.places.append({})

    def put(at: int, entry: _Entry) -> None:
        column = index[entry.name]
        form.rows.setdefault(at, {})[column] = entry.cell
        if entry.row != at:
            form.places[column][at] = entry.row

    first = top.row
    further: list[list[_Entry]] = []
    for entry in record.own:
        put(first, entry)
    for items in filter(None, record.lists.values()):
        for entry in items[0]:
            put(first, entry)
        further += items[1:]
    own = [e for e in record.own if normal_title(e.name.rpartition("/")[2]) in _OWN_WORDS]
    taken = {first}
    for item in sorted(further, key=lambda found: found[0].row):
        at = item[0].row
        while at in taken:
            at += 1
        taken.add(at)
        for entry in [*own, *item]:
            put(at, entry)
    return form


def _entry(block: str, head: _Filled, row: int, cell: _Filled) -> _Entry:
    return _Entry(_joined(block, title(head.text)), row, cell.column, _cell(cell))


def _cell(cell: _Filled) -> Cell:
    if _boxes(cell.text):
        return ("、".join(_ticked(cell.text)) or None, "t") if _ticked(cell.text) else (None, "0")
    return cell.text, cell.kind


def _at(heads: Sequence[_Filled], cell: _Filled) -> _Filled | None:
    """The heading that a value stands under."""
    return next((h for h in heads if h.column <= cell.column < max(h.end, h.column + 1)), None)


def _joined(block: str, name: str) -> str:
    return f"{block}/{name}" if block else name


def _boxes(text: str) -> bool:
    return _BOX.search(text) is not None


def _ticked(text: str) -> list[str]:
    return [word for mark, word in _BOX.findall(text) if mark in _TICKED]
