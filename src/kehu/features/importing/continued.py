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
from kehu.features.importing.mapping import SPLIT, ColumnMap, chosen_targets
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.targets import joined

NAMING = {"customer": ("name", "code"), "order": ("code", "external_code")}
KEYS = {"customer": ("mobile", "credit_code"), "order": ("ordered_on",)}
"""What tells records apart beside what names them, and is filled down with it."""
OF_CONTACTS = frozenset({"mobile", "office_phone", "email", "wechat", "remark"})
"""What right of a contact may be his."""
SHOWN, LOOKED_AT = 20, 50
"""Rows that are told of, and rows in which somebody who writes 同上 has done so."""


@dataclass(slots=True)
class Filled:
    """What is filled down. `cells`: by column the rows; `findings`: what is to be told, as (code, count, data)."""

    cells: dict[int, spans.Spans] = field(default_factory=dict)
    findings: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)


@dataclass(slots=True)
class _Level:
    """Records of one kind that several rows may mean: the columns that name one, all that are filled down, those that
    say more of it, and those of what hangs on it."""

    entity: str
    naming: tuple[int, ...]
    keys: tuple[int, ...]
    own: tuple[int, ...]
    below: tuple[int, ...]
    lead: list[str | None] | None = None
    sure: dict[int, list[str | None]] = field(default_factory=dict)  # continuing row → the row that it continues
    unsure: dict[int, list[str | None]] = field(default_factory=dict)
    fuller: int = 0  # sure ones whose named row says more of the record than they do
    again: int = 0  # rows that write the name of the row above again


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
    for level in levels:
        every = level.sure | level.unsure
        # Who writes a name again in each row has left it open elsewhere for another reason.
        written = level.again * 10 > len(every)
        plain = not written and (level.fuller * 2 >= len(level.sure) or len(level.sure) * 20 >= rows)
        taken = every if wanted else level.sure if plain else {}
        left = {} if written else {row: lead for row, lead in every.items() if row not in taken}
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
    """The cells that say 同上, by column; of a sheet that does not say so among its first rows none."""
    head = sheet.head(LOOKED_AT)
    found: dict[int, spans.Spans] = {
        column.index: [] for column in sheet.columns if any(texts[column.index] in DITTO for _, texts in head)
    }
    above: dict[int, tuple[int, str | None]] = {}
    for frame in sheet.blocks() if found else ():
        for index, rows in found.items():
            last, before = above.get(index, (0, None))
            for row, text in zip(frame["row"].to_list(), frame[f"c{index}"].to_list(), strict=True):
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
        line = paths.get("order_line") if kind == "order" else None
        below = {
            column.index
            for column, place in placed
            if place.path != path and (line is None or place.path == line or place.path.startswith(f"{line}."))
        }
        keys = (*naming, *(own[name].index for name in KEYS[kind] if name in own and own[name].index in further))
        found.append(_Level(kind, naming, keys, tuple(sorted(further)), tuple(sorted(below))))
    return found


def _look(sheet: Sheet, levels: Sequence[_Level]) -> int:
    """Go through the rows and note which continue the one above; return how many there are."""
    last, count, before = 0, 0, dict[str, tuple[str | None, ...]]()
    orders = next((one for one in levels if one.entity == "order"), None)
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
                    (level.unsure if other else level.sure)[row] = level.lead
                    level.fuller += not other and _any(level.lead, level.own)
                before[level.entity] = name if any(name) else ()
    return count


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
