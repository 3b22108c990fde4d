"""Many at once: clients that say nothing or too little, writers in a row, a thousand people at work."""

from __future__ import annotations

import socket
import time
from collections import Counter
from urllib.parse import urlsplit

from tools.people import NAME, People
from torture.place import GONE, LOOPBACK, Outcome, Place, Process
from torture.work import Singles, checked, working

SLOW = 5.0  # seconds; an answer that takes longer while others misbehave is counted


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
    """People at work: pages, searches, now and then a save."""
    outcome = Outcome(f"{count} users", place.db, times=count)
    begun = time.monotonic()
    with place.serving() as server:
        people = People(count, [server.url], server.token)
        people.work(seconds)
    found = Counter(name for name, _ in place.customers().values())
    outcome.errors = people.errors
    outcome.acknowledged = len(people.saved)
    outcome.lost = sum(not found[name] for name in people.saved)
    outcome.doubled = sum(number - 1 for name, number in found.items() if name.startswith(NAME))
    outcome.note = (
        f"{len(people.reads):,} reads {waits(people.reads)}, {len(people.writes):,} saves {waits(people.writes)}"
    )
    outcome.dirty, outcome.seconds = place.dirty(), time.monotonic() - begun
    return outcome


def waits(found: list[float]) -> str:
    """Median, 95th and 99th percentile and worst of waiting times."""
    ordered = sorted(found) or [0.0]
    p50, p95, p99 = (ordered[min(len(ordered) - 1, len(ordered) * part // 100)] for part in (50, 95, 99))
    return f"p50 {p50 * 1000:.0f}, p95 {p95 * 1000:.0f}, p99 {p99 * 1000:.0f}, worst {ordered[-1] * 1000:.0f} ms"
