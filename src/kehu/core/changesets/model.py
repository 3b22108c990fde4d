"""Words of the write door: origins, titles, the open transaction. Holds no logic of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import orjson

from kehu.base.fields.base import Stored
from kehu.core.changesets.observers import Touched

Op = Literal["create", "update", "delete"]
Origin = Literal[
    "form", "api", "import", "bulk", "undo", "catalog", "rule", "command_line", "setup", "restore", "merge"
]
State = Literal["applying", "applied", "failed", "undoing", "undone"]
Row = Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class Title:
    """Name of a change-set: what a person wrote, or a code with counts and codes that each reader sees in his language.

    System-made titles hold no record text, because whoever may see the change-set sees its title.
    """

    text: str | None = None
    code: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)

    def stored(self) -> str:
        """Text for the database."""
        return orjson.dumps({"text": self.text} if self.text else {"code": self.code, "data": dict(self.data)}).decode()

    @classmethod
    def load(cls, stored: str) -> Title:
        """Read what `stored` wrote."""
        raw = orjson.loads(stored)
        return cls(raw.get("text"), raw.get("code"), raw.get("data") or {})


@dataclass(slots=True)
class Change:
    """What happened to one record in the open transaction: net effect, first values before.

    after: all filled base columns as they stand now, known of a record that this transaction has inserted.
    """

    op: Op
    before: dict[str, Stored] = field(default_factory=dict)
    after: dict[str, Stored] | None = None


@dataclass(slots=True)
class Writing:
    """The open transaction of a unit of work: one `tx` of one change-set."""

    changeset: int
    tx: int
    at: str
    origin: Origin
    changes: dict[str, dict[int, Change]] = field(default_factory=dict)
    touched: Touched = field(default_factory=Touched)  # since the last flush
