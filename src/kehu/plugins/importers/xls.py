"""Old Excel workbooks (.xls, Excel 5 to 2003) through calamine; a password-protected .xlsx looks the same outside.

calamine hands out formula errors (#REF!) of this format as empty cells.
"""

from collections.abc import Iterator
from pathlib import Path

from kehu.base.errors import BadInput
from kehu.features.importing.base import Importer, Limits, Notes, RawSheet
from kehu.features.importing.reader.grid import read_sheets

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ANCIENT = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
_ENTRY = 128


class Xls(Importer):
    name = "xls"
    extensions = ("xls", "et")
    order = 30

    def sniff(self, head: bytes, filename: str) -> bool:
        return head.startswith((_OLE, *_ANCIENT))

    def read(self, path: Path, limits: Limits, notes: Notes) -> Iterator[RawSheet]:
        data = path.read_bytes()
        if data.startswith(_ANCIENT):
            raise BadInput("import.other_format", kind="Excel 2–4")
        if _has_stream(data, "EncryptedPackage"):
            raise BadInput("import.encrypted")
        if _has_stream(data, "_VBA_PROJECT_CUR"):
            notes.add("import.macro")
        if _has_stream(data, "WordDocument") or _has_stream(data, "PowerPoint Document"):
            raise BadInput("import.unsupported", kind="Word / PowerPoint")
        del data
        yield from read_sheets(path, limits)


def _has_stream(data: bytes, name: str) -> bool:
    """Look for a directory entry: its name stands at a multiple of 128 bytes, so a cell's text is no match."""
    wanted = name.encode("utf-16-le") + b"\0\0"
    position = data.find(wanted)
    while position >= 0:
        if position % _ENTRY == 0:
            return True
        position = data.find(wanted, position + 1)
    return False


XLS = Xls()
