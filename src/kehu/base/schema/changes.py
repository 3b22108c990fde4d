"""Changes of the catalog as data: each is an object with `op`; applying them gives new entities and touches no ledger.

    entity.add     label, [key (else made from the label), title, fields: [field without op and entity]]
    entity.change  entity, any of label, title, position
    entity.drop · entity.restore · entity.purge   entity
    field.add      entity, type, label, [key (else made from the label), section, options, settings, required, unique,
                   default, sensitive, search, applies_to, help, formula + value_type, derived, position]
    field.change   entity, key, any of label, section, options, settings, required, unique, default, search,
                   applies_to, help, formula, position
    field.type     entity, key, type, [options, settings]
    field.drop · field.restore · field.purge      entity, key
    field.order    entity, keys
    options.add    entity, key, option, [after] · options.change   entity, key, option with its key
    options.drop · options.restore   entity, key, option (its key) · options.order   entity, key, options (keys)

Dropping hides, purging forgets. Whether the result holds together is asked of `validate`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from kehu.base.errors import BadInput, FieldError
from kehu.base.schema.codec import frozen, read_label, read_option
from kehu.base.schema.model import Derived, Entity, Field, Option
from kehu.base.schema.naming import entity_table, field_column, key_fault, next_column, suggest_key

Change = Mapping[str, Any]
Reserved = Mapping[str, Collection[str]]  # entity key → field keys that are never given again; "" → entity keys

FIELD_MEMBERS = frozenset(
    "label section options settings required unique default search applies_to help formula position".split()
)
ADD_MEMBERS = FIELD_MEMBERS | {"key", "type", "sensitive", "derived", "value_type"}


class Draft:
    """Entities while changes are applied to them."""

    def __init__(self, entities: Mapping[str, Entity], reserved: Reserved) -> None:
        self.entities = {key: entity for key, entity in entities.items() if not entity.system}
        self.reserved = reserved
        self._system = frozenset(key for key, entity in entities.items() if entity.system)
        self.purged: list[tuple[str, str | None]] = []

    @property
    def taken(self) -> frozenset[str]:
        """Keys that a new entity cannot have, those of the system's own entities included."""
        return self._system.union(self.entities)

    def entity(self, change: Change, *, hidden: bool = False) -> Entity:
        """The entity that a change names."""
        found = self.entities.get(str(change.get("entity")))
        if found is None or (found.hidden and not hidden):
            raise Fault("entity", "catalog.entity_unknown", entity=str(change.get("entity")))
        return found

    def field(self, change: Change, *, hidden: bool = False) -> tuple[Entity, Field]:
        """The field that a change names."""
        entity = self.entity(change)
        found = entity.fields.get(str(change.get("key")))
        if found is None or (found.hidden and not hidden) or (found.derived and found.derived.kind == "system"):
            raise Fault("key", "field.unknown", field=str(change.get("key")))
        return entity, found

    def put(self, entity: Entity, *fields: Field, without: str | None = None) -> None:
        """Replace fields of an entity."""
        kept = {key: field for key, field in entity.fields.items() if key != without}
        kept.update({field.key: field for field in fields})
        self.entities[entity.key] = replace(entity, fields=MappingProxyType(kept))


class Fault(Exception):
    """What is wrong with one member of a change."""

    def __init__(self, member: str, code: str, **data: object) -> None:
        super().__init__(code)
        self.member, self.code, self.data = member, code, data


def apply(entities: Mapping[str, Entity], changes: Sequence[Change], reserved: Reserved) -> Draft:
    """Return the draft with all changes. Raises BadInput `catalog.change_invalid` naming change and member."""
    draft = Draft(entities, reserved)
    errors: list[FieldError] = []
    for place, change in enumerate(changes):
        try:
            op = OPS.get(str(change.get("op")))
            if op is None:
                raise Fault("op", "catalog.op_unknown", op=str(change.get("op"))[:60])
            op(draft, change)
        except Fault as fault:
            errors.append(FieldError(f"changes[{place}].{fault.member}", fault.code, fault.data))
    if errors:
        raise BadInput("catalog.change_invalid", errors=errors)
    return draft


# --- entities -------------------------------------------------------------------------------------------------------


