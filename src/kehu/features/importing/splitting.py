"""Decides how the rows of a sheet are split into records: what tells the records of each part apart, and which columns
belong to which. Looks at whole columns, so that what it says about a file holds for every row of it.

Only proposes, from texts as they stand; reads no record. What people have said about a column stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kehu.base.common.later import Later
from kehu.base.schema.model import Catalog, Entity
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.firms import NUMBERS, OTHERWISE
from kehu.features.importing.headings import SPLIT
from kehu.features.importing.mapping import chosen_targets, without_doubles
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.targets import ALSO, Part, gathers, joined, parts, target

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

MATCH = {"customer": (*NUMBERS, *OTHERWISE["customer"]), "contact": (("customer", "name"),),
         "product": (("code",), *OTHERWISE["product"]), "order": (("code",), ("external_code",)),
         "contract": (("code",),), "payment": (("code",),), "ticket": (("code",),)}  # fmt: skip
ELSEWHERE = {"customer": {"region": "destination", "owner": "owner"}}
"""Fields of a customer that differ from order to order belong to the order, where they have this name."""
OF_CONTACTS = ("office_phone", "email", "wechat", "remark")
"""What may be said of each contact right of his name, and then differs within a firm."""
DAY = "ordered_on"
BY_DAY = (DAY, "customer")
"""What tells orders apart whose lines stand in a sheet without order numbers."""
EXAMPLES = 3


@dataclass(slots=True)
class Split:
    """How a sheet is split: its columns, and each part with the fields that tell its records apart."""

    columns: list[ColumnMap]
    parts: list[dict[str, Any]]
    findings: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    homes: dict[int, str] = field(default_factory=dict)
    """Of each column that nothing takes: the path of the part whose records it tells something about."""
    several: dict[int, bool] = field(default_factory=dict)
    """Those of them of which one record has several texts in its rows, and whether a good part of the records has."""


def row_parts(catalog: Catalog, entity: Entity, columns: Sequence[ColumnMap], *, tied: bool = True) -> tuple[Part, ...]:
    """The parts that these columns fill. A customer always may have a contact: a phone cell may hold its name. `tied`:
    a follow-up was with the contact of its row; a form has lists of both, and its rows are none."""
    paths = {place.path for _, place in chosen_targets(catalog, entity, columns)}
    found = parts(catalog, entity, paths)
    holding = [joined(part.path, "contacts") for part in found if part.entity == "customer"]
    found = parts(catalog, entity, paths | set(holding)) if holding else found
    return found if tied else tuple(replace(one, refs=_without_chosen(one)) for one in found)


def split(
    catalog: Catalog, entity: Entity, sheet: Sheet, columns: Sequence[ColumnMap], match: Sequence[str] | None
) -> Split:
    """How the rows of a sheet are split. `match`: the fields that somebody says tell the records of `entity` apart."""
    paths = SPLIT.get(entity.key, {})
    columns, told = _whose_phones(catalog, entity, sheet, columns)
    found = row_parts(catalog, entity, columns)
    own = {part.path for part in found if not part.kind.same}
    if len(own) == 1:  # one kind of record with what hangs on it
        keys = [tuple(match) if match is not None and not part.path else _key(part, columns) for part in found]
        out = Split(
            list(columns), [_part(part, key, _chosen(part)) for part, key in zip(found, keys, strict=True)], told
        )
        if free := _free(columns):
            told_by = {joined(part["path"], name) for part in out.parts for name in part["key"]}
            _several(_Sheet(catalog, entity, sheet, [*(one for one in columns if one.target in told_by), *free]), out)
        return out
    sheets = _Sheet(catalog, entity, sheet, columns)
    out = Split(list(columns), [], told)
    _number(sheets, paths.get("order"), out)
    _move(sheets, paths, out)
    for part in row_parts(catalog, entity, out.columns):
        key = tuple(match) if match is not None and not part.path else _key(part, out.columns)
        out.parts.append(_part(part, key, [*_fill(sheets, part, key, out), *_chosen(part)]))
        if key == BY_DAY and (match is None or part.path):
            by = sheets.key_columns(part, key, out.columns)
            out.findings.append(
                ("split.by_day", 1, {"sheet": sheet.name, "key": "、".join(one.source for one in by[:2])})
            )
        if part.entity == "order" and key == ("code",):
            number = sheets.column(out.columns, part.path, "code")
            if number is not None and number.reason == "synonym" and _CASES.search(number.source):
                out.findings.append(("split.cases", 1, {"sheet": sheet.name, "column": number.source}))
    _home(sheets, out)
    _several(sheets, out)
    return out


_CASES = re.compile("案|提单|托单|订舱|工作号|业务单")
"""Headings of numbers that are those of orders to us, and something else to who has written them."""


def _whose_phones(
    catalog: Catalog, entity: Entity, sheet: Sheet, columns: Sequence[ColumnMap]
) -> tuple[list[ColumnMap], list[tuple[str, int, dict[str, Any]]]]:
    """A phone right of a contact is his where firms stand in several rows, each with another contact and phone: taken
    for the firm's, each row would be a firm of its own."""
    path = SPLIT.get(entity.key, {}).get("customer")
    if path is None:
        return list(columns), []
    contact = joined(path, "contacts")
    at = {one.target: one for one in columns if one.target and one.reason != "joined"}
    name, person = at.get(joined(path, "name")), at.get(f"{contact}.name")
    # By what he is reached: his phone, of people abroad only the mail.
    reached = next((key for key in ("mobile", "email") if joined(path, key) in at), "mobile")
    phone = at.get(joined(path, reached))
    free = phone is not None and phone.reason not in ("given", "remembered") and f"{contact}.{reached}" not in at
    # Right of his name, nothing between them but what else is said of him: 联系人, 职务, 电话.
    his = {one.index for one in columns if one.target and one.target.startswith(f"{contact}.")}
    beside = person is not None and phone is not None and his.issuperset(range(person.index, phone.index))
    beside = beside and phone is not None and person is not None and phone.index > person.index
    if name is None or person is None or phone is None or not (free and beside):
        return list(columns), []
    of_contacts = {joined(path, name): name for name in ("mobile", *OF_CONTACTS)}
    further = [
        one
        for one in columns
        if one.target in of_contacts and f"{contact}.{of_contacts[one.target]}" not in at and one.index > person.index
        and one.reason not in ("given", "remembered") and one is not phone
    ]  # fmt: skip
    sheets = _Sheet(catalog, entity, sheet, [name, person, phone, *further])
    theirs, other = sheets.people([name], person, phone)
    if not theirs or theirs <= other:
        return list(columns), []
    differ = sheets.differing([name], further) if further else {}
    moved = [phone, *(one for one in further if differ[one.index][0])]
    told: list[tuple[str, int, dict[str, Any]]] = [
        ("split.contacts", theirs, {"sheet": sheet.name, "column": "、".join(one.source for one in moved)})
    ]
    indexes = {one.index for one in moved}
    return [
        replace(one, target=f"{contact}.{of_contacts[str(one.target)]}") if one.index in indexes else one
        for one in columns
    ], told


