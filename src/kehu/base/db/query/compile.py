"""Pages of records: one statement per segment of the first sort column, rows as JSON made inside the database.

The inner select walks sort keys and ids, the outer one joins the page's records. Empty values come last in both
directions, so a sort falls into segments (values, then empties; a choice has one per option), each served by a
plain index. A row that nobody changes appears exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db.dialects.base import Dialect
from kehu.base.db.query import cursor as cursors
from kehu.base.db.query.ast import Drive, Filter, Intent, Order, Search, Shape, Test
from kehu.base.db.query.cursor import Place
from kehu.base.db.query.frames import Builder, Computed, Expression, Frame, Key, column
from kehu.base.db.query.handles import Handle, accept
from kehu.base.db.query.run import SECONDS, compiled, limited
from kehu.base.db.tables import Tables
from kehu.base.db.types import IsoDate, IsoInstant


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the first sort column. `option` is the key of a choice."""

    kind: Literal["all", "values", "option", "others", "empties"]
    option: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything that reading needs to know about the ledger beside the intent.

    seconds: time limit, None for work that may take long. computed: expressions of values computed when read;
    what they depend on besides the handle (such as today) must be in `computed_for`.
    """

    connection: sa.Connection
    dialect: Dialect
    tables: Tables
    sight: str
    seconds: float | None = SECONDS
    computed: Computed | None = None
    computed_for: str = ""

    def builder(self, drive: Drive | None = None) -> Builder:
        """A new statement."""
        return Builder(self.tables, self.computed, drive)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as JSON arrays, and the place where the next page begins."""

    rows: list[str]
    next: Place | None


def segments(sort: tuple[Order, ...]) -> list[Segment]:
    """The segments of a sort, in order."""
    if not sort:
        return [Segment("all")]
    first = sort[0]
    if not first.handle.steps and first.handle.columns[:1] in (("id",), ("rev",)):
        return [Segment("all")]
    if first.handle.sorting == "option":
        parts = [Segment("option", option) for option in first.handle.options] + [Segment("others")]
        return [*(reversed(parts) if first.desc else parts), Segment("empties")]
    return [Segment("values"), Segment("empties")]


def page(reach: Reach, intent: Intent, place: Place | None) -> Page:
    """Read one page, beginning after `place` or at `intent.at`."""
    shape = intent.shape
    parts = segments(shape.sort)
    values = _values(intent)
    rows: list[tuple[int, str, str]] = []
    want = intent.limit + 1
    skip = intent.at or 0
    with limited(reach.connection, reach.dialect, lambda: missing_index(shape), reach.seconds):
        for n in range(place.segment if place else 0, len(parts)):
            last = place.last if place is not None and n == place.segment else None
            got = _read(reach, shape, parts[n], last, want - len(rows), skip, values, intent.drive)
            rows += [(n, key, row) for key, row in got]
            if len(rows) >= want:
                break
            if skip:
                skip = 0 if got else skip - _size(reach, shape.filter, parts[n], shape.sort, values)
    more = len(rows) > intent.limit
    rows = rows[: intent.limit]
    following = None
    if more and rows:
        following = Place(rows[-1][0], tuple(orjson.loads(rows[-1][1])))
    return Page([row for _, _, row in rows], following)


def count(reach: Reach, intent: Intent, most: int | None = None) -> int:
    """Count the records of an intent, up to `most`."""
    filter_ = looked_up(intent.shape.filter)
    statement = compiled(
        reach.dialect,
        reach.tables,
        ("count", reach.sight, reach.computed_for, filter_, most),
        lambda: _count(reach.builder(), filter_, most),
    )
    with limited(reach.connection, reach.dialect, lambda: missing_index(intent.shape), reach.seconds):
        return int(statement.fetch(reach.connection, _values(intent))[0][0])


def ids(reach: Reach, filter_: Filter, values: Mapping[str, Any], limit: int | None = None) -> list[int]:
    """Ids of all records of a filter, ascending."""
    filter_ = looked_up(filter_)

    def build() -> sa.Executable:
        frame = reach.builder().frame(filter_.source)
        conditions = frame.matches(filter_)
        select = sa.select(frame.root.c.id).select_from(frame.from_()).where(*conditions).order_by(frame.root.c.id)
        return select if limit is None else select.limit(fn.given_number("limit"))

    key = ("ids", reach.sight, reach.computed_for, filter_, limit is None)
    statement = compiled(reach.dialect, reach.tables, key, build)
    given = {**values, "limit": limit} if limit is not None else values
    with limited(reach.connection, reach.dialect, lambda: filter_.source.entity, reach.seconds):
        return [int(row[0]) for row in statement.fetch(reach.connection, given)]


