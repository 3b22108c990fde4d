"""What lies over the cells of a kept xlsx sheet and goes out with it: conditional formats, checks of input, comments.

Taken over only as far as it stands by itself: limits and words, formulas of plain functions over cells that stay where
they were, lists to choose from whose words stand on a sheet that holds no table of data. What else names another sheet,
another file or a row that is no longer there stays behind, and so do the comments of such rows. What newer versions of
Excel write as extensions (x14) is rebuilt from known elements. Only in the limited child process.
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


X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_LINK, _CHECKS_X14, _FORMATS_X14 = (
    "{B025F937-C7B1-47D3-B67F-A62EFF666E3E}",
    "{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}",
    "{78C0D931-6437-407D-A8EE-F0AAD7539E65}",
)
# Of a look that a rule of an extension brings along itself, and of its bars and icons: elements and attributes.
_LOOK = frozenset("dxf font fill border numFmt b i u strike color patternFill fgColor bgColor left right top bottom "
                  "gradientFill stop".split())  # fmt: skip
_SHAPES = frozenset("dataBar iconSet colorScale cfvo cfIcon color borderColor fillColor negativeFillColor "
                    "negativeBorderColor axisColor".split())  # fmt: skip
_SAID = frozenset(
    "type val gte rgb theme tint indexed auto minLength maxLength showValue border gradient direction axisPosition "
    "negativeBarColorSameAsPositive negativeBarBorderColorSameAsPositive iconSet iconId percent reverse custom style "
    "numFmtId formatCode patternType degree position".split()
)
_GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
_SOURCE = re.compile(
    r"(?:'(?P<quoted>(?:[^'\[\]]|'')+)'|(?P<plain>[^\s'!\[\]()&,:+*/^<>=\"-]+))!(?P<area>\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}"
    r"\$?\d{1,7})?)"
)
MOST_WORDS = 2_000
Listed = frozenset[str]
Source = tuple[str, Area]
"""Where the words of a list stand: sheet, and cells of it."""


def source_of(formula: str, names: Mapping[str, str]) -> Source | None:
    """The sheet and the cells that a list takes its words from, directly or by a name of the workbook."""
    text = formula.strip().lstrip("=")
    found = _SOURCE.fullmatch(names.get(text, text))
    cells = area(found["area"].replace("$", "")) if found else None
    if found is None or cells is None or (cells[2] - cells[0] + 1) * (cells[3] - cells[1] + 1) > MOST_WORDS:
        return None
    return (found["quoted"] or "").replace("''", "'") or found["plain"], cells


@dataclass(slots=True)
class _Rule:
    """A conditional format or a check of input. extended: it stands among the extensions; id: what joins a bar with
    the rest of it there."""

    areas: list[Area]
    attributes: Mapping[str, str]
    formulas: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    whole: bool = True  # nothing of it had to be left out
    extended: bool = False
    id: str = ""
    depth: int = 0  # inside the look that it brings along


class Overlays:
    """Takes note of what lies over the cells while a sheet is walked over."""

    def __init__(self) -> None:
        self.formats: list[_Rule] = []
        self.checks: list[_Rule] = []
        self._areas: list[Area] = []
        self._rule: _Rule | None = None
        self._formula: list[str] | None = None
        self._extensions = 0  # how deep
        self._waiting: list[_Rule] = []  # rules of an extension whose cells are told behind them

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        extended = self._extensions > 0
        if name == "extLst":
            self._extensions += 1
        elif name == "conditionalFormatting":
            self._areas = _areas(attributes.get("sqref", ""))
            self._waiting = []
        elif name == "cfRule" and self._rule is None:
            self._rule = _Rule(self._areas, attributes, extended=extended, id=attributes.get("id", ""))
        elif name == "dataValidation":
            self._rule = _Rule(_areas(attributes.get("sqref", "")), attributes, extended=extended)
        elif name in ("sqref", "id") and extended:
            self._formula = []
        elif self._rule is None:
            return
        elif self._rule.extended and (name in _SHAPES or name in _LOOK or self._rule.depth):
            self._rule.whole &= name in _SHAPES or name in _LOOK
            self._rule.depth += name == "dxf"
            prefix = "x14:" if name == "dxf" or not self._rule.depth else ""
            self._rule.inner.append(f"<{prefix}{name}{_written(attributes, _SAID)}>")
        elif (name == "f" and extended) or name in ("formula", "formula1", "formula2"):
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
        if name == "extLst":
            self._extensions -= 1
        elif name == "sqref" and self._formula is not None:
            areas, self._formula = _areas("".join(self._formula)), None
            for one in [rule] if rule is not None else self._waiting:
                one.areas = areas
        elif name == "conditionalFormatting" and self._extensions:
            self.formats.extend(one for one in self._waiting if one.whole and one.areas)
            del self.formats[MOST_RULES:]
        if rule is None:
            return
        if name == "id" and self._formula is not None:
            rule.id, self._formula = "".join(self._formula).strip(), None
        elif rule.extended and name == "f" and self._formula is not None:
            text, self._formula = "".join(self._formula), None
            if rule.inner and rule.inner[-1].startswith("<x14:cfvo"):
                rule.whole &= _stands_alone(text, 0) and not _names_cells(text)
                rule.inner.append(f"<xm:f>{escape(text, quote=False)}</xm:f>")
            else:
                rule.formulas.append(text)
        elif rule.extended and (name in _SHAPES or name in _LOOK):
            prefix = "x14:" if name == "dxf" or not rule.depth else ""
            rule.depth -= name == "dxf"
            rule.inner.append(f"</{prefix}{name}>")
        elif self._formula is not None and name in ("formula", "formula1", "formula2"):
            rule.formulas.append("".join(self._formula))
            self._formula = None
        elif name in _INNER:
            rule.inner.append(f"</{name}>")
        elif name in ("cfRule", "dataValidation"):
            found = self.formats if name == "cfRule" else self.checks
            if name == "cfRule" and rule.extended:
                self._waiting.append(rule)
            elif rule.whole and rule.areas and len(found) < MOST_RULES:
                found.append(rule)
            self._rule = None

    def sources(self, names: Mapping[str, str]) -> list[tuple[str, Source]]:
        """Where the words of lists stand that are on sheets of the workbook, each with the formula that says so."""
        lists = [rule.formulas[0] for rule in self.checks if rule.attributes.get("type") == "list" and rule.formulas]
        return [(one, found) for one in lists if (found := source_of(one, names)) is not None]

    def xml(self, place: Place, head: int, styles: int, listed: Listed = frozenset()) -> tuple[str, str]:
        """What is taken over, as it stands in the new sheet: in its place, and among the extensions at the end.

        styles: how many looks conditional formats may name. listed: formulas of lists whose words come along.
        """
        parts: list[str] = []
        more: list[str] = []
        joined = {one.id for one in self.formats if one.extended and _GUID.fullmatch(one.id)}
        for rule in self.formats:
            areas = _placed(rule, place, head)
            dxf = rule.attributes.get("dxfId")
            known = dxf is None or (dxf.isdecimal() and int(dxf) < styles)
            if not areas or not known or rule.attributes.get("type") not in _RULES:
                continue
            about, inner = _written(rule.attributes, _RULE), "".join(rule.inner)
            if rule.extended:
                id = f' id="{rule.id}"' if _GUID.fullmatch(rule.id) else ""
                formulas = "".join(f"<xm:f>{escape(one, quote=False)}</xm:f>" for one in rule.formulas)
                body = f"<x14:cfRule{about}{id}>{formulas}{inner}</x14:cfRule><xm:sqref>{areas}</xm:sqref>"
                more.append(f'<x14:conditionalFormatting xmlns:xm="{_XM}">{body}</x14:conditionalFormatting>')
                continue
            if rule.id in joined:
                link = f'<ext uri="{_LINK}" xmlns:x14="{X14}"><x14:id>{rule.id}</x14:id></ext>'
                inner += f"<extLst>{link}</extLst>"
            formulas = "".join(f"<formula>{escape(one, quote=False)}</formula>" for one in rule.formulas)
            body = f"<cfRule{about}>{formulas}{inner}</cfRule>"
            parts.append(f'<conditionalFormatting sqref="{areas}">{body}</conditionalFormatting>')
        checks, later = self._checks(place, head, listed)
        if checks:
            parts.append(f'<dataValidations count="{len(checks)}">{"".join(checks)}</dataValidations>')
        extensions = ""
        if more:
            body = f"<x14:conditionalFormattings>{''.join(more)}</x14:conditionalFormattings>"
            extensions += f'<ext uri="{_FORMATS_X14}" xmlns:x14="{X14}">{body}</ext>'
        if later:
            body = "".join(later)
            extensions += (
                f'<ext uri="{_CHECKS_X14}" xmlns:x14="{X14}"><x14:dataValidations xmlns:xm="{_XM}" '
                f'count="{len(later)}">{body}</x14:dataValidations></ext>'
            )
        return "".join(parts), f"<extLst>{extensions}</extLst>" if extensions else ""

    def _checks(self, place: Place, head: int, listed: Listed) -> tuple[list[str], list[str]]:
        checks: list[str] = []
        later: list[str] = []
        for rule in self.checks:
            kept = rule.attributes.get("type") == "list" and rule.formulas[:1] and rule.formulas[0] in listed
            areas = _placed(rule, place, head, named=bool(kept))
            if not areas or rule.attributes.get("type") not in _CHECKS or not rule.formulas:
                continue
            about = _written(rule.attributes, _CHECK)
            said = [(n, escape(one, quote=False)) for n, one in enumerate(rule.formulas[:2], 1)]
            if rule.extended:
                formulas = "".join(f"<x14:formula{n}><xm:f>{one}</xm:f></x14:formula{n}>" for n, one in said)
                body = f"{formulas}<xm:sqref>{areas}</xm:sqref>"
                later.append(f"<x14:dataValidation{about}>{body}</x14:dataValidation>")
            else:
                formulas = "".join(f"<formula{n}>{one}</formula{n}>" for n, one in said)
                checks.append(f'<dataValidation{about} sqref="{areas}">{formulas}</dataValidation>')
        return checks, later


def _placed(rule: _Rule, place: Place, head: int, *, named: bool = False) -> str:
    """Where a rule holds now; "" when it holds nowhere, or its formulas would mean other cells. named: they name a list
    that comes along."""
    found = [(area, now) for area in rule.areas if (now := place(area)) is not None]
    if named:
        return " ".join(where(*now) for _, now in found)
    if not found or not all(_stands_alone(one, head) for one in rule.formulas):
        return ""
    # A formula is written for the first cell of its areas: it moves with that or not at all.
    relative = any(_names_cells(one) for one in rule.formulas)
    if relative and (len(found) < len(rule.areas) or found[0][0][:2] != found[0][1][:2]):
        return ""
    return " ".join(where(*now) for _, now in found)


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


def where(top: int, left: int, bottom: int, right: int) -> str:
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
