"""What comparisons with values of today imply for stored days: never more than is true."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kehu.base.common.dates import add_months
from kehu.base.formula.bounds import Bound, bounds, bounds_if_true
from kehu.base.formula.parse import parse

TODAYS = (date(2026, 2, 28), date(2024, 2, 29), date(2025, 12, 31), date(2026, 3, 1))


def _keeps(found: tuple[Bound, ...], day: date) -> bool:
    return all(day >= bound.day if bound.kind == "gte" else day <= bound.day for bound in found)


def _whole(start: date, end: date, unit: str) -> int | None:
    """DATEDIF by counting."""
    if start > end:
        return None
    if unit == "D":
        return (end - start).days
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return months if unit == "M" else months // 12


@pytest.mark.parametrize("today", TODAYS)
@pytest.mark.parametrize("unit", ["Y", "M", "D"])
@pytest.mark.parametrize("forward", [False, True])
def test_no_day_that_fulfils_a_difference_is_lost(today: date, unit: str, forward: bool) -> None:
    text = f'DATEDIF(TODAY(),[d],"{unit}")' if forward else f'DATEDIF([d],TODAY(),"{unit}")'
    step = {"Y": 97, "M": 13, "D": 1}[unit]
    lost = kept = 0
    for number in (0, 1, 2, 11, 12, 30):
        found = bounds(parse(text), number, number, today)
        assert len(found) == 2, text
        for n in range(-400, 400):
            day = today + timedelta(days=n * step)
            value = _whole(today, day, unit) if forward else _whole(day, today, unit)
            if _keeps(found, day):
                kept += 1
            elif value == number:
                lost += 1
    assert lost == 0
    assert kept < 6 * 800 / 2, "the bounds leave everything in"


@pytest.mark.parametrize("today", TODAYS)
def test_days_between_are_bounded_both_ways(today: date) -> None:
    for text, sign in (("TODAY()-[d]", -1), ("[d]-TODAY()", 1), ("DAYS(TODAY(),[d])", -1), ("DAYS([d],TODAY())", 1)):
        for low, high in ((5, None), (None, -5), (-3, 3.5), (None, None)):
            found = bounds(parse(text), low, high, today)
            assert len(found) == (low is not None) + (high is not None)
            for n in range(-60, 60):
                value = n * sign
                fulfils = (low is None or value >= low) and (high is None or value <= high)
                assert _keeps(found, today + timedelta(days=n)) or not fulfils, (text, low, high, n)


@pytest.mark.parametrize("today", TODAYS)
def test_what_must_be_true_bounds_its_days(today: date) -> None:
    cases = {
        "AND([x]=1,[d]<TODAY())": lambda day: day < today,
        "TODAY()<=[d]": lambda day: day >= today,
        "EDATE([d],12)>TODAY()": lambda day: add_months(day, 12) > today,
        "[d]+30>=TODAY()-5": lambda day: day + timedelta(days=30) >= today - timedelta(days=5),
        "[d]=TODAY()": lambda day: day == today,
    }
    for text, fulfils in cases.items():
        found = bounds_if_true(parse(text), today)
        assert found, text
        days = [today + timedelta(days=n) for n in range(-800, 800)]
        assert all(_keeps(found, day) for day in days if fulfils(day)), text
        assert not all(_keeps(found, day) for day in days), text


@pytest.mark.parametrize(
    "text",
    [
        "OR([d]<TODAY(),[x]=1)", "NOT([d]<TODAY())", "[d]<[e]", "[d]+[x]<TODAY()", "[d]<>TODAY()", "[x]=1",
        "DATEDIF([d],[e],\"Y\")", "YEAR([d])",
    ],
)  # fmt: skip
def test_what_is_not_known_bounds_nothing(text: str) -> None:
    assert bounds_if_true(parse(text), TODAYS[0]) == ()
    assert bounds(parse(text), 1, 5, TODAYS[0]) == ()


def test_numbers_beyond_the_calendar_bound_nothing() -> None:
    for number in (9e5, 1e300, float("inf")):
        assert bounds(parse('DATEDIF([d],TODAY(),"Y")'), number, None, TODAYS[0]) == ()
