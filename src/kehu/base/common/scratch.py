"""Private folders for working files, in a place that all processes of a ledger share.

Working files hold cells and records in plain. Whoever makes a folder removes it; what a killed process leaves behind is
known by its lock, which the system gives back, and goes with `sweep` when the next server starts.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kehu.base.common.lockfile import FileLock

_own: dict[Path, FileLock] = {}  # the folder of this process by place, known by its lock beside it
_guard = threading.Lock()


def new_folder(place: Path) -> Path:
    """Make a folder that only this user can read; the caller removes it."""
    return Path(tempfile.mkdtemp(dir=_folder(place)))


@contextmanager
def folder(place: Path) -> Iterator[Path]:
    """A folder that goes with the block."""
    made = new_folder(place)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def leave(place: Path) -> None:
    """Give up this process's folder when nobody here works in it any more."""
    with _guard:
        lock = _own.get(place)
        if lock is None:
            return
        try:
            lock.file.with_suffix("").rmdir()
        except OSError:
            return  # somebody does
        del _own[place]
        _forget(lock)


def sweep(place: Path) -> None:
    """Remove what processes that no longer live have left."""
    with _guard:
        own = _own[place].file if place in _own else None
        for left in place.iterdir() if place.is_dir() else ():
            lock = FileLock(left.with_name(f"{left.name}.lock"))
            if left.is_dir() and lock.file != own and not lock.is_held():
                shutil.rmtree(left, ignore_errors=True)
                _forget(lock)


def _folder(place: Path) -> Path:
    with _guard:
        lock = _own.get(place)
        if lock is None:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(place / f"{secrets.token_hex(8)}.lock")
            lock.acquire()  # before the folder is there: a folder without a held lock is swept
            _own[place] = lock
        made = lock.file.with_suffix("")
        made.mkdir(exist_ok=True, mode=0o700)
        return made


def _forget(lock: FileLock) -> None:
    lock.release()
    with suppress(OSError):
        lock.file.unlink(missing_ok=True)
