"""Typed intents. A shape holds everything but the values, so that compiled statements can be kept per shape.

Values stand beside the shape in a list; a node names them by position ("slot"). Slot 0 is the caller's id.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as made
from typing import Literal, TypeAlias

from kehu.base.db.query.handles import Handle, Many, Source
from kehu.base.fields.base import Stored

ME = 0

Kind = Literal[
    "eq",  # one of the values
    "folded",  # the same text but for ASCII case, values are lower case
    "lt", "lte", "gt", "gte",
    "ranges",  # pairs of values: from including, to excluding
    "empty",
    "contains", "starts", "ends",  # values are lower case
    "any_of", "all_of",  # words of a list field
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. An empty value fulfils only `empty`; operators that emptiness fulfils are complements."""

    handle: Handle
    kind: Kind
    slots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The plain complement."""

    node: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them; of none: true."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them; of none: false."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one related record that fulfils the condition."""

    many: Many
    where: Node | None


Node: TypeAlias = Test | Not | All | Either | Some


@dataclass(frozen=True, slots=True)
class Order:
    """One column of a sort."""

    handle: Handle
    desc: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records: those of the source that fulfil the condition and, with `search`, the token query in that slot."""

    source: Source
    where: Node | None = None
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """The search box of a list. `ids`: the slot holds the ids found, as JSON. Else slots hold the query of the token
    index, of short texts and then of long ones, in the database's notation.

    `tokens`: all that match are looked up and put in order. `walk`: they are looked up, then the order of the list is
    walked. `each`: the order is walked and each record asked, for words that very many hold.
    """

    kind: Literal["ids", "tokens", "walk", "each"]
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A page of records without its values."""

    filter: Filter
    select: tuple[Handle, ...]
    sort: tuple[Order, ...] = ()


Drive: TypeAlias = Literal["scope", "sort", "ids"]
Count: TypeAlias = Literal["none", "capped", "exact"]


@dataclass(slots=True)
class Intent:
    """A page of records: the shape, the values of its slots, and which page.

    hits: how many ids a search has found, where it is one by ids.
    drive: what reading begins with: the caller's own rows, the order of the list, or the ids that a search has found;
        None leaves it to the database.
    """

    shape: Shape
    values: list[Stored] = made(default_factory=list)
    columns: tuple[str, ...] = ()
    limit: int = 50
    after: str | None = None
    at: int | None = None
    count: Count = "none"
    search: str | None = None
    hits: int = 0
    drive: Drive | None = None


Bucket: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
MeasureOp: TypeAlias = Literal["count", "sum", "avg", "min", "max", "distinct"]


@dataclass(frozen=True, slots=True)
class Group:
    """One column to group by; dates and instants in buckets."""

    handle: Handle
    by: Bucket | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure per group; `count` without a handle counts records."""

    op: MeasureOp
    handle: Handle | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Grouped figures without values. `sort` names columns of the answer by position."""

    filter: Filter
    groups: tuple[Group, ...]
    measures: tuple[Measure, ...]
    sort: tuple[tuple[int, bool], ...] = ()


@dataclass(slots=True)
class Aggregate:
    """Grouped figures: the shape, its values, column names, how many groups at most, and the search box."""

    shape: Totals
    values: list[Stored]
    columns: tuple[str, ...]
    limit: int
    search: str | None = None
