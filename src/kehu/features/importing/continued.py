"""Rows that continue the one above: a name stands only in the first of several rows, those below leave it open and hold
further contacts, follow-ups or lines. Their name is filled down as that of a merged cell is, and so is 同上.

Looks at whole sheets, so that what it says holds for every row; proposes, and people may decide otherwise. Knows
columns and texts, no record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kehu.base.common import spans
from kehu.base.schema.model import Catalog, Entity
from kehu.features.importing.cells import DITTO
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.headings import SPLIT
from kehu.features.importing.mapping import chosen_targets
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.targets import joined

NAMING = {"customer": ("name", "code"), "order": ("code", "external_code")}
KEYS = {"customer": ("mobile", "credit_code"), "order": ("ordered_on",)}
"""What tells records apart beside what names them, and is filled down with it."""
OF_CONTACTS = frozenset({"mobile", "office_phone", "email", "wechat", "remark"})
"""What right of a contact may be his."""
SAYING = frozenset({"name", "code", "external_code", "product"})
"""What names a thing that hangs on a record, beside what titles one. Sums and days name nothing: they may be totals."""
SHOWN = 20
"""Rows that are told of."""


@dataclass(slots=True)
class Filled:
    """What is filled down. `cells`: by column the rows; `findings`: what is to be told, as (code, count, data)."""

    cells: dict[int, spans.Spans] = field(default_factory=dict)
    findings: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)


@dataclass(slots=True)
class _Level:
    """Records of one kind that several rows may mean: the columns that name one, all that are filled down, those that
    say more of it, and those that name what hangs on it."""

    entity: str
    naming: tuple[int, ...]
    keys: tuple[int, ...]
    own: tuple[int, ...]
    below: tuple[int, ...]
    by_day: bool = False  # orders without numbers, told by their day
    lead: list[str | None] | None = None
    found: dict[int, _Row] = field(default_factory=dict)
    again: int = 0  # rows that write the name of the row above again


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that may continue another one: its cells, and those of the row that names the record (`lead`). `other`: it
    has an order number of its own."""

    cells: list[str | None]
    lead: list[str | None]
    other: bool


def find(catalog: Catalog, entity: Entity, sheet: Sheet, columns: Sequence[ColumnMap], wanted: bool | None) -> Filled:
    """What of a sheet is to be filled down. `wanted`: what people have said of it; None: only what is plain."""
    out = Filled(_dittos(sheet))
    for index, found in out.cells.items():
        column = next(one for one in columns if one.index == index)
        out.findings.append(("cell.ditto", len(_rows(found)), {"sheet": sheet.name, "column": column.source}))
    sheet = filled(sheet, out.cells)
    levels = _levels(catalog, entity, sheet, columns) if wanted is not False else []
    rows = _look(sheet, levels) if levels else 0
    known: set[int] = set()
    open_: set[int] = set()  # rows whose customer is not filled down: then their order is not, either
    # Who forgets a name has written the rest of that row: what names neither customer nor order is one of its goods.
    both = set[int].intersection(*(set(level.found) for level in levels)) if len(levels) > 1 else set()
    for level in levels:
        every = {row: one.lead for row, one in level.found.items()}
        # Who writes a name again in each row has left it open elsewhere for another reason.
        written = level.again * 10 > len(every)
        plain = every.keys() if wanted else (set() if written else _plain(level, rows)) | both
        taken = {row: lead for row, lead in every.items() if row in plain and row not in open_}
        left = {} if written else {row: lead for row, lead in every.items() if row not in taken}
        open_ |= every.keys() - taken.keys()
        for index in level.keys:
            rows_of = [row for row, lead in taken.items() if lead[index]]
            if rows_of:
                out.cells[index] = spans.spans_of([*rows_of, *_rows(out.cells.get(index, []))])
        for code, of in (("row.continued", taken), ("row.continues", left)):
            out.findings += _told(sheet, columns, level, code, {r: lead for r, lead in of.items() if r not in known})
        known |= every.keys()  # of a row whose customer and order are filled down one thing is told
    return out


def filled(sheet: Sheet, cells: Mapping[int, spans.Spans]) -> Sheet:
    """The sheet with cells filled down, column → rows. Each gets the text above it."""
    if not cells:
        return sheet
    wanted = {index: _rows(found) for index, found in cells.items()}
    mended = {row: dict(texts) for row, texts in sheet.mended.items()}
    above: dict[int, str] = {}
    for frame in sheet.blocks():
        numbers = frame["row"].to_list()
        for index, rows in wanted.items():
            for row, text in zip(numbers, frame[f"c{index}"].to_list(), strict=True):
                if row in rows and index in above:
                    mended.setdefault(row, {})[index] = above[index]
                elif text:
                    above[index] = text
    return replace(sheet, mended=mended)


def _dittos(sheet: Sheet) -> dict[int, spans.Spans]:
    """The cells that say 同上 below a text, by column."""
    found: dict[int, spans.Spans] = {column.index: [] for column in sheet.columns}
    above: dict[int, tuple[int, str | None]] = {}
    for frame in sheet.blocks():
        numbers = frame["row"]
        for index, rows in found.items():
            texts = frame[f"c{index}"]
            if not texts.is_in(list(DITTO)).any():
                above[index] = numbers[-1], texts[-1]
                continue
            last, before = above.get(index, (0, None))
            for row, text in zip(numbers.to_list(), texts.to_list(), strict=True):
                if text in DITTO and row == last + 1 and before and before not in DITTO:
                    spans.add(rows, row)
                    text = before
                last, before = row, text
            above[index] = last, before
    return {index: rows for index, rows in found.items() if rows}


