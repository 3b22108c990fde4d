"""The functions that formulas may call: names, numbers of arguments, and the plain ones' types.

`types` gives the meaning of those with rules of their own (IF, MIN, DATEDIF …); nothing here computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["number", "text", "date", "datetime", "boolean", "select", "tags", "relation", "empty"]
MANY = 100


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `takes` are the kinds of its arguments when each has a fixed one; `gives` its result."""

    least: int
    most: int
    op: str = ""
    takes: tuple[Kind, ...] = ()
    gives: Kind = "empty"
    low: float = 0.0  # of a number: bounds of its size, zero apart
    high: float = 0.0


def _plain(op: str, takes: tuple[Kind, ...], gives: Kind, low: float = 1.0, high: float = 1e7) -> Function:
    return Function(len(takes), len(takes), op, takes, gives, low, high)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "IF": Function(2, 3),
        "IFS": Function(2, MANY),
        "SWITCH": Function(3, MANY),
        "CHOOSE": Function(2, MANY),
        "IN": Function(2, MANY),
        "AND": Function(1, MANY),
        "OR": Function(1, MANY),
        "NOT": Function(1, 1),
        "ISBLANK": Function(1, 1),
        "COALESCE": Function(1, MANY),
        "FIRST": Function(1, MANY),
        "ROUND": Function(1, 2),
        "ROUNDUP": Function(1, 2),
        "ROUNDDOWN": Function(1, 2),
        "ABS": Function(1, 1),
        "INT": Function(1, 1),
        "MOD": Function(2, 2),
        "MIN": Function(1, MANY),
        "MAX": Function(1, MANY),
        "SUM": Function(1, MANY),
        "LEN": _plain("len", ("text",), "number"),
        "LEFT": Function(1, 2, "left", ("text", "number"), "text"),
        "RIGHT": Function(1, 2, "right", ("text", "number"), "text"),
        "MID": _plain("mid", ("text", "number", "number"), "text"),
        "CONCAT": Function(1, MANY),
        "UPPER": _plain("upper", ("text",), "text"),
        "LOWER": _plain("lower", ("text",), "text"),
        "TRIM": _plain("trim", ("text",), "text"),
        "DATE": _plain("date", ("number", "number", "number"), "date"),
        "YEAR": _plain("year", ("date",), "number"),
        "MONTH": _plain("month", ("date",), "number"),
        "DAY": _plain("day", ("date",), "number"),
        "DATEDIF": Function(3, 3),
        "EDATE": _plain("edate", ("date", "number"), "date"),
        "DAYS": _plain("days", ("date", "date"), "number"),
        "MINUTES": _plain("minutes", ("datetime", "datetime"), "number", 1.0, 1e10),
        "ADDMINUTES": _plain("add_minutes", ("datetime", "number"), "datetime"),
        "TODAY": Function(0, 0, "today", (), "date"),
    }
)
UNITS = ("Y", "M", "D", "YM", "MD", "YD")
