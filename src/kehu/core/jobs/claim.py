"""Taking a job, keeping it, giving it back. By compare-and-set and the database's clock, so that no two hold one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.query.run import standing
from kehu.base.db.types import IsoInstant, instant_text
from kehu.core.context import Ctx
from kehu.core.jobs.table import Job, StepResult, database_now, from_row, job_columns

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 5.0
TRIES = 5
# Nothing is leased or planned further ahead than this; a time beyond it was written by a clock that was wrong.
LEASE_AT_MOST, PLANNED_AT_MOST = timedelta(minutes=2), timedelta(days=2)


def claim(connection: sa.Connection, holder: str, kinds: Iterable[str], *, only: int | None = None) -> Job | None:
    """Take the oldest job that is due (or whose holder died) for `holder`; None when there is none.

    A job that was taken five times without finishing a step comes out with `attempts` above `TRIES`:
    the caller must park it.
    """
    table = system.job
    now = database_now(connection)
    free, given = _free(tuple(sorted(kinds)), only is not None), _given(now, only)
    row = connection.execute(
        sa.select(*job_columns()).where(free).order_by(table.c.id).limit(1).with_for_update(skip_locked=True), given
    ).first()
    if row is None:
        return None
    job = from_row(row)
    taken = connection.execute(
        sa.update(table)
        .where(table.c.id == job.id, free)
        .values(state="running", lease_by=holder, lease_until=instant_text(now + LEASE), attempts=job.attempts + 1),
        given,
    )
    if taken.rowcount != 1:
        return None
    job.state = "running"
    job.attempts += 1
    return job


def is_due(ctx: Ctx, kinds: Iterable[str], *, only: int | None = None) -> bool:
    """Whether `claim` would find something; a look that takes no lock."""
    looking = standing(ctx.dialect, _looking(tuple(sorted(kinds)), only is not None))
    return bool(looking.fetch(ctx.tx, _given(database_now(ctx.tx), only)))


@cache  # every process looks several times a second, and to build the statement takes longer than to ask it
def _looking(kinds: tuple[str, ...], one: bool) -> sa.Select[Any]:
    return sa.select(system.job.c.id).where(_free(kinds, one)).limit(sa.literal_column("1"))


@cache
def _free(kinds: tuple[str, ...], one: bool) -> sa.ColumnElement[bool]:
    """What a job must be to be taken, with the parameters of `_given`."""
    table = system.job
    at, lease, plan = (sa.bindparam(name, type_=IsoInstant()) for name in ("now", "lease", "plan"))
    planned = sa.or_(table.c.not_before.is_(None), table.c.not_before <= at, table.c.not_before > plan)
    due = sa.and_(table.c.state == "waiting", planned)
    orphan = sa.and_(table.c.state == "running", sa.or_(table.c.lease_until < at, table.c.lease_until > lease))
    free = sa.and_(sa.or_(due, orphan), sa.or_(sa.false(), *(table.c.kind == kind for kind in kinds)))
    return sa.and_(free, table.c.id == sa.bindparam("only", type_=sa.BigInteger())) if one else free


def _given(now: datetime, only: int | None) -> dict[str, Any]:
    times = {"now": now, "lease": now + LEASE_AT_MOST, "plan": now + PLANNED_AT_MOST}
    given: dict[str, Any] = {name: instant_text(each) for name, each in times.items()}
    return given if only is None else {**given, "only": only}


def renew(connection: sa.Connection, holder: str, id: int) -> bool:
    """Prolong the lease; False when somebody else has the job by now."""
    table = system.job
    until = instant_text(database_now(connection) + LEASE)
    mine = connection.execute(
        sa.update(table)
        .where(table.c.id == id, table.c.lease_by == holder, table.c.state == "running")
        .values(lease_until=until)
    )
    return mine.rowcount == 1


def hold(connection: sa.Connection, holder: str, id: int) -> bool:
    """Lock the row for the rest of the transaction; False when the job is not ours any more."""
    table = system.job
    row = connection.execute(
        sa.select(table.c.lease_by, table.c.state).where(table.c.id == id).with_for_update()
    ).first()
    return row is not None and row.lease_by == holder and row.state == "running"


def move(connection: sa.Connection, job: Job, result: StepResult) -> None:
    """Store how far a job has come with its last step: cursor and progress, in the transaction of their effect."""
    values: dict[str, Any] = {
        "cursor": _dump(job.cursor),
        "done": job.done,
        "total": job.total,
        "changeset": job.changeset,
        "attempts": 0,
    }
    if result.result is not None:
        values["result"] = _dump(result.result)
    if result.finished:
        values |= {"state": "done", "lease_by": None, "lease_until": None}
        if result.again_in is not None:
            due = database_now(connection) + timedelta(seconds=result.again_in)
            values |= {"state": "waiting", "cursor": None, "done": 0, "not_before": instant_text(due)}
    connection.execute(sa.update(system.job).where(system.job.c.id == job.id).values(values))


def give_back(connection: sa.Connection, holder: str, id: int, *, after: float, attempts: int) -> None:
    """Put a job back into the queue, to be taken again after so many seconds; `attempts` that did not get far."""
    table = system.job
    values: dict[str, Any] = {
        "state": "waiting",
        "lease_by": None,
        "lease_until": None,
        "attempts": attempts,
        "not_before": None if after <= 0 else instant_text(database_now(connection) + timedelta(seconds=after)),
    }
    connection.execute(sa.update(table).where(table.c.id == id, table.c.lease_by == holder).values(values))


def park(connection: sa.Connection, holder: str, id: int, error: Mapping[str, object]) -> None:
    """Give a job up: it stays in the table with its error and is not tried again."""
    table = system.job
    connection.execute(
        sa.update(table)
        .where(table.c.id == id, table.c.lease_by == holder)
        .values(state="failed", error=_dump(dict(error)), lease_by=None, lease_until=None)
    )


def _dump(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
