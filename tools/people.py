"""A crowd of people at work over HTTP: pages, searches, now and then a save. For benchmarks and torture alike.

Each has a connection and an address of the loopback network like a person with a browser. What they were answered is
kept here; what it means is for the caller.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
THINK = 10.0  # seconds between two clicks of a person, on average
ADDRESSES = 250  # people come from as many addresses of the loopback network
# A browser asks again when a kept connection was closed under it; so do we, once.
TRIES = 2
NAME = "用户"  # begins the name of every customer that they save


class People:
    """So many people, spread over the servers at these addresses, signed in with the same token.

    reads, writes: seconds that each answer took. saved: names of the customers that the server said it has.
    errors: what must not be, by what it was.
    """

    def __init__(self, count: int, urls: Sequence[str], token: str) -> None:
        self.count = count
        self.reads: list[float] = []
        self.writes: list[float] = []
        self.saved: list[str] = []
        self.errors: Counter[str] = Counter()
        self._urls, self._token = [urlsplit(url) for url in urls], token

    def work(self, seconds: float) -> None:
        """Let everybody work for so long."""
        asyncio.run(self._all(seconds))

    async def _all(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._one(number, until) for number in range(self.count)))

    async def _one(self, number: int, until: float) -> None:
        random_ = random.Random(number)
        await asyncio.sleep(random_.uniform(0, min(THINK, max(0.0, until - time.monotonic()))))
        saves = 0
        while time.monotonic() < until:
            choice = random_.random()
            if choice < 0.1:
                name = f"{NAME}{number:05}-{saves:04}"
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
        place = self._urls[number % len(self._urls)]
        body = b"" if data is None else json.dumps(data).encode()
        lines = [f"{method} /api/v1{path} HTTP/1.1", f"Host: {place.netloc}", "Connection: close"]
        lines += [f"Authorization: Bearer {self._token}", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(body)}", *([f"Idempotency-Key: {key}"] if key else [])]
        request = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
        begun = time.monotonic()
        for last in range(TRIES):
            try:
                status = await asyncio.wait_for(_exchange(number, int(place.port or 0), request), 60)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                if last == TRIES - 1:
                    self.errors[type(error).__name__] += 1
                continue
            (self.writes if key else self.reads).append(time.monotonic() - begun)
            if status >= 400:
                self.errors[f"{method} {path.partition('?')[0]} {status}"] += 1
            return status
        return 0


async def _exchange(number: int, port: int, request: bytes) -> int:
    source = f"127.0.1.{1 + number % ADDRESSES}"
    reader, writer = await asyncio.open_connection(LOOPBACK, port, local_addr=(source, 0))
    try:
        writer.write(request)
        await writer.drain()
        answer = await reader.readuntil(b"\r\n")
        await reader.read()
        return int(answer.split()[1])
    finally:
        writer.close()
