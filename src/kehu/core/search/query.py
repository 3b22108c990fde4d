"""From typed text to candidates of the token index, in the notation of either database.

Reads token tables only; whether a candidate really matches, and whether the caller may see it, is decided by the
read door on the record itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any as AnyType
from typing import NamedTuple

import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db.query.run import compiled
from kehu.core.access.permissions import policy
from kehu.core.access.roles import OPEN_ENTITIES
from kehu.core.context import Ctx
from kehu.core.search.classes import owner_token, permitted, sure_classes
from kehu.core.search.tokens import LONG, All, Lookup, Node, Query, continuations, search_query

SAMPLE = 400  # newest records that are looked at one by one before the index is asked
FEW = 5  # so many hits among them tell something
SURE = 2  # times what is asked for
LAID = 0.02  # records looked at in the time in which the index lays down one hit, for each token that is asked for

_QUERY, _WORDS, _MINE = (sa.bindparam(name, type_=fn.TEXT) for name in ("query", "words", "mine"))


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked up in one token index, in the notation of the database.

    mine: the token of the caller's own rows, where the caller sees no others. whole: the words, and that.
    """

    words: str
    mine: str | None
    whole: str


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
    """What was found among the newest records of an index: hits, how many hold the words, how many are the caller's."""

    found: list[int]
    words: int
    mine: int
    looked: int  # records looked at
    first: int  # their ids
    last: int

    def expected(self, hits: int) -> float:
        """How many there are in the whole index, going by these: ids are given in order."""
        return max(hits, 1) / self.looked * self.first


def sample(ctx: Ctx, every: Sequence[tuple[Asked, bool]]) -> list[Seen | None]:
    """Look at the newest records of indexes, of short texts or (true) of long ones, for `candidates` and `is_common`.

    None where there is nothing to look up, or where it would tell nothing.
    """
    places = [_place(ctx, asked, long) for asked, long in every]
    if not fn.TokenSyntax(ctx.dialect.name).lays_all:
        return [None] * len(every)
    seen = iter(_sample(ctx, [place for place in places if place is not None]))
    return [None if place is None else next(seen) for place in places]


def candidates(ctx: Ctx, asked: Asked, *, cap: int, long: bool = False, seen: Seen | None = None) -> list[int]:
    """Ids from the index, at most `cap`: own rows are told apart before the cap, not after it. seen: a sample that was
    taken before."""
    place = _place(ctx, asked, long)
    return [] if place is None else _found(ctx, *place, cap, seen)


def holders(ctx: Ctx, entity: str, node: Node | None, cap: int, *, rare: bool = False) -> list[int]:
    """Ids of records that hold these tokens among short texts, at most `cap`, whoever may see them.

    rare: few records hold them, as with whole numbers. For rules of the program; what is told of the records is for the
    caller to decide.
    """
    if node is None:
        return []
    table, text = ctx.tables[entity].search, _write(fn.TokenSyntax(ctx.dialect.name), node)
    return _by_index(ctx, table, text, cap) if rare else _found(ctx, table, Words(text, None, text), cap)


def is_common(asked: Sequence[Seen | None], most: int) -> bool:
    """Whether far more than `most` records are found, as samples tell; False where that is not sure."""
    return any(
        seen is not None and len(seen.found) >= FEW and seen.expected(len(seen.found)) > SURE * most for seen in asked
    )


# --- the index, or the newest records one by one ---------------------------------------------------------------------

_Place = tuple[str, Words]  # a token index, and what is looked up in it


def _place(ctx: Ctx, asked: Asked, long: bool) -> _Place | None:
    tables = ctx.tables[asked.entity]
    table, words = (tables.search_long, asked.long) if long else (tables.search, asked.short)
    return None if words is None else (table, words)


def _found(ctx: Ctx, table: str, words: Words, cap: int, seen: Seen | None = None) -> list[int]:
    """At most `cap` ids. Where the index lays all hits together first, which takes its time when there are many, the
    newest records tell what is quicker: to go on looking at records, at the caller's own ones, or to ask the index.
    """
    if not fn.TokenSyntax(ctx.dialect.name).lays_all:
        return _by_index(ctx, table, words.whole, cap)
    laid = LAID * words.words.count("'") / 2
    seen = seen or _sample(ctx, [(table, words)])[0]
    found, looked, number, last = seen.found, seen.looked, SAMPLE, seen
    while len(found) < cap and last.looked == number:
        missing, share = cap - len(found), len(found) / looked
        if missing > laid * share**2 * seen.first:
            if words.mine is not None and seen.expected(seen.mine) < laid * seen.words / seen.looked * seen.first:
                return _among_own(ctx, table, words, cap)
            return _by_index(ctx, table, words.whole, cap)
        number = max(SAMPLE, int(missing / share * 1.25))
        last = _next(ctx, table, words, number, last.last)
        found, looked = found + last.found, looked + last.looked
    return found[:cap]


