"""The styles of a kept xlsx workbook, made fit for a new one: number formats, fonts, fills, borders, nothing else.

Only in the limited child process. What a style can hide (extensions, other programs' parts) stays behind.
"""

import re
from copy import deepcopy
from typing import Literal
from xml.etree import ElementTree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MOST_BYTES = 8 << 20
_KEPT = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "colors")
_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_BAD_FILL, _DAY_FORMAT = "FFFFD8D2", "14"
_PLAIN = (
    f'<styleSheet xmlns="{MAIN}"><fonts><font><sz val="11"/><name val="Calibri"/></font></fonts><fills><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders><border>'
    '</border></borders><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>'
)

Change = Literal["bad", "day", "quote", "wrap"]


class Styles:
    """Cell styles by number, with changed copies of them made on the way. None: the workbook has none we can use."""

    def __init__(self, source: bytes | None) -> None:
        self.own = source is not None and len(source) <= MOST_BYTES
        root = ElementTree.fromstring(source if self.own and source is not None else _PLAIN)
        self._parts = {name: one for name in _KEPT if (one := root.find(f"{{{MAIN}}}{name}")) is not None}
        for part in self._parts.values():
            _strip(part)
        if "cellXfs" not in self._parts or "fills" not in self._parts:
            self.own = False
            root = ElementTree.fromstring(_PLAIN)
            self._parts = {name: one for name in _KEPT if (one := root.find(f"{{{MAIN}}}{name}")) is not None}
        self._xfs = self._parts["cellXfs"]
        self._known = len(self._xfs)
        self._codes = {one.get("numFmtId", ""): one.get("formatCode", "") for one in self._parts.get("numFmts", ())}
        self._changed: dict[tuple[int, Change], int] = {}
        self._bad: int | None = None

    @property
    def conditional(self) -> int:
        """How many looks conditional formats may name."""
        return len(self._parts["dxfs"]) if self.own and "dxfs" in self._parts else 0

    def number(self, text: str | None) -> int:
        """The number of a style that a cell names; 0 for one that is not there."""
        found = int(text) if text and text.isdecimal() and self.own else 0
        return found if found < self._known else 0

    def is_date(self, style: int) -> bool:
        """Whether numbers in this style are shown as days."""
        id = self._xfs[style].get("numFmtId", "0")
        if id in self._codes:
            return any(letter in _LITERAL.sub("", self._codes[id]).lower() for letter in "yd")
        return id.isdecimal() and int(id) in _DATES

    def is_percent(self, style: int) -> bool:
        """Whether numbers in this style are shown as shares of a hundred."""
        id = self._xfs[style].get("numFmtId", "0")
        return "%" in self._codes[id] if id in self._codes else id in ("9", "10")

    def changed(self, style: int, change: Change) -> int:
        """The style with one thing changed: a red ground, a day's format, text that stays text, broken lines."""
        if (found := self._changed.get((style, change))) is not None:
            return found
        copy = deepcopy(self._xfs[style])
        if change == "bad":
            copy.set("fillId", str(self._bad_fill()))
            copy.set("applyFill", "1")
        elif change == "day":
            copy.set("numFmtId", _DAY_FORMAT)
            copy.set("applyNumberFormat", "1")
        elif change == "quote":
            copy.set("quotePrefix", "1")
        else:
            for old in copy.findall(f"{{{MAIN}}}alignment"):
                copy.remove(old)
            copy.insert(0, ElementTree.Element(f"{{{MAIN}}}alignment", {"wrapText": "1", "vertical": "top"}))
            copy.set("applyAlignment", "1")
        self._xfs.append(copy)
        self._changed[(style, change)] = len(self._xfs) - 1
        return len(self._xfs) - 1

    def _bad_fill(self) -> int:
        if self._bad is None:
            fills = self._parts["fills"]
            pattern = ElementTree.SubElement(
                ElementTree.SubElement(fills, f"{{{MAIN}}}fill"), f"{{{MAIN}}}patternFill", {"patternType": "solid"}
            )
            ElementTree.SubElement(pattern, f"{{{MAIN}}}fgColor", {"rgb": _BAD_FILL})
            ElementTree.SubElement(pattern, f"{{{MAIN}}}bgColor", {"indexed": "64"})
            self._bad = len(fills) - 1
        return self._bad

    def xml(self) -> bytes:
        """The part as it goes into the new workbook."""
        ElementTree.register_namespace("", MAIN)
        root = ElementTree.Element(f"{{{MAIN}}}styleSheet")
        for part in self._parts.values():
            if "count" in part.attrib:
                part.set("count", str(len(part)))
            root.append(part)
        data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        return data


def _strip(part: ElementTree.Element) -> None:
    """Take out what belongs to other programs: elements and attributes of other names, extensions."""
    for one in part.iter():
        for child in [c for c in one if not c.tag.startswith(f"{{{MAIN}}}") or c.tag.endswith("}extLst")]:
            one.remove(child)
        for key in [key for key in one.attrib if key.startswith("{")]:
            del one.attrib[key]
