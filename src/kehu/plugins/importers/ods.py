"""OpenDocument workbooks (.ods, LibreOffice): the zip is checked, then calamine reads with its own cell limits."""

from collections.abc import Iterator
from pathlib import Path

from kehu.features.importing.base import Importer, Limits, Notes, RawSheet
from kehu.features.importing.reader.grid import read_sheets
from kehu.features.importing.reader.package import has_macros, inflate, open_package


class Ods(Importer):
    name = "ods"
    extensions = ("ods",)
    order = 10

    def sniff(self, head: bytes, filename: str) -> bool:
        return head.startswith(b"PK\x03\x04") and b"application/vnd.oasis.opendocument.spreadsheet" in head[:512]

    def read(self, path: Path, limits: Limits, notes: Notes) -> Iterator[RawSheet]:
        with open_package(path, limits) as package:
            if has_macros(package):
                notes.add("import.macro")
            inflate(package, limits, lambda part, first: None)
        yield from read_sheets(path, limits)


ODS = Ods()
