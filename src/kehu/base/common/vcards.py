"""vCards of address books (.vcf): 2.1, 3.0 and 4.0 read as phones, Outlook and mail programs write them; 3.0 written.

Own code after RFC 6350, RFC 2426, RFC 6868 and the vCard 2.1 paper: what can be had reads no 2.1 with CHARSET=GBK.
Knows no records and no fields of ours; pictures, keys and sounds are passed over.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LONGEST_VALUE = 1 << 20
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_HEAD = re.compile(r'(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)((?:;(?:"[^"]*"|[^":])*)*):', re.ASCII)
_PARAMETERS = re.compile(r';((?:"[^"]*"|[^;"])*)')
_CHINESE = frozenset({"GBK", "GB2312", "GB18030", "CP936", "X-GBK", "HZ-GB-2312"})
_LINE_OCTETS = 75


@dataclass(frozen=True, slots=True)
class Line:
    """One property: its name in capitals, its group (item1) or "", its types in lower case, its text as it stands."""

    name: str
    value: str
    types: frozenset[str] = frozenset()
    group: str = ""

    @property
    def text(self) -> str:
        """The value of a property of one part."""
        return unescape(self.value).strip()

    @property
    def parts(self) -> list[str]:
        """The values of a property of several parts, as N, ADR and ORG are."""
        return [unescape(part).strip() for part in split(self.value, ";")]


@dataclass(slots=True)
class Card:
    """One card. `line` is where it begins in the file, from 1."""

    line: int = 1
    version: str = ""
    lines: list[Line] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        """All properties of a name that say something, the preferred ones first."""
        found = [one for one in self.lines if one.name == name and one.value.strip(" ;")]
        return sorted(found, key=lambda one: "pref" not in one.types)

    def text(self, name: str) -> str:
        """The first property of a name; "" when there is none."""
        return next((one.text for one in self.all(name)), "")


def parse(data: bytes) -> Iterator[Card]:
    """The cards of a file. What stands outside of cards or is no property is passed over; an unfinished card counts.

    Values are decoded by their CHARSET, else as UTF-8, else as GB18030.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    card: Card | None = None
    depth = 0
    for number, raw in _unfolded(data.removeprefix(b"\xef\xbb\xbf")):
        line = _line(raw)
        if line is None:
            continue
        what = line.value.strip().upper()
        if line.name == "BEGIN" and what == "VCARD":
            depth += 1
            if depth == 1:
                card = Card(number)
        elif line.name == "END" and what == "VCARD":
            depth = max(0, depth - 1)
            if depth == 0 and card is not None:
                yield card
                card = None
        elif card is not None and depth == 1:  # a card inside another one is its agent's
            if line.name == "VERSION":
                card.version = line.value.strip()
            elif line.name not in _BINARY and line.name != "AGENT":
                card.lines.append(line)
    if card is not None and card.lines:
        yield card


def _unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, continuations laid together: those that begin with a blank, and broken QP lines."""
    current, start, soft = b"", 0, False
    for number, line in enumerate(re.split(rb"\r\n|\n|\r", data), 1):
        if soft:
            current += line
        elif line[:1] in (b" ", b"\t") and current:
            current += line[1:]
            line = b""
        else:
            if current.strip():
                yield start, current
            current, start = line, number
        head = current.partition(b":")[0].upper()
        soft = b"QUOTED-PRINTABLE" in head and current.endswith(b"=") and len(current) < LONGEST_VALUE
        if soft:
            current = current[:-1]
    if current.strip():
        yield start, current


def _line(raw: bytes) -> Line | None:
    if len(raw) > LONGEST_VALUE and raw[:8].upper().startswith((b"PHOTO", b"LOGO", b"SOUND", b"KEY")):
        return None
    text = _decoded(raw, "")
    head = _HEAD.match(text)
    if head is None:
        return None
    types: set[str] = set()
    charset = encoding = ""
    for given in _PARAMETERS.findall(head[3]):
        name, equals, value = given.partition("=")
        name, value = name.strip().upper(), value.strip()
        if not equals:  # 2.1 says its types and encodings without their name
            name, value = ("ENCODING", name) if name in ("QUOTED-PRINTABLE", "BASE64", "B") else ("TYPE", name)
        if name == "CHARSET":
            charset = value.strip('"')
        elif name == "ENCODING":
            encoding = value.upper().strip('"')
        elif name == "TYPE":
            types.update(one.strip().lower() for one in value.strip('"').split(",") if one.strip())
        elif name == "PREF":
            types.add("pref")
    body = text[head.end() :]
    if encoding == "QUOTED-PRINTABLE" or charset:
        colon = len(text[: head.end()].encode("utf-8")) if _is_utf8(raw) else len(text[: head.end()].encode("gb18030"))
        octets = raw[colon:]
        if encoding == "QUOTED-PRINTABLE":
            octets = binascii.a2b_qp(octets)
        body = _decoded(octets, charset)
    elif encoding in ("BASE64", "B"):
        return None
    return Line(head[2].upper(), body.replace("\r\n", "\n"), frozenset(types), head[1] or "")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(data: bytes, charset: str) -> str:
    if charset.upper() in _CHINESE:
        return data.decode("gb18030", "replace")
    if charset:
        try:
            return data.decode(charset)
        except (LookupError, ValueError):
            pass  # an unknown name, or not what it says: what follows tells
    return data.decode("utf-8") if _is_utf8(data) else data.decode("gb18030", "replace")


def split(value: str, mark: str) -> list[str]:
    """Cut a value at marks that are not escaped."""
    parts: list[str] = []
    current: list[str] = []
    escaped = False
    for letter in value:
        if letter == mark and not escaped:
            parts.append("".join(current))
            current = []
            continue
        escaped = letter == "\\" and not escaped
        current.append(letter)
    return [*parts, "".join(current)]


def unescape(value: str) -> str:
    r"""The text that is meant: \n is a new line, any other escaped mark itself."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value, flags=re.DOTALL)


def escape(text: str) -> str:
    r"""A text as it stands in a 3.0 card."""
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return re.sub("[\x00-\x08\x0b-\x1f\x7f]", "", re.sub("\r\n?", "\n", text)).replace("\n", "\\n")


def dump(lines: Iterable[tuple[str, Iterable[str]]]) -> str:
    """One 3.0 card from heads (`TEL;TYPE=CELL`) and their parts, folded, with CRLF; empty properties are left out."""
    out = ["BEGIN:VCARD", "VERSION:3.0"]
    for head, parts in lines:
        told = [escape(part) for part in parts]
        if any(told):
            out.extend(_folded(f"{head}:{';'.join(told)}"))
    return "\r\n".join([*out, "END:VCARD", ""])


def _folded(line: str) -> Iterator[str]:
    """A line cut into pieces of 75 octets, never inside a letter; each but the first begins with a blank."""
    piece, size = "", 0
    for letter in line:
        octets = len(letter.encode("utf-8", "replace"))
        if size + octets > _LINE_OCTETS:
            yield piece
            piece, size = " ", 1
        piece += letter
        size += octets
    yield piece
