"""What a change of the catalog does to the ledger: columns, conversions, indexes; and its forecast, from the same code.

Works on the difference of two catalogs. It neither judges the change nor stores the catalog; that is `service`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from kehu.base.db import ddl
from kehu.base.db.tables import EntityTable, Tables
from kehu.base.fields import rules
from kehu.base.fields.base import Parsed, Stored, Unresolved, Value, layout
from kehu.base.schema.diff import Diff, FieldDiff
from kehu.base.schema.model import Entity, Field
from kehu.core.catalog import indexes
from kehu.core.changesets import write as door
from kehu.core.context import Ctx
from kehu.core.records.requirements import applies

BATCH = 1000
EXAMPLES = 10
LOOK = 1.0  # seconds for which a preview reads the values of one field


@dataclass(slots=True)
class Effect:
    """What one change does to records. `failed` values do not convert; examples are (record id, text).

    at_least: time was up before all records were looked at, so that there may be more rows.
    """

    kind: str  # entity.new entity.hide entity.show field.new field.type field.hide field.show field.required
    # field.unique field.rules options.new options.hide
    entity: str
    key: str | None = None
    rows: int = 0
    at_least: bool = False
    failed: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)
    duplicates: list[tuple[int, ...]] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """The effect as JSON."""
        return {
            "kind": self.kind,
            "entity": self.entity,
            "field": self.key,
            "rows": self.rows,
            "at_least": self.at_least,
            "not_converted": self.failed,
            "examples": [{"id": id, "value": text} for id, text in self.examples],
            "duplicates": [list(ids) for ids in self.duplicates],
        }


def forecast(ctx: Ctx, diff: Diff, after: Tables, *, look: float = LOOK) -> list[Effect]:
    """Say what a difference would do, without writing. look: seconds to read the values of one field at most."""
    effects = [Effect("entity.new", one.key) for one in diff.entities if one.old is None]
    for one in diff.entities:
        if one.old is not None and one.new is not None and one.new.hidden != one.old.hidden:
            count = sa.select(sa.func.count()).select_from(ctx.tables[one.key].table)
            kind = "entity.hide" if one.new.hidden else "entity.show"
            effects.append(Effect(kind, one.key, rows=int(ctx.tx.execute(count).scalar_one())))
    for each in diff.fields:
        if each.entity not in ctx.tables.of or each.new is None:
            continue
        effects += _field_effects(ctx, each, each.new, after[each.entity], look)
    return effects


def _field_effects(ctx: Ctx, one: FieldDiff, new: Field, after: EntityTable, look: float) -> Iterator[Effect]:
    before = ctx.tables[one.entity]
    if one.old is None:
        yield Effect("field.new", one.entity, one.key)
        if new.required != "no" and new.derived is None:
            yield _lacking(ctx, before, one, new)
        return
    if one.old.column != new.column:
        effect = Effect("field.type", one.entity, one.key)
        for _ in convert(ctx, before, one.old, new, effect):
            pass
        yield effect
    if new.hidden != one.old.hidden:
        kind = "field.hide" if new.hidden else "field.show"
        yield Effect(kind, one.entity, one.key, rows=_filled(ctx, before, one.old))
    if new.required not in ("no", one.old.required) and one.old.required != "always":
        yield _lacking(ctx, before, one, new)
    if new.unique and not one.old.unique and one.old.column == new.column:
        index = next(i for i in ddl.field_indexes(after, new) if i.unique)
        groups = ddl.duplicates(ctx.tx, index)
        yield Effect("field.unique", one.entity, one.key, rows=sum(map(len, groups)), duplicates=groups)
    if new.derived is None and one.old.column == new.column and _asked(new) - _asked(one.old):
        yield _breaking(ctx, before, new, look)
    if {o.key for o in new.options} - {o.key for o in one.old.options}:
        yield Effect("options.new", one.entity, one.key)
    hidden = {o.key for o in new.options if o.hidden} - {o.key for o in one.old.options if o.hidden}
    if hidden and one.old.column == new.column and new.value_type == "select":
        column = before.column(before.layouts[new.key].value[0].name)
        held = sa.select(sa.func.count()).select_from(before.table).where(column.in_(sorted(hidden)))
        yield Effect("options.hide", one.entity, one.key, rows=int(ctx.tx.execute(held).scalar_one()))


def _asked(one: Field) -> set[tuple[str, str]]:
    """The rules of a field, as far as values can break them."""
    return {(rule, repr(one.settings[rule])) for rule in rules.OF_VALUES if one.settings.get(rule) is not None}


def _lacking(ctx: Ctx, table: EntityTable, one: FieldDiff, new: Field) -> Effect:
    """Count the records that would have to fill a field and have not, by kind and stage."""
    tests = list(applies(ctx, ctx.catalog.entities[one.entity], new))
    if one.old is not None and (placed := table.layouts.get(one.key)) is not None:
        tests.append(table.column((placed.secret or placed.value)[0].name).is_(None))
    lacking = sa.select(sa.func.count()).select_from(table.table).where(*tests)
    return Effect("field.required", one.entity, one.key, rows=int(ctx.tx.execute(lacking).scalar_one()))


def _breaking(ctx: Ctx, table: EntityTable, new: Field, look: float) -> Effect:
    """Count the records whose values break the rules that a field would have. Secret values are not looked at.

    Each value is read as a refused one would be, in Python: where there are very many, only as long as `look` says.
    """
    until = time.monotonic() + look
    effect = Effect("field.rules", table.entity.key, new.key)
    placed, kind = table.layouts[new.key], ctx.types[new.value_type]
    if placed.secret:
        return effect
    others = [(rule, table.layouts.get(rules.other(new, rule) or "")) for rule in rules.LIMITS]
    limits = [(rule, table.column(other.value[0].name)) for rule, other in others if other is not None]
    columns = [table.column(column.name) for column in placed.value]
    env, last = ctx.parse_env("cell"), 0
    while True:
        query = sa.select(table.table.c.id, *(column for _, column in limits), *columns)
        query = query.where(table.table.c.id > last, columns[0].is_not(None)).order_by(table.table.c.id).limit(BATCH)
        found: Sequence[Any] = ctx.tx.execute(query).all()
        if not found:
            return effect
        for id, *stored in found:
            compared = stored[: len(limits)]
            value = kind.load(new, stored[len(limits) :])
            # As a refused value would be read: by the type itself, so that preview and saving agree.
            told = kind.convert(kind, new, value, new, env).problems
            beyond = any(
                other is not None and (stored[len(limits)] < other if rule == "min" else stored[len(limits)] > other)
                for (rule, _), other in zip(limits, compared, strict=True)
            )
            if beyond or any(problem.code in rules.CODES for problem in told):
                effect.rows += 1
                if len(effect.examples) < EXAMPLES:
                    effect.examples.append((id, kind.render(new, value, ctx.lang, ctx.catalog.timezone)))
        last = found[-1][0]
        if len(found) == BATCH and time.monotonic() > until:
            effect.at_least = True
            return effect


def _filled(ctx: Ctx, table: EntityTable, one: Field) -> int:
    placed = table.layouts.get(one.key)
    if placed is None or not placed.all:
        return 0
    column = table.column((placed.secret or placed.value)[0].name)
    held = sa.select(sa.func.count()).select_from(table.table).where(column.is_not(None))
    return int(ctx.tx.execute(held).scalar_one())


def apply_physical(ctx: Ctx, diff: Diff, before: Tables) -> tuple[list[Effect], list[str]]:
    """Bring tables in line; `ctx` already has the new catalog. Returns effects and indexes that a job must build."""
    effects: list[Effect] = []
    wanted: list[ddl.Index] = []
    new_entities = {one.key for one in diff.entities if one.old is None}
    for one in diff.entities:
        if one.old is None:
            ddl.create_entity(ctx.tx, ctx.dialect, ctx.tables[one.key])
            wanted += ddl.all_indexes(ctx.tables[one.key])
            effects.append(Effect("entity.new", one.key))
        elif one.new is None:
            indexes.forget(ctx, one.key)
            ddl.drop_entity(ctx.tx, ctx.dialect, before[one.key])
    for each in diff.fields:
        if each.entity in new_entities or each.entity not in ctx.tables.of:
            continue
        if each.new is None:
            _purge(ctx, before[each.entity], each)
            continue
        table = ctx.tables[each.entity]
        again = ddl.add_field(ctx.tx, table, each.key)
        if each.old is not None and each.old.column != each.new.column:
            effects.append(_convert(ctx, before[each.entity], each.old, each.new, again=again))
        elif each.old is not None and not again:
            _refill(ctx, table, each.new)
        needed = ddl.field_indexes(table, each.new)
        wanted += needed
        if each.old is not None and each.old.unique and not each.new.unique:
            names = {i.name for i in ddl.field_indexes(before[each.entity], each.old) if i.unique}
            indexes.remove(ctx, names - {i.name for i in needed})
    left = indexes.declare(ctx, wanted)
    return effects, left


def _purge(ctx: Ctx, table: EntityTable, one: FieldDiff) -> None:
    assert one.old is not None
    placed = table.layouts.get(one.key)
    columns = {column.name for column in placed.all} if placed is not None else set()
    touching = [i.name for i, _ in indexes.declared(ctx.tx, one.entity) if columns & set(i.columns)]
    indexes.remove(ctx, touching)
    ddl.drop_field(ctx.tx, table, one.key)


def _convert(ctx: Ctx, table: EntityTable, old: Field, new: Field, *, again: bool) -> Effect:
    """Fill the new columns through the write door, so that history and undo know of it.

    again: the columns are from before an earlier change of type and still hold what stood in them then.
    """
    effect = Effect("field.type", table.entity.key, new.key)
    kept = ctx.tables[table.entity.key] if again else None
    for rows in convert(ctx, table, old, new, effect, kept):
        door.update(ctx, table.entity.key, rows)
    return effect


def _refill(ctx: Ctx, table: EntityTable, field: Field) -> None:
    """Fill columns that the type of a field keeps since a change of its settings, from the values that are there."""
    placed, kind = table.layouts.get(field.key), ctx.types[field.value_type]
    if placed is None or placed.secret or field.derived is not None:
        return
    columns = [table.column(column.name) for column in placed.value]
    last = 0
    while True:
        query = sa.select(table.table.c.id, *columns).where(table.table.c.id > last, columns[0].is_not(None))
        found = ctx.tx.execute(query.order_by(table.table.c.id).limit(BATCH)).all()
        if not found:
            return
        batch: dict[int, dict[str, Stored]] = {}
        for id, *stored in found:
            made = kind.store(field, kind.load(field, stored))
            batch[id] = {c.name: new for c, new in zip(placed.value, made, strict=True)}
        door.update(ctx, table.entity.key, batch)
        last = found[-1][0]


def convert(
    ctx: Ctx, table: EntityTable, old: Field, new: Field, effect: Effect, kept: EntityTable | None = None
) -> Iterator[dict[int, dict[str, Stored]]]:
    """Convert all values of a field in batches, counting in `effect`; yields stored columns by record id.

    kept: the table that still holds earlier values of the new columns; those that mean the same stay as they are.
    """
    old_type, new_type = ctx.types[old.value_type], ctx.types[new.value_type]
    old_columns = [table.column(c.name) for c in table.layouts[old.key].value]
    names = [c.name for c in layout(new, ctx.types).value]
    kept_columns = [] if kept is None else [sa.column(n, kept.column(n).type) for n in names]
    env = ctx.parse_env("cell")
    filled = sa.or_(*(c.is_not(None) for c in (old_columns[0], *kept_columns[:1])))
    last = 0
    while True:
        query = sa.select(table.table.c.id, *old_columns, *kept_columns).where(table.table.c.id > last, filled)
        found: Sequence[Any] = ctx.tx.execute(query.order_by(table.table.c.id).limit(BATCH)).all()
        if not found:
            return
        batch: dict[int, dict[str, Stored]] = {}
        for id, *stored in found:
            value = old_type.load(old, stored[: len(old_columns)])
            if kept_columns:
                earlier = new_type.load(new, stored[len(old_columns) :])
                meant = old_type.convert(new_type, new, earlier, old, env) if earlier is not None else Parsed()
                if earlier is not None and (meant.value == value or (value is None and meant.refused)):
                    continue
            if value is None:
                batch[id] = dict.fromkeys(names)
                continue
            made = _resolved(ctx, new, new_type.convert(old_type, old, value, new, env))
            effect.rows += 1
            if made is None:
                effect.failed += 1
                if len(effect.examples) < EXAMPLES:
                    effect.examples.append((id, old_type.render(old, value, ctx.lang, ctx.catalog.timezone)))
            else:
                batch[id] = dict(zip(names, new_type.store(new, made), strict=True))
        yield batch
        last = found[-1][0]


def _resolved(ctx: Ctx, new: Field, parsed: Parsed) -> Value:
    """The value, a record found by its title; None when it does not convert."""
    if parsed.refused:
        return None
    if not isinstance(parsed.value, Unresolved):
        return parsed.value
    target: Entity | None = ctx.catalog.entity(new.target or "")
    if target is None:
        return None
    table = ctx.tables[target.key]
    named = [table.layouts[key].value[0].name for key in target.title if table.layouts[key].value]
    match = sa.or_(*(table.column(name) == parsed.value.text for name in named))
    ids = ctx.tx.execute(sa.select(table.table.c.id).where(match).limit(2)).scalars().all()
    return int(ids[0]) if len(ids) == 1 else None