def _entity_add(draft: Draft, change: Change) -> None:
    _only(change, "key", "label", "title", "fields")
    kept = draft.reserved.get("", ())
    if "key" not in change:
        change = {**change, "key": suggest_key(_label(change).zh, {*draft.taken, *kept})}
    key = _key(change, "key", draft.taken, kept)
    fields = change.get("fields", [{"key": "name", "type": "text", "label": ["名称", "Name"], "required": "always"}])
    if not isinstance(fields, list) or not fields:
        raise Fault("fields", "value.invalid", expects="list")
    title = change.get("title") or [fields[0].get("key")]
    position = 1 + max((e.position for e in draft.entities.values()), default=0)
    draft.entities[key] = Entity(
        key=key,
        label=_label(change),
        table=entity_table(key, own=True),
        fields=MappingProxyType({}),
        title=tuple(str(one) for one in title),
        position=position,
        own=True,
    )
    for field in fields:
        if not isinstance(field, Mapping):
            raise Fault("fields", "value.invalid", expects="object")
        _field_add(draft, {"search": "n" if field.get("key") in title else "", **field, "entity": key})


def _entity_change(draft: Draft, change: Change) -> None:
    _only(change, "entity", "label", "title", "position")
    entity = draft.entity(change)
    if "label" in change:
        entity = replace(entity, label=_label(change))
    if "title" in change:
        entity = replace(entity, title=tuple(str(one) for one in _list(change, "title")))
    if "position" in change:
        entity = replace(entity, position=_int(change, "position"))
    draft.entities[entity.key] = entity


def _entity_drop(draft: Draft, change: Change) -> None:
    _only(change, "entity")
    entity = draft.entity(change)
    draft.entities[entity.key] = replace(entity, hidden=True)


def _entity_restore(draft: Draft, change: Change) -> None:
    _only(change, "entity")
    entity = draft.entity(change, hidden=True)
    draft.entities[entity.key] = replace(entity, hidden=False)


def _entity_purge(draft: Draft, change: Change) -> None:
    _only(change, "entity")
    entity = draft.entity(change, hidden=True)
    if not entity.hidden:
        raise Fault("entity", "catalog.purge_shown", key=entity.key)
    del draft.entities[entity.key]
    draft.purged.append((entity.key, None))


# --- fields ---------------------------------------------------------------------------------------------------------


def _field_add(draft: Draft, change: Change) -> None:
    _only(change, "entity", *ADD_MEMBERS)
    entity = draft.entity(change)
    kept = draft.reserved.get(entity.key, ())
    if "key" not in change:  # a person names a field; its key follows from the name
        change = {**change, "key": suggest_key(_label(change).zh, {*entity.fields, *kept})}
    key = _key(change, "key", entity.fields, kept)
    own = [f.position for f in entity.fields.values() if f.derived is None or f.derived.kind != "system"]
    field = Field(
        key=key,
        label=_label(change),
        type=str(change.get("type", "")),
        column=field_column(key, own=True),
        section="基本信息",
        position=1 + max(own, default=0),
        own=True,
    )
    sensitive = change.get("sensitive", "none")
    if sensitive not in ("none", "personal", "secret"):
        raise Fault("sensitive", "value.invalid", value=str(sensitive), expects="option")
    field = replace(field, sensitive=sensitive, derived=_derived(change, field.type))
    field = _members(field, change)
    draft.put(entity, _completed(draft, entity, field))


def _derived(change: Change, type: str) -> Derived | None:
    if "formula" in change:
        value_type = str(change.get("value_type", "text"))
        text = str(change["formula"])
        return Derived("formula", value_type, frozen({"text": text}), "TODAY(" in text.upper().replace(" ", ""))
    given = change.get("derived")
    if given is None:
        return None
    if not isinstance(given, Mapping) or given.get("kind") not in ("formula", "rollup", "lookup"):
        raise Fault("derived", "value.invalid", expects="object")
    settings = given.get("settings", {})
    if not isinstance(settings, Mapping):
        raise Fault("derived", "value.invalid", expects="object")
    read_time = bool(given.get("read_time", False))
    return Derived(given["kind"], str(given.get("value_type", "text")), frozen(settings), read_time)


def _completed(draft: Draft, entity: Entity, field: Field) -> Field:
    """Fill what a new link needs when nobody says."""
    settings = dict(field.settings)
    if field.type == "user":
        settings.setdefault("target", "user")
    elif field.type == "relation" and field.derived is None:
        target = draft.entities.get(str(settings.get("target")))
        taken = {*(target.fields if target else ()), *_reverses(draft, str(settings.get("target")))}
        settings.setdefault("reverse", suggest_key(f"{entity.key}_{field.key}"[:40], taken))
        settings.setdefault("on_delete", "empty")
    return replace(field, settings=frozen(settings))


