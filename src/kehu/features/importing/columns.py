"""A column of a workbook: its heading, where it goes, how sure that is and why. Pure data; `mapping` decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Reason = Literal[
    "label",
    "synonym",
    "similar",
    "content",
    "filed",
    "given",
    "remembered",
    "derived",
    "double",
    "joined",
    "row_number",
    "not_allowed",
    "none",
]
Existing = Literal["overwrite", "fill", "keep"]
"""What a column does to a record that the ledger holds already: its values go over what is there, fill what is empty,
or leave it alone."""
EXISTING: tuple[Existing, ...] = ("overwrite", "fill", "keep")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """One column: its place and heading, the target key (None: not taken), how sure and why, and the money factor."""

    index: int
    letters: str
    source: str
    target: str | None
    confidence: float
    reason: Reason
    factor: int | None = None
    samples: tuple[str, ...] = ()
    places: Mapping[int, int] = field(default_factory=dict)
    date1904: bool = False
    after: tuple[int, ...] = ()
    """Columns whose texts stand in front of its own in one value: 省, then 市."""
    existing: Existing = "overwrite"
    order: str | None = None
    """How its dates like 5/3/23 are read: dmy, mdy or ymd; None: nobody has said it."""
    year: int | None = None
    """The year of its dates like 9.12, which the title of the table names; None: none or several."""

    def cell(self, row: int) -> str:
        """Where the value of a row stands, as Excel names it."""
        return f"{self.letters}{self.places.get(row, row)}"

    def outward(self) -> dict[str, object]:
        """The form of the HTTP and command line contracts."""
        return {
            "index": self.index,
            "letters": self.letters,
            "source": self.source,
            "field": self.target,
            "confidence": round(self.confidence, 2),
            "reason": self.reason,
            "samples": list(self.samples),
            **({"existing": self.existing} if self.target else {}),
            **({"order": self.order} if self.order else {}),
        }
