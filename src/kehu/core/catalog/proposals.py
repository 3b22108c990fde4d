"""Indexes that saved views would be served by: what a view compares for equality, or is parted by as a board or in
groups, then what it is sorted by.

Proposed when a view is saved, entered and built by a job while people work. At most `MOST` for an entity with those of
its kit, first come, first served; views beyond that are named by `kehu doctor`. Reads views and catalog, no record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ddl import Index, field_indexes, sort_index
from kehu.base.db.tables import SYSTEM_NAMES, EntityTable
from kehu.core.catalog import indexes
from kehu.core.catalog.indexes import declared, enter
from kehu.core.context import Ctx

MOST = indexes.MOST + 6  # each costs a new record 4 to 7 µs (docs/adr/0186)
MOST_EQUAL = 2  # columns in front of the one that sorts
RANGES = frozenset({"lt", "lte", "gt", "gte", "between", "within", "starts_with"})
LONG = ("long_text", "address", "url", "file")
RELATED = ("relation", "user")

_view = system.view


def missing(ctx: Ctx, entity: str, data: Mapping[str, Any]) -> Index | None:
    """The index that would serve a view and is neither there nor being built; None when it needs none."""
    index = _wanted(ctx, entity, data)
    if index is None or any(_serves(one, index) for one, _ in declared(ctx.tx, entity)):
        return None
    return index


def enter_missing(ctx: Ctx) -> list[str]:
    """Enter what all saved views miss, as far as there is room, to be built; return the names."""
    made: list[str] = []
    for _, index in _unserved(ctx):
        if has_room(ctx, index.entity):
            enter(ctx, index, "building")
            made.append(index.name)
    return made


def left_out(ctx: Ctx) -> list[tuple[str, Index]]:
    """Saved views, by name, that an index would serve for which there is no room."""
    return [(name, index) for name, index in _unserved(ctx) if not has_room(ctx, index.entity)]


def has_room(ctx: Ctx, entity: str) -> bool:
    """Whether an entity may have one more index beside those of relations and unique fields."""
    table = ctx.tables[entity]
    needed = {one.name for field in table.entity.fields.values() for one in field_indexes(table, field)}
    return sum(index.name not in needed for index, _ in declared(ctx.tx, entity)) < MOST


def _unserved(ctx: Ctx) -> Iterator[tuple[str, Index]]:
    views = ctx.tx.execute(sa.select(_view.c.name, _view.c.entity, _view.c.data).order_by(_view.c.id)).all()
    for name, entity, data in views:
        if entity in ctx.tables.of and (index := missing(ctx, entity, orjson.loads(data or "{}"))) is not None:
            yield name, index


def _serves(there: Index, wanted: Index) -> bool:
    """Whether an index begins with the columns of another; the id at the end only breaks ties."""
    columns = wanted.columns[:-1] if wanted.columns[-1:] == ("id",) else wanted.columns
    return there.columns[: len(columns)] == columns


def _wanted(ctx: Ctx, entity: str, data: Mapping[str, Any]) -> Index | None:
    table = ctx.tables[entity]
    if data.get("search"):
        return None  # the token index finds them
    tests = [one for one in _tests(data.get("where")) if _is_column(table, one.get("field"))]
    equal = list(dict.fromkeys([*_parted(table, data), *(str(one["field"]) for one in tests if _is_equal(one))]))
    equal = equal[:MOST_EQUAL]
    sort = data.get("sort")
    first = sort[0].get("field") if isinstance(sort, list) and sort and isinstance(sort[0], dict) else None
    if first is not None:
        if not _is_column(table, first) or first == "id" or _is_related(table, str(first)):
            return None
        return sort_index(table, [*(key for key in equal if key != first), str(first)])
    if equal:
        *front, last = equal
        return sort_index(table, [*front, f"={last}"])
    ranged = [str(one["field"]) for one in tests if one.get("op") in RANGES]
    return sort_index(table, ranged[:1]) if ranged else None


def _parted(table: EntityTable, data: Mapping[str, Any]) -> list[str]:
    """The field of a board's columns, each a list of its own, or of groups, by which a list is sorted first."""
    layout = data.get("layout")
    if not isinstance(layout, Mapping):
        return []
    key = layout.get("by") if layout.get("as") == "board" else layout.get("group")
    return [str(key)] if _is_column(table, key) and not _is_related(table, str(key)) else []


def _tests(where: object) -> Iterator[Mapping[str, Any]]:
    """The comparisons that every record of a view fulfils."""
    if isinstance(where, Mapping):
        if "field" in where:
            yield where
        parts = where.get("and")
        for part in parts if isinstance(parts, Sequence) and not isinstance(parts, str) else ():
            yield from _tests(part)


def _is_equal(test: Mapping[str, Any]) -> bool:
    value = test.get("value")
    if test.get("op") == "in":
        return isinstance(value, list) and len(value) == 1
    return test.get("op") in ("eq", "is_me")


def _is_column(table: EntityTable, key: object) -> bool:
    """Whether an index may hold a field: no path, nothing secret or computed, no text that may be longer than the
    pages of an index allow, as records with such a text could not be saved any more."""
    if key in SYSTEM_NAMES:
        return True
    field = table.entity.fields.get(key) if isinstance(key, str) else None
    if field is None or field.hidden or field.key in table.lists or field.value_type in LONG:
        return False
    placed = table.layouts.get(field.key)
    return placed is not None and bool(placed.value) and not placed.secret


def _is_related(table: EntityTable, key: str) -> bool:
    """Whether a field points to records, which are sorted by their names."""
    return key in table.entity.fields and table.entity.fields[key].value_type in RELATED
