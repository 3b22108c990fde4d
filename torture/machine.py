"""What a machine does to a server: the disk fills up, the clock jumps, the database restarts."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from torture.clocked import FILE
from torture.place import Outcome, Place, Process
from torture.work import Bulk, Imports, Singles, Work, checked, seed, working

ROWS = 600  # more than a bulk edit does at once
PATIENCE = 60.0


class Disk(Protocol):
    """Something that can be made full and roomy again."""

    how: str

    def fill(self, server: Process) -> None:
        """Leave no room."""

    def free(self, server: Process) -> None:
        """Give the room back."""


class SmallDisk:
    """A file system of a few megabytes in memory, filled by a file."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.how = f"tmpfs of {megabytes} MB"
        self._ballast = folder / "ballast"

    def fill(self, _: Process) -> None:
        """Write until nothing more goes in."""
        with self._ballast.open("ab", buffering=0) as out:
            for piece in (b"\0" * (1 << 20), b"\0" * 4096):
                with contextlib.suppress(OSError):
                    while True:
                        out.write(piece)

    def free(self, _: Process) -> None:
        """Remove the file."""
        self._ballast.unlink()


class Limit:
    """No file of the server may grow any more: for those who may not mount. SQLite only."""

    how = "RLIMIT_FSIZE"

    def __init__(self, file: Path) -> None:
        self._file = file

    def fill(self, server: Process) -> None:
        """Limit files to what they have."""
        most = max(one.stat().st_size for one in (self._file, self._file.with_name(f"{self._file.name}-wal")))
        _, hard = resource.prlimit(server.id, resource.RLIMIT_FSIZE)
        resource.prlimit(server.id, resource.RLIMIT_FSIZE, (most, hard))

    def free(self, server: Process) -> None:
        """Lift the limit."""
        _, hard = resource.prlimit(server.id, resource.RLIMIT_FSIZE)
        resource.prlimit(server.id, resource.RLIMIT_FSIZE, (hard, hard))


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk | None]:
    """Mount a small file system at `folder`; None where that is not allowed."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    try:
        yield SmallDisk(folder, megabytes) if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", folder], capture_output=True, check=True)


def full_disk(place: Place, disk: Disk, times: int, *, revive: Callable[[], None] = lambda: None) -> Outcome:
    """Fill the disk while people save and a file comes in; see that reading goes on, and writing once there is room.

    revive: starts a database again that gave up meanwhile, as its keeper would.
    """
    outcome = Outcome("disk full", place.db, note=disk.how)
    begun = time.monotonic()
    single, files = Singles(outcome, away=True), Imports(outcome, ROWS, away=True)
    with place.serving() as server:
        with working((single, files), server):
            client = server.client()
            for _ in range(times):
                _progress(single, PATIENCE)
                disk.fill(server)
                _standstill(single)
                status, _ = client.send("POST", "/records/customer/query", {"select": ["name"], "limit": 5})
                if status != 200 and place.db == "sqlite":  # PostgreSQL may have to end itself without room for its log
                    outcome.errors[f"reading {status}"] += 1
                disk.free(server)
                revive()
                outcome.times += 1
                _progress(single, PATIENCE)
            client.close()
        for work in (single, files):
            work.settle(server)
        place.wait_for_jobs()
    return checked(place, outcome, (single, files), begun)


def clock_jumps(place: Place, jumps: Sequence[timedelta], folder: Path, *, pause: float = 2.0) -> Outcome:
    """Put the clock forward and back under a server that works, then right; everything ends and adds up."""
    outcome = Outcome("clock jumps", place.db, note=f"up to {max(map(abs, jumps))}")
    begun = time.monotonic()
    undone = Outcome("", place.db)
    wrong = folder / "clock"
    wrong.write_text("0", "ascii")
    works: list[Work] = [Singles(outcome), Imports(outcome, ROWS), Bulk(outcome, undone, ROWS)]
    with place.serving(module="torture.clocked", env={FILE: str(wrong)}) as server:
        seed(place, server, ROWS)
        with working(works, server):
            for jump in jumps:
                time.sleep(pause)
                draft = wrong.with_suffix(".new")
                draft.write_text(str(jump.total_seconds()), "ascii")
                draft.replace(wrong)
                outcome.times += 1
            time.sleep(pause)
            server.kill()  # what it held then, it holds until a time that may be far away
    with place.serving() as server:
        for work in works:
            work.settle(server)
        place.wait_for_jobs()
    outcome = checked(place, outcome, works, begun)
    outcome.lost += undone.lost
    return outcome


def restarts(place: Place, restart: Callable[[bool], None], times: int, *, writers: int = 4) -> Outcome:
    """Restart the database under load, politely and rudely in turn."""
    outcome = Outcome("PostgreSQL restarted", place.db)
    begun = time.monotonic()
    undone = Outcome("", place.db)
    singles = [Singles(outcome, f"丙{n}", away=True) for n in range(writers)]
    works: list[Work] = [
        *singles,
        Bulk(outcome, undone, ROWS, away=True),
        Imports(outcome, ROWS, away=True),
    ]
    with place.serving() as server:
        seed(place, server, ROWS)
        with working(works, server):
            for number in range(times):
                for single in singles:
                    _progress(single, PATIENCE)
                restart(number % 2 == 1)
                outcome.times += 1
            for single in singles:
                _progress(single, PATIENCE)
        for work in works:
            work.settle(server)
        place.wait_for_jobs()
    outcome = checked(place, outcome, works, begun)
    outcome.lost += undone.lost
    return outcome


def _progress(single: Singles, seconds: float) -> None:
    """Wait until something is saved."""
    before, until = single.number, time.monotonic() + seconds
    while single.number <= before + 2:
        if time.monotonic() > until:
            raise TimeoutError(f"nothing is saved any more: {single.outcome}")
        time.sleep(0.02)


def _standstill(single: Singles) -> None:
    """Wait until nothing is saved any more, or for five seconds."""
    until, before, since = time.monotonic() + 5, single.number, time.monotonic()
    while time.monotonic() < until and time.monotonic() - since < 0.5:
        if single.number != before:
            before, since = single.number, time.monotonic()
        time.sleep(0.02)
