"""Reads and writes dates and instants, and turns "the next 3 working days" into a range.

Dates are days of the ledger's time zone; instants are aware and in UTC. It must not guess: 5/3/23 is refused
as ambiguous. The clock is never asked here, callers pass today.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal, get_args

from kehu.base.common import numerals, workdays
from kehu.base.common.problems import Unreadable
from kehu.base.common.text import narrow

FIRST_YEAR, LAST_YEAR = 1800, 2200

Period = Literal["this", "last", "next"]
Unit = Literal["day", "workday", "week", "month", "quarter", "half", "year"]
_MONTHS_OF: dict[str, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_LARGEST_COUNT = 1000

_YEAR_FIRST = re.compile(r"(\d{4}) ?([-/.年]) ?(\d{1,2}) ?(?:\2|月) ?(\d{1,2})(?: ?[日号])?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_THREE_NUMBERS = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(\s.*)?", re.ASCII)
_NO_YEAR = re.compile(r"(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?[日号]?(\s.*)?", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2} ?([-/.年]) ?\d{1,2} ?(?:\1|月) ?\d{1,2}(?: ?[日号])?", re.ASCII)
_SAID_SHORT = re.compile(r"(\d{2}) ?年 ?\d{1,2} ?月 ?\d{1,2}", re.ASCII)  # what is year, month and day is written there
_NO_DAY = re.compile(r"\d{4} ?[-/.年] ?\d{1,2} ?月?|\d{1,2} ?[-/.月] ?\d{1,2}(?: ?[日号])?|\d{4} ?年?", re.ASCII)
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = {name: number for number, name in enumerate(_NAMES, 1)}
_DAY_NAME = re.compile(r"(\d{1,2})[- ]([a-z]{3,9})\.?,?[- ](\d{4})", re.IGNORECASE | re.ASCII)
_NAME_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})", re.IGNORECASE | re.ASCII)
_FORMS = (
    (_YEAR_FIRST, "y-md"),
    (_COMPACT, "ymd"),
    (_YEAR_LAST, "xxy"),
    (_DAY_NAME, "dny"),
    (_NAME_DAY, "ndy"),
)
_WEEKDAY = re.compile(r" ?\(?(?:星期|周|礼拜)[一二三四五六日天]\)?")
_TIME = re.compile(
    r"(?P<half>上午|下午|晚上|中午|凌晨|早上|AM|PM)? ?(?P<hour>\d{1,2})[:时点](?P<minute>\d{1,2})?分?"
    r"(?:(?::|(?<=分))(?P<second>\d{1,2})秒?(?:\.(?P<part>\d{1,9}))?)? ?(?P<half2>AM|PM)?"
    r" ?(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Within:
    """A relative period: this/last/next, a unit, how many of them."""

    period: Period
    unit: Unit
    n: int = 1

    def __post_init__(self) -> None:
        if self.period not in get_args(Period) or self.unit not in get_args(Unit):
            raise Unreadable("within.invalid", period=str(self.period), unit=str(self.unit))
        if isinstance(self.n, bool) or not 1 <= self.n <= (1 if self.period == "this" else _LARGEST_COUNT):
            raise Unreadable("within.count", n=self.n, most=1 if self.period == "this" else _LARGEST_COUNT)


def period(within: Within, today: date, extra: workdays.Extra = workdays.NONE) -> tuple[date, date]:
    """Return the days of a relative period as (first, the day after the last).

    "this" is the unit that holds today. "next 3 day" is tomorrow and the two days after it, "last 3 day" the
    three days before today; weeks (from Monday), months, quarters, halves and years count whole calendar units
    after or before the present one. "next 3 workday" runs from tomorrow to the third working day from now,
    "last 3 workday" from the third working day back to yesterday; rest days in between belong to it.
    "this workday" is today, or nothing on a rest day.
    """
    one, n = timedelta(days=1), within.n
    if within.unit == "workday":
        if within.period == "next":
            return today + one, workdays.add_workdays(today, n, extra) + one
        if within.period == "last":
            return workdays.add_workdays(today, -n, extra), today
        return today, today + one if workdays.is_workday(today, extra) else today
    if within.unit in ("day", "week"):
        length = timedelta(days=1 if within.unit == "day" else 7)
        start = today if within.unit == "day" else today - timedelta(days=today.weekday())
        moved = {"this": 0, "next": 1, "last": -n}[within.period]
        return start + moved * length, start + (moved + n) * length
    months = _MONTHS_OF[within.unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    moved = {"this": 0, "next": 1, "last": -n}[within.period]
    return add_months(first, moved * months), add_months(first, (moved + n) * months)


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of that month where it has no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in (day.day, 30, 29, 28):
        if number <= day.day:
            try:
                return date(year, month0 + 1, number)
            except ValueError:
                continue
    raise Unreadable("date.out_of_range", value=f"{year}-{month0 + 1}")


def parse_date(text: str) -> date:
    """Read a date: 2026-03-05, 2026/3/5, 2026.3.5, 2026年3月5日, 26年3月5日, 20260305, 5 Mar 2026, in Chinese figures
    too.

    A time is left out. Raises Unreadable `date.invalid`, `date.ambiguous` (5/3/23), `date.incomplete` (2026年3月) or
    `date.out_of_range`.
    """
    return _split(text)[0]


def in_order(text: str, order: str) -> str | None:
    """A date of three short numbers (5/3/23) written so that it reads one way, in the order that somebody has said:
    dmy, mdy or ymd; what stands behind it stays. None when it is no such text. Years below 30 are of this century, as
    Excel has it."""
    found = _THREE_NUMBERS.fullmatch(narrow(text).strip()) if len(text) <= 60 else None
    if found is None:
        return None
    said = dict(zip(order, found.groups(), strict=False))
    year = int(said["y"]) if len(said["y"]) == 4 else _century(int(said["y"]))
    return f"{year:04}-{int(said['m']):02}-{int(said['d']):02}{found[4] or ''}"


def in_year(text: str, year: int) -> str | None:
    """A day that names no year (10/6, 9.2, 10月6日 14:05) written in that of `year`; None when it is no such text."""
    found = _NO_YEAR.fullmatch(narrow(text).strip()) if len(text) <= 60 else None
    return f"{year:04}-{int(found[1]):02}-{int(found[2]):02}{found[3] or ''}" if found else None


def _century(year: int) -> int:
    """A year of two figures in full: those below 30 are of this century."""
    return year + (2000 if year < 30 else 1900)


def parse_datetime(text: str, tz: tzinfo) -> datetime:
    """Read a date with or without a time into an instant in UTC; without a zone it is a time in `tz`.

    Raises Unreadable as `parse_date`.
    """
    day, rest = _split(text)
    if not rest:
        return _instant(datetime(day.year, day.month, day.day, tzinfo=tz), text)
    found = _TIME.fullmatch(rest)
    if found is None:
        raise Unreadable("date.invalid", value=text)
    hour = int(found["hour"])
    half = (found["half"] or found["half2"] or "").upper()
    if half in ("下午", "晚上", "PM", "中午") and hour < 12 and not (half == "中午" and hour >= 11):
        hour += 12
    elif half in ("上午", "凌晨", "AM", "早上") and hour == 12:
        hour = 0
    zone = found["zone"]
    try:
        local = datetime(
            day.year, day.month, day.day, hour, int(found["minute"] or 0), int(found["second"] or 0),
            int((found["part"] or "0").ljust(6, "0")[:6]), tzinfo=tz,
        )  # fmt: skip
        if zone:
            local = datetime.fromisoformat(f"{local.replace(tzinfo=None).isoformat()}{zone.upper()}")
    except ValueError as error:
        raise Unreadable("date.invalid", value=text) from error
    return _instant(local, text)


def excel_date(serial: float, *, date1904: bool = False) -> date:
    """Return the day of a workbook's serial number, in the 1900 or 1904 system. Raises Unreadable."""
    return _excel(serial, date1904)[0]


