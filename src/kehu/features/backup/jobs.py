"""Backups in the background: one on demand to be fetched over HTTP, and the daily copy in `DATA/backups`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kehu.base.common.messages import message
from kehu.base.errors import NotFound
from kehu.core.context import Ctx
from kehu.core.files.service import storage_of
from kehu.core.jobs.table import Job, Kind, Reading, StepResult, add_job, ensure_schedule, get_job
from kehu.features.backup.service import DAILY, KIND, PIECE, backup, check_allowed

KEPT = 7
AT_HOUR = 3  # local time of the ledger, when nobody works
DAILY_NAME = re.compile(r"kehu-\d{8}-\d{4}\.kehu")
FETCHED = re.compile(r"download-\d+\.kehu")
FETCHED_KEPT = 3


def create(ctx: Ctx) -> int:
    """Begin a backup to be fetched; return its id."""
    check_allowed(ctx)
    return add_job(ctx, KIND, {})


def status(ctx: Ctx, id: int) -> dict[str, Any]:
    """State of a backup: `running`, `ready` or `failed`; when ready with name, sha256, records and seconds."""
    job = _load(ctx, id)
    state = {"done": "ready", "failed": "failed"}.get(job.state, "running")
    error = job.error
    told = {"code": error["code"], "message": message(error["code"], ctx.lang, **error["data"])} if error else None
    return {
        "id": id,
        "state": state,
        "progress": {"done": job.done, "total": job.total, "phase": state},
        "changeset": None,
        "error": told,
        "filename": job.result["filename"] if job.result else None,
        "result": job.result,
    }


def content(ctx: Ctx, id: int) -> tuple[str, Iterator[bytes]]:
    """File name and content of a finished backup. Raises NotFound until it is ready, and when it was cleared away."""
    job = _load(ctx, id)
    file = _folder(ctx) / f"download-{id}.kehu"
    if job.state != "done" or not file.exists():
        raise NotFound("backup.not_ready", id=id)
    return job.result["filename"], _pieces(file)


def schedule(ctx: Ctx) -> None:
    """See to it that there is a daily copy; called when a server or worker starts."""
    ensure_schedule(ctx, DAILY, {}, first=_next(ctx, ctx.now_at()))


def daily_backups(data: Path) -> list[Path]:
    """The daily copies in `DATA/backups`, oldest first."""
    return _kept(data / "backups", DAILY_NAME)


def list_daily(ctx: Ctx) -> dict[str, Any]:
    """The daily copies, newest first, and the folder where they lie on the server."""
    check_allowed(ctx)
    folder = _folder(ctx)
    found = [(file, file.stat()) for file in reversed(_kept(folder, DAILY_NAME))]
    items = [
        {"name": file.name, "size": stat.st_size, "at": datetime.fromtimestamp(stat.st_mtime, UTC).isoformat()}
        for file, stat in found
    ]
    return {"items": items, "folder": str(folder)}


def _load(ctx: Ctx, id: int) -> Job:
    check_allowed(ctx)
    job = get_job(ctx, id)
    if job is None or job.kind != KIND:
        raise NotFound("backup.not_found", id=id)
    return job


def _prepare(reading: Reading, job: Job) -> object:
    with reading() as ctx:
        file = _folder(ctx) / f"download-{job.id}.kehu"
        made = backup(ctx, file)
        _clear(_kept(file.parent, FETCHED), FETCHED_KEPT)
        return {**made, "filename": f"kehu-{_local(ctx):%Y%m%d-%H%M}.kehu"}


def _prepare_daily(reading: Reading, job: Job) -> object:
    with reading() as ctx:
        file = _folder(ctx) / f"kehu-{_local(ctx):%Y%m%d-%H%M}.kehu"
        made = backup(ctx, file)
        _clear(_kept(file.parent, DAILY_NAME), KEPT)
        return {**made, "filename": file.name}


def _step(ctx: Ctx, job: Job) -> StepResult:
    prepared = job.prepared
    assert isinstance(prepared, dict)
    result = {name: prepared[name] for name in ("filename", "sha256", "records", "seconds")}
    return StepResult(done=result["records"], total=result["records"], finished=True, result=result)


def _step_daily(ctx: Ctx, job: Job) -> StepResult:
    done = _step(ctx, job)
    now = ctx.now_at()
    wait = (_next(ctx, now) - now).total_seconds()
    return StepResult(done=done.done, total=done.total, finished=True, result=done.result, again_in=wait)


KINDS = {KIND: Kind(step=_step, before=_prepare), DAILY: Kind(step=_step_daily, before=_prepare_daily)}


def _folder(ctx: Ctx) -> Path:
    folder = storage_of(ctx).folder.parent / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _local(ctx: Ctx) -> datetime:
    return ctx.now_at().astimezone(ZoneInfo(ctx.catalog.timezone))


def _next(ctx: Ctx, now: datetime) -> datetime:
    """The next night's hour after `now`."""
    local = now.astimezone(ZoneInfo(ctx.catalog.timezone))
    due = local.replace(hour=AT_HOUR, minute=0, second=0, microsecond=0)
    return due if due > local else due + timedelta(days=1)


def _kept(folder: Path, name: re.Pattern[str]) -> list[Path]:
    found = [file for file in folder.glob("*.kehu") if name.fullmatch(file.name)]
    return sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name))


def _clear(files: list[Path], most: int) -> None:
    for file in files[: max(0, len(files) - most)]:
        file.unlink(missing_ok=True)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece
