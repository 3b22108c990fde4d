"""Tokens of programs: shown once, stored as hashes, with an end. They act as their account, with its roles of now."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db import system
from kehu.base.db.types import instant_text, parse_instant
from kehu.base.errors import BadInput
from kehu.core.accounts.service import Account
from kehu.core.accounts.sessions import hashed
from kehu.core.context import Actor, Ctx, with_version

DAYS = 90
MOST_DAYS = 3650

_token, _account = system.token, system.account
# Built once: every request of a program asks it.
FIND_TOKEN = with_version(
    sa.select(fn.instant_text(_token.c.expires_at), _account.c.id, _account.c.name, _account.c.roles, _account.c.locale)
    .select_from(_token.join(_account, _account.c.id == _token.c.user))
    .where(_token.c.hash == sa.bindparam("hash"), _account.c.state == "active")
)


def add_token(ctx: Ctx, account: Account, *, days: int | None = None, label: str | None = None) -> tuple[str, datetime]:
    """Make a token for the account; return it (it cannot be read again) and when it ends."""
    days = DAYS if days is None else days
    if not 1 <= days <= MOST_DAYS:
        raise BadInput("token.days", field="days", value=days, most=MOST_DAYS)
    secret = f"kehu_{secrets.token_urlsafe(32)}"
    expires = ctx.now_at() + timedelta(days=days)
    ctx.tx.execute(
        sa.insert(_token).values(
            id=ctx.dialect.allocate(ctx.tx, "token")[0],
            hash=hashed(secret),
            user=account.id,
            label=label,
            created_at=ctx.now(),
            expires_at=instant_text(expires),
        )
    )
    return secret, expires


def list_tokens(ctx: Ctx, account: int) -> list[dict[str, Any]]:
    """The tokens of an account that still work, newest first; never their secrets."""
    names = [_token.c[name] for name in ("id", "label", "created_at", "expires_at")]
    mine = sa.select(*names).where(_token.c.user == account, _token.c.expires_at > ctx.now())
    return [dict(row) for row in ctx.tx.execute(mine.order_by(_token.c.id.desc())).mappings()]


def end_token(ctx: Ctx, account: int, id: int) -> bool:
    """End a token of an account; tells whether there was one."""
    gone = ctx.tx.execute(sa.delete(_token).where(_token.c.id == id, _token.c.user == account))
    return bool(gone.rowcount)


def token_of(row: tuple[Any, ...] | None, now: datetime) -> tuple[Actor, str | None] | None:
    """Return the actor of a token and his language, from what `FIND_TOKEN` found by its hash; None when the token is
    unknown, over, or its account disabled."""
    if row is None:
        return None
    expires, id, name, roles, locale = row
    return None if parse_instant(expires) <= now else (Actor("user", id, name, tuple(orjson.loads(roles))), locale)
