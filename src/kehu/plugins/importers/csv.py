"""Plain tables (.csv, .tsv, .txt): encoding and delimiter are recognised, every cell stays the text it is.

Order of decoding: byte order mark, strict UTF-8, GB18030 (which contains GBK and GB2312). A file that only
claims to be a table (a web page saved as .xls, SYLK, PDF) is refused by name.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kehu.base.common.formula_guard import unguard
from kehu.base.errors import BadInput
from kehu.features.importing.base import Importer, Limits, Notes, RawSheet

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE = 200
_LONGEST_CELL = 1 << 20
_SEPARATOR_LINE = re.compile(r"\ufeff?sep=(.)\r?\n", re.IGNORECASE)
_OTHERS = (
    # Tables of other programs: said by name, with what to do.
    (re.compile(rb"ID;P"), "import.other_format", "SYLK (.slk)"),
    (re.compile(rb"TABLE\r?\n0,1"), "import.other_format", "DIF (.dif)"),
    (
        re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<office:document\b", re.IGNORECASE),
        "import.other_format",
        "OpenDocument XML (.fods)",
    ),
    (
        re.compile(rb"\s*<\?xml[^>]*>\s*(?:<\?mso-application[^>]*>\s*)?<(?:\w+:)?Workbook"),
        "import.other_format",
        "XML 2003 (.xml)",
    ),
    (
        re.compile(rb"\s*<(?:!doctype\s+html|html|table|head|meta|style|div)", re.IGNORECASE),
        "import.other_format",
        "HTML",
    ),
    (re.compile(rb"\s*<\?xml|\s*<office:|\s*<Workbook", re.IGNORECASE), "import.unsupported", "XML"),
    (re.compile(rb"%PDF-"), "import.unsupported", "PDF"),
    (re.compile(rb"\{\\rtf"), "import.unsupported", "RTF"),
)


class Csv(Importer):
    name = "csv"
    extensions = ("csv", "tsv", "txt")
    order = 90

    def sniff(self, head: bytes, filename: str) -> bool:
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or _wide(head):
            return True
        return b"\0" not in head

    def read(self, path: Path, limits: Limits, notes: Notes) -> Iterator[RawSheet]:
        data = path.read_bytes()
        start = data[:4096].removeprefix(b"\xef\xbb\xbf")
        for pattern, code, kind in _OTHERS:
            if pattern.match(start):
                raise BadInput(code, kind=kind)
        text = _decode(data, notes)
        del data
        delimiter = None
        if match := _SEPARATOR_LINE.match(text):
            delimiter = match[1]
            text = "\n" + text[match.end() :]  # the line stays, empty, so that row numbers agree with Excel's
        if delimiter is None:
            delimiter = guess_delimiter(text)
        yield RawSheet(name=path.stem, rows=_rows(text, delimiter, limits))


def guess_delimiter(text: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of cells most often; comma if none."""
    sample = text[: 1 << 16]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for number, row in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)):
                if number >= _SAMPLE:
                    break
                if row:
                    widths[len(row)] += 1
        except csv.Error:
            continue
        width, times = max(widths.items(), key=lambda item: (item[1] if item[0] > 1 else 0, item[0]), default=(1, 0))
        score = times / widths.total() * min(width, 50) ** 0.25 if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _rows(text: str, delimiter: str, limits: Limits) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    guarded = "'" in text
    number = 0
    try:
        for row in reader:
            number += 1
            if number > limits.rows:
                raise BadInput("import.too_large.rows", limit=limits.rows)
            yield [unguard(cell) for cell in row] if guarded else row
    except csv.Error as error:
        raise BadInput("import.unreadable.row", row=number + 1) from error


def _decode(data: bytes, notes: Notes) -> str:
    if notes.wanted:
        notes.encoding = notes.wanted
        text = data.decode(notes.wanted, "replace").removeprefix("\ufeff")
        if bad := text.count("\ufffd"):
            notes.add("import.bad_bytes", count=bad, row=text.count("\n", 0, text.find("\ufffd")) + 1)
        return text
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding.removesuffix("-sig"), notes, encoding)
    if wide := _wide(data[:4096]):
        return _strict(data, wide, notes, wide)
    try:
        return _strict(data, "utf-8", notes, "utf-8")
    except BadInput:
        mended = data.decode("utf-8", "replace")
        bad = mended.count("\ufffd")
        # GBK read as UTF-8 is broken at nearly every character; a UTF-8 file with a few bad bytes is not.
        if bad * 50 < sum(char > "\x7f" for char in mended):
            notes.encoding = "utf-8"
            notes.add("import.bad_bytes", count=bad, row=mended.count("\n", 0, mended.find("\ufffd")) + 1)
            return mended
    return _strict(data, "gb18030", notes, "gb18030")


def _strict(data: bytes, codec: str, notes: Notes, shown: str) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise BadInput("import.unreadable.encoding", row=data.count(b"\n", 0, error.start) + 1) from error
    notes.encoding = shown
    return text


def _wide(head: bytes) -> str | None:
    """Recognise UTF-16 without a mark by its zero bytes (line ends, digits and commas always have one)."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(even, odd) * 40 < len(head):
        return None
    if odd > 4 * even:  # a few characters, as 一 (U+4E00), have a zero on the other side
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd else None


CSV = Csv()
