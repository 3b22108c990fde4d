"""Records written in the layout of a workbook that was imported: its sheet, what stands above, headings, order and
widths of columns, number formats; below them the records as they are now, in the words that the file used.

Opened by exports through `runtime`. The kept original is read and written in limited processes; what stood in its rows
of data does not come along. It decides no right: which fields may be read is the read door's matter.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from kehu.base.common import regions
from kehu.base.common.later import Later
from kehu.base.common.workbook_writer import LONGEST_TEXT, Value
from kehu.base.errors import BadInput
from kehu.base.schema.model import Catalog, Entity, Field
from kehu.core.context import Ctx
from kehu.core.records import read
from kehu.features.importing.beside import role_of
from kehu.features.importing.hanging import MARKS, Beside, Shown, lines
from kehu.features.importing.headings import SPLIT, kind_of_place, level_of, marked, option_of
from kehu.features.importing.originals import Original, alone, applied, original, tables
from kehu.features.importing.reader.layout import TOTAL
from kehu.features.importing.reader.parent import refill
from kehu.features.importing.reader.sheetscan import column_number
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.synonyms import normal_title
from kehu.features.importing.targets import ALSO, MOVED, Target, joined, numbered, of_kind, target

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = Later("xlsxwriter")

# Of a customer's contacts a sheet of customers shows the primary one.
FIRST = {("customer", "contacts"): "primary_contact"}
_NUMBERING = frozenset({"序号", "序", "no", "no.", "#", "行号"})
_SUMMED = frozenset({"money", "number", "integer"})
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a leap day that never was
_WORDS_FROM = 5_000  # rows that tell how the file calls the options
_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Place:
    """A column of the sheet: its number from 1, and what it shows. `at`: which of the selected fields, None: nothing
    that is kept. `level`: the part of a place that it shows (0 province, 1 city, 2 district)."""

    column: int
    source: str
    index: int
    at: int | None = None
    field: Field | None = None
    entity: str = ""
    factor: int = 1
    level: int | None = None
    numbering: bool = False


class Layout:
    """The layout of a sheet, ready for rows of `fields` (paths to select, each once), behind them the columns of
    `beside`."""

    def __init__(self, ctx: Ctx, run: Mapping[str, Any], stored: Mapping[str, Any], entity: Entity) -> None:
        self._ctx, self._run, self._stored = ctx, run, stored
        self._entity = entity
        self.fields: tuple[str, ...] = ()
        self.beside: tuple[Beside, ...] = ()
        self.places = self._find_places()

    @property
    def reached(self) -> int:
        """How many columns show something."""
        return sum(one.at is not None for one in self.places)

    def _find_places(self) -> list[Place]:
        ctx, holder = self._ctx, self._ctx.catalog.entities[self._stored["entity"]]
        fields: dict[str, int] = {}
        places: list[Place] = []
        joining = {one["field"] for one in self._stored["columns"] if one["reason"] == "joined"}
        several = self._several(holder)
        for one in self._stored["columns"]:
            column = column_number(one["letters"])
            goal = target(ctx.catalog, holder, one["field"]) if one["field"] else None
            if goal is not None and of_kind(goal.path) in several and _readable(ctx, goal.entity, goal.field):
                field = ctx.catalog.entities[goal.entity].fields[goal.field]
                if one["reason"] != "joined":
                    several[of_kind(goal.path)].append((len(places), goal, one["source"]))
                factor = int(one.get("factor") or 1)
                places.append(Place(column, one["source"], one["index"], None, field, goal.entity, factor))
                continue
            path = _path(ctx.catalog, holder, self._entity, goal, one["source"]) if goal else None
            if path is None or goal is None or not _readable(ctx, self._entity.key, path):
                number = goal is None and normal_title(one["source"]) in _NUMBERING
                places.append(Place(column, one["source"], one["index"], numbering=number))
                continue
            field = ctx.catalog.entities[goal.entity].fields[goal.field]
            level = level_of(one["source"]) if one["field"] in joining and field.value_type == "region" else None
            at = None if one["reason"] == "joined" and level is None else fields.setdefault(path, len(fields))
            factor = int(one.get("factor") or 1)
            places.append(Place(column, one["source"], one["index"], at, field, goal.entity, factor, level))
        self.fields = tuple(fields)
        at = len(self.fields)
        for columns in several.values():
            for place, _, _ in columns:
                places[place] = replace(places[place], at=at)
                at += 1
        self.beside = tuple(self._beside([one[1:] for one in columns]) for columns in several.values() if columns)
        return places

    def _several(self, holder: Entity) -> dict[str, list[tuple[int, Target, str]]]:
        """The paths of what the sheet shows of each exported record's customer and no single value gives: several
        contacts or addresses side by side, records that take a row each, contracts, and what a follow-up says. Those of
        an order are read off it, see `_path`."""
        path, owner = SPLIT.get(holder.key, {}).get("customer"), self._owner()
        found: dict[str, list[tuple[int, Target, str]]] = {}
        for one in self._stored["columns"] if owner is not None and path is not None else ():
            goal = target(self._ctx.catalog, holder, one["field"]) if one["field"] else None
            if goal is None or goal.path.rpartition(".")[0] != path or not self._is_beside(goal):
                continue
            if _linked(holder, self._entity, goal) is None and _readable(self._ctx, goal.entity, "customer"):
                found[of_kind(goal.path)] = []
        return found

    def _is_beside(self, goal: Target) -> bool:
        told = goal.entity == "interaction" and goal.field != "occurred_at"  # the day alone is that of the last one
        return numbered(goal.path) > 1 or told or self._takes_rows(goal)

    def _takes_rows(self, goal: Target) -> bool:
        """Whether each record takes a row: the sheet had several rows of one customer because of them."""
        parts = self._stored.get("parts", ())
        marked_ = any(part.get("rows") and part["path"] == goal.path for part in parts)
        return goal.entity == "contract" or (self._entity.key == "customer" and marked_)

    def _owner(self) -> str | None:
        """The path to the customer from the exported records; None where they have none, or he may not be read."""
        owner = SPLIT.get(self._entity.key, {}).get("customer")
        return owner if not owner or _readable(self._ctx, self._entity.key, owner) else None

    def _beside(self, columns: Sequence[tuple[Target, str]]) -> Beside:
        """How several records are laid out in columns."""
        entity = columns[0][0].entity
        fields = dict.fromkeys(["customer", *MARKS.get(entity, ()), "remark", *(goal.field for goal, _ in columns)])
        names = tuple(name for name in fields if _readable(self._ctx, entity, name))
        said: dict[int, tuple[str, str]] = {}
        for goal, source in columns:
            title = source.rpartition("/")[2].strip()
            if entity == "address":
                word = kind_of_place(self._ctx.catalog.entities[entity].fields["type"], source)
            else:
                word = role_of(source)
            if word is not None and goal.field in ("name", "detail"):
                said[numbered(goal.path)] = word, title
        placed = tuple((numbered(goal.path), names.index(goal.field)) for goal, _ in columns)
        rows = self._takes_rows(columns[0][0]) and all(n == 1 for n, _ in placed)
        return Beside(entity, self._owner() or "", "customer", names, placed, said, rows=rows)

    def lines(self, hanging: Sequence[Sequence[Shown]]) -> list[list[Any]]:
        """The cells beside one record in each of its rows, by what `Beside.shown` gives of it in each of `beside`."""
        return lines(self.beside, hanging)

    def write(self, path: Path, types: Sequence[str], rows: Iterable[Sequence[Value]], zone: tzinfo) -> int:
        """Write the rows (`types`: names of the field types, "text" for what is masked) to `path`; return how many.

        Raises BadInput `export.layout_*` when the sheet cannot be told from other tables or the rows do not fit.
        """
        options = self._run["data"].get("options", {})
        with original(self._ctx, int(self._run["file"]), options) as kept:
            sheet = next((one for one in kept.book.sheets if one.name == self._stored["name"]), None)
            if sheet is None or not alone(kept.book, sheet.sheet):
                raise BadInput("export.layout_tables", sheet=self._stored["name"])
            words = [self._words(place, sheet) for place in self.places]
            lines = _Lines(self.places, types, words, zone, date1904=sheet.date1904)
            if kept.book.kind == "xlsx":
                return self._refilled(kept, sheet, lines, rows, path)
            return _plain(sheet, lines, rows, path)

    def _refilled(
        self, kept: Original, sheet: Sheet, lines: _Lines, rows: Iterable[Sequence[Value]], path: Path
    ) -> int:
        file = kept.folder / "rows.jsonl"
        count = 0
        with file.open("wb") as out:
            for cells in lines.encoded(rows):
                out.write(orjson.dumps(cells))
                out.write(b"\n")
                count += 1
        data = [(int(frame["row"][0]), int(frame["row"][-1])) for frame in sheet.blocks()]
        last = data[-1][1] if data else int(sheet.header_row or 0)
        foot = _foot(sheet, last)
        order = {
            "sheet": sheet.sheet,
            "head": sheet.header_row,
            "rows": str(file.resolve()),
            "keep": sorted(foot),
            "model": [data[0][0], last] if data else None,
            "foot": last + 1,
            "totals": [row for row, total in foot.items() if total],
            "tables": tables(kept.book, self._run["data"]["sheets"]),
            "sums": {str(column): _number_text(value) for column, value in lines.sums.items()},
        }
        made = kept.folder / "made.xlsx"
        refill(kept.path, made, [order], workdir=kept.folder / "refill")
        shutil.copyfile(made, path)
        return count

    def _words(self, place: Place, sheet: Sheet) -> dict[str, str]:
        """How the file calls the options of a column: label → the text that stood there most often."""
        one = place.field
        if place.at is None or one is None or one.value_type not in ("select", "boolean"):
            return {}
        seen: Counter[str] = Counter()
        rows = 0
        for frame in sheet.blocks():
            seen.update(text for text in frame[f"c{place.index}"].to_list() if text)
            if (rows := rows + frame.height) >= _WORDS_FROM:
                break
        labels = {option.key: option.label.of(self._ctx.lang) for option in one.options}
        option = marked(place.entity, one, place.source)
        words: dict[str, str] = {}
        yes_or_no = self._ctx.types["boolean"]
        for text, _ in seen.most_common(200):
            if one.value_type == "boolean" or option is not None:
                said = yes_or_no.parse(one, text.strip(), self._ctx.parse_env("cell"))
                if said.refused or not isinstance(said.value, bool):
                    continue
                if option is not None:
                    words.setdefault(labels[option] if said.value else "", text)
                else:
                    words.setdefault(yes_or_no.render(one, said.value, self._ctx.lang), text)
            elif (key := option_of(one, text)) is not None and key in labels:
                words.setdefault(labels[key], text)
        if option is not None:  # the heading says it, its cells only whether
            no = words.pop("", "")
            words = {label: words.get(label, "是") if key == option else no for key, label in labels.items()}
        return words


def open_layout(ctx: Ctx, changeset: int, entity: str) -> Layout:
    """The layout of the sheet that a change-set imported and that shows most of `entity`.

    Raises NotFound for a change-set that is no import of the caller's, BadInput `export.layout_entity` when none of
    its sheets shows such records.
    """
    run = applied(ctx, changeset)
    found = [
        Layout(ctx, run, stored, ctx.catalog.entities[entity])
        for stored in run["data"].get("sheets", ())
        if stored["entity"] in ctx.catalog.entities
    ]
    best = max(found, key=lambda one: one.reached, default=None)
    if best is None or not best.reached:
        raise BadInput("export.layout_entity", field="layout", entity=entity)
    return best


def _path(catalog: Catalog, holder: Entity, entity: Entity, goal: Target, source: str) -> str | None:
    """Where a column's value stands seen from the exported entity; None where no single value does."""
    if (linked := _linked(holder, entity, goal)) is not None:
        return linked if _single(catalog, entity.key, linked.rpartition(".")[0]) else None
    family = SPLIT.get(holder.key, {holder.key: ""})
    # The record of the row that the value hangs on: the entity itself, its customer, its product.
    near = max((one for one in family.items() if _begins(goal.path, one[1])), key=lambda one: len(one[1]), default=None)
    if near is None:
        return None
    known, path = near
    base = SPLIT.get(entity.key, {entity.key: ""}).get(known)
    if base is None or not _single(catalog, entity.key, base):
        return None
    rest = goal.path[len(path) :].lstrip(".")
    backwards = {to: name for name, to in reversed(MOVED.get(known, {}).items())}
    key = joined(rest, goal.field)
    derived = backwards.get(key)
    own = catalog.entities[goal.entity].fields[goal.field]
    itself = not rest and normal_title(source) in map(normal_title, (own.label.zh, own.label.en))
    if derived in catalog.entities[known].fields and derived != "first_order_on":
        if not itself and (known, rest) not in FIRST:
            return joined(base, str(derived))
    if not rest:
        return joined(base, goal.field)
    first = FIRST.get((known, rest))
    return joined(joined(base, first), goal.field) if first else None


