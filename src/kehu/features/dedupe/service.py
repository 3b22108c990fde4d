"""Who is that already? Records that share a code, a phone or the exact name with one about to be saved.

Looks over all rows, because a colleague's customer is a duplicate too, but tells of rows out of sight only that
something exists, or that it lies in the pool. Only fields that the caller may read can be asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from kehu.base.common.messages import message
from kehu.base.errors import BadInput, FieldError, NotFound
from kehu.base.fields.base import Unresolved
from kehu.base.schema.model import Entity, Field
from kehu.core.access.permissions import may, readable_fields
from kehu.core.context import Actor, Ctx
from kehu.core.records import read

PHONES = frozenset({"cn_mobile", "phone"})
SCORES = {"code": 1.0, "phone": 0.95, "name": 0.9}
MOST = 20
# Children whose phones stand for their parent's.
BEARERS = {"customer": "contacts"}
_EVERYBODY = Actor("system", None, "duplicate check")


def candidates(ctx: Ctx, entity: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return likely duplicates, best first: `{"id"|None, "score", "reasons", "visibility"}`.

    `values` are those of a record about to be created; `id` in them leaves that record out. Unknown fields are
    refused as on writing.
    """
    found = ctx.catalog.entity(entity)
    if found is None or found.system or not may(ctx, entity, "read"):
        raise NotFound("entity.unknown", entity=entity)
    fields = readable_fields(ctx, entity)
    _refuse_unknown(ctx, found, values, fields)
    wide = replace(ctx, actor=_EVERYBODY, memo={})
    own = values.get("id")
    hits: dict[int, list[tuple[str, str]]] = {}
    for kind, key, where in _tests(ctx, found, values, fields):
        for row in _rows(wide, entity, where):
            if row != own:
                hits.setdefault(row, []).append((kind, key))
    seen = read.visible(ctx, entity, hits)
    pool = _pool(wide, found, [id for id in hits if id not in seen])
    told = [_told(ctx, found, id, reasons, seen, pool) for id, reasons in hits.items()]
    return sorted(told, key=lambda one: (-one["score"], one["id"] is None, one["id"] or 0))[:MOST]


def _refuse_unknown(ctx: Ctx, entity: Entity, values: Mapping[str, Any], fields: frozenset[str]) -> None:
    known = fields | {"id"} | set(ctx.catalog.reverses.get(entity.key, {}))
    wrong = [FieldError(key, "field.unknown", {"field": key}) for key in values if key not in known]
    if wrong:
        raise BadInput("input.invalid", errors=wrong)


def _tests(
    ctx: Ctx, entity: Entity, values: Mapping[str, Any], fields: frozenset[str]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind of likeness, field key and filter for everything worth looking for."""
    bearer = BEARERS.get(entity.key)
    children = values.get(bearer) if bearer else None
    holder = _bearer_entity(ctx, entity)
    phones: list[str] = []
    for key in values:
        field = entity.fields.get(key)
        if field is None or key not in fields:
            continue
        value = _value(ctx, field, values[key])
        if value is None:
            continue
        if field.value_type in PHONES:
            phones.append(value)
        elif field.unique:
            yield "code", key, {"field": key, "op": "eq", "value": value}
        elif key == "name":
            yield "name", key, {"field": key, "op": "eq", "value": value}
    if holder is not None and isinstance(children, list):
        for child in children:
            if isinstance(child, Mapping):
                for key, field in holder.fields.items():
                    if field.value_type in PHONES and (value := _value(ctx, field, child.get(key))):
                        phones.append(value)
    for value in dict.fromkeys(phones):
        for key in _phone_fields(entity, fields):
            yield "phone", key, {"field": key, "op": "eq", "value": value}
        if holder is not None and bearer is not None:
            for key in _phone_fields(holder, readable_fields(ctx, holder.key)):
                inner = {"field": key, "op": "eq", "value": value}
                yield "phone", key, {"some": {"relation": bearer, "where": inner}}


def _bearer_entity(ctx: Ctx, entity: Entity) -> Entity | None:
    reverse = ctx.catalog.reverses.get(entity.key, {}).get(BEARERS.get(entity.key, ""))
    return None if reverse is None or not may(ctx, reverse.entity, "read") else ctx.catalog.entity(reverse.entity)


def _phone_fields(entity: Entity, fields: frozenset[str]) -> list[str]:
    return [f.key for f in entity.visible if f.value_type in PHONES and f.key in fields and f.derived is None]


def _value(ctx: Ctx, field: Field, raw: object) -> str | None:
    """The value in the form in which it is stored, or None when there is nothing to compare."""
    if raw in (None, ""):
        return None
    parsed = ctx.types[field.value_type].parse(field, raw, ctx.parse_env())
    if parsed.refused or parsed.value is None or isinstance(parsed.value, Unresolved):
        return None
    return str(parsed.value)


def _rows(ctx: Ctx, entity: str, where: Mapping[str, Any]) -> list[int]:
    body = {"select": [], "where": dict(where), "limit": MOST}
    return [int(row[0]) for row in orjson.loads(read.query(ctx, entity, body))["rows"]]


def _pool(ctx: Ctx, entity: Entity, ids: list[int]) -> set[int]:
    if "owner" not in entity.fields or not ids:
        return set()
    both = [{"field": "id", "op": "in", "value": ids}, {"field": "owner", "op": "empty"}]
    return set(_rows(ctx, entity.key, {"and": both}))


def _told(
    ctx: Ctx, entity: Entity, id: int, reasons: list[tuple[str, str]], seen: set[int], pool: set[int]
) -> dict[str, Any]:
    kinds = list(dict.fromkeys(kind for kind, _ in reasons))
    return {
        "id": id if id in seen else None,
        "score": max(SCORES[kind] for kind in kinds),
        "reasons": [
            {"code": f"duplicate.{kind}", "fields": sorted({key for one, key in reasons if one == kind}),
             "message": message(f"duplicate.{kind}", ctx.lang)}
            for kind in kinds
        ],
        "visibility": "full" if id in seen else "pool" if id in pool else "exists",
    }  # fmt: skip
