"""Server-sent events: what moved, as ids that the reader may see. The only handler that is not a plain function.

One watcher per process looks for the highest number in the history (told at once by writers of this process, once a
second for others) and wakes the streams; each stream then reads under its own caller's sight. The number is the
event's id, so a browser that comes back gets what it missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kehu.base.common.report import trace_of
from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.errors import KehuError, TooMany
from kehu.core.context import Ctx
from kehu.core.jobs.table import running_jobs
from kehu.core.records.undo import visible_records
from kehu.entry.api.caller import ANONYMOUS, Caller
from kehu.entry.api.doors import SIGNED_IN, Doors, Who

log = logging.getLogger("kehu.http")
doors = Doors("events")

POLL_SECONDS = 1.0
BEAT_SECONDS = 15.0
MOST_STREAMS = 200
MOST_BEHIND = 200  # transactions; who is further behind reads everything anew
MOST_IDS = 1000


@dataclass(frozen=True, slots=True)
class _State:
    """What a stream has told, or is about to tell."""

    seq: int
    catalog: int
    jobs: dict[int, dict[str, Any]]


class Watch:
    """What this process knows about the ledger's movement. Lives on the event loop."""

    def __init__(self) -> None:
        self.seq = 0
        self.catalog = 0
        self.jobs: dict[int, dict[str, Any]] = {}
        self.streams = 0
        self.closed = False
        self.turn = asyncio.Event()
        self._bell = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """End all streams: the server is about to stop."""
        self.closed = True
        self.turn.set()

    def ring(self, _seq: int) -> None:
        """Called by writers from their threads after a commit."""
        self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self, server: Any) -> None:
        """Look, tell, wait; until cancelled."""

        def look() -> tuple[int, int, dict[int, dict[str, Any]]]:
            with server.runtime.read(ANONYMOUS, None, True) as ctx:
                return _highest(ctx), ctx.catalog.version, _jobs(ctx)

        while True:
            try:
                seq, catalog, jobs = await run_in_threadpool(look)
                if (seq, catalog, jobs) != (self.seq, self.catalog, self.jobs):
                    self.seq, self.catalog, self.jobs = seq, catalog, jobs
                    self.turn.set()
                    self.turn = asyncio.Event()
            except Exception as error:  # noqa: BLE001 the database may be away for a while
                log.warning("events: the ledger cannot be read, trying again\n%s", trace_of(error))
            try:
                await asyncio.wait_for(self._bell.wait(), POLL_SECONDS)
                await asyncio.sleep(0.05)  # several commits in a row are one look
            except TimeoutError:
                pass
            self._bell.clear()


@doors.add("GET", "/events", SIGNED_IN)
async def stream_events(caller: Who, request: Request) -> Response:
    """Server-sent events `changes`, `progress`, `catalog`; Last-Event-ID is the number of the last change seen."""
    watch: Watch = request.app.state.watch

    def enter() -> None:
        with caller.read():
            pass

    await run_in_threadpool(enter)  # wrong credentials are a problem document, not a broken stream
    if watch.streams >= MOST_STREAMS:
        raise TooMany("events.too_many", seconds=30)
    last = request.headers.get("last-event-id", "")
    since = int(last) if last.isdecimal() and len(last) < 18 else watch.seq
    return StreamingResponse(
        _events(caller, watch, since), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _events(caller: Caller, watch: Watch, since: int) -> AsyncIterator[bytes]:
    watch.streams += 1
    catalog, jobs = watch.catalog, dict[int, dict[str, Any]]()
    try:
        yield b"retry: 2000\n\n"
        while not watch.closed:
            turn = watch.turn
            if watch.seq > since or watch.catalog != catalog or watch.jobs != jobs:
                told = _State(since, catalog, jobs)
                now = _State(max(since, watch.seq), watch.catalog, watch.jobs)
                try:
                    piece = await run_in_threadpool(_gather, caller, told, now)
                except KehuError:  # the session is over, or the right is gone
                    return
                since, catalog, jobs = now.seq, now.catalog, now.jobs
                if piece:
                    yield piece
            try:
                await asyncio.wait_for(turn.wait(), BEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
    finally:
        watch.streams -= 1


def _gather(caller: Caller, told: _State, now: _State) -> bytes:
    """Everything that moved between two looks, as the caller sees it."""
    with caller.read() as ctx:
        out = [_event("catalog", {"version": now.catalog})] if now.catalog != told.catalog else []
        out += _changes(ctx, told.seq, now.seq)
        ended = {id: {**job, "state": "ended"} for id, job in told.jobs.items() if id not in now.jobs}
        out += [
            _event("progress", job)
            for id, job in {**ended, **now.jobs}.items()
            if told.jobs.get(id) != job and _may_follow(ctx, job)
        ]
        return b"".join(out)


def _event(name: str, data: object, id: int | None = None) -> bytes:
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


def _highest(ctx: Ctx) -> int:
    return ctx.tx.execute(sa.select(sa.func.max(system.tx.c.seq))).scalar() or 0


def _changes(ctx: Ctx, since: int, until: int) -> list[bytes]:
    """One event per transaction and entity, with the ids that the caller sees; a deletion's id is only a number."""
    tx, change = system.tx, system.change
    if until - since > MOST_BEHIND:
        return [_event("changes", {"seq": until, "entity": None, "ids": None}, until)]
    rows = ctx.tx.execute(
        sa.select(tx.c.id, tx.c.seq).where(tx.c.seq > since, tx.c.seq <= until).order_by(tx.c.seq)
    ).all()
    numbers = {row.id: row.seq for row in rows}
    if not numbers:
        return []
    found: dict[tuple[int, str], list[int]] = {}
    every: dict[str, set[int]] = {}
    statement = sa.select(change.c.tx, change.c.entity, change.c.record).where(among(ctx.dialect, change.c.tx, numbers))
    for row in ctx.tx.execute(statement):
        found.setdefault((numbers[row.tx], row.entity), []).append(row.record)
        every.setdefault(row.entity, set()).add(row.record)
    seen = {entity: visible_records(ctx, entity, sorted(ids)) for entity, ids in every.items()}
    out: list[bytes] = []
    for (seq, entity), ids in sorted(found.items(), key=lambda one: one[0]):
        shown = [id for id in ids if id in seen[entity]]
        if shown:
            told = {"seq": seq, "entity": entity, "ids": shown if len(shown) <= MOST_IDS else None}
            out.append(_event("changes", told, seq))
    return out


def _jobs(ctx: Ctx) -> dict[int, dict[str, Any]]:
    return {
        job.id: {
            "job": job.id,
            "kind": job.kind,
            "state": job.state,
            "done": job.done,
            "total": job.total,
            "changeset": job.changeset,
            "actor": job.actor_id,
            **({"run": job.args["run"]} if "run" in job.args else {}),
        }
        for job in running_jobs(ctx)
    }


def _may_follow(ctx: Ctx, job: dict[str, Any]) -> bool:
    return job["actor"] == ctx.actor.id or "admin" in ctx.actor.roles or "owner" in ctx.actor.roles
