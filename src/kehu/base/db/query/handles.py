"""What the compiler accepts instead of names: handles of fields, relations and record sources.

A handle proves that somebody may use a field in one way. The right to make them is given out once, to
`core.access`; the compiler refuses anything else. Holds no SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar, final

from kehu.base.fields.base import FieldType, Output, Sorting
from kehu.base.schema.model import Field

Mode = Literal["plain", "mask", "exact", "sealed"]
Use = Literal["select", "filter", "sort", "group", "measure", "search", "export", "trigger"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Leads from a record to the person it belongs to: its column, then (entity, column) of further records."""

    column: str
    through: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Records that belong to the caller by any of the rules; without rules none."""

    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One hop along a to-one relation: the physical column here, the entity there and which of its rows count."""

    column: str
    entity: str
    scope: Scope | None


@dataclass(frozen=True, slots=True)
class Link:
    """The far end of a relation: the hop and the fields that name a record there."""

    step: Step
    title: tuple[Handle, ...]


class _Mint:
    """Whoever holds the one object of this class may make handles."""


_MINT: Final = _Mint()
_taken: list[object] = []


def take_mint() -> object:
    """Give out the right to make handles. Works once per process: `core.access.sight` takes it on import."""
    if _taken:
        raise RuntimeError("handles are made in core.access.sight only")
    _taken.append(_MINT)
    return _MINT


@final
class Handle:
    """A field that may be used. `path` is how the caller named it, `steps` the hops to its record.

    columns: physical columns, the main one first, the sort key second where there is one.
    mode: "plain"; "mask" and "sealed" (ciphertext, decrypted by the reader) of secret fields; "exact" (blind index).
    formula: source text of a value that is computed when read.
    """

    __slots__ = (
        "_key", "columns", "decimals", "entity", "field", "formula", "link", "listed", "mode", "options", "output",
        "path", "root", "sorting", "steps", "type",
    )  # fmt: skip

    def __init__(
        self,
        mint: object,
        *,
        root: str,
        path: str,
        steps: tuple[Step, ...],
        entity: str,
        field: Field,
        type: FieldType,
        output: Output,
        columns: tuple[str, ...],
        mode: Mode = "plain",
        sorting: Sorting | None = None,
        decimals: int = 0,
        options: tuple[str, ...] = (),
        listed: bool = False,
        link: Link | None = None,
        formula: str | None = None,
    ) -> None:
        _check(mint)
        self.root = root
        self.path = path
        self.steps = steps
        self.entity = entity
        self.field = field
        self.type = type
        self.output = output
        self.columns = columns
        self.mode = mode
        self.sorting = sorting
        self.decimals = decimals
        self.options = options
        self.listed = listed
        self.link = link
        self.formula = formula
        self._key = (root, path, mode)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"<Handle {self.root}:{self.path} {self.mode}>"


@final
class Source:
    """An entity whose records may be read, and which of them."""

    __slots__ = ("_key", "entity", "scope")

    def __init__(self, mint: object, entity: str, scope: Scope | None) -> None:
        _check(mint)
        self.entity = entity
        self.scope = scope
        self._key = (entity, scope)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@final
class Many:
    """A relation to many: the records of `source` whose `column` points here."""

    __slots__ = ("_key", "column", "key", "source")

    def __init__(self, mint: object, key: str, source: Source, column: str) -> None:
        _check(mint)
        self.key = key
        self.source = source
        self.column = column
        self._key = (key, source, column)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Many) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


class Sights(Protocol):
    """What parsing asks: may this be used, and as what. None means unknown or forbidden, which look alike."""

    def source(self, entity: str) -> Source | None:
        """The records of an entity."""
        ...

    def handle(self, entity: str, path: str, use: Use, *, named: bool = True) -> Handle | None:
        """A field by path; `named` tells that the caller asked for exactly this field."""
        ...

    def many(self, entity: str, key: str) -> Many | None:
        """A relation to many by its reverse key."""
        ...

    def selected(self, entity: str) -> tuple[Handle, ...]:
        """What is selected when nothing is named."""
        ...


Blind = Callable[[Handle, str], str]
Accepted = TypeVar("Accepted", Handle, Source, Many)


def accept(thing: Accepted, kind: type[Accepted]) -> Accepted:
    """Return `thing` if it is exactly of the kind: subclasses and look-alikes are refused."""
    if type(thing) is not kind:
        raise TypeError(f"the compiler takes {kind.__name__}, not {type(thing).__name__}")
    return thing


def _check(mint: object) -> None:
    if mint is not _MINT:
        raise TypeError("handles are made in core.access.sight only")