def _chosen(part: Part) -> list[str]:
    """The relations to what a row gives the customer; what people chose there stays."""
    return [name for name, _ in part.refs if name in ALSO.get(part.entity, {})]


def _without_chosen(part: Part) -> tuple[tuple[str, str], ...]:
    chosen = _chosen(part)
    return tuple(ref for ref in part.refs if ref[0] not in chosen)


def _part(part: Part, key: Sequence[str], fill: Sequence[str] = ()) -> dict[str, Any]:
    return {"path": part.path, "entity": part.entity, "key": list(key), "fill": sorted(fill)}


def _key(part: Part, columns: Sequence[ColumnMap]) -> tuple[str, ...]:
    """The usual fields by which records are recognised, of those that a column fills or another part of the row gives.

    A number from elsewhere need not be unique: with customer and day it is. Lines without an order number are of one
    order by customer and day. A line is told by what was sold.
    """
    if part.kind.same:
        return ()
    given = {column.target for column in columns if column.target}
    filled = {name for name, _ in part.refs} | {
        key.rpartition(".")[2] for key in given if key.rpartition(".")[0] == part.path
    }
    if part.entity == "order_line":
        return next(((name,) for name in ("product", "description") if name in filled), ())
    found = next((one for one in MATCH.get(part.entity, ()) if filled.issuperset(one)), ())
    if not found and part.entity == "order" and filled.issuperset(BY_DAY) and _has_lines(part, given):
        return BY_DAY
    if found == ("external_code",):
        return (*found, *(name for name in ("customer", "ordered_on") if name in filled))
    return found


