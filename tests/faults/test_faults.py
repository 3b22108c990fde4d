"""`dev.py torture`, short: nothing acknowledged is lost, nothing doubled, `kehu verify` is clean.

Jumps of the clock and crowds are too long for this; what they need is tested with the jobs and the API.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kehu.base.errors import Conflict
from kehu.base.settings import Settings
from kehu.core.catalog.service import apply_changes
from kehu.core.records import read
from kehu.runtime import Runtime
from tests.support import ledgers
from tests.support import postgres as shared
from tools.dev import postgres
from torture import copying, crowd, killing, machine, processes
from torture.__main__ import database
from torture.place import SYSTEM, Outcome, Place, new_ledger


def expect_clean(*outcomes: Outcome) -> None:
    assert [one for one in outcomes if not one.clean] == []
    assert sum(one.acknowledged for one in outcomes) > 0, "nothing was done, so nothing is proved"


@pytest.fixture
def place(ledger_settings: Settings) -> Place:
    return Place(ledger_settings)


@pytest.fixture
def sqlite_place(data_dir: Path) -> Iterator[Place]:
    with ledgers.cloned("sqlite", data_dir) as settings:
        yield Place(settings)


@pytest.fixture
def postgres_place(postgres_server: str, data_dir: Path) -> Iterator[Place]:
    with ledgers.cloned("postgres", data_dir) as settings:
        yield Place(settings)


def test_kill_9(place: Place) -> None:
    expect_clean(*killing.kills(place, 1, rows=520, file=300, longest=1.5))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a running process")
def test_a_full_disk_stops_saving_and_nothing_else(sqlite_place: Place) -> None:
    expect_clean(machine.full_disk(sqlite_place, machine.Limit(sqlite_place.settings.ledger_file), 1))


def test_postgres_restarts_under_load(postgres_server: str, data_dir: Path) -> None:
    """A server of its own: that of the run belongs to all, and does not keep what it is told."""
    programs = postgres.find()
    assert programs is not None, shared.missing()
    with postgres.Server(programs, durable=True) as server:
        place = new_ledger(Settings(data=data_dir, database_url=database(server, "ledger")))
        expect_clean(machine.restarts(place, lambda rudely: server.restart(rudely=rudely), 2, writers=1))


def test_silent_clients_keep_nobody_out(sqlite_place: Place) -> None:
    """security.md 6.5: more than one address may have, all silent, and one that works."""
    expect_clean(crowd.flood(sqlite_place, 1200, seconds=2))


def test_two_servers_and_a_worker_are_one(postgres_place: Place) -> None:
    expect_clean(processes.two_servers(postgres_place, 3, rows=520, wait_for_lease=False))


def test_a_backup_beside_writers_is_whole(postgres_place: Place, tmp_path: Path) -> None:
    expect_clean(copying.backups(postgres_place, Settings(data=tmp_path / "copy"), writers=16, times=1))


def test_a_catalog_change_behind_a_long_reader_is_a_conflict(postgres_place: Place) -> None:
    """PostgreSQL lets no column be added while somebody reads; the change gives up after a second, as a 409."""
    with Runtime.open(postgres_place.settings) as runtime, runtime.read(SYSTEM) as reading:
        list(read.rows(reading, "customer", {"select": ["name"]}))
        field = {"op": "field.add", "entity": "customer", "key": "hobby", "type": "text", "label": "爱好"}
        with pytest.raises(Conflict) as refused, runtime.write(SYSTEM) as ctx:
            apply_changes(ctx, [field])
    assert refused.value.code == "catalog.busy"
