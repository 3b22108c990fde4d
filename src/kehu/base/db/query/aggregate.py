"""Grouped figures: reads their JSON, compiles them for both databases.

Sums are exact integers, averages round halves away from zero in integers: no float touches a figure. Dates are
grouped by the first day of their bucket in the ledger's time zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db.query.ast import Aggregate, Filter, Group, Measure, MeasureOp, Order, Totals
from kehu.base.db.query.compile import Reach
from kehu.base.db.query.frames import Builder, Expression, Frame, column, shown
from kehu.base.db.query.handles import Handle, Sights, Step
from kehu.base.db.query.operators import OperandEnv
from kehu.base.db.query.parse import Reader, as_list, bucket, direction, members, read_search_text, whole
from kehu.base.db.query.problems import wrong
from kehu.base.db.query.run import compiled, limited

MOST_GROUPS = 4
MOST_MEASURES = 20
MOST_ROWS = 10_000
USUAL_ROWS = 1_000
AVERAGE_DECIMALS = 2

MEMBERS = frozenset({"group", "measures", "where", "search", "sort", "limit"})
FIGURES = frozenset({"int", "scaled_text", "scaled_number"})
ORDERED = FIGURES | {"date", "datetime"}


def parse_aggregate(body: object, sights: Sights, entity: str, env: OperandEnv, me: int | None) -> Aggregate:
    """Read the body of an aggregate. Raises NotFound or BadInput as `parse_query`."""
    reader = Reader(sights, entity, env, me)
    given = members(body, "", MEMBERS)
    groups = _groups(reader, given.get("group"))
    measures = _measures(reader, given.get("measures"))
    where = reader.where(given["where"]) if given.get("where") is not None else None
    columns = _names(groups, measures)
    sort = _sort(given.get("sort"), columns)
    limit = whole(given.get("limit"), "limit", USUAL_ROWS, 1, MOST_ROWS)
    shape = Totals(Filter(reader.source, where), groups, measures, sort)
    return Aggregate(shape, reader.values, columns, limit, read_search_text(given.get("search")))


def figures(reach: Reach, asked: Aggregate, zone: str) -> tuple[list[str], str]:
    """Return the groups as JSON arrays, and the figures over all records as one such array (its groups null)."""
    shape = asked.shape
    values = {f"v{n}": value for n, value in enumerate(asked.values)}
    with limited(reach.connection, reach.dialect, lambda: _missing(shape), reach.seconds):
        rows, whole_row = _read(reach, shape, zone, values, asked.limit)
        if not whole_row:
            (whole_row,), _ = _read(reach, Totals(shape.filter, (), shape.measures), zone, values, 1)
    empty = ",".join(["null"] * len(shape.groups))
    return rows, f"[{empty},{whole_row[1:]}" if empty else whole_row


def _missing(shape: Totals) -> str:
    wanted = [group.handle.columns[0] for group in shape.groups if group.handle.columns and not group.handle.steps]
    return f"{shape.filter.source.entity} ({', '.join(wanted)})"


# --- reading the JSON ------------------------------------------------------------------------------------------------


def _groups(reader: Reader, given: object) -> tuple[Group, ...]:
    if given is None:
        return ()
    items = as_list(given, "group")
    if len(items) > MOST_GROUPS:
        raise wrong("query.too_many", at="group", limit=MOST_GROUPS, found=len(items))
    groups: list[Group] = []
    for n, item in enumerate(items):
        at = f"group[{n}]"
        one = {"field": item} if isinstance(item, str) else members(item, at, frozenset({"field", "by"}))
        handle = reader.handle(one.get("field"), "group", f"{at}.field")
        by = bucket(one.get("by"), f"{at}.by")
        if by is not None and handle.output not in ("date", "datetime"):
            raise wrong("group.unsupported", at=f"{at}.by", field=handle.path)
        if handle.output == "json" and handle.field.type not in ("tags", "multi_select"):
            raise wrong("group.unsupported", at=f"{at}.field", field=handle.path)
        groups.append(Group(handle, by))
    return tuple(groups)


def _measures(reader: Reader, given: object) -> tuple[Measure, ...]:
    items = as_list(given, "measures")
    if not items:
        raise wrong("query.type", at="measures", expected="list")
    if len(items) > MOST_MEASURES:
        raise wrong("query.too_many", at="measures", limit=MOST_MEASURES, found=len(items))
    measures: list[Measure] = []
    for n, item in enumerate(items):
        at = f"measures[{n}]"
        one = members(item, at, frozenset({"op", "field"}))
        if one.get("op") not in get_args(MeasureOp):
            raise wrong("query.choice", at=f"{at}.op", choices=list(get_args(MeasureOp)))
        op = cast(MeasureOp, one["op"])
        if one.get("field") is None:
            if op != "count":
                raise wrong("query.type", at=f"{at}.field", expected="text")
            measures.append(Measure(op))
            continue
        handle = reader.handle(one["field"], "measure", f"{at}.field")
        usable = {"sum": FIGURES, "avg": FIGURES, "min": ORDERED, "max": ORDERED}.get(op)
        if usable is not None and handle.output not in usable:
            raise wrong("measure.unsupported", at=f"{at}.op", field=handle.path, op=op)
        measures.append(Measure(op, handle))
    return tuple(measures)


def _names(groups: Sequence[Group], measures: Sequence[Measure]) -> tuple[str, ...]:
    paths = [group.handle.path for group in groups]
    names = [
        f"{group.handle.path}:{group.by}" if group.by and paths.count(group.handle.path) > 1 else group.handle.path
        for group in groups
    ]
    names += [one.op if one.handle is None else f"{one.op}({one.handle.path})" for one in measures]
    return tuple(names)


def _sort(given: object, columns: Sequence[str]) -> tuple[tuple[int, bool], ...]:
    if given is None:
        return ()
    order: list[tuple[int, bool]] = []
    for n, item in enumerate(as_list(given, "sort")):
        at = f"sort[{n}]"
        one = members(item, at, frozenset({"field", "op", "order"}))
        name = one.get("field")
        if "op" in one:
            name = str(one["op"]) if name is None else f"{one['op']}({name})"
        if name not in columns:
            raise wrong("field.unknown", at=f"{at}.field", field=str(name)[:200])
        order.append((columns.index(str(name)), direction(one.get("order", "asc"), f"{at}.order")))
    return tuple(order)


# --- statements ------------------------------------------------------------------------------------------------------


def _read(reach: Reach, shape: Totals, zone: str, values: Mapping[str, Any], limit: int) -> tuple[list[str], str]:
    """The groups, and the figures over all records ("" where they do not follow from those of the groups)."""
    statement = compiled(
        reach.dialect,
        reach.tables,
        ("totals", reach.sight, reach.computed_for, shape, zone),
        lambda: _statement(reach.builder(), shape, zone),
    )
    lines, whole_row = statement.fetch(reach.connection, {**values, "limit": limit})[0]
    return lines.split("\n") if lines else [], whole_row or ""


def _statement(builder: Builder, shape: Totals, zone: str) -> sa.Executable:
    """Values per record, then figures per group, then rows as JSON in their order, and the figures of all groups
    together: the records are read once."""
    frame = builder.frame(shape.filter.source)
    joins: list[tuple[sa.FromClause, Expression]] = []
    parts: list[Expression] = []
    keys: dict[int, int] = {}  # how many sort keys each group has
    for n, group in enumerate(shape.groups):
        value = _grouped(frame, group, zone, joins)
        parts.append(value.label(f"g{n}"))
        sorted_by = [] if group.by or group.handle.listed else frame.keys(Order(group.handle))
        keys[n] = len(sorted_by)
        parts += [key.expression.label(f"g{n}k{i}") for i, key in enumerate(sorted_by)]
        if group.handle.output == "relation":
            assert group.handle.link is not None
            there: tuple[Step, ...] = (*group.handle.steps, group.handle.link.step)
            parts.append(column(frame.at(there), "id").label(f"g{n}id"))
            parts.append(frame.label(group.handle.link, group.handle.steps).label(f"g{n}label"))
    grouped = [part.name for part in parts if isinstance(part, sa.Label)]
    for n, measure in enumerate(shape.measures):
        if measure.handle is not None:
            parts.append(frame.value(measure.handle).label(f"x{n}"))
    conditions = frame.matches(shape.filter)
    source = frame.from_()
    for words, condition in joins:
        source = source.outerjoin(words, condition)
    records = sa.select(*(parts or [sa.literal_column("1").label("one")])).select_from(source).where(*conditions)
    records_ = records.subquery("records")

    measured = [
        part.label(f"m{n}p{i}")
        for n, measure in enumerate(shape.measures)
        for i, part in enumerate(_parts(records_, n, measure))
    ]
    totals = sa.select(*(records_.c[name] for name in grouped), *measured).select_from(records_)
    if grouped:
        totals = totals.group_by(*(records_.c[name] for name in grouped))
    totals_ = totals.cte("totals")

    cells = [_group_cell(totals_, n, group) for n, group in enumerate(shape.groups)]
    measures = [_figure(measure, _parts_of(totals_, n)) for n, measure in enumerate(shape.measures)]
    cells += [_measure_cell(figure, measure) for figure, measure in zip(measures, shape.measures, strict=True)]
    rows: sa.Select[Any] = sa.select(fn.json_row(*cells).label("line")).select_from(totals_)
    rows = rows.order_by(*_order(totals_, shape, keys, measures)) if shape.groups else rows
    rows = rows.limit(fn.given_number("limit"))
    listed = rows.subquery("rows")
    lines = sa.select(fn.lines(listed.c.line)).select_from(listed).scalar_subquery()
    return sa.select(lines, _of_all(shape, totals_))


def _of_all(shape: Totals, totals: sa.CTE) -> Expression:
    """The figures over all groups together, empty where groups do not add up: different values, and groups that one
    record is in several of."""
    if any(group.handle.listed for group in shape.groups) or any(one.op == "distinct" for one in shape.measures):
        return sa.cast(sa.null(), fn.TEXT)
    cells: list[Expression] = []
    for n, measure in enumerate(shape.measures):
        parts = _parts_of(totals, n)
        together: list[Expression]
        match measure.op:
            case "min":
                together = [sa.func.min(part) for part in parts]
            case "max":
                together = [sa.func.max(part) for part in parts]
            case "count":
                together = [sa.func.coalesce(sa.func.sum(part), 0) for part in parts]
            case _:
                together = [sa.func.sum(part) for part in parts]
        cells.append(_measure_cell(_figure(measure, together), measure))
    return sa.select(fn.json_row(*cells)).select_from(totals).scalar_subquery()


def _grouped(frame: Frame, group: Group, zone: str, joins: list[tuple[sa.FromClause, Expression]]) -> Expression:
    handle = group.handle
    if handle.listed:
        words = frame.builder.tables[handle.entity].lists[handle.field.key].alias(f"w{len(joins)}")
        joins.append((words, words.c.id == column(frame.at(handle.steps), "id")))
        return cast(Expression, words.c.value)
    value = frame.value(handle)
    if group.by is None:
        return value
    if handle.output == "datetime":
        return fn.bucket(fn.local_date(value, zone), cast(str, group.by))
    return fn.bucket(value, cast(str, group.by))


def _parts(records: sa.Subquery, n: int, measure: Measure) -> list[Expression]:
    """What a figure is made of: for an average its sum and its count, else the figure itself."""
    if measure.handle is None:
        return [sa.func.count()]
    value: Expression = records.c[f"x{n}"]
    match measure.op:
        case "count":
            return [sa.func.count(value)]
        case "distinct":
            return [sa.func.count(sa.distinct(value))]
        case "sum":
            return [sa.func.sum(value)]
        case "avg":
            return [sa.func.sum(value), sa.func.count(value)]
        case "min":
            return [sa.func.min(value)]
        case "max":
            return [sa.func.max(value)]


def _parts_of(totals: sa.CTE, n: int) -> list[Expression]:
    return [one for one in totals.c if one.name.startswith(f"m{n}p")]


def _figure(measure: Measure, parts: Sequence[Expression]) -> Expression:
    if measure.op == "avg" and measure.handle is not None:
        return fn.average(parts[0], parts[1], _extra(measure.handle))
    return parts[0]


def _extra(handle: Handle) -> int:
    """Decimals that an average has more than its values."""
    return max(0, AVERAGE_DECIMALS - handle.decimals)


def _group_cell(totals: sa.CTE, n: int, group: Group) -> Expression:
    handle, value = group.handle, totals.c[f"g{n}"]
    if group.by is not None or handle.listed:
        return value
    if handle.output == "relation":
        return fn.json_link(totals.c[f"g{n}id"], totals.c[f"g{n}label"])
    return shown(handle, value)


def _measure_cell(value: Expression, measure: Measure) -> Expression:
    if measure.handle is None or measure.op in ("count", "distinct"):
        return value
    if measure.op == "avg":
        return shown(measure.handle, value, measure.handle.decimals + _extra(measure.handle))
    return shown(measure.handle, value)


def _order(totals: sa.CTE, shape: Totals, keys: Mapping[int, int], figures: Sequence[Expression]) -> list[Any]:
    """The order asked for, then the groups in theirs. Empty groups come last in both directions."""
    order: list[Any] = []

    def add(value: Expression, desc: bool) -> None:
        order.append((value.desc() if desc else value.asc()).nulls_last())

    def add_group(n: int, desc: bool) -> None:
        for i in range(keys[n]):
            add(totals.c[f"g{n}k{i}"], desc)
        add(totals.c[f"g{n}"], desc)

    for place, desc in shape.sort:
        if place < len(shape.groups):
            add_group(place, desc)
        else:
            add(figures[place - len(shape.groups)], desc)
    asked = {place for place, _ in shape.sort}
    for n in range(len(shape.groups)):
        if n not in asked:
            add_group(n, False)
    return order
