"""SQL of every kept derived value over a row of its table: formula, lookup, roll-up or rule, typed value first.

The one place that turns a derived field into an expression; statements around it belong to `service`.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import sqlalchemy as sa

from kehu.base.db.formula_sql import formula_expression
from kehu.base.errors import BadInput
from kehu.base.fields.base import ParseEnv
from kehu.base.schema.model import Entity, Field
from kehu.core.derived.paths import Model, Parent, part
from kehu.core.derived.rollups import lookup, rollup

Sql = sa.ColumnElement[Any]
NEVER = "0001-01-01"


def expression(model: Model, parent: Parent, entity: Entity, field: Field, names: count[int]) -> Sql:
    """Return the stored form of a kept derived value over a row of `parent`."""
    assert field.derived is not None
    match field.derived.kind:
        case "formula":
            # Kept formulas never ask for today; the check of the graph has seen to that.
            computed = formula_expression(entity, field, parent, NEVER, model.types, model.catalog.timezone)
        case "lookup":
            # Of a row about to be made only lookups along an empty relation are asked for.
            computed = sa.null() if parent.new else lookup(model, parent, entity, field, names)
        case "rollup":
            computed = rollup(model, parent, entity, field, names)
        case "part":
            computed = parent.c[part(model, entity.key, field).name]
        case "rule":
            computed = _default(model, field)
        case _:
            raise BadInput("derived.kind", name=f"{entity.key}.{field.key}", kind=field.derived.kind)
    placed = model.tables[entity.key].layouts[field.key]
    if not placed.typed:
        return computed
    return sa.func.coalesce(parent.c[placed.typed[0].name], computed, type_=parent.c[placed.value[0].name].type)


def _default(model: Model, field: Field) -> Sql:
    """What a rule gives until rules are evaluated: the default of the field."""
    column = model.types[field.value_type]
    if field.default is None or isinstance(field.default, dict):
        return sa.null()
    parsed = column.parse(field, field.default, ParseEnv("api", model.catalog.timezone))
    if parsed.value is None:
        return sa.null()
    return sa.literal(column.store(field, parsed.value)[0])  # type: ignore[arg-type]
