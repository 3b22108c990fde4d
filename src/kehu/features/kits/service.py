"""Reads kits (TOML in `plugins/kits`), compares them with a ledger and applies them as one change of the catalog.

A kit is data; nothing here knows a particular one. A kit of a trade `extends` another one and holds only what it adds:
fields, options, entities, views. Applying a newer version never touches what a ledger has changed or added itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ddl import sort_index
from kehu.base.errors import BadInput, NotFound
from kehu.base.schema.codec import frozen, label_data, read_label, read_option, thawed
from kehu.base.schema.model import Derived, Entity, Field, Label
from kehu.base.schema.naming import entity_table, field_column
from kehu.core.catalog import indexes
from kehu.core.catalog.given import Given, given_views, note_views
from kehu.core.catalog.service import change_to
from kehu.core.changesets.model import Title
from kehu.core.changesets.write import begin
from kehu.core.context import Ctx
from kehu.features.kits.words import build

EXAMPLES = 6
_FIRMS_OWN = ("label", "required", "type")  # what applying a kit leaves as the ledger has it
_DERIVED_WORDS = frozenset({"kind", "value_type", "read_time"})


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit as read, with what it extends. `reserved` maps an entity to keys kept for later; "" to entity keys.

    views: saved views that every member of the firm gets, as {"entity", "name", "data"}.
    """

    name: str
    version: int
    label: Label
    description: Label
    entities: Mapping[str, Entity]
    indexes: Mapping[str, tuple[tuple[str, ...], ...]]
    sections: tuple[tuple[str, str], ...]
    reserved: Mapping[str, tuple[str, ...]]
    extends: str | None = None
    views: tuple[Mapping[str, Any], ...] = ()

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


@cache
def load_kit(name: str) -> Kit:
    """Read a kit. Raises NotFound `kit.unknown`, BadInput `kit.invalid` with the place."""
    if name not in kit_names():
        raise NotFound("kit.unknown", kit=name, known=", ".join(kit_names()))
    data = tomllib.loads((_folder() / f"{name}.toml").read_text(encoding="utf-8"))
    base = load_kit(str(data["extends"])) if "extends" in data else None
    entities = dict(base.entities) if base is not None else {}
    standard = dict(base.indexes) if base is not None else {}
    for position, (key, table) in enumerate(data.get("entity", {}).items(), 1):
        if key in entities:
            entities[key] = _extended(name, entities[key], table)
        else:
            entities[key] = _entity(name, key, table, position + len(base.entities if base is not None else ()))
        standard[key] = (*standard.get(key, ()), *(tuple(fields) for fields in table.get("indexes", ())))
    for place, options in data.get("options", {}).items():
        entities = _more_options(name, entities, place, options)
    reserved = {key: tuple(keys) for key, keys in data.get("reserved", {}).get("fields", {}).items()}
    reserved[""] = tuple(data.get("reserved", {}).get("entities", ()))
    if base is not None:
        reserved = {**base.reserved, **{key: keys for key, keys in reserved.items() if keys}}
    return Kit(
        name=str(data["name"]),
        version=int(data["version"]),
        label=read_label(data["label"]),
        description=read_label(data["description"]),
        entities=MappingProxyType(entities),
        indexes=MappingProxyType(standard),
        sections=(*(base.sections if base is not None else ()), *((zh, en) for zh, en in data.get("sections", ()))),
        reserved=MappingProxyType(reserved),
        extends=base.name if base is not None else None,
        views=(*(base.views if base is not None else ()), *data.get("view", ())),
    )


def load_samples(name: str, today: date) -> list[dict[str, Any]]:
    """Sample records of a kit, in the order in which they must be made; none when the kit brings none.

    Each is {"entity", "ref"?, "values"}; a value {"ref": name} names another sample, {"user": name} a clerk. Those of
    a trade lead up to `today`.
    """
    data = _sample_data(name)
    found: list[dict[str, Any]] = list(data["record"]) if "record" in data else build(data, today) if data else []
    return found


@cache
def _sample_data(name: str) -> dict[str, Any]:
    file = _folder() / f"{name}.samples.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _sample_customers(name: str) -> int:
    data = _sample_data(name)
    written = sum(record["entity"] == "customer" for record in data.get("record", ()))
    return written or len(data.get("firms", ())) + len(data.get("people", ()))


