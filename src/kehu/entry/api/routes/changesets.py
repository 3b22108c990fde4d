"""Change-sets: list, one, undo."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from kehu.base.errors import BadInput
from kehu.core.changesets.undo import TakeBack
from kehu.core.context import Ctx
from kehu.core.records import log
from kehu.core.records.undo import EXAMPLES
from kehu.entry.api.caller import Caller, reply
from kehu.entry.api.doors import SIGNED_IN, Body, Doors, Id, Who
from kehu.entry.api.routes.records import Page, number_of
from kehu.entry.api.times import instant_of
from kehu.entry.api.waiting import wait_for
from kehu.features.undoing.service import undo_any

doors = Doors("changesets")


class ChangedSince(Body):
    """A conflict of an undo that is decided: the field goes back, if `changeset` is still the last that changed it."""

    entity: str = Field(max_length=48)
    id: int = Field(ge=1, le=2**53)
    field: str = Field(max_length=48)
    changeset: Annotated[int, Field(ge=1, le=2**53)] | None = None


class UndoIn(Body):
    """How much of a change-set to take back: all, one record (`customer:42`), one field. What somebody changed since
    stays, except what `take_back` names; true: all of it goes back."""

    preview: bool = False
    record: str | None = Field(default=None, max_length=80)
    field: str | None = Field(default=None, max_length=48)
    take_back: bool | Annotated[list[ChangedSince], Field(max_length=EXAMPLES)] = False


class ListIn(Page):
    """Which change-sets: of a person, from an origin, of a time, with records of an entity."""

    actor: Annotated[int, Field(ge=0, le=2**53)] | None = None
    origin: Annotated[str, Field(max_length=40)] | None = None
    entity: Annotated[str, Field(max_length=48, pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    since: Annotated[str, Field(max_length=40)] | None = None
    until: Annotated[str, Field(max_length=40)] | None = None


@doors.add("GET", "/changesets", SIGNED_IN)
def list_changesets(caller: Who, query: Annotated[ListIn, Query()]) -> Response:
    """Change-sets of which the caller sees something, newest first."""
    wanted = log.Wanted(
        actor=query.actor,
        origin=query.origin,
        entity=query.entity,
        since=instant_of(query.since, "since") if query.since else None,
        until=instant_of(query.until, "until") if query.until else None,
    )
    with caller.read() as ctx:
        return reply(log.changesets(ctx, limit=query.limit, after=number_of(query.after, "after"), wanted=wanted))


@doors.add("GET", "/changesets/{id}", SIGNED_IN)
def get_changeset(caller: Who, id: Id, query: Annotated[Page, Query()]) -> Response:
    """One change-set with a page of its changes."""
    with caller.read() as ctx:
        return reply(log.changeset(ctx, id, limit=query.limit, after=query.after))


@doors.add("POST", "/changesets/{id}/undo", SIGNED_IN)
def undo_changeset(caller: Who, id: Id, body: UndoIn | None = None) -> Response:
    """Take a change-set back. Large ones: the numbers if done within 30 seconds, else 202."""
    body = body or UndoIn()
    with caller.read() if body.preview else caller.write() as ctx:
        done = undo_any(
            ctx,
            id,
            preview=body.preview,
            record=record_of(body.record),
            field=body.field,
            take_back=_decided(body.take_back),
        )
        later = done.get("state") == "undoing"
        answer = reply(done) if body.preview else caller.answer(ctx, done, status=202 if later else 200)
    return _wait(caller, int(done["changeset"]), answer) if later else answer


def _decided(told: bool | list[ChangedSince]) -> TakeBack:
    if isinstance(told, bool):
        return TakeBack(every=told)
    return TakeBack(named={(one.entity, one.id, one.field): one.changeset for one in told})


def record_of(text: str | None) -> tuple[str, int] | None:
    """Read `customer:42`."""
    if text is None:
        return None
    entity, _, id = text.partition(":")
    if not entity or not id.isdecimal() or len(id) > 18:
        raise BadInput("record.address", field="record", value=text)
    return entity, int(id)


def _wait(caller: Caller, by: int, answer: Response) -> Response:
    def ended(ctx: Ctx) -> dict[str, Any] | None:
        found: dict[str, Any] = log.changeset(ctx, by, limit=1)
        return found if found.get("state") not in ("undoing", "applying") else None

    caller.server.runner.wake()
    done = wait_for(caller, ended)
    if done is None:
        return answer
    numbers = ("changeset", "undoes", "deleted", "restored", "reverted", "conflicts")
    return reply({name: done[name] for name in numbers if name in done})