def _reverses(draft: Draft, target: str) -> set[str]:
    fields = (f for e in draft.entities.values() for f in e.fields.values() if f.target == target)
    return {str(f.settings["reverse"]) for f in fields if "reverse" in f.settings}


def _field_change(draft: Draft, change: Change) -> None:
    _only(change, "entity", "key", *FIELD_MEMBERS)
    entity, field = draft.field(change)
    if "formula" in change:
        if field.derived is None or field.derived.kind != "formula" or not field.own:
            raise Fault("formula", "catalog.derivation_fixed", field=field.key)
        made = _derived({**change, "value_type": field.derived.value_type}, field.type)
        field = replace(field, derived=made)
    draft.put(entity, _members(field, change))


def _members(field: Field, change: Change) -> Field:
    """Take over the plain members of a change."""
    new: dict[str, Any] = {}
    for member in ("section", "required", "search", "applies_to"):
        if member in change:
            if not isinstance(change[member], str):
                raise Fault(member, "value.invalid", value=str(change[member]), expects="text")
            new[member] = change[member]
    if new.get("applies_to", "both") not in ("both", "enterprise", "person"):
        raise Fault("applies_to", "value.invalid", value=str(new["applies_to"]), expects="option")
    if "label" in change:
        new["label"] = _label(change)
    if "help" in change:
        new["help"] = None if change["help"] is None else _label(change, "help")
    if "unique" in change:
        if not isinstance(change["unique"], bool):
            raise Fault("unique", "value.invalid", expects="boolean")
        new["unique"] = change["unique"]
    if "position" in change:
        new["position"] = _int(change, "position")
    if "options" in change:
        new["options"] = _all_options(field, change)
    if "settings" in change:
        if not isinstance(change["settings"], Mapping):
            raise Fault("settings", "value.invalid", expects="object")
        if field.settings.get("target") not in (None, change["settings"].get("target")):
            raise Fault("settings", "catalog.target_fixed", field=field.key)
        new["settings"] = frozen(change["settings"])
    if "default" in change:
        new["default"] = change["default"]
    return replace(field, **new)


def _field_type(draft: Draft, change: Change) -> None:
    _only(change, "entity", "key", "type", "options", "settings")
    entity, field = draft.field(change)
    if field.derived is not None or field.sensitive == "secret":
        raise Fault("key", "catalog.type_fixed", field=field.key)
    type = str(change.get("type"))
    options = field.options if type in ("select", "multi_select", "tags") else ()
    settings = change.get("settings", {})
    if not isinstance(settings, Mapping):
        raise Fault("settings", "value.invalid", expects="object")
    made = replace(
        field, type=type, column=next_column(field.column), options=options, settings=frozen(settings), default=None
    )
    if "options" in change:
        made = replace(made, options=_all_options(made, change))
    draft.put(entity, _completed(draft, entity, made))


def _field_drop(draft: Draft, change: Change) -> None:
    _only(change, "entity", "key")
    entity, field = draft.field(change)
    draft.put(entity, replace(field, hidden=True))


def _field_restore(draft: Draft, change: Change) -> None:
    _only(change, "entity", "key")
    entity, field = draft.field(change, hidden=True)
    draft.put(entity, replace(field, hidden=False))


def _field_purge(draft: Draft, change: Change) -> None:
    _only(change, "entity", "key")
    entity, field = draft.field(change, hidden=True)
    if not field.hidden:
        raise Fault("key", "catalog.purge_shown", key=field.key)
    draft.put(entity, without=field.key)
    draft.purged.append((entity.key, field.key))


def _field_order(draft: Draft, change: Change) -> None:
    _only(change, "entity", "keys")
    entity = draft.entity(change)
    keys = [str(key) for key in _list(change, "keys")]
    if any(key not in entity.fields for key in keys) or len(set(keys)) != len(keys):
        raise Fault("keys", "field.unknown", field=next((k for k in keys if k not in entity.fields), keys[0]))
    places = sorted(entity.fields[key].position for key in keys)
    moved = [replace(entity.fields[key], position=place) for key, place in zip(keys, places, strict=True)]
    draft.put(entity, *moved)


# --- options --------------------------------------------------------------------------------------------------------


