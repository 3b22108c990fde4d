"""Saved views: filter, columns, order and layout of a list under a name. One's own, or shared with all.

A view is a proposal for a query, never a right: whoever opens it reads with his own sight. A shared view whose filter
names a field that the reader has not got does not exist for him; such columns, sort keys and parts of the layout are
left out. The standard view is the one with which a list opens: of everybody when it is shared, else of its owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.common.pinyin import spelled
from kehu.base.common.text import normalize
from kehu.base.db import system
from kehu.base.errors import BadInput, Conflict, NotAllowed, NotFound
from kehu.core.access.permissions import may, readable_fields
from kehu.core.catalog.proposals import has_room, missing
from kehu.core.context import Ctx
from kehu.core.jobs.table import add_job

MEMBERS = frozenset({"select", "where", "search", "sort", "layout"})
STANDARD = "standard"  # beside the members that clients send
LARGEST = 64 * 1024
LONGEST_NAME = 60
SYSTEM_FIELDS = frozenset({"id", "created_at", "updated_at", "created_by", "updated_by", "revision"})

_view = system.view


def list_views(ctx: Ctx, entity: str | None = None) -> list[dict[str, Any]]:
    """Views that the caller has: his own and shared ones, by entity and name."""
    mine = sa.or_(_view.c.shared == 1, _view.c.owner == ctx.actor.id)
    if entity is not None:
        mine = sa.and_(mine, _view.c.entity == entity)
    rows = ctx.tx.execute(sa.select(_view).where(mine).order_by(_view.c.entity, _view.c.name, _view.c.id)).mappings()
    return [shown for row in rows if (shown := _shown(ctx, dict(row))) is not None]


def get_view(ctx: Ctx, id: int) -> dict[str, Any]:
    """One view that the caller has. Raises NotFound."""
    shown = _shown(ctx, _row(ctx, id))
    if shown is None:
        raise NotFound("view.not_found")
    return shown


def create_view(ctx: Ctx, entity: str, name: str, data: Mapping[str, Any], *, shared: bool = False) -> dict[str, Any]:
    """Save a view. Sharing needs the right to."""
    _check_entity(ctx, entity)
    if shared:
        _may_share(ctx)
    id = ctx.dialect.allocate(ctx.tx, "view")[0]
    values = {"entity": entity, "name": _name(name), "data": _data(data), "shared": int(shared), "owner": ctx.actor.id}
    ctx.tx.execute(sa.insert(_view).values(id=id, rev=1, **values))
    _have_index(ctx, entity, data)
    return get_view(ctx, id)


def change_view(
    ctx: Ctx,
    id: int,
    *,
    name: str | None = None,
    data: Mapping[str, Any] | None = None,
    shared: bool | None = None,
    standard: bool | None = None,
    revision: int | None = None,
) -> dict[str, Any]:
    """Change a view: one's own, or a shared one by whoever may share. None leaves a property as it is."""
    row = _changeable(ctx, id)
    if revision is not None and revision != row["rev"]:
        raise Conflict("view.moved_on")
    values: dict[str, Any] = {"rev": row["rev"] + 1}
    if name is not None:
        values["name"] = _name(name)
    if shared is not None:
        if bool(row["shared"]) != shared:
            _may_share(ctx)
        values["shared"] = int(shared)
    was = _is_standard(row)
    goes_on = (
        standard if standard is not None else was and bool(row["shared"]) == bool(values.get("shared", row["shared"]))
    )
    if data is not None or goes_on != was:
        kept = _data(data) if data is not None else _text(_content(row))
        values["data"] = _text({**orjson.loads(kept), STANDARD: True}) if goes_on else kept
    if standard:
        _only_standard(ctx, {**row, **values})
    ctx.tx.execute(sa.update(_view).where(_view.c.id == id).values(values))
    if data is not None:
        _have_index(ctx, str(row["entity"]), data)
    return get_view(ctx, id)


def delete_view(ctx: Ctx, id: int) -> None:
    """Delete a view, by the same people as may change it."""
    _changeable(ctx, id)
    ctx.tx.execute(sa.delete(_view).where(_view.c.id == id))


def _have_index(ctx: Ctx, entity: str, data: Mapping[str, Any]) -> None:
    """Leave the index that a view misses to a job."""
    if has_room(ctx, entity) and missing(ctx, entity, data) is not None:
        add_job(ctx, "indexes", {})


def _is_standard(row: Mapping[str, Any]) -> bool:
    return orjson.loads(row["data"] or "{}").get(STANDARD) is True


def _content(row: Mapping[str, Any]) -> dict[str, Any]:
    """What clients saved."""
    return {key: value for key, value in orjson.loads(row["data"] or "{}").items() if key != STANDARD}


