"""Bodies that come slowly, in part, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from kehu.base.errors import KehuError
from kehu.entry.api.security import bodies
from kehu.entry.api.security.bodies import GuardedRequest

Message = dict[str, Any]


def request_of(*messages: Message | None) -> GuardedRequest:
    """A request whose body comes in these pieces; None is silence."""
    left = iter(messages)

    async def receive() -> Message:
        if (message := next(left)) is None:
            await asyncio.Event().wait()
            raise AssertionError("silence has ended")
        return message

    return GuardedRequest({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


def piece(body: bytes, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def refused(read: Callable[[], Any]) -> str:
    with pytest.raises(KehuError) as caught:
        await read()
    return caught.value.code


def test_a_body_in_pieces_is_read_whole() -> None:
    request = request_of(piece(b'{"name":"', True), piece("宏远".encode(), True), piece(b'"}', False))
    assert asyncio.run(request.json()) == {"name": "宏远"}


@pytest.mark.parametrize("before", [(), (piece(b'{"name":', True),)])
def test_a_body_that_falls_silent_is_given_up(before: tuple[Message, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PIECE_SECONDS", 0.05)
    assert asyncio.run(refused(request_of(*before, None).json)) == "body.too_slow"


def test_a_body_that_is_cut_is_told() -> None:
    request = request_of(piece(b'{"name":', True), {"type": "http.disconnect"})
    assert asyncio.run(refused(request.json)) == "body.cut"


def test_a_caller_that_gives_up_is_no_slow_body() -> None:
    async def given_up() -> None:
        reading = asyncio.create_task(request_of(None).body())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(given_up())
