"""Signing in and out, who am I, own password, the first-run page's one call."""

from __future__ import annotations

import hmac
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from kehu import __version__
from kehu.base.errors import BadInput, NotFound, NotSignedIn
from kehu.base.schema.codec import label_data
from kehu.core.access.permissions import may, policy
from kehu.core.access.roles import LEDGER_ACTIONS, RECORD_ACTIONS, ROLES
from kehu.core.accounts.service import actor_of, get_account, set_locale, set_password
from kehu.core.accounts.sessions import Session, close_session, open_session
from kehu.core.accounts.signing_in import check_sign_in
from kehu.core.context import Ctx
from kehu.entry.api.caller import ANONYMOUS, COOKIE, Caller, reply
from kehu.entry.api.doors import PUBLIC, SIGNED_IN, Body, Doors, Who
from kehu.entry.api.language import language_of
from kehu.runtime import SetUpRequest

doors = Doors("accounts")


class SignIn(Body):
    """Name and password."""

    name: str = Field(max_length=200)
    password: str = Field(max_length=1000)


class NewPassword(Body):
    """The present password proves who sits there."""

    current: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


class Mine(Body):
    """What a person may set about himself."""

    locale: str | None


class FirstRun(Body):
    """What the first-run page asks."""

    code: str = Field(max_length=50)
    firm: str | None = Field(default=None, max_length=200)
    kit: str = Field(max_length=48)
    admin: str = Field(max_length=64)
    password: str = Field(max_length=1000)
    samples: bool = False


@doors.add("GET", "/health", PUBLIC)
async def health() -> Response:
    """The process answers."""
    return reply({"status": "ok", "version": __version__})


@doors.add("GET", "/ready", PUBLIC)
def ready(caller: Who) -> Response:
    """The database answers; `setup` while the ledger waits for its first administrator."""
    set_up = caller.server.runtime.is_set_up()
    return reply({"status": "ok" if set_up else "setup", "version": __version__})


@doors.add("POST", "/session", PUBLIC)
def sign_in(caller: Who, request: Request, body: SignIn) -> Response:
    """Sign in: sets the cookie and answers as `GET /me`."""
    runtime = caller.server.runtime
    account = check_sign_in(
        lambda: runtime.write(ANONYMOUS, caller.lang), body.name, body.password, address=caller.address
    )
    caller.lang = language_of(request.headers, account.locale)
    with runtime.write(lambda connection: actor_of(connection, account.id), caller.lang) as ctx:
        made = open_session(ctx, account.id)
        answer = reply(_me(ctx, account.locale, made.csrf))
    answer.set_cookie(
        COOKIE,
        made.secret,
        expires=made.expires,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@doors.add("DELETE", "/session", SIGNED_IN, status=204)
def sign_out(caller: Who) -> Response:
    """Sign out: ends the session."""
    with caller.write() as ctx:
        close_session(ctx, _session(caller).id)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@doors.add("GET", "/me", SIGNED_IN)
def me(caller: Who) -> Response:
    """Who is calling, and what he may do."""
    with caller.read() as ctx:
        return reply(_me(ctx, caller.locale, caller.session.csrf if caller.session else None))


@doors.add("PATCH", "/me", SIGNED_IN)
def change_me(caller: Who, body: Mine) -> Response:
    """Set the own language; null follows the browser."""
    with caller.write() as ctx:
        account = get_account(ctx.tx, ctx.actor.id or 0)
        if account is None:
            raise NotFound("account.unknown", name="")
        set_locale(ctx, account, body.locale)
        session = caller.session
        return caller.answer(ctx, _me(ctx, body.locale, session.csrf if session else None))


@doors.add("POST", "/me/password", SIGNED_IN, status=204)
def change_password(caller: Who, body: NewPassword) -> Response:
    """Change the own password. All other sessions end."""
    with caller.read() as ctx:
        name = ctx.actor.name
    runtime = caller.server.runtime
    try:
        check_sign_in(lambda: runtime.write(ANONYMOUS, caller.lang), name, body.current, address=caller.address)
    except NotSignedIn as error:
        raise BadInput("password.old_wrong", field="current", left=error.data.get("left")) from error
    with caller.write() as ctx:
        account = get_account(ctx.tx, ctx.actor.id or 0)
        if account is None:
            raise NotFound("account.unknown", name=name)
        set_password(ctx, account, body.new, keep_session=caller.session.id if caller.session else None)
    return Response(status_code=204)


@doors.add("POST", "/setup", PUBLIC, status=201)
def set_up(caller: Who, body: FirstRun) -> Response:
    """Make the ledger usable. Works once, with the code that the console shows."""
    server = caller.server
    code = server.setup_code
    if code is None:
        raise NotFound("setup.done")
    server.count_setup_try()
    if not hmac.compare_digest(body.code.strip().upper().encode(), code.encode()):
        raise BadInput("setup.code", field="code")
    made = server.runtime.set_up(
        SetUpRequest(
            kit=body.kit,
            firm=body.firm,
            admin=body.admin,
            password=body.password,
            samples=body.samples,
            lang=caller.lang,
        )
    )
    server.setup_code = None
    server.later(server.runtime.begin_work)
    return reply(
        {
            "kit": made.kit,
            "entities": made.entities,
            "fields": made.fields,
            "catalog_version": made.catalog_version,
            "recovery_key": made.recovery_key,
        },
        201,
    )


def _session(caller: Caller) -> Session:
    if caller.session is None:
        raise NotFound("session.none")
    return caller.session


def _me(ctx: Ctx, locale: str | None, csrf: str | None) -> dict[str, Any]:
    return {
        "csrf": csrf,
        "user": {"id": ctx.actor.id, "name": ctx.actor.name},
        "roles": list(ctx.actor.roles),
        "role_labels": [label_data(ROLES[role].label) for role in ctx.actor.roles if role in ROLES],
        "locale": locale,
        "permissions": _permissions(ctx),
    }


def _permissions(ctx: Ctx) -> list[str]:
    """What the caller may do, as `entity:action` and `ledger:action`: some hundred questions, asked once per policy."""
    kept = policy(ctx).memo.get("permissions")
    if not isinstance(kept, list):
        kept = policy(ctx).memo["permissions"] = _permitted(ctx)
    return kept


def _permitted(ctx: Ctx) -> list[str]:
    found = [f"ledger:{action}" for action in LEDGER_ACTIONS if may(ctx, None, action)]
    for entity in ctx.catalog.entities.values():
        if policy(ctx).sees(entity.key):
            found += [f"{entity.key}:{action}" for action in RECORD_ACTIONS if may(ctx, entity.key, action)]
    return sorted(found)