def _levels(catalog: Catalog, entity: Entity, sheet: Sheet, columns: Sequence[ColumnMap]) -> list[_Level]:
    """The levels of a sheet whose names leave some rows open, customers before their orders."""
    paths = SPLIT.get(entity.key, {})
    placed = [(column, place) for column, place in chosen_targets(catalog, entity, columns)]
    empty = {column.index for column in sheet.columns if column.kinds.get("0")}
    found = []
    for kind in ("customer", "order"):
        path = paths.get(kind)
        if path is None:
            continue
        own = {place.field: column for column, place in placed if place.path == path}
        naming = tuple(own[name].index for name in NAMING[kind] if name in own)
        by_day = kind == "order" and not naming and any(_of_line(place.path, paths) for _, place in placed)
        if by_day:  # lines without an order number: each day is written once
            naming = tuple(own[name].index for name in KEYS[kind] if name in own)
        if not naming or not empty.issuperset(naming):
            continue
        contact = next((c.index for c, place in placed if place.key == joined(path, "contacts.name")), None)
        beside = {
            column.index
            for name, column in own.items()
            if kind == "customer" and contact is not None and column.index > contact and name in OF_CONTACTS
            and column.reason != "given"
        }  # fmt: skip
        further = {column.index for column in own.values()} - beside - set(naming)
        below = {
            column.index
            for column, place in placed
            if _hangs(place.path, path, paths, kind)
            and place.field in SAYING.union(catalog.entities[place.entity].title)
        }
        keys = (*naming, *(own[name].index for name in KEYS[kind] if name in own and own[name].index in further))
        found.append(_Level(kind, naming, keys, tuple(sorted(further)), tuple(sorted(below)), by_day))
    return found


def _of_line(place: str, paths: Mapping[str, str]) -> bool:
    line = paths.get("order_line")
    return line is not None and (place in (line, paths["product"]) or (line != "" and place.startswith(f"{line}.")))


def _hangs(place: str, path: str, paths: Mapping[str, str], kind: str) -> bool:
    """Whether what stands at `place` may alone continue a record at `path`: of an order its lines, of a customer all
    that is his; in a list of orders an address of his is no order."""
    if kind == "order":
        return place != path and ("order_line" not in paths or _of_line(place, paths))
    return place != path and not (path and place.startswith(f"{path}."))


def _look(sheet: Sheet, levels: Sequence[_Level]) -> int:
    """Go through the rows and note which continue the one above; return how many there are."""
    last, count, before = 0, 0, dict[str, tuple[str | None, ...]]()
    orders = next((one for one in levels if one.entity == "order" and not one.by_day), None)
    names = [f"c{index}" for index in range(sheet.n_cols)]
    for frame in sheet.blocks():
        for row, *cells in frame.select("row", *names).iter_rows():
            count += 1
            fresh = row != last + 1
            last = row
            for level in levels:
                name = tuple(cells[index] for index in level.naming)
                if any(name):
                    level.again += not fresh and before.get(level.entity) == name
                    if level.lead is None or tuple(level.lead[index] for index in level.naming) != name:
                        fresh = True  # what hangs on another record continues nothing
                    level.lead = cells
                elif fresh or level.lead is None or _any(cells, level.own) or not _any(cells, level.below):
                    level.lead, fresh = None, True
                else:
                    number = tuple(cells[index] for index in orders.naming) if orders is not None else ()
                    mine = tuple(level.lead[index] for index in orders.naming) if orders is not None else ()
                    other = level is not orders and any(number) and number != mine
                    level.found[row] = _Row(cells, level.lead, other)
                before[level.entity] = name if any(name) else ()
    return count


def _plain(level: _Level, rows: int) -> set[int]:
    """The rows that plainly continue the one above: many do so, and they leave open what else stands in the named rows
    only. Who forgot a name has written the rest of that row, and what stands below it may be his."""
    sure = [one for one in level.found.values() if not one.other]
    if len(sure) < 2 or len(sure) * 5 < rows:
        return set()
    if level.by_day:
        return {row for row, one in level.found.items() if not one.other}  # goods that are sold on no day are none
    leads = list({id(one.lead): one.lead for one in sure}.values())
    only = [
        index
        for index in range(len(leads[0]))
        if index not in level.naming
        and sum(bool(lead[index]) for lead in leads) * 2 >= len(leads)
        and sum(bool(one.cells[index]) for one in sure) * 10 <= len(sure)
    ]
    plain: set[int] = set()
    doubted: list[str | None] | None = None
    for row, one in level.found.items():
        stated = [index for index in only if one.lead[index]]
        if one.other or not stated or _any(one.cells, stated):
            doubted = one.lead
        elif one.lead is not doubted:
            plain.add(row)
    return plain


def _any(cells: Sequence[str | None], columns: Sequence[int]) -> bool:
    return any(cells[index] for index in columns)


def _told(
    sheet: Sheet, columns: Sequence[ColumnMap], level: _Level, code: str, found: Mapping[int, Sequence[str | None]]
) -> list[tuple[str, int, dict[str, Any]]]:
    """What is told of rows: the first of them, each with the name that stands above, and how many they are."""
    column = next(one for one in columns if one.index == level.naming[0])
    out: list[tuple[str, int, dict[str, Any]]] = []
    for row, lead in list(found.items())[:SHOWN]:
        text = next(text for index in level.naming if (text := lead[index]))
        told = {"sheet": sheet.name, "column": column.source, "row": row, "cell": column.cell(row), "text": text}
        out.append((code, 0 if out else len(found), told))
    return out


def _rows(found: spans.Spans) -> set[int]:
    return {row for first, last in found for row in range(first, last + 1)}
