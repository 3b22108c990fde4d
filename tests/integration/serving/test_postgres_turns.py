"""What a save and a page cost on PostgreSQL: few turns to the server, kept plans, few who read at once, and
connections that are found dead.

Only there: SQLite has no server to ask and no plans to keep.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.dialects.base import StatementTimeout
from kehu.core.accounts import service, tokens
from kehu.core.accounts.sessions import hashed
from kehu.core.context import Actor, Asking, Ctx
from kehu.core.records import read, write
from kehu.runtime import POSTGRES_READERS, Runtime
from tests.support import ledgers

BOSS = Actor("system", None, "boss")
CUSTOMER: dict[str, Any] = {"kind": "enterprise", "tags": ["重点", "华东"], "mobile": "13800138000"}
TURNS = 44  # of a customer with a contact; 77 when each small thing had a turn of its own
PAGE_TURNS = 4  # begin, who asks and of which catalog, the time limit, the rows; 7 when each had a turn of its own


@pytest.fixture
def opened(postgres_server: str, tmp_path: Path) -> Iterator[Runtime]:
    with ledgers.cloned("postgres", tmp_path / "ledger") as settings, Runtime.open(settings) as runtime:
        yield runtime


def _save(runtime: Runtime, number: int) -> int:
    with runtime.write(BOSS) as ctx:
        contact = {"name": "张伟", "mobile": f"1390013{number:04}"}
        made = write.create(ctx, "customer", {**CUSTOMER, "name": f"上海宏远贸易{number}", "contacts": [contact]})
        return made.ids[0]


@contextmanager
def _counted() -> Iterator[list[None]]:
    """Give a list that grows with each turn to the server inside the block."""
    turns: list[None] = []
    wait = psycopg.Connection.wait

    def counted(*arguments: Any, **more: Any) -> Any:
        turns.append(None)
        return wait(*arguments, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg.Connection, "wait", counted)
        yield turns


def test_a_save_takes_few_turns_to_the_server(opened: Runtime) -> None:
    for number in range(3):
        _save(opened, number)
    with _counted() as turns:
        _save(opened, 3)
    assert 10 < len(turns) <= TURNS


def test_a_page_takes_four_turns_to_the_server(opened: Runtime) -> None:
    with opened.write(BOSS) as ctx:
        token, _ = tokens.add_token(ctx, service.require_account(ctx.tx, ledgers.ADMIN))
    asking = Asking(tokens.FIND_TOKEN, {"hash": hashed(token)}, lambda row: _known(row, opened))
    body = {"select": ["name"], "sort": [{"field": "updated_at", "order": "desc"}], "limit": 1}
    for number in range(2):  # so that the rows are all in the first part of the order
        _save(opened, number)

    def page() -> None:
        with opened.read(asking) as ctx:
            assert read.query(ctx, "customer", body)

    page()  # plans are made
    with _counted() as turns:
        page()
    assert len(turns) == PAGE_TURNS
    with _counted() as turns, opened.read(asking) as ctx:
        assert ctx.actor.name == ledgers.ADMIN
    assert len(turns) == PAGE_TURNS - 2


def _known(row: tuple[Any, ...] | None, runtime: Runtime) -> Actor:
    found = tokens.token_of(row, runtime.clock.now())
    assert found is not None
    return found[0]


def _limit(ctx: Ctx) -> object:
    return ctx.tx.exec_driver_sql("show statement_timeout").scalar_one()


def test_a_time_limit_ends_with_its_block_and_readers_leave_nothing_open(opened: Runtime) -> None:
    for unit in (opened.read, opened.write):
        with unit(BOSS) as ctx:
            with ctx.dialect.time_limit(ctx.tx, 2.0), ctx.dialect.time_limit(ctx.tx, 1.0):
                assert _limit(ctx) == "2s"
            assert _limit(ctx) == "0"
            with pytest.raises(StatementTimeout), ctx.dialect.time_limit(ctx.tx, 0.01), ctx.tx.begin_nested():
                ctx.tx.exec_driver_sql("select pg_sleep(10)")
    with opened.write(BOSS) as ctx:
        states = "select state from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        assert set(ctx.tx.exec_driver_sql(states).scalars()) == {"idle"}
    with pytest.raises(sa.exc.InternalError, match="read-only"), opened.read(BOSS) as ctx:
        ctx.tx.execute(sa.delete(system.token))
    with opened.read(BOSS) as ctx:
        assert _limit(ctx) == "0"


def test_eight_read_at_once_and_background_work_beside_them(opened: Runtime) -> None:
    in_turn = threading.Event()

    def read_in_turn() -> None:
        with opened.read(BOSS):
            in_turn.set()

    waiting = threading.Thread(target=read_in_turn)
    with ExitStack() as reading:
        for _ in range(POSTGRES_READERS):
            reading.enter_context(opened.read(BOSS))
        waiting.start()
        with opened.read(BOSS, None, True) as ctx:
            assert ctx.catalog.version
        assert not in_turn.wait(0.3), "all places are taken"
    assert in_turn.wait(10), "a place came free"
    waiting.join()


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
