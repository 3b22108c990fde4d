"""Runs jobs in threads of this process: claim, steps, renewal, failure. What a job does is its kind's business.

Every step commits its effect together with the job's cursor; a process that dies between two steps loses nothing,
one that dies inside a step leaves no trace of it.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import sqlalchemy as sa

from kehu.base.common.report import new_report_id, trace_of
from kehu.base.errors import BadInput, KehuError, NotAllowed, NotFound, VerificationFailed
from kehu.core.context import Actor, Asking, Ctx, Lang
from kehu.core.jobs import pace
from kehu.core.jobs.claim import RENEW_SECONDS, TRIES, claim, give_back, hold, is_due, move, park, renew
from kehu.core.jobs.table import Job, Kind, Kinds, StepResult, job_author, job_lang

log = logging.getLogger("kehu.jobs")

Who = Actor | Asking | Callable[[sa.Connection], Actor]
# (who, language, bulk) → a unit of work; `runtime` gives both.
Opening = Callable[[Who, Lang, bool], AbstractContextManager[Ctx]]

SYSTEM = Actor("system", None, "jobs")
POLL_SECONDS = 0.5
# Errors that trying again cannot cure.
FINAL = (BadInput, NotAllowed, NotFound, VerificationFailed)


class Runner:
    """Takes and runs jobs until it is stopped."""

    def __init__(
        self, *, read: Opening, write: Opening, kinds: Kinds, account: Callable[[sa.Connection, int], Actor]
    ) -> None:
        """`account` gives the actor of an account with its rights of the moment; it may refuse."""
        self._account = account
        self._read = read
        self._write = write
        self._kinds = kinds
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._stop = threading.Event()
        self._bell = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, threads: int = 2) -> None:
        """Begin to take jobs in the background."""
        for number in range(threads):
            thread = threading.Thread(target=self._loop, name=f"kehu-jobs-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def wake(self) -> None:
        """Look for work now instead of at the next poll."""
        self._bell.set()

    def stop(self, timeout: float = 5.0) -> None:
        """Let running steps end, give their jobs back and stop."""
        self._stop.set()
        self._bell.set()
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def run_all(self) -> int:
        """Run whatever is due in this thread until nothing is; return how many jobs were taken."""
        count = 0
        while self._run_next(None):
            count += 1
        return count

    def run_job(self, id: int) -> bool:
        """Run this job in this thread as far as it goes; False when it is not to be had now."""
        return self._run_next(id)

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                if self._run_next(None):
                    continue
            except Exception as error:  # noqa: BLE001 whatever it was, the next job deserves its turn
                log.error("jobs: something went wrong, trying again\n%s", trace_of(error))
                self._stop.wait(1.0)
            self._bell.wait(POLL_SECONDS)
            self._bell.clear()

    def _run_next(self, only: int | None) -> bool:
        with self._read(SYSTEM, "zh-CN", True) as ctx:  # a look costs no writer's turn
            if not is_due(ctx, self._kinds, only=only):
                return False
        with self._write(SYSTEM, "zh-CN", True) as ctx:
            job = claim(ctx.tx, self._holder, self._kinds, only=only)
        if job is None:
            return False
        if job.attempts > TRIES:
            self._give_up(job, {"code": "job.parked", "data": {"tries": TRIES}})
            return True
        with _Renewal(self, job.id) as renewal:
            self._run(job, renewal)
        return True

    def _run(self, job: Job, renewal: _Renewal) -> None:
        kind = self._kinds[job.kind]

        def who(connection: sa.Connection) -> Actor:
            author = job_author(job)
            return author if isinstance(author, Actor) else self._account(connection, author)

        lang = job_lang(job)
        try:
            while not renewal.lost.is_set():
                if self._stop.is_set():
                    with self._write(SYSTEM, "zh-CN", False) as ctx:
                        give_back(ctx.tx, self._holder, job.id, after=0, attempts=max(0, job.attempts - 1))
                    return
                ahead = replace(job)  # when the transaction fails, the job stands where it stood
                if kind.before is not None:
                    ahead.prepared = kind.before(lambda: self._read(who, lang, True), ahead)
                with self._write(who, lang, True) as ctx:
                    began = time.monotonic()
                    if not hold(ctx.tx, self._holder, job.id):
                        return
                    result = _step(kind, ctx, ahead)
                    while result.joins and not result.finished and pace.goes_on(ctx.dialect, began):
                        result = _step(kind, ctx, ahead)
                    move(ctx.tx, ahead, result)
                job = ahead
                job.attempts = 0
                if result.finished:
                    return
        except Exception as error:  # noqa: BLE001 a job may fail in any way; the runner must live on
            self._failed(job, error)

    def _failed(self, job: Job, error: Exception) -> None:
        if isinstance(error, KehuError):
            told: dict[str, object] = {
                "code": error.code,
                "data": {k: str(v) for k, v in error.data.items()},
                "exit": error.exit_code,
            }
            log.info("job %s %s: %s", job.id, job.kind, error.code)
        else:
            report = new_report_id()
            told = {"code": "job.crashed", "data": {"report": report}}
            log.error("job %s %s failed, report %s\n%s", job.id, job.kind, report, trace_of(error))
        if isinstance(error, FINAL) or job.attempts >= TRIES:
            self._give_up(job, told)
            return
        with self._write(SYSTEM, "zh-CN", False) as ctx:
            # A step that fails after others succeeded counts again from one.
            tries = max(1, job.attempts)
            give_back(ctx.tx, self._holder, job.id, after=float(2 ** (tries - 1)), attempts=tries)

    def _give_up(self, job: Job, told: dict[str, object]) -> None:
        failed = self._kinds[job.kind].failed
        with self._write(SYSTEM, job_lang(job), False) as ctx:
            if hold(ctx.tx, self._holder, job.id):
                park(ctx.tx, self._holder, job.id, told)
                if failed is not None:
                    failed(ctx, job, told)


def _step(kind: Kind, ctx: Ctx, job: Job) -> StepResult:
    """Do one step and let the job know how far it is."""
    began = time.monotonic()
    result = kind.step(ctx, job)
    job.held = time.monotonic() - began
    job.cursor, job.done = result.cursor, result.done
    job.total = result.total if result.total is not None else job.total
    job.changeset = result.changeset if result.changeset is not None else job.changeset
    job.result = result.result if result.result is not None else job.result
    return result


class _Renewal:
    """Keeps the lease of one job alive while its steps run."""

    def __init__(self, runner: Runner, id: int) -> None:
        self.lost = threading.Event()
        self._runner = runner
        self._id = id
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=f"kehu-lease-{id}", daemon=True)

    def __enter__(self) -> _Renewal:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _loop(self) -> None:
        runner = self._runner
        while not self._end.wait(RENEW_SECONDS):
            try:
                with runner._write(SYSTEM, "zh-CN", False) as ctx:
                    kept = renew(ctx.tx, runner._holder, self._id)
            except (KehuError, sa.exc.SQLAlchemyError):
                log.warning("job %s: lease not renewed, trying again", self._id)
                continue
            if not kept:
                self.lost.set()
                return
