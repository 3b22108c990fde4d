"""Use cases that change records: create, update, delete, restore. Parses, authorises and completes; the change-set
door writes. Never commits, never touches a table itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import BadInput, Conflict, FieldError, NotAllowed, NotFound
from kehu.base.fields.base import Stored, Value, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.access.permissions import may, policy, writable_fields
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Origin, Row, Title
from kehu.core.changesets.observers import Ready
from kehu.core.context import Ctx
from kehu.core.derived.first import first_values
from kehu.core.records import attached, comparing, exclusive, numbering, read, requirements
from kehu.core.records.children import delete_with_children
from kehu.core.records.defaults import fill_defaults
from kehu.core.records.values import (
    ParsedValues,
    dump_value,
    load_value,
    parse_values,
    same_secret,
    store_rows,
    store_value,
)

MAX_NESTED = 500
MANY = 20  # records from which it pays to insert them with their derived values


@dataclass(slots=True)
class Written:
    """What a use case wrote. `revision` is that of the first record."""

    changeset: int
    ids: list[int]
    revision: int
    warnings: list[FieldError] = field(default_factory=list)


def entity_for(ctx: Ctx, key: str, action: str) -> Entity:
    """The entity, if the actor may do `action` with it."""
    entity = ctx.catalog.entity(key)
    if entity is None or entity.system or not may(ctx, key, "read"):
        raise NotFound("entity.unknown", entity=key)
    if not may(ctx, key, action):
        raise NotAllowed("not_allowed", action=action, entity=entity.label.of(ctx.lang))
    return entity


# --- create ----------------------------------------------------------------------------------------------------------


def create(
    ctx: Ctx,
    entity_key: str,
    given: Mapping[str, object],
    *,
    title: Title | None = None,
    reason: str | None = None,
    origin: Origin = "form",
) -> Written:
    """Create one record from input, with child records under its reverse relations, in one change-set.

    Raises BadInput naming the fields (children as `contacts[0].mobile`), NotAllowed, Conflict for a taken value.
    """
    entity = entity_for(ctx, entity_key, "create")
    told = _Told()
    tree = _read_tree(ctx, entity, given, "", told)
    if told.errors:
        raise BadInput("input.invalid", errors=told.errors)
    door.begin(ctx, title or Title(code="title.create", data={"entity": entity_key}), origin=origin, reason=reason)
    made: dict[str, dict[int, str]] = {}
    id = _insert_tree(ctx, tree, {}, made)
    settle(ctx)
    errors: list[FieldError] = []
    for key, paths in made.items():
        errors.extend(requirements.errors(ctx, ctx.catalog.entities[key], paths))
        refused, warnings = comparing.check(ctx, ctx.catalog.entities[key], paths)
        errors.extend(refused)
        told.warnings.extend(warnings)
    if errors:
        raise BadInput("input.invalid", errors=errors)
    writing = door.current(ctx)
    assert writing is not None
    return Written(writing.changeset, [id], writing.tx, told.warnings)


@dataclass(slots=True)
class _Told:
    """What is wrong or doubtful in a whole body, so that all of it is told at once."""

    errors: list[FieldError] = field(default_factory=list)
    warnings: list[FieldError] = field(default_factory=list)


@dataclass(slots=True)
class _Tree:
    """A record to create with those that hang on it. `path` is its place in the body: "", `contacts[0].`."""

    entity: Entity
    values: dict[str, Value]
    path: str
    children: list[tuple[str, _Tree]] = field(default_factory=list)  # by the relation of the child


def _read_tree(ctx: Ctx, entity: Entity, given: Mapping[str, object], path: str, told: _Told) -> _Tree:
    reverses = ctx.catalog.reverses.get(entity.key, {})
    parsed = read_input(ctx, entity, {key: raw for key, raw in given.items() if key not in reverses})
    told.errors.extend(_at(path, e) for e in parsed.errors)
    told.errors.extend(_at(path, e) for e in attached.settle(ctx, entity, parsed.values, None))
    told.warnings.extend(_at(path, w) for w in parsed.warnings)
    tree = _Tree(entity, parsed.values, path)
    for key, raw in given.items():
        if key not in reverses:
            continue
        child = ctx.catalog.entities[reverses[key].entity]
        if not may(ctx, child.key, "read"):
            told.errors.append(FieldError(f"{path}{key}", "field.unknown", {"field": key}))
        elif not isinstance(raw, list) or len(raw) > MAX_NESTED or not all(isinstance(r, dict) for r in raw):
            told.errors.append(FieldError(f"{path}{key}", "value.invalid", {"field": key, "value": ""}))
        else:
            entity_for(ctx, child.key, "create")
            for n, row in enumerate(raw):
                branch = _read_tree(ctx, child, row, f"{path}{key}[{n}].", told)
                tree.children.append((reverses[key].field, branch))
    return tree


def _insert_tree(ctx: Ctx, tree: _Tree, parent: Mapping[str, Value], made: dict[str, dict[int, str]]) -> int:
    id = insert_values(ctx, tree.entity, [{**tree.values, **parent}])[0]
    made.setdefault(tree.entity.key, {})[id] = tree.path
    for relation, child in tree.children:
        _insert_tree(ctx, child, {relation: id}, made)
    return id


def insert_values(
    ctx: Ctx, entity: Entity, rows: Sequence[dict[str, Value]], ready: Sequence[Ready | None] = ()
) -> list[int]:
    """Insert records from parsed values: defaults, owner, numbers, encryption. Imports enter here too.

    Rights on the entity and its fields, and the visibility of related records, are the caller's to check.
    ready: of each record what has been worked out of those of its values already.
    """
    fill_defaults(ctx, entity, rows)
    if entity.key == "customer" and ctx.actor.kind == "user" and not may(ctx, entity.key, "see_all"):
        for row in rows:
            row["owner"] = ctx.actor.id
    ids = ctx.dialect.allocate(ctx.tx, entity.table, len(rows))
    numbering.assign(ctx, entity, rows)
    stored = store_rows(ctx, entity, ids, rows, ready)
    derived = None
    if len(rows) >= MANY and (writing := door.current(ctx)) is not None:
        derived = first_values(ctx, entity.key, ids, stored, writing.at)
    door.insert(ctx, entity.key, stored, ids, derived=derived, ready=ready)
    return list(ids)


# --- update ----------------------------------------------------------------------------------------------------------


def update(
    ctx: Ctx,
    entity_key: str,
    id: int,
    given: Mapping[str, object],
    *,
    revision: int | None = None,
    title: Title | None = None,
    reason: str | None = None,
    origin: Origin = "form",
) -> Written:
    """Change fields of one record. With an old `revision`, fields that nobody else touched merge silently.

    Raises Conflict `record.conflict` with base, theirs and yours for fields that somebody else changed since.
    """
    entity = entity_for(ctx, entity_key, "update")
    parsed = read_input(ctx, entity, given)
    if parsed.errors:
        raise BadInput("input.invalid", errors=parsed.errors)
    if id not in read.visible(ctx, entity_key, [id]):
        raise NotFound("record.not_found", entity=entity_key, id=id)
    door.begin(ctx, title or Title(code="title.update", data={"entity": entity_key}), origin=origin, reason=reason)
    if errors := attached.settle(ctx, entity, parsed.values, id):
        raise BadInput("input.invalid", errors=errors)
    names = [column.name for column in ctx.tables[entity_key].base]
    live = door.lock_rows(ctx, entity_key, [id], ["rev", *names]).get(id)
    if live is None:
        raise NotFound("record.not_found", entity=entity_key, id=id)
    demanded = demanded_by(entity, parsed.values)
    gaps = requirements.missing(ctx, entity, [id]).get(id, []) if demanded != frozenset() else []
    row = changed_columns(ctx, entity, id, parsed.values, live)
    if revision is not None and revision != live["rev"]:
        refuse_conflicts(ctx, entity, id, revision, parsed.values, row, live)
    numbering.note(ctx, entity, [parsed.values])
    changed = door.update(ctx, entity_key, {id: row})
    settle(ctx)
    if changed:
        requirements.check(ctx, entity, [id], only=demanded, but=gaps)
        parsed.warnings += comparing.refuse(ctx, entity, [id], parsed.values.keys())
    writing = door.current(ctx)
    assert writing is not None
    now = live["rev"] if not changed else writing.tx
    return Written(writing.changeset, [id], int(now or 0), parsed.warnings)


def changed_columns(ctx: Ctx, entity: Entity, id: int, values: Mapping[str, Value], live: Row) -> dict[str, Stored]:
    """Stored columns of new values; a secret value that stays the same is left out, as its ciphertext would differ.

    Whoever may not read the secret always writes it anew: else a guess would tell whether it is right. And emptying
    a link to a record that one does not see changes nothing: for its reader it is empty.
    """
    row: dict[str, Stored] = {}
    for key, value in values.items():
        one = entity.fields[key]
        placed = layout(one, ctx.types)
        if (
            placed.secret
            and policy(ctx).secrets
            and same_secret(ctx, entity, one, value, live.get(placed.secret[1].name))
        ):
            continue
        if value is None and _out_of_sight(ctx, one, live.get(placed.all[0].name)):
            continue
        row.update(store_value(ctx, entity, one, id, value))
    return row


def _out_of_sight(ctx: Ctx, one: Field, target: Stored) -> bool:
    """Whether a link leads to a record that the actor does not see."""
    if one.target is None or one.derived is not None or not isinstance(target, int):
        return False
    return not read.sees_all_rows(ctx, one.target) and target not in read.visible(ctx, one.target, [target])


def demanded_by(entity: Entity, values: Mapping[str, Value]) -> frozenset[str] | None:
    """Which requirements an edit may break; None: any. A new stage, status or kind may demand anything; else only
    emptying counts, so that an old record with gaps can still be corrected field by field."""
    deciding = {"kind", *(name for f in entity.visible for name in (f.stages[0] if f.stages[1] else ()))}
    if deciding & values.keys():
        return None
    emptied = {key for key, value in values.items() if value is None}
    if not emptied:
        return frozenset()
    derived = {f.key for f in requirements.required_fields(entity) if f.derived is not None}
    return frozenset(emptied | derived)


def refuse_conflicts(
    ctx: Ctx,
    entity: Entity,
    id: int,
    revision: int,
    values: Mapping[str, Value],
    row: Mapping[str, Stored],
    live: Row,
) -> None:
    """Raise Conflict when somebody else has changed the same fields since a revision."""
    since = sa.select(system.tx.c.seq).where(system.tx.c.id == revision).scalar_subquery()
    later = ctx.tx.execute(
        sa.select(system.change.c.before)
        .join(system.tx, system.tx.c.id == system.change.c.tx)
        .where(
            system.change.c.entity == entity.key,
            system.change.c.record == id,
            system.tx.c.seq > sa.func.coalesce(since, 0),
        )
        .order_by(system.tx.c.seq)
    ).scalars()
    base: dict[str, Stored] = {}
    for text in later:
        for name, old in orjson.loads(text or "{}").items():
            base.setdefault(name, old)
    conflicts: list[dict[str, object]] = []
    for key in values:
        one = entity.fields[key]
        columns = {column.name for column in layout(one, ctx.types).all} & row.keys() & base.keys()
        if any(row[name] != live[name] for name in columns):
            told = {"base": {**live, **base}, "theirs": live, "yours": {**live, **row}}
            shown = {name: _as_seen(ctx, one, content) for name, content in told.items()}
            if one.target is None or shown["base"] != shown["theirs"]:
                conflicts.append({"field": key, **shown})
    if conflicts:
        raise Conflict("record.conflict", conflicts=conflicts, revision=live["rev"])


def _as_seen(ctx: Ctx, one: Field, content: Row) -> object:
    """A value as the actor sees it: a link to a record out of sight is empty."""
    value = load_value(ctx, one, content)
    return None if _out_of_sight(ctx, one, cast(Stored, value)) else dump_value(ctx, one, content)


# --- delete, restore -------------------------------------------------------------------------------------------------


def delete(
    ctx: Ctx,
    entity_key: str,
    ids: Sequence[int],
    *,
    title: Title | None = None,
    reason: str | None = None,
    origin: Origin = "form",
) -> Written:
    """Delete records with what hangs on them; all go to 回收站 and come back together by undo."""
    entity_for(ctx, entity_key, "delete")
    lost = set(ids) - read.visible(ctx, entity_key, ids)
    if lost:
        raise NotFound("record.not_found", entity=entity_key, id=min(lost))
    door.begin(
        ctx,
        title or Title(code="title.delete", data={"entity": entity_key, "count": len(ids)}),
        origin=origin,
        reason=reason,
    )
    delete_with_children(ctx, entity_key, ids)
    settle(ctx)
    writing = door.current(ctx)
    assert writing is not None
    return Written(writing.changeset, list(ids), writing.tx)


# --- shared ----------------------------------------------------------------------------------------------------------


def settle(ctx: Ctx) -> None:
    """Put marks of "exactly one" right and bring derived values up to date."""
    exclusive.settle(ctx)
    door.flush(ctx)


def read_input(ctx: Ctx, entity: Entity, given: Mapping[str, object]) -> ParsedValues:
    """Parse input for fields of one record and tell all that is wrong with it: fields that the actor may not set
    (hidden and missing ones look alike), values that do not parse, related records that are not there for him."""
    allowed, seen = writable_fields(ctx, entity.key), read.readable_fields(ctx, entity.key)
    errors: list[FieldError] = []
    usable: dict[str, object] = {}
    for key, raw in given.items():
        one = entity.fields.get(key)
        if one is None or one.hidden or key not in seen:
            errors.append(FieldError(key, "field.unknown", {"field": key}))
        elif one.read_only:
            errors.append(FieldError(key, "field.derived", {"field": key}))
        elif key not in allowed:
            errors.append(FieldError(key, "field.read_only", {"field": key}))
        else:
            usable[key] = raw
    parsed = parse_values(ctx, entity, usable)
    parsed.errors = [*errors, *parsed.errors, *unknown_relations(ctx, entity, [parsed.values])]
    return parsed


def unknown_relations(ctx: Ctx, entity: Entity, rows: Iterable[Mapping[str, Value]]) -> list[FieldError]:
    """Errors for related records that are not there or not visible: the two look alike."""
    errors: list[FieldError] = []
    by_target: dict[str, list[tuple[Field, int]]] = {}
    for row in rows:
        for key, value in row.items():
            one = entity.fields[key]
            if one.target is not None and isinstance(value, int) and one.derived is None:
                by_target.setdefault(one.target, []).append((one, value))
    for target, links in by_target.items():
        seen = read.visible(ctx, target, {id for _, id in links})
        errors.extend(
            FieldError(one.key, "relation.unknown", {"field": one.key, "value": id})
            for one, id in links
            if id not in seen
        )
    return errors


def _at(path: str, error: FieldError) -> FieldError:
    return FieldError(f"{path}{error.field}", error.code, error.data, error.row, error.cell) if path else error
