"""Dates are read in every form that Chinese tables use, never guessed, and relative periods are exact."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.dates import (
    Period,
    Unit,
    Within,
    add_months,
    day_start,
    excel_date,
    format_instant,
    parse_date,
    parse_datetime,
    parse_instant,
    period,
)
from kehu.base.common.problems import Unreadable
from kehu.base.common.workdays import is_workday

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05", "2026/3/5", "2026.3.5", "2026年3月5日", "2026 年 3 月 5 日", "2026年3月5号", "20260305",
        "２０２６－０３－０５", "2026-3-5 星期四", "2026年3月5日(周四)", "2026-03-05 14:30:00", "2026-03-05T00:00:00Z",
        "5 Mar 2026", "March 5, 2026", "2026年3月5日14时30分", " 2026-03-05 ",
    ],
)  # fmt: skip
def test_parse_date(text: str) -> None:
    assert parse_date(text) == DAY


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5/3/23", "date.ambiguous"),
        ("26-3-5", "date.ambiguous"),
        ("85-3-5", "date.ambiguous"),
        ("05/03/2026", "date.ambiguous"),
        ("2026年3月", "date.incomplete"),
        ("3月5日", "date.incomplete"),
        ("2026", "date.incomplete"),
        ("2026-02-29", "date.invalid"),
        ("2026-13-01", "date.invalid"),
        ("20261301", "date.invalid"),
        ("明天", "date.invalid"),
        ("", "date.invalid"),
        ("2026-03-05 25:00", "date.invalid"),
        ("2026.3.5.1", "date.invalid"),
        ("202603051", "date.invalid"),
        ("1026-03-05", "date.out_of_range"),
    ],
)
def test_what_is_not_a_date_says_why(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_datetime(text, SHANGHAI)
    assert caught.value.code == code


def test_a_year_at_the_end_is_read_where_only_one_way_fits() -> None:
    assert parse_date("25/3/2026") == parse_date("3/25/2026") == date(2026, 3, 25)
    assert parse_date("5/5/2026") == date(2026, 5, 5)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2026-03-05", "2026-03-04T16:00:00.000Z"),
        ("2026-03-05 09:30", "2026-03-05T01:30:00.000Z"),
        ("2026/3/5 下午3:05:06", "2026-03-05T07:05:06.000Z"),
        ("2026/3/5 上午12:05", "2026-03-04T16:05:00.000Z"),
        ("2026年3月5日 9时30分15秒", "2026-03-05T01:30:15.000Z"),
        ("2026-03-05T01:02:03.004Z", "2026-03-05T01:02:03.004Z"),
        ("2026-03-05T01:02:03+08:00", "2026-03-04T17:02:03.000Z"),
        ("2026-03-05 3:05 PM", "2026-03-05T07:05:00.000Z"),
    ],
)
def test_parse_datetime(text: str, stored: str) -> None:
    instant = parse_datetime(text, SHANGHAI)
    assert format_instant(instant) == stored
    assert parse_instant(stored) == instant


def test_instants_without_a_zone_are_refused() -> None:
    with pytest.raises(Unreadable):
        parse_instant("2026-03-05T01:02:03")
    with pytest.raises(ValueError, match="zone"):
        format_instant(datetime(2026, 3, 5))  # noqa: DTZ001


def test_excel_serials_in_both_systems() -> None:
    assert excel_date(46086) == DAY
    assert excel_date(46086 - 1462, date1904=True) == DAY
    assert excel_date(1) == date(1900, 1, 1)
    assert excel_date(59) == date(1900, 2, 28)
    assert excel_date(61) == date(1900, 3, 1)
    for serial in (60, 0, -1, 1e9, float("nan")):
        with pytest.raises(Unreadable):
            excel_date(serial)


@given(st.dates(date(1900, 3, 1), date(2199, 12, 31)))
def test_every_written_form_reads_back(day: date) -> None:
    forms = (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    )
    assert {parse_date(form) for form in forms} == {day}
    assert excel_date((day - date(1899, 12, 30)).days) == day
    assert parse_datetime(day.isoformat(), SHANGHAI) == day_start(day, SHANGHAI)


# Thursday 5 March 2026; Qingming: Saturday 4 to Monday 6 April.
@pytest.mark.parametrize(
    ("within", "first", "end"),
    [
        (Within("this", "day"), DAY, date(2026, 3, 6)),
        (Within("next", "day", 3), date(2026, 3, 6), date(2026, 3, 9)),
        (Within("last", "day", 3), date(2026, 3, 2), DAY),
        (Within("this", "week"), date(2026, 3, 2), date(2026, 3, 9)),
        (Within("next", "week", 2), date(2026, 3, 9), date(2026, 3, 23)),
        (Within("last", "week"), date(2026, 2, 23), date(2026, 3, 2)),
        (Within("this", "month"), date(2026, 3, 1), date(2026, 4, 1)),
        (Within("last", "month", 3), date(2025, 12, 1), date(2026, 3, 1)),
        (Within("this", "quarter"), date(2026, 1, 1), date(2026, 4, 1)),
        (Within("next", "quarter", 4), date(2026, 4, 1), date(2027, 4, 1)),
        (Within("this", "half"), date(2026, 1, 1), date(2026, 7, 1)),
        (Within("last", "half"), date(2025, 7, 1), date(2026, 1, 1)),
        (Within("last", "year"), date(2025, 1, 1), date(2026, 1, 1)),
        (Within("next", "workday", 3), date(2026, 3, 6), date(2026, 3, 11)),
        (Within("last", "workday", 3), date(2026, 3, 2), DAY),
        (Within("this", "workday"), DAY, date(2026, 3, 6)),
    ],
)
def test_periods(within: Within, first: date, end: date) -> None:
    assert period(within, DAY) == (first, end)


def test_working_days_jump_over_a_holiday() -> None:
    assert period(Within("next", "workday"), date(2026, 4, 3)) == (date(2026, 4, 4), date(2026, 4, 8))
    assert period(Within("this", "workday"), date(2026, 4, 4)) == (date(2026, 4, 4), date(2026, 4, 4))


@given(
    st.sampled_from(["last", "next"]),
    st.sampled_from(["day", "workday", "week", "month", "quarter", "half", "year"]),
    st.integers(1, 30),
    st.dates(date(2010, 1, 1), date(2026, 12, 31)),
)
def test_past_present_and_future_touch_and_never_overlap(which: Period, unit: Unit, n: int, today: date) -> None:
    start, end = period(Within(which, unit, n), today)
    this_start, this_end = period(Within("this", unit), today)
    assert start < end
    if unit == "workday":
        assert sum(is_workday(start + timedelta(days=i)) for i in range((end - start).days)) == n
        return
    assert this_start <= today < this_end
    assert end == this_start if which == "last" else start == this_end
    shorter = period(Within(which, unit, n + 1), today)
    assert shorter[0] <= start
    assert end <= shorter[1]


@pytest.mark.parametrize("arguments", [("past", "day", 1), ("next", "decade", 1)])
def test_unknown_periods_are_refused(arguments: tuple[Period, Unit, int]) -> None:
    with pytest.raises(Unreadable, match=r"within\.invalid"):
        Within(*arguments)


@pytest.mark.parametrize(("which", "n"), [("next", 0), ("last", 1001), ("this", 2), ("next", True)])
def test_counts_are_bounded(which: Period, n: int) -> None:
    with pytest.raises(Unreadable, match=r"within\.count"):
        Within(which, "day", n)


def test_add_months_stays_in_the_month() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 3, 31), -4) == date(2025, 11, 30)
