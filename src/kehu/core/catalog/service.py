"""Changes the catalog at run time, through one function: validate → forecast → apply → version.

A change is a change-set too (origin `catalog`), with the image before each touched entity and field; undoing it
shows what was dropped and hides what was added. Purging is the only step without a way back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, TypeVar, cast

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.formula_sql import check_formula
from kehu.base.db.tables import Tables, build_tables
from kehu.base.db.types import instant_text
from kehu.base.errors import BadInput, Conflict, FieldError, KehuError, NotAllowed, NotFound
from kehu.base.schema import changes as schema_changes
from kehu.base.schema.codec import read_entity, read_field, thawed
from kehu.base.schema.diff import Diff, diff
from kehu.base.schema.model import Catalog, Entity, Field, Settings
from kehu.base.schema.validate import validate
from kehu.core.access.permissions import may
from kehu.core.catalog.changes import apply_physical, forecast
from kehu.core.catalog.describe import describe
from kehu.core.catalog.store import (
    assemble,
    bump_version,
    current_version,
    save_diff,
    save_settings,
    with_system_fields,
)
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.context import Ctx
from kehu.core.derived.graph import build
from kehu.core.derived.paths import Model
from kehu.core.derived.service import recompute_all
from kehu.core.search import index as search

HEARTBEAT = timedelta(minutes=2)
TRIES, PAUSE = 5, 0.3
T = TypeVar("T")


def patiently(change: Callable[[], T]) -> T:
    """Do a whole unit of work that changes the catalog; again when others read or changed it just then.

    A column waits a second for its table and then lets the readers behind it pass. Raises Conflict `catalog.busy`
    after five tries.
    """
    for _ in range(TRIES - 1):
        try:
            return change()
        except Conflict as error:
            if error.code != "catalog.busy":
                raise
        time.sleep(PAUSE)
    return change()


def apply_changes(ctx: Ctx, changes: Sequence[schema_changes.Change], *, preview: bool = False) -> dict[str, Any]:
    """Apply changes of the catalog (`base.schema.changes`), or only say what they would do.

    Returns {"catalog_version", "preview": {"effects", "rows"}, "changeset", "indexes_pending"}; a preview also
    {"entities"}, those that would be different, as `describe` tells them. Raises BadInput with one error per fault,
    Conflict `catalog.busy`, NotAllowed.
    """
    if not may(ctx, None, "catalog"):
        raise NotAllowed("catalog.not_allowed")
    if not preview:
        _settle_version(ctx)
    draft = schema_changes.apply(ctx.catalog.entities, changes, _reserved(ctx.catalog.settings))
    settings = _with_purged(ctx.catalog.settings, draft.purged)
    title = Title(
        code="title.catalog", data={"count": len(changes), "op": str(changes[0].get("op")) if changes else ""}
    )
    return change_to(ctx, draft.entities, settings, title=title, preview=preview)


def change_to(
    ctx: Ctx, entities: Mapping[str, Entity], settings: Mapping[str, Any], *, title: Title, preview: bool = False
) -> dict[str, Any]:
    """Bring the catalog to these entities and settings. The caller has asked for rights and taken the version."""
    complete = {key: with_system_fields(entity) for key, entity in entities.items() if not entity.system}
    after = assemble(ctx.catalog.version + 1, complete, settings)
    errors = faults(ctx, after)
    if errors:
        raise BadInput("catalog.invalid", errors=errors)
    found = diff(ctx.catalog.entities, after.entities)
    tables = build_tables(after, ctx.types)
    errors = list(_derived_faults(ctx, after, tables))
    if errors:
        raise BadInput("catalog.invalid", errors=errors)
    answer: dict[str, Any] = {"catalog_version": ctx.catalog.version, "changeset": None, "indexes_pending": []}
    if not preview and not found and thawed(settings) == thawed(ctx.catalog.settings):
        return answer | {"preview": _told([])}
    if preview:
        touched = dict.fromkeys([*(one.key for one in found.entities), *(one.entity for one in found.fields)])
        then = replace(ctx, catalog=after, tables=tables, memo={})
        return answer | {
            "preview": _told(forecast(ctx, found, tables)),
            "entities": [one for one in describe(then)["entities"] if one["key"] in touched],
        }
    _await_purge(ctx, found)
    effects = forecast(ctx, _without_conversions(found), tables, look=0)  # others wait for their turn to write
    writing = door.begin(ctx, title, origin="catalog")
    door.flush(ctx)  # what was written before still belongs to the old catalog
    save_diff(ctx.tx, found, changeset=writing.changeset, tx=writing.tx)
    save_settings(ctx.tx, thawed(settings))
    version = bump_version(ctx.tx)
    before = ctx.tables
    ctx.catalog, ctx.tables = after, tables
    converted, pending = apply_physical(ctx, found, before)
    recompute(ctx, derived_in(found))
    search.rebuild(ctx, searched_in(found))
    effects += [effect for effect in converted if effect.kind == "field.type"]
    return answer | {
        "catalog_version": version,
        "changeset": writing.changeset,
        "preview": _told(effects),
        "indexes_pending": pending,
    }


def faults(ctx: Ctx, catalog: Catalog) -> list[FieldError]:
    """Everything that keeps a catalog from holding together, but for formulas and roll-ups."""

    def check_type(field: Field) -> Iterable[tuple[str, Mapping[str, object]]]:
        for problem in ctx.types[field.value_type].check(field):
            yield problem.code, problem.data

    return validate(catalog, frozenset(ctx.types), check_type)


def _derived_faults(ctx: Ctx, catalog: Catalog, tables: Tables) -> Iterable[FieldError]:
    """Formulas one by one, so that each fault has its place; then all derived fields together: paths and circles."""
    sound = True
    for entity in catalog.entities.values():
        for field in entity.fields.values():
            if field.derived is None or field.derived.kind != "formula" or field.hidden:
                continue
            try:
                check_formula(entity, field, ctx.types)
            except KehuError as error:
                sound = False
                yield FieldError(f"{entity.key}.{field.key}", error.code, dict(error.data))
    if sound:
        try:
            build(Model(catalog, tables, ctx.types))
        except KehuError as error:
            named = error.data.get("name") or next(iter(cast("Sequence[object]", error.data.get("fields", ()))), "")
            yield FieldError(str(named), error.code, dict(error.data))


def undo(ctx: Ctx, changeset: int, *, preview: bool = False) -> dict[str, Any]:
    """Undo a change of the catalog: back to the images before it. Answers as the undo of records does, with the
    effects on records under `preview`; with `preview` nothing is written.

    What was added is hidden, what was dropped shown again, converted values go back to their earlier columns. What a
    later change touched stays and is listed under `conflicts`. Raises NotFound, NotAllowed.
    """
    if not may(ctx, None, "catalog"):
        raise NotAllowed("catalog.not_allowed")
    if not preview:
        _settle_version(ctx)
    rows = system.catalog_change
    images = ctx.tx.execute(sa.select(rows).where(rows.c.changeset == changeset).order_by(rows.c.id)).all()
    if not images:
        raise NotFound("changeset.not_found", changeset=changeset)
    later = _changed_after(ctx, images[-1].id)
    entities = {key: entity for key, entity in ctx.catalog.entities.items() if not entity.system}
    conflicts: list[dict[str, object]] = []
    new = {image.entity for image in images if image.key is None and image.before is None}
    for image in reversed(images):
        if image.key is not None and image.entity in new:
            continue  # hidden with its entity, and shown with it again
        if (image.entity, image.key) in later:
            conflicts.append(
                {"entity": image.entity, "id": None, "field": image.key, "reason": "catalog.changed_later"}
            )
        else:
            _back(entities, image.entity, image.key, image.before)
    title = Title(code="title.undo", data={"changeset": changeset})
    by: int | None = None
    if not preview:
        by = door.begin(ctx, title, origin="catalog", undoes=changeset).changeset
    answer = change_to(ctx, entities, ctx.catalog.settings, title=title, preview=preview)
    if not preview:
        door.set_state(ctx, changeset, "undone")
        again = ctx.tx.execute(sa.select(system.changeset.c.undoes).where(system.changeset.c.id == changeset)).scalar()
        if again is not None:
            door.set_state(ctx, again, "applied")  # what this one had taken back stands again
    return {
        "changeset": by,
        "undoes": changeset,
        "deleted": 0,
        "restored": 0,
        "reverted": len(images) - len(conflicts),
        "conflicts": conflicts,
        "catalog_version": answer["catalog_version"],
        "indexes_pending": answer["indexes_pending"],
        "preview": answer["preview"],
    }


def _changed_after(ctx: Ctx, image: int) -> set[tuple[str, str | None]]:
    """What later changes touched and left so: a change and its undo together leave nothing."""
    rows, sets = system.catalog_change.c, system.changeset
    changed: dict[int, set[tuple[str, str | None]]] = {}
    takes_back: dict[int, int] = {}
    found = sa.select(rows.changeset, rows.entity, rows.key, sets.c.undoes).join(sets, sets.c.id == rows.changeset)
    for changeset, entity, key, undoes in ctx.tx.execute(found.where(rows.id > image).order_by(rows.id)):
        changed.setdefault(changeset, set()).add((entity, key))
        if undoes is not None:
            takes_back[changeset] = undoes
    for by, undone in reversed(takes_back.items()):  # an undo that was undone leaves what it took back
        both = changed[by] & changed.get(undone, set())
        changed[by] -= both
        if undone in changed:
            changed[undone] -= both
    return set().union(*changed.values())


def _back(entities: dict[str, Entity], key: str, field: str | None, before: str | None) -> None:
    """Put one image back; what was new is hidden."""
    data = orjson.loads(before) if before is not None else None
    entity = entities.get(key)
    if field is None:
        if data is not None:
            entities[key] = read_entity(key, data, entity.fields.values() if entity is not None else ())
        elif entity is not None:
            entities[key] = replace(entity, hidden=True)
    elif entity is not None:
        fields = dict(entity.fields)
        if data is not None:
            fields[field] = read_field(field, data)
        elif field in fields:
            fields[field] = replace(fields[field], hidden=True)
        entities[key] = replace(entity, fields=MappingProxyType(fields))


def derived_in(found: Diff) -> list[tuple[str, str]]:
    """Kept derived fields whose way of coming about is new or different."""
    touched = []
    for one in found.fields:
        new = one.new
        if new is None or new.derived is None or new.derived.read_time or new.hidden:
            continue
        if one.old is None or one.old.derived != new.derived or one.old.hidden or one.old.column != new.column:
            touched.append((one.entity, one.key))
    return touched


def searched_in(found: Diff) -> list[str]:
    """Entities whose records are to be found by other words than before."""
    moved = []
    for one in found.fields:
        if one.new is None or one.old is None:
            continue
        now, then = (f.search if not f.hidden else "" for f in (one.new, one.old))
        renamed = one.new.options != one.old.options and now
        if now != then or renamed or (now and one.old.column != one.new.column):
            moved.append(one.entity)
    return list(dict.fromkeys(moved))


def recompute(ctx: Ctx, fields: Sequence[tuple[str, str]]) -> None:
    """Compute derived fields anew, and what follows from them: not whatever else their entities hold."""
    if fields:
        recompute_all(ctx, fields)


def _told(effects: Sequence[Any]) -> dict[str, Any]:
    return {"effects": [effect.data() for effect in effects], "rows": sum(effect.rows for effect in effects)}


def _without_conversions(found: Diff) -> Diff:
    """Conversions are counted while they are done, not twice."""
    same = (f for f in found.fields if f.old is None or f.new is None or f.old.column == f.new.column)
    return Diff(found.entities, tuple(same))


def _settle_version(ctx: Ctx) -> None:
    """Let one change in at a time, and only on the catalog that it was made for."""
    ctx.dialect.lock_catalog(ctx.tx)
    if current_version(ctx.tx) != ctx.catalog.version:
        raise Conflict("catalog.busy")


def _reserved(settings: Settings) -> dict[str, set[str]]:
    """Keys that are never given: those kept for later kits, and those of what was purged."""
    kept: dict[str, set[str]] = {}
    for name in ("reserved", "purged"):
        for entity, keys in settings.get(name, {}).items():
            kept.setdefault(entity, set()).update(keys)
    return kept


def _with_purged(settings: Settings, purged: Sequence[tuple[str, str | None]]) -> dict[str, Any]:
    new: dict[str, Any] = thawed(settings)
    for entity, field in purged:
        keys = new.setdefault("purged", {}).setdefault(entity if field is not None else "", [])
        keys.append(field if field is not None else entity)
    return new


def _await_purge(ctx: Ctx, found: Diff) -> None:
    """A purge waits until every running process has left the catalog in which the columns were shown."""
    if all(f.new is not None for f in found.fields) and all(e.new is not None for e in found.entities):
        return
    alive = instant_text(ctx.now_at() - HEARTBEAT)
    rows = system.process
    behind = sa.select(rows.c.id).where(rows.c.heartbeat > alive, rows.c.version < ctx.catalog.version).limit(1)
    if ctx.tx.execute(behind).first() is not None:
        raise Conflict("catalog.busy")