def _linked(holder: Entity, entity: Entity, goal: Target) -> str | None:
    """Where an order itself names the contact, address or contract that a column shows; None of what is its customer's
    only."""
    customer, order = (SPLIT.get(holder.key, {}).get(key) for key in ("customer", "order"))
    base = SPLIT.get(entity.key, {}).get("order")
    if customer is None or order is None or base is None or entity.key not in ("order", "order_line"):
        return None
    link = next((name for name, child in ALSO["order"].items() if goal.path == joined(customer, child)), None)
    return joined(joined(base, link), goal.field) if link is not None else None


def _begins(path: str, with_: str) -> bool:
    return not with_ or path == with_ or path.startswith(f"{with_}.")


def _single(catalog: Catalog, entity: str, path: str) -> bool:
    for step in path.split(".") if path else ():
        one = catalog.entities[entity].fields.get(step)
        if one is None or one.target is None:
            return False
        entity = one.target
    return True


def _readable(ctx: Ctx, entity: str, path: str) -> bool:
    try:
        read.columns(ctx, entity, {"select": [path]})
    except BadInput:
        return False
    return True


class _Lines:
    """Rows of values as cells of the sheet, and the sums of their columns."""

    def __init__(
        self,
        places: Sequence[Place],
        types: Sequence[str],
        words: Sequence[Mapping[str, str]],
        zone: tzinfo,
        *,
        date1904: bool,
    ) -> None:
        self._places = [(place, words[n]) for n, place in enumerate(places)]
        self._types, self._zone = types, zone
        self._day_zero = date(1904, 1, 1) if date1904 else date(1899, 12, 30)
        self.width = max(place.column for place in places)
        self.sums: dict[int, Decimal] = {}

    def encoded(self, rows: Iterable[Sequence[Value]]) -> Iterator[list[Any]]:
        """Each row as the list of its cells: None, a text, or sort and texts of another value."""
        for number, row in enumerate(rows, 1):
            cells: list[Any] = [None] * self.width
            for place, words in self._places:
                if place.numbering:
                    cells[place.column - 1] = ["n", str(number)]
                elif place.at is not None:
                    cells[place.column - 1] = self._cell(place, words, self._types[place.at], row[place.at])
            yield cells

    def _cell(self, place: Place, words: Mapping[str, str], type: str, value: Value) -> Any:
        if value is None or value == "":
            return words.get("") or None
        if isinstance(value, bool):
            return ["b", str(int(value))]
        if isinstance(value, int | float | Decimal):
            return self._amount(place, type, Decimal(str(value)))
        if isinstance(value, datetime):
            local = value.astimezone(self._zone).replace(tzinfo=None) if value.tzinfo else value
            text = f"{local:%Y-%m-%d %H:%M}" if local.time() != local.min.time() else f"{local:%Y-%m-%d}"
            seconds = (local - datetime.combine(local.date(), local.min.time())) / timedelta(days=1)
            return self._day(local.date(), seconds, text)
        if isinstance(value, date):
            return self._day(value, 0, value.isoformat())
        text = str(value)
        if place.level is not None:
            return _level(text, place.level)
        text = words.get(text, text)
        return text[:LONGEST_TEXT] or None

    def _amount(self, place: Place, type: str, number: Decimal) -> Any:
        if type == "percent":
            return ["p", _number_text(number), f"{_number_text(number * 100)}%"]
        if place.factor != 1 and type == "money":
            number /= place.factor
        if type in _SUMMED:
            self.sums[place.column] = self.sums.get(place.column, Decimal(0)) + number
        text = _number_text(number)
        return ["n", text] if len(number.normalize().as_tuple().digits) <= _DIGITS else text

    def _day(self, day: date, share: float, text: str) -> Any:
        if day < _FIRST_DAY or day < self._day_zero:
            return text
        days = (day - self._day_zero).days
        return ["d", str(days) if not share else f"{days + share:.10f}", text]


