"""Excel and WPS workbooks (.xlsx, .xlsm): checked part by part, then read through calamine.

Refuses encryption and anything else in a zip by name; macros are told of, never read. It must not unpack
to disk.
"""

from collections.abc import Iterator
from pathlib import Path

from kehu.base.errors import BadInput
from kehu.features.importing.base import Importer, Limits, Notes, RawSheet
from kehu.features.importing.reader.grid import read_sheets
from kehu.features.importing.reader.package import (
    Scanner,
    find_part,
    has_date1904,
    has_macros,
    inflate,
    open_package,
    sheet_names,
)
from kehu.features.importing.reader.sheetscan import SheetScan

_OTHERS = (("word/document.xml", "Word"), ("ppt/presentation.xml", "PowerPoint"), ("index/document.iwa", "Numbers"))


class Xlsx(Importer):
    name = "xlsx"
    extensions = ("xlsx", "xlsm")
    order = 20

    def sniff(self, head: bytes, filename: str) -> bool:
        return head.startswith(b"PK\x03\x04")

    def read(self, path: Path, limits: Limits, notes: Notes) -> Iterator[RawSheet]:
        scans: list[SheetScan] = []
        with open_package(path, limits) as package:
            if not find_part(package, "workbook.xml"):
                kind = next((name for part, name in _OTHERS if find_part(package, part)), "zip")
                raise BadInput("import.unsupported", kind=kind)
            if has_macros(package):
                notes.add("import.macro")
            names = sheet_names(package)
            notes.date1904 = has_date1904(package)

            def scanner_of(part: str, first: bytes) -> Scanner | None:
                if b"worksheet" not in first:
                    return None
                scans.append(SheetScan(names.get(part, part.rsplit("/", 1)[-1]), limits))
                return scans[-1].feed

            inflate(package, limits, scanner_of)
        for scan in scans:
            scan.close()
        yield from read_sheets(path, limits, {scan.name: scan for scan in scans})


XLSX = Xlsx()
