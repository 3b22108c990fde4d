"""What a comparison of a formula with a constant implies for the dates that the formula reads.

A value that depends on today has no column, so no index serves it; but “[born] at least 30 years before today” says
between which days `born` lies. Only what surely follows is given, a few days wide: the comparison itself stays and
decides. Knows no SQL; forms that it does not know imply nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from kehu.base.common.dates import add_months
from kehu.base.common.problems import Unreadable
from kehu.base.formula.parse import Node

SLACK = 7  # days: months end on different days, on both sides of a comparison
MONTHS = {"Y": 12, "M": 1}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


@dataclass(frozen=True, slots=True)
class Bound:
    """The day in a field is not before (`gte`) or not after (`lte`) a day."""

    field: str
    kind: Literal["gte", "lte"]
    day: date


def bounds(node: Node, low: float | None, high: float | None, today: date) -> tuple[Bound, ...]:
    """Return what follows when the value of a formula lies between two numbers (None: no limit)."""
    found = _difference(node)
    if found is None:
        return ()
    field, unit, forward = found  # forward: from today to the field's day
    made: list[Bound] = []
    for number, is_low in ((low, True), (high, False)):
        if number is None or not abs(number) < 1e6:
            continue
        whole = math.floor(number) if is_low else math.ceil(number) + (0 if unit == "D" else 1)
        day = _moved(today, whole if forward else -whole, unit)
        if day is not None:
            later = is_low == forward
            slack = timedelta(days=-SLACK if later else SLACK)
            made.append(Bound(field, "gte" if later else "lte", day + slack))
    return tuple(made)


def bounds_if_true(node: Node, today: date) -> tuple[Bound, ...]:
    """Return what follows when a formula is true."""
    return tuple(bound for part in _parts(node) for bound in _compared(part, today))


def _parts(node: Node) -> Iterator[Node]:
    """What must be true together."""
    if node.op == "call" and node.value == "AND":
        for arg in node.args:
            yield from _parts(arg)
    else:
        yield node


def _compared(node: Node, today: date) -> Iterator[Bound]:
    """A field's day, moved by a constant, compared with today, moved by a constant."""
    if node.op not in MIRRORED or len(node.args) != 2:
        return
    left, right, op = _day(node.args[0]), _day(node.args[1]), node.op
    if left is not None and left[0] is None:
        left, right, op = right, left, MIRRORED[op]
    if left is None or right is None or left[0] is None or right[0] is not None:
        return
    field, months, days = left[0], left[1], left[2]
    # [field] + its shift <op> today + the other shift, so [field] <op> today + the difference
    day = _moved(today, right[1] - months, "M")
    if day is None:
        return
    day = _moved(day, right[2] - days, "D")
    if day is None:
        return
    if op in ("<", "<=", "="):
        yield Bound(field, "lte", day + timedelta(days=SLACK))
    if op in (">", ">=", "="):
        yield Bound(field, "gte", day - timedelta(days=SLACK))


def _day(node: Node) -> tuple[str | None, int, int] | None:
    """(field or None for today, months, days) of a date that is moved by a constant."""
    if node.op == "field":
        return str(node.value), 0, 0
    if _is_today(node):
        return None, 0, 0
    if node.op == "call" and node.value == "EDATE" and len(node.args) == 2:
        base, number = _day(node.args[0]), _number(node.args[1])
        return None if base is None or number is None or base[2] else (base[0], base[1] + number, base[2])
    if node.op in ("+", "-") and len(node.args) == 2:
        base, number = _day(node.args[0]), _number(node.args[1])
        if base is None or number is None:
            return None
        return base[0], base[1], base[2] + (number if node.op == "+" else -number)
    return None


def _difference(node: Node) -> tuple[str, str, bool] | None:
    """(field, unit, whether from today to the field) of a formula that counts days, months or years between the two."""
    if node.op == "call" and node.value == "DATEDIF" and len(node.args) == 3:
        start, end, unit = node.args[0], node.args[1], str(node.args[2].value).upper()
        if unit not in (*MONTHS, "D") or node.args[2].op != "text":
            return None
    elif len(node.args) == 2 and (node.op == "-" or (node.op == "call" and node.value == "DAYS")):
        end, start, unit = node.args[0], node.args[1], "D"
    else:
        return None
    if start.op == "field" and _is_today(end):
        return str(start.value), unit, False
    if end.op == "field" and _is_today(start):
        return str(end.value), unit, True
    return None


def _is_today(node: Node) -> bool:
    return node.op == "call" and node.value == "TODAY"


def _number(node: Node) -> int | None:
    sign = 1
    if node.op == "neg":
        sign, node = -1, node.args[0]
    whole = node.op == "number" and isinstance(node.value, float | int) and float(node.value).is_integer()
    return sign * int(node.value) if whole and abs(float(node.value)) < 1e6 else None  # type: ignore[arg-type]


def _moved(day: date, by: int, unit: str) -> date | None:
    """The day so many units later; None where the calendar ends."""
    try:
        moved = day + timedelta(days=by) if unit == "D" else add_months(day, by * MONTHS[unit])
    except (OverflowError, ValueError, Unreadable):
        return None
    return moved if 1 < moved.year < 9999 else None
