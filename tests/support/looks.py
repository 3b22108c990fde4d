"""Looks into xlsx files as Excel would see them: values with number formats, widths, merged cells, parts. For tests."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass
class Looks:
    """One sheet: `cells` by reference as (value text, number format, fill), `formulas` that it holds."""

    name: str
    parts: set[str]
    cells: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    widths: dict[str, str] = field(default_factory=dict)
    merges: set[str] = field(default_factory=set)
    formulas: list[str] = field(default_factory=list)

    def rows(self, first: int, last: int) -> list[dict[str, str]]:
        """Values of rows by column letters."""
        found: list[dict[str, str]] = [{} for _ in range(first, last + 1)]
        for place, (value, _, _) in self.cells.items():
            letters = place.rstrip("0123456789")
            row = int(place[len(letters) :])
            if first <= row <= last and value:
                found[row - first][letters] = value
        return found


def looks(path: Path, number: int = 1) -> Looks:
    """What stands on the sheet with this number."""
    with zipfile.ZipFile(path) as package:
        parts = {one.filename for one in package.infolist()}
        styles = ElementTree.fromstring(package.read("xl/styles.xml"))
        book = ElementTree.fromstring(package.read("xl/workbook.xml"))
        sheet = ElementTree.fromstring(package.read(f"xl/worksheets/sheet{number}.xml"))
        shared = []
        if "xl/sharedStrings.xml" in parts:
            for one in ElementTree.fromstring(package.read("xl/sharedStrings.xml")).findall(f"{_MAIN}si"):
                shared.append("".join(t.text or "" for t in one.iter(f"{_MAIN}t")))
    codes = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{_MAIN}numFmt")}
    fills = list(styles.findall(f"{_MAIN}fills/{_MAIN}fill"))
    looks_of = []
    for xf in styles.findall(f"{_MAIN}cellXfs/{_MAIN}xf"):
        ground = fills[int(xf.get("fillId", "0"))].find(f".//{_MAIN}fgColor")
        id = xf.get("numFmtId", "0")
        looks_of.append((codes.get(id) or id, "" if ground is None else ground.get("rgb", "")))
    found = Looks(book.findall(f"{_MAIN}sheets/{_MAIN}sheet")[number - 1].get("name", ""), parts)
    for cell in sheet.iter(f"{_MAIN}c"):
        value = "".join(one.text or "" for one in cell.iter() if one.tag in (f"{_MAIN}v", f"{_MAIN}t"))
        if cell.get("t") == "s":
            value = shared[int(value)]
        if (formula := cell.find(f"{_MAIN}f")) is not None:
            found.formulas.append(formula.text or "")
            value = "".join(one.text or "" for one in cell.iter(f"{_MAIN}v"))
        found.cells[cell.get("r", "")] = (value, *looks_of[int(cell.get("s", "0"))])
    for col in sheet.iter(f"{_MAIN}col"):
        found.widths[f"{col.get('min')}:{col.get('max')}"] = col.get("width", "")
    found.merges = {one.get("ref", "") for one in sheet.iter(f"{_MAIN}mergeCell")}
    return found
