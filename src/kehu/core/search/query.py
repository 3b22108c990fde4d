"""From typed text to candidates of the token index, in the notation of either database.

Reads token tables only; whether a candidate really matches, and whether the caller may see it, is decided by the
read door on the record itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db.query.run import compiled
from kehu.core.access.permissions import policy
from kehu.core.access.roles import OPEN_ENTITIES
from kehu.core.context import Ctx
from kehu.core.search.classes import owner_token, permitted, sure_classes
from kehu.core.search.tokens import LONG, All, Lookup, Node, Query, continuations, loosened, search_query

NEWEST = 60  # newest records that are looked at one by one before the index is asked
SPREAD = (8, 20)  # runs of records all over the index that are looked at to tell how common words are
FEW = 4  # so many hits among them tell something
SURE = 2  # times what is asked for
LAID = 0.06  # records looked at in the time in which the index lays down one hit, for each token that is asked for

_WHOLE, _LOOSE = (sa.bindparam(name, type_=fn.TOKENS) for name in ("whole", "loose"))


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked up in one token index, in the notation of the database.

    loose: finds the same and more, and is what the index answers sooner.
    """

    whole: str
    loose: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, for one entity and caller: lookups in the index of short texts and in that of long ones.

    open: its classes hold nothing that the caller may not see. sure: whatever is found matches by such texts, without
    a look at the record.
    """

    entity: str
    query: Query
    short: Words | None
    long: Words | None
    open: bool

    @property
    def sure(self) -> bool:
        return self.open and self.query.exact


def ask(ctx: Ctx, entity: str, text: str, classes: Iterable[str] | None = None) -> Asked:
    """Prepare a search in an entity, over the classes that the caller may search (or `classes` of them)."""
    sure = sure_classes(policy(ctx), entity)
    kinds = {one.kind for one in permitted(policy(ctx), entity)} if classes is None else set(classes)
    short = search_query(text, [kind for kind in kinds if kind[0] != LONG])
    long = search_query(text, [kind for kind in kinds if kind[0] == LONG])
    written = _written(ctx, entity, short.match), _written(ctx, entity, long.match)
    return Asked(entity, short, *written, open=kinds <= sure)


class Seen(NamedTuple):
    """What was found among the newest records of an index. share: of records all over it."""

    found: list[int]
    looked: int  # records looked at
    first: int  # their ids
    last: int
    hits: int = 0  # among those all over the index
    share: float = 0.0


def sample(ctx: Ctx, every: Sequence[tuple[Asked, bool]]) -> list[Seen | None]:
    """Look at the newest records of indexes, of short texts or (true) of long ones, for `candidates` and `is_common`.

    None where there is nothing to look up, or where it would tell nothing.
    """
    places = [_place(ctx, asked, long) for asked, long in every]
    seen = iter(_sample(ctx, [place for place in places if place is not None]))
    return [None if place is None else next(seen) for place in places]


def candidates(ctx: Ctx, asked: Asked, *, cap: int, long: bool = False, seen: Seen | None = None) -> list[int]:
    """Ids from the index, at most `cap`: own rows are told apart before the cap, not after it. seen: a sample that was
    taken before."""
    place = _place(ctx, asked, long)
    return [] if place is None else _found(ctx, *place, cap, seen)


def holders(ctx: Ctx, entity: str, nodes: Sequence[Node | None], cap: int, *, rare: bool = False) -> set[int]:
    """Ids of records that hold these tokens among short texts, at most `cap` for each of them, whoever may see them.

    rare: few records hold them, as with whole numbers. For rules of the program; what is told of the records is for the
    caller to decide.
    """
    table, every = ctx.tables[entity].search, [_words(ctx, node) for node in nodes if node is not None]
    if rare:
        return {id for words in every for id in _by_index(ctx, table, words, cap)}
    samples = _sample(ctx, [(table, words) for words in every])
    return {id for words, seen in zip(every, samples, strict=True) for id in _found(ctx, table, words, cap, seen)}


def is_common(asked: Sequence[Seen | None], most: int) -> bool:
    """Whether far more than `most` records are found, as samples tell; False where that is not sure."""
    return any(seen is not None and seen.hits >= FEW and seen.share * seen.first > SURE * most for seen in asked)


# --- the index, or the newest records one by one ---------------------------------------------------------------------

_Place = tuple[str, Words]  # a token index, and what is looked up in it


def _place(ctx: Ctx, asked: Asked, long: bool) -> _Place | None:
    tables = ctx.tables[asked.entity]
    table, words = (tables.search_long, asked.long) if long else (tables.search, asked.short)
    return None if words is None else (table, words)


def _found(ctx: Ctx, table: str, words: Words, cap: int, seen: Seen | None = None) -> list[int]:
    """At most `cap` ids. Where the index lays all hits together first, which takes its time when there are many, it is
    quicker to go on looking at records, one by one, as long as they match about as often as records do all over it.
    """
    if seen is None:
        (seen,) = _sample(ctx, [(table, words)])
    if seen is None:
        return _by_index(ctx, table, words, cap)
    laid = LAID * words.whole.count("'") / 2
    found, number, last, share, budget = seen.found, NEWEST, seen, seen.share, laid * seen.share * seen.first
    while len(found) < cap and last.looked == number:
        missing = cap - len(found)
        if missing > budget * share:
            return _by_index(ctx, table, words, cap)
        number = max(NEWEST, int(missing / share * 1.25))
        last = _next(ctx, table, words, number, last.last)
        found, budget = found + last.found, budget - last.looked
    return found[:cap]


def _sample(ctx: Ctx, places: Sequence[_Place]) -> Sequence[Seen | None]:
    """Look at records of each index: one statement, as most of a ledger's indexes are empty. None where the index gives
    hits one by one anyway."""
    if not places or not fn.TokenSyntax(ctx.dialect.name).lays_all:
        return [None] * len(places)
    tables = tuple(table for table, _ in places)
    key = ("search.sample", tables, NEWEST, SPREAD)
    looking = compiled(ctx.dialect, ctx.tables, key, lambda: fn.sampled(tables, NEWEST, *SPREAD), same_plan=True)
    rows = looking.fetch(ctx.tx, {f"query{n}": words.whole for n, (_, words) in enumerate(places)})
    seen = {n: _seen(row, hits, hits / spread if spread else 0.0) for n, *row, spread, hits in rows}
    return [seen[n] for n in range(len(places))]


def _next(ctx: Ctx, table: str, words: Words, number: int, below: int) -> Seen:
    """Look at so many more records."""
    looking = compiled(
        ctx.dialect, ctx.tables, ("search.next", table), lambda: fn.newest_found(table, _WHOLE), same_plan=True
    )
    return _seen(looking.fetch(ctx.tx, {"whole": words.whole, "number": number, "below": below})[0])


def _seen(row: Sequence[Any], hits: int = 0, share: float = 0.0) -> Seen:
    looked, first, last, joined = row
    return Seen(_ids(joined), looked, first or 0, last or 0, hits, share)


def _by_index(ctx: Ctx, table: str, words: Words, cap: int) -> list[int]:
    narrowed = words.loose != words.whole

    def build() -> sa.Executable:
        return fn.candidates(table, _LOOSE, _WHOLE if narrowed else None)

    found = compiled(ctx.dialect, ctx.tables, ("search.candidates", table, narrowed), build, same_plan=True)
    # PostgreSQL knows how often a token occurs, but not how often a beginning does: it takes 6053 for common and reads
    # two million records to find none (1.7 s; by the index 1 ms).
    with ctx.dialect.by_index(ctx.tx):
        joined = found.fetch(ctx.tx, {"loose": words.loose, "whole": words.whole, "limit": cap})[0][0]
    return _ids(joined)


def _ids(joined: str | None) -> list[int]:
    return [int(id) for id in joined.split("\n")] if joined else []


# --- writing lookups -------------------------------------------------------------------------------------------------


def _written(ctx: Ctx, entity: str, node: Node | None) -> Words | None:
    """The lookups in the database's notation, with the owner's token under own-rows scope."""
    if node is None:
        return None
    words = _words(ctx, node)
    if policy(ctx).rows != "own" or entity in OPEN_ENTITIES:
        return words
    syntax = fn.TokenSyntax(ctx.dialect.name)
    mine = syntax.token(owner_token(ctx.actor.id or 0), False)
    return Words(syntax.all_of([words.whole, mine]), syntax.all_of([words.loose, mine]))


def _words(ctx: Ctx, node: Node) -> Words:
    return _write_words(ctx.dialect.name, node)


@lru_cache(maxsize=1024)
def _write_words(dialect: str, node: Node) -> Words:
    """Many entities are asked the same."""
    syntax = fn.TokenSyntax(dialect)
    whole = _write(syntax, node)
    return Words(whole, _write(syntax, loosened(node)) if syntax.lays_all else whole)


def _write(syntax: fn.TokenSyntax, node: Node) -> str:
    if isinstance(node, Lookup):
        # Spelled out, lists are read side by side and only as far as is asked; those of a beginning are merged first.
        if node.prefix and syntax.merges_beginnings and (known := continuations(node.token)):
            return syntax.any_of([syntax.token(one, False) for one in known])
        return syntax.token(node.token, node.prefix)
    parts = [_write(syntax, part) for part in node.parts]
    return syntax.all_of(parts) if isinstance(node, All) else syntax.any_of(parts)
