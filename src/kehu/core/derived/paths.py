"""Paths of roll-ups and lookups through the catalog: which rows they cross, which columns they read.

Knows the catalog and its tables, makes no statement and reads no data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from kehu.base.db.formula_sql import operand
from kehu.base.db.tables import Tables
from kehu.base.errors import BadInput
from kehu.base.fields.base import Column, FieldType
from kehu.base.formula.types import Operand
from kehu.base.schema.model import Catalog, Entity, Field

MOST_HOPS = 4


@dataclass(frozen=True, slots=True)
class Model:
    """What derived values are planned from: one catalog version with its tables and the field types."""

    catalog: Catalog
    tables: Tables
    types: Mapping[str, FieldType]

    def entity(self, key: str) -> Entity:
        """The entity, hidden ones included: kept values of hidden fields follow too."""
        return self.catalog.entities[key]


@dataclass(frozen=True, slots=True)
class Parent:
    """The row whose derived values are expressed: its columns by name, and what subqueries correlate with.

    new: a row about to be made, at which nothing can point yet: its roll-ups are those over no rows.
    """

    c: Mapping[str, sa.ColumnElement[Any]]
    froms: tuple[sa.FromClause, ...]
    new: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """The value at the end of a path: its entity, column, what formulas may know about it, and its field."""

    entity: str
    key: str
    column: str
    operand: Operand
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One relation on the way: `column` of `owner` holds the id of a record of `target`."""

    owner: str
    key: str
    column: str
    target: str


def leaf(model: Model, entity: str, key: str, where: str) -> Leaf:
    """Return a field's kept value (or "id", "created_at"). `where` names the derived field for errors."""
    if key == "id":
        return Leaf(entity, key, "id", Operand("relation"))
    if key == "created_at":
        return Leaf(entity, key, "created_at", Operand("datetime"))
    field = model.entity(entity).field(key)
    placed = model.tables[entity].layouts.get(key)
    if field is None or placed is None:
        raise BadInput("derived.unknown_field", name=where, path=f"{entity}.{key}")
    if field.sensitive == "secret":
        raise BadInput("derived.secret", name=where, path=f"{entity}.{key}")
    if not placed.value:
        raise BadInput("derived.read_time", name=where, path=f"{entity}.{key}")
    return Leaf(
        entity, key, model.types[field.value_type].formula_column(field).name, operand(field, model.types), field
    )


def part(model: Model, entity: str, field: Field) -> Column:
    """Return the column that a derived field of kind `part` reads. Raises BadInput."""
    assert field.derived is not None
    key, name = str(field.derived.settings.get("field")), str(field.derived.settings.get("part"))
    source = model.entity(entity).field(key)
    found = None if source is None or source.sensitive == "secret" or source.derived is not None else source
    column = None if found is None else model.types[found.value_type].part_column(found, name)
    if column is None:
        raise BadInput("derived.unknown_field", name=f"{entity}.{field.key}", path=f"{key}.{name}")
    return column


def to_one(model: Model, entity: str, path: str, where: str) -> tuple[tuple[Hop, ...], Leaf]:
    """Follow relations to one: "order.customer.name" gives two hops and the leaf. Raises BadInput."""
    *relations, last = path.split(".")
    hops: list[Hop] = []
    for key in relations[: MOST_HOPS + 1]:
        found = leaf(model, entity, key, where)
        target = None if found.field is None else found.field.target
        if found.operand.kind != "relation" or target is None or target not in model.catalog.entities:
            raise BadInput("derived.not_relation", name=where, path=f"{entity}.{key}")
        hops.append(Hop(entity, key, found.column, target))
        entity = target
    if len(hops) > MOST_HOPS:
        raise BadInput("derived.path_too_long", name=where, path=path, most=MOST_HOPS)
    return tuple(hops), leaf(model, entity, last, where)


def to_many(model: Model, entity: str, path: str, where: str) -> tuple[Hop, ...]:
    """Follow reverse keys: "orders.lines" gives the relations of order and of line, each seen from its owner."""
    hops: list[Hop] = []
    for key in path.split("."):
        reverse = model.catalog.reverses.get(entity, {}).get(key)
        if reverse is None or len(hops) == MOST_HOPS:
            raise BadInput("derived.unknown_path", name=where, path=path)
        column = leaf(model, reverse.entity, reverse.field, where).column
        hops.append(Hop(reverse.entity, reverse.field, column, entity))
        entity = reverse.entity
    return tuple(hops)


def sources(field: Field) -> list[Mapping[str, Any]]:
    """The sources of a roll-up, those of its rules included."""
    assert field.derived is not None
    settings = field.derived.settings
    found = list(settings.get("sources", ()))
    found.extend(rule["source"] for rule in settings.get("rules", ()))
    return found


def plus(field: Field) -> tuple[str, ...]:
    """Keys of the own fields that a roll-up takes in."""
    assert field.derived is not None
    told = field.derived.settings.get("plus", ())
    return (told,) if isinstance(told, str) else tuple(told)


def tested(where: object) -> Iterator[Mapping[str, Any]]:
    """Yield the single comparisons of a filter."""
    if not isinstance(where, Mapping):
        return
    for word in ("and", "or"):
        for part in where.get(word, ()):
            yield from tested(part)
    if "not" in where:
        yield from tested(where["not"])
    if "field" in where:
        yield where


def is_today(value: object) -> bool:
    """Whether the operand of a filter is the day on which it is evaluated."""
    return isinstance(value, Mapping) and value.get("today") is True


def source_paths(source: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths to one that a source reads from each of its rows."""
    if "field" in source:
        yield str(source["field"])
    for test in tested(source.get("where")):
        yield str(test["field"])
    if "order" in source:
        yield str(source["order"]["field"])
