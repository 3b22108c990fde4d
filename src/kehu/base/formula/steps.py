"""The steps of a compiled formula that SQLite and PostgreSQL spell differently, as names only.

`base.db.formula_sql` gives each its text. No step may raise on any value that the checks of `types` let through.
"""

from __future__ import annotations

import math
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.functions import FunctionElement

from kehu.base.formula.functions import Kind

Sql = sa.ColumnElement[Any]


class _Step(FunctionElement[Any]):
    def __init_subclass__(cls) -> None:
        # A step is its class and its arguments, nothing else: compiled statements may be kept.
        cls.inherit_cache = True
        super().__init_subclass__()


class _Number(_Step):
    type = sa.Double()


class _Text(_Step):
    type = sa.Text()


class _Day(_Step):
    type = sa.Date()


class _Typed(_Step):
    """A step of the type of its last argument."""

    def __init__(self, *args: Sql) -> None:
        super().__init__(*args)
        self.type = args[-1].type


class Let(_Step):
    """(alias, body, value, value …): `body` with the values named `alias.v0`, `alias.v1` …, each computed once."""

    name = "let"

    def __init__(self, alias: Sql, body: Sql, *values: Sql) -> None:
        super().__init__(alias, body, *values)
        self.type = body.type


class Plus(_Number):
    """The sum of any number of parts, from left to right."""

    name = "plus"


class Floor(_Number):
    """The whole number below; the argument is written several times and must be short, its size below 9e18."""

    name = "floor"


class Power(_Number):
    """(base, exponent), both short; empty where it has no real value or its size leaves 1e-60 to 1e60."""

    name = "power"


class Least(_Typed):
    """The least of those that are not empty."""

    name = "least"


class Greatest(_Typed):
    """The greatest of those that are not empty."""

    name = "greatest"


class Not(_Step):
    """The opposite of a condition that is never empty."""

    type = sa.Boolean()
    name = "opposite"


class Join(_Text):
    """Texts one after the other."""

    name = "join"


class Lower(_Text):
    """A-Z lowered, nothing else."""

    name = "lower"


class Upper(_Text):
    """a-z raised, nothing else."""

    name = "upper"


class Length(_Step):
    """A number of characters: whole, from 0 to a million; empty is 0."""

    type = sa.Integer()
    name = "length"


class DateText(_Text):
    """A day as 2026-03-05."""

    name = "date_text"


class LocalMinute(_Text):
    """(instant, time zone): as 2026-03-05 09:02."""

    name = "local_minute"


class ListText(_Text):
    """(JSON list, label of `e.value`): the elements joined by 、."""

    name = "list_text"


class DateValue(_Day):
    """A constant day from its text."""

    name = "date_value"


class LocalDate(_Day):
    """(instant, time zone): the day it is there."""

    name = "local_date"


class FromDays(_Day):
    """The day so many days after 1970-01-01."""

    name = "from_days"


class FirstOfMonth(_Day):
    """The first day of the month so many months after the year 0."""

    name = "first_of_month"


class AddMonths(_Day):
    """(day, whole months): the same day of another month, its last one where that is shorter."""

    name = "add_months"


class DayNumber(_Number):
    """Days since 1970-01-01."""

    name = "day_number"


class SecondNumber(_Number):
    """Whole seconds since the beginning of 1970."""

    name = "second_number"


class AddMinutes(_Typed):
    """(whole minutes, instant): the instant so much later."""

    name = "add_minutes"


class YearOf(_Number):
    """Year of a day."""

    name = "year_of"


class MonthOf(_Number):
    """Month of a day."""

    name = "month_of"


class DayOf(_Number):
    """Day of the month."""

    name = "day_of"


class Empty(_Step):
    """No value, of a known kind (PostgreSQL wants to know)."""

    name = "empty"


class EmptyNumber(Empty):
    type = sa.Double()


class EmptyDay(Empty):
    type = sa.Date()


class EmptyInstant(Empty):
    type = sa.DateTime()


class EmptyTruth(Empty):
    type = sa.Boolean()


class EmptyText(Empty):
    type = sa.Text()


_EMPTIES: dict[Kind, type[Empty]] = {
    "number": EmptyNumber,
    "date": EmptyDay,
    "datetime": EmptyInstant,
    "boolean": EmptyTruth,
}


def power(base: float | None, exponent: float | None) -> float | None:
    """What `Power` gives; SQLite calls this, its library has no mathematics."""
    if base is None or exponent is None:
        return None
    if base == 0:
        return 0.0 if exponent > 0 else None
    if base < 0 and exponent != math.floor(exponent):
        return None
    return math.pow(base, exponent) if abs(exponent * math.log(abs(base))) < 138 else None


def null(kind: Kind) -> Empty:
    """No value of this kind."""
    return _EMPTIES.get(kind, EmptyText)()