def format_instant(instant: datetime) -> str:
    """Write an aware instant in its stored form, UTC to the millisecond: 2026-03-05T01:02:03.004Z."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """Read the stored form (or any ISO 8601 text with a zone) back. Raises Unreadable `date.invalid`."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable("date.invalid", value=text) from error
    if instant.tzinfo is None:
        raise Unreadable("date.invalid", value=text)
    return _instant(instant, text)


def day_start(day: date, tz: tzinfo) -> datetime:
    """Return the instant (UTC) at which `day` begins in `tz`: the boundary for filters on instants."""
    return datetime(day.year, day.month, day.day, tzinfo=tz).astimezone(UTC)


def _split(text: str) -> tuple[date, str]:
    """Return the date at the start of `text` and the time text behind it, if any."""
    plain = _WEEKDAY.sub(" ", narrow(text)).strip() if len(text) <= 60 else ""
    if plain and ("月" in plain or "年" in plain) and not plain.isascii():
        plain = numerals.digits(plain)
    for pattern, order in _FORMS:
        found = pattern.match(plain)
        if found is None:
            continue
        rest = plain[found.end() :]
        glued = rest[:1].isdigit() or (rest[:1] == "." and rest[1:2].isdigit())
        if glued and plain[found.end() - 1] not in "日号":
            continue
        rest = rest.strip()
        if rest[:1] in ("T", "t") and rest[1:2].isdigit():
            rest = rest[1:]
        if rest and _TIME.fullmatch(rest) is None:
            continue
        return _day(order, found, text), rest
    if said := _SAID_SHORT.match(plain):
        return _split(f"{_century(int(said[1]))}{plain[2:]}")
    if _SHORT_YEAR.fullmatch(plain):
        raise Unreadable("date.ambiguous", value=text)
    if _NO_DAY.fullmatch(plain):
        raise Unreadable("date.incomplete", value=text)
    raise Unreadable("date.invalid", value=text)


