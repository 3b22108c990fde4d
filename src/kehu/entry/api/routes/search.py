"""Search over everything."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from kehu.core.records import read
from kehu.entry.api.doors import SIGNED_IN, Doors, Params, Who

doors = Doors("search")


class SearchFor(Params):
    """What to search."""

    q: str = Field(max_length=200)
    limit: int = Field(default=20, ge=1, le=100)


@doors.add("GET", "/search", SIGNED_IN)
def search_everything(caller: Who, query: Annotated[SearchFor, Query()]) -> Response:
    """Hits over every entity that the caller may see, best first."""
    with caller.read() as ctx:
        return Response(read.search_all(ctx, query.q, limit=query.limit), media_type="application/json")
