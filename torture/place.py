"""A ledger, its database, and the processes that serve it; a client of one connection; what a fault did.

Every process runs on loopback and is ended by its id. Nothing here knows what is done to them.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.settings import Settings
from kehu.core.accounts.service import find_account
from kehu.core.accounts.tokens import add_token
from kehu.core.context import Actor
from kehu.core.records import read
from kehu.features.verification.service import verify
from kehu.runtime import Runtime, SetUpRequest

ADMIN, PASSWORD = "admin", "山高水长-2026"
SYSTEM = Actor("system", None, "torture")
GONE = (OSError, http.client.HTTPException)  # the server is not there, or went away before it answered
LOOPBACK = "127.0.0.1"


@dataclass
class Outcome:
    """One row of the table. `times` is how often the fault struck work in flight."""

    fault: str
    db: str
    times: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    dirty: int = 0
    errors: Counter[str] = field(default_factory=Counter)  # answers that must not be, by what they were
    note: str = ""
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.doubled or self.dirty or self.errors)


@dataclass(frozen=True)
class Process:
    """A running `kehu serve` or `kehu worker`."""

    id: int
    url: str
    token: str

    def client(self, *, timeout: float = 60, source: str | None = None) -> Client:
        """A client of this server with a connection of its own; `source` is the address that it comes from."""
        return Client(self.url, self.token, timeout=timeout, source=source)

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.id, signal.SIGKILL)


class Place:
    """A ledger that exists, and what is needed to serve it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        with Runtime.open(settings) as runtime, runtime.write(SYSTEM) as ctx:
            account = find_account(ctx.tx, ADMIN)
            assert account is not None
            self.token = add_token(ctx, account)[0]

    @property
    def db(self) -> str:
        """Which database it is on."""
        return self.settings.database

    @contextmanager
    def serving(
        self,
        *,
        module: str = "kehu",
        env: dict[str, str] | None = None,
        command: Sequence[str] = ("serve", "--port", "0"),
    ) -> Iterator[Process]:
        """Run a process of the program over the ledger until the block ends, if it is still there."""
        log = self.settings.data.with_name(f"{self.settings.data.name}-server.log")
        with (
            log.open("ab") as errors,
            subprocess.Popen(
                [sys.executable, "-m", module, *command, "--json"],
                env=environment(self.settings) | (env or {}),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            assert process.stdout is not None
            try:
                line = process.stdout.readline()
                if not line.strip():
                    raise RuntimeError(f"kehu {command[0]} did not start\n{log.read_text('utf-8', 'replace')[-3000:]}")
                yield Process(process.pid, str(json.loads(line).get("url", "")).rstrip("/"), self.token)
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise

    def customers(self) -> dict[int, tuple[str, str | None]]:
        """Name and remark of every customer by id, read past any server."""
        with Runtime.open(self.settings) as runtime, runtime.read(SYSTEM) as ctx:
            rows = read.rows(ctx, "customer", {"select": ["name", "remark"]})
            return {row[0]: (row[2], row[3]) for row in rows}

    def working_files(self) -> int:
        """Working files that lie about; none when nothing runs."""
        return sum(left.is_file() for left in self.settings.tmp.rglob("*"))

    def dirty(self) -> int:
        """Faults that `kehu verify` finds; they are printed."""
        with Runtime.open(self.settings) as runtime, runtime.read(SYSTEM) as ctx:
            found = verify(ctx)
        for check in found["checks"]:
            if check["faults"]:
                print(f"    verify: {check}", file=sys.stderr, flush=True)
        return sum(check["faults"] for check in found["checks"])

    def wait_for_jobs(self, seconds: float = 120) -> None:
        """Until no job is running or failed to get its turn; schedules that are not due do not count."""
        with Runtime.open(self.settings) as runtime:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                with runtime.read(SYSTEM) as ctx:
                    job = system.job
                    busy = sa.or_(
                        job.c.state == "running", sa.and_(job.c.state == "waiting", job.c.not_before.is_(None))
                    )
                    left = ctx.tx.execute(sa.select(sa.func.count()).select_from(job).where(busy)).scalar_one()
                if not left:
                    return
                time.sleep(0.2)
        raise TimeoutError("jobs are still running")


def new_ledger(settings: Settings) -> Place:
    """Make a ledger with the kit `general`."""
    with Runtime.open(settings, create=True) as runtime:
        runtime.set_up(SetUpRequest(kit="general", admin=ADMIN, password=PASSWORD, firm="宏远商贸"))
    return Place(settings)


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process over this ledger."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("KEHU_")}
    env |= {"KEHU_DATA": str(settings.data), "KEHU_LANG": "zh-CN", "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    env["KEHU_CONFIG"] = os.environ["KEHU_CONFIG"]
    root = str(Path(__file__).resolve().parents[1])
    env["PYTHONPATH"] = os.pathsep.join(part for part in (root, env.get("PYTHONPATH")) if part)
    return env | ({"KEHU_DATABASE_URL": settings.database_url} if settings.database_url else {})


def command_line(settings: Settings, *words: str) -> dict[str, Any]:
    """Run the command line with --json; raises with its error text unless it exits with 0."""
    done = subprocess.run(
        [sys.executable, "-m", "kehu", *words, "--json"],
        env=environment(settings),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"kehu {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Client:
    """HTTP over one kept connection that is opened anew when it was lost."""

    def __init__(self, url: str, token: str, *, timeout: float, source: str | None) -> None:
        place = urlsplit(url)
        origin = (source, 0) if source else None
        self._connection = http.client.HTTPConnection(place.netloc, timeout=timeout, source_address=origin)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, data: object = None, **headers: str) -> tuple[int, Any]:
        """Send JSON; return status and JSON. Raises one of GONE."""
        body = None if data is None else json.dumps(data).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._send(method, path, body, self._headers | named)

    def upload(self, path: str, name: str, content: bytes, fields: dict[str, str]) -> tuple[int, Any]:
        """Send a file as multipart form."""
        mark = "----kehu-torture"
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        head = "".join(parts) + f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return self._send("POST", path, body, self._headers | kind)

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
        try:
            self._connection.request(method, f"/api/v1{path}", body, headers)
            answer = self._connection.getresponse()
            raw = answer.read()
        except GONE:
            self._connection.close()
            raise
        return answer.status, json.loads(raw) if raw else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
