"""Presence: who has which record open right now, told from one serving process to the others.

What the tabs of a process have open lives in its memory and ends with their connections. Only when other processes
live on the same ledger is it written down, in this process's line of the list of living ones: one line, and only when
it has changed. Who may learn of it is not decided here but where it is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.types import instant_text
from kehu.core.context import Ctx

SILENT = timedelta(seconds=90)  # three signs of life: what a killed process had open is gone after that


class Open(NamedTuple):
    """A record that somebody has open."""

    entity: str
    record: int
    account: int


class Told(NamedTuple):
    """What the list of living processes says."""

    mine: frozenset[Open] | None  # as written down last; None: this process is not on the list
    others: frozenset[Open]
    alone: bool


def read_open(ctx: Ctx, process: str) -> Told:
    """Read what all living processes have open."""
    table = system.process
    rows = ctx.tx.execute(
        sa.select(table.c.id, table.c.open).where(table.c.heartbeat > instant_text(ctx.now_at() - SILENT))
    ).all()
    found = {id: frozenset(Open(*one) for one in orjson.loads(open)) if open else frozenset() for id, open in rows}
    mine = found.pop(process, None)
    return Told(mine, frozenset[Open]().union(*found.values()), not found)


def write_open(ctx: Ctx, process: str, open: Iterable[Open]) -> None:
    """Write down what this process has open."""
    table = system.process
    told = orjson.dumps([[*one] for one in sorted(open)]).decode()
    ctx.tx.execute(sa.update(table).where(table.c.id == process).values(open=told))