def walk(reach: Reach, intent: Intent, batch: int) -> Iterator[list[str]]:
    """All rows of an intent in batches, in its order."""
    intent.limit, intent.at = batch, None
    place: Place | None = None
    while True:
        found = page(reach, intent, place)
        if found.rows:
            yield found.rows
        if found.next is None:
            return
        place = found.next


def missing_index(shape: Shape) -> str:
    """The index that would serve a shape: equality tests are left to people, the sort is what must not be sorted."""
    columns = [column for order in shape.sort for column in reversed(order.handle.columns[:2])]
    wanted = columns or [handle.columns[0] for handle in _tested(shape.filter) if not handle.steps and handle.columns]
    return f"{shape.filter.source.entity} ({', '.join(dict.fromkeys(wanted))})"


def _tested(filter_: Filter) -> Iterator[Handle]:
    waiting = [filter_.where]
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        if hasattr(node, "handle"):
            yield node.handle
        waiting.extend(getattr(node, "nodes", ()))
        waiting.append(getattr(node, "node", None))


# --- statements ------------------------------------------------------------------------------------------------------


def _values(intent: Intent) -> dict[str, Any]:
    return {f"v{n}": value for n, value in enumerate(intent.values)}


def _read(
    reach: Reach,
    shape: Shape,
    segment: Segment,
    last: tuple[object, ...] | None,
    limit: int,
    skip: int,
    values: Mapping[str, Any],
    drive: Drive | None,
) -> list[tuple[str, str]]:
    """Read (sort key, row) pairs of one segment."""
    empty = None if last is None else tuple(value is None for value in last)
    # With its length in its text the first page of everything has no values left that a plan could depend on. Planning
    # it costs as much as reading it.
    rows = limit if not skip and last is None and _is_all(shape.filter, segment) else None
    statement = compiled(
        reach.dialect,
        reach.tables,
        ("page", reach.sight, reach.computed_for, shape, segment, empty, skip > 0, drive, rows),
        lambda: _statement(reach.builder(drive), shape, segment, empty, skip > 0, rows),
        same_plan=rows is not None or _is_one(shape.filter),
    )
    given = {**values, **cursors.values(last or ()), "limit": limit, "skip": skip, "option": segment.option}
    text = statement.fetch(reach.connection, given)[0][0]
    if not text:
        return []
    found = text.split("\n")
    return list(zip(found[::2], found[1::2], strict=True))


def _is_one(filter_: Filter) -> bool:
    """Whether a filter names one record by its id and nothing else."""
    node = filter_.where
    if filter_.search is not None or not isinstance(node, Test):
        return False
    return node.kind == "eq" and not node.handle.steps and node.handle.columns == ("id",)


def _is_all(filter_: Filter, segment: Segment) -> bool:
    """Whether a filter leaves nothing out, and a segment of its sort is told without values."""
    every = filter_.where is None and filter_.search is None and filter_.source.scope is None
    return every and segment.kind in ("all", "values")


def looked_up(filter_: Filter) -> Filter:
    """The same filter for reading all that it holds: a search is then looked up, not asked record by record."""
    if filter_.search is None or filter_.search.kind not in ("walk", "each"):
        return filter_
    return Filter(filter_.source, filter_.where, Search("tokens", filter_.search.slots))


def _size(reach: Reach, filter_: Filter, segment: Segment, sort: tuple[Order, ...], values: Mapping[str, Any]) -> int:
    """How many rows a segment holds."""
    filter_ = looked_up(filter_)
    statement = compiled(
        reach.dialect,
        reach.tables,
        ("size", reach.sight, reach.computed_for, filter_, segment, sort[:1]),
        lambda: _count(reach.builder(), filter_, None, segment, sort),
    )
    return int(statement.fetch(reach.connection, {**values, "option": segment.option})[0][0])


def _count(
    builder: Builder, filter_: Filter, cap: int | None, segment: Segment | None = None, sort: tuple[Order, ...] = ()
) -> sa.Executable:
    frame = builder.frame(filter_.source)
    conditions = frame.matches(filter_)
    if segment is not None:
        conditions += _inside(frame, segment, sort)
    inner: sa.Select[Any] = sa.select(sa.literal_column("1").label("one")).select_from(frame.from_()).where(*conditions)
    if cap is None:
        return sa.select(sa.func.count()).select_from(inner.subquery())
    return sa.select(sa.func.count()).select_from(inner.limit(cap).subquery())


