"""Running other programs and telling about it. Paths of the repository. Knows nothing about what is run."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
WINDOWS = sys.platform == "win32"


class Trouble(Exception):
    """Something a person must know or do. Shown as one sentence, without a traceback."""


def in_ci() -> bool:
    """True where a missing PostgreSQL or browser must fail instead of being skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def is_root() -> bool:
    """True for the administrator of a POSIX system."""
    return not WINDOWS and os.geteuid() == 0


def say(text: str) -> None:
    """Print one line at once, also when the output is a file."""
    print(text, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> None:
    """Run a program and raise Trouble when it fails. With `quiet`, its output is shown only then."""
    code, output = call(command, cwd=cwd, env=env, quiet=quiet)
    if code != 0:
        if quiet:
            say(output.rstrip())
        raise Trouble(f"failed ({code}): {shlex.join(str(part) for part in command)}")


def call(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> tuple[int, str]:
    """Run a program, return its exit code and, with `quiet`, what it printed."""
    sys.stdout.flush()
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as program:
        try:
            printed, _ = program.communicate()
        except BaseException:
            program.terminate()  # not killed: it has servers of its own to stop
            raise
    return program.returncode, printed or ""


def leave_when_told() -> None:
    """End on SIGTERM as on Ctrl+C, so that every server that was started is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@dataclass
class Phases:
    """Names, seconds and failures of the steps of one command."""

    done: list[tuple[str, float, str]] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step. A failure is remembered and told; the steps after it still run."""
        say(f"── {name}")
        start = time.monotonic()
        failure = ""
        try:
            yield
        except Trouble as trouble:
            failure = str(trouble)
            say(f"✗ {failure}")
        self.done.append((name, time.monotonic() - start, failure))

    def beside(self, *parts: Callable[[], None]) -> None:
        """Run parts with steps of their own at the same time: most steps keep one core busy, or wait for a network."""
        with ThreadPoolExecutor(len(parts)) as pool:
            for running in [pool.submit(part) for part in parts]:
                running.result()

    @property
    def failures(self) -> list[str]:
        """The steps that failed, with their reason."""
        return [f"{name}: {failure}" for name, _, failure in self.done if failure]

    def report(self) -> None:
        """Print a table of all steps."""
        say("")
        for name, seconds, failure in self.done:
            say(f"  {'✗' if failure else '✓'} {name:<32} {seconds:7.1f} s")
        say(f"    {'together, some beside others':<32} {time.monotonic() - self.begun:7.1f} s")
