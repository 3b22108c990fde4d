"""What differs between two catalogs, as data: for previews, kit comparison and the columns that must be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kehu.base.schema.codec import entity_data, field_data
from kehu.base.schema.model import Entity, Field


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field before and after; None where it is not there."""

    entity: str
    key: str
    old: Field | None
    new: Field | None

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the members that differ."""
        before = field_data(self.old) if self.old else {}
        after = field_data(self.new) if self.new else {}
        return tuple(sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k)))


@dataclass(frozen=True, slots=True)
class EntityDiff:
    """One entity before and after, without its fields."""

    key: str
    old: Entity | None
    new: Entity | None


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that differs."""

    entities: tuple[EntityDiff, ...]
    fields: tuple[FieldDiff, ...]

    def __bool__(self) -> bool:
        return bool(self.entities or self.fields)


def diff(old: Mapping[str, Entity], new: Mapping[str, Entity]) -> Diff:
    """Compare two sets of entities; system entities are left out."""
    entities: list[EntityDiff] = []
    fields: list[FieldDiff] = []
    for key in [*old, *(k for k in new if k not in old)]:
        a, b = old.get(key), new.get(key)
        if (a or b) is None or (a and a.system) or (b and b.system):
            continue
        if (entity_data(a) if a else None) != (entity_data(b) if b else None):
            entities.append(EntityDiff(key, a, b))
        a_fields: Mapping[str, Field] = a.fields if a else {}
        b_fields: Mapping[str, Field] = b.fields if b else {}
        for name in [*a_fields, *(f for f in b_fields if f not in a_fields)]:
            if _system(a_fields.get(name) or b_fields[name]):
                continue
            one = FieldDiff(key, name, a_fields.get(name), b_fields.get(name))
            if one.members:
                fields.append(one)
    return Diff(tuple(entities), tuple(fields))


def _system(field: Field) -> bool:
    return field.derived is not None and field.derived.kind == "system"
