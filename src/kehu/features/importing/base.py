"""Contract of the importers in `plugins/importers`: recognise a file by its content, hand out sheets of raw cells.

An importer runs only inside the limited child process of `reader`. It must not write, open sockets, evaluate
formulas or clean values: mapping and validation come later, in the server, on plain text blocks.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

CellValue = str | int | float | bool | date | datetime | time | timedelta | None

ERROR_TEXTS = frozenset(
    {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "#CALC!"}
)
"""What Excel shows in a cell whose formula failed. Such a text is an error wherever it stands, also in csv."""


ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5")
"""What a user may choose for a plain text table."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a workbook may ask for before it is refused. Sizes in bytes, times in seconds."""

    file_bytes: int = 50 << 20
    zip_entries: int = 2_000
    unpacked_bytes: int = 500 << 20
    unpacked_ratio: int = 100
    shared_text_bytes: int = 200 << 20
    cells: int = 5_000_000
    box: int = 50_000_000
    columns: int = 16_384
    rows: int = 1_048_576
    sheets: int = 255
    output_bytes: int = 1 << 30
    address_space: int = 1_500 << 20
    resident_bytes: int = 900 << 20
    cpu_seconds: int = 60
    wall_seconds: float = 120.0


Merge = tuple[int, int, int, int]
"""Merged cells: first row, first column, last row, last column, all from 0."""


@dataclass(frozen=True, slots=True)
class RawSheet:
    """One sheet while it is read: rows from the sheet's first row on, each beginning at `first_column`.

    `rows` is consumed once, before the next sheet is asked for. `errors` names the text of error cells that
    the rows show as empty, by row and column; both count from 0. `hidden_rows`, `hidden_columns`
    and `bare_formulas` (cells whose formula came without its value) are counts.
    """

    name: str
    rows: Iterable[Sequence[CellValue]]
    first_column: int = 0
    hidden: bool = False
    errors: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    merges: Sequence[Merge] = ()
    hidden_rows: int = 0
    hidden_columns: int = 0
    bare_formulas: int = 0


@dataclass(slots=True)
class Notes:
    """What an importer wants to tell about the file as a whole: the text encoding, and oddities by code.

    `wanted` is the encoding that the user chose for a plain text table after seeing garbage; None: recognise it.
    `date1904` tells that serial numbers of days count from 1904, as old workbooks of a Mac do.
    """

    wanted: str | None = None
    encoding: str | None = None
    date1904: bool = False
    findings: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def add(self, code: str, **data: object) -> None:
        """Remember an oddity that does not stop the import."""
        self.findings.append((code, data))


class Importer(ABC):
    """One kind of file. `name` is the file name of the plug-in, `extensions` are lower case without the dot."""

    name: str
    extensions: tuple[str, ...]
    order: int = 50
    """Who is asked first: specific signatures before guesses at plain text."""

    @abstractmethod
    def sniff(self, head: bytes, filename: str) -> bool:
        """Tell by the first 8 KB of content (the name is a hint only) whether this importer reads the file."""

    @abstractmethod
    def read(self, path: Path, limits: Limits, notes: Notes) -> Iterator[RawSheet]:
        """Yield the sheets in the file's order. Raises BadInput with an `import.*` code to refuse the file."""
