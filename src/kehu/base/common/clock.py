"""The only source of "now". Everything that depends on time takes a Clock, so tests can stand still.

Must not hand out naive datetimes; a day exists only together with a time zone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    def today(self, tz: tzinfo) -> date:
        """Return the calendar day of the present instant in `tz`."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)

    def today(self, tz: tzinfo) -> date:
        """Return the day it is now in `tz`."""
        return self.now().astimezone(tz).date()


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved; for tests and rehearsals."""

    at: datetime

    def __post_init__(self) -> None:
        self.set(self.at)

    def now(self) -> datetime:
        """Return the instant that was set, in UTC."""
        return self.at

    def today(self, tz: tzinfo) -> date:
        """Return the day of the instant that was set, in `tz`."""
        return self.at.astimezone(tz).date()

    def set(self, at: datetime) -> None:
        """Put the clock to `at`, which must be aware."""
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self.at = at.astimezone(UTC)

    def move(self, by: timedelta) -> None:
        """Put the clock forward (or back) by `by`."""
        self.at += by