def _only_standard(ctx: Ctx, chosen: Mapping[str, Any]) -> None:
    """Take the mark from the other views of the same readers."""
    same = sa.and_(_view.c.entity == chosen["entity"], _view.c.shared == chosen["shared"], _view.c.id != chosen["id"])
    if not chosen["shared"]:
        same = sa.and_(same, _view.c.owner == chosen["owner"])
    for row in map(dict, ctx.tx.execute(sa.select(_view).where(same)).mappings().all()):
        if _is_standard(row):
            ctx.tx.execute(sa.update(_view).where(_view.c.id == row["id"]).values(data=_text(_content(row))))


def _row(ctx: Ctx, id: int) -> dict[str, Any]:
    row = ctx.tx.execute(sa.select(_view).where(_view.c.id == id)).mappings().first()
    if row is None or not (row["shared"] or row["owner"] == ctx.actor.id):
        raise NotFound("view.not_found")
    return dict(row)


def _changeable(ctx: Ctx, id: int) -> dict[str, Any]:
    row = _row(ctx, id)
    if row["owner"] != ctx.actor.id or row["owner"] is None:
        _may_share(ctx)
    return row


def _may_share(ctx: Ctx) -> None:
    if not may(ctx, None, "views_shared"):
        raise NotAllowed("view.share")


def _check_entity(ctx: Ctx, entity: str) -> None:
    if ctx.catalog.entity(entity) is None or not may(ctx, entity, "read"):
        raise NotFound("entity.unknown", entity=entity)


def _name(name: str) -> str:
    found = normalize(name)
    if not found or len(found) > LONGEST_NAME:
        raise BadInput("view.name", field="name", most=LONGEST_NAME)
    return found


def _data(data: Mapping[str, Any]) -> str:
    for key in data:
        if key not in MEMBERS:
            raise BadInput("body.member_unknown", field=f"data.{key}")
    text = _text(dict(data))
    if len(text.encode()) > LARGEST:
        raise BadInput("view.too_large", field="data", most=LARGEST)
    return text


def _text(content: Mapping[str, Any]) -> str:
    return orjson.dumps(content).decode()


def _shown(ctx: Ctx, row: Mapping[str, Any]) -> dict[str, Any] | None:
    entity = str(row["entity"])
    if ctx.catalog.entity(entity) is None or not may(ctx, entity, "read"):
        return None
    fields = readable_fields(ctx, entity) | SYSTEM_FIELDS
    data = _content(row)
    known = fields | set(ctx.catalog.reverses.get(entity, {}))
    if not all(_first(key) in known for key in _named(data.get("where"))):
        return None
    if isinstance(data.get("select"), list):
        data["select"] = [key for key in data["select"] if isinstance(key, str) and _first(key) in fields]
    if isinstance(data.get("sort"), list):
        data["sort"] = [one for one in data["sort"] if isinstance(one, dict) and _first(one.get("field")) in fields]
    if isinstance(data.get("layout"), dict):
        data["layout"] = _layout(data["layout"], fields, known)
    return {
        "id": row["id"],
        "entity": entity,
        "name": row["name"],
        "sound": spelled(row["name"]),
        "shared": bool(row["shared"]),
        "own": row["owner"] is not None and row["owner"] == ctx.actor.id,
        "standard": _is_standard(row),
        "revision": row["rev"],
        "data": data,
    }


def _layout(layout: Mapping[str, Any], fields: AbstractSet[str], known: AbstractSet[str]) -> dict[str, Any]:
    """The layout without what names fields that the reader has not got: grouping, widths, figures, rules of colour."""
    shown = dict(layout)
    for key in ("group", "by"):
        if isinstance(shown.get(key), str) and _first(shown[key]) not in fields:
            del shown[key]
    for key in ("widths", "sums"):
        if isinstance(shown.get(key), str):
            pairs = [pair for pair in shown[key].split(",") if pair.split(":", 1)[0] in fields]
            shown[key] = ",".join(pairs)
    if isinstance(shown.get("rules"), list):
        shown["rules"] = [
            rule
            for rule in shown["rules"]
            if isinstance(rule, dict) and all(_first(key) in known for key in _named(rule.get("where")))
        ]
    return shown


def _first(path: object) -> str:
    return str(path).split(".", 1)[0]


def _named(where: object) -> Iterator[str]:
    """First steps of all paths in a filter."""
    if isinstance(where, list):
        for one in where:
            yield from _named(one)
    elif isinstance(where, dict):
        if isinstance(where.get("field"), str):
            yield where["field"]
        for key in ("and", "or", "not"):
            yield from _named(where.get(key))
        for key in ("some", "none"):
            inner = where.get(key)
            if isinstance(inner, dict) and isinstance(inner.get("relation"), str):
                yield inner["relation"]
