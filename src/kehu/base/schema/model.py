"""The catalog as immutable data: entities, fields, options, views, kept in one versioned snapshot.

Pure data without database or plug-in knowledge. Columns on disk follow from field types (`base.fields`),
never from here. A snapshot is never changed; `core.catalog` makes the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from types import MappingProxyType
from typing import Any, Literal

# Settings of a field type or view come from kits and people as JSON; their owner validates them.
Settings = Mapping[str, Any]
EMPTY: Settings = MappingProxyType({})

Sensitive = Literal["none", "personal", "secret"]


@dataclass(frozen=True, slots=True)
class Label:
    """A name in both languages. `many`: the English one of several, where it is known; Chinese knows no plural."""

    zh: str
    en: str
    many: str | None = None

    def of(self, lang: str) -> str:
        """Return the text for `lang` ("zh-CN" or "en")."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select. Records store `key`; the label may change at any time."""

    key: str
    label: Label
    code: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """How a kept or computed value comes about.

    kind: "formula" (own row), "rollup" (over to-many paths), "lookup" (over a to-one path), "part" (of the value of
    another field, such as the region of an address), "rule" or "system".
    settings: formula → {"text": "..."}; rollup → {"sources": [...]}; lookup → {"path": "primary_contact.name"};
    part → {"field": "detail", "part": "region"}.
    value_type: the field type of the value (its columns, rendering and operators).
    read_time: computed when read, never kept (uses TODAY()).
    """

    kind: Literal["formula", "rollup", "lookup", "part", "rule", "system"]
    value_type: str
    settings: Settings = made(default_factory=lambda: EMPTY)
    read_time: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One property of an entity. `type` is the word of the field type; `column` its physical base name."""

    key: str
    label: Label
    type: str
    column: str
    section: str = ""
    position: int = 0
    required: str = "no"  # no | always | for_enterprise | at_stage:[field=]key,key
    applies_to: Literal["both", "enterprise", "person"] = "both"
    unique: bool = False
    sensitive: Sensitive = "none"
    search: str = ""  # token class n p c t x, or empty
    options: tuple[Option, ...] = ()
    default: Any = None  # a JSON value, or {"now": true}, {"today": true}, {"me": true}, {"of": "customer.owner"}
    settings: Settings = made(
        default_factory=lambda: EMPTY
    )  # of the field type: decimals, target, reverse, on_delete, pattern, exclusive …
    derived: Derived | None = None
    typed: bool = False  # a derived value that people may set too; the typed value wins until emptied
    own: bool = False  # added in this ledger, not by a kit
    hidden: bool = False
    help: Label | None = None

    @property
    def target(self) -> str | None:
        """Key of the entity this relation points to."""
        value = self.settings.get("target")
        return str(value) if value is not None else None

    @property
    def value_type(self) -> str:
        """Field type that stores and renders the value: of the derived value, else the type itself."""
        return self.derived.value_type if self.derived is not None else self.type

    @property
    def read_only(self) -> bool:
        """Whether input to this field is refused (`field.derived`)."""
        return self.derived is not None and not self.typed

    @property
    def stages(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The fields and the option keys of `at_stage:won,lost` (by stage or status) or `at_stage:result=correct`."""
        _, _, text = self.required.partition("at_stage:")
        name, named, keys = text.rpartition("=")
        return (name,) if named else ("stage", "status"), tuple(keys.split(",")) if keys else ()

    def option(self, key: str) -> Option | None:
        """Return the option with this key, hidden ones included."""
        return next((o for o in self.options if o.key == key), None)


@dataclass(frozen=True, slots=True)
class Reverse:
    """A relation seen from its target: `key` on the target lists the records of `entity` whose `field` points here."""

    key: str
    entity: str
    field: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of record. `table` is its physical name; `title` the fields that name a record, first filled wins."""

    key: str
    label: Label
    table: str
    fields: Mapping[str, Field]
    title: tuple[str, ...] = ("name",)
    position: int = 0
    own: bool = False
    hidden: bool = False
    system: bool = False  # `user`: readable as relation target, not written through the record door
    visible: tuple[Field, ...] = made(init=False, compare=False, repr=False)
    """Fields that are not hidden, in order."""

    def __post_init__(self) -> None:
        shown = sorted((f for f in self.fields.values() if not f.hidden), key=lambda f: f.position)
        object.__setattr__(self, "visible", tuple(shown))

    def field(self, key: str) -> Field | None:
        """Return the field, hidden ones included, or None."""
        return self.fields.get(key)


@dataclass(frozen=True, slots=True)
class Catalog:
    """One version of everything the ledger knows about its own shape."""

    version: int
    entities: Mapping[str, Entity]
    settings: Settings = made(default_factory=lambda: EMPTY)  # firm, kit, kit_version, timezone, currency …
    reverses: Mapping[str, Mapping[str, Reverse]] = made(default_factory=dict)

    def entity(self, key: str) -> Entity | None:
        """Return the entity if it is there and not hidden."""
        found = self.entities.get(key)
        return None if found is None or found.hidden else found

    @property
    def timezone(self) -> str:
        """IANA name of the ledger's time zone."""
        return str(self.settings.get("timezone", "Asia/Shanghai"))


def make_catalog(version: int, entities: Mapping[str, Entity], settings: Settings = EMPTY) -> Catalog:
    """Build the snapshot and compute the reverse relations. `entities` must already be valid."""
    reverses: dict[str, dict[str, Reverse]] = {key: {} for key in entities}
    for entity in entities.values():
        for one in entity.fields.values():
            target, reverse = one.target, one.settings.get("reverse")
            if target is None or target not in entities or one.hidden or entity.hidden:
                continue
            if isinstance(reverse, str):
                reverses[target][reverse] = Reverse(reverse, entity.key, one.key)
    frozen = {key: MappingProxyType(value) for key, value in reverses.items()}
    return Catalog(
        version, MappingProxyType(dict(entities)), MappingProxyType(dict(settings)), MappingProxyType(frozen)
    )
