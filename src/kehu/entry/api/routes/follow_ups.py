"""Follow-ups, quick entry, and the days on which one may propose to meet."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from kehu.base.common.workdays import is_workday
from kehu.base.errors import BadInput
from kehu.core.records.read import own_workdays
from kehu.entry.api.caller import reply
from kehu.entry.api.doors import SIGNED_IN, Body, Doors, Params, Who
from kehu.features.following import service as following
from kehu.features.quick_entry import service as quick_entry

doors = Doors("follow-ups")

MOST_DAYS = 400


class FollowUpIn(Body):
    """An interaction, and what comes of it."""

    customer: int
    content: str = Field(min_length=1, max_length=20_000)
    channel: str | None = Field(default=None, max_length=48)
    result: str | None = Field(default=None, max_length=48)
    contact: int | None = None
    next_at: str | None = Field(default=None, max_length=40)
    next_action: str | None = Field(default=None, max_length=200)
    task: int | None = None


class Pasted(Body):
    """Free text."""

    text: str


class Days(Params):
    """A range of days, both included."""

    first: str = Field(max_length=10)
    last: str = Field(max_length=10)


@doors.add("POST", "/follow-ups", SIGNED_IN, status=201)
def add_follow_up(caller: Who, body: FollowUpIn) -> Response:
    """Record a follow-up; complete the task it answers, open or move the one for the next time."""
    members = body.model_dump(exclude_none=True)
    steps: dict[str, Any] = {key: members.pop(key, None) for key in ("next_at", "next_action", "task")}
    with caller.write() as ctx:
        done = following.follow_up(ctx, members, **steps, origin=caller.origin)
        return caller.answer(ctx, done, status=201)


@doors.add("POST", "/quick-entry", SIGNED_IN)
def recognise_text(caller: Who, body: Pasted) -> Response:
    """Find fields in free text. Nothing is stored."""
    with caller.read() as ctx:
        return reply(quick_entry.read_text(ctx, body.text))


@doors.add("GET", "/workdays", SIGNED_IN)
def list_workdays(caller: Who, query: Annotated[Days, Query()]) -> Response:
    """The days of a range that are not worked: weekends and public holidays without make-up days."""
    first, last = _day(query.first, "first"), _day(query.last, "last")
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadInput("days.range", field="last", most=MOST_DAYS)
    with caller.read() as ctx:
        extra = own_workdays(ctx)
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return reply({"rest": [day.isoformat() for day in days if not is_workday(day, extra)]})


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("date.invalid", field=field, value=text) from error
