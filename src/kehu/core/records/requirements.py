"""Which fields must be filled, checked after derived values are known. Imports report instead (`missing`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from kehu.base.db.ids import among
from kehu.base.errors import BadInput, FieldError
from kehu.base.fields.base import Stored, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.context import Ctx


def required_fields(entity: Entity) -> list[Field]:
    """Fields that some record of the entity must have."""
    return [f for f in entity.visible if f.required != "no" and not (f.derived and f.derived.read_time)]


def missing(ctx: Ctx, entity: Entity, ids: Iterable[int]) -> dict[int, list[str]]:
    """Field keys that are required and empty, by live record; records that lack nothing are left out."""
    fields = required_fields(entity)
    if not fields:
        return {}
    table = ctx.tables[entity.key].table
    columns = {f.key: _column(ctx, f) for f in fields}
    wanted = {name for name in columns.values() if name}
    state = [f for f in (entity.fields.get("kind"), *_stages(entity)) if f is not None]
    wanted.update(layout(f, ctx.types).value[0].name for f in state)
    names = sorted(wanted)
    found = ctx.tx.execute(
        sa.select(table.c.id, *(table.c[name] for name in names)).where(among(ctx.dialect, table.c.id, ids))
    )
    out: dict[int, list[str]] = {}
    for id, *stored in found:
        row = dict(zip(names, stored, strict=True))
        lacking = [f.key for f in fields if _holds(ctx, entity, f, row) and row.get(columns[f.key] or "") is None]
        if lacking:
            out[id] = lacking
    return out


def check(ctx: Ctx, entity: Entity, ids: Iterable[int], *, only: frozenset[str] | None = None) -> None:
    """Refuse when required values are empty. `only` limits it to some fields: those that an edit could empty."""
    nobody = {f.key for f in entity.visible if _is_me(f)} if ctx.actor.id is None else set()
    errors = [
        FieldError(key, "required.missing", {"field": key, "label": entity.fields[key].label.of(ctx.lang)})
        for keys in missing(ctx, entity, ids).values()
        for key in keys
        if (only is None or key in only) and key not in nobody
    ]
    if errors:
        raise BadInput("input.invalid", errors=errors)


def _is_me(field: Field) -> bool:
    """Whether a field names who acts: the system and the command line are nobody and may leave it empty."""
    rules = field.default if isinstance(field.default, list | tuple) else (field.default,)
    return any(isinstance(rule, Mapping) and bool(rule.get("me")) for rule in rules)


def _column(ctx: Ctx, field: Field) -> str | None:
    placed = layout(field, ctx.types)
    columns = placed.secret or placed.value
    return columns[0].name if columns else None


def _stages(entity: Entity) -> list[Field | None]:
    return [entity.fields.get("stage"), entity.fields.get("status")]


def _holds(ctx: Ctx, entity: Entity, field: Field, row: Mapping[str, Stored]) -> bool:
    """Whether the requirement of a field applies to this record: by kind, by stage or status."""
    kind = row.get("kind")
    if field.applies_to != "both" and isinstance(kind, str) and kind != field.applies_to:
        return False
    if field.required == "always":
        return True
    if field.required == "for_enterprise":
        return kind == "enterprise"
    _, _, stage = field.required.partition("at_stage:")
    return any(f is not None and row.get(layout(f, ctx.types).value[0].name) == stage for f in _stages(entity))