def _day(order: str, found: re.Match[str], text: str) -> date:
    parts = found.groups()
    if order == "y-md":
        year, month, day = int(parts[0]), int(parts[2]), int(parts[3])
    elif order == "ymd":
        year, month, day = int(parts[0]), int(parts[1]), int(parts[2])
    elif order == "xxy":
        first, second, year = int(parts[0]), int(parts[2]), int(parts[3])
        if first != second and first <= 12 and second <= 12:
            raise Unreadable("date.ambiguous", value=text)
        month, day = (first, second) if first <= 12 else (second, first)
    else:
        name, number = (parts[1], parts[0]) if order == "dny" else (parts[0], parts[1])
        month, day, year = _MONTH_NAMES.get(name[:3].lower(), 0), int(number), int(parts[2])
    try:
        read = date(year, month, day)
    except ValueError as error:
        raise Unreadable("date.invalid", value=text) from error
    return _in_range(read, text)


def _in_range(day: date, text: str) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unreadable("date.out_of_range", value=text, first=FIRST_YEAR, last=LAST_YEAR)
    return day


def _instant(local: datetime, text: str) -> datetime:
    try:
        instant = local.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise Unreadable("date.out_of_range", value=text) from error
    _in_range(instant.date(), text)
    return instant


def _excel(serial: float, date1904: bool) -> tuple[date, float]:
    """Return the day and the seconds into it, to the millisecond."""
    if not math.isfinite(serial) or not 0 <= serial < 200_000:
        raise Unreadable("date.out_of_range", value=str(serial), first=FIRST_YEAR, last=LAST_YEAR)
    milliseconds = round(serial * 86_400_000)
    days, rest = divmod(milliseconds, 86_400_000)
    if date1904:
        epoch = date(1904, 1, 1)
    elif days == 60 or days == 0:
        # 60 is 29 February 1900, which never was; 0 is "January 0", a time without a day.
        raise Unreadable("date.invalid", value=str(serial))
    else:
        epoch = date(1899, 12, 31) if days < 60 else date(1899, 12, 30)
    return _in_range(epoch + timedelta(days=days), str(serial)), rest / 1000