def _has_lines(part: Part, given: set[str]) -> bool:
    """Whether the rows of an order are its lines, so that several of them may be one order."""
    return part.path == "order" or any(key.startswith(f"{joined(part.path, 'lines')}.") for key in given)


def _number(sheets: _Sheet, path: str | None, out: Split) -> None:
    """Keep a number that stands for orders of several customers as a mere field, and tell of it."""
    if path is None:
        return
    number = sheets.column(out.columns, path, "external_code") or sheets.column(out.columns, path, "code")
    if number is None or (number.target == joined(path, "code") and number.reason == "given"):
        return
    looked_up = sheets.column(out.columns, path, "customer")
    known = sheets.named(out.columns, "customer") or ([looked_up] if looked_up is not None else [])
    if not known:
        return
    count, places = sheets.differing([number], known[:1])[known[0].index]
    if not count:
        return
    moved = replace(number, target=joined(path, "external_code"))
    out.columns = [moved if one.index == number.index else one for one in out.columns]
    day = sheets.column(out.columns, path, "ordered_on")
    key = [one.source for one in (number, known[0], day) if one is not None]
    told = {"sheet": sheets.name, "column": number.source, "numbers": sheets.distinct([number]), "key": "、".join(key)}
    out.findings.append(("split.number_shared", count, told))
    out.findings += [("split.number_shared", 0, one) for one in sheets.examples(number, known[0], places)]


def _move(sheets: _Sheet, paths: dict[str, str], out: Split) -> None:
    """What differs from order to order of one customer goes to the order."""
    where, order = paths.get("customer"), paths.get("order")
    key = sheets.named(out.columns, "customer")
    if where is None or order is None or not key:
        return
    taken = {column.target for column in out.columns}
    for name, other in ELSEWHERE["customer"].items():
        here, there = joined(where, name), joined(order, other)
        own = [one for one in out.columns if one.target == here and one.reason not in ("given", "remembered")]
        if not own or there in taken or target(sheets.catalog, sheets.entity, there) is None:
            continue
        counts = sheets.differing(key[:1], own)
        if any(count for count, _ in counts.values()):
            moved = {one.index for one in own}
            changed = [replace(one, target=there) if one.index in moved else one for one in out.columns]
            out.columns = without_doubles(sheets.catalog, sheets.entity, changed)
            most = max(count for count, _ in counts.values())
            label = sheets.catalog.entities["order"].label.zh
            told = {"sheet": sheets.name, "column": "、".join(one.source for one in own), "goes_to": label}
            out.findings.append(("split.moved", most, told))


