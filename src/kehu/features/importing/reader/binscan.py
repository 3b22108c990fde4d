"""Measures a sheet of an .xlsb from its inflating records, as `sheetscan` does for XML: used box, cells, error cells.

A record is a type and a length in bytes of seven bits, then its data. Only where cells stand is looked at.
"""

from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits
from kehu.features.importing.reader.extent import refuse_extent

_ROW = 0
_CELLS = frozenset(range(1, 12)) | {62}
_ERRORS = frozenset({3, 11})
_ERROR_TEXTS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip
_LONGEST_RECORD = 64 << 20
_SHOWN_ERRORS = 100_000


class BinaryScan:
    """Feed it the chunks of one sheet part. Raises BadInput as soon as a limit is passed."""

    hidden_rows = 0
    hidden_columns = 0
    bare_formulas = 0

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.rows = 0
        self.columns = 0
        self.cells = 0
        self.errors: dict[int, dict[int, str]] = {}
        self._row = 0
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Look at the records that are complete, keep the rest for the next chunk."""
        data = self._rest + chunk if self._rest else chunk
        position, end = 0, len(data)
        columns, cells, row = self.columns, self.cells, self._row
        while position + 2 <= end:
            kind = data[position]
            at = position + 1
            if kind & 0x80:
                kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
                at += 1
            size = shift = 0
            while at < end:
                byte = data[at]
                at += 1
                size |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 or shift == 28:
                    break
            else:
                break
            if size > _LONGEST_RECORD:
                raise BadInput("import.unreadable.sheet", sheet=self.name)
            if at + size > end:
                break
            if kind in _CELLS and size >= 4:
                cells += 1
                column = int.from_bytes(data[at : at + 4], "little")
                if column >= columns:
                    columns = column + 1
                if kind in _ERRORS and size >= 9 and len(self.errors) < _SHOWN_ERRORS:
                    self.errors.setdefault(row, {})[column] = _ERROR_TEXTS.get(data[at + 8], "#ERR!")
            elif kind == _ROW and size >= 4:
                row = int.from_bytes(data[at : at + 4], "little")
                self.rows = max(self.rows, row + 1)
            position = at + size
        self.columns, self.cells, self._row = columns, cells, row
        self._rest = data[position:]
        self._check()

    def close(self) -> None:
        """Nothing is left to look at: what is cut at the end is the parser's to refuse."""

    def _check(self) -> None:
        refuse_extent(self.limits, self.name, self.rows, self.columns, self.cells)


def sheet_names(book: bytes) -> list[tuple[str, str]]:
    """Return (relation, name) of the sheets that the workbook part names, in order."""
    found: list[tuple[str, str]] = []
    position = 0
    while position + 2 <= len(book):
        kind = book[position]
        position += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (book[position] & 0x7F) << 7
            position += 1
        size = shift = 0
        while position < len(book):
            byte = book[position]
            position += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift == 28:
                break
        data = book[position : position + size]
        position += size
        if kind == 156 and len(data) >= 16:  # BrtBundleSh: state, id, then two texts: the relation and the name
            relation, rest = _text(data[8:])
            found.append((relation, _text(rest)[0]))
    return found


def _text(data: bytes) -> tuple[str, bytes]:
    length = int.from_bytes(data[:4], "little")
    return data[4 : 4 + 2 * length].decode("utf-16-le", "replace"), data[4 + 2 * length :]
