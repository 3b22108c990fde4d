"""Server-sent events: what moved, as ids that the reader may see. The only handler that is not a plain function.

One watcher per process looks for the highest number in the history (told at once by writers of this process, once a
second for others) and wakes the streams; each stream then reads under its own caller's sight. The number is the
event's id, so a browser that comes back gets what it missed. A stream that names a record tells the others who see
it that its reader is there, for as long as the connection lasts; one that names a list hears which of its records
others have open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
from fastapi import Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kehu.base.common.report import trace_of
from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.db.query.run import standing
from kehu.base.errors import KehuError, TooMany
from kehu.core.accounts.presence import Open, read_open, write_open
from kehu.core.context import Actor, Ctx
from kehu.core.jobs.table import running_jobs
from kehu.core.records import read
from kehu.core.records.undo import visible_records
from kehu.entry.api.caller import ANONYMOUS, Caller
from kehu.entry.api.doors import SIGNED_IN, Doors, Params, Who

log = logging.getLogger("kehu.http")
doors = Doors("events")

POLL_SECONDS = 1.0
BEAT_SECONDS = 15.0
CROWD_SECONDS = 2.0  # a list hears no more often who is where: all lists hear of each other's readers
MOST_STREAMS = 200
MOST_BEHIND = 200  # transactions; who is further behind reads everything anew
MOST_IDS = 1000
_HIGHEST = sa.select(sa.func.max(system.tx.c.seq))
PRESENCE = Actor("system", None, "presence")

Place = tuple[str, int]  # a record
There = Mapping[Place, frozenset[int]]  # which accounts have it open


@dataclass(frozen=True, slots=True)
class _State:
    """What a stream has told, or is about to tell."""

    seq: int
    catalog: int
    jobs: dict[int, dict[str, Any]]
    there: frozenset[int] = field(default_factory=frozenset[int])
    crowd: frozenset[Open] | None = None  # None: a list that has not been told of yet


@dataclass(frozen=True, slots=True)
class _Listener:
    """What a stream asked to hear of."""

    place: Place | None  # a record
    entity: str | None  # a list


class Watch:
    """What this process knows about the ledger's movement. Lives on the event loop."""

    def __init__(self) -> None:
        self.seq = 0
        self.catalog = 0
        self.jobs: dict[int, dict[str, Any]] = {}
        self.there: There = {}
        self.open: dict[object, Open] = {}  # by stream
        self._written: frozenset[Open] = frozenset()
        self.streams = 0
        self.lists = 0  # streams that hear of a list
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

    def enter(self, stream: object, at: Open | None) -> None:
        """A stream has a record open, or no longer; called on the event loop."""
        if self.open.get(stream) != at:
            self.open.pop(stream, None)
            if at is not None:
                self.open[stream] = at
            self._bell.set()

    def crowd(self, entity: str | None, account: int | None) -> frozenset[Open]:
        """Who else has which records of an entity open."""
        if entity is None:
            return frozenset()
        found = ((place, who) for place, accounts in self.there.items() if place[0] == entity for who in accounts)
        return frozenset(Open(*place, who) for place, who in found if who != account)

    async def run(self, server: Any) -> None:
        """Look, tell, wait; until cancelled."""

        def look(own: frozenset[Open], heard: bool) -> tuple[int, int, dict[int, dict[str, Any]], There]:
            with server.runtime.read(ANONYMOUS, None, True) as ctx:
                seq, catalog, jobs = _highest(ctx), ctx.catalog.version, _jobs(ctx)
                told = read_open(ctx, server.runtime.name) if own or heard or self._written else None
            if told is None:  # nobody here looks at records: nobody needs to be told of others
                return seq, catalog, jobs, {}
            if told.mine is not None and told.mine != own and not told.alone:
                with server.runtime.write(PRESENCE) as ctx:
                    write_open(ctx, server.runtime.name, own)
            self._written = own if told.mine is not None and not told.alone else told.mine or frozenset()
            return seq, catalog, jobs, _by_record(own | told.others)

        while True:
            try:
                seq, catalog, jobs, there = await run_in_threadpool(look, frozenset(self.open.values()), self.lists > 0)
                if (seq, catalog, jobs, there) != (self.seq, self.catalog, self.jobs, self.there):
                    self.seq, self.catalog, self.jobs, self.there = seq, catalog, jobs, there
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


def _by_record(open: frozenset[Open]) -> There:
    found: dict[Place, frozenset[int]] = {}
    for one in open:
        place = one.entity, one.record
        found[place] = found.get(place, frozenset()) | {one.account}
    return found


class Listen(Params):
    """Which record the listener has open, as `customer.17`; the records of which entity he has before him."""

    open: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}\.[0-9]{1,15}$")] | None = None
    list: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")] | None = None


