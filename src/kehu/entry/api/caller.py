"""Who is calling: credentials, language, idempotency. Opens the units of work of a handler under his name.

The person is looked up on the connection of the unit of work itself, so rights that were lost a moment ago are lost,
and a request costs one transaction. Handlers never see sessions or tokens.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from kehu.base.db import system
from kehu.base.db.types import IsoInstant, instant_text
from kehu.base.errors import BadInput, NotSignedIn
from kehu.core.accounts.sessions import FIND_SESSION, Session, hashed, session_of, touch_session
from kehu.core.accounts.tokens import FIND_TOKEN, token_of
from kehu.core.changesets.model import Origin
from kehu.core.context import Actor, Asking, Ctx, Lang
from kehu.entry.api.language import language_of
from kehu.entry.api.problems import Refused
from kehu.entry.api.state import Server

COOKIE = "kehu_session"
CSRF = "x-kehu-csrf"
KEEP = timedelta(hours=24)
SAFE = ("GET", "HEAD", "OPTIONS")
ANONYMOUS = Actor("system", None, "anonymous")
_idempotency = system.idempotency
_NOTE = sa.text(
    'insert into kehu_idempotency (key, "user", fingerprint, at) values (:key, :user, :fingerprint, :at)'
    ' on conflict (key, "user") do nothing'
).bindparams(sa.bindparam("at", type_=IsoInstant()))


class Replay(Exception):
    """The same request was answered before; here is that answer."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(slots=True)
class _Key:
    text: str
    fingerprint: str


class Caller:
    """The person or program behind one request."""

    def __init__(self, server: Server, request: Request, *, signed_in: bool) -> None:
        self.server = server
        self.address = request.client.host if request.client is not None else "local"
        self.lang: Lang = language_of(request.headers)
        self.session: Session | None = None
        self.locale: str | None = None  # what he has chosen, not what his browser asks for
        self.checked = not signed_in
        self._headers = request.headers
        self._safe = request.method in SAFE
        self._signed_in = signed_in
        self._cookie = request.cookies.get(COOKIE)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        self._token = token.strip() if scheme.lower() == "bearer" else None
        self._key: _Key | None = None
        if signed_in and not self._token and not self._cookie:
            raise NotSignedIn("sign_in.needed")

    @property
    def origin(self) -> Origin:
        """Where a change comes from: a person's form, or a program."""
        return "api" if self._token else "form"

    def use_key(self, request: Request, body: bytes) -> None:
        """Note the Idempotency-Key of a POST; the same key with another request is refused."""
        text = request.headers.get("idempotency-key")
        if text is None:
            return
        if not 1 <= len(text) <= 200 or not text.isascii():
            raise BadInput("idempotency.key", field="Idempotency-Key", most=200)
        place = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
        self._key = _Key(text, hashlib.sha256(place + body).hexdigest())

    # --- units of work -----------------------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[Ctx]:
        """A reading unit of work as this caller."""
        with self.server.runtime.read(self._who(), self.lang) as ctx:
            ctx.lang = self.lang
            yield ctx
        self._touch()

    @contextmanager
    def write(self) -> Iterator[Ctx]:
        """A writing unit of work as this caller. Use `answer` at its end, so that a repeated request is recognised."""
        with self.server.runtime.write(self._who(), self.lang) as ctx:
            ctx.lang = self.lang
            self._replay(ctx)
            yield ctx
        self._touch()

    def answer(self, ctx: Ctx, data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """The answer of a writing handler, remembered with the write itself when the request has a key."""
        body = data if isinstance(data, bytes) else dump(data)
        if self._key is not None:
            ctx.tx.execute(
                sa.update(_idempotency)
                .where(_idempotency.c.key == self._key.text, _idempotency.c.user == (ctx.actor.id or 0))
                .values(status=status, body=body.decode())
            )
        return Response(body, status, headers, "application/json")

    def _replay(self, ctx: Ctx) -> None:
        if self._key is None:
            return
        table, user = _idempotency, ctx.actor.id or 0
        now = ctx.now_at()
        mine = {"key": self._key.text, "user": user, "fingerprint": self._key.fingerprint, "at": instant_text(now)}
        oldest = instant_text(now - KEEP)
        found = _first_with_key(ctx, mine)
        # Old keys go now and then, and when one of them is given again.
        if self._key.fingerprint.startswith("0") or (found is not None and found.at < oldest):
            ctx.tx.execute(sa.delete(table).where(table.c.at < oldest))
            found = found if found is None or found.at >= oldest else _first_with_key(ctx, mine)
        if found is None:
            return
        if found.fingerprint != self._key.fingerprint:
            raise BadInput("idempotency.other", field="Idempotency-Key")
        raise Replay(found.status or 200, (found.body or "{}").encode())

    # --- who ---------------------------------------------------------------------------------------------------

    def _who(self) -> Actor | Asking:
        if not self._signed_in:
            return ANONYMOUS
        if self._token:
            return Asking(FIND_TOKEN, {"hash": hashed(self._token)}, self._by_token)
        return Asking(FIND_SESSION, {"id": hashed(self._cookie or "")}, self._by_session)

    def _by_token(self, row: tuple[Any, ...] | None) -> Actor:
        found = token_of(row, self.server.runtime.clock.now())
        if found is None:
            raise NotSignedIn("sign_in.over")
        return self._known(*found)

    def _by_session(self, row: tuple[Any, ...] | None) -> Actor:
        self.session = session_of(row, self.server.runtime.clock.now())
        if self.session is None:
            raise NotSignedIn("sign_in.over")
        sent = self._headers.get(CSRF, "")
        if not self._safe and not hmac.compare_digest(sent.encode(), self.session.csrf.encode()):
            raise Refused("csrf.wrong")
        return self._known(self.session.actor, self.session.locale)

    def _known(self, actor: Actor, locale: str | None) -> Actor:
        self.locale = locale
        self.lang = language_of(self._headers, locale)
        self.checked = True
        return actor

    def _touch(self) -> None:
        session = self.session
        if session is not None and session.stale:
            self.session = None

            def touch() -> None:
                with self.server.runtime.write(ANONYMOUS) as ctx:
                    touch_session(ctx, session.id)

            self.server.later(touch)


def dump(data: object) -> bytes:
    """JSON bytes of an answer."""
    return orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)


def reply(data: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The answer of a reading handler; bytes are taken as JSON that is ready."""
    return Response(data if isinstance(data, bytes) else dump(data), status, headers, "application/json")


def _first_with_key(ctx: Ctx, mine: dict[str, Any]) -> sa.Row[Any] | None:
    """The request that came first with this key and its answer; None for this one, which is noted."""
    if ctx.tx.execute(_NOTE, mine).rowcount:
        return None
    table = _idempotency  # asked before, or by a twin that was faster by a moment and is through
    return ctx.tx.execute(sa.select(table).where(table.c.key == mine["key"], table.c.user == mine["user"])).one()
