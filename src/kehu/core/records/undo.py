"""Use case: take a change-set back, whole, one record or one field, under the rights of who asks.

Small ones at once; large ones as a job in portions. What the actor may not see is as if it were not in the set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import Conflict, NotAllowed, NotFound
from kehu.core.access.permissions import may, writable_fields
from kehu.core.changesets import undo as engine
from kehu.core.changesets import write as door
from kehu.core.changesets.model import State, Title
from kehu.core.changesets.undo import NOTHING, TakeBack, Undone
from kehu.core.context import Ctx
from kehu.core.jobs import pace
from kehu.core.jobs.table import Job, StepResult, add_job
from kehu.core.records import history, read
from kehu.core.records.write import settle

AT_ONCE = 500  # records; more is a job
PORTION = 500
EXAMPLES = 1_000  # conflicts kept in a result
WHOLE = "whole"  # in the result of an undo: it took its set back as a whole, not one record or field of it
COMPARED = 100  # conflicts of a preview that come with their values


def undo(
    ctx: Ctx,
    changeset: int,
    *,
    preview: bool = False,
    record: tuple[str, int] | None = None,
    field: str | None = None,
    take_back: TakeBack = NOTHING,
) -> dict[str, Any]:
    """Take a change-set back. Returns the object of `kehu undo`; with `preview` nothing is written.

    take_back: fields that somebody changed since and that go back all the same; the others are conflicts and stay.
    A large set answers `{"changeset", "state": "undoing"}` and goes on as a job. Raises NotFound for a set of which
    the actor sees nothing, NotAllowed for other people's sets, Conflict `undo.running` while it is being applied.
    """
    head = require_changeset(ctx, changeset)
    if head["actor_id"] != ctx.actor.id and ctx.actor.kind == "user" and not may(ctx, None, "undo_others"):
        raise NotAllowed("undo.not_yours")
    if head["state"] in ("applying", "undoing"):
        raise Conflict("undo.running", changeset=changeset)
    wanted = [record] if record is not None else _records(engine.portion(ctx, changeset, None, AT_ONCE + 1))
    if preview:
        return _preview(ctx, changeset, record, field, take_back)
    title = Title(code="title.undo", data={"changeset": changeset})
    if len(wanted) <= AT_ONCE:
        writing = door.begin(ctx, title, origin="undo", undoes=changeset)
        done = engine.undo_records(
            ctx,
            changeset,
            _visible(ctx, wanted),
            allowed=_allowed(ctx),
            only_field=field,
            seen=_seen(ctx),
            take_back=take_back,
        )
        settle(ctx)
        moved = done.deleted or done.restored or done.reverted
        whole = record is None and field is None and bool(moved or not done.conflicts)
        if whole:
            _mark_undone(ctx, head)
        result = describe(writing.changeset, changeset, done)
        door.set_state(ctx, writing.changeset, "applied", {**result, WHOLE: whole})
        return result
    writing = door.begin(ctx, title, origin="undo", undoes=changeset, state="applying")
    door.set_state(ctx, changeset, "undoing")
    total = ctx.tx.execute(
        sa.select(sa.func.count())
        .select_from(system.change.join(system.tx, system.tx.c.id == system.change.c.tx))
        .where(system.tx.c.changeset == changeset)
    ).scalar_one()
    decided = {"every": take_back.every, "named": [[*place, by] for place, by in take_back.named.items()]}
    args = {"changeset": changeset, "by": writing.changeset, "take_back": decided, "was": head["state"]}
    add_job(ctx, "undo", args, changeset=writing.changeset, total=total)
    return {"changeset": writing.changeset, "undoes": changeset, "state": "undoing"}


def step(ctx: Ctx, job: Job) -> StepResult:
    """One portion of a large undo, in the transaction of the job."""
    changeset, by = int(job.args["changeset"]), int(job.args["by"])
    state = dict(job.cursor or {"after": None, "result": asdict(Undone())})
    after = tuple(state["after"]) if state["after"] else None
    size = pace.next_size(ctx.dialect, state.get("rows", pace.FIRST), job.held)
    places = engine.portion(ctx, changeset, after, size, newest_first=True)
    records = _records(places)
    door.begin(ctx, Title(code="title.undo"), origin="undo", changeset=by)
    done = Undone(**{**state["result"], "conflicts": []})
    fresh = engine.undo_records(
        ctx,
        changeset,
        _visible(ctx, records),
        allowed=_allowed(ctx),
        seen=_seen(ctx),
        take_back=_decided(job.args.get("take_back")),
    )
    done.add(fresh)
    settle(ctx)
    conflicts = (state["result"]["conflicts"] + [asdict(c) for c in fresh.conflicts])[:EXAMPLES]
    numbers = {"deleted": done.deleted, "restored": done.restored, "reverted": done.reverted}
    state = {
        "after": places[-1] if places else None,
        "rows": size,
        "result": {**numbers, "conflicts": conflicts},
    }
    finished = len(records) < size
    if finished:
        head = _head(ctx, changeset)
        assert head is not None
        _mark_undone(ctx, head)
        result = {"changeset": by, "undoes": changeset, **numbers, "conflicts": conflicts, WHOLE: True}
        door.set_state(ctx, by, "applied", result)
    return StepResult(done=job.done + len(records), cursor=state, finished=finished, joins=True)


def failed(ctx: Ctx, job: Job, told: Mapping[str, object]) -> None:
    """An undo that ends before its time: the set can be undone again, which takes up the records that are left."""
    changeset = int(job.args["changeset"])
    door.set_state(ctx, changeset, job.args.get("was", "applied"))
    door.set_state(ctx, int(job.args["by"]), "failed")


def _decided(args: Mapping[str, Any] | None) -> TakeBack:
    """What a job was told about conflicts; jobs of an older program were told nothing."""
    if args is None:
        return NOTHING
    return TakeBack(args["every"], {(entity, id, key): by for entity, id, key, by in args["named"]})


def _preview(
    ctx: Ctx, changeset: int, record: tuple[str, int] | None, field: str | None, take_back: TakeBack
) -> dict[str, Any]:
    done = Undone()
    after: engine.Place | None = None
    while True:
        places = [] if record is not None else engine.portion(ctx, changeset, after, PORTION, newest_first=True)
        records = [record] if record is not None else _records(places)
        done.add(
            engine.undo_records(
                ctx,
                changeset,
                _visible(ctx, records),
                allowed=_allowed(ctx),
                only_field=field,
                apply=False,
                seen=_seen(ctx),
                take_back=take_back,
            )
        )
        if record is not None or len(records) < PORTION:
            told = describe(None, changeset, done)
            _compare(ctx, changeset, told["conflicts"][:COMPARED])
            return told
        after = places[-1]


def _compare(ctx: Ctx, changeset: int, conflicts: Sequence[dict[str, Any]]) -> None:
    """Put beside each conflict what the record is called, and the value before the set, after it, and now with who
    wrote it: as far as the actor sees them."""
    ids: dict[str, set[int]] = {}
    for one in conflicts:
        ids.setdefault(one["entity"], set()).add(one["id"])
    for entity, records in ids.items():
        titles = read.titles(ctx, entity, records)
        found = history.diffs(ctx, entity, sorted(records))  # newest first
        heads = history.change_set_heads(ctx, {diff.changeset for diff in found})
        changed: dict[tuple[int, str], list[tuple[int, dict[str, Any]]]] = {}
        for diff, changes in zip(found, history.show(ctx, found), strict=True):
            for change in changes:
                changed.setdefault((diff.id, change["field"]), []).append((diff.changeset, change))
        for one in conflicts:
            if one["entity"] != entity:
                continue
            one["label"] = titles.get(one["id"], "")
            past = changed.get((one["id"], one["field"]), [])
            if past:
                by, last = past[0]
                one |= {"now": last["after"], "by": heads[by]["actor"], "at": heads[by]["at"]}
            for of, change in past:
                if of == changeset:
                    one |= {"before": change["before"], "after": change["after"]}


def _records(places: Sequence[engine.Place]) -> list[tuple[str, int]]:
    return [(entity, id) for _, entity, id in places]


def describe(by: int | None, changeset: int, done: Undone) -> dict[str, Any]:
    """The outward form of an undo."""
    return {
        "changeset": by,
        "undoes": changeset,
        "deleted": done.deleted,
        "restored": done.restored,
        "reverted": done.reverted,
        "conflicts": [asdict(c) for c in done.conflicts[:EXAMPLES]],
    }


def _mark_undone(ctx: Ctx, head: Mapping[str, Any]) -> None:
    """Note that a set is undone. When it was itself a whole undo, the one it took back stands again, and what that one
    took back does not, and so on: undo, redo, undo leaves the first set undone."""
    state: State = "undone"
    now: Mapping[str, Any] | None = head
    while now is not None:
        door.set_state(ctx, now["id"], state)
        before = _head(ctx, now["undoes"]) if now["undoes"] is not None else None
        whole = (now["result"] or {}).get(WHOLE)
        # Undos of an older program do not tell; they say at least that what they took back stands again.
        if whole is False or (whole is None and now is not head):
            return
        now, state = before, "applied" if state == "undone" else "undone"


def _allowed(ctx: Ctx) -> engine.Allowed:
    writable: dict[str, frozenset[str]] = {}
    fields: dict[str, dict[str, str]] = {}

    def check(entity: str, _id: int, column: str | None) -> bool:
        if column is None:
            return may(ctx, entity, "delete")
        if entity not in writable:
            writable[entity] = frozenset(writable_fields(ctx, entity))
            fields[entity] = engine.table_fields(ctx, entity)
        return may(ctx, entity, "update") and fields[entity][column] in writable[entity]

    return check


def _seen(ctx: Ctx) -> engine.Seen:
    return lambda entity, ids: read.visible(ctx, entity, ids)


def _visible(ctx: Ctx, records: list[tuple[str, int]]) -> list[tuple[str, int]]:
    by_entity: dict[str, list[int]] = {}
    for entity, id in records:
        by_entity.setdefault(entity, []).append(id)
    seen: set[tuple[str, int]] = set()
    for entity, ids in by_entity.items():
        seen.update((entity, id) for id in visible_records(ctx, entity, ids))
    return [record for record in records if record in seen]


def visible_records(ctx: Ctx, entity: str, ids: list[int]) -> set[int]:
    """Live records that the actor sees, and deleted ones that he would see."""
    if entity not in ctx.catalog.entities or not may(ctx, entity, "read"):
        return set()
    if read.sees_all_rows(ctx, entity):
        return set(ids)
    seen = read.visible(ctx, entity, ids)
    return seen | history.visible_images(ctx, entity, history.deleted_images(ctx, entity, set(ids) - seen))


def _head(ctx: Ctx, changeset: int) -> dict[str, Any] | None:
    table = system.changeset
    row = ctx.tx.execute(sa.select(table).where(table.c.id == changeset)).mappings().first()
    return dict(row, result=orjson.loads(row["result"]) if row["result"] else None) if row is not None else None


def require_changeset(ctx: Ctx, changeset: int) -> dict[str, Any]:
    """The row of a change-set of which the actor sees something. Raises NotFound."""
    head = _head(ctx, changeset)
    if head is None or not sees_some(ctx, changeset, head):
        raise NotFound("changeset.not_found", id=changeset)
    return head


def sees_some(ctx: Ctx, changeset: int, head: Mapping[str, Any]) -> bool:
    """Whether the actor sees at least one record of a change-set. One's own sets stay visible."""
    if ctx.actor.kind != "user" or may(ctx, None, "undo_others") or head["actor_id"] == ctx.actor.id:
        return True
    after: engine.Place | None = None
    while True:
        places = engine.portion(ctx, changeset, after, PORTION)
        if _visible(ctx, _records(places)):
            return True
        if len(places) < PORTION:
            return False
        after = places[-1]
