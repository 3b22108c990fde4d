"""What the ledger holds: the catalog, and changes of it."""

from __future__ import annotations

import gzip
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from kehu.core.access.permissions import policy
from kehu.core.catalog import service
from kehu.core.catalog.describe import describe
from kehu.core.catalog.versions import versions
from kehu.core.jobs.table import add_job
from kehu.entry.api.caller import dump, reply
from kehu.entry.api.doors import SIGNED_IN, Body, Doors, Params, Who

doors = Doors("catalog")


class ChangesIn(Body):
    """Changes of the catalog, made together or not at all."""

    changes: list[dict[str, Any]] = Field(min_length=1, max_length=500)
    preview: bool = False


@doors.add("GET", "/catalog", SIGNED_IN)
def get_catalog(caller: Who, request: Request) -> Response:
    """Entities, fields, options and relations that exist for the caller."""
    with caller.read() as ctx:
        # What is shown depends on the roles too, so the tag does; the version stands first.
        tag = f'"{ctx.catalog.version}.{policy(ctx).key}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        # Kept per version and roles: describing three dozen entities takes longer than most requests.
        told = ctx.tables.keep(("describe", policy(ctx).key), lambda: dump(describe(ctx)))
        if "gzip" in request.headers.get("accept-encoding", ""):  # 40 of 430 kB, and every page begins with it
            told = ctx.tables.keep(("describe.gzip", policy(ctx).key), lambda: gzip.compress(told, 6, mtime=0))
            headers["Content-Encoding"] = "gzip"
        return reply(told, headers=headers | {"Vary": "Accept-Encoding"})


class VersionsIn(Params):
    """A page of versions."""

    limit: int = Field(default=30, ge=1, le=100)
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None


@doors.add("GET", "/catalog/versions", SIGNED_IN)
def list_versions(caller: Who, query: Annotated[VersionsIn, Query()]) -> Response:
    """Who changed the catalog, when and what of it, newest first; for those who may change it."""
    with caller.read() as ctx:
        return reply(versions(ctx, limit=query.limit, after=query.after))


@doors.add("POST", "/catalog/changes", SIGNED_IN)
def change_catalog(caller: Who, body: ChangesIn) -> Response:
    """Preview changes, or make them."""

    if body.preview:  # keeps nobody from writing
        with caller.read() as ctx:
            return reply(service.apply_changes(ctx, body.changes, preview=True))

    def change() -> Response:
        with caller.write() as ctx:
            made = service.apply_changes(ctx, body.changes)
            if made["indexes_pending"]:
                add_job(ctx, "indexes", {})
            return caller.answer(ctx, made)

    answer = service.patiently(change)
    caller.server.runner.wake()
    return answer
