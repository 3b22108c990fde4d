"""Reads kits (TOML in `plugins/kits`) and applies them to a ledger as one change of the catalog.

A kit is data; nothing here knows a particular one. Applying a newer version never touches what a ledger has changed
or added itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from kehu.base.db.ddl import sort_index
from kehu.base.errors import BadInput, NotFound
from kehu.base.schema.codec import frozen, label_data, read_label, read_option, thawed
from kehu.base.schema.model import Derived, Entity, Field, Label
from kehu.base.schema.naming import entity_table, field_column
from kehu.core.catalog import indexes
from kehu.core.catalog.service import change_to
from kehu.core.changesets.model import Title
from kehu.core.context import Ctx

_DERIVED_WORDS = frozenset({"kind", "value_type", "read_time"})


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit as read. `reserved` maps an entity to keys kept for later; "" to entity keys. `samples` may be empty."""

    name: str
    version: int
    label: Label
    description: Label
    entities: Mapping[str, Entity]
    indexes: Mapping[str, tuple[tuple[str, ...], ...]]
    sections: tuple[tuple[str, str], ...]
    reserved: Mapping[str, tuple[str, ...]]

    @property
    def fields(self) -> int:
        """Number of fields."""
        return sum(len(entity.fields) for entity in self.entities.values())


def _folder() -> Traversable:
    return files("kehu.plugins") / "kits"


