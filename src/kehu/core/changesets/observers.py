"""What one transaction touched, as the observers of the write door see it.

Observers run inside the transaction after the base changes: derived values, list mirrors, search tokens.
They write derived columns and side tables only, never what people typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from kehu.base.fields.base import Stored

if TYPE_CHECKING:
    from kehu.core.context import Ctx


@dataclass(frozen=True, slots=True)
class Ready:
    """What somebody has worked out of a record's values before it is written: stored columns and the search tokens
    of these columns, of short texts and of long ones, each as one text with spaces between."""

    stored: Mapping[str, Stored]
    short: str
    long: str


@dataclass(slots=True)
class EntityTouch:
    """Rows of one entity. `columns` are physical names; None means all of them (creations, deletions)."""

    ids: set[int] = field(default_factory=set)
    created: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    columns: set[str] | None = field(default_factory=set)
    parents: dict[str, set[int]] = field(default_factory=dict)  # relation column → ids it pointed to before
    # Values before this flush: of an update the changed columns, of a deletion all. Not of what this flush created.
    before: dict[int, dict[str, Stored]] = field(default_factory=dict)
    # Filled base columns of what this flush has inserted: nobody needs to read them back.
    inserted: dict[int, Mapping[str, Stored]] = field(default_factory=dict)
    # Created, and inserted together with those derived values that follow from their own.
    complete: set[int] = field(default_factory=set)
    # Of what this flush has inserted and not changed since: tokens that need not be made again.
    ready: dict[int, Ready] = field(default_factory=dict)

    def add_columns(self, columns: Iterable[str] | None) -> None:
        """Note further columns; None is everything and stays so."""
        if columns is None:
            self.columns = None
        elif self.columns is not None:
            self.columns.update(columns)


@dataclass(slots=True)
class Touched:
    """All that one flush touched. `derived` collects records whose derived columns moved."""

    entities: dict[str, EntityTouch] = field(default_factory=dict)
    derived: dict[str, set[int]] = field(default_factory=dict)

    def entity(self, key: str) -> EntityTouch:
        """The touch of an entity, made when it is the first."""
        return self.entities.setdefault(key, EntityTouch())

    def add_derived(self, key: str, ids: Iterable[int]) -> None:
        """Note records whose derived columns moved."""
        self.derived.setdefault(key, set()).update(ids)


Observer: TypeAlias = "Callable[[Ctx, Touched], None]"
