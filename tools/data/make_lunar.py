"""Writes src/kehu/base/common/data/lunar.txt: the months of the Chinese calendar, 1900 to 2100.

Source: the package lunar-python (MIT), compared day by day with tyme4py (MIT); both are needed only here:
`pip install lunar-python==1.4.8 tyme4py==1.5.0`. A line is the year, the first day of its first month, the leap month
(0 for none) and for each month in order 1 for 30 days, 0 for 29.
"""

import sys
from datetime import date, timedelta
from pathlib import Path

from lunar_python import LunarYear  # type: ignore[import-not-found]
from tyme4py.lunar import LunarMonth  # type: ignore[import-not-found]

TARGET = Path(__file__).parents[2] / "src" / "kehu" / "base" / "common" / "data" / "lunar.txt"
FIRST, LAST = 1900, 2100


def build() -> str:
    """Return the contents of the data file. Raises SystemExit where the two packages differ."""
    lines = ["# Made by tools/data/make_lunar.py, see SOURCES.md. Year, first day, leap month, months (1: 30 days)."]
    following = None
    for year in range(FIRST, LAST + 1):
        months = [m for m in LunarYear.fromYear(year).getMonths() if m.getYear() == year]
        leap = next((-m.getMonth() for m in months if m.getMonth() < 0), 0)
        solar = LunarMonth.from_ym(year, 1).get_first_julian_day().get_solar_day()
        first = date(solar.get_year(), solar.get_month(), solar.get_day())
        if following not in (None, first):
            raise SystemExit(f"{year} begins on {first}, not on {following}")
        for month in months:
            if LunarMonth.from_ym(year, month.getMonth()).get_day_count() != month.getDayCount():
                raise SystemExit(f"the packages differ on {year}-{month.getMonth()}")
        sizes = "".join(str(month.getDayCount() - 29) for month in months)
        following = first + timedelta(days=sum(month.getDayCount() for month in months))
        lines.append(f"{year} {first.isoformat()} {leap} {sizes}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file."""
    TARGET.write_text(build(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
