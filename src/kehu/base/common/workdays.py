"""Chinese working days: public holidays and make-up days from the package chinesecalendar.

Beyond its last year (the State Council publishes one year at a time) Monday to Friday count, unless the
ledger's own table says otherwise. It must not read that table itself: callers pass it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

from chinese_calendar import constants

Extra = Mapping[date, bool]  # the ledger's own table: day → is it worked
NONE: Extra = MappingProxyType({})
_DAY = timedelta(days=1)
_RESTED: frozenset[date] = frozenset(constants.holidays)
_WORKED: frozenset[date] = frozenset(constants.workdays)


@cache
def last_known_year() -> int:
    """Return the last year whose holidays are known; `kehu doctor` tells when it is over."""
    return max(_RESTED).year


def is_workday(day: date, extra: Extra = NONE) -> bool:
    """Tell whether `day` is worked: by the ledger's table, else by the calendar, else Monday to Friday."""
    known = extra.get(day)
    if known is not None:
        return known
    return day in _WORKED or (day.weekday() < 5 and day not in _RESTED)


def add_workdays(day: date, count: int, extra: Extra = NONE) -> date:
    """Return the `count`-th working day after `day`, before it when negative; with 0 the day or the next.

    "下 3 个工作日" from a Friday is Wednesday.
    """
    if count == 0:
        return day if is_workday(day, extra) else add_workdays(day, 1, extra)
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_workday(day, extra)
    return day


def workdays_between(start: date, end: date, extra: Extra = NONE) -> int:
    """Count the working days from `start` up to but not including `end`; negative when `end` is earlier."""
    if end < start:
        return -workdays_between(end, start, extra)
    return sum(is_workday(start + timedelta(days=number), extra) for number in range((end - start).days))
