"""Filters of roll-ups in SQL. They know today only as `date < today` and `date <= today`, evaluated by the day.

Reads the same JSON as queries do, but over the columns themselves: a kept value is the same for everybody. What is
refused here is refused when the field is made.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kehu.base.db.types import IsoDate, IsoInstant, instant_text
from kehu.base.errors import BadInput
from kehu.base.fields.base import ParseEnv, Stored, Unresolved
from kehu.core.derived.paths import Leaf, Model, is_today, leaf

Sql = sa.ColumnElement[Any]
Value = Callable[[str], tuple[Sql, Leaf]]

TODAY, DAY_BEGINS, DAY_ENDS = "kehu_today", "kehu_day_begins", "kehu_day_ends"


def day_values(today: date, timezone: str) -> dict[str, str]:
    """Return the parameters that stand for a day: itself, and the instants at which it begins and ends."""
    zone = ZoneInfo(timezone)
    begins = datetime.combine(today, time(), zone)
    ends = datetime.combine(today + timedelta(days=1), time(), zone)
    return {
        TODAY: today.isoformat(),
        DAY_BEGINS: instant_text(begins.astimezone(UTC)),
        DAY_ENDS: instant_text(ends.astimezone(UTC)),
    }


def condition(model: Model, where: Mapping[str, Any], value: Value, name: str) -> Sql:
    """Compile a filter. `value` gives the column at the end of a path; `name` is the derived field, for errors."""
    if "and" in where:
        return sa.and_(sa.true(), *(condition(model, part, value, name) for part in where["and"]))
    if "or" in where:
        return sa.or_(sa.false(), *(condition(model, part, value, name) for part in where["or"]))
    if "not" in where:
        return sa.not_(sa.func.coalesce(condition(model, where["not"], value, name), sa.false(), type_=sa.Boolean()))
    if not isinstance(where.get("field"), str):
        raise BadInput("derived.filter", name=name)
    column, last = value(where["field"])
    return _test(model, str(where.get("op")), column, last, where.get("value"), name)


def _test(model: Model, op: str, column: Sql, last: Leaf, raw: object, name: str) -> Sql:
    if is_today(raw):
        return _against_today(op, column, last, name)
    if isinstance(raw, Mapping):
        raise BadInput("derived.filter_value", name=name, path=last.key, op=op)
    empty = column == "[]" if last.operand.kind == "tags" else sa.false()
    match op:
        case "empty":
            return sa.or_(column.is_(None), empty)
        case "not_empty":
            return sa.not_(sa.or_(column.is_(None), empty))
        case "eq":
            return column == _operand(model, last, op, raw, name)
        case "ne":
            return column.is_distinct_from(_operand(model, last, op, raw, name))
        case "in" | "not_in":
            if not isinstance(raw, list | tuple):
                raise BadInput("derived.filter_value", name=name, path=last.key, op=op)
            # No IN: its number of parameters would not be part of the kept statement.
            same = sa.or_(sa.false(), *(column == _operand(model, last, op, one, name) for one in raw))
            return same if op == "in" else sa.or_(column.is_(None), sa.not_(same))
        case "lt":
            return column < _operand(model, last, op, raw, name)
        case "lte":
            return column <= _operand(model, last, op, raw, name)
        case "gt":
            return column > _operand(model, last, op, raw, name)
        case "gte":
            return column >= _operand(model, last, op, raw, name)
        case _:
            raise BadInput("derived.filter_op", name=name, path=last.key, op=op)


def _against_today(op: str, column: Sql, last: Leaf, name: str) -> Sql:
    if op not in ("lt", "lte") or last.operand.kind not in ("date", "datetime"):
        raise BadInput("derived.today", name=name, path=last.key, op=op)
    if last.operand.kind == "date":
        today = sa.bindparam(TODAY, type_=IsoDate())
        return column < today if op == "lt" else column <= today
    return column < sa.bindparam(DAY_BEGINS if op == "lt" else DAY_ENDS, type_=IsoInstant())


def _operand(model: Model, last: Leaf, op: str, raw: object, name: str) -> Sql:
    """A constant in the stored form of the field that it is compared with."""
    if last.field is None:
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            raise BadInput("derived.filter_value", name=name, path=last.key, op=op)
        return sa.literal(raw, IsoInstant() if last.key == "created_at" else sa.BigInteger())
    return sa.literal(_stored(model, last, op, raw, name), model.tables[last.entity].table.c[last.column].type)


def _stored(model: Model, last: Leaf, op: str, raw: object, name: str) -> Stored:
    assert last.field is not None
    kind = model.types[last.field.value_type]
    parsed = kind.operand(last.field, op, raw, ParseEnv("api", model.catalog.timezone))
    if parsed.value is None or isinstance(parsed.value, Unresolved) or parsed.refused:
        raise BadInput("derived.filter_value", name=name, path=last.key, op=op)
    return kind.store(last.field, parsed.value)[0]


# --- the same over rows in memory ------------------------------------------------------------------------------------

RowTest = Callable[[Mapping[str, Stored]], bool]


def row_test(model: Model, entity: str, where: Mapping[str, Any] | None, name: str) -> RowTest | None:
    """Return the filter as a test of stored values, None when it reads other rows or depends on the day.

    What `condition` refuses is refused there; both must say the same of every row.
    """
    if where is None:
        return lambda _row: True
    if "and" in where or "or" in where:
        word: Literal["and", "or"] = "and" if "and" in where else "or"
        parts = [row_test(model, entity, part, name) for part in where[word]]
        tests = [part for part in parts if part is not None]
        if len(tests) < len(parts):
            return None
        return lambda row: (all if word == "and" else any)(test(row) for test in tests)
    if "not" in where:
        inner = row_test(model, entity, where["not"], name)
        return None if inner is None else lambda row: not inner(row)
    if "." in str(where.get("field")) or isinstance(where.get("value"), Mapping):
        return None
    last = leaf(model, entity, str(where["field"]), name)
    return None if last.field is None else _row_compare(model, last, str(where.get("op")), where.get("value"), name)


def _row_compare(model: Model, last: Leaf, op: str, raw: object, name: str) -> RowTest | None:
    column = last.column
    if op in ("empty", "not_empty"):
        return lambda row: (row[column] in (None, "[]")) == (op == "empty")
    if op in ("eq", "ne", "in", "not_in"):
        listed = raw if isinstance(raw, list | tuple) else [raw]
        values = {_stored(model, last, op, one, name) for one in listed}
        return lambda row: (row[column] in values) == (op in ("eq", "in"))
    compare: Callable[[Any, Any], bool] | None = COMPARE.get(op)
    if compare is None:
        return None
    bound = _stored(model, last, op, raw, name)
    return lambda row: row[column] is not None and compare(row[column], bound)


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
