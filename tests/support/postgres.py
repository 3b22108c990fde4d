"""One PostgreSQL server per test run, shared by all workers, and one fresh database per test.

The first test that needs the server starts a keeper process; it ends when the run ends, however the run ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tools.dev import postgres
from tools.dev.shell import ROOT, Trouble

FOLDER = "KEHU_TEST_RUN"  # environment variable: folder shared by the workers of one run


def begin_run() -> None:
    """Called once per run, by the process that starts the workers."""
    folder = Path(tempfile.mkdtemp(prefix="kehu-tests-"))
    (folder / "owner").write_text(str(os.getpid()), encoding="utf-8")
    os.environ[FOLDER] = str(folder)


def end_run() -> None:
    """Called once per run, at its end: ends the server if one was started and removes the shared folder."""
    folder = Path(os.environ.pop(FOLDER))
    (folder / "stop").touch()
    if (folder / "keeper").exists():
        keeper = int((folder / "keeper").read_text(encoding="utf-8"))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and _running(keeper):
            time.sleep(0.05)
    shutil.rmtree(folder)


def missing() -> str | None:
    """Return why there is no PostgreSQL, None when there is one."""
    try:
        return None if postgres.find() else f"no PostgreSQL server {postgres.MINIMUM} or newer found"
    except Trouble as trouble:
        return str(trouble)


def server_url(database: str = "postgres") -> str:
    """Return the address of a database of the run's server; the first caller starts the server."""
    folder = Path(os.environ[FOLDER])
    if _claim(folder / "claim"):
        with (folder / "keeper.log").open("wb") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tools.dev.postgres", str(folder)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (folder / "keeper").write_text(str(keeper.pid), encoding="utf-8")
        keeper.returncode = 0  # it outlives this process on purpose; nobody here waits for it
    url = _wait(folder)
    return url.replace("DATABASE", database)


def make_database(name: str) -> str:
    """Make an empty database of this name and return its address. It lives as long as the run."""
    with _administrator() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server_url(name)


@contextmanager
def fresh_database(template: str | None = None) -> Iterator[str]:
    """Give the address of a new database, empty or cloned from `template`; drop it afterwards."""
    name = f"kehu_{uuid.uuid4().hex[:16]}"
    with _administrator() as connection:
        make = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            # Files are copied in half the time that it takes to write all of their blocks to the log.
            make += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
        connection.execute(make)
    try:
        yield server_url(name)
    finally:
        with _administrator() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _administrator() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    connection = psycopg.connect(server_url(), autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


def _claim(path: Path) -> bool:
    """True for exactly one caller among all workers."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _wait(folder: Path) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if (folder / "url").exists():
            return (folder / "url").read_text(encoding="utf-8")
        if (folder / "failed").exists():
            raise RuntimeError((folder / "failed").read_text(encoding="utf-8"))
        time.sleep(0.05)
    log = folder / "keeper.log"
    raise TimeoutError(f"PostgreSQL was not ready within 90 s\n{log.read_text(errors='replace')}")


def _running(process_id: int) -> bool:
    try:
        os.waitpid(process_id, os.WNOHANG)  # takes the exit code when the keeper is our own child
    except (ChildProcessError, OSError):
        pass
    try:
        os.kill(process_id, 0)
    except OSError:
        return False
    return True
