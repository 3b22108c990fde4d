"""Has the rows of a large run converted by a process of its own, ahead of the one that writes them.

What the process has written lies sealed in the run's folder, with a key that only this object holds: the rehearsal
and the application take the same rows. Whoever asks waits; when the process dies, it is told so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson

import kehu
from kehu.base.crypto.keys import Keyring
from kehu.base.fields.base import ParseEnv, Problem
from kehu.base.schema.model import Entity
from kehu.core.changesets.observers import Ready
from kehu.core.search.classes import searchable
from kehu.features.importing.convert import BadCell, RowValues, Taken, restore
from kehu.features.importing.converting import Order, dumped, ready_file, values_file
from kehu.features.importing.reader.workbook import Sheet

MODULE = "kehu.features.importing.converting"
TYPES = "kehu.plugins.field_types"
KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")
PATIENCE = 120.0
"""Seconds without a word after which the process is taken for dead."""


class Lost(Exception):
    """The process has ended before it had converted what is asked for."""


class Ahead:
    """The converted rows of a run, block by block."""

    def __init__(
        self, folder: Path, entity: Entity, env: ParseEnv, tables: Sequence[tuple[Sheet, tuple[Taken, ...]]]
    ) -> None:
        """Start the process. `folder` is empty and the caller's."""
        self._folder, self._tables, self._seal = folder, tables, Keyring.new()
        kinds = {one.key: kind for kind, one in searchable(entity)}
        order = Order(tuple(tables), entity, env, TYPES, kinds, folder, self._seal.kid, self._seal.root)
        self._said: dict[tuple[str, int, int], int] = {}
        self._heard = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-P", "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(dumped(order),), name="kehu-import-ahead", daemon=True).start()

    def last_row(self, table: int, block: int) -> int | None:
        """The last row of a block (from 1), None when the table has no such block. Raises Lost."""
        with self._heard:
            until = time.monotonic() + PATIENCE
            while ("rows", table, block) not in self._said:
                if ("end", table, 0) in self._said:
                    return None
                self._hear(until)
            return self._said["rows", table, block]

    def rows(self, table: int, block: int, *, ready: bool) -> list[RowValues]:
        """The rows of a block; with `ready` also what can be worked out of them before they are written."""
        columns = self._tables[table][1]
        source = values_file(self._folder, table, block)
        found = restore(orjson.loads(self._seal.decrypt_bytes(source.read_bytes(), aad=source.name)))
        rows = [
            RowValues(row, values, [_bad(columns[place], *told) for place, *told in bad]) for row, values, bad in found
        ]
        if ready and self._is_ready(table, block):
            source = ready_file(self._folder, table, block)
            more = orjson.loads(self._seal.decrypt_bytes(source.read_bytes(), aad=source.name))
            for one, parts in zip(rows, more, strict=True):
                one.ready = Ready(*parts)
        return rows

    @property
    def complete(self) -> bool:
        """Whether all rows have been converted."""
        with self._heard:
            return all(("end", table, 0) in self._said for table in range(len(self._tables)))

    def close(self) -> None:
        """End the process if it still runs."""
        self._process.kill()
        self._process.wait()

    def _is_ready(self, table: int, block: int) -> bool:
        try:
            self._wait("ready", table, block)
        except Lost:
            return False  # then it is worked out where it is written
        return True

    def _wait(self, *what: str | int) -> int:
        key = (str(what[0]), int(what[1]), int(what[2]))
        with self._heard:
            until = time.monotonic() + PATIENCE
            while key not in self._said:
                self._hear(until)
            return self._said[key]

    def _hear(self, until: float) -> None:
        if self._ended or not self._heard.wait(max(0.0, until - time.monotonic())):
            self._process.kill()
            raise Lost

    def _listen(self, order: bytes) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(order)
            self._process.stdin.close()
            for line in self._process.stdout:
                word, table, number, *more = line.decode().split()
                with self._heard:
                    if word == "end":
                        self._said[word, int(table), 0] = int(number)
                    else:
                        self._said[word, int(table), int(number)] = int(more[0]) if more else 0
                    self._heard.notify_all()
        except (OSError, ValueError):
            self._process.kill()  # it died before it read its order, or talks nonsense
        finally:
            with suppress(OSError):  # of an order that nobody reads any more the rest cannot be sent
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            with self._heard:
                self._ended = True
                self._heard.notify_all()


def _bad(taken: Taken, text: str, code: str, severity: str, data: dict[str, object]) -> BadCell:
    problem = Problem(code, "warn" if severity == "warn" else "refuse", data)
    return BadCell(taken.column, taken.target, text, problem)


def _environment(folder: Path) -> dict[str, str]:
    """The process's environment: no secrets of ours, the same package, temporary files in its own folder."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    place = str(folder)
    source = str(Path(kehu.__file__).resolve().parent.parent)
    return kept | {"PYTHONPATH": source, "TMPDIR": place, "TEMP": place, "TMP": place}
