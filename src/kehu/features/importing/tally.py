"""Counts of an import and what is to be told about it. Plain data that lives in the run between steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kehu.base.common import spans
from kehu.base.fields.base import Stored
from kehu.features.importing.conflicts import Conflicts
from kehu.features.importing.doubles import Doubles

EXAMPLES = 50  # of a finding: so many can be mended in place before the file is read again
Key = tuple[Stored, ...]
"""The stored values of the match fields of a row."""


OUTCOMES = ("created", "updated", "skipped", "merged", "rejected")
"""What may become of a row: the first of a record that is new, changes or stays as it is, another row of a record that
an earlier one means, or one that stays out."""


@dataclass(slots=True)
class Tally:
    """Numbers so far. `rows`: how many came to which outcome, together all that were read. `by_entity`: entity →
    created and updated."""

    read: int = 0
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    unchanged: dict[str, spans.Spans] = field(default_factory=dict)
    """By entity the records of skipped rows: a later row of the file may change one of them after all."""
    by_entity: dict[str, dict[str, int]] = field(default_factory=dict)
    numbered: dict[str, spans.Spans] = field(default_factory=dict)
    """By entity the new records that got their number from the ledger, as the file gave none."""
    later: int = 0
    """How many cells wait for records that further rows bring."""
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    sums: list[list[Any]] = field(default_factory=list)
    """Columns of money: sheet, column, sum of what is kept in minor units, how much more was given (decimal text)."""

    def count(self, entity: str, what: str, n: int = 1) -> None:
        """Count records of an entity as `created` or `updated`."""
        numbers = self.by_entity.setdefault(entity, {"created": 0, "updated": 0})
        numbers[what] += n

    def matched(self, entity: str, id: int, *, changed: bool, before: bool) -> str:
        """The outcome of the first row of a portion that means a known record. `changed`: whether the portion changes
        it, `before`: whether earlier rows have made or changed it."""
        unchanged = self.unchanged.setdefault(entity, [])
        if before:
            return "merged"
        if spans.holds(unchanged, id):
            if changed:
                spans.discard(unchanged, id)
                self.rows["skipped"] -= 1
                self.rows["updated"] += 1
            return "merged"
        if not changed:
            spans.add(unchanged, id)
        return "updated" if changed else "skipped"

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

    def stored(self, *, done: bool = False) -> dict[str, Any]:
        """JSON for the run; of one that is `done` without what only further rows ask for."""
        return {
            "read": self.read,
            "rows": self.rows,
            "unchanged": {} if done else self.unchanged,
            "by_entity": self.by_entity,
            "numbered": self.numbered,
            "later": self.later,
            "findings": self.findings,
            "sums": self.sums,
        }

    @classmethod
    def load(cls, stored: dict[str, Any] | None) -> Tally:
        """Read what `stored` wrote."""
        if not stored:
            return cls()
        found = dict(stored)
        rows = dict.fromkeys(OUTCOMES, 0) | {name: found.pop(name) for name in OUTCOMES if name in found}
        found["rows"] = found.get("rows") or rows  # older versions kept only some of them
        return cls(**found)


@dataclass(slots=True)
class Rehearsal:
    """What a rehearsal remembers from portion to portion: the records that would be new (by negative ids) and the live
    ones that it would change, where the file says something else than they do, and what looks like the same twice."""

    known: dict[tuple[str, object], dict[Key, list[int]]] = field(default_factory=dict)
    touched: dict[str, set[int]] = field(default_factory=dict)
    new: int = 0
    given: dict[tuple[str, int], Stored] = field(default_factory=dict)
    """The numbers that known records get which had none of their own."""
    unique: dict[tuple[str, str], dict[Stored, int]] = field(default_factory=dict)
    """By entity and field the unique values of records that would be new, with these."""
    conflicts: Conflicts = field(default_factory=Conflicts)
    doubles: Doubles = field(default_factory=Doubles)

    def records(self, entity: str, told_by: object) -> dict[Key, list[int]]:
        """The records of an entity that would be new, by what tells them apart."""
        return self.known.setdefault((entity, told_by), {})

    def make(self) -> int:
        """The id of a record that would be made."""
        self.new += 1
        return -self.new
