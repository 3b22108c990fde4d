"""Limits of a field that name another one of the same record: an end not before its start, a budget's two ends.

Checked when the record stands, like requirements; imports ask for what they are about to write. An actor who may not
read both fields is not asked: else refusals would tell what he may not see. It must not write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from kehu.base.errors import BadInput, FieldError
from kehu.base.fields import rules
from kehu.base.fields.base import Problem, layout
from kehu.base.schema.codec import label_data
from kehu.base.schema.model import Entity, Field
from kehu.core.access.permissions import readable_fields
from kehu.core.changesets import write as door
from kehu.core.context import Ctx


@dataclass(frozen=True, slots=True)
class Pair:
    """A field that must not be below (`min`) or above (`max`) another."""

    field: Field
    rule: Literal["min", "max"]
    other: Field

    @property
    def keys(self) -> frozenset[str]:
        """Both fields."""
        return frozenset((self.field.key, self.other.key))


def pairs(ctx: Ctx, entity: Entity, touched: Collection[str] | None = None) -> list[Pair]:
    """The pairs that the actor may see, only those with a touched field when such are named."""
    found = ctx.tables.keep(("comparing", entity.key), lambda: _every(entity))
    if not found:
        return []
    seen = readable_fields(ctx, entity.key)
    return [one for one in found if one.keys <= seen and (touched is None or one.keys & set(touched))]


def _every(entity: Entity) -> tuple[Pair, ...]:
    return tuple(
        Pair(one, rule, entity.fields[key])
        for one in entity.visible
        for rule in ("min", "max")
        if (key := rules.other(one, rule)) is not None and key in entity.fields
    )


def broken(of: Iterable[Pair], values: Mapping[str, object]) -> Iterator[tuple[Pair, Problem]]:
    """The pairs whose values, by field key, contradict each other. What is empty contradicts nothing."""
    for pair in of:
        own, other = values.get(pair.field.key), values.get(pair.other.key)
        if own is None or other is None or type(own) is not type(other):
            continue
        if own < other if pair.rule == "min" else own > other:  # type: ignore[operator]
            days = pair.field.value_type in ("date", "datetime")
            code = f"compare.{'before' if days else 'below'}" if pair.rule == "min" else None
            told = {"label": label_data(pair.field.label), "other": label_data(pair.other.label)}
            yield pair, rules.broken(pair.field, pair.rule, code or f"compare.{'after' if days else 'above'}", **told)


def stored_values(ctx: Ctx, of: Iterable[Pair], row: Mapping[str, object]) -> dict[str, object]:
    """The values of the fields of pairs from stored columns."""
    return {one.key: row.get(column(ctx, one)) for pair in of for one in (pair.field, pair.other)}


def column(ctx: Ctx, one: Field) -> str:
    """The stored column that is compared."""
    return layout(one, ctx.types).value[0].name


def check(
    ctx: Ctx, entity: Entity, paths: Mapping[int, str], touched: Collection[str] | None = None
) -> tuple[list[FieldError], list[FieldError]]:
    """What is refused and what is only told of records that have been written. `paths`: as in `requirements`."""
    of = pairs(ctx, entity, touched)
    errors: list[FieldError] = []
    warnings: list[FieldError] = []
    if not of:
        return errors, warnings
    names = sorted({column(ctx, one) for pair in of for one in (pair.field, pair.other)})
    for id, row in sorted(door.lock_rows(ctx, entity.key, paths, names).items()):
        for pair, problem in broken(of, stored_values(ctx, of, row)):
            key = pair.field.key if touched is None or pair.field.key in touched else pair.other.key
            told = FieldError(f"{paths[id]}{key}", problem.code, {**problem.data, "field": key})
            (errors if problem.severity == "refuse" else warnings).append(told)
    return errors, warnings


def refuse(ctx: Ctx, entity: Entity, ids: Iterable[int], touched: Collection[str]) -> list[FieldError]:
    """Raise BadInput when a change breaks a pair, told once for all records; return what is only told."""
    errors, warnings = check(ctx, entity, dict.fromkeys(ids, ""), touched)
    if errors:
        raise BadInput("input.invalid", errors=list({(e.field, e.code): e for e in errors}.values()))
    return warnings
