"""Exported files go after a week, their content too; the list of exports keeps what was done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from kehu.base.common.clock import FixedClock
from kehu.base.db import system
from kehu.base.errors import NotFound
from kehu.base.settings import Settings
from kehu.core.context import Actor
from kehu.core.jobs.table import due_now
from kehu.features.backup.service import backup
from kehu.features.exporting import expiry, service
from kehu.runtime import Runtime
from tests.support.ledger_samples import admin, fill

SYSTEM = Actor("system", None, "测试")


def test_an_exported_file_goes_after_a_week_with_its_content(ledger_settings: Settings) -> None:
    clock = FixedClock(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    with Runtime.open(ledger_settings, clock=clock) as runtime:
        fill(runtime)
        before = set(runtime.storage.folder.rglob("*"))
        old = _export(runtime)
        (content,) = {path for path in runtime.storage.folder.rglob("*") if path.is_file()} - before
        clock.set(clock.now() + timedelta(days=expiry.DAYS - 1))
        young = _export(runtime)
        _night(runtime)
        assert _fetch(runtime, old).startswith(b"\xef\xbb\xbf"), "not before the week is over"

        clock.set(clock.now() + timedelta(days=1, minutes=1))
        _night(runtime)
        with runtime.read(admin) as ctx:
            assert service.status(ctx, old)["state"] == "expired"
            assert service.status(ctx, old)["result"]["rows"] == service.status(ctx, young)["result"]["rows"] > 0
            with pytest.raises(NotFound) as gone:
                service.content(ctx, old)
            assert gone.value.code == "export.gone"
            kept = ctx.tx.execute(sa.select(sa.func.count()).where(system.file.c.kind == "export")).scalar()
            assert kept == 1
            assert expiry.FORGOTTEN not in str(ctx.tx.execute(sa.select(system.export_run.c.data)).scalars().all())
        assert not content.exists()
        assert _fetch(runtime, young).startswith(b"\xef\xbb\xbf")
        with runtime.read(admin) as ctx:
            assert backup(ctx, ledger_settings.data.parent / "nachher.kehu")["records"] > 0


def _export(runtime: Runtime) -> int:
    with runtime.write(admin) as ctx:
        id = service.create(ctx, {"entity": "customer", "format": "csv", "select": ["code", "name"]})
    runtime.runner().run_all()
    return id


def _fetch(runtime: Runtime, id: int) -> bytes:
    with runtime.read(admin) as ctx:
        return b"".join(service.content(ctx, id)[1])


def _night(runtime: Runtime) -> None:
    with runtime.write(SYSTEM) as ctx:
        expiry.schedule(ctx)
        due_now(ctx, expiry.KIND)
    runtime.runner().run_all()
    with runtime.read(SYSTEM) as ctx:
        states = ctx.tx.execute(sa.select(system.job.c.state).where(system.job.c.kind == expiry.KIND)).scalars().all()
    assert states == ["waiting"], "it comes back the next night"