def _options_add(draft: Draft, change: Change) -> None:
    _only(change, "entity", "key", "option", "after")
    entity, field = draft.field(change)
    made = _option(change.get("option"), "option", {o.key for o in field.options})
    if any(o.key == made.key for o in field.options):
        raise Fault("option", "catalog.option_taken", key=made.key)
    options = list(field.options)
    after = [place for place, o in enumerate(options) if o.key == change.get("after")]
    options.insert(after[0] + 1 if after else len(options), made)
    draft.put(entity, replace(field, options=tuple(options)))


def _options_change(draft: Draft, change: Change) -> None:
    _only(change, "entity", "key", "option")
    entity, field = draft.field(change)
    made = _option(change.get("option"), "option", set())
    _held(field, made.key)
    draft.put(entity, replace(field, options=tuple(made if o.key == made.key else o for o in field.options)))


def _options_hidden(hidden: bool) -> Callable[[Draft, Change], None]:
    def op(draft: Draft, change: Change) -> None:
        _only(change, "entity", "key", "option")
        entity, field = draft.field(change)
        key = str(change.get("option"))
        _held(field, key)
        options = tuple(replace(o, hidden=hidden) if o.key == key else o for o in field.options)
        draft.put(entity, replace(field, options=options))

    return op


def _options_order(draft: Draft, change: Change) -> None:
    _only(change, "entity", "key", "options")
    entity, field = draft.field(change)
    keys = [str(key) for key in _list(change, "options")]
    if sorted(keys) != sorted(o.key for o in field.options):
        raise Fault("options", "catalog.option_unknown", key=", ".join(keys)[:60])
    by_key = {o.key: o for o in field.options}
    draft.put(entity, replace(field, options=tuple(by_key[key] for key in keys)))


def _all_options(field: Field, change: Change) -> tuple[Option, ...]:
    """A whole new list. Options that records may hold are hidden, not forgotten."""
    made: list[Option] = []
    for one in _list(change, "options"):
        made.append(_option(one, "options", {o.key for o in made}))
    given = {o.key for o in made}
    return (*made, *(replace(o, hidden=True) for o in field.options if o.key not in given))


def _option(data: object, member: str, taken: Collection[str]) -> Option:
    """Read an option; a text alone becomes one whose key is made from it."""
    if isinstance(data, str) and data.strip():
        data = {"key": suggest_key(data, taken), "label": data}
    elif isinstance(data, Mapping) and "key" not in data and "label" in data:
        try:
            data = {**data, "key": suggest_key(read_label(data["label"]).zh, taken)}
        except ValueError:
            raise Fault(member, "catalog.label", limit=100) from None
    try:
        return read_option(data)
    except ValueError:
        raise Fault(member, "value.invalid", value=str(data)[:60], expects="option") from None


def _held(field: Field, key: str) -> None:
    if field.option(key) is None:
        raise Fault("option", "catalog.option_unknown", key=key)


# --- members --------------------------------------------------------------------------------------------------------


def _only(change: Change, *members: str) -> None:
    for member in change:
        if member != "op" and member not in members:
            raise Fault(str(member), "catalog.member_unknown", name=str(member))


def _key(change: Change, member: str, taken: Collection[str], reserved: Collection[str]) -> str:
    key = change.get(member)
    fault = key_fault(key, taken)
    if fault is None and key in reserved:
        fault = "catalog.key_reserved"
    if fault is not None:
        raise Fault(member, fault, key=str(key)[:60])
    return str(key)


def _label(change: Change, member: str = "label") -> Any:
    try:
        return read_label(change.get(member))
    except ValueError:
        raise Fault(member, "catalog.label", limit=100) from None


def _list(change: Change, member: str) -> Sequence[Any]:
    value = change.get(member)
    if not isinstance(value, list) or not value:
        raise Fault(member, "value.invalid", value=str(value)[:60], expects="list")
    return value


def _int(change: Change, member: str) -> int:
    value = change.get(member)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 100_000:
        raise Fault(member, "value.invalid", value=str(value)[:60], expects="integer")
    return value


OPS: Mapping[str, Callable[[Draft, Change], None]] = MappingProxyType(
    {
        "entity.add": _entity_add,
        "entity.change": _entity_change,
        "entity.drop": _entity_drop,
        "entity.restore": _entity_restore,
        "entity.purge": _entity_purge,
        "field.add": _field_add,
        "field.change": _field_change,
        "field.type": _field_type,
        "field.drop": _field_drop,
        "field.restore": _field_restore,
        "field.purge": _field_purge,
        "field.order": _field_order,
        "options.add": _options_add,
        "options.change": _options_change,
        "options.drop": _options_hidden(True),
        "options.restore": _options_hidden(False),
        "options.order": _options_order,
    }
)
