"""What a save costs on PostgreSQL: few turns to the server, plans that are kept, connections that are found dead.

Only there: SQLite has no server to ask and no plans to keep.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.context import Actor
from kehu.core.records import write
from kehu.runtime import Runtime
from tests.support import ledgers

BOSS = Actor("system", None, "boss")
CUSTOMER: dict[str, Any] = {"kind": "enterprise", "tags": ["重点", "华东"], "mobile": "13800138000"}
TURNS = 44  # of a customer with a contact; 77 when each small thing had a turn of its own


@pytest.fixture
def opened(postgres_server: str, tmp_path: Path) -> Iterator[Runtime]:
    with ledgers.cloned("postgres", tmp_path / "ledger") as settings, Runtime.open(settings) as runtime:
        yield runtime


def _save(runtime: Runtime, number: int) -> int:
    with runtime.write(BOSS) as ctx:
        contact = {"name": "张伟", "mobile": f"1390013{number:04}"}
        made = write.create(ctx, "customer", {**CUSTOMER, "name": f"上海宏远贸易{number}", "contacts": [contact]})
        return made.ids[0]


def test_a_save_takes_few_turns_to_the_server(opened: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        _save(opened, number)
    turns = 0
    wait = psycopg.Connection.wait

    def counted(*arguments: Any, **more: Any) -> Any:
        nonlocal turns
        turns += 1
        return wait(*arguments, **more)

    monkeypatch.setattr(psycopg.Connection, "wait", counted)
    _save(opened, 3)
    assert 10 < turns <= TURNS


def test_the_plan_of_what_is_computed_for_a_record_is_kept(opened: Runtime) -> None:
    for number in range(8):
        _save(opened, number)
    with opened.write(BOSS) as ctx:
        plans = "select statement, generic_plans from pg_prepared_statements where statement like 'WITH new0%customer%'"
        kept = {row[0]: row[1] for row in ctx.tx.execute(sa.text(plans))}
    assert kept, "nothing was prepared"
    assert max(kept.values()) >= 1, "each save is planned anew"


def test_ids_of_two_processes_follow_each_other(opened: Runtime) -> None:
    with Runtime.open(opened.settings) as other:
        for number in range(20):
            _save(opened if number % 2 else other, number)
        with opened.read(BOSS) as ctx:
            table = system.tx
            rows = ctx.tx.execute(sa.select(table.c.id, table.c.changeset, table.c.seq).order_by(table.c.seq)).all()
    assert len({row.id for row in rows}) == len({row.changeset for row in rows}) == len(rows) >= 20
    assert [row.id for row in rows] == sorted(row.id for row in rows), "undo goes backwards by them"
    assert [row.changeset for row in rows] == sorted(row.changeset for row in rows), "the list is newest first by them"


def test_a_connection_that_the_server_has_ended_is_replaced(opened: Runtime) -> None:
    _save(opened, 0)
    with opened.read(BOSS) as ctx:
        assert ctx.catalog.entities
    assert opened.settings.database_url
    with psycopg.connect(opened.settings.database_url, autocommit=True) as other:
        ended = other.execute(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
        ).fetchone()
    assert ended is not None
    assert ended[0] >= 2
    with opened.read(BOSS) as ctx:
        assert ctx.catalog.entities
    _save(opened, 1)
