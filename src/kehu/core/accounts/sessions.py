"""Sessions of the browser: opaque 256-bit ids, stored as hashes, checked with the account on every request.

A session ends 12 hours after sign-in, after 30 minutes without a request, with a password change or when the
account is disabled. No claim lives in the cookie.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db import system
from kehu.base.db.types import instant_text, parse_instant
from kehu.core.context import Actor, Ctx, with_version

ABSOLUTE = timedelta(hours=12)
IDLE = timedelta(minutes=30)
SEEN_EVERY = timedelta(seconds=60)  # how stale `seen_at` may be: not every request should write

_session, _account = system.session, system.account


# Built once: every request asks it.
FIND_SESSION = with_version(
    sa.select(
        _session.c.id,
        _session.c.csrf,
        fn.instant_text(_session.c.expires_at),
        fn.instant_text(_session.c.seen_at),
        _account.c.id.label("user"),
        _account.c.name,
        _account.c.roles,
        _account.c.locale,
    )
    .select_from(_session.join(_account, _account.c.id == _session.c.user))
    .where(_session.c.id == sa.bindparam("id"), _account.c.state == "active")
)


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the browser gets: the cookie's value, and the token that non-GET requests must repeat in a header."""

    secret: str
    csrf: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. `id` is the stored hash, never the cookie."""

    id: str
    csrf: str
    actor: Actor
    locale: str | None
    stale: bool  # `seen_at` wants to be moved


def open_session(ctx: Ctx, account: int) -> NewSession:
    """Start a session for somebody whose password was just checked; old sessions that ended are swept."""
    now = ctx.now_at()
    made = NewSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + ABSOLUTE)
    ctx.tx.execute(
        sa.delete(_session).where(
            sa.or_(_session.c.expires_at < instant_text(now), _session.c.seen_at < instant_text(now - IDLE))
        )
    )
    ctx.tx.execute(
        sa.insert(_session).values(
            id=hashed(made.secret),
            user=account,
            csrf=made.csrf,
            created_at=instant_text(now),
            expires_at=instant_text(made.expires),
            seen_at=instant_text(now),
        )
    )
    return made


def session_of(row: tuple[Any, ...] | None, now: datetime) -> Session | None:
    """Return the live session of a cookie with its person's roles of this moment, from what `FIND_SESSION` found by its
    hash; None when it is over."""
    if row is None:
        return None
    id, csrf, expires, seen_at, user, name, roles, locale = row
    seen = parse_instant(seen_at)
    if parse_instant(expires) <= now or seen + IDLE <= now:
        return None
    actor = Actor("user", user, name, tuple(orjson.loads(roles)))
    return Session(id, csrf, actor, locale, stale=seen + SEEN_EVERY <= now)


def touch_session(ctx: Ctx, id: str) -> None:
    """Note that the session is in use."""
    ctx.tx.execute(sa.update(_session).where(_session.c.id == id).values(seen_at=ctx.now()))


def close_session(ctx: Ctx, id: str) -> None:
    """End a session."""
    ctx.tx.execute(sa.delete(_session).where(_session.c.id == id))


def hashed(secret: str) -> str:
    """The stored form of a secret of 256 random bits; such need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
