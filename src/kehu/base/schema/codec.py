"""Entities and fields as plain JSON data and back: how the catalog is stored, kits are compared and backups written.

Members that hold their usual value are left out, so stored rows stay readable. It must not judge: see `validate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, cast

from kehu.base.schema.model import EMPTY, Derived, Entity, Field, Label, Option, Settings

JsonObject = dict[str, Any]
PLAIN = tuple("section position required applies_to unique sensitive search typed own hidden".split())


def frozen(value: Any) -> Any:
    """Make the outermost object of JSON data immutable; what is inside stays JSON, as whoever parses it expects."""
    return MappingProxyType(dict(value)) if isinstance(value, Mapping) else value


def thawed(value: Any) -> Any:
    """Undo `frozen`: JSON data that serialises."""
    if isinstance(value, Mapping):
        return {k: thawed(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [thawed(v) for v in value]
    return value


def label_data(label: Label) -> JsonObject:
    """A label as {"zh-CN", "en"}, and "many" where English has a plural of it."""
    data: JsonObject = {"zh-CN": label.zh, "en": label.en}
    return data | {"many": label.many} if label.many else data


def read_label(data: object) -> Label:
    """Read a label: {"zh-CN", "en", "many"?}, [zh, en, many?], or one text for both. Raises ValueError."""
    if isinstance(data, str) and data.strip():
        return Label(data, data)
    if isinstance(data, list | tuple) and len(data) in (2, 3) and all(isinstance(t, str) and t.strip() for t in data):
        return Label(*data)
    if isinstance(data, Mapping):
        zh, en = data.get("zh-CN", data.get("en")), data.get("en", data.get("zh-CN"))
        if isinstance(zh, str) and isinstance(en, str) and zh.strip() and en.strip():
            many = data.get("many")
            return Label(zh, en, many if isinstance(many, str) and many.strip() else None)
    raise ValueError("label")


def option_data(option: Option) -> JsonObject:
    """An option as JSON."""
    data: JsonObject = {"key": option.key, "label": label_data(option.label)}
    if option.code is not None:
        data["code"] = option.code
    if option.hidden:
        data["hidden"] = True
    return data


def read_option(data: object) -> Option:
    """Read an option: an object, or [key, zh, en] with an optional code. Raises ValueError."""
    if isinstance(data, list | tuple) and 3 <= len(data) <= 4 and all(isinstance(t, str) for t in data):
        return Option(data[0], read_label(data[1:3]), data[3] if len(data) == 4 else None)
    if isinstance(data, Mapping) and isinstance(data.get("key"), str):
        code = data.get("code")
        if code is not None and not isinstance(code, str):
            raise ValueError("code")
        return Option(data["key"], read_label(data.get("label")), code, bool(data.get("hidden", False)))
    raise ValueError("option")


def field_data(field: Field) -> JsonObject:
    """A field as JSON, without its key."""
    data: JsonObject = {"label": label_data(field.label), "type": field.type, "column": field.column}
    plain = Field(key="", label=field.label, type="", column="")
    for name in PLAIN:
        value = getattr(field, name)
        if value != getattr(plain, name):
            data[name] = value
    if field.options:
        data["options"] = [option_data(o) for o in field.options]
    if field.default is not None:
        data["default"] = thawed(field.default)
    if field.settings:
        data["settings"] = thawed(field.settings)
    if field.derived is not None:
        data["derived"] = {"kind": field.derived.kind, "value_type": field.derived.value_type}
        if field.derived.settings:
            data["derived"]["settings"] = thawed(field.derived.settings)
        if field.derived.read_time:
            data["derived"]["read_time"] = True
    if field.help is not None:
        data["help"] = label_data(field.help)
    return data


def read_field(key: str, data: Mapping[str, Any]) -> Field:
    """Read what `field_data` wrote. Raises ValueError or KeyError for data of another shape."""
    derived: Derived | None = None
    if isinstance(given := data.get("derived"), Mapping):
        settings = cast(Settings, frozen(given.get("settings", EMPTY)))
        derived = Derived(given["kind"], str(given["value_type"]), settings, bool(given.get("read_time", False)))
    return Field(
        key=key,
        label=read_label(data["label"]),
        type=str(data["type"]),
        column=str(data["column"]),
        section=str(data.get("section", "")),
        position=int(data.get("position", 0)),
        required=str(data.get("required", "no")),
        applies_to=data.get("applies_to", "both"),
        unique=bool(data.get("unique", False)),
        sensitive=data.get("sensitive", "none"),
        search=str(data.get("search", "")),
        options=tuple(read_option(o) for o in data.get("options", ())),
        default=data.get("default"),
        settings=cast(Settings, frozen(data.get("settings", EMPTY))),
        derived=derived,
        typed=bool(data.get("typed", False)),
        own=bool(data.get("own", False)),
        hidden=bool(data.get("hidden", False)),
        help=read_label(data["help"]) if "help" in data else None,
    )


def entity_data(entity: Entity) -> JsonObject:
    """An entity as JSON, without its key and fields."""
    data: JsonObject = {"label": label_data(entity.label), "table": entity.table, "title": list(entity.title)}
    if entity.position:
        data["position"] = entity.position
    for name in ("own", "hidden"):
        if getattr(entity, name):
            data[name] = True
    return data


def read_entity(key: str, data: Mapping[str, Any], fields: Iterable[Field]) -> Entity:
    """Read what `entity_data` wrote, with its fields."""
    return Entity(
        key=key,
        label=read_label(data["label"]),
        table=str(data["table"]),
        fields=MappingProxyType({f.key: f for f in sorted(fields, key=lambda f: (f.position, f.key))}),
        title=tuple(data.get("title", ("name",))),
        position=int(data.get("position", 0)),
        own=bool(data.get("own", False)),
        hidden=bool(data.get("hidden", False)),
    )