def list_kits() -> list[dict[str, Any]]:
    """All kits, for `kehu kit list`."""
    return [about(load_kit(name)) for name in kit_names()]


def about(kit: Kit) -> dict[str, Any]:
    """What a kit is, in short: enough to choose by. What is its own is what it adds to the kit that it extends."""
    own = own_fields(kit)
    return {
        "kit": kit.name,
        "version": kit.version,
        "label": label_data(kit.label),
        "description": label_data(kit.description),
        "extends": kit.extends,
        "entities": len(kit.entities),
        "fields": kit.fields,
        "own_entities": [label_data(kit.entities[key].label) for key in own_entities(kit)],
        "own_fields": len(own),
        "example_fields": [label_data(field.label) for _, field in own[:EXAMPLES]],
        "views": len(kit.views),
        "sample_customers": _sample_customers(kit.name),
    }


def own_entities(kit: Kit) -> list[str]:
    """Keys of the entities that the kit adds to the one that it extends."""
    base = load_kit(kit.extends).entities if kit.extends is not None else {}
    return [key for key in kit.entities if key not in base]


def own_fields(kit: Kit) -> list[tuple[str, Field]]:
    """Fields that the kit adds to the one that it extends, each with the key of its entity."""
    base = load_kit(kit.extends).entities if kit.extends is not None else {}
    known = {(key, name) for key, entity in base.items() for name in entity.fields}
    return [(e.key, f) for e in kit.entities.values() for f in e.fields.values() if (e.key, f.key) not in known]


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
    return about(kit) | {"contents": entities, "view_names": [_named(view) for view in kit.views]}


def apply_kit(ctx: Ctx, name: str, *, firm: str | None = None, preview: bool = False) -> dict[str, Any]:
    """Bring a kit into the ledger as one change-set; `ctx` works on the new catalog afterwards.

    New entities and fields are added; of those that the ledger has, only what a kit owns moves (how a value is derived,
    new options), never labels, requirements or what was hidden.
    """
    return bring(ctx, load_kit(name), firm=firm, preview=preview)


def bring(ctx: Ctx, kit: Kit, *, firm: str | None = None, preview: bool = False) -> dict[str, Any]:
    """Bring a kit that was read into the ledger, as `apply_kit`."""
    entities = {key: entity for key, entity in ctx.catalog.entities.items() if not entity.system}
    for key, wanted in kit.entities.items():
        held = entities.get(key)
        entities[key] = wanted if held is None else _merged(held, wanted)
    settings = thawed(ctx.catalog.settings)
    if kit.extends is not None or settings.get("kit") in (None, kit.name):
        # The chosen kit; bringing its base up to date later chooses nothing.
        settings |= {"kit": kit.name, "kit_version": kit.version}
    settings.setdefault("timezone", "Asia/Shanghai")
    settings.setdefault("currency", "CNY")
    held_sections = [list(section) for section in settings.get("sections", ())]
    new_sections = [list(section) for section in kit.sections if list(section) not in held_sections]
    settings["sections"] = [*held_sections, *new_sections]
    settings["reserved"] = {key: list(keys) for key, keys in kit.reserved.items()}
    if firm is not None:
        settings["firm"] = firm
    title = Title(code="title.kit", data={"kit": label_data(kit.label), "version": kit.version})
    views = _new_views(ctx, kit)
    answer = change_to(ctx, entities, settings, title=title, preview=preview)
    told = answer["preview"]
    told["effects"] = [*told["effects"], *({"kind": "view.new", **_named(view)} for view in views)]
    if not preview:
        pending = declare_indexes(ctx, kit)
        answer["indexes_pending"] = [*answer["indexes_pending"], *pending]
        if views:
            answer["changeset"] = _add_views(ctx, views, title)
    return answer | {"kit": kit.name}


