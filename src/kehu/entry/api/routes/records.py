"""Records: query, aggregate, create, read, change, delete, restore, bulk, history, 回收站."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Annotated, Any, Literal

from fastapi import Header, Query
from pydantic import Field
from starlette.responses import Response

from kehu.base.db.query.parse import MOST_COLUMNS
from kehu.base.errors import BadInput, NotFound
from kehu.core.access.permissions import may
from kehu.core.context import Ctx
from kehu.core.records import batch as batch_work
from kehu.core.records import bulk as bulk_work
from kehu.core.records import history as history_work
from kehu.core.records import merge as merge_work
from kehu.core.records import notes, read, trash, write
from kehu.core.records import related as related_work
from kehu.core.records.write import Written
from kehu.entry.api.caller import Caller, reply
from kehu.entry.api.doors import SIGNED_IN, Body, Doors, Id, Key, Params, Who
from kehu.entry.api.problems import one_error
from kehu.entry.api.times import instant_of

doors = Doors("records")

Text = Annotated[str, Field(max_length=500)]
Relation = Annotated[str, Field(max_length=48)]
Where = dict[str, Any]
Given = dict[str, Any]


class Sorting(Body):
    """One key of an order."""

    field: Text
    order: Literal["asc", "desc"] = "asc"


class QueryIn(Body):
    """A list: what to show of which records, in which order."""

    select: list[Text] = Field(max_length=MOST_COLUMNS)
    where: Where | None = None
    search: Text | None = None
    sort: list[Sorting] = Field(default_factory=list, max_length=5)
    limit: int = Field(default=50, ge=1, le=500)
    after: Annotated[str, Field(max_length=4000)] | None = None
    at: int | None = Field(default=None, ge=0)
    count: Literal["none", "capped", "exact"] = "none"


class GroupIn(Body):
    """A grouping column."""

    field: Text
    by: Literal["day", "week", "month", "quarter", "year"] | None = None


class MeasureIn(Body):
    """A number over each group."""

    op: Literal["count", "sum", "avg", "min", "max", "distinct"]
    field: Text | None = None


class AggregateIn(Body):
    """Numbers over groups of records."""

    group: list[GroupIn] = Field(default_factory=list, max_length=5)
    measures: list[MeasureIn] = Field(default_factory=list, max_length=20)
    where: Where | None = None
    search: Text | None = None
    sort: list[Sorting] = Field(default_factory=list, max_length=5)
    limit: int | None = Field(default=None, ge=1, le=10_000)


class BulkIn(Body):
    """One change to many records."""

    where: Where | None = None
    search: Text | None = None
    ids: list[int] | None = Field(default=None, max_length=100_000)
    set: Given | None = None
    add: Given | None = None
    remove: Given | None = None
    delete: bool = False
    reason: Text | None = None
    preview: bool = False


class RowIn(Body):
    """One record of a batch and its new values."""

    id: int = Field(ge=1, le=2**63 - 1)
    revision: int | None = None
    set: Given


class BatchIn(Body):
    """Several records that are written together."""

    update: list[RowIn] = Field(default_factory=list, max_length=batch_work.MOST)
    create: list[Given] = Field(default_factory=list, max_length=batch_work.MOST)


class MergeIn(Body):
    """Records that become one: which is kept, and whose value each field takes."""

    keep: int = Field(ge=1, le=2**63 - 1)
    others: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(min_length=1, max_length=merge_work.MOST)
    take: dict[str, int | Annotated[list[int], Field(max_length=merge_work.MOST)]] = Field(
        default_factory=dict, max_length=500
    )
    reason: Text | None = None
    preview: bool = False


class NotesIn(Body):
    """Records whose kept texts are asked for."""

    ids: list[int] = Field(max_length=notes.MOST)


class RelatedIn(Body):
    """Relations of a record, each with the fields to show."""

    relations: dict[Annotated[str, Field(max_length=48)], Annotated[list[Text], Field(max_length=50)]] = Field(
        max_length=related_work.MOST
    )
    limit: int = Field(default=5, ge=1, le=related_work.MOST)


class AsOf(Params):
    """A moment in the past."""

    as_of: Text | None = None


class Page(Params):
    """A page of a list."""

    limit: int = Field(default=50, ge=1, le=500)
    after: Text | None = None


class TrashPage(Page):
    """Of one entity, or of all."""

    entity: Text | None = None


@doors.add("POST", "/records/{entity}/query", SIGNED_IN)
def query_records(caller: Who, entity: Key, body: QueryIn) -> Response:
    """A page of records, as columns and rows."""
    with caller.read() as ctx:
        return reply(read.query(ctx, entity, body.model_dump(exclude_unset=True)))


@doors.add("POST", "/records/{entity}/aggregate", SIGNED_IN)
def aggregate_records(caller: Who, entity: Key, body: AggregateIn) -> Response:
    """Groups and measures."""
    with caller.read() as ctx:
        return reply(read.aggregate(ctx, entity, body.model_dump(exclude_unset=True)))


@doors.add("POST", "/records/{entity}", SIGNED_IN, status=201)
def create_record(caller: Who, entity: Key, body: Given) -> Response:
    """Create a record, its own new records along with it."""
    with caller.write() as ctx:
        made = write.create(ctx, entity, body, origin=caller.origin)
        where = f"/api/v1/records/{entity}/{made.ids[0]}"
        return caller.answer(ctx, _written(ctx, entity, made), status=201, headers={"Location": where})


@doors.add("GET", "/records/{entity}/{id}", SIGNED_IN)
def get_record(caller: Who, entity: Key, id: Id, query: Annotated[AsOf, Query()]) -> Response:
    """One record, or as it was at a moment."""
    with caller.read() as ctx:
        if query.as_of is not None:
            at = instant_of(query.as_of, "as_of")
            return reply({"id": id, "as_of": query.as_of, "record": history_work.as_of(ctx, entity, id, at)})
        found = read.get(ctx, entity, id)
        revision = found["revision"]
        answer: dict[str, Any] = {"id": id, "revision": revision, "changeset": None, "record": found, "warnings": []}
        return reply(answer, headers={"ETag": f'"{revision}"'})


@doors.add("PATCH", "/records/{entity}/{id}", SIGNED_IN)
def update_record(
    caller: Who, entity: Key, id: Id, body: Given, if_match: Annotated[str | None, Header()] = None
) -> Response:
    """Change fields. With If-Match, fields that somebody else changed since are a conflict."""
    with caller.write() as ctx:
        made = write.update(ctx, entity, id, body, revision=_revision(if_match), origin=caller.origin)
        return caller.answer(ctx, _written(ctx, entity, made), headers={"ETag": f'"{made.revision}"'})


@doors.add("DELETE", "/records/{entity}/{id}", SIGNED_IN)
def delete_record(caller: Who, entity: Key, id: Id) -> Response:
    """Delete a record with what hangs on it; 回收站 and undo bring it back."""
    with caller.write() as ctx:
        made = write.delete(ctx, entity, [id], origin=caller.origin)
        answer: dict[str, Any] = {"id": id, "revision": made.revision, "changeset": made.changeset, "record": None}
        return caller.answer(ctx, {**answer, "warnings": []})


@doors.add("POST", "/records/{entity}/{id}/restore", SIGNED_IN)
def restore_record(caller: Who, entity: Key, id: Id) -> Response:
    """Bring a deleted record back under its old id."""
    with caller.write() as ctx:
        return caller.answer(ctx, _written(ctx, entity, trash.restore(ctx, entity, id, origin=caller.origin)))


def _unit(caller: Caller, *, preview: bool) -> AbstractContextManager[Ctx]:
    """The unit of work of a change or of its preview, which keeps nobody from writing."""
    return caller.read() if preview else caller.write()


@doors.add("POST", "/records/{entity}/bulk", SIGNED_IN)
def bulk_change(caller: Who, entity: Key, body: BulkIn) -> Response:
    """Change or delete many records as one change-set; more than 500 go on in the background (202)."""
    with _unit(caller, preview=body.preview) as ctx:
        done = bulk_work.bulk(
            ctx,
            entity,
            where=body.where,
            search=body.search,
            ids=body.ids,
            set_=body.set,
            add=body.add,
            remove=body.remove,
            delete=body.delete,
            reason=body.reason,
            preview=body.preview,
        )
        later = done.get("state") == "applying"
        answer = reply(done) if body.preview else caller.answer(ctx, done, status=202 if later else 200)
    if later:
        caller.server.runner.wake()
    return answer


@doors.add("POST", "/records/{entity}/batch", SIGNED_IN)
def write_batch(caller: Who, entity: Key, body: BatchIn) -> Response:
    """Change and make several records as one change-set, all or nothing; faults name their row."""
    with caller.write() as ctx:
        update = [one.model_dump(exclude_unset=True) for one in body.update]
        done = batch_work.batch(ctx, entity, update=update, create=body.create, origin=caller.origin)
        return caller.answer(ctx, {**done, "warnings": [one_error(one, ctx.lang) for one in done["warnings"]]})


@doors.add("POST", "/records/{entity}/merge", SIGNED_IN)
def merge_records(caller: Who, entity: Key, body: MergeIn) -> Response:
    """Make one record of several, or tell beforehand how they differ and what would move."""
    with _unit(caller, preview=body.preview) as ctx:
        done = merge_work.merge(
            ctx, entity, body.keep, body.others, take=body.take, reason=body.reason, preview=body.preview
        )
        return reply(done) if body.preview else caller.answer(ctx, done)


@doors.add("POST", "/records/{entity}/cell-notes", SIGNED_IN)
def list_cell_notes(caller: Who, entity: Key, body: NotesIn) -> Response:
    """What stood in imported cells that could not be read."""
    with caller.read() as ctx:
        return reply({"items": notes.cell_notes(ctx, entity, body.ids)})


@doors.add("POST", "/records/{entity}/{id}/related", SIGNED_IN)
def list_related(caller: Who, entity: Key, id: Id, body: RelatedIn) -> Response:
    """Of several relations the first records and how many there are."""
    with caller.read() as ctx:
        return reply(related_work.related(ctx, entity, id, body.relations, limit=body.limit))


@doors.add("GET", "/records/{entity}/{id}/history", SIGNED_IN)
def record_history(caller: Who, entity: Key, id: Id, query: Annotated[Page, Query()]) -> Response:
    """What happened to a record, newest first."""
    with caller.read() as ctx:
        return reply(history_work.history(ctx, entity, id, limit=query.limit, after=number_of(query.after, "after")))


@doors.add("GET", "/trash", SIGNED_IN)
def list_trash(caller: Who, query: Annotated[TrashPage, Query()]) -> Response:
    """Deleted records of one entity, page by page; or the newest of all."""
    with caller.read() as ctx:
        if query.entity is not None:
            return reply(trash.trash(ctx, query.entity, limit=query.limit, after=query.after))
        items = [
            item
            for entity in ctx.catalog.entities.values()
            if not entity.hidden and not entity.system and may(ctx, entity.key, "read")
            for item in trash.trash(ctx, entity.key, limit=query.limit)["items"]
        ]
        # Inside one change-set by entity, not by id: ids of different entities say nothing of each other.
        newest = sorted(items, key=lambda item: (str(item["at"]), item["changeset"]), reverse=True)
        return reply({"items": newest[: query.limit], "next": None})


def number_of(text: str | None, field: str) -> int | None:
    """A cursor that is a number. Raises BadInput for anything else."""
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadInput("cursor.invalid", field=field)
    return int(text)


def _revision(header: str | None) -> int | None:
    if header is None or header.strip() == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"?([0-9]{1,18})"?', header.strip())
    if found is None:
        raise BadInput("revision.invalid", field="If-Match")
    return int(found[1])


def _written(ctx: Ctx, entity: str, made: Written) -> dict[str, Any]:
    id = made.ids[0]
    return {
        "id": id,
        "revision": made.revision,
        "changeset": made.changeset,
        "record": _own_view(ctx, entity, id),
        "warnings": [one_error(warning, ctx.lang) for warning in made.warnings],
    }


def _own_view(ctx: Ctx, entity: str, id: int) -> dict[str, Any] | None:
    """The record as the caller sees it now; None when his own change moved it out of his sight."""
    try:
        return read.get(ctx, entity, id)
    except NotFound:
        return None