def _inside(frame: Frame, segment: Segment, sort: tuple[Order, ...]) -> list[Expression]:
    """The condition that a row belongs to a segment."""
    if segment.kind == "all":
        return []
    handle = accept(sort[0].handle, Handle)
    value = frame.value(handle)
    if handle.sorting == "relation" and handle.link is not None:
        value = frame.at((*handle.steps, handle.link.step)).c.id
    elif handle.sorting == "pinyin" and len(handle.columns) > 1:
        # The sort key is what the index holds; it is empty where the text is.
        value = column(frame.at(handle.steps), handle.columns[1])
    if frame.builder.drive in ("scope", "ids"):
        value = fn.unindexed(value)
    if segment.kind == "empties":
        return [value.is_(None)]
    if segment.kind == "option":
        return [value == sa.bindparam("option", type_=fn.TEXT)]
    if segment.kind == "others":
        known = [sa.literal(option, fn.TEXT) for option in handle.options]
        return [value.is_not(None), *([value.not_in(known)] if known else [])]
    return [value.is_not(None)]


def _keys(frame: Frame, segment: Segment, sort: tuple[Order, ...]) -> list[Key]:
    """What rows of a segment are compared by, before the id."""
    keys: list[Key] = []
    for n, order in enumerate(sort):
        parts = frame.keys(order)
        if n == 0 and segment.kind in ("option", "empties"):
            continue
        if n == 0:
            if segment.kind == "others":
                parts = parts[1:]
            parts = [Key(part.expression, part.desc, nullable=False) for part in parts]
        keys += parts
    if frame.builder.drive in ("scope", "ids"):
        keys = [Key(fn.unindexed(key.expression), key.desc, key.nullable) for key in keys]
    return keys


def _statement(
    builder: Builder, shape: Shape, segment: Segment, empty: tuple[bool, ...] | None, skips: bool, rows: int | None
) -> sa.Executable:
    inner_frame = builder.frame(shape.filter.source)
    conditions = inner_frame.matches(shape.filter) + _inside(inner_frame, segment, shape.sort)
    keys = _keys(inner_frame, segment, shape.sort)
    id = inner_frame.root.c.id
    back = bool(shape.sort) and shape.sort[-1].desc  # equal rows by id, the way of the sort: an index is walked one way
    if empty is not None:
        conditions.append(_after(keys, id, back, empty))
    inner: sa.Select[Any] = sa.select(id.label("id"), *(key.expression.label(f"s{n}") for n, key in enumerate(keys)))
    inner = inner.select_from(inner_frame.from_()).where(*conditions)
    inner = inner.order_by(*(_ordered(key.expression, key) for key in keys), id.desc() if back else id)
    inner = inner.limit(fn.given_number("limit") if rows is None else sa.literal_column(str(rows)))
    if skips:
        inner = inner.offset(fn.given_number("skip"))
    found = inner.subquery("p")

    frame = builder.frame(shape.filter.source)
    cells = [frame.root.c.id, frame.root.c.rev, *(frame.json(handle) for handle in shape.select)]
    places = [_plain(found.c[f"s{n}"]) for n in range(len(keys))]
    line = fn.json_row(*places, found.c.id).concat(fn.line_feed()).concat(fn.json_row(*cells))
    base = found.join(frame.root, frame.root.c.id == found.c.id)
    outer = sa.select(line.label("line")).select_from(frame.from_(base))
    outer = outer.order_by(
        *(_ordered(found.c[f"s{n}"], key) for n, key in enumerate(keys)), found.c.id.desc() if back else found.c.id
    )
    listed = outer.subquery("rows")
    return sa.select(fn.lines(listed.c.line)).select_from(listed)


def _ordered(expression: Expression, key: Key) -> Any:
    directed = expression.desc() if key.desc else expression.asc()
    return directed.nulls_last() if key.nullable else directed


def _plain(expression: Expression) -> Expression:
    """A sort value in a form that a cursor can hold and give back."""
    if isinstance(expression.type, IsoDate):
        return fn.date_text(expression)
    if isinstance(expression.type, IsoInstant):
        return fn.instant_text(expression)
    return expression


def _after(keys: list[Key], id: Expression, back: bool, empty: tuple[bool, ...]) -> Expression:
    """Rows behind the last one, which had these sort values. Its values are the parameters k0, k1 …, then its id."""
    end = sa.bindparam(f"k{len(keys)}", type_=sa.BigInteger())
    last_id = id < end if back else id > end
    found: Expression = last_id
    for n in reversed(range(len(keys))):
        key = keys[n]
        if empty[n]:
            found = sa.and_(key.expression.is_(None), found)
            continue
        last = sa.bindparam(f"k{n}", type_=key.expression.type)
        beyond = key.expression < last if key.desc else key.expression > last
        if key.nullable:
            beyond = sa.or_(beyond, key.expression.is_(None))
        found = sa.or_(beyond, sa.and_(key.expression == last, found))
        if n == 0 and not key.nullable:
            # The same said once more as one bound, which an index can seek.
            bound = key.expression <= last if key.desc else key.expression >= last
            found = sa.and_(bound, found)
    return found
