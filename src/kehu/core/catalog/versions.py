"""The versions of the catalog: who changed what of it and when, newest first, from the images before each change.

For those who may change the catalog; it only reads. Going back is the undo of a change (`service.undo`). What changed
is told as data, in words only by whoever shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import NotAllowed
from kehu.base.schema.codec import entity_data, field_data
from kehu.core.access.permissions import may
from kehu.core.context import Ctx
from kehu.core.records.history import change_set_heads

MOST = 20  # changes told of one version; a kit brings hundreds
Image = Mapping[str, Any] | None
Place = tuple[str, str | None]  # an entity, or a field of it
NAMED = ("label", "type", "column", "options", "hidden", "position")  # told in ways of their own
# Members of a field that people know by name, as `field.…`; the others are told as `field.change`.
MEMBERS = ("section", "required", "unique", "default", "help", "sensitive", "search")


def versions(ctx: Ctx, *, limit: int = 30, after: int | None = None) -> dict[str, Any]:
    """Versions as `{"items", "next"}`. Raises NotAllowed."""
    if not may(ctx, None, "catalog"):
        raise NotAllowed("catalog.not_allowed")
    rows = system.catalog_change.c
    last = sa.func.max(rows.id)
    newest = sa.select(rows.changeset, last.label("last")).group_by(rows.changeset).order_by(last.desc())
    if after is not None:
        newest = newest.having(last < after)
    page = ctx.tx.execute(newest.limit(limit + 1)).all()
    shown = [row.changeset for row in page[:limit]]
    first = ctx.tx.execute(sa.select(sa.func.min(rows.changeset))).scalar()
    heads = change_set_heads(ctx, shown)
    told = _changes(ctx, shown)
    items = [
        {
            **heads[id],
            "changes": told[id][:MOST],
            "more": max(0, len(told[id]) - MOST),
            "undoable": id != first and heads[id]["state"] != "undone",
        }
        for id in shown
    ]
    return {"items": items, "next": page[limit - 1].last if len(page) > limit else None}


def _changes(ctx: Ctx, changesets: list[int]) -> dict[int, list[dict[str, Any]]]:
    """What each of these changed: the image before it beside the next one, or beside what is there now."""
    found: dict[int, list[tuple[Place, Image, Image]]] = {id: [] for id in changesets}
    if not found:
        return {}
    rows = system.catalog_change.c
    oldest = sa.select(sa.func.min(rows.id)).where(rows.changeset.in_(changesets)).scalar_subquery()
    images = sa.select(rows.changeset, rows.entity, rows.key, rows.before).where(rows.id >= oldest)
    now: dict[Place, Image] = {}
    for changeset, entity, key, text in ctx.tx.execute(images.order_by(rows.id.desc())):
        place = entity, key
        after = now[place] if place in now else _live(ctx, place)
        now[place] = before = orjson.loads(text) if text else None
        if changeset in found:
            found[changeset].append((place, before, after))
    return {id: list(_told(ctx, moved[::-1])) for id, moved in found.items()}


def _live(ctx: Ctx, place: Place) -> Image:
    entity = ctx.catalog.entities.get(place[0])
    if entity is None or place[1] is None:
        return entity_data(entity) if entity is not None else None
    field = entity.fields.get(place[1])
    return field_data(field) if field is not None else None


def _told(ctx: Ctx, moved: list[tuple[Place, Image, Image]]) -> Iterator[dict[str, Any]]:
    """One line per thing that changed. Fields that came or went with their entity are not told again."""
    whole = {entity for (entity, key), before, after in moved if key is None and (before is None or after is None)}
    ordered: set[str] = set()
    for (entity, key), before, after in moved:
        if key is not None and entity in whole:
            continue
        about = {"entity": entity, "field": key, "label": (after or before or {}).get("label")}
        if key is None:
            lines = list(_entity_lines(before, after))
        else:
            lines = list(_field_lines(before, after))
            if not lines:  # only its place among the others
                if entity in ordered:
                    continue
                ordered.add(entity)
                about |= {"field": None, "label": None}
                lines = [{"kind": "field.order"}]
        for line in lines:
            yield {**about, "of": _name(ctx, entity), **line}


def _name(ctx: Ctx, entity: str) -> Any:
    live = _live(ctx, (entity, None))
    return live["label"] if live is not None else entity


def _came_or_went(before: Image, after: Image) -> str:
    if before is None or after is None:
        return "new" if before is None else "purge"
    if before.get("hidden") != after.get("hidden"):
        return "hide" if after.get("hidden") else "show"
    return ""


def _entity_lines(before: Image, after: Image) -> Iterator[dict[str, Any]]:
    if kind := _came_or_went(before, after):
        yield {"kind": f"entity.{kind}"}
    if before is None or after is None:
        return
    if before["label"] != after["label"]:
        yield {"kind": "entity.label", "before": before["label"], "after": after["label"]}
    if before.get("title") != after.get("title"):
        yield {"kind": "entity.title"}


def _field_lines(before: Image, after: Image) -> Iterator[dict[str, Any]]:
    if kind := _came_or_went(before, after):
        yield {"kind": f"field.{kind}"}
    if before is None or after is None:
        return
    if before["label"] != after["label"]:
        yield {"kind": "field.label", "before": before["label"], "after": after["label"]}
    if (before["type"], before["column"]) != (after["type"], after["column"]):
        yield {"kind": "field.type", "before": before["type"], "after": after["type"]}
    for name in MEMBERS:
        if before.get(name) != after.get(name):
            yield {"kind": f"field.{name}", "before": before.get(name), "after": after.get(name)}
    yield from _option_lines(before.get("options", []), after.get("options", []))
    others = (before.keys() | after.keys()).difference(MEMBERS, NAMED)
    if any(before.get(name) != after.get(name) for name in others):
        yield {"kind": "field.change"}


def _option_lines(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    then = {one["key"]: one for one in before}
    now = {one["key"]: one for one in after}
    groups: dict[str, list[Any]] = {}
    for key, one in now.items():
        old = then.get(key)
        if old is None:
            groups.setdefault("options.new", []).append(one["label"])
        elif bool(old.get("hidden")) != bool(one.get("hidden")):
            groups.setdefault("options.hide" if one.get("hidden") else "options.show", []).append(one["label"])
        elif old["label"] != one["label"]:
            groups.setdefault("options.label", []).append(one["label"])
    groups.setdefault("options.purge", []).extend(then[key]["label"] for key in then if key not in now)
    if not any(groups.values()) and [*then] != [*now]:
        yield {"kind": "options.order"}
    yield from ({"kind": kind, "options": labels} for kind, labels in groups.items() if labels)
