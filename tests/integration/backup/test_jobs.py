"""R87: backups in the background: on demand, for administrators, and every night, seven of them kept."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from kehu.base.common.clock import FixedClock
from kehu.base.db import system
from kehu.base.errors import NotAllowed, NotFound
from kehu.base.settings import Settings
from kehu.core.context import Actor
from kehu.features.backup import jobs
from kehu.features.backup.restore import restore
from kehu.features.backup.service import backup
from kehu.runtime import Runtime, finish_restore
from tests.support.ledger_samples import admin, fill

SYSTEM = Actor("system", None, "测试")
CLERK = Actor("user", 7, "小王", ("sales", "manager", "service", "finance"))


def test_an_administrator_makes_and_fetches_a_backup(runtime: Runtime, tmp_path: Path) -> None:
    fill(runtime)
    with runtime.write(admin) as ctx:
        id = jobs.create(ctx)
    with runtime.read(admin) as ctx:
        assert jobs.status(ctx, id)["state"] == "running"
        with pytest.raises(NotFound):
            jobs.content(ctx, id)
    runtime.runner().run_all()
    with runtime.read(admin) as ctx:
        told = jobs.status(ctx, id)
        name, pieces = jobs.content(ctx, id)
        raw = b"".join(pieces)
    assert told["state"] == "ready"
    assert told["error"] is None
    assert name == told["filename"]
    assert name.endswith(".kehu")
    assert hashlib.sha256(raw).hexdigest() == told["result"]["sha256"]
    (tmp_path / name).write_bytes(raw)
    assert restore(Settings(data=tmp_path / "neu"), tmp_path / name, finish=finish_restore)["verified"]


def test_nobody_but_administrators_gets_the_whole_ledger(runtime: Runtime, tmp_path: Path) -> None:
    fill(runtime)
    with runtime.write(admin) as ctx:
        id = jobs.create(ctx)
    runtime.runner().run_all()
    with runtime.write(CLERK) as ctx:
        for forbidden in (lambda: jobs.create(ctx), lambda: jobs.status(ctx, id), lambda: jobs.content(ctx, id)):
            with pytest.raises(NotAllowed):
                forbidden()
        with pytest.raises(NotAllowed):
            backup(ctx, tmp_path / "a.kehu")
    assert not (tmp_path / "a.kehu").exists()


def test_a_copy_every_night_and_seven_are_kept(ledger_settings: Settings) -> None:
    clock = FixedClock(datetime(2026, 3, 5, 2, 0, tzinfo=UTC))
    with Runtime.open(ledger_settings, clock=clock) as runtime:
        fill(runtime)
        with runtime.write(SYSTEM) as ctx:
            jobs.schedule(ctx)
            jobs.schedule(ctx)
            due = ctx.tx.execute(sa.select(system.job.c.not_before).where(system.job.c.kind == jobs.DAILY)).scalars()
            assert list(due) == ["2026-03-05T19:00:00.000Z"]  # three at night in Shanghai, once
        kept = ledger_settings.backups
        for number in range(9):
            old = kept / f"kehu-202602{number + 10}-0300.kehu"
            old.write_bytes(b"")
            os.utime(old, (1_700_000_000 + number, 1_700_000_000 + number))
        (kept / "before-0002-20260101-000000.kehu").write_bytes(b"")
        with runtime.write(SYSTEM) as ctx:
            ctx.tx.execute(sa.update(system.job).where(system.job.c.kind == jobs.DAILY).values(not_before=None))
        runtime.runner().run_all()
        names = [file.name for file in jobs.daily_backups(ledger_settings.data)]
        assert names[-1] == "kehu-20260305-1000.kehu"
        assert names[:-1] == [f"kehu-202602{number}-0300.kehu" for number in range(13, 19)]
        assert (kept / "before-0002-20260101-000000.kehu").exists()
        with runtime.read(SYSTEM) as ctx:
            row = ctx.tx.execute(sa.select(system.job).where(system.job.c.kind == jobs.DAILY)).one()
        assert row.state == "waiting"
        assert datetime.fromisoformat(row.not_before) - datetime.now(UTC) > timedelta(hours=16)
        target = Settings(data=ledger_settings.data.parent / "neu")
        assert restore(target, kept / names[-1], finish=finish_restore)["verified"]