def _fill(sheets: _Sheet, part: Part, key: Sequence[str], out: Split) -> list[str]:
    """Fields that differ although the key says that it is one record: the first row is kept, and this is told."""
    by = sheets.key_columns(part, key, out.columns)
    own = [
        column
        for column, place in chosen_targets(sheets.catalog, sheets.entity, out.columns)
        if place.path == part.path
        and place.field not in key
        and not gathers(sheets.catalog.entities[place.entity].fields[place.field])
    ]
    if part.kind.same or part.entity == "order_line" or not by or not own:
        return []
    found: list[str] = []
    for index, (count, places) in sheets.differing(by, own).items():
        if not count:
            continue
        column = next(one for one in own if one.index == index)
        found.append(str(column.target).rpartition(".")[2])
        told = {"sheet": sheets.name, "column": column.source, "key": by[0].source, "count": count}
        out.findings.append(("split.differs", count, told))
        out.findings += [("split.differs", 0, one) for one in sheets.examples(by[0], column, places)]
    return found


def _home(sheets: _Sheet, out: Split) -> None:
    """Find whose the columns are that nothing takes: of the first part within whose records they do not differ. The
    customer's or the product's they are only where they say the same again in another order, or when it is sold again.
    """
    # A column without a heading becomes no field.
    free = _free(out.columns)
    rank = {name: n for n, name in enumerate(("customer", "product", "order", "order_line"))}
    told = sorted((part for part in out.parts if part["entity"] in rank), key=lambda one: rank[one["entity"]])
    found = {one.path: one for one in row_parts(sheets.catalog, sheets.entity, out.columns)}
    keys = {part["entity"]: sheets.key_columns(found[part["path"]], part["key"], out.columns) for part in told}
    for part in told:
        by = keys[part["entity"]] if part["entity"] != "order_line" else []
        if by and part["entity"] in ("customer", "product"):
            again = sheets.again(by, keys.get("order", []) if part["entity"] == "customer" else [], free)
        else:
            again = {one.index for one in free}
        left = [one for one in free if one.index in again and one.index not in out.homes]
        counts = sheets.differing(by, left) if by and left else {}
        for one in left:
            if not by or not counts[one.index][0]:
                out.homes[one.index] = part["path"]


def _several(sheets: _Sheet, out: Split) -> None:
    """Find which columns that nothing takes say several things of one record: 柜号 of a 提单号, 案号 of a customer."""
    found = {one.path: one for one in row_parts(sheets.catalog, sheets.entity, out.columns)}
    keys = {part["path"]: part["key"] for part in out.parts}
    of: dict[str, list[ColumnMap]] = {}
    for one in _free(out.columns):
        of.setdefault(out.homes.get(one.index, ""), []).append(one)
    for path, columns in of.items():
        by = sheets.key_columns(found[path], keys[path], out.columns) if found[path].entity != "order_line" else []
        counts = sheets.differing(by, columns) if by else {}
        records = sheets.distinct(by) if by else 0
        out.several |= {index: count * 5 >= records for index, (count, _) in counts.items() if count}


def _free(columns: Sequence[ColumnMap]) -> list[ColumnMap]:
    return [one for one in columns if one.target is None and one.reason in ("none", "double") and _is_titled(one)]


def _is_titled(column: ColumnMap) -> bool:
    return column.source != column.letters


