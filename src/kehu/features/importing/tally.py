"""Counts of an import and what is to be told about it. Plain data that lives in the run between steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kehu.base.fields.base import Stored
from kehu.features.importing.conflicts import Conflicts
from kehu.features.importing.doubles import Doubles

EXAMPLES = 50  # of a finding: so many can be mended in place before the file is read again
Key = tuple[Stored, ...]
"""The stored values of the match fields of a row."""


@dataclass(slots=True)
class Tally:
    """Numbers so far. `by_entity`: entity → created and updated."""

    read: int = 0
    skipped: int = 0
    rejected: int = 0
    by_entity: dict[str, dict[str, int]] = field(default_factory=dict)
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    sums: list[list[Any]] = field(default_factory=list)
    """Columns of money: sheet, column, sum of what is kept in minor units, how much more was given (decimal text)."""

    def count(self, entity: str, what: str, n: int = 1) -> None:
        """Count records of an entity as `created` or `updated`."""
        numbers = self.by_entity.setdefault(entity, {"created": 0, "updated": 0})
        numbers[what] += n

    def find(self, code: str, n: int = 1, **example: Any) -> None:
        """Count a finding and keep the first few places."""
        found = self.findings.setdefault(code, {"count": 0, "examples": []})
        found["count"] += n
        if example and len(found["examples"]) < EXAMPLES:
            found["examples"].append(example)

    def add(self, sheet: str, column: str, kept: int, more: Decimal) -> None:
        """Add to the sums of a column of money."""
        found = next((one for one in self.sums if one[:2] == [sheet, column]), None)
        if found is None:
            found = [sheet, column, 0, "0"]
            self.sums.append(found)
        found[2] += kept
        found[3] = str(Decimal(found[3]) + more)

    def total(self, what: str) -> int:
        """Sum over entities of `created` or `updated`."""
        return sum(numbers[what] for numbers in self.by_entity.values())

    def stored(self) -> dict[str, Any]:
        """JSON for the run."""
        return {
            "read": self.read,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "by_entity": self.by_entity,
            "findings": self.findings,
            "sums": self.sums,
        }

    @classmethod
    def load(cls, stored: dict[str, Any] | None) -> Tally:
        """Read what `stored` wrote."""
        return cls(**stored) if stored else cls()


@dataclass(slots=True)
class Rehearsal:
    """What a rehearsal remembers from portion to portion: the records that would be new (by negative ids) and the live
    ones that it has counted, where the file says something else than they do, and what looks like the same twice."""

    known: dict[tuple[str, object], dict[Key, list[int]]] = field(default_factory=dict)
    touched: set[tuple[str, int]] = field(default_factory=set)
    new: int = 0
    conflicts: Conflicts = field(default_factory=Conflicts)
    doubles: Doubles = field(default_factory=Doubles)

    def records(self, entity: str, told_by: object) -> dict[Key, list[int]]:
        """The records of an entity that would be new, by what tells them apart."""
        return self.known.setdefault((entity, told_by), {})

    def make(self) -> int:
        """The id of a record that would be made."""
        self.new += 1
        return -self.new
