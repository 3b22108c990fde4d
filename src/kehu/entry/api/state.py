"""What one running server keeps in memory: the open ledger, the runner of jobs, the set-up code.

Nothing here is needed after a restart; everything that is lies in the ledger.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kehu.base.common.report import trace_of
from kehu.base.errors import TooMany
from kehu.core.jobs.run import Runner
from kehu.runtime import Runtime

if TYPE_CHECKING:
    from kehu.entry.api.security.tls import Tls

BEAT_SECONDS = 30.0
SETUP_TRIES, SETUP_SECONDS = 10, 300.0

log = logging.getLogger("kehu.http")


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens: the address it is bound to, its port, its certificates if the connection is encrypted."""

    bind: str
    port: int
    tls: Tls | None


class Server:
    """One serving process."""

    listening: Listening | None = None

    def __init__(self, runtime: Runtime, runner: Runner) -> None:
        self.runtime = runtime
        self.runner = runner
        self.setup_code: str | None = None if runtime.is_set_up() else new_code()
        self._setup_tries: deque[float] = deque(maxlen=SETUP_TRIES)
        self._stop = threading.Event()
        self._beat = threading.Thread(target=self._beats, name="kehu-beat", daemon=True)
        self._later = ThreadPoolExecutor(1, "kehu-later")

    def start(self, threads: int) -> None:
        """Begin to run jobs and to show a sign of life."""
        self.runtime.begin_work()
        self.runner.start(threads)
        self._beat.start()

    def _beats(self) -> None:
        while True:
            try:
                self.runtime.beat()
            except Exception as error:  # noqa: BLE001 the database may be away for a while
                log.warning("heartbeat failed\n%s", trace_of(error))
            if self._stop.wait(BEAT_SECONDS):
                return

    def count_setup_try(self) -> None:
        """Count a guess at the set-up code. Raises TooMany."""
        now = time.monotonic()
        if len(self._setup_tries) == SETUP_TRIES and now - self._setup_tries[0] < SETUP_SECONDS:
            raise TooMany("setup.too_many", seconds=int(SETUP_SECONDS - (now - self._setup_tries[0])) + 1)
        self._setup_tries.append(now)

    def later(self, work: Callable[[], None]) -> None:
        """Do small work after the answer has gone; its failure is logged and harms nobody."""

        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 nobody waits for it
                log.error("background work failed\n%s", trace_of(error))

        self._later.submit(run)

    def close(self) -> None:
        """End background work and jobs; a step that runs is let end."""
        self._stop.set()
        self.runner.stop(3.0)
        if self._beat.is_alive():
            self._beat.join(2.0)
            self.runtime.leave()
        self._later.shutdown(wait=True, cancel_futures=True)


def new_code() -> str:
    """A code that a person can type: eight characters without look-alikes."""
    return "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(8))
