"""A real `kehu serve` in a process of its own, on a new ledger. For tests that must see what a person sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "山高水长-2026"
STOP_SECONDS = 60


@dataclass(frozen=True)
class LedgerServer:
    """Where the server listens and how to sign in."""

    url: str
    data: Path
    process_id: int
    admin: str = "admin"
    password: str = PASSWORD
    setup_code: str = ""


def kehu(*arguments: str, data: Path, database_url: str | None = None, stdin: str = "") -> dict[str, object]:
    """Run the command line with --json and return its answer. Raises with its error text unless it exits with 0."""
    done = subprocess.run(
        [*_command(), *arguments, "--json"],
        env=_environment(data, database_url),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, (
        f"kehu {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def make_ledger(data: Path, *, database_url: str | None = None) -> None:
    """Set a ledger up with the kit `general` and the administrator `admin`."""
    words = ["init", "--kit", "general", "--name", "宏远商贸", "--admin", "admin", "--password-stdin"]
    kehu(*words, data=data, database_url=database_url, stdin=PASSWORD + "\n")


@contextmanager
def serving(data: Path, *, database_url: str | None = None, init: bool = True) -> Iterator[LedgerServer]:
    """Make a ledger in `data` (unless `init` is false) and serve it on a free port until the block ends."""
    if init:
        make_ledger(data, database_url=database_url)
    log = data.with_name(f"{data.name}-server.log")
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [*_command(), "serve", "--port", "0", "--json"],
            env=_environment(data, database_url),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.strip(), f"kehu serve ended before it was ready\n{log.read_text('utf-8', 'replace')}"
            ready = json.loads(line)
            url, code = ready["url"].rstrip("/"), ready.get("setup", "")
            yield LedgerServer(url, data, process.pid, setup_code=code)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _command() -> list[str]:
    return [sys.executable, "-m", "kehu"]


def _environment(data: Path, database_url: str | None) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("KEHU_")}
    env |= {"KEHU_DATA": str(data), "KEHU_LANG": "zh-CN", "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    env["KEHU_CONFIG"] = os.environ.get("KEHU_CONFIG") or str(data.with_name(f"{data.name}-config"))
    return env | ({"KEHU_DATABASE_URL": database_url} if database_url else {})
