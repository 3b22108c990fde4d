"""Reading bodies: how large, how deep, how slow, and only JSON that both databases can hold.

What passes here is plain data; its shape is the handler's model's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from kehu.base.errors import BadInput
from kehu.entry.api.problems import BadRequest, TooLarge, TooLate

JSON_LIMIT = 4 << 20
DEPTH = 32
PIECE_SECONDS = 10.0  # silence after which a body is given up
SLOWEST = 1024  # bytes per second on average, after a grace of PIECE_SECONDS
BIGGEST = 2**63


class GuardedRequest(Request):
    """A request whose body is read under limits and whose JSON is strict."""

    limit: int = JSON_LIMIT

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body piece by piece, under the limits of size and time."""
        declared = self.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self.limit:
            raise TooLarge("body.too_large", most=self.limit)
        loop = asyncio.get_running_loop()
        begun, size = loop.time(), 0
        pieces = super().stream()
        while True:
            try:
                async with asyncio.timeout(PIECE_SECONDS):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise TooLate("body.too_slow") from error
            except ClientDisconnect as error:
                raise BadRequest("body.cut") from error
            size += len(piece)
            if size > self.limit:
                raise TooLarge("body.too_large", most=self.limit)
            spent = loop.time() - begun
            if spent > PIECE_SECONDS and size < (spent - PIECE_SECONDS) * SLOWEST:
                raise TooLate("body.too_slow")
            yield piece

    async def json(self) -> Any:
        """The body as data. Raises BadRequest for what is no JSON, BadInput for what nobody can store."""
        raw = await self.body()
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise BadRequest("json.unreadable", line=error.lineno, column=error.colno) from error
        check_data(data)
        return data


def check_data(data: object) -> None:
    """Refuse data that is too deep or holds numbers or texts that no database takes. Raises BadInput with the place."""
    left: list[tuple[object, str, int]] = [(data, "", 1)]
    while left:
        value, place, depth = left.pop()
        if isinstance(value, str):
            _check_text(value, place)
        elif isinstance(value, float):
            # Whole numbers beyond 64 bits come out of the parser as floats.
            if not -BIGGEST < value < BIGGEST:
                raise BadInput("number.too_big", field=place or "body")
        elif isinstance(value, int):
            if not -BIGGEST <= value < BIGGEST:
                raise BadInput("number.too_big", field=place or "body")
        elif isinstance(value, (dict, list)):
            if depth > DEPTH:
                raise BadInput("json.too_deep", field=place or "body", most=DEPTH)
            if isinstance(value, dict):
                for key, one in value.items():
                    inner = f"{place}.{key}" if place else str(key)
                    _check_text(str(key), inner)
                    left.append((one, inner, depth + 1))
            else:
                left.extend((one, f"{place}[{n}]", depth + 1) for n, one in enumerate(value))


def _check_text(text: str, place: str) -> None:
    if "\x00" in text:
        raise BadInput("text.unstorable", field=place.replace("\x00", "\\0") or "body")
