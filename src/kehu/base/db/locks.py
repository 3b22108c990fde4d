"""A fair queue for those who want to use a database from one process: people go before bulk work.

SQLite lets one writer in at a time and its own waiting is sleep-and-retry, which starves; on PostgreSQL many at work
in one process only keep those from the interpreter that hold what the others wait for. So they queue here first.
Knows nothing of databases.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class FairQueue:
    """Places handed over in the order of arrival; `bulk` holders wait until no person waits."""

    def __init__(self, places: int = 1) -> None:
        self._guard = threading.Lock()
        self._people: deque[threading.Event] = deque()
        self._bulk: deque[threading.Event] = deque()
        self._free = places

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for a place."""
        return bool(self._people or self._bulk)

    @contextmanager
    def hold(self, *, bulk: bool = False) -> Iterator[None]:
        """Wait for the turn and hold a place for the block."""
        turn = threading.Event()
        with self._guard:
            if self._free:
                self._free -= 1
                turn.set()
            else:
                (self._bulk if bulk else self._people).append(turn)
        turn.wait()
        try:
            yield
        finally:
            with self._guard:
                waiting = self._people or self._bulk
                if waiting:
                    waiting.popleft().set()
                else:
                    self._free += 1
