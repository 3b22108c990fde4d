"""What lies over the cells of a kept xlsx sheet and goes out with it: conditional formats, checks of input, comments.

Taken over only as far as it stands by itself: limits and words, formulas of plain functions over cells that stay where
they were. What names another sheet, another file or a row that is no longer there stays behind, and so do the comments
of such rows. Only in the limited child process.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from posixpath import basename
from xml.parsers import expat
from zipfile import ZipFile, ZipInfo

from kehu.features.importing.reader.cells import column_letters
from kehu.features.importing.reader.package import part_name, related_parts
from kehu.features.importing.reader.restyle import MAIN
from kehu.features.importing.reader.sheetscan import column_number

MOST_RULES, MOST_COMMENTS, MOST_BYTES, LONGEST_FORMULA = 500, 2_000, 8 << 20, 500
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
Area = tuple[int, int, int, int]
Place = Callable[[Area], Area | None]
"""Where an area stands now: first row, first column, last row, last column, from 1; None when it is gone."""

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})", re.ASCII)
_TOKEN = re.compile(
    r'"(?:[^"]|"")*"|\d+(?:\.\d+)?%?|(?P<function>[A-Z]+)\(|\$?[A-Z]{1,3}(?P<fixed>\$?)(?P<row>[1-9]\d{0,6})'
    r"|\$?[A-Z]{1,3}:\$?[A-Z]{1,3}|TRUE|FALSE|[-+*/^&=<>(),:\s]",
    re.ASCII,
)
_FUNCTIONS = frozenset(
    "AND OR NOT IF ISBLANK ISNUMBER ISTEXT ISERROR LEN LEFT RIGHT MID SEARCH FIND TRIM EXACT TODAY NOW YEAR MONTH DAY "
    "WEEKDAY DATE MOD ROW ABS ROUND INT COUNTIF SUM MAX MIN AVERAGE".split()
)
_RULE = frozenset("type dxfId priority stopIfTrue aboveAverage percent bottom operator text timePeriod rank stdDev "
                  "equalAverage".split())  # fmt: skip
_RULES = frozenset(
    "cellIs expression colorScale dataBar iconSet top10 uniqueValues duplicateValues containsText notContainsText "
    "beginsWith endsWith containsBlanks notContainsBlanks containsErrors notContainsErrors timePeriod "
    "aboveAverage".split()
)
_CHECK = frozenset("type operator errorStyle allowBlank showDropDown showInputMessage showErrorMessage errorTitle "
                   "error promptTitle prompt".split())  # fmt: skip
_CHECKS = frozenset("list whole decimal date time textLength".split())
_INNER = {"colorScale": frozenset[str](), "dataBar": frozenset({"minLength", "maxLength", "showValue"}),
          "iconSet": frozenset({"iconSet", "showValue", "percent", "reverse"}),
          "cfvo": frozenset({"type", "val", "gte"}),
          "color": frozenset({"rgb", "theme", "tint", "indexed"})}  # fmt: skip


@dataclass(slots=True)
class _Rule:
    """A conditional format or a check of input."""

    areas: list[Area]
    attributes: Mapping[str, str]
    formulas: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    whole: bool = True  # nothing of it had to be left out


class Overlays:
    """Takes note of what lies over the cells while a sheet is walked over."""

    def __init__(self) -> None:
        self.formats: list[_Rule] = []
        self.checks: list[_Rule] = []
        self._areas: list[Area] = []
        self._rule: _Rule | None = None
        self._formula: list[str] | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        if name == "conditionalFormatting":
            self._areas = _areas(attributes.get("sqref", ""))
        elif name == "cfRule":
            self._rule = _Rule(self._areas, attributes)
        elif name == "dataValidation":
            self._rule = _Rule(_areas(attributes.get("sqref", "")), attributes)
        elif self._rule is None:
            return
        elif name in ("formula", "formula1", "formula2"):
            self._formula = []
        elif name in _INNER:
            self._rule.whole &= name != "cfvo" or attributes.get("type") != "formula"
            self._rule.inner.append(f"<{name}{_written(attributes, _INNER[name])}>")

    def data(self, text: str) -> None:
        """Characters between elements."""
        if self._formula is not None:
            self._formula.append(text)

    def end(self, name: str) -> None:
        """An element closes."""
        rule = self._rule
        if rule is None:
            return
        if self._formula is not None and name in ("formula", "formula1", "formula2"):
            rule.formulas.append("".join(self._formula))
            self._formula = None
        elif name in _INNER:
            rule.inner.append(f"</{name}>")
        elif name in ("cfRule", "dataValidation"):
            found = self.formats if name == "cfRule" else self.checks
            if rule.whole and rule.areas and len(found) < MOST_RULES:
                found.append(rule)
            self._rule = None

    def xml(self, place: Place, head: int, styles: int) -> str:
        """What is taken over, as it stands in the new sheet. `styles`: how many looks conditional formats may name."""
        parts: list[str] = []
        for rule in self.formats:
            areas = _placed(rule, place, head)
            dxf = rule.attributes.get("dxfId")
            known = dxf is None or (dxf.isdecimal() and int(dxf) < styles)
            if areas and known and rule.attributes.get("type") in _RULES:
                formulas = "".join(f"<formula>{escape(one, quote=False)}</formula>" for one in rule.formulas)
                body = f"<cfRule{_written(rule.attributes, _RULE)}>{formulas}{''.join(rule.inner)}</cfRule>"
                parts.append(f'<conditionalFormatting sqref="{areas}">{body}</conditionalFormatting>')
        checks: list[str] = []
        for rule in self.checks:
            areas = _placed(rule, place, head)
            if areas and rule.attributes.get("type") in _CHECKS and rule.formulas:
                formulas = "".join(
                    f"<formula{n}>{escape(one, quote=False)}</formula{n}>" for n, one in enumerate(rule.formulas[:2], 1)
                )
                about = _written(rule.attributes, _CHECK)
                checks.append(f'<dataValidation{about} sqref="{areas}">{formulas}</dataValidation>')
        if checks:
            parts.append(f'<dataValidations count="{len(checks)}">{"".join(checks)}</dataValidations>')
        return "".join(parts)


def _placed(rule: _Rule, place: Place, head: int) -> str:
    """Where a rule holds now; "" when it holds nowhere, or its formulas would mean other cells."""
    found = [(area, now) for area in rule.areas if (now := place(area)) is not None]
    if not found or not all(_stands_alone(one, head) for one in rule.formulas):
        return ""
    # A formula is written for the first cell of its areas: it moves with that or not at all.
    relative = any(_names_cells(one) for one in rule.formulas)
    if relative and (len(found) < len(rule.areas) or found[0][0][:2] != found[0][1][:2]):
        return ""
    return " ".join(named(*now) for _, now in found)


def _stands_alone(formula: str, head: int) -> bool:
    """Whether a formula is of plain functions, and names only cells of its own row, of columns, or of the headings."""
    if len(formula) > LONGEST_FORMULA:
        return False
    at = 0
    while at < len(formula):
        found = _TOKEN.match(formula, at)
        if found is None or (found["function"] is not None and found["function"] not in _FUNCTIONS):
            return False
        if found["fixed"] and int(found["row"]) > head:
            return False
        at = found.end()
    return True


def _names_cells(formula: str) -> bool:
    return any(found["row"] is not None and not found["fixed"] for found in _TOKEN.finditer(formula))


def _written(attributes: Mapping[str, str], kept: frozenset[str]) -> str:
    return "".join(f' {key}="{escape(value)}"' for key, value in attributes.items() if key in kept)


def _areas(text: str) -> list[Area]:
    return [found for one in text.split()[:1000] if (found := area(one)) is not None]


def area(text: str) -> Area | None:
    """The rows and columns of B5:D9 or B5; None for anything else."""
    first, _, second = text.partition(":")
    one, two = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(second or first)
    if one is None or two is None:
        return None
    found = int(one[2]), column_number(one[1]), int(two[2]), column_number(two[1])
    return found if found[0] <= found[2] <= LAST_ROW and found[1] <= found[3] <= LAST_COLUMN else None


def named(top: int, left: int, bottom: int, right: int) -> str:
    """An area as B5:D9."""
    return f"{column_letters(left - 1)}{top}:{column_letters(right - 1)}{bottom}"


# --- comments --------------------------------------------------------------------------------------------------------


class _Comments:
    """Reads the part that holds the comments of a sheet."""

    def __init__(self) -> None:
        self.found: dict[tuple[int, int], str] = {}
        self._at: tuple[int, int] | None = None
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "comment":
            place = area(attributes.get("ref", ""))
            self._at = place[:2] if place is not None else None
        elif name == "t" and self._at is not None:
            self._text = []

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "t" and self._text is not None and self._at is not None:
            if len(self.found) < MOST_COMMENTS or self._at in self.found:
                self.found[self._at] = self.found.get(self._at, "") + "".join(self._text)
            self._text = None
        elif name == "comment":
            self._at = None


def comments(package: ZipFile, sheet: ZipInfo) -> dict[tuple[int, int], str]:
    """The comments of a sheet by row and column, their letters all of one look."""
    entries = {part_name(entry): entry for entry in package.infolist()}
    for target in related_parts(package, sheet):
        part = entries.get(target)
        if part is None or not basename(target).lower().startswith("comments") or part.file_size > MOST_BYTES:
            continue
        reader, parser = _Comments(), expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.data
        parser.Parse(package.read(part), True)
        return reader.found
    return {}


def comment_parts(number: int, found: Mapping[tuple[int, int], str]) -> Iterator[tuple[str, str]]:
    """The parts that show comments on the sheet with this number: their texts, and the boxes that Excel draws."""
    texts = "".join(
        f'<comment ref="{column_letters(column - 1)}{row}" authorId="0"><text><t xml:space="preserve">'
        f"{escape(text)}</t></text></comment>"
        for (row, column), text in sorted(found.items())
    )
    yield (
        f"xl/comments{number}.xml",
        f'<comments xmlns="{MAIN}"><authors><author/></authors><commentList>{texts}</commentList></comments>',
    )
    boxes = "".join(_box(n, row, column) for n, (row, column) in enumerate(sorted(found), 1))
    drawn = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" '
        f'data="{number}"/></o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
        'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" '
        f'o:connecttype="rect"/></v:shapetype>{boxes}</xml>'
    )
    yield f"xl/drawings/vmlDrawing{number}.vml", drawn


def _box(number: int, row: int, column: int) -> str:
    return (
        f'<v:shape id="_x0000_s{1024 + number}" type="#_x0000_t202" style="position:absolute;width:128pt;height:64pt;'
        'visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" '
        'color="black" obscured="t"/><v:textbox/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData>"
        "</v:shape>"
    )


def moved_comments(
    found: Mapping[tuple[int, int], str], head: int, moved: Mapping[int, int]
) -> dict[tuple[int, int], str]:
    """The comments of rows that are still there, where these stand now."""
    return {
        (row if row <= head else moved[row], column): text
        for (row, column), text in found.items()
        if row <= head or row in moved
    }