@doors.add("GET", "/events", SIGNED_IN)
async def stream_events(caller: Who, request: Request, listen: Annotated[Listen, Query()]) -> Response:
    """Server-sent events `changes`, `progress`, `catalog`; Last-Event-ID is the number of the last change seen.

    open: a record that the listener has open, for as long as the stream lasts; `presence` tells who else has it open.
    list: an entity whose list the listener looks at; `crowd` tells which of its records others have open.
    """
    watch: Watch = request.app.state.watch
    entity, _, record = (listen.open or "").partition(".")
    place = (entity, int(record)) if entity else None

    def enter() -> tuple[Open | None, int | None]:
        with caller.read() as ctx:
            return _at(ctx, place), ctx.actor.id

    at, account = await run_in_threadpool(enter)  # wrong credentials are a problem document, not a broken stream
    if watch.streams >= MOST_STREAMS:
        raise TooMany("events.too_many", seconds=30)
    last = request.headers.get("last-event-id", "")
    since = int(last) if last.isdecimal() and len(last) < 18 else watch.seq
    return StreamingResponse(
        _events(caller, watch, since, _Listener(place, listen.list), at, account),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(
    caller: Caller, watch: Watch, since: int, listener: _Listener, at: Open | None, account: int | None
) -> AsyncIterator[bytes]:
    watch.streams += 1
    watch.lists += listener.entity is not None
    stream = object()
    told, said = _State(since, watch.catalog, {}, crowd=None if listener.entity else frozenset()), b""
    clock = asyncio.get_running_loop()
    earliest = 0.0
    try:
        yield b"retry: 2000\n\n"
        watch.enter(stream, at)
        while not watch.closed:
            turn = watch.turn
            there = watch.there.get(at[:2], frozenset()) - {at.account} if at is not None else frozenset[int]()
            crowd: frozenset[Open] | None = watch.crowd(listener.entity, account)
            wait = BEAT_SECONDS
            if crowd != told.crowd and clock.time() < earliest:
                crowd, wait = told.crowd, max(earliest - clock.time(), 0.01)
            now = _State(max(told.seq, watch.seq), watch.catalog, watch.jobs, there, crowd)
            if now != told:
                try:
                    piece, at, heard = await run_in_threadpool(_gather, caller, told, now, listener)
                except KehuError:  # the session is over, or the right is gone
                    return
                watch.enter(stream, at)  # a record that went out of sight is no longer open
                told = now
                if heard != said:
                    said, earliest = heard, clock.time() + CROWD_SECONDS
                    piece += heard
                if piece:
                    yield piece
            try:
                await asyncio.wait_for(turn.wait(), wait)
            except TimeoutError:
                if wait == BEAT_SECONDS:
                    yield b": still here\n\n"
    finally:
        watch.streams -= 1
        watch.lists -= listener.entity is not None
        watch.enter(stream, None)


def _at(ctx: Ctx, place: Place | None) -> Open | None:
    """Where the caller is, if he sees that record; programs and people alike are there as an account."""
    if place is None or ctx.actor.id is None or not read.visible(ctx, place[0], [place[1]]):
        return None
    return Open(*place, ctx.actor.id)


def _gather(caller: Caller, told: _State, now: _State, listener: _Listener) -> tuple[bytes, Open | None, bytes]:
    """Everything that moved between two looks, as the caller sees it; where he is; and who is around in his list."""
    place = listener.place
    with caller.read() as ctx:
        out = [_event("catalog", {"version": now.catalog})] if now.catalog != told.catalog else []
        out += _changes(ctx, told.seq, now.seq)
        ended = {id: {**job, "state": "ended"} for id, job in told.jobs.items() if id not in now.jobs}
        out += [
            _event("progress", job)
            for id, job in {**ended, **now.jobs}.items()
            if told.jobs.get(id) != job and _may_follow(ctx, job)
        ]
        at = _at(ctx, place)
        if place is not None and now.there != told.there:
            out.append(_event("presence", _presence(ctx, place, now.there if at is not None else frozenset[int]())))
        return b"".join(out), at, _crowd(ctx, listener.entity, now.crowd)


def _crowd(ctx: Ctx, entity: str | None, crowd: frozenset[Open] | None) -> bytes:
    """Which records of a list others have open, as far as the caller sees these records and these people."""
    if entity is None or not crowd:
        return _crowd_event(entity, {})
    seen = read.visible(ctx, entity, {one.record for one in crowd})
    names = read.titles(ctx, "user", {one.account for one in crowd if one.record in seen})
    found: dict[int, list[dict[str, Any]]] = {}
    for one in sorted(crowd):
        if one.record in seen and one.account in names:
            found.setdefault(one.record, []).append({"id": one.account, "label": names[one.account]})
    return _crowd_event(entity, found)


def _crowd_event(entity: str | None, people: Mapping[int, list[dict[str, Any]]]) -> bytes:
    records = [{"id": id, "people": there} for id, there in list(people.items())[:MOST_IDS]]
    return b"" if entity is None else _event("crowd", {"entity": entity, "records": records})


def _presence(ctx: Ctx, place: Place, there: frozenset[int]) -> dict[str, Any]:
    """Who else has a record open, as far as the caller may know of these people."""
    names = read.titles(ctx, "user", there)
    people = [{"id": id, "label": names[id]} for id in sorted(names)]
    return {"entity": place[0], "id": place[1], "people": people}


def _event(name: str, data: object, id: int | None = None) -> bytes:
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


def _highest(ctx: Ctx) -> int:
    return int(standing(ctx.dialect, _HIGHEST).fetch(ctx.tx, {})[0][0] or 0)


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