def diff_kit(ctx: Ctx, name: str) -> dict[str, Any]:
    """Compare a kit with the ledger: what applying it would add or move, and what the firm made its own, which
    stays. Each item is {"kind", "entity", "field"?, "option"?, "view"?}."""
    kit = load_kit(name)
    missing: list[dict[str, str]] = []
    moved: list[dict[str, str]] = []
    kept: list[dict[str, str]] = []
    for key, wanted in kit.entities.items():
        held = ctx.catalog.entities.get(key)
        if held is None:
            missing.append({"kind": "entity", "entity": key})
            continue
        merged = _merged(held, wanted)
        for field_key, field in wanted.fields.items():
            at = {"entity": key, "field": field_key}
            old = held.fields.get(field_key)
            if old is None:
                missing.append({"kind": "field", **at})
                continue
            known = {option.key for option in old.options}
            new = (
                []
                if old.own
                else [{"kind": "option", **at, "option": o.key} for o in field.options if o.key not in known]
            )
            missing += new
            if merged.fields[field_key] != old and not new:
                moved.append({"kind": "field", **at})
            if old.hidden or old.own or any(getattr(old, name) != getattr(field, name) for name in _FIRMS_OWN):
                kept.append({"kind": "hidden" if old.hidden else "own" if old.own else "changed", **at})
    missing += [{"kind": "view", "entity": view["entity"], "view": view["name"][0]} for view in _new_views(ctx, kit)]
    settings = ctx.catalog.settings
    return {
        "kit": kit.name,
        "version": kit.version,
        "applied": settings.get("kit"),
        "applied_version": settings.get("kit_version"),
        "missing": missing,
        "moved": moved,
        "kept": kept,
    }


def _new_views(ctx: Ctx, kit: Kit) -> list[Mapping[str, Any]]:
    """Views of the kit that the firm has not got: neither given before, be it changed or deleted since, nor of the
    same name."""
    table = system.view
    rows = ctx.tx.execute(sa.select(table.c.entity, table.c.name).where(table.c.shared == 1))
    held = {(row.entity, row.name) for row in rows} | {(one.entity, one.name) for one in given_views(ctx)}
    return [view for view in kit.views if not {(view["entity"], name) for name in view["name"]} & held]


def _named(view: Mapping[str, Any]) -> dict[str, Any]:
    return {"entity": view["entity"], "name": label_data(read_label(view["name"]))}


def _add_views(ctx: Ctx, views: Sequence[Mapping[str, Any]], title: Title) -> int:
    """Give views to everybody, as part of the kit's change-set; return that."""
    changeset = begin(ctx, title, origin="catalog").changeset
    made: list[Given] = []
    for view, id in zip(views, ctx.dialect.allocate(ctx.tx, "view", len(views)), strict=True):
        label = read_label(view["name"])
        data = orjson.dumps(view["data"]).decode()
        values = {"entity": view["entity"], "name": label.of(ctx.lang), "data": data, "owner": ctx.actor.id}
        ctx.tx.execute(sa.insert(system.view).values(id=id, rev=1, shared=1, **values))
        made.append(Given(str(view["entity"]), label.zh, id, changeset))
    note_views(ctx, made)
    return changeset


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
            settings = frozen({**thawed(field.settings), **thawed(old.settings)})  # new ones; the firm's own win
            fields[key] = replace(
                old,
                options=options,
                derived=field.derived,
                typed=field.typed,
                settings=settings,
                help=old.help or field.help,
            )
    return replace(held, fields=MappingProxyType(fields))


# --- reading --------------------------------------------------------------------------------------------------------


def _extended(kit: str, base: Entity, data: Mapping[str, Any]) -> Entity:
    """An entity of the base with the fields that a kit of a trade adds; those it has already cannot be written anew."""
    made = _entity(kit, base.key, {"label": label_data(base.label), "title": list(base.title), **data}, base.position)
    if twice := set(made.fields) & set(base.fields):
        raise BadInput("kit.invalid", kit=kit, place=f"{base.key}.{min(twice)}", reason="extends")
    last = max(f.position for f in base.fields.values())
    added = {key: replace(field, position=last + field.position) for key, field in made.fields.items()}
    return replace(base, fields=MappingProxyType({**base.fields, **added}))


def _more_options(kit: str, entities: dict[str, Entity], place: str, options: list[Any]) -> dict[str, Entity]:
    """Add options to a field of the base, named as `entity.field`."""
    key, _, name = place.partition(".")
    entity = entities.get(key)
    field = entity.fields.get(name) if entity is not None else None
    if entity is None or field is None:
        raise BadInput("kit.invalid", kit=kit, place=place, reason="options")
    made = replace(field, options=(*field.options, *(read_option(option) for option in options)))
    return {**entities, key: replace(entity, fields=MappingProxyType({**entity.fields, name: made}))}


def _entity(kit: str, key: str, data: Mapping[str, Any], position: int) -> Entity:
    made: dict[str, Field] = {}
    for place, (name, field) in enumerate(data.get("field", {}).items(), 1):
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
