"""Saved views."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from kehu.entry.api.caller import reply
from kehu.entry.api.doors import SIGNED_IN, Body, Doors, Id, Params, Who
from kehu.features.views import service

doors = Doors("views")


class OfEntity(Params):
    """Views of one entity only."""

    entity: str | None = Field(default=None, max_length=48)


class ViewIn(Body):
    """A new view."""

    entity: str = Field(max_length=48)
    name: str = Field(max_length=200)
    data: dict[str, Any] = Field(default_factory=dict)
    shared: bool = False


class ViewChange(Body):
    """What to change of a view; what is left out stays."""

    name: str | None = Field(default=None, max_length=200)
    data: dict[str, Any] | None = None
    shared: bool | None = None
    standard: bool | None = None
    revision: int | None = None


@doors.add("GET", "/views", SIGNED_IN)
def list_views(caller: Who, query: Annotated[OfEntity, Query()]) -> Response:
    """The caller's own and shared views."""
    with caller.read() as ctx:
        return reply({"items": service.list_views(ctx, query.entity)})


@doors.add("GET", "/views/{id}", SIGNED_IN)
def get_view(caller: Who, id: Id) -> Response:
    """One view."""
    with caller.read() as ctx:
        return reply(service.get_view(ctx, id))


@doors.add("POST", "/views", SIGNED_IN, status=201)
def create_view(caller: Who, body: ViewIn) -> Response:
    """Save a view."""
    with caller.write() as ctx:
        made = service.create_view(ctx, body.entity, body.name, body.data, shared=body.shared)
        return caller.answer(ctx, made, status=201)


@doors.add("PATCH", "/views/{id}", SIGNED_IN)
def change_view(caller: Who, id: Id, body: ViewChange) -> Response:
    """Change a view."""
    with caller.write() as ctx:
        changed = service.change_view(
            ctx,
            id,
            name=body.name,
            data=body.data,
            shared=body.shared,
            standard=body.standard,
            revision=body.revision,
        )
        return caller.answer(ctx, changed)


@doors.add("DELETE", "/views/{id}", SIGNED_IN, status=204)
def delete_view(caller: Who, id: Id) -> Response:
    """Delete a view."""
    with caller.write() as ctx:
        service.delete_view(ctx, id)
    return Response(status_code=204)
