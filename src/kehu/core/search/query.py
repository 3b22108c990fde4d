"""From typed text to candidates of the token index, in the notation of either database.

Reads token tables only; whether a candidate really matches, and whether the caller may see it, is decided by the
read door on the record itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass

import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db.query.run import compiled
from kehu.core.access.permissions import policy
from kehu.core.access.roles import OPEN_ENTITIES
from kehu.core.context import Ctx
from kehu.core.search.classes import owner_token, permitted, sure_classes
from kehu.core.search.tokens import LONG, All, Lookup, Node, Query, continuations, search_query

_QUERY = sa.bindparam("query", type_=fn.TEXT)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, for one entity and caller: lookups in the index of short texts and in that of long ones.

    open: its classes hold nothing that the caller may not see. sure: whatever is found matches by such texts, without
    a look at the record.
    """

    entity: str
    query: Query
    short: str | None
    long: str | None
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


def candidates(ctx: Ctx, asked: Asked, *, cap: int, long: bool = False) -> list[int]:
    """Ids from the index, at most `cap`: own rows are told apart before the cap, not after it."""
    text = asked.long if long else asked.short
    if text is None:
        return []
    tables = ctx.tables[asked.entity]
    name = tables.search_long if long else tables.search
    return _found(ctx, name, text, cap)


def holders(ctx: Ctx, entity: str, node: Node | None, cap: int) -> list[int]:
    """Ids of records that hold these tokens among short texts, at most `cap`, whoever may see them.

    For rules of the program; what is told of them is for the caller to decide.
    """
    if node is None:
        return []
    name = ctx.tables[entity].search
    return _found(ctx, name, _write(fn.TokenSyntax(ctx.dialect.name), node), cap)


def _found(ctx: Ctx, table: str, text: str, cap: int) -> list[int]:
    found = compiled(ctx.dialect, ctx.tables, ("candidates", table), lambda: fn.candidates(table, _QUERY))
    # PostgreSQL knows how often a token occurs, but not how often a beginning does: it takes 6053 for common and reads
    # two million records to find none (1.7 s; by the index 1 ms).
    guesses = fn.TokenSyntax(ctx.dialect.name).has_beginning(text)
    with ctx.dialect.by_index(ctx.tx) if guesses else nullcontext():
        joined = found.fetch(ctx.tx, {"query": text, "limit": cap})[0][0]
    return [int(id) for id in joined.split("\n")] if joined else []


def _written(ctx: Ctx, entity: str, node: Node | None) -> str | None:
    """The lookups in the database's notation, with the owner's token under own-rows scope."""
    if node is None:
        return None
    syntax = fn.TokenSyntax(ctx.dialect.name)
    text = _write(syntax, node)
    if policy(ctx).rows == "own" and entity not in OPEN_ENTITIES:
        text = syntax.all_of([text, syntax.token(owner_token(ctx.actor.id or 0), False)])
    return text


def _write(syntax: fn.TokenSyntax, node: Node) -> str:
    if isinstance(node, Lookup):
        # Spelled out, lists are read side by side and only as far as is asked; those of a beginning are merged first.
        if node.prefix and syntax.merges_beginnings and (known := continuations(node.token)):
            return syntax.any_of([syntax.token(one, False) for one in known])
        return syntax.token(node.token, node.prefix)
    parts = [_write(syntax, part) for part in node.parts]
    return syntax.all_of(parts) if isinstance(node, All) else syntax.any_of(parts)
