"""Signing in by name and password, and the limit on tries.

The try is counted and committed before the password is looked at, so parallel guesses cannot beat the count. The
limit is on name and address together (nobody can lock a colleague out from elsewhere), wider ones on each alone.
An unknown name, a wrong password and a disabled account give the same answer in the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import sqlalchemy as sa

from kehu.base.common.text import normalize
from kehu.base.db import system
from kehu.base.db.types import instant_text, parse_instant
from kehu.base.errors import NotSignedIn, TooMany
from kehu.core.accounts.passwords import LONGEST, verify_password
from kehu.core.accounts.service import LONGEST_NAME, Account, find_account
from kehu.core.context import Ctx

WINDOW = timedelta(minutes=15)
PAIR, ADDRESS, NAME = 10, 60, 100

_try, _account = system.login_try, system.account


def check_sign_in(
    write: Callable[[], AbstractContextManager[Ctx]], name: str, password: str, *, address: str
) -> Account:
    """Return the account whose name and password these are. Raises NotSignedIn or TooMany.

    Opens its own units of work through `write`: one that counts the try, one that forgets it after success.
    """
    name = normalize(name)[:LONGEST_NAME]
    with write() as ctx:
        left = _count(ctx, name, address)
        account = find_account(ctx.tx, name)
        stored = ctx.tx.execute(sa.select(_account.c.password).where(_account.c.name == name)).scalar()
    fits = verify_password(stored, password[: LONGEST + 1])
    if not fits or account is None or account.state != "active":
        raise NotSignedIn("sign_in.wrong", left=left)
    with write() as ctx:
        ctx.tx.execute(sa.delete(_try).where(_try.c.name == name, _try.c.address == address))
    return account


def _count(ctx: Ctx, name: str, address: str) -> int:
    """Count one try; return how many are left. Raises TooMany with the seconds to wait."""
    # Everybody counts one after the other, also on PostgreSQL, where counting rows alone would race.
    ctx.tx.execute(sa.update(system.meta).where(system.meta.c.key == "schema").values(value=system.meta.c.value))
    now = ctx.now_at()
    since, ahead = instant_text(now - WINDOW), instant_text(now + WINDOW)
    # What lies far ahead was counted under a clock that was wrong; it must not lock anybody out until then.
    ctx.tx.execute(sa.delete(_try).where(sa.or_(_try.c.at < since, _try.c.at > ahead)))
    by_name, by_address = _try.c.name == name, _try.c.address == address
    left = PAIR
    for what, most in ((sa.and_(by_name, by_address), PAIR), (by_address, ADDRESS), (by_name, NAME)):
        found, first = ctx.tx.execute(
            sa.select(sa.func.count(), sa.func.min(_try.c.at)).select_from(_try).where(what)
        ).one()
        if found >= most:
            wait = parse_instant(first) + WINDOW - now
            raise TooMany("sign_in.too_many", seconds=max(1, int(wait.total_seconds()) + 1))
        left = min(left, most - found - 1)
    ctx.tx.execute(
        sa.insert(_try).values(
            id=ctx.dialect.allocate(ctx.tx, "login_try")[0], name=name, address=address, at=ctx.now()
        )
    )
    return left
