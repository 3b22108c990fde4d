"""Use case: change or delete many records at once, as one change-set. More than 500 become a job in portions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kehu.base.errors import BadInput
from kehu.base.fields.base import Stored, Value
from kehu.base.schema.model import Entity
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.context import Ctx
from kehu.core.jobs import pace
from kehu.core.jobs.table import Job, StepResult, add_job
from kehu.core.records import attached, comparing, read, requirements
from kehu.core.records.children import delete_with_children
from kehu.core.records.values import load_value
from kehu.core.records.write import changed_columns, entity_for, read_input, settle

AT_ONCE = 500
SAMPLE = 20
LISTS = frozenset({"tags", "multi_select"})


def bulk(
    ctx: Ctx,
    entity_key: str,
    *,
    where: Mapping[str, Any] | None = None,
    search: str | None = None,
    ids: Sequence[int] | None = None,
    set_: Mapping[str, object] | None = None,
    add: Mapping[str, object] | None = None,
    remove: Mapping[str, object] | None = None,
    delete: bool = False,
    reason: str | None = None,
    preview: bool = False,
) -> dict[str, Any]:
    """Set fields of, add to or remove from lists of, or delete, all records of a filter or of a list of ids.

    Returns `{"affected", "sample"}` for a preview, else `{"changeset", "affected", "state"}`. Raises as a single
    write does; ids that are not visible count as not there.
    """
    if (where is None and search is None) == (ids is None):
        raise BadInput("bulk.needs_records", field="ids")
    if sum((set_ is not None, add is not None, remove is not None, delete)) != 1:
        raise BadInput("bulk.needs_action", field="set")
    listed = add if add is not None else remove
    entity = entity_for(ctx, entity_key, "bulk")
    entity_for(ctx, entity_key, "delete" if delete else "update")
    if set_ is not None:
        _parsed(ctx, entity, set_)
    if listed is not None:
        _lists(ctx, entity, listed)
    found = (
        sorted(read.visible(ctx, entity_key, ids))
        if ids is not None
        else read.select_ids(ctx, entity_key, where, search)
    )
    if preview:
        titles = read.titles(ctx, entity_key, found[:SAMPLE])
        sample = [{"id": id, "label": titles.get(id, "")} for id in found[:SAMPLE]]
        return {"affected": len(found), "sample": sample}
    code = "title.bulk_delete" if delete else "title.bulk"
    title = Title(code=code, data={"entity": entity_key, "count": len(found)})
    at_once = len(found) <= AT_ONCE
    writing = door.begin(ctx, title, origin="bulk", reason=reason, state="applied" if at_once else "applying")
    args = {
        "entity": entity_key,
        "set": dict(set_) if set_ is not None else None,
        "add": dict(add) if add is not None else None,
        "remove": dict(remove) if remove is not None else None,
        "changeset": writing.changeset,
    }
    if at_once:
        _apply(ctx, args, found)
        return {"changeset": writing.changeset, "affected": len(found), "state": "applied"}
    add_job(ctx, "bulk", {**args, "ids": list(found)}, changeset=writing.changeset, total=len(found))
    return {"changeset": writing.changeset, "affected": len(found), "state": "applying"}


def step(ctx: Ctx, job: Job) -> StepResult:
    """One portion of a large bulk change. Rights are those of who asked, checked again now."""
    args = job.args
    done = job.done
    size = pace.next_size(ctx.dialect, dict(job.cursor or {}).get("rows", pace.FIRST), job.held)
    ids = args["ids"][done : done + size]
    door.begin(ctx, Title(code="title.bulk"), origin="bulk", changeset=int(args["changeset"]))
    _apply(ctx, args, sorted(read.visible(ctx, args["entity"], ids)))
    done += len(ids)
    finished = done >= len(args["ids"])
    if finished:
        door.set_state(ctx, int(args["changeset"]), "applied")
    return StepResult(done=done, cursor={"rows": size}, finished=finished, joins=True)


def failed(ctx: Ctx, job: Job, told: Mapping[str, object]) -> None:
    """A bulk change that ends before its time: what it has done can be undone."""
    door.set_state(ctx, int(job.args["changeset"]), "failed")


def _apply(ctx: Ctx, args: Mapping[str, Any], ids: Sequence[int]) -> None:
    entity = ctx.catalog.entities[args["entity"]]
    # Jobs that an earlier version left behind know nothing of `add` and `remove`.
    listed, less = args.get("add"), args.get("remove")
    if listed is not None or less is not None:
        _relist(ctx, entity, ids, more=listed or {}, less=less or {})
        return
    if args["set"] is None:
        delete_with_children(ctx, entity.key, ids)
        settle(ctx)
        return
    values = _parsed(ctx, entity, args["set"])
    names = [column.name for column in ctx.tables[entity.key].base]
    live = door.lock_rows(ctx, entity.key, ids, names)
    door.update(ctx, entity.key, {id: changed_columns(ctx, entity, id, values, row) for id, row in live.items()})
    settle(ctx)
    emptied = frozenset(key for key, value in values.items() if value is None)
    requirements.check(ctx, entity, ids, only=emptied)
    comparing.refuse(ctx, entity, ids, values.keys())


def _relist(
    ctx: Ctx, entity: Entity, ids: Sequence[int], *, more: Mapping[str, object], less: Mapping[str, object]
) -> None:
    """Add words to lists and take words away; what is there already, or not there, stays as it is."""
    added, taken = _lists(ctx, entity, more), _lists(ctx, entity, less)
    names = [column.name for column in ctx.tables[entity.key].base]
    live = door.lock_rows(ctx, entity.key, ids, names)
    rows: dict[int, dict[str, Stored]] = {}
    for id, row in live.items():
        values: dict[str, Value] = {}
        for key in {**added, **taken}:
            before = load_value(ctx, entity.fields[key], row)
            old = list(before) if isinstance(before, list | tuple) else []
            new = [word for word in old if word not in taken.get(key, [])]
            new.extend(word for word in added.get(key, []) if word not in new)
            if new != old:
                values[key] = tuple(new) or None
        rows[id] = changed_columns(ctx, entity, id, values, row)
    door.update(ctx, entity.key, rows)
    settle(ctx)
    emptied = frozenset(taken)
    if emptied:
        requirements.check(ctx, entity, ids, only=emptied)


def _lists(ctx: Ctx, entity: Entity, given: Mapping[str, object]) -> dict[str, list[Any]]:
    """The words for lists of several values. Raises BadInput for other fields and for no words."""
    found: dict[str, list[Any]] = {}
    for key, value in _parsed(ctx, entity, given).items():
        if entity.fields[key].value_type not in LISTS or not isinstance(value, list | tuple) or not value:
            raise BadInput("bulk.needs_list", field=key)
        found[key] = list(value)
    return found


def _parsed(ctx: Ctx, entity: Entity, given: Mapping[str, object]) -> dict[str, Any]:
    parsed = read_input(ctx, entity, given)
    errors = parsed.errors or attached.settle(ctx, entity, parsed.values, None)
    if errors:
        raise BadInput("input.invalid", errors=errors)
    return dict(parsed.values)
