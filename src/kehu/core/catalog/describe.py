"""The catalog as callers see it: cut to what their roles may see, in the shape that the contract fixes."""

from __future__ import annotations

from typing import Any

from kehu.base.common.pinyin import spelled
from kehu.base.fields import rules
from kehu.base.fields.base import FieldType
from kehu.base.schema.codec import label_data, option_data, thawed
from kehu.base.schema.model import Entity, Field
from kehu.core.access.permissions import may, readable_fields, writable_fields
from kehu.core.context import Ctx

UNSORTABLE = frozenset({"long_text", "tags", "multi_select"})


def describe(ctx: Ctx) -> dict[str, Any]:
    """Return entities, fields and relations that exist for the caller, with the version."""
    seen = {key: readable_fields(ctx, key) for key, entity in ctx.catalog.entities.items() if not entity.hidden}
    return {
        "version": ctx.catalog.version,
        "settings": thawed({k: v for k, v in ctx.catalog.settings.items() if k in PUBLIC_SETTINGS}),
        "entities": [
            describe_entity(ctx, ctx.catalog.entities[key], fields, seen)
            for key, fields in seen.items()
            if fields and not ctx.catalog.entities[key].system
        ],
    }


PUBLIC_SETTINGS = frozenset({"firm", "kit", "kit_version", "timezone", "currency", "sections"})


def describe_entity(
    ctx: Ctx, entity: Entity, fields: frozenset[str], seen: dict[str, frozenset[str]]
) -> dict[str, Any]:
    """One entity."""
    writable = writable_fields(ctx, entity.key)
    reverses = ctx.catalog.reverses.get(entity.key, {})
    return {
        "key": entity.key,
        "label": label_data(entity.label),
        "sound": spelled(entity.label.zh),
        "title": [key for key in entity.title if key in fields],
        "own": entity.own,
        "may": [
            action for action in ("create", "update", "delete", "import", "export") if may(ctx, entity.key, action)
        ],
        "fields": [
            describe_field(ctx, one, one.key in writable, fields) for one in entity.visible if one.key in fields
        ],
        "relations": [
            {
                "key": reverse.key,
                "entity": reverse.entity,
                "field": reverse.field,
                "label": label_data(ctx.catalog.entities[reverse.entity].label),
            }
            for reverse in reverses.values()
            if reverse.field in seen.get(reverse.entity, frozenset())
        ],
    }


def describe_field(ctx: Ctx, field: Field, writable: bool, seen: frozenset[str]) -> dict[str, Any]:
    """One field. `seen`: those of its entity that exist for the caller; limits name no other."""
    kind = ctx.types[field.value_type]
    data: dict[str, Any] = {
        "key": field.key,
        "label": label_data(field.label),
        "type": field.type,
        "section": field.section,
        "required": {"no": False, "always": True}.get(field.required, field.required),
        "applies_to": field.applies_to,
        "unique": field.unique,
        "sensitive": field.sensitive,
        "options": [option_data(o) for o in field.options],
        "derived": None,
        "typed": field.typed,
        "value_type": field.value_type,
        "read_only": field.read_only or not writable,
        "default": thawed(field.default),
        "widget": kind.widget,
        "operators": sorted(operators(kind, field)),
        "sortable": sortable(kind, field),
        "searchable": bool(field.search),
        "settings": {
            name: said
            for name, said in thawed(field.settings).items()
            if (key := rules.other(field, name)) is None or key in seen
        },
        "rules": sorted(kind.rules),
        "own": field.own,
    }
    if field.derived is not None:
        data["derived"] = {
            "kind": field.derived.kind,
            "read_time": field.derived.read_time,
            **thawed(field.derived.settings),
        }
    if field.target is not None:
        data["target"] = field.target
    if field.help is not None:
        data["help"] = label_data(field.help)
    return data


def operators(kind: FieldType, field: Field) -> frozenset[str]:
    """Operators of a field: of a secret one only what a blind index can answer."""
    if field.sensitive == "secret":
        return kind.operators & {"eq", "ne", "in", "not_in", "empty", "not_empty"}
    return kind.operators


def sortable(kind: FieldType, field: Field) -> bool:
    """Whether lists can be sorted by the field."""
    return kind.sorting is not None and field.sensitive != "secret" and kind.name not in UNSORTABLE
