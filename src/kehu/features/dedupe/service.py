"""查重 before saving: who in the ledger may be the one that is being typed.

Answers what a person needs to know, no more: a colleague's record is "exists" without id, one that belongs to nobody
is "pool". The rules are those of `core.records.duplicates`; here they get rights and a shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kehu.base.common.messages import message
from kehu.base.errors import BadInput, FieldError, NotFound
from kehu.base.fields.base import Value, layout
from kehu.base.schema.model import Entity
from kehu.core.access.permissions import may, writable_fields
from kehu.core.context import Ctx
from kehu.core.records import duplicates, read
from kehu.core.records.values import parse_values

MOST = 20
MOST_PEOPLE = 50  # contacts of one body that are looked at


def candidates(ctx: Ctx, entity_key: str, given: Mapping[str, object]) -> list[dict[str, Any]]:
    """Records that look like the input, surest first, at most 20: `{"id", "score", "reasons", "why", "visibility"}`.

    Raises BadInput for fields that are not there or may not be set; values that do not parse match nothing.
    """
    entity = ctx.catalog.entity(entity_key)
    if entity is None or entity.system or not may(ctx, entity_key, "read"):
        raise NotFound("entity.unknown", entity=entity_key)
    found = duplicates.in_ledger(ctx, entity, _clues(ctx, entity, given))[:MOST]
    ids = [id for id, _ in found]
    seen = read.visible(ctx, entity_key, ids)
    nobodys = _unowned(ctx, entity, [id for id in ids if id not in seen])
    return [
        {
            "id": id if id in seen else None,
            "score": like.score,
            "reasons": like.reasons,
            "why": [message(f"duplicate.{reason}", ctx.lang) for reason in like.reasons],
            "visibility": "full" if id in seen else "pool" if id in nobodys else "exists",
        }
        for id, like in found
    ]


def _clues(ctx: Ctx, entity: Entity, given: Mapping[str, object]) -> duplicates.Clues:
    """The clues of a body as a form sends it, the phones of new contacts included."""
    reverses = ctx.catalog.reverses.get(entity.key, {})
    writable = writable_fields(ctx, entity.key)
    errors = [
        FieldError(key, "field.unknown", {"field": key})
        for key in given
        if key not in writable and (key not in reverses or not may(ctx, reverses[key].entity, "read"))
    ]
    if errors:
        raise BadInput("input.invalid", errors=errors)
    values = parse_values(ctx, entity, {key: raw for key, raw in given.items() if key in writable}).values
    clues = duplicates.clues_of(ctx, entity, values)
    people = given.get("contacts")
    if "contacts" not in reverses or not isinstance(people, list):
        return clues
    child = ctx.catalog.entities[reverses["contacts"].entity]
    phones = {one.key for one in child.visible if one.type in duplicates.PHONES} & writable_fields(ctx, child.key)
    parsed: list[Mapping[str, Value]] = [
        parse_values(ctx, child, {key: raw for key, raw in row.items() if key in phones}).values
        for row in people[:MOST_PEOPLE]
        if isinstance(row, Mapping)
    ]
    return duplicates.with_phones(clues, [str(phone) for row in parsed for phone in row.values() if phone])


def _unowned(ctx: Ctx, entity: Entity, ids: list[int]) -> set[int]:
    owner = entity.fields.get("owner")
    if owner is None or not ids:
        return set()
    column = layout(owner, ctx.types).value[0].name
    return {id for id, row in read.stored(ctx, entity.key, ids, [column]).items() if row[column] is None}
