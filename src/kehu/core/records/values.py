"""Input → values → stored columns, and back. Encrypts secret fields; asks nobody's rights and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kehu.base.errors import FieldError
from kehu.base.fields.base import FieldType, Stored, Unresolved, Value, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.changesets.observers import Ready
from kehu.core.context import Ctx


@dataclass(slots=True)
class ParsedValues:
    """Values by field key, with what is wrong or doubtful about the input."""

    values: dict[str, Value] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    warnings: list[FieldError] = field(default_factory=list)


def parse_values(
    ctx: Ctx, entity: Entity, given: Mapping[str, object], *, source: Literal["api", "form"] = "api"
) -> ParsedValues:
    """Parse input for fields of an entity. Keys must be fields; rights have been checked by the caller."""
    out = ParsedValues()
    env = ctx.parse_env(source)
    for key, raw in given.items():
        one = entity.fields[key]
        if one.read_only:
            out.errors.append(FieldError(key, "field.derived", {"field": key}))
            continue
        parsed = ctx.types[one.value_type].parse(one, raw, env)
        for problem in parsed.problems:
            target = out.errors if problem.severity == "refuse" else out.warnings
            target.append(FieldError(key, problem.code, {**problem.data, "field": key}))
        if isinstance(parsed.value, Unresolved):
            out.errors.append(FieldError(key, "value.invalid", {"field": key, "value": parsed.value.text}))
        elif not parsed.refused:
            out.values[key] = parsed.value
    return out


def place(entity: str, column: str) -> str:
    """Where a secret value stands, for blind indexes."""
    return f"{entity}|{column}"


def store_value(ctx: Ctx, entity: Entity, one: Field, id: int, value: Value) -> dict[str, Stored]:
    """Turn a value into the physical base columns of its field."""
    kind: FieldType = ctx.types[one.value_type]
    placed = ctx.tables[entity.key].layouts.get(one.key) or layout(one, ctx.types)
    if placed.secret:
        enc, idx, mask = (column.name for column in placed.secret)
        if value is None:
            return {enc: None, idx: None, mask: None}
        plain = kind.blind(one, value)
        return {
            enc: ctx.keys.encrypt(plain, aad=f"{entity.key}|{enc}|{id}"),
            idx: ctx.keys.blind(plain, place=place(entity.key, idx)),
            mask: kind.mask(one, value),
        }
    stored = kind.store(one, value) if value is not None else (None,) * len(kind.columns(one))
    if placed.typed:
        return {placed.typed[0].name: stored[0]}
    return {column.name: content for column, content in zip(placed.value, stored, strict=True)}


def store_rows(
    ctx: Ctx,
    entity: Entity,
    ids: Sequence[int],
    rows: Sequence[Mapping[str, Value]],
    ready: Sequence[Ready | None] = (),
) -> list[dict[str, Stored]]:
    """Turn the values of many records into physical columns, field by field; empty ones are left out.

    ready: of each record the columns that are known already.
    """
    out: list[dict[str, Stored]] = [dict(one.stored) if one is not None else {} for one in ready] or [{} for _ in rows]
    layouts = ctx.tables[entity.key].layouts
    for key in {key for row in rows for key in row}:
        one, placed = entity.fields[key], layouts[key]
        kind = ctx.types[one.value_type]
        names = [column.name for column in placed.typed or placed.value]
        known: dict[Value, tuple[tuple[str, Stored], ...]] = {}
        for id, row, stored in zip(ids, rows, out, strict=True):
            value = row.get(key)
            if value is None or (names and names[0] in stored):
                continue
            if placed.secret:
                stored.update(store_value(ctx, entity, one, id, value))
                continue
            found = known.get(value)
            if found is None:
                # A typed value keeps only its main column: zip ends with the shorter.
                found = known[value] = tuple(zip(names, kind.store(one, value), strict=False))
            for name, content in found:
                stored[name] = content
    return out


def load_value(ctx: Ctx, one: Field, row: Mapping[str, Stored]) -> Value:
    """The value of a field from its stored columns: the mask of a secret field, the typed part of a typed one."""
    placed = layout(one, ctx.types)
    if placed.secret:
        return row.get(placed.secret[2].name)
    columns = placed.typed or placed.value
    return ctx.types[one.value_type].load(one, [row.get(column.name) for column in columns])


def dump_value(ctx: Ctx, one: Field, row: Mapping[str, Stored]) -> Any:
    """The JSON form of a field from its stored columns; secret fields give their mask."""
    value = load_value(ctx, one, row)
    return value if one.sensitive == "secret" else ctx.types[one.value_type].dump(one, value)


def same_secret(ctx: Ctx, entity: Entity, one: Field, value: Value, idx: Stored) -> bool:
    """Whether a secret field already holds this value, so that writing it again is no change."""
    if value is None or idx is None:
        return value is None and idx is None
    column = layout(one, ctx.types).secret[1].name
    plain = ctx.types[one.value_type].blind(one, value)
    return ctx.keys.blind(plain, place=place(entity.key, column)) == idx
