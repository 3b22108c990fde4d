"""People and roles, own tokens, kits to choose from, and reports of pages that could not be drawn."""

from __future__ import annotations

import logging
import re
from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from kehu.base.common.report import new_report_id
from kehu.base.errors import NotAllowed, NotFound
from kehu.base.schema.codec import label_data
from kehu.core.access.permissions import may
from kehu.core.access.roles import ROLES
from kehu.core.accounts import service as accounts
from kehu.core.accounts import tokens
from kehu.core.accounts.service import Account
from kehu.core.context import Ctx
from kehu.entry.api.caller import reply
from kehu.entry.api.doors import PUBLIC, SIGNED_IN, Body, Doors, Id, Who
from kehu.features.kits.service import list_kits

doors = Doors("people")
log = logging.getLogger("kehu.page")

LONGEST_TRACE = 4000
# Of a stack only places in our own files are kept: messages of errors may hold what somebody typed.
_PLACE = re.compile(r"/assets/[\w.-]{1,80}:\d{1,7}:\d{1,7}")


class PersonIn(Body):
    """A new account."""

    name: str = Field(max_length=200)
    role: str = Field(max_length=48)
    password: str = Field(max_length=1000)


class PersonChange(Body):
    """What to change of an account; what is left out stays."""

    roles: list[str] | None = Field(default=None, max_length=10)
    password: str | None = Field(default=None, max_length=1000)
    state: Literal["active", "disabled"] | None = None


class TokenIn(Body):
    """A token of the caller's own."""

    label: str = Field(min_length=1, max_length=100)
    days: int = Field(ge=1, le=tokens.MOST_DAYS)


class CrashIn(Body):
    """A page that could not be drawn."""

    path: str = Field(max_length=500)
    name: str = Field(max_length=100)
    stack: str = Field(max_length=20_000)


@doors.add("GET", "/people", SIGNED_IN)
def list_people(caller: Who) -> Response:
    """All accounts and the roles they may have, for administrators."""
    with caller.read() as ctx:
        _check(ctx)
        roles = [{"key": role.key, "label": label_data(role.label), "rows": role.rows} for role in ROLES.values()]
        return reply({"items": [_shown(one) for one in accounts.list_accounts(ctx)], "roles": roles})


@doors.add("POST", "/people", SIGNED_IN, status=201)
def add_person(caller: Who, body: PersonIn) -> Response:
    """Add an account."""
    with caller.write() as ctx:
        _check(ctx)
        made = accounts.add_account(ctx, body.name, [body.role], password=body.password)
        return caller.answer(ctx, _shown(made), status=201)


@doors.add("PATCH", "/people/{id}", SIGNED_IN)
def change_person(caller: Who, id: Id, body: PersonChange) -> Response:
    """Change the roles, the password or the state of an account."""
    with caller.write() as ctx:
        _check(ctx)
        account = _account(ctx, id)
        if body.roles is not None:
            accounts.set_roles(ctx, account, body.roles)
        if body.password is not None:
            accounts.set_password(ctx, account, body.password)
        if body.state == "disabled":
            accounts.disable_account(ctx, _account(ctx, id))
        elif body.state == "active":
            accounts.enable_account(ctx, account)
        return caller.answer(ctx, _shown(_account(ctx, id)))


@doors.add("GET", "/tokens", SIGNED_IN)
def list_tokens(caller: Who) -> Response:
    """The caller's own tokens, without their secrets."""
    with caller.read() as ctx:
        return reply({"items": tokens.list_tokens(ctx, ctx.actor.id or 0)})


@doors.add("POST", "/tokens", SIGNED_IN, status=201)
def add_token(caller: Who, body: TokenIn) -> Response:
    """Make a token for the caller, who is told it this once. A token cannot make tokens."""
    with caller.write() as ctx:
        if caller.session is None:
            raise NotAllowed("token.from_token")
        account = _account(ctx, ctx.actor.id or 0)
        secret, expires = tokens.add_token(ctx, account, days=body.days, label=body.label)
        return reply({"token": secret, "expires": expires.isoformat()}, 201)


@doors.add("DELETE", "/tokens/{id}", SIGNED_IN, status=204)
def end_token(caller: Who, id: Id) -> Response:
    """End one of the caller's tokens."""
    with caller.write() as ctx:
        if not tokens.end_token(ctx, ctx.actor.id or 0, id):
            raise NotFound("token.unknown")
    return Response(status_code=204)


@doors.add("GET", "/kits", PUBLIC)
def show_kits(caller: Who) -> Response:
    """Industry kits to choose from; they are part of the program, so the first-run page may ask."""
    del caller
    return reply({"items": list_kits()})


@doors.add("POST", "/crash-reports", SIGNED_IN, status=201)
def report_crash(caller: Who, body: CrashIn) -> Response:
    """Note that a page could not be drawn: an id for the person, the place in the code for the log."""
    with caller.read():
        report = new_report_id()
        places = " < ".join(_PLACE.findall(body.stack))[:LONGEST_TRACE]
        path = re.sub(r"[^\w/.-]", "?", body.path)
        log.error("page crash %s: %s at %s: %s", report, re.sub(r"\W", "?", body.name), path, places)
        return reply({"report": report}, 201)


def _check(ctx: Ctx) -> None:
    if not may(ctx, None, "accounts"):
        raise NotAllowed("people.not_allowed")


def _account(ctx: Ctx, id: int) -> Account:
    found = accounts.get_account(ctx.tx, id)
    if found is None:
        raise NotFound("account.gone")
    return found


def _shown(one: Account) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "roles": list(one.roles), "state": one.state}
