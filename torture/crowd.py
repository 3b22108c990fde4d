"""Many at once: clients that say nothing or too little, writers in a row, a thousand people at work."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from collections import Counter
from urllib.parse import urlsplit

from torture.place import GONE, LOOPBACK, Outcome, Place, Process
from torture.work import Singles, checked, working

SLOW = 5.0  # seconds; an answer that takes longer while others misbehave is counted
THINK = 10.0  # seconds between two clicks of a person, on average
ADDRESSES = 250  # people come from as many addresses of the loopback network
# A browser asks again when a kept connection was closed under it; so do we, once.
TRIES = 2


def flood(place: Place, connections: int, *, seconds: float = 12) -> Outcome:
    """Connections that send nothing, half a head, half a body, or never read; a good client works beside them."""
    outcome = Outcome("silent and stalled clients", place.db)
    begun = time.monotonic()
    single = Singles(outcome)
    with place.serving() as server:
        client = server.client(timeout=30)
        single.step(client)
        client.close()
        bad = _misbehave(server, connections)
        outcome.times = len(bad)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            client = server.client(timeout=30)  # a connection of its own each time: the flood must not keep it out
            try:
                single.step(client)
            except GONE as error:
                outcome.errors[f"refused: {type(error).__name__}"] += 1
            client.close()
        for one in bad:
            one.close()
        single.settle(server)
    outcome.errors["slow"] += sum(wait > SLOW for wait in single.waits)
    outcome.errors += Counter()
    outcome.note = waits(single.waits)
    return checked(place, outcome, (single,), begun)


def _misbehave(server: Process, connections: int) -> list[socket.socket]:
    place = urlsplit(server.url)
    found = []
    head = f"POST /api/v1/records/customer HTTP/1.1\r\nHost: {place.netloc}\r\n"
    beginnings = [b""] * 8 + [head.encode(), (head + "Content-Length: 5000\r\n\r\n{").encode()]
    for number in range(connections):
        one = socket.create_connection((LOOPBACK, int(place.port or 0)), timeout=10)
        try:
            one.sendall(beginnings[number % len(beginnings)])
        except OSError:
            pass  # closed at once: that is an answer too
        found.append(one)
    return found


def writers(place: Place, count: int, seconds: float) -> Outcome:
    """So many people save as fast as they can: everybody gets their turn, nobody an error."""
    outcome = Outcome(f"{count} writers", place.db, times=count)
    begun = time.monotonic()
    singles = [Singles(Outcome("", place.db), f"丁{n}") for n in range(count)]
    with place.serving() as server:
        with working(singles, server):
            time.sleep(seconds)
        for one in singles:
            one.settle(server)
    saved = sorted(len(one.waits) for one in singles)
    outcome.note = f"{waits([wait for one in singles for wait in one.waits])}, {saved[0]} to {saved[-1]} saves each"
    return checked(place, outcome, singles, begun)


def users(place: Place, count: int, seconds: float) -> Outcome:
    """People at work: pages, searches, records, now and then a save."""
    outcome = Outcome(f"{count} users", place.db, times=count)
    begun = time.monotonic()
    with place.serving() as server:
        crowd = _Crowd(server, outcome, count)
        asyncio.run(crowd.work(seconds))
    found = Counter(name for name, _ in place.customers().values())
    outcome.acknowledged = len(crowd.saved)
    outcome.lost = sum(not found[name] for name in crowd.saved)
    outcome.doubled = sum(number - 1 for name, number in found.items() if name.startswith("用户"))
    outcome.note = f"{len(crowd.waits):,} requests, {waits(crowd.waits)}"
    outcome.dirty, outcome.seconds = place.dirty(), time.monotonic() - begun
    return outcome


class _Crowd:
    def __init__(self, server: Process, outcome: Outcome, count: int) -> None:
        self.server, self.outcome, self.count = server, outcome, count
        self.saved: list[str] = []
        self.waits: list[float] = []
        self._netloc = urlsplit(server.url).netloc
        self._port = int(urlsplit(server.url).port or 0)

    async def work(self, seconds: float) -> None:
        """Let everybody work until the time is over."""
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._user(number, until) for number in range(self.count)))

    async def _user(self, number: int, until: float) -> None:
        random_ = random.Random(number)
        await asyncio.sleep(random_.uniform(0, min(THINK, max(0.0, until - time.monotonic()))))
        saves = 0
        while time.monotonic() < until:
            choice = random_.random()
            if choice < 0.1:
                name = f"用户{number:05}-{saves:04}"
                saves += 1
                body = {"name": name, "kind": "person", "mobile": "13900000001"}
                if await self._ask(number, "POST", "/records/customer", body, f"u-{number}-{saves}") == 201:
                    self.saved.append(name)
            elif choice < 0.3:
                await self._ask(number, "GET", f"/search?q={random_.choice(('zhang', '1390', 'yonghu'))}&limit=20")
            else:
                query = {"select": ["code", "name", "grade", "owner.name"], "limit": 50, "count": "capped"}
                if choice < 0.6:
                    query["sort"] = [{"field": "name"}]
                await self._ask(number, "POST", "/records/customer/query", query)
            await asyncio.sleep(random_.expovariate(1 / THINK))

    async def _ask(self, number: int, method: str, path: str, data: object = None, key: str = "") -> int:
        body = b"" if data is None else json.dumps(data).encode()
        lines = [f"{method} /api/v1{path} HTTP/1.1", f"Host: {self._netloc}", "Connection: close"]
        lines += [f"Authorization: Bearer {self.server.token}", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(body)}", *([f"Idempotency-Key: {key}"] if key else [])]
        request = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
        begun = time.monotonic()
        for last in range(TRIES):
            try:
                status = await asyncio.wait_for(self._exchange(number, request), 60)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                if last == TRIES - 1:
                    self.outcome.errors[type(error).__name__] += 1
                continue
            self.waits.append(time.monotonic() - begun)
            if status >= 400:
                self.outcome.errors[f"{method} {path.partition('?')[0]} {status}"] += 1
            return status
        return 0

    async def _exchange(self, number: int, request: bytes) -> int:
        source = f"127.0.1.{1 + number % ADDRESSES}"
        reader, writer = await asyncio.open_connection(LOOPBACK, self._port, local_addr=(source, 0))
        try:
            writer.write(request)
            await writer.drain()
            answer = await reader.readuntil(b"\r\n")
            await reader.read()
            return int(answer.split()[1])
        finally:
            writer.close()


def waits(found: list[float]) -> str:
    """Median, 99th percentile and worst of waiting times."""
    ordered = sorted(found) or [0.0]
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, worst {ordered[-1] * 1000:.0f} ms"
