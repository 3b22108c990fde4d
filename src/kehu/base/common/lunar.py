"""The Chinese calendar, 1900 to 2100: lunar days to solar ones and back, and on which day of a year a birthday falls.

Months come from a packaged table. It knows no time zone and no festivals.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

from kehu.base.common.problems import Unreadable

Rule = Literal["earlier", "later"]
Moved = Literal["leap_month", "short_month", "leap_day"]


@dataclass(frozen=True, slots=True, order=True)
class LunarDay:
    """A day of the Chinese calendar; `leap` is set for a day of the repeated month."""

    year: int
    month: int
    day: int
    leap: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The day on which something yearly falls, and why it is not the day itself."""

    day: date
    moved: Moved | None = None


@dataclass(frozen=True, slots=True)
class _Year:
    first: date
    months: tuple[tuple[int, bool, int], ...]  # number, leap, days


def to_solar(day: LunarDay) -> date:
    """Return the solar day. Raises Unreadable `lunar.year`, `lunar.leap_month`, `lunar.day`."""
    year = _years().get(day.year)
    if year is None:
        raise Unreadable("lunar.year")
    at = year.first
    for number, leap, days in year.months:
        if (number, leap) == (day.month, day.leap):
            if not 1 <= day.day <= days:
                raise Unreadable("lunar.day")
            return at + timedelta(days=day.day - 1)
        at += timedelta(days=days)
    raise Unreadable("lunar.leap_month" if day.leap else "lunar.day")


def from_solar(day: date) -> LunarDay:
    """Return the day of the Chinese calendar. Raises Unreadable `lunar.year` outside the table."""
    starts = _starts()
    place = bisect_right(starts, day) - 1
    if place < 0:
        raise Unreadable("lunar.year")
    number = min(_years()) + place
    left = (day - starts[place]).days
    for month, leap, days in _years()[number].months:
        if left < days:
            return LunarDay(number, month, left + 1, leap)
        left -= days
    raise Unreadable("lunar.year")


def lunar_in(month: int, day: int, leap: bool, year: int, rule: Rule = "earlier") -> Occurrence:
    """Return when a lunar day falls in a lunar year.

    A leap month that the year does not have is replaced by the ordinary month of that number (`later`: by the one
    after it), a 30th that its month does not have by the 29th (`later`: by the next day).
    """
    moved: Moved | None = None
    known = {(number, is_leap): days for number, is_leap, days in _year(year).months}
    if leap and (month, True) not in known:
        leap, moved = False, "leap_month"
        if rule == "later":
            if month == 12:
                year, known = year + 1, {(n, is_leap): days for n, is_leap, days in _year(year + 1).months}
            month = month % 12 + 1
    if day > known[(month, leap)]:
        moved = moved or "short_month"
        found = to_solar(LunarDay(year, month, known[(month, leap)], leap))
        return Occurrence(found + timedelta(days=1) if rule == "later" else found, moved)
    return Occurrence(to_solar(LunarDay(year, month, day, leap)), moved)


def solar_in(month: int, day: int, year: int, rule: Rule = "earlier") -> Occurrence:
    """Return when a solar day falls in a year: the 29th of February on the 28th (`later`: on the 1st of March)."""
    try:
        return Occurrence(date(year, month, day))
    except ValueError:
        return Occurrence(date(year, 3, 1) if rule == "later" else date(year, 2, 28), "leap_day")


def longest(month: int, leap: bool) -> int:
    """Return how many days a month can have in any year of the table; 0 when it never occurs."""
    return max(
        (days for y in _years().values() for n, is_leap, days in y.months if (n, is_leap) == (month, leap)), default=0
    )


def _year(number: int) -> _Year:
    found = _years().get(number)
    if found is None:
        raise Unreadable("lunar.year")
    return found


@cache
def _years() -> dict[int, _Year]:
    found: dict[int, _Year] = {}
    text = files("kehu.base.common").joinpath("data/lunar.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        number, first, leap_text, sizes = line.split()
        leap = int(leap_text)
        names = [
            (month, repeated) for month in range(1, 13) for repeated in (False, True) if not repeated or month == leap
        ]
        months = tuple((n, is_leap, 29 + int(size)) for (n, is_leap), size in zip(names, sizes, strict=True))
        found[int(number)] = _Year(date.fromisoformat(first), months)
    return found


@cache
def _starts() -> list[date]:
    return [year.first for _, year in sorted(_years().items())]
