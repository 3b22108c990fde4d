"""Lets finished exports go after a week: they are copies of the ledger that nobody keeps an eye on.

A nightly job. It forgets the files first and deletes their content once that is committed, so that no row ever names a
file that is not there (a backup would miss it).
"""

from __future__ import annotations

from datetime import timedelta

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.types import instant_text
from kehu.core.context import Ctx
from kehu.core.files.service import storage_of
from kehu.core.jobs.table import Job, Kind, Reading, StepResult, ensure_schedule

KIND = "exports_expire"
DAYS = 7
PORTION = 500
_run = system.export_run
FORGOTTEN = "sealed"
"""Under this in the run's data: the name on disk of a file that is forgotten and still to be deleted."""


def schedule(ctx: Ctx) -> None:
    """See to it that exports go; called when a server or worker starts."""
    ensure_schedule(ctx, KIND, {}, first=ctx.now_at() + timedelta(hours=1))


def _delete(reading: Reading, _job: Job) -> object:
    """Delete the content of what the step before has forgotten."""
    with reading() as ctx:
        found = ctx.tx.execute(sa.select(_run.c.id, _run.c.data).where(_run.c.state == "expired", _forgotten()))
        done = {id: orjson.loads(data) for id, data in found}
        storage = storage_of(ctx)
    for data in done.values():
        storage.remove(data.pop(FORGOTTEN))
    return done


def _forgotten() -> sa.ColumnElement[bool]:
    return _run.c.data.contains(f'"{FORGOTTEN}"', autoescape=True)


def _forget(ctx: Ctx, job: Job) -> StepResult:
    deleted = job.prepared
    assert isinstance(deleted, dict)
    for id, data in deleted.items():
        ctx.tx.execute(sa.update(_run).where(_run.c.id == id).values(data=orjson.dumps(data).decode()))
    table, since = system.file, instant_text(ctx.now_at() - timedelta(days=DAYS))
    rows = ctx.tx.execute(
        sa.select(_run.c.id, _run.c.data, table.c.id, table.c.sealed)
        .join(table, sa.cast(_run.c.file, sa.BigInteger) == table.c.id)
        .where(_run.c.state == "ready", _run.c.created_at < since)
        .order_by(_run.c.id)
        .limit(PORTION)
    ).all()
    for id, data, file, sealed in rows:
        kept = orjson.dumps({**orjson.loads(data), FORGOTTEN: sealed}).decode()
        ctx.tx.execute(sa.update(_run).where(_run.c.id == id).values(state="expired", file=None, data=kept))
        ctx.tx.execute(sa.delete(table).where(table.c.id == file))
    if rows:
        return StepResult(done=job.done + len(rows))  # once more: their content
    return StepResult(finished=True, again_in=timedelta(days=1).total_seconds())


KINDS = {KIND: Kind(step=_forget, before=_delete)}