def _level(text: str, level: int) -> str | None:
    code = regions.resolve(text)
    names = [regions.label(one) for one in regions.path(code) if one not in regions.LARGE] if code else []
    if len(names) == 2 and code is not None and not code.endswith("00"):
        names = [names[0], names[0], names[1]]  # the districts of 北京 hang on it directly
    return names[level] if level < len(names) else None


def _number_text(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def _foot(sheet: Sheet, last: int) -> dict[int, bool]:
    """The rows below the data that are none, and whether each is a total."""
    rows = {row for row in sheet.left_out if row > last}
    found: dict[int, bool] = {}
    if rows:
        for frame in replace(sheet, left_out=(), mended={}).blocks(after_row=last):
            for row, *texts in frame.select("row", *(f"c{i}" for i in range(sheet.n_cols))).iter_rows():
                if row in rows:
                    found[row] = any(text and TOTAL.fullmatch("".join(text.split())) for text in texts)
    return found


def _plain(sheet: Sheet, lines: _Lines, rows: Iterable[Sequence[Value]], path: Path) -> int:
    """The layout of a file whose looks we cannot read (xls, xlsb, ods, csv): its texts above and its columns."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    head = int(sheet.header_row or 0)
    shift = column_number(sheet.columns[0].letters) - 1
    count = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        out = book.add_worksheet(_sheet_name(sheet.sheet))
        bold = book.add_format({"bold": True})
        text_format, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
        for column in sheet.columns:
            out.set_column(shift + column.index, shift + column.index, 16)
        for row, texts in replace(sheet, left_out=(), mended={}).head(head) if head else ():
            for index, text in enumerate(texts):
                if row <= head and text:
                    out.write_string(row - 1, shift + index, text, bold)
        out.freeze_panes(head, 0)
        for count, cells in enumerate(lines.encoded(rows), 1):
            at = head + count - 1
            if at >= 1_048_576:
                raise BadInput("export.layout_rows", limit=1_048_576)
            for index, cell in enumerate(cells):
                if isinstance(cell, str):
                    out.write_string(at, index, cell, text_format)
                elif cell is not None and cell[0] == "p":
                    out.write_string(at, index, cell[2], text_format)
                elif cell is not None:
                    out.write_number(at, index, float(cell[1]), day if cell[0] == "d" else None)
    return count


def _sheet_name(name: str) -> str:
    return "".join("-" if letter in "[]:*?/\\" else letter for letter in name).strip("' ")[:31] or "Sheet1"
