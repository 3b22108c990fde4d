"""Binary Excel workbooks (.xlsb): the records of every sheet are measured first, then read through calamine.

Error cells come from the measuring; formulas give the values that the file holds. It must not unpack to disk.
"""

from collections.abc import Iterator
from pathlib import Path

from kehu.base.errors import BadInput
from kehu.features.importing.base import Importer, Limits, Notes, RawSheet
from kehu.features.importing.reader.binscan import BinaryScan
from kehu.features.importing.reader.grid import read_sheets
from kehu.features.importing.reader.package import Scanner, binary_sheet_names, has_macros, inflate, open_package

_DIRECTORY = b"workbook.bin"


class Xlsb(Importer):
    name = "xlsb"
    extensions = ("xlsb",)
    order = 15

    def sniff(self, head: bytes, filename: str) -> bool:
        # The first 8 KB name the first parts only; the name of the file is a hint that `read` checks.
        return head.startswith(b"PK\x03\x04") and (_DIRECTORY in head or filename.lower().endswith(".xlsb"))

    def read(self, path: Path, limits: Limits, notes: Notes) -> Iterator[RawSheet]:
        scans: list[BinaryScan] = []
        with open_package(path, limits) as package:
            names = binary_sheet_names(package)
            if names is None:
                raise BadInput("import.unreadable")
            if has_macros(package):
                notes.add("import.macro")

            def scanner_of(part: str, first: bytes) -> Scanner | None:
                if not part.lower().endswith(".bin") or "worksheets/" not in part.lower():
                    return None
                scans.append(BinaryScan(names.get(part, part.rsplit("/", 1)[-1]), limits))
                return scans[-1].feed

            inflate(package, limits, scanner_of)
        yield from read_sheets(path, limits, {scan.name: scan for scan in scans})


XLSB = Xlsb()