class _Sheet:
    """The columns of a sheet as numbers that are the same where the texts are; read once, a few bytes per cell."""

    def __init__(self, catalog: Catalog, entity: Entity, sheet: Sheet, columns: Sequence[ColumnMap]) -> None:
        self.catalog, self.entity, self.name = catalog, entity, sheet.name
        self._sheet = sheet
        wanted = [one.index for one in columns if one.target or _is_titled(one)]
        frames = [
            frame.select("row", *(_mark(f"c{index}").alias(f"c{index}") for index in wanted))
            for frame in sheet.blocks()
        ]
        self._frame = pl.concat(frames) if frames else pl.DataFrame({"row": []})

    def column(self, columns: Sequence[ColumnMap], path: str | None, name: str) -> ColumnMap | None:
        """The column that fills a field of a part."""
        wanted = joined(path or "", name)
        return next((one for one in columns if one.target == wanted and one.reason != "joined"), None)

    def named(self, columns: Sequence[ColumnMap], key: str) -> list[ColumnMap]:
        """The columns that tell the records of an entity apart."""
        found = next((p for p in row_parts(self.catalog, self.entity, columns) if p.entity == key), None)
        return self.key_columns(found, _key(found, columns), columns) if found is not None else []

    def key_columns(self, part: Part, key: Sequence[str], columns: Sequence[ColumnMap]) -> list[ColumnMap]:
        """The columns of a key; for another part of the row those of its key."""
        refs, found = dict(part.refs), []
        others = {one.path: one for one in row_parts(self.catalog, self.entity, columns)}
        for name in key:
            if name in refs:
                other = others[refs[name]]
                found += self.key_columns(other, _key(other, columns), columns)
            elif (one := self.column(columns, part.path, name)) is not None:
                found.append(one)
        return found

    def distinct(self, key: Sequence[ColumnMap]) -> int:
        """How many different values a key has."""
        names = [f"c{one.index}" for one in key]
        return self._frame.select(names).drop_nulls(names[0]).n_unique()

    def again(self, key: Sequence[ColumnMap], once: Sequence[ColumnMap], columns: Sequence[ColumnMap]) -> set[int]:
        """Which columns say the same for a value of the key in several rows, of those of one record `once` in one."""
        names, wanted = [f"c{one.index}" for one in key], [one.index for one in columns]
        rows = self._frame.drop_nulls(names[0])
        rows = rows.unique([f"c{one.index}" for one in once], keep="first") if once else rows
        cells = [pl.col(f"c{index}").drop_nulls() for index in wanted]
        said = rows.group_by(names).agg(
            ((one.len() > 1) & (one.n_unique() == 1)).alias(f"n{index}")
            for index, one in zip(wanted, cells, strict=True)
        )
        return {index for index in wanted if said[f"n{index}"].any()}

    def differing(self, key: Sequence[ColumnMap], columns: Sequence[ColumnMap]) -> dict[int, tuple[int, list[int]]]:
        """Of each column: for how many values of the key it has several, and rows where some of them stand."""
        names, wanted = [f"c{one.index}" for one in key], [one.index for one in columns]
        filled = self._frame.drop_nulls(names[0])
        counted = filled.group_by(names).agg(
            pl.col("row").min(), *(pl.col(f"c{i}").drop_nulls().n_unique().alias(f"n{i}") for i in wanted)
        )
        found: dict[int, tuple[int, list[int]]] = {}
        for index in wanted:
            several = counted.filter(pl.col(f"n{index}") > 1).get_column("row").sort()
            found[index] = several.len(), several.head(EXAMPLES).to_list()
        return found

    def people(self, key: Sequence[ColumnMap], person: ColumnMap, phone: ColumnMap) -> tuple[int, int]:
        """How many values of the key have several phones: each with a person of its own, and otherwise."""
        names = [f"c{one.index}" for one in key]
        counted = (
            self._frame.drop_nulls([names[0], f"c{phone.index}"])
            .group_by(names)
            .agg(
                pl.col(f"c{phone.index}").n_unique().alias("phones"), pl.col(f"c{person.index}").n_unique().alias("who")
            )
            .filter(pl.col("phones") > 1)
        )
        theirs = counted.filter(pl.col("who") >= pl.col("phones")).height
        return theirs, counted.height - theirs

    def examples(self, key: ColumnMap, column: ColumnMap, rows: Sequence[int]) -> Iterator[dict[str, Any]]:
        """What stands in some rows: the key and what differs."""
        for frame in self._sheet.blocks() if rows else ():
            here = frame.filter(pl.col("row").is_in(list(rows))).select("row", f"c{key.index}", f"c{column.index}")
            for row, one, other in here.iter_rows():
                yield {"sheet": self.name, "row": row, "column": column.source, "text": f"{one} {other}"}


def _mark(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(text.is_null() | (text == "")).then(None).otherwise(text.hash())
