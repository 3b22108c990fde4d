"""Cursors of lists: where the last page ended, opaque and authenticated.

Holds catalog version, a mark of the list it belongs to, segment, last sort values and id. A cursor works for the
caller and the sort it was made for, and no other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from kehu.base.db.query.ast import Shape
from kehu.base.db.query.problems import wrong

TAG = 16


@dataclass(frozen=True, slots=True)
class Place:
    """After which record a page begins: the segment, that record's sort values and its id (last)."""

    segment: int
    last: tuple[object, ...]


def mark(shape: Shape, who: str) -> str:
    """Names the list that a cursor belongs to."""
    text = orjson.dumps([who, shape.filter.source.entity, [[order.handle.path, order.desc] for order in shape.sort]])
    return hashlib.sha256(text).hexdigest()[:12]


def encode(place: Place, *, version: int, belongs: str, key: bytes) -> str:
    """Write a cursor."""
    body = orjson.dumps([version, belongs, place.segment, list(place.last)])
    tag = hmac.new(key, body, hashlib.sha256).digest()[:TAG]
    return base64.urlsafe_b64encode(tag + body).decode().rstrip("=")


def decode(text: str, *, version: int, belongs: str, key: bytes) -> Place:
    """Read a cursor. Raises BadInput `cursor.invalid`, or `cursor.outdated` after a change of the catalog."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise wrong("cursor.invalid", at="after") from error
    tag, body = raw[:TAG], raw[TAG:]
    if not hmac.compare_digest(tag, hmac.new(key, body, hashlib.sha256).digest()[:TAG]):
        raise wrong("cursor.invalid", at="after")
    made_at, belongs_to, segment, last = orjson.loads(body)
    if belongs_to != belongs:
        raise wrong("cursor.invalid", at="after")
    if made_at != version:
        raise wrong("cursor.outdated", at="after")
    return Place(segment, tuple(last))


def values(lasts: Sequence[object]) -> dict[str, object]:
    """Parameters of the last sort values."""
    return {f"k{n}": value for n, value in enumerate(lasts)}
