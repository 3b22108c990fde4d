"""What may go wrong on this machine and in this ledger, found before it does. Reads only; heals nothing."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import chinese_calendar
import orjson
import sqlalchemy as sa

from kehu import __version__
from kehu.base.db import migrations, system
from kehu.base.db.types import instant_text
from kehu.base.errors import BadInput
from kehu.base.settings import Settings
from kehu.core.catalog import proposals
from kehu.core.context import Ctx
from kehu.core.records.slow import slow_shapes

NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.glusterfs", "ceph", "afs"}
LEAST_FREE = 1 << 30
OLD_BACKUP = timedelta(days=2)
PACKAGES = ("sqlalchemy", "sqlcipher3", "psycopg", "fastapi", "uvicorn", "polars", "python-calamine")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing; `code` names its sentence, `<code>.advice` what to do."""

    level: Literal["error", "warning", "info"]
    code: str
    data: dict[str, Any] = field(default_factory=dict)


def diagnose(ctx: Ctx, settings: Settings, daily: Sequence[Path]) -> list[Finding]:
    """Look at machine and ledger; worst first. `daily` are the daily backups, oldest first."""
    found = [*_machine(settings), *_ledger(ctx), *_backups(ctx, daily)]
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda one: order[one.level])


def settings_of(settings: Settings) -> dict[str, Any]:
    """The settings in force; the database's address without its password."""
    url = settings.database_url
    return {
        "data": str(settings.data),
        "database": settings.database,
        "database_url": sa.make_url(url).render_as_string(hide_password=True) if url else None,
        "hosts": list(settings.hosts),
        "lang": settings.lang,
        "debug": settings.debug,
    }


def versions_of(ctx: Ctx | None) -> dict[str, str]:
    """Versions of the program, of what it stands on, and of the library or server that opens the ledger."""
    found = {
        "kehu": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    if ctx is not None:
        found[ctx.dialect.name] = ctx.dialect.server_version(ctx.tx)
        found["schema"] = str(migrations.current(ctx.tx))
    return found


def _machine(settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    free = shutil.disk_usage(settings.data).free
    if free < LEAST_FREE:
        found.append(Finding("warning", "doctor.disk", {"free": f"{free / (1 << 20):.0f} MB"}))
    kind = _file_system(settings.data)
    if kind in NETWORK and not settings.database_url:
        found.append(Finding("error", "doctor.network_disk", {"folder": str(settings.data), "kind": kind}))
    if sys.platform != "win32" and settings.key_file.exists():
        mode = settings.key_file.stat().st_mode & 0o777
        if mode & 0o077:
            found.append(Finding("warning", "doctor.key_open", {"file": str(settings.key_file), "mode": f"{mode:o}"}))
    return found


def _file_system(folder: Path) -> str:
    """Kind of file system under a folder, where the system tells (Linux)."""
    best, kind = "", ""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in mounts.splitlines():
        _, place, name, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        if os.path.commonpath([place, str(folder.absolute())]) == place and len(place) >= len(best):
            best, kind = place, name
    return kind


def _ledger(ctx: Ctx) -> list[Finding]:
    found: list[Finding] = []
    today = ctx.parse_env().today
    last = max(one.year for one in chinese_calendar.holidays)
    own = ctx.tx.execute(sa.select(sa.func.max(system.workday.c.day))).scalar()
    if today.year > last and (own is None or int(str(own)[:4]) < today.year):
        found.append(Finding("warning", "doctor.workdays_end", {"year": last}))
    elif today.year == last and today.month >= 11:
        found.append(Finding("info", "doctor.workdays_soon", {"year": last}))
    for state, level in (("failed", "error"), ("building", "info")):
        index = system.catalog_index
        for row in ctx.tx.execute(sa.select(index.c.name, index.c.entity).where(index.c.state == state)):
            found.append(Finding(level, f"doctor.index_{state}", {"index": row.name, "entity": row.entity}))  # type: ignore[arg-type]
    for name, missed in proposals.left_out(ctx):
        data = {"view": name, "index": f"{missed.entity} ({', '.join(missed.columns)})", "most": proposals.MOST}
        found.append(Finding("info", "doctor.view_without_index", data))
    for one in slow_shapes(ctx):
        data = {"index": one.index, "count": one.times, "last": one.last[:10]}
        found.append(Finding("warning", "doctor.slow", data))
    # A refusal of what somebody gave, like a file that is no workbook, was told to him at once and is nobody's trouble.
    failed = ctx.tx.execute(sa.select(system.job.c.error).where(system.job.c.state == "failed")).scalars()
    parked = sum(1 for error in failed if error is None or orjson.loads(error).get("exit") != BadInput.exit_code)
    if parked:
        found.append(Finding("warning", "doctor.jobs_failed", {"count": parked}))
    return found


def _backups(ctx: Ctx, daily: Sequence[Path]) -> list[Finding]:
    first = ctx.tx.execute(sa.select(sa.func.min(system.changeset.c.created_at))).scalar()
    old = first is not None and first < instant_text(ctx.now_at() - OLD_BACKUP)
    if not daily:
        return [Finding("warning", "doctor.no_backup", {})] if old else []
    age = ctx.now_at().timestamp() - daily[-1].stat().st_mtime
    if age > OLD_BACKUP.total_seconds():
        return [Finding("warning", "doctor.old_backup", {"days": int(age // 86400)})]
    return []
