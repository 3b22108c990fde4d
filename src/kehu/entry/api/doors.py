"""How an address gets its handler: every one declares who may call it, and strangers are turned away before a body is
read. `check_doors` refuses to start a server in which one address declares nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, FastAPI, Path
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kehu.base.errors import BadInput, FieldError, KehuError, Unreachable
from kehu.entry.api.caller import SAFE, Caller, Replay
from kehu.entry.api.language import language_of
from kehu.entry.api.problems import BadRequest, Refused, WrongMedia, crash_of, problem_of
from kehu.entry.api.security.bodies import JSON_LIMIT, GuardedRequest
from kehu.entry.api.security.hosts import is_foreign

Policy = Literal["public", "signed_in"]
PUBLIC: Policy = "public"
SIGNED_IN: Policy = "signed_in"
TRIES = 4  # of a request whose transaction the database rolled back in favour of another one
MARK = "__kehu_policy__"
LIMIT = "__kehu_limit__"
Handler = TypeVar("Handler", bound=Callable[..., Any])

# Pydantic's words → ours; everything else is a wrong type.
CODES = {"missing": "body.member_missing", "extra_forbidden": "body.member_unknown", "json_invalid": "json.unreadable"}


class Body(BaseModel):
    """Base of all bodies and query strings: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Params(BaseModel):
    """Base of query strings: nothing unknown; numbers are written as text there, so they convert."""

    model_config = ConfigDict(extra="forbid")


def _caller(request: Request) -> Caller:
    found: Caller = request.state.caller
    return found


async def _caller_async(request: Request) -> Caller:  # async, so that no thread is taken for it
    return _caller(request)


Who = Annotated[Caller, Depends(_caller_async)]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Key = Annotated[str, Path(min_length=1, max_length=48)]


class Door(APIRoute):
    """A route that checks its policy, origin and media type before the body, and turns errors into problems."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        policy: Policy = getattr(self.endpoint, MARK)
        limit: int = getattr(self.endpoint, LIMIT, JSON_LIMIT)
        takes_json = self.body_field is not None
        body_is_kept = takes_json or limit == JSON_LIMIT  # an upload is a stream that has run through

        async def handle(plain: Request) -> Response:
            request = GuardedRequest(plain.scope, plain.receive)
            request.limit = limit
            caller: Caller | None = None
            try:
                if request.method not in SAFE and "authorization" not in request.headers:
                    if is_foreign(request.headers, request.url.scheme):
                        raise Refused("origin.foreign")
                if "%00" in request.url.path + request.url.query or "\x00" in request.url.path:
                    raise BadRequest("url.unreadable")
                caller = Caller(request.app.state.kehu, request, signed_in=policy != PUBLIC)
                request.state.caller = caller
                if takes_json and _has_body(request):
                    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                    if kind != "application/json":
                        raise WrongMedia("body.not_json")
                if request.method == "POST" and "idempotency-key" in request.headers:
                    caller.use_key(request, await request.body() if takes_json else b"")
                response = await _answered(inner, request, repeatable=policy != PUBLIC and body_is_kept)
                if not caller.checked:
                    raise RuntimeError(f"{self.path} answered without knowing who called")
                return response
            except Replay as replay:
                return Response(replay.body, replay.status, {"Idempotency-Replayed": "true"}, "application/json")
            except KehuError as error:
                return problem_of(error, caller.lang if caller is not None else language_of(request.headers))
            except HTTPException as error:  # the framework wraps what reading the body raised
                cause = error.__cause__
                told = cause if isinstance(cause, KehuError) else BadRequest("body.unreadable")
                return problem_of(told, caller.lang if caller is not None else language_of(request.headers))
            except RequestValidationError as error:
                return problem_of(
                    _validation(error.errors()), caller.lang if caller is not None else language_of(request.headers)
                )
            except Exception as error:  # noqa: BLE001 a bug: told by an id, logged without values
                return crash_of(error, language_of(request.headers))

        return handle


class Doors:
    """The addresses of one feature, each with its policy."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self._doors: list[tuple[str, str, Callable[..., Any], dict[str, Any]]] = []

    def add(
        self, method: str, path: str, policy: Policy, *, limit: int = JSON_LIMIT, status: int = 200, **extra: Any
    ) -> Callable[[Handler], Handler]:
        """Register a handler. `limit` is the size of the body in bytes; `extra` goes to the OpenAPI document."""

        def register(handler: Handler) -> Handler:
            setattr(handler, MARK, policy)
            setattr(handler, LIMIT, limit)
            self._doors.append((method, path, handler, {"status_code": status, **extra}))
            return handler

        return register

    def open(self, router: APIRouter, prefix: str) -> None:
        """Add all addresses to a router."""
        for method, path, handler, extra in self._doors:
            router.add_api_route(
                prefix + path,
                handler,
                methods=[method],
                tags=[self.tag],
                operation_id=handler.__name__,
                response_model=None,
                response_class=Response,
                route_class_override=Door,
                **extra,
            )


def check_doors(app: FastAPI) -> None:
    """Refuse an application with an address that does not say who may call it."""
    for route in app.routes:
        if getattr(getattr(route, "endpoint", None), MARK, None) not in (PUBLIC, SIGNED_IN):
            raise RuntimeError(f"{getattr(route, 'path', route)} declares no policy")


async def _answered(
    inner: Callable[[Request], Coroutine[Any, Any, Response]], request: Request, *, repeatable: bool
) -> Response:
    """Run a handler; when two people's changes lock each other out, the one that was rolled back is done again."""
    for attempt in range(1, TRIES):
        try:
            return await inner(request)
        except Unreachable as error:
            if error.code != "database.again" or not repeatable:
                raise
            await asyncio.sleep(random.uniform(0.02, 0.1) * attempt)
    return await inner(request)


def _has_body(request: Request) -> bool:
    """Whether anything was sent: where all members may be left out, so may the body."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def _validation(errors: Iterable[Any]) -> KehuError:
    """The framework's findings about the shape of a request, in our words."""
    told: list[FieldError] = []
    for one in errors:
        place = list(one.get("loc", ()))
        if place[:1] == ["path"]:
            return BadInput("url.part", field=str(place[-1]))
        field = ""
        for step in place[1:]:
            field += f"[{step}]" if isinstance(step, int) else f".{step}" if field else str(step)
        code = CODES.get(str(one.get("type")), "body.wrong_type")
        told.append(FieldError(field, code, {"field": field or "body"}))
    return BadInput("input.invalid", errors=told)
