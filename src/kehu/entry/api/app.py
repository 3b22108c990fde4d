"""The ASGI application of one open ledger: guard, addresses, page, background work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kehu import __version__
from kehu.entry.api import stream
from kehu.entry.api.caller import dump, reply
from kehu.entry.api.doors import SIGNED_IN, Doors, Who, check_doors
from kehu.entry.api.openapi import document_of
from kehu.entry.api.pages import Pages
from kehu.entry.api.routes import (
    accounts,
    catalog,
    changesets,
    duplicates,
    files,
    follow_ups,
    kits,
    people,
    phone,
    records,
    search,
    transfer,
    views,
)
from kehu.entry.api.security.guard import Guard
from kehu.entry.api.security.hosts import allowed_hosts
from kehu.entry.api.state import Server
from kehu.runtime import Runtime

BASE = "/api/v1"
JOB_THREADS = 2
ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

own = Doors("server")


@own.add("GET", "/openapi.json", SIGNED_IN, include_in_schema=False)
def openapi_document(caller: Who, request: Request) -> Response:
    """The OpenAPI document."""
    with caller.read():
        return reply(request.app.openapi())


PARTS = (
    accounts.doors,
    catalog.doors,
    records.doors,
    changesets.doors,
    duplicates.doors,
    follow_ups.doors,
    kits.doors,
    people.doors,
    phone.doors,
    search.doors,
    transfer.doors,
    files.doors,
    views.doors,
    stream.doors,
    own,
)


def make_app(runtime: Runtime, *, bind: str = "127.0.0.1", hosts: Iterable[str] = (), jobs: bool = True) -> FastAPI:
    """Build the application. It closes nothing of `runtime`; whoever opened it does."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        server: Server = app.state.kehu
        watch = stream.Watch()
        app.state.watch = watch
        runtime.on_commit.append(watch.ring)
        if jobs:
            await asyncio.to_thread(server.start, JOB_THREADS)
        watching = asyncio.create_task(watch.run(server))
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            runtime.on_commit.remove(watch.ring)
            await asyncio.to_thread(server.close)

    app = bare_app(living)
    app.state.kehu = Server(runtime, runtime.runner())
    app.add_middleware(Guard, hosts=allowed_hosts(bind, (*runtime.settings.hosts, *hosts)))
    return app


def bare_app(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None) -> FastAPI:
    """All addresses, without a ledger: enough to describe the interface. Raises when one declares no policy."""
    app = FastAPI(
        title="Kehu",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.router.routes.extend(_addresses())
    app.router.routes.append(Route("/{path:path}", Pages().answer, methods=ALL_METHODS, include_in_schema=False))
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign]
    check_doors(app)
    return app


@cache
def _addresses() -> tuple[BaseRoute, ...]:
    """The addresses of the interface, for all applications of this process: they know no ledger, and to make them takes
    longer than the rest."""
    router = APIRouter()
    for part in PARTS:
        part.open(router, BASE)
    return tuple(router.routes)


def openapi_bytes() -> bytes:
    """The OpenAPI document as JSON."""
    return dump(document_of(bare_app()))