def kit_names() -> list[str]:
    """Names of all kits."""
    names = (file.name for file in _folder().iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml") and name.count(".") == 1)


def load_kit(name: str) -> Kit:
    """Read a kit. Raises NotFound `kit.unknown`, BadInput `kit.invalid` with the place."""
    if name not in kit_names():
        raise NotFound("kit.unknown", kit=name, known=", ".join(kit_names()))
    data = tomllib.loads((_folder() / f"{name}.toml").read_text(encoding="utf-8"))
    entities: dict[str, Entity] = {}
    standard: dict[str, tuple[tuple[str, ...], ...]] = {}
    for position, (key, table) in enumerate(data["entity"].items(), 1):
        entities[key] = _entity(name, key, table, position)
        standard[key] = tuple(tuple(fields) for fields in table.get("indexes", ()))
    reserved = {key: tuple(keys) for key, keys in data.get("reserved", {}).get("fields", {}).items()}
    reserved[""] = tuple(data.get("reserved", {}).get("entities", ()))
    return Kit(
        name=str(data["name"]),
        version=int(data["version"]),
        label=read_label(data["label"]),
        description=read_label(data["description"]),
        entities=MappingProxyType(entities),
        indexes=MappingProxyType(standard),
        sections=tuple((zh, en) for zh, en in data.get("sections", ())),
        reserved=MappingProxyType(reserved),
    )


def load_samples(name: str) -> list[dict[str, Any]]:
    """Sample records of a kit, in the order in which they must be made; none when the kit brings none.

    Each is {"entity", "ref"?, "values"}; a value {"ref": name} names another sample, {"user": true} whoever makes them.
    """
    file = _folder() / f"{name}.samples.toml"
    if not file.is_file():
        return []
    found: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["record"]
    return found


def list_kits() -> list[dict[str, Any]]:
    """All kits, for `kehu kit list`."""
    return [about(load_kit(name)) for name in kit_names()]


def about(kit: Kit) -> dict[str, Any]:
    """What a kit is, in short."""
    return {
        "kit": kit.name,
        "version": kit.version,
        "label": label_data(kit.label),
        "description": label_data(kit.description),
        "entities": len(kit.entities),
        "fields": kit.fields,
    }


def show_kit(name: str) -> dict[str, Any]:
    """A kit with its entities and fields, for `kehu kit show`."""
    kit = load_kit(name)
    entities = [
        {
            "key": entity.key,
            "label": label_data(entity.label),
            "fields": [{"key": f.key, "label": label_data(f.label), "type": f.type} for f in entity.fields.values()],
        }
        for entity in kit.entities.values()
    ]
    return about(kit) | {"contents": entities}


def apply_kit(ctx: Ctx, name: str, *, firm: str | None = None, preview: bool = False) -> dict[str, Any]:
    """Bring a kit into the ledger as one change-set; `ctx` works on the new catalog afterwards.

    New entities and fields are added; of those that the ledger has, only what a kit owns moves (how a value is derived,
    new options), never labels, requirements or what was hidden.
    """
    kit = load_kit(name)
    entities = {key: entity for key, entity in ctx.catalog.entities.items() if not entity.system}
    for key, wanted in kit.entities.items():
        held = entities.get(key)
        entities[key] = wanted if held is None else _merged(held, wanted)
    settings = thawed(ctx.catalog.settings) | {"kit": kit.name, "kit_version": kit.version}
    settings.setdefault("timezone", "Asia/Shanghai")
    settings.setdefault("currency", "CNY")
    settings["sections"] = [list(section) for section in kit.sections]
    settings["reserved"] = {key: list(keys) for key, keys in kit.reserved.items()}
    if firm is not None:
        settings["firm"] = firm
    title = Title(code="title.kit", data={"kit": kit.name, "version": kit.version})
    answer = change_to(ctx, entities, settings, title=title, preview=preview)
    if not preview:
        pending = declare_indexes(ctx, kit)
        answer["indexes_pending"] = [*answer["indexes_pending"], *pending]
    return answer | {"kit": kit.name}


def declare_indexes(ctx: Ctx, kit: Kit) -> list[str]:
    """Enter the indexes of the kit's standard views; return those left to a job."""
    left: list[str] = []
    for key, standard in kit.indexes.items():
        table = ctx.tables[key]
        left += indexes.declare(ctx, [sort_index(table, fields) for fields in standard])
    return left


def _merged(held: Entity, wanted: Entity) -> Entity:
    fields = dict(held.fields)
    for key, field in wanted.fields.items():
        old = fields.get(key)
        if old is None:
            fields[key] = field
        elif not old.own:
            known = {option.key for option in old.options}
            options = (*old.options, *(o for o in field.options if o.key not in known))
            fields[key] = replace(old, options=options, derived=field.derived, typed=field.typed)
    return replace(held, fields=MappingProxyType(fields))


# --- reading --------------------------------------------------------------------------------------------------------


def _entity(kit: str, key: str, data: Mapping[str, Any], position: int) -> Entity:
    made: dict[str, Field] = {}
    for place, (name, field) in enumerate(data["field"].items(), 1):
        try:
            made[name] = _field(name, field, place)
        except (KeyError, ValueError, TypeError) as error:
            raise BadInput("kit.invalid", kit=kit, place=f"{key}.{name}", reason=str(error)) from error
    return Entity(
        key=key,
        label=read_label(data["label"]),
        table=entity_table(key, own=False),
        fields=MappingProxyType(made),
        title=tuple(data["title"]),
        position=position,
    )


_MEMBERS = frozenset(
    "label type section required applies_to unique sensitive search options default settings derived typed help".split()
)


def _field(key: str, data: Mapping[str, Any], position: int) -> Field:
    if unknown := set(data) - _MEMBERS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    derived: Derived | None = None
    type = str(data["type"])
    if given := data.get("derived"):
        settings = {name: value for name, value in given.items() if name not in _DERIVED_WORDS}
        derived = Derived(
            given["kind"], str(given.get("value_type", type)), frozen(settings), bool(given.get("read_time", False))
        )
    return Field(
        key=key,
        label=read_label(data["label"]),
        type=type,
        column=field_column(key, own=False),
        section=str(data["section"]),
        position=position,
        required=str(data.get("required", "no")),
        applies_to=data.get("applies_to", "both"),
        unique=bool(data.get("unique", False)),
        sensitive=data.get("sensitive", "none"),
        search=str(data.get("search", "")),
        options=tuple(read_option(option) for option in data.get("options", ())),
        default=data.get("default"),
        settings=frozen(data.get("settings", {})),
        derived=derived,
        typed=bool(data.get("typed", False)),
        help=read_label(data["help"]) if "help" in data else None,
    )
