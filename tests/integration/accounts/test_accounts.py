"""Accounts, sessions and tokens in both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from kehu.base.common.clock import FixedClock
from kehu.base.db import system
from kehu.base.db.query.run import standing
from kehu.base.errors import BadInput, Conflict, NotAllowed
from kehu.base.settings import Settings
from kehu.core.accounts import service, sessions, tokens
from kehu.core.accounts.passwords import verify_password
from kehu.core.context import Actor, Ctx
from kehu.runtime import Runtime
from tests.support.ledgers import ADMIN, PASSWORD

SYSTEM = Actor("system", None, "test")
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def test_passwords_are_kept_as_argon2id_hashes_only(runtime: Runtime) -> None:
    with runtime.read(SYSTEM) as ctx:
        stored = ctx.tx.execute(sa.select(system.account.c.password)).scalars().all()
    assert len(stored) == 1
    assert stored[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password(stored[0], PASSWORD)
    assert not verify_password(stored[0], PASSWORD + "x")
    assert not verify_password(None, PASSWORD)


def test_bad_accounts_are_refused_with_a_reason(runtime: Runtime) -> None:
    with runtime.write(SYSTEM) as ctx:
        for name, roles, password, code in (
            ("", ["sales"], None, "account.name"),
            ("周以宁", ["boss"], None, "role.unknown"),
            ("周以宁", [], None, "role.missing"),
            ("周以宁", ["sales"], "1234567", "password.short"),
            ("周以宁", ["sales"], "周以宁周以宁周", "password.short"),
            ("zhouyining", ["sales"], "ZhouYiNing", "password.guessable"),
            ("周以宁", ["sales"], "88888888", "password.guessable"),
            ("周以宁", ["sales"], "长" * 129, "password.long"),
        ):
            with pytest.raises(BadInput) as refused:
                service.add_account(ctx, name, roles, password=password)
            assert refused.value.code == code
        with pytest.raises(Conflict, match=r"account\.taken"):
            service.add_account(ctx, f" {ADMIN} ", ["sales"], password=None)


def test_the_last_administrator_cannot_be_disabled(runtime: Runtime) -> None:
    with runtime.write(SYSTEM) as ctx:
        admin = service.require_account(ctx.tx, ADMIN)
        with pytest.raises(Conflict, match=r"account\.last_admin"):
            service.disable_account(ctx, admin)
        service.add_account(ctx, "李想", ["admin"], password="山高水长-2027")
        service.disable_account(ctx, admin)
        with pytest.raises(NotAllowed):
            service.actor_of(ctx.tx, admin.id)


def test_sessions_end_after_idle_time_and_after_a_day_of_work(ledger_settings: Settings) -> None:
    clock = FixedClock(MONDAY)
    with Runtime.open(ledger_settings, clock=clock) as runtime:
        with runtime.write(SYSTEM) as ctx:
            admin = service.require_account(ctx.tx, ADMIN)
            made = sessions.open_session(ctx, admin.id)
        for _ in range(35):  # somebody at work: every twenty minutes a click
            clock.move(timedelta(minutes=20))
            with runtime.write(SYSTEM) as ctx:
                found = _session(ctx, made.secret, clock)
                assert found is not None
                assert found.stale
                sessions.touch_session(ctx, found.id)
        clock.move(timedelta(minutes=21))
        with runtime.write(SYSTEM) as ctx:
            assert _session(ctx, made.secret, clock) is None  # twelve hours
            idle = sessions.open_session(ctx, admin.id)
        clock.move(timedelta(minutes=31))
        with runtime.read(SYSTEM) as ctx:
            assert _session(ctx, idle.secret, clock) is None


def test_neither_sessions_nor_tokens_can_be_read_from_the_database(runtime: Runtime) -> None:
    with runtime.write(SYSTEM) as ctx:
        admin = service.require_account(ctx.tx, ADMIN)
        session = sessions.open_session(ctx, admin.id)
        token, _ = tokens.add_token(ctx, admin)
        rows = [str(row) for table in (system.session, system.token) for row in ctx.tx.execute(sa.select(table))]
    assert rows
    assert not any(secret in row for row in rows for secret in (session.secret, token))


def test_tokens_end_and_carry_the_roles_of_now(ledger_settings: Settings) -> None:
    clock = FixedClock(MONDAY)
    with Runtime.open(ledger_settings, clock=clock) as runtime, runtime.write(SYSTEM) as ctx:
        seller = service.add_account(ctx, "周以宁", ["sales"], password=None)
        token, expires = tokens.add_token(ctx, seller, days=3)
        assert expires == MONDAY + timedelta(days=3)
        found = _token(ctx, token, clock)
        assert found is not None
        assert found[0].roles == ("sales",)
        clock.move(timedelta(days=3))
        assert _token(ctx, token, clock) is None
        with pytest.raises(BadInput, match=r"token\.days"):
            tokens.add_token(ctx, seller, days=0)


def _session(ctx: Ctx, secret: str, clock: FixedClock) -> sessions.Session | None:
    return sessions.session_of(_row(ctx, sessions.FIND_SESSION, id=sessions.hashed(secret)), clock.now())


def _token(ctx: Ctx, secret: str, clock: FixedClock) -> tuple[Actor, str | None] | None:
    return tokens.token_of(_row(ctx, tokens.FIND_TOKEN, hash=sessions.hashed(secret)), clock.now())


def _row(ctx: Ctx, find: sa.Select[Any], **values: str) -> tuple[Any, ...] | None:
    """What a request asks together with the version of the catalog."""
    version, *row = standing(ctx.dialect, find).fetch(ctx.tx, values)[0]
    assert version == ctx.catalog.version
    return None if row[0] is None else tuple(row)
