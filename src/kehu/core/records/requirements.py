"""Which fields must be filled, checked after derived values are known. Imports report instead (`missing`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from kehu.base.db.ids import among_named, ids_parameter
from kehu.base.db.query.run import compiled
from kehu.base.errors import BadInput, FieldError
from kehu.base.fields.base import layout
from kehu.base.schema.model import Entity, Field
from kehu.core.context import Ctx

IDS = "kehu_ids"


def required_fields(entity: Entity) -> list[Field]:
    """Fields that some record of the entity must have."""
    return [f for f in entity.visible if f.required != "no" and not (f.derived and f.derived.read_time)]


def missing(ctx: Ctx, entity: Entity, ids: Iterable[int]) -> dict[int, list[str]]:
    """Field keys that are required and empty, by live record; records that lack nothing are left out."""
    fields = required_fields(entity)
    if not fields:
        return {}
    key = ("requirements", entity.key)
    statement = compiled(ctx.dialect, ctx.tables, key, lambda: _lacking(ctx, entity, fields), same_plan=True)
    found = statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, sorted(ids))})
    return {row[0]: [f.key for f, lacks in zip(fields, row[1:], strict=True) if lacks] for row in found}


def _lacking(ctx: Ctx, entity: Entity, fields: Sequence[Field]) -> sa.Select[Any]:
    """Select the records among `IDS` that lack something, with 1 for each of the fields that is missing."""
    table = ctx.tables[entity.key].table
    lacks = [sa.and_(_is_empty(ctx, entity, f), *applies(ctx, entity, f)) for f in fields]
    flags = [sa.case((each, 1), else_=0) for each in lacks]
    return sa.select(table.c.id, *flags).where(among_named(ctx.dialect, table.c.id, IDS), sa.or_(*lacks))


def check(
    ctx: Ctx,
    entity: Entity,
    ids: Iterable[int],
    *,
    only: frozenset[str] | None = None,
    but: Sequence[str] = (),
) -> None:
    """Refuse when required values are empty; what several records lack is told once.

    only: limits it to some fields, those that an edit could empty. but: fields that were empty before: an old record
    with gaps can still be edited.
    """
    found = errors(ctx, entity, dict.fromkeys(ids, ""), only=only, but=but)
    if found:
        raise BadInput("input.invalid", errors=list({error.field: error for error in found}.values()))


def errors(
    ctx: Ctx,
    entity: Entity,
    paths: Mapping[int, str],
    *,
    only: frozenset[str] | None = None,
    but: Sequence[str] = (),
) -> list[FieldError]:
    """What records lack, as `check`. paths: the place of each record in the body, before the field's key."""
    left = nobody(ctx, entity)
    return [
        FieldError(
            f"{paths[id]}{key}", "required.missing", {"field": key, "label": entity.fields[key].label.of(ctx.lang)}
        )
        for id, keys in sorted(missing(ctx, entity, paths).items())
        for key in keys
        if (only is None or key in only) and key not in left and key not in but
    ]


def nobody(ctx: Ctx, entity: Entity) -> set[str]:
    """Fields that name who acts and may stay empty, as the system and the command line are nobody."""
    return {f.key for f in entity.visible if _is_me(f)} if ctx.actor.id is None else set()


def _is_me(field: Field) -> bool:
    """Whether a field names who acts."""
    rules = field.default if isinstance(field.default, list | tuple) else (field.default,)
    return any(isinstance(rule, Mapping) and bool(rule.get("me")) for rule in rules)


def _is_empty(ctx: Ctx, entity: Entity, field: Field) -> sa.ColumnElement[bool]:
    columns = layout(field, ctx.types)
    column = (columns.secret or columns.value)[0].name
    return ctx.tables[entity.key].table.c[column].is_(None)


def applies(ctx: Ctx, entity: Entity, field: Field) -> Iterator[sa.ColumnElement[bool]]:
    """When the requirement of a field applies to a record: by kind, by stage or status. All of these must be true."""
    table = ctx.tables[entity.key].table
    state = {
        key: table.c[layout(entity.fields[key], ctx.types).value[0].name]
        for key in ("kind", *field.stages[0])
        if key in entity.fields
    }
    kind = state.get("kind")
    if field.applies_to != "both" and kind is not None:
        yield sa.or_(kind.is_(None), kind == field.applies_to)
    if field.required == "for_enterprise":
        yield kind == "enterprise" if kind is not None else sa.false()
    elif field.required != "always":
        names, stages = field.stages
        yield sa.or_(sa.false(), *(state[key] == stage for key in names if key in state for stage in stages))
