"""Jobs as data: adding, reading and listing rows of `kehu_job`. Running them is `run`, taking them is `claim`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.types import IsoInstant, instant_text
from kehu.core.context import Actor, Ctx, Lang

State = Literal["waiting", "running", "done", "failed"]
JSON = Any  # what a job kind keeps for itself


@dataclass(slots=True)
class Job:
    """One row. `cursor` says how far the work is; only the job's kind knows its meaning.

    `prepared` is what `Kind.before` returned last. `held`: how many seconds the step before took, 0 when it is the
    first of this process. Neither is stored.
    """

    id: int
    kind: str
    args: dict[str, JSON]
    state: State
    cursor: JSON = None
    done: int = 0
    total: int | None = None
    attempts: int = 0
    changeset: int | None = None
    actor_id: int | None = None
    result: JSON = None
    error: dict[str, JSON] | None = None
    prepared: object = None
    held: float = 0.0


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step did. Stored with its effect in one transaction.

    joins: whether the next step may run in the same transaction, without `Kind.before`, while nobody waits for it.
    again_in: when finished, run again from the start after so many seconds (a schedule).
    """

    done: int = 0
    total: int | None = None
    cursor: JSON = None
    finished: bool = False
    result: JSON = None
    changeset: int | None = None
    joins: bool = False
    again_in: float | None = None


Step = Callable[[Ctx, Job], StepResult]
Reading = Callable[[], AbstractContextManager[Ctx]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How jobs of one kind run.

    step: one piece of work inside a writing transaction, called until it says `finished`.
    before: slow work outside any transaction before it (reading a file); its result is `job.prepared`.
    failed: called in its own transaction when the job is given up; gets the error's code and data.
    """

    step: Step
    before: Callable[[Reading, Job], object] | None = None
    failed: Callable[[Ctx, Job, Mapping[str, JSON]], None] | None = None


Kinds = Mapping[str, Kind]

_COLUMNS = [
    system.job.c[name]
    for name in (
        "id",
        "kind",
        "args",
        "state",
        "cursor",
        "done",
        "total",
        "attempts",
        "changeset",
        "actor_id",
        "result",
        "error",
    )
]

# Built once: every process asks these several times a second.
_NOW = sa.select(sa.type_coerce(sa.func.current_timestamp(), IsoInstant()))
_RUNNING = (
    sa.select(*_COLUMNS)
    .where(
        sa.or_(system.job.c.state == "waiting", system.job.c.state == "running"),
        system.job.c.not_before.is_(None),
    )
    .order_by(system.job.c.id)
    .limit(200)
)


def add_job(
    ctx: Ctx,
    kind: str,
    args: Mapping[str, JSON],
    *,
    changeset: int | None = None,
    total: int | None = None,
    not_before: datetime | None = None,
) -> int:
    """Add a job that will run under the caller's rights as they are then; return its id."""
    id = ctx.dialect.allocate(ctx.tx, "job")[0]
    who = {"kind": ctx.actor.kind, "name": ctx.actor.name}
    ctx.tx.execute(
        sa.insert(system.job).values(
            id=id,
            kind=kind,
            args=_dump({**args, "_who": who, "_lang": ctx.lang}),
            state="waiting",
            done=0,
            total=total,
            attempts=0,
            changeset=changeset,
            actor_id=ctx.actor.id,
            not_before=None if not_before is None else instant_text(not_before),
            created_at=ctx.now(),
        )
    )
    added_jobs(ctx).append(id)
    return id


def added_jobs(ctx: Ctx) -> list[int]:
    """Jobs that this unit of work has added, for whoever wants to follow them."""
    return cast("list[int]", ctx.memo.setdefault("jobs.added", []))


def ensure_schedule(ctx: Ctx, kind: str, args: Mapping[str, JSON], *, first: datetime) -> None:
    """Add a job of this kind unless one is waiting or running; its kind reschedules itself by `again_in`."""
    found = ctx.tx.execute(
        sa.select(system.job.c.id)
        .where(system.job.c.kind == kind, system.job.c.state.in_(("waiting", "running")))
        .limit(1)
    ).first()
    if found is None:
        add_job(ctx, kind, args, not_before=first)


def due_now(ctx: Ctx, kind: str) -> None:
    """Let a scheduled job run at once; it reschedules itself afterwards."""
    ctx.tx.execute(
        sa.update(system.job).where(system.job.c.kind == kind, system.job.c.state == "waiting").values(not_before=None)
    )


def get_job(ctx: Ctx, id: int) -> Job | None:
    """Return a job, or None."""
    row = ctx.tx.execute(sa.select(*_COLUMNS).where(system.job.c.id == id)).first()
    return None if row is None else from_row(row)


def running_jobs(ctx: Ctx) -> list[Job]:
    """Jobs that wait for nothing but a free hand, or run."""
    return [from_row(row) for row in ctx.tx.execute(_RUNNING)]


def from_row(row: sa.Row[Any]) -> Job:
    """Read a row of the columns of this module."""
    return Job(
        id=row.id,
        kind=row.kind,
        args=_load(row.args) or {},
        state=row.state,
        cursor=_load(row.cursor),
        done=row.done or 0,
        total=row.total,
        attempts=row.attempts,
        changeset=row.changeset,
        actor_id=row.actor_id,
        result=_load(row.result),
        error=_load(row.error),
    )


def job_columns() -> list[sa.ColumnClause[Any]]:
    """The columns that `from_row` reads."""
    return list(_COLUMNS)


def job_author(job: Job) -> Actor | int:
    """Who asked for the job: an account id, whose rights must be looked up when it runs, or a ready actor."""
    if job.actor_id is not None:
        return job.actor_id
    who = job.args.get("_who") or {}
    kind: Literal["system", "command_line"] = "command_line" if who.get("kind") == "command_line" else "system"
    return Actor(kind, None, str(who.get("name") or job.kind))


def job_lang(job: Job) -> Lang:
    """Language of the job's author."""
    return "en" if job.args.get("_lang") == "en" else "zh-CN"


def database_now(connection: sa.Connection) -> datetime:
    """The database's time: the one clock that all processes of a ledger share."""
    found = datetime.fromisoformat(str(connection.execute(_NOW).scalar_one()))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _dump(value: JSON) -> str:
    return orjson.dumps(value).decode()


def _load(text: str | None) -> JSON:
    return None if text is None else orjson.loads(text)
