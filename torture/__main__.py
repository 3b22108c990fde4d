"""`python -m torture`, called by `python3 dev.py torture`: do harm, look what is left, print one table.

Ends with 1 when something acknowledged was lost, something was done twice, `kehu verify` found a fault, or an answer
was given that must not be.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg

from kehu.base.settings import Settings
from tools.dev import postgres
from tools.dev.shell import leave_when_told
from torture import copying, crowd, killing, machine, processes
from torture.place import Outcome, Place, new_ledger

JUMPS = tuple(timedelta(hours=hours) for hours in (30, -30, 24 * 7, -24 * 3, 1, -1, 24 * 60, 0))
DATABASES = ("sqlite", "postgres")
SMALL = {"sqlite": 64, "postgres": 320}  # megabytes of the disk that fills up


class Ground:
    """Where ledgers of one database are made: folders, a PostgreSQL of our own that keeps what it is told."""

    def __init__(self, folder: Path, db: str, server: postgres.Server | None) -> None:
        self.folder, self.db, self.server = folder, db, server
        self._number = 0

    def settings(self, *, folder: Path | None = None, db: str | None = None) -> Settings:
        """An empty place for a ledger."""
        self._number += 1
        name = f"ledger{self._number}"
        url = None
        if (db or self.db) == "postgres":
            assert self.server is not None
            url = database(self.server, f"{name}_{self.db}")
        return Settings(data=(folder or self.folder) / name, database_url=url)

    def place(self) -> Place:
        """A ledger."""
        return new_ledger(self.settings())


def main(arguments: list[str]) -> int:
    """Run the faults; return the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py torture")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of {' '.join(FAULTS)}; all without")
    parser.add_argument("--db", choices=DATABASES, action="append", help="one database only")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--times", type=int, default=10, help="full disks, restarts, backups")
    parser.add_argument("--edits", type=int, default=200, help="catalog edits under load")
    parser.add_argument("--connections", type=int, default=1200)
    parser.add_argument("--writers", type=int, default=64)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=600, help="how long the users work")
    options = parser.parse_args(arguments)
    unknown = set(options.faults) - set(FAULTS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    outcomes: list[Outcome] = []
    broken: list[str] = []
    print(HEAD, flush=True)
    for db in options.db or DATABASES:
        for name in options.faults or FAULTS:
            try:
                with ground(db, needs_server=db == "postgres") as there:
                    for outcome in FAULTS[name](there, options):
                        outcomes.append(outcome)
                        print(line(outcome), flush=True)
            except Exception:  # noqa: BLE001 the other faults deserve their turn
                broken.append(f"{name} on {db}")
                traceback.print_exc()
    print(f"\n{HEAD}\n" + "\n".join(map(line, outcomes)))
    if broken:
        print(f"did not come to an end: {', '.join(broken)}")
    return 0 if outcomes and not broken and all(one.clean for one in outcomes) else 1


@contextlib.contextmanager
def ground(db: str, *, needs_server: bool, data: Path | None = None) -> Iterator[Ground]:
    """A folder that goes away, with a PostgreSQL where one is needed."""
    folder = Path(tempfile.mkdtemp(prefix="kehu-torture-"))
    folder.chmod(0o711)  # a PostgreSQL of another user may have its data below
    os.environ["KEHU_CONFIG"] = str(folder / "config")
    try:
        with contextlib.ExitStack() as stack:
            server = None
            if needs_server:
                programs = postgres.find()
                if programs is None:
                    raise RuntimeError("no PostgreSQL server found: set KEHU_TEST_POSTGRES")
                server = stack.enter_context(postgres.Server(programs, durable=True, data=data))
            yield Ground(folder, db, server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def database(server: postgres.Server, name: str) -> str:
    """Make an empty database and return its address."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f'create database "{name}"'.encode())
    return server.url(name)


def _kill(there: Ground, options: argparse.Namespace) -> Iterator[Outcome]:
    yield from killing.kills(there.place(), options.kills)


def _disk(there: Ground, options: argparse.Namespace) -> Iterator[Outcome]:
    with contextlib.ExitStack() as stack:
        folder = there.folder / "small"
        folder.mkdir(mode=0o777)
        disk = stack.enter_context(machine.small_disk(folder, SMALL[there.db]))
        if there.db == "sqlite":
            place = new_ledger(there.settings(folder=folder))
            yield machine.full_disk(place, disk or machine.Limit(place.settings.ledger_file), options.times)
        elif disk is not None:
            data = folder / "data"
            small = stack.enter_context(ground("postgres", needs_server=True, data=data))
            server = small.server
            assert server is not None
            yield machine.full_disk(small.place(), disk, options.times, revive=lambda: _revive(server))
        else:
            yield Outcome("disk full", there.db, note="NOT DONE: nothing may be mounted here")


def _revive(server: postgres.Server) -> None:
    if server.process is None or server.process.poll() is not None:
        server.restart()


def _clock(there: Ground, _: argparse.Namespace) -> Iterator[Outcome]:
    yield machine.clock_jumps(there.place(), JUMPS, there.folder)


def _restart(there: Ground, options: argparse.Namespace) -> Iterator[Outcome]:
    server = there.server
    if server is not None:
        yield machine.restarts(there.place(), lambda rudely: server.restart(rudely=rudely), options.times)


def _flood(there: Ground, options: argparse.Namespace) -> Iterator[Outcome]:
    yield crowd.flood(there.place(), options.connections)


def _writers(there: Ground, options: argparse.Namespace) -> Iterator[Outcome]:
    yield crowd.writers(there.place(), options.writers, 20.0)


def _processes(there: Ground, options: argparse.Namespace) -> Iterator[Outcome]:
    if there.db == "postgres":
        yield processes.two_servers(there.place(), options.edits)


def _backup(there: Ground, options: argparse.Namespace) -> Iterator[Outcome]:
    yield copying.backups(there.place(), there.settings(), writers=16, times=max(1, options.times // 3))


def _users(there: Ground, options: argparse.Namespace) -> Iterator[Outcome]:
    yield crowd.users(there.place(), options.users, options.seconds)


FAULTS: dict[str, Callable[[Ground, argparse.Namespace], Iterator[Outcome]]] = {
    "kill": _kill,
    "disk": _disk,
    "clock": _clock,
    "restart": _restart,
    "flood": _flood,
    "writers": _writers,
    "processes": _processes,
    "backup": _backup,
    "users": _users,
}

HEAD = f"{'':2}{'fault':28}{'db':10}{'times':>6}{'saved':>9}{'lost':>6}{'doubled':>8}{'dirty':>6}{'errors':>7}{'s':>6}"


def line(outcome: Outcome) -> str:
    """One row of the table."""
    told = "; ".join(f"{what} × {times}" for what, times in outcome.errors.most_common(5))
    return (
        f"{'✓' if outcome.clean else '✗'} {outcome.fault:28}{outcome.db:10}{outcome.times:6}{outcome.acknowledged:9,}"
        f"{outcome.lost:6}{outcome.doubled:8}{outcome.dirty:6}{outcome.errors.total():7}{outcome.seconds:6.0f}"
        f"  {' · '.join(part for part in (outcome.note, told) if part)}"
    )


if __name__ == "__main__":
    leave_when_told()
    sys.exit(main(sys.argv[1:]))
