"""Connections that do not behave: too many, silent, endless headers, readers that do not read.

A flood must not keep people out that come from the same address (an office, a proxy): when there are too many, the
longest silent one makes room for the new one.

The server library closes none of these by itself, and small teams run Kehu without a proxy in front. Bodies are
watched in `bodies`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10.0
HEADER_BYTES = 64 * 1024
WRITE_SECONDS = 30.0
MOST = 2000  # connections of the process
MOST_EACH = 400  # of one address: an office behind one router has hundreds of pages open


class GuardedProtocol(HttpToolsProtocol):
    """One connection under watch."""

    open_by: ClassVar[Counter[str]] = Counter()
    waiting: ClassVar[dict[str, dict[GuardedProtocol, None]]] = {}  # those without a request in hand, oldest first
    _served = False
    _timer: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None
    _reading_head = True
    _head = 0
    _address: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else "local"
        self._address = address
        self.open_by[address] += 1
        self._wait()
        if self.open_by[address] > MOST_EACH:
            self._make_room(address)
        elif len(self.connections) > MOST:
            self._make_room(max(self.open_by, key=self.open_by.__getitem__))
        self._watch_head()

    def _make_room(self, address: str) -> None:
        """Close the connection of an address that has said nothing for longest; a new one may be a person's.

        Those that never asked anything go first, then kept ones between two requests; without either, this one.
        """
        idle = self.waiting.get(address, {})
        silent = next((one for one in idle if not one._served), next(iter(idle), self))
        silent._busy()  # the end of a connection is told later; nobody is chosen twice
        silent.transport.abort()

    def _wait(self) -> None:
        if self._address is not None:
            self.waiting.setdefault(self._address, {})[self] = None

    def _busy(self) -> None:
        if self._address is not None and (idle := self.waiting.get(self._address)) is not None:
            idle.pop(self, None)
            if not idle:
                del self.waiting[self._address]

    def connection_lost(self, exc: Exception | None) -> None:
        self._busy()
        if self._address is not None:
            self.open_by[self._address] -= 1
            if self.open_by[self._address] <= 0:
                del self.open_by[self._address]
            self._address = None
        self._cancel()
        if self._writing is not None:
            self._writing.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._reading_head:
            self._head += len(data)
        super().data_received(data)
        if self._reading_head and self._head > HEADER_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        self._reading_head = True
        self._watch_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._cancel()
        self._busy()
        self._reading_head, self._head, self._served = False, 0, True
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        more = bool(self.pipeline)
        super().on_response_complete()
        if not more and not self.transport.is_closing():
            self._wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
        super().resume_writing()

    def _watch_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        self._timer = None
        if self._reading_head:
            self.transport.abort()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
