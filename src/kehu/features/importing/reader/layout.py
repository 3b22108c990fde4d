"""Finds the tables of a sheet: captions and notes around them, headers of several rows, totals, signatures.

Works on the rows worth a look (the first ones, and of a long sheet those that stand out), never on all. It removes
nothing: it names what is not data, so that the report can tell. Which heading means what is the mapping's matter.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from kehu.features.importing.base import Merge
from kehu.features.importing.reader.cells import column_letters
from kehu.features.importing.reader.header import find_header, is_title, looks_like_titles, names_columns, title
from kehu.features.importing.synonyms import MONEY_UNITS, all_words, normal_title

Cells = list[tuple[str | None, str]]
Known = Mapping[int, Cells]
"""Rows worth a look by number (from 1, as Excel shows it), cells as (text, kind)."""

MOST_HEADER_ROWS = 3
TOTAL = re.compile(r"(合计|.{0,8}[合小总共累]计|total|subtotal|grandtotal|sum)[:：]?", re.IGNORECASE)
SIGNATURE = re.compile(
    r"(制表|制单|审核|复核|审批|审定|填表|填报|填写|经办|批准|主管|会计|出纳|(单位|部门)?负责|签字|签名|盖章|公章|建档|打印|报表)"
    r"(人|员|者|日期|时间|单位|部门|领导)?(签字|签名|盖章)?[:：]"
)
_SEVERAL_SIGN = re.compile(rf"[:：].*{SIGNATURE.pattern}|(签字|签名|签章|盖章)[)）]?[:：]")
NOTE = re.compile(
    r"(注|备注|附注|说明|填表说明|填写说明|提示|温馨提示|注意)\s*[0-9一二三]?\s*[:：、.]|※|\*|共\d+[条行家户]|第\d+页|以上"
)
_TITLE_MARKS = re.compile(r"[:：。；;]")
_UNIT_NOTE = re.compile(r"单位[:：]?(?:人民币)?(百元|千元|万元|百万元|千万元|亿元|元)")
_UNIT = re.compile(
    rf"[(（\[【].{{1,8}}[)）\]】]|(?:单位[:：])?(?:{'|'.join(sorted(MONEY_UNITS, key=len, reverse=True))})"
)
_NAMING = re.compile(
    r"名称|姓名|客户|公司|企业|单位|会员|联系人|产品|商品|品名|编[号码]|name|code|customer|product", re.IGNORECASE
)
_LONG_NOTE = 25


@dataclass(slots=True)
class Table:
    """One table: its columns [first, end), the rows of its header, one title per column, its last row.

    `left_out` names rows that are no data, and why: title, note, header, total, signature, band, numbering.
    `unit` is the unit of money that stands above the table.
    """

    first: int
    end: int
    header: list[int]
    titles: list[str]
    last_row: int
    left_out: dict[int, str] = field(default_factory=dict)
    unit: str = ""
    head: list[list[str]] = field(default_factory=list)

    @property
    def place(self) -> str:
        """The first cell of the header, as Excel names it."""
        return f"{column_letters(self.first)}{self.header[0]}"


def find_tables(
    known: Known, used: Sequence[bool], merges: Sequence[Merge], last_row: int, continued: Container[int] = ()
) -> list[Table]:
    """Return the tables of a sheet from left to right, top to bottom; none when no row names columns.

    `continued` names known rows whose row above holds data that is not among the known ones.
    """
    rows = sorted(known.items())
    groups = _column_groups(rows, used)
    tables = [table for a, b in groups for table in _walk(rows, a, b, merges, last_row, continued)]
    for one in tables:
        while one.titles and not one.titles[-1]:
            one.titles.pop()
    return tables


def why_left_out(cells: Sequence[tuple[str | None, str]], width: int) -> str | None:
    """Why a row below a header is no data (total, signature, note), or None when it is."""
    filled = [text for text, kind in cells if kind != "0" and text]
    plain = ["".join(text.split()) for text in filled[:6]]
    if any(TOTAL.fullmatch(text) for text in plain[:4]):
        return "total"
    if plain and sum(SIGNATURE.match(text) is not None for text in plain) * 2 >= len(filled):
        return "signature"
    if len(filled) == 1 and width >= 3 and _SEVERAL_SIGN.search(plain[0]):
        return "signature"
    if len(filled) == 1 and width >= 3 and NOTE.match(plain[0]):
        return "note"
    return None


@cache
def naming_words() -> frozenset[str]:
    """Headings that offices put above what something is called: with one of them another table may begin."""
    return frozenset(word for word in all_words() if _NAMING.search(word))


# --- columns ---------------------------------------------------------------------------------------------------------


def _column_groups(rows: list[tuple[int, Cells]], used: Sequence[bool]) -> list[tuple[int, int]]:
    """Return ranges of columns that hold tables of their own; empty columns inside a table do not part it."""
    edges: list[tuple[int, int]] = []
    for column, yes in enumerate(used):
        if not yes:
            continue
        if edges and edges[-1][1] == column:
            edges[-1] = (edges[-1][0], column + 1)
        else:
            edges.append((column, column + 1))
    groups: list[tuple[int, int]] = []
    for a, b in edges:
        if groups and not _side_by_side(rows, groups[-1], (a, b)):
            groups[-1] = (groups[-1][0], b)
        else:
            groups.append((a, b))
    # One table is the whole sheet, with whatever stands left of it.
    return groups if len(groups) > 1 else [(0, len(used))]


def _side_by_side(rows: list[tuple[int, Cells]], left: tuple[int, int], right: tuple[int, int]) -> bool:
    if min(left[1] - left[0], right[1] - right[0]) < 2:
        return False
    heads, extents = [], []
    for a, b in (left, right):
        part = [(number, cells[a:b]) for number, cells in rows if _width(cells[a:b])]
        head = next((i for i, (_, cells) in enumerate(part[:15]) if names_columns(cells)), None)
        if head is None or head + 1 >= len(part):
            return False
        heads.append((part[head][0], {normal_title(text) for text, kind in part[head][1] if text}))
        extents.append([number for number, _ in part[head + 1 :]])
    (row_a, titles_a), (row_b, titles_b) = heads
    if row_a != row_b or len(titles_a & titles_b) * 2 >= min(len(titles_a), len(titles_b)):
        return True
    short, long = sorted(extents, key=len)
    apart = short == long[: len(short)] and len(long) - len(short) >= max(2, len(long) // 5)
    return apart and all(any(_NAMING.search(one) for one in titles) for titles in (titles_a, titles_b))


# --- rows ------------------------------------------------------------------------------------------------------------


def _walk(
    rows: list[tuple[int, Cells]], a: int, b: int, merges: Sequence[Merge], last_row: int, continued: Container[int]
) -> list[Table]:
    """Return the tables in the columns [a, b) from top to bottom."""
    part = [(number, cells[a:b]) for number, cells in rows if _width(cells[a:b])]
    starts = _starts(part, continued)
    tables: list[Table] = []
    current: Table | None = None
    before: list[tuple[int, Cells]] = []  # rows that belong to no table yet
    position = 0
    while position < len(part):
        number, cells = part[position]
        if current is not None and _texts(cells) in current.head:
            current.left_out[number] = "header"
            before = []
        elif position in starts:
            top, bottom = _header_rows(part, position, merges, a, before)
            titles = _titles(part[top : bottom + 1], merges, a)
            if current is not None:
                _trim(current, before)
            above = [row for row in before if row[0] < part[top][0]]
            current = Table(a, b, [n for n, _ in part[top : bottom + 1]], titles, last_row)
            current.left_out = {n: "title" if _width(c) == 1 else "note" for n, c in above}
            current.unit = unit_of([*above, (number, cells)])
            current.head = [_texts(c) for _, c in part[top : bottom + 1]]
            tables.append(current)
            before = []
            position = bottom
        elif current is None:
            before.append((number, cells))
        else:
            _judge(current, part, position, merges, before)
        position += 1
    for one, following in pairwise(tables):
        captions = [n for n in following.left_out if n < following.header[0]]
        one.last_row = min([following.header[0], *captions]) - 1
        one.left_out = {n: why for n, why in one.left_out.items() if n <= one.last_row}
    if tables:
        tables[-1].last_row = last_row
    return tables


def _judge(
    table: Table,
    part: list[tuple[int, Cells]],
    position: int,
    merges: Sequence[Merge],
    before: list[tuple[int, Cells]],
) -> None:
    """Note why a row below the header is no data; rows that may be the caption of the next table wait in `before`."""
    number, cells = part[position]
    width = sum(bool(one) for one in table.titles)
    why = why_left_out(cells, width)
    if why is None and width >= 3 and _width(cells) == 1:
        column = next(i for i, (_, kind) in enumerate(cells) if kind != "0")
        text = title(cells[column][0])
        across = any(m[0] == m[2] == number - 1 and m[3] - m[1] + 1 >= max(2, width // 2) for m in merges)
        if across:
            why = "band"
        elif len(text) > _LONG_NOTE and (position + 1 == len(part) or part[position - 1][0] < number - 1):
            why = "note"
    if why is None and number == table.header[-1] + 1 and _counts_columns(cells):
        why = "numbering"
    if why is not None:
        table.left_out[number] = why
    if _width(cells) <= max(1, width // 4):
        before.append((number, cells))
    else:
        before.clear()


def _trim(table: Table, before: list[tuple[int, Cells]]) -> None:
    """Rows just above the next header are its caption, no data of this table."""
    for number, _ in before:
        table.left_out.pop(number, None)


def _starts(part: list[tuple[int, Cells]], continued: Container[int]) -> set[int]:
    """Return the positions at which a header begins: rows of titles at the top of a run of rows, below its captions."""
    found: set[int] = set()
    fresh = True  # nothing but captions since the last gap
    for position, (number, cells) in enumerate(part):
        if position:
            above, above_cells = part[position - 1]
            gap = number - above > 1 and number not in continued
            fresh = fresh or gap or (_width(above_cells) == 1 and _width(cells) >= 3)
        below = part[position + 1] if position + 1 < len(part) else None
        if below is None or not names_columns(cells) or why_left_out(cells, len(cells)):
            begins = False
        else:
            begins = fresh or (bool(found) and below[0] == number + 1 and _parts(cells, below[1]))
        if begins:
            found.add(position)
            fresh = False
        elif _width(cells) > max(1, len(cells) // 3):
            fresh = False
    first = min(found, default=None)
    plain = find_header([cells for _, cells in part])
    if plain is not None and (first is None or (plain < first and _one_run(part, plain, first))):
        # Titles that are no usual words: nothing below a first header in the same run of rows is another one.
        found = {plain} | {one for one in found if not _one_run(part, plain, one)}
    return found


def _parts(cells: Cells, below: Cells) -> bool:
    """Tell whether a row of titles amid other rows is the header of a table of its own: known words side by side, the
    first of them for something that has a name, and below them values."""
    filled = [place for place, (_, kind) in enumerate(cells) if kind != "0"]
    under = [place for place, (_, kind) in enumerate(below) if kind != "0"]
    if filled[-1] - filled[0] != len(filled) - 1 or not under or not set(under) <= set(filled):
        return False
    words = [normal_title(title(cells[place][0])) for place in filled]
    known = sum(word in all_words() for word in words)
    named = _NAMING.search(words[0]) is not None
    return named and known * 3 >= len(words) * 2 and not any(is_title(below[place][0]) for place in under[:2])


def _one_run(part: list[tuple[int, Cells]], a: int, b: int) -> bool:
    return all(part[i + 1][0] - part[i][0] == 1 for i in range(a, b))


def _header_rows(
    part: list[tuple[int, Cells]], position: int, merges: Sequence[Merge], shift: int, before: list[tuple[int, Cells]]
) -> tuple[int, int]:
    """Return the first and the last position of the header around a row of titles: group names above, parts below."""
    top = bottom = position
    waiting = {number for number, _ in before}
    while top > 0 and bottom - top + 1 < MOST_HEADER_ROWS and part[top - 1][0] == part[top][0] - 1:
        number, cells = part[top - 1]
        if number not in waiting or not _is_group_row(cells):
            break
        top -= 1
    while bottom + 1 < len(part) and bottom - top + 1 < MOST_HEADER_ROWS and part[bottom + 1][0] == part[bottom][0] + 1:
        if not _continues(part[bottom], part[bottom + 1], merges, shift):
            break
        bottom += 1
    return top, bottom


def _is_group_row(cells: Cells) -> bool:
    """Tell whether a row above titles names groups of columns: two or more texts, no notes and no values."""
    texts = [text for text, kind in cells if kind != "0"]
    short = all(text is not None and len(text) <= 20 and not _TITLE_MARKS.search(text) for text in texts)
    return len(texts) >= 2 and short and looks_like_titles(cells)


def _continues(upper: tuple[int, Cells], lower: tuple[int, Cells], merges: Sequence[Merge], shift: int) -> bool:
    """Tell whether the row below a row of titles still belongs to the header."""
    number, above = upper
    below = lower[1]
    filled = [i for i, (_, kind) in enumerate(below) if kind != "0"]
    if not filled or any(below[i][1] != "t" for i in filled):
        return False
    if all(_UNIT.fullmatch("".join((below[i][0] or "").split())) for i in filled):
        return True
    down = {c for r1, c1, r2, c2 in merges if r1 < number <= r2 for c in range(c1 - shift, c2 - shift + 1)}
    across = {
        c for r1, c1, r2, c2 in merges if r1 == number - 1 == r2 and c2 > c1 for c in range(c1 - shift, c2 - shift + 1)
    }
    if down or across:
        return bool(across & set(filled)) and not down & set(filled)
    # Without merges (csv, ods): the lower row names just those columns that the upper one leaves open.
    open_ = [i for i in filled if above[i][1] == "0"]
    doubled = [i for i in filled if above[i][1] != "0"]
    groups = all(i + 1 < len(above) and above[i + 1][1] == "0" for i in doubled)
    named = all(is_title(below[i][0]) for i in filled)
    return bool(open_) and bool(doubled) and groups and named


def _titles(rows: list[tuple[int, Cells]], merges: Sequence[Merge], shift: int) -> list[str]:
    """Return one title per column; parts of several rows are joined: 联系方式/电话. Units go into brackets."""
    width = len(rows[0][1])
    parts: list[list[str]] = [[] for _ in range(width)]
    for position, (number, cells) in enumerate(rows):
        texts = [title(text) if kind != "0" else "" for text, kind in cells]
        if position + 1 < len(rows):
            _spread(texts, number, merges, shift, rows[position + 1][1])
        for column, text in enumerate(texts):
            if text and (not parts[column] or parts[column][-1] != text):
                parts[column].append(text)
    return [_join(each) for each in parts]


def _spread(texts: list[str], number: int, merges: Sequence[Merge], shift: int, lower: Cells) -> None:
    """Write the name of a group over all its columns."""
    spans = [(c1 - shift, c2 - shift) for r1, c1, r2, c2 in merges if r1 <= number - 1 <= r2 and c2 > c1]
    if spans:
        for c1, c2 in spans:
            for column in range(max(c1, 0) + 1, min(c2, len(texts) - 1) + 1):
                texts[column] = texts[column] or texts[max(c1, 0)]
        return
    for column in range(1, len(texts)):
        if not texts[column] and lower[column][1] != "0" and lower[column - 1][1] != "0":
            texts[column] = texts[column - 1]


def _join(parts: Sequence[str]) -> str:
    joined = ""
    for part in parts:
        if joined and _UNIT.fullmatch("".join(part.split())):
            joined += f"({part.strip('()（）[]【】 ')})"
        else:
            joined = f"{joined}/{part}" if joined else part
    return joined


def _counts_columns(cells: Cells) -> bool:
    """Tell whether a row only numbers the columns: 1 2 3 4."""
    filled = [text for text, kind in cells if kind != "0" and text]
    plain = [text.strip("()（） ") for text in filled]
    return len(filled) >= 3 and plain == [str(n) for n in range(1, len(filled) + 1)]


def unit_of(rows: Iterable[tuple[int, Cells]]) -> str:
    """Return the unit of money that a note above the table names for all of it."""
    for _, cells in rows:
        for text, kind in cells:
            if kind == "t" and (found := _UNIT_NOTE.search("".join((text or "").split()))):
                return found[1]
    return ""


def _texts(cells: Cells) -> list[str]:
    return [title(text) for text, kind in cells if kind != "0"]


def _width(cells: Sequence[tuple[str | None, str]]) -> int:
    return sum(kind != "0" for _, kind in cells)
