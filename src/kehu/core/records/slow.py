"""Remembers which lists ran into the time limit, so that `kehu doctor` can name the indexes that were really missed.

Rows of `kehu_meta`, one per missing index. Holds no values that somebody searched for.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.context import Ctx

PREFIX = "slow:"
MOST = 100

_meta = system.meta


@dataclass(frozen=True, slots=True)
class Slow:
    """A shape without an index: which one was missing, how often, when last."""

    index: str
    times: int
    last: str


def note_slow(ctx: Ctx, index: str) -> None:
    """Count one more list that was stopped for want of this index."""
    known = {one.index: one for one in slow_shapes(ctx)}
    found = known.get(index)
    if found is None and len(known) >= MOST:
        return
    value = orjson.dumps({"times": found.times + 1 if found else 1, "last": ctx.now()}).decode()
    ctx.tx.execute(sa.delete(_meta).where(_meta.c.key == PREFIX + index))
    ctx.tx.execute(sa.insert(_meta).values(key=PREFIX + index, value=value))


def slow_shapes(ctx: Ctx) -> list[Slow]:
    """What was stopped, the most frequent first."""
    rows = ctx.tx.execute(sa.select(_meta.c.key, _meta.c.value).where(_meta.c.key.startswith(PREFIX)))
    found = [Slow(key.removeprefix(PREFIX), **orjson.loads(value)) for key, value in rows]
    return sorted(found, key=lambda one: (-one.times, one.index))
