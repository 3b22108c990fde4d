"""Use case: write several records together as one change-set, as when a range of cells is pasted.

All or nothing: what cannot be written is named by its row, so that the caller can leave it out and try the rest. Rows
are numbered as they were sent, the changed ones first, then the new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kehu.base.errors import BadInput, Conflict, FieldError
from kehu.base.fields.base import Stored, Value
from kehu.base.schema.model import Entity
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Origin, Title
from kehu.core.context import Ctx
from kehu.core.records import comparing, numbering, read, requirements
from kehu.core.records.write import (
    changed_columns,
    demanded_by,
    entity_for,
    insert_values,
    read_input,
    refuse_conflicts,
    settle,
)

MOST = 1_000


def batch(
    ctx: Ctx,
    entity_key: str,
    *,
    update: Sequence[Mapping[str, Any]] = (),
    create: Sequence[Mapping[str, object]] = (),
    origin: Origin = "form",
) -> dict[str, Any]:
    """Change records (`{"id", "revision"?, "set"}`) and make new ones in one change-set.

    Returns `{"changeset", "updated", "created", "warnings"}` with id and revision of each record. Raises BadInput whose
    errors name row and field, Conflict naming the rows that somebody else changed since, NotAllowed.
    """
    if not update and not create:
        raise BadInput("batch.empty", field="update")
    if len(update) + len(create) > MOST:
        raise BadInput("batch.too_many", field="update", most=MOST)
    entity = entity_for(ctx, entity_key, "update" if update else "create")
    if create:
        entity_for(ctx, entity_key, "create")
    ids = [int(one["id"]) for one in update]
    warnings: list[FieldError] = []
    parsed = _parsed(ctx, entity, [one["set"] for one in update] + list(create), warnings)
    _all_there(ctx, entity_key, ids)
    values, fresh = parsed[: len(ids)], parsed[len(ids) :]

    door.begin(ctx, Title(code="title.batch", data={"entity": entity_key, "count": len(parsed)}), origin=origin)
    # A record that already lacked something may still be edited.
    gaps = requirements.missing(ctx, entity, ids) if ids else {}
    _update(ctx, entity, update, values)
    made = insert_values(ctx, entity, fresh) if fresh else []
    settle(ctx)
    _check(ctx, entity, ids, parsed, gaps, made, warnings)
    writing = door.current(ctx)
    assert writing is not None
    live = door.lock_rows(ctx, entity_key, [*ids, *made], ["rev"])
    told = {id: {"id": id, "revision": live[id]["rev"]} for id in live}
    return {
        "changeset": writing.changeset,
        "updated": [told[id] for id in ids],
        "created": [told[id] for id in made],
        "warnings": warnings,
    }


def _parsed(
    ctx: Ctx, entity: Entity, rows: Sequence[Mapping[str, object]], warnings: list[FieldError]
) -> list[dict[str, Value]]:
    errors: list[FieldError] = []
    found: list[dict[str, Value]] = []
    for at, given in enumerate(rows):
        parsed = read_input(ctx, entity, given)
        errors.extend(_in_row(at, parsed.errors))
        warnings.extend(_in_row(at, parsed.warnings))
        found.append(dict(parsed.values))
    if errors:
        raise BadInput("input.invalid", errors=errors)
    return found


def _all_there(ctx: Ctx, entity_key: str, ids: Sequence[int]) -> None:
    """One row per record, each of which the actor sees."""
    seen = read.visible(ctx, entity_key, ids)
    errors = [
        FieldError("id", "record.not_found", {"entity": entity_key, "id": id}, row=at)
        for at, id in enumerate(ids)
        if id not in seen
    ]
    errors.extend(
        FieldError("id", "batch.twice", {"id": id}, row=at)
        for at, id in enumerate(ids)
        if id in ids[:at] and id in seen
    )
    if errors:
        raise BadInput("input.invalid", errors=errors)


def _update(
    ctx: Ctx, entity: Entity, asked: Sequence[Mapping[str, Any]], values: Sequence[Mapping[str, Value]]
) -> None:
    if not asked:
        return
    names = [column.name for column in ctx.tables[entity.key].base]
    live = door.lock_rows(ctx, entity.key, [int(one["id"]) for one in asked], ["rev", *names])
    rows: dict[int, dict[str, Stored]] = {}
    contested: list[FieldError] = []
    conflicts: list[dict[str, object]] = []
    for at, (one, wanted) in enumerate(zip(asked, values, strict=True)):
        id, revision = int(one["id"]), one.get("revision")
        rows[id] = changed_columns(ctx, entity, id, wanted, live[id])
        if revision is None or revision == live[id]["rev"]:
            continue
        try:
            refuse_conflicts(ctx, entity, id, revision, wanted, rows[id], live[id])
        except Conflict as conflict:
            contested.append(FieldError("id", conflict.code, {"id": id}, row=at))
            conflicts.extend({**found, "id": id} for found in conflict.conflicts)
    if contested:
        raise Conflict("record.conflict", conflicts=conflicts, errors=contested)
    numbering.note(ctx, entity, values)
    door.update(ctx, entity.key, rows)


def _check(
    ctx: Ctx,
    entity: Entity,
    ids: Sequence[int],
    values: Sequence[Mapping[str, Value]],
    gaps: Mapping[int, Sequence[str]],
    made: Sequence[int],
    warnings: list[FieldError],
) -> None:
    errors: list[FieldError] = []
    for at, id in enumerate([*ids, *made]):
        only = demanded_by(entity, values[at]) if at < len(ids) else None
        try:
            if only != frozenset():
                requirements.check(ctx, entity, [id], only=only, but=gaps.get(id, ()))
            warnings.extend(_in_row(at, comparing.refuse(ctx, entity, [id], values[at].keys())))
        except BadInput as refused:
            errors.extend(_in_row(at, refused.errors))
    if errors:
        raise BadInput("input.invalid", errors=errors)


def _in_row(at: int, errors: Iterable[FieldError]) -> list[FieldError]:
    return [replace(error, row=at) for error in errors]