def _sample(ctx: Ctx, places: Sequence[_Place]) -> list[Seen]:
    """Look at the newest `SAMPLE` records of each index: one statement, as most of a ledger's indexes are empty."""
    if not places:
        return []

    def build() -> sa.Executable:
        return fn.newest_found_in([(table, words.mine is not None) for table, words in places], SAMPLE)

    key = ("search.sample", tuple((table, words.mine is not None) for table, words in places), SAMPLE)
    looking = compiled(ctx.dialect, ctx.tables, key, build, by_id=True)
    given: dict[str, str | None] = {}
    for n, (_, words) in enumerate(places):
        given |= {f"query{n}": words.whole, f"words{n}": words.words, f"mine{n}": words.mine}
    rows = {n: row for n, *row in looking.fetch(ctx.tx, given)}
    return [_seen(rows[n]) for n in range(len(places))]


def _next(ctx: Ctx, table: str, words: Words, number: int, below: int) -> Seen:
    """Look at so many more records."""
    key = ("search.next", table)
    looking = compiled(ctx.dialect, ctx.tables, key, lambda: fn.newest_found(table, _QUERY))
    return _seen(looking.fetch(ctx.tx, {"query": words.whole, "number": number, "below": below})[0])


def _seen(row: Sequence[AnyType]) -> Seen:
    looked, first, last, joined, *parts = row
    found = _ids(joined)
    words, mine = parts if parts and parts[0] is not None else (len(found), 0)
    return Seen(found, words, mine, looked, first or 0, last or 0)


def _among_own(ctx: Ctx, table: str, words: Words, cap: int) -> list[int]:
    """Look at the caller's own records one by one: where the words are common, their lists are longer than these."""
    key = ("search.own", table)
    found = compiled(ctx.dialect, ctx.tables, key, lambda: fn.candidates(table, _MINE, _WORDS))
    with ctx.dialect.by_index(ctx.tx):
        joined = found.fetch(ctx.tx, {"words": words.words, "mine": words.mine, "limit": cap})[0][0]
    return _ids(joined)


def _by_index(ctx: Ctx, table: str, text: str, cap: int) -> list[int]:
    found = compiled(ctx.dialect, ctx.tables, ("candidates", table), lambda: fn.candidates(table, _QUERY))
    # PostgreSQL knows how often a token occurs, but not how often a beginning does: it takes 6053 for common and reads
    # two million records to find none (1.7 s; by the index 1 ms).
    with ctx.dialect.by_index(ctx.tx):
        joined = found.fetch(ctx.tx, {"query": text, "limit": cap})[0][0]
    return _ids(joined)


def _ids(joined: str | None) -> list[int]:
    return [int(id) for id in joined.split("\n")] if joined else []


# --- writing lookups -------------------------------------------------------------------------------------------------


def _written(ctx: Ctx, entity: str, node: Node | None) -> Words | None:
    """The lookups in the database's notation, with the owner's token under own-rows scope."""
    if node is None:
        return None
    syntax = fn.TokenSyntax(ctx.dialect.name)
    text = _write(syntax, node)
    if policy(ctx).rows != "own" or entity in OPEN_ENTITIES:
        return Words(text, None, text)
    mine = syntax.token(owner_token(ctx.actor.id or 0), False)
    return Words(text, mine, syntax.all_of([text, mine]))


def _write(syntax: fn.TokenSyntax, node: Node) -> str:
    if isinstance(node, Lookup):
        # Spelled out, lists are read side by side and only as far as is asked; those of a beginning are merged first.
        if node.prefix and syntax.merges_beginnings and (known := continuations(node.token)):
            return syntax.any_of([syntax.token(one, False) for one in known])
        return syntax.token(node.token, node.prefix)
    parts = [_write(syntax, part) for part in node.parts]
    return syntax.all_of(parts) if isinstance(node, All) else syntax.any_of(parts)
