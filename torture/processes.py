"""Several processes on one PostgreSQL: two servers and a worker must behave as one."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa

from kehu.base.db import system
from kehu.runtime import Runtime
from torture.crowd import waits
from torture.place import ADMIN, GONE, PASSWORD, SYSTEM, Client, Outcome, Place, Process
from torture.work import Bulk, Catalog, Imports, Singles, Work, checked, seed, working

ROWS = 1_200
TAKEOVER = 90.0  # seconds; a lease is 30
LISTEN = 30.0


def two_servers(place: Place, edits: int, *, rows: int = ROWS, wait_for_lease: bool = True) -> Outcome:
    """Catalog edits and saves on both; event streams, rights and limits agree; a killed process's job is taken over.

    wait_for_lease: else the lease of the killed process is ended by hand, and the test waits for nothing.
    """
    outcome = Outcome("two servers and a worker", place.db)
    begun = time.monotonic()
    undone = Outcome("", place.db)
    catalog = Catalog(outcome)
    singles = [Singles(Outcome("", place.db), f"己{n}") for n in range(4)]
    bulk = Bulk(Outcome("", place.db), undone, rows)
    with place.serving() as one, place.serving() as other, place.serving(command=("worker",)) as worker:
        seed(place, one, rows)
        streams = [_Stream(one), _Stream(other)]
        first = _highest(place)
        with working((catalog, *singles[:2]), one), working(singles[2:], other), working([_Reads(outcome)], other):
            until = time.monotonic() + 60 + edits * 10
            while catalog.number < edits and time.monotonic() < until:
                time.sleep(0.05)
        outcome.times = catalog.number
        for single in singles:
            single.settle(one)
        catalog.settle(one)
        _compare_streams(place, outcome, streams, first)
        _agree(outcome, one, other)
        _take_over(place, outcome, (one, other, worker), bulk, wait_for_lease=wait_for_lease)
    outcome.note = waits([wait for single in singles for wait in single.waits])
    outcome = checked(place, outcome, (catalog, *singles, bulk), begun)
    outcome.lost += undone.lost
    return outcome


class _Reads(Work):
    """A page, a count and a search, again and again: no catalog edit may break them."""

    name = "reads"

    def step(self, client: Client) -> None:
        send = client.send
        query = {"select": ["code", "name", "grade"], "limit": 20, "count": "capped", "sort": [{"field": "name"}]}
        self.good(send("POST", "/records/customer/query", query), 200)
        self.good(send("GET", "/search?q=1380&limit=5"), 200)
        self.good(send("GET", "/catalog"), 200)


class _Stream:
    """A browser that listens: (seq, entity, ids) in the order in which they came."""

    def __init__(self, server: Process, last: int | None = None) -> None:
        self.server = server
        self.heard: list[tuple[int, str, list[int]]] = []
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        headers = {"Authorization": f"Bearer {server.token}"} | (
            {"Last-Event-ID": str(last)} if last is not None else {}
        )
        self._connection.request("GET", "/api/v1/events", headers=headers)
        self._answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        kind = ""
        try:
            while raw := self._answer.readline():
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: ") and kind == "changes":
                    told = json.loads(line[6:])
                    self.heard.append((told["seq"], told["entity"], told["ids"]))
        except (*GONE, ValueError, AttributeError):  # closed by us, or the server is gone
            return

    def close(self) -> None:
        """Stop listening."""
        self._connection.close()


def _highest(place: Place) -> int:
    with Runtime.open(place.settings) as runtime, runtime.read(SYSTEM) as ctx:
        return int(ctx.tx.execute(sa.select(sa.func.max(system.tx.c.seq))).scalar() or 0)


def _compare_streams(place: Place, outcome: Outcome, streams: Sequence[_Stream], first: int) -> None:
    """Every change once, in order, on both; and what comes after a number, to a browser that comes back."""
    with Runtime.open(place.settings) as runtime, runtime.read(SYSTEM) as ctx:
        tx, change = system.tx, system.change
        rows = ctx.tx.execute(
            sa.select(tx.c.seq, change.c.entity, change.c.record)
            .select_from(tx.join(change, change.c.tx == tx.c.id))
            .where(tx.c.seq > first)
            .order_by(tx.c.seq, change.c.entity, change.c.record)
        ).all()
    told = [(row.seq, row.entity, row.record) for row in rows]
    middle = told[max(0, len(told) - 100)][0] if told else first
    back = [_Stream(one.server, middle) for one in streams]
    for stream, since in [*((one, first) for one in streams), *((one, middle) for one in back)]:
        want = [one for one in told if one[0] > since]
        until = time.monotonic() + LISTEN
        while time.monotonic() < until and len(_flat(stream, since)) < len(want):
            time.sleep(0.05)
        heard = _flat(stream, since)
        outcome.lost += len(set(want) - set(heard))
        outcome.doubled += len(heard) - len(set(heard))
        if [one[0] for one in heard] != sorted(one[0] for one in heard):
            outcome.errors["events out of order"] += 1
        stream.close()


def _flat(stream: _Stream, since: int) -> list[tuple[int, str, int]]:
    return [(seq, entity, id) for seq, entity, ids in list(stream.heard) if seq > since for id in ids or ()]


def _agree(outcome: Outcome, one: Process, other: Process) -> None:
    """What one server knows of the catalog, of sessions and of tries to sign in, the other knows at once."""
    here, there = one.client(), other.client()
    versions = [[field["key"] for field in _customer(client.send("GET", "/catalog")[1])] for client in (here, there)]
    if versions[0] != versions[1]:
        outcome.errors["catalogs differ"] += 1
    tries = [
        client.send("POST", "/session", {"name": "nobody", "password": "wrong-password-1"})[0]
        for _ in range(6)
        for client in (here, there)
    ]
    if tries != [401] * 10 + [429] * 2:
        outcome.errors[f"sign-in limits: {tries}"] += 1
    opened = _SignedIn(one)
    if opened.me(one) != 200 or opened.me(other) != 200:
        outcome.errors["a session counts on one server only"] += 1
    opened.end(other)
    if opened.me(one) != 401:
        outcome.errors["a session ended elsewhere goes on"] += 1
    here.close()
    there.close()


def _customer(catalog: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    found = next(one for one in catalog["entities"] if one["key"] == "customer")["fields"]
    assert isinstance(found, list)
    return found


class _SignedIn:
    """A browser with a cookie."""

    def __init__(self, server: Process) -> None:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        body = json.dumps({"name": ADMIN, "password": PASSWORD})
        connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]
        self._headers = {"Cookie": cookie, "X-Kehu-CSRF": told["csrf"], "Content-Type": "application/json"}
        connection.close()

    def me(self, server: Process) -> int:
        """Status of `GET /me` on a server."""
        return self._ask(server, "GET", "/me")

    def end(self, server: Process) -> None:
        """Sign out at a server."""
        self._ask(server, "DELETE", "/session")

    def _ask(self, server: Process, method: str, path: str) -> int:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        connection.request(method, f"/api/v1{path}", headers=self._headers)
        status = connection.getresponse().status
        connection.close()
        return status


def _take_over(
    place: Place, outcome: Outcome, processes: Sequence[Process], bulk: Bulk, *, wait_for_lease: bool
) -> None:
    """Kill whoever holds a job; another process ends it, each step once."""
    client = processes[0].client()
    files = Imports(outcome, bulk.rows * 3)
    files.step(client)
    until, state = time.monotonic() + TAKEOVER, ""
    while state != "checked":
        state = client.send("GET", f"/imports/{files.run_id}")[1]["state"]
        if state == "failed" or time.monotonic() > until:
            raise RuntimeError(f"the file was not read: {state}")
        time.sleep(0.1)
    client.send("POST", f"/imports/{files.run_id}/apply", {})
    client.close()
    with Runtime.open(place.settings) as runtime:
        job = system.job
        running = sa.select(job.c.id, job.c.lease_by).where(job.c.state == "running", job.c.done > 0)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with runtime.read(SYSTEM) as ctx:
                found = ctx.tx.execute(running).first()
            if found is not None:
                break
            time.sleep(0.02)
        if found is None:
            outcome.errors["no job was seen running"] += 1
            return
        holder = int(found.lease_by.split(":")[1])
        next(one for one in processes if one.id == holder).kill()
        left = [one for one in processes if one.id != holder and one.url]
        if not wait_for_lease:
            with runtime.write(SYSTEM) as ctx:
                ctx.tx.execute(sa.update(job).where(job.c.id == found.id).values(lease_until="2000-01-01T00:00:00Z"))
    files.settle(left[0], TAKEOVER)
    client = left[-1].client()
    bulk.step(client)
    client.close()
    bulk.settle(left[0])
    place.wait_for_jobs()
    files.check(place)
