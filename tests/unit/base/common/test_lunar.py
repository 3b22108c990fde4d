"""The Chinese calendar: known days, round trips, and birthdays that a year lacks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.lunar import LunarDay, from_solar, lunar_in, solar_in, to_solar
from kehu.base.common.problems import Unreadable
from kehu.plugins.field_types.birthday import next_birthday

DAYS = st.dates(date(1900, 1, 31), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("lunar", "solar"),
    [
        (LunarDay(2026, 1, 1), date(2026, 2, 17)),
        (LunarDay(2025, 1, 1), date(2025, 1, 29)),
        (LunarDay(2025, 6, 1, leap=True), date(2025, 7, 25)),
        (LunarDay(1990, 5, 3, leap=True), date(1990, 6, 25)),
        (LunarDay(2026, 8, 15), date(2026, 9, 25)),
        (LunarDay(1949, 8, 10), date(1949, 10, 1)),
    ],
)
def test_known_days(lunar: LunarDay, solar: date) -> None:
    assert to_solar(lunar) == solar
    assert from_solar(solar) == lunar


@given(DAYS)
def test_there_and_back(day: date) -> None:
    assert to_solar(from_solar(day)) == day


@given(DAYS)
def test_the_next_day_is_the_next_day(day: date) -> None:
    assert (
        from_solar(day) < from_solar(day + timedelta(days=1))
        or from_solar(day).leap != from_solar(day + timedelta(days=1)).leap
    )


@pytest.mark.parametrize(
    "wrong", [LunarDay(1899, 1, 1), LunarDay(2026, 5, 3, leap=True), LunarDay(2026, 13, 1), LunarDay(2026, 1, 31)]
)
def test_days_that_are_none(wrong: LunarDay) -> None:
    with pytest.raises(Unreadable):
        to_solar(wrong)


def test_a_leap_month_that_the_year_lacks() -> None:
    assert lunar_in(6, 10, True, 2025).moved is None
    found = lunar_in(6, 10, True, 2026)
    assert (found.day, found.moved) == (to_solar(LunarDay(2026, 6, 10)), "leap_month")
    assert lunar_in(6, 10, True, 2026, "later").day == to_solar(LunarDay(2026, 7, 10))


def test_a_thirtieth_that_the_month_lacks() -> None:
    assert lunar_in(12, 30, False, 2023).moved is None  # 龙年除夕
    found = lunar_in(12, 30, False, 2024)  # 腊月 of that year has 29 days
    assert (found.day, found.moved) == (date(2025, 1, 28), "short_month")
    assert lunar_in(12, 30, False, 2024, "later").day == date(2025, 1, 29)


def test_the_twenty_ninth_of_february() -> None:
    assert solar_in(2, 29, 2028).day == date(2028, 2, 29)
    assert solar_in(2, 29, 2026).day == date(2026, 2, 28)
    assert (solar_in(2, 29, 2026, "later").day, solar_in(2, 29, 2026).moved) == (date(2026, 3, 1), "leap_day")


def test_the_next_birthday() -> None:
    today = date(2026, 11, 20)
    found = next_birthday("1990-11-20", today)
    assert found is not None
    assert found.day == today
    lunar = next_birthday("lunar:1990-12-08", today)  # 腊八 of the lunar year 2026 lies in January 2027
    assert lunar is not None
    assert lunar.day == date(2027, 1, 15)
    assert next_birthday("lunar:--01-01", date(2101, 6, 1)) is None
