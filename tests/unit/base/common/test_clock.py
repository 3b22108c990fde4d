"""Clocks give aware UTC instants, and the day depends on the ledger's zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kehu.base.common.clock import FixedClock, SystemClock

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_system_clock_is_aware_utc() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(SystemClock().now() - now) < timedelta(seconds=5)


def test_fixed_clock_knows_the_day_of_the_zone() -> None:
    clock = FixedClock(datetime(2026, 3, 5, 23, 30, tzinfo=UTC))
    assert clock.today(SHANGHAI) == date(2026, 3, 6)
    assert clock.today(ZoneInfo("America/New_York")) == date(2026, 3, 5)
    clock.move(timedelta(days=1))
    assert clock.now() == datetime(2026, 3, 6, 23, 30, tzinfo=UTC)


def test_naive_instants_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        FixedClock(datetime(2026, 3, 5, 8, 0))  # noqa: DTZ001
