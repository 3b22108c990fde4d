"""Working days follow the State Council's calendar, then the ledger's table, then Monday to Friday."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.workdays import add_workdays, is_workday, last_known_year, workdays_between


def test_holidays_and_make_up_days() -> None:
    assert not is_workday(date(2026, 2, 17))  # 春节
    assert is_workday(date(2026, 2, 28))  # Saturday, made up
    assert not is_workday(date(2026, 3, 7))
    assert is_workday(date(2026, 3, 5))


def test_beyond_the_last_year_monday_to_friday_unless_the_ledger_knows_better() -> None:
    monday = date(last_known_year() + 2, 1, 1)
    monday += timedelta(days=-monday.weekday() % 7)
    assert is_workday(monday)
    assert not is_workday(monday + timedelta(days=5))
    own = {monday: False, monday + timedelta(days=5): True}
    assert not is_workday(monday, own)
    assert is_workday(monday + timedelta(days=5), own)
    assert add_workdays(monday - timedelta(days=3), 1, own) == monday + timedelta(days=1)


def test_adding_nothing_gives_the_day_or_the_next_working_day() -> None:
    assert add_workdays(date(2026, 3, 5), 0) == date(2026, 3, 5)
    assert add_workdays(date(2026, 3, 7), 0) == date(2026, 3, 9)


@given(st.dates(date(2015, 1, 1), date(2030, 12, 31)), st.integers(-40, 40).filter(bool))
def test_adding_and_counting_agree(day: date, count: int) -> None:
    there = add_workdays(day, count)
    assert is_workday(there)
    one = timedelta(days=1)
    assert workdays_between(day + one, there + one) == count if count > 0 else workdays_between(there, day) == -count


@pytest.mark.data
def test_agrees_with_the_published_calendars(sample_files: Path) -> None:
    source = sample_files / "calendar" / "holiday_cn_2007_2025.csv"
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    days = {date.fromisoformat(row["date"]): row["is_off_day"] == "True" for row in rows}
    wrong = [day for day, off in days.items() if day.year >= 2010 and is_workday(day) == off]
    assert wrong == []
    assert len(days) > 500
