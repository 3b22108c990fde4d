"""Accounts: who may sign in, with which roles, in which language. Writes rows of `kehu_account` only.

Rights that roles give are `core.access`; proving who somebody is are `signing_in`, `sessions` and `tokens`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
import sqlalchemy as sa

from kehu.base.common.pinyin import sort_key
from kehu.base.common.text import normalize
from kehu.base.db import system
from kehu.base.errors import BadInput, Conflict, NotAllowed, NotFound
from kehu.core.access.roles import ROLES
from kehu.core.accounts.passwords import check_password, hash_password
from kehu.core.context import Actor, Ctx

LOCALES = ("zh-CN", "en")
LONGEST_NAME = 64

_account = system.account


@dataclass(frozen=True, slots=True)
class Account:
    """One person who may sign in. `locale` is None as long as he follows his browser."""

    id: int
    name: str
    roles: tuple[str, ...]
    state: Literal["active", "disabled"]
    locale: str | None = None
    team: str | None = None
    department: str | None = None


_COLUMNS = [_account.c[name] for name in ("id", "name", "roles", "state", "locale", "team", "department")]


def add_account(
    ctx: Ctx, name: str, roles: Sequence[str], *, password: str | None, locale: str | None = None
) -> Account:
    """Add an account; without a password nobody can sign in to it until one is set."""
    name = normalize(name)
    if not name or len(name) > LONGEST_NAME:
        raise BadInput("account.name", field="name", value=name, most=LONGEST_NAME)
    _check_roles(roles)
    _check_locale(locale)
    if password is not None:
        check_password(password, name=name)
    if find_account(ctx.tx, name) is not None:
        raise Conflict("account.taken", field="name", name=name)
    id = ctx.dialect.allocate(ctx.tx, "account")[0]
    now = ctx.now()
    ctx.tx.execute(
        sa.insert(_account).values(
            id=id,
            rev=0,
            name=name,
            name__sort=sort_key(name),
            password=None if password is None else hash_password(password),
            roles=orjson.dumps(list(roles)).decode(),
            locale=locale,
            state="active",
            created_at=now,
            updated_at=now,
            password_at=now if password is not None else None,
            created_by=ctx.actor.id,
            updated_by=ctx.actor.id,
        )
    )
    return Account(id, name, tuple(roles), "active", locale)


def list_accounts(ctx: Ctx) -> list[Account]:
    """Return all accounts, disabled ones included, in the order they were made."""
    return [_of(row) for row in ctx.tx.execute(sa.select(*_COLUMNS).order_by(_account.c.id))]


def find_account(connection: sa.Connection, name: str) -> Account | None:
    """Return the account of exactly this name (normalised as names are), or None."""
    row = connection.execute(sa.select(*_COLUMNS).where(_account.c.name == normalize(name))).first()
    return None if row is None else _of(row)


def get_account(connection: sa.Connection, id: int) -> Account | None:
    """Return the account, or None."""
    row = connection.execute(sa.select(*_COLUMNS).where(_account.c.id == id)).first()
    return None if row is None else _of(row)


def require_account(connection: sa.Connection, name: str) -> Account:
    """Return the account of this name. Raises NotFound `account.unknown`."""
    found = find_account(connection, name)
    if found is None:
        raise NotFound("account.unknown", name=name)
    return found


def actor_of(connection: sa.Connection, id: int) -> Actor:
    """The account as an actor, with the roles of this moment. Raises NotAllowed when it may not act any more."""
    found = get_account(connection, id)
    if found is None or found.state != "active":
        raise NotAllowed("account.disabled", name="" if found is None else found.name)
    return Actor("user", found.id, found.name, found.roles)


def set_password(ctx: Ctx, account: Account, password: str, *, keep_session: str | None = None) -> None:
    """Set a password and end every session of the account but `keep_session` (a stored session id)."""
    check_password(password, name=account.name)
    now = ctx.now()
    _update(ctx, account.id, password=hash_password(password), password_at=now)
    ended = sa.delete(system.session).where(system.session.c.user == account.id)
    if keep_session is not None:
        ended = ended.where(system.session.c.id != keep_session)
    ctx.tx.execute(ended)


def set_roles(ctx: Ctx, account: Account, roles: Sequence[str]) -> None:
    """Give other roles; they count from the next request. Raises Conflict for the last administrator."""
    _check_roles(roles)
    if "admin" not in roles:
        _keep_an_admin(ctx, account)
    _update(ctx, account.id, roles=orjson.dumps(list(dict.fromkeys(roles))).decode())


def enable_account(ctx: Ctx, account: Account) -> None:
    """Let somebody in again, with the password he had."""
    _update(ctx, account.id, state="active")


def disable_account(ctx: Ctx, account: Account) -> None:
    """Keep somebody out from now on: sessions end, tokens stop. Raises Conflict for the last administrator."""
    _keep_an_admin(ctx, account)
    _update(ctx, account.id, state="disabled")
    ctx.tx.execute(sa.delete(system.session).where(system.session.c.user == account.id))
    ctx.tx.execute(sa.delete(system.token).where(system.token.c.user == account.id))


def set_locale(ctx: Ctx, account: Account, locale: str | None) -> None:
    """Set the language in which the web app speaks to this person; None follows the browser."""
    _check_locale(locale)
    _update(ctx, account.id, locale=locale)


def _keep_an_admin(ctx: Ctx, account: Account) -> None:
    if "admin" in account.roles and account.state == "active":
        others = [a for a in list_accounts(ctx) if a.state == "active" and "admin" in a.roles and a.id != account.id]
        if not others:
            raise Conflict("account.last_admin", name=account.name)


def _update(ctx: Ctx, id: int, **values: Any) -> None:
    changed = {**values, "updated_at": ctx.now(), "updated_by": ctx.actor.id}
    ctx.tx.execute(sa.update(_account).where(_account.c.id == id).values(changed))


def _check_roles(roles: Sequence[str]) -> None:
    if not roles:
        raise BadInput("role.missing", field="role", known=", ".join(ROLES))
    for role in roles:
        if role not in ROLES:
            raise BadInput("role.unknown", field="role", value=role, known=", ".join(ROLES))


def _check_locale(locale: str | None) -> None:
    if locale is not None and locale not in LOCALES:
        raise BadInput("lang.unknown", field="locale", value=locale)


def _of(row: sa.Row[Any]) -> Account:
    roles = tuple(str(role) for role in orjson.loads(row.roles))
    return Account(row.id, row.name, roles, row.state, row.locale, row.team, row.department)
