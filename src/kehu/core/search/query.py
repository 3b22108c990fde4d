"""From typed text to candidates of the token index, in the notation of either database.

Reads token tables only; whether a candidate really matches, and whether the caller may see it, is decided by the
read door on the record itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.core.access.permissions import policy
from kehu.core.access.roles import OPEN_ENTITIES
from kehu.core.context import Ctx
from kehu.core.search.classes import LONG, owner_token, permitted
from kehu.core.search.tokens import All, Lookup, Node, Query, search_query


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, for one entity and caller: lookups in the index of short texts and in that of long ones."""

    entity: str
    query: Query
    short: str | None
    long: str | None


def ask(ctx: Ctx, entity: str, text: str, classes: Iterable[str] | None = None) -> Asked:
    """Prepare a search in an entity, over the classes that the caller may search (or `classes` of them)."""
    kinds = set(classes) if classes is not None else {one.kind for one in permitted(policy(ctx), entity)}
    short = search_query(text, [kind for kind in kinds if kind[0] != LONG])
    long = search_query(text, [kind for kind in kinds if kind[0] == LONG])
    return Asked(entity, short, _written(ctx, entity, short.match), _written(ctx, entity, long.match))


def candidates(ctx: Ctx, asked: Asked, *, cap: int, long: bool = False) -> list[int]:
    """Ids from the index, at most `cap`: own rows are told apart before the cap, not after it."""
    text = asked.long if long else asked.short
    if text is None:
        return []
    table = ctx.tables[asked.entity]
    bound = sa.bindparam("query", text, type_=fn.TEXT)
    found = fn.candidates(table.search_long if long else table.search, bound, cap)
    return [int(id) for id in ctx.tx.execute(found).scalars()]


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
        return syntax.token(node.token, node.prefix)
    parts = [_write(syntax, part) for part in node.parts]
    return syntax.all_of(parts) if isinstance(node, All) else syntax.any_of(parts)
