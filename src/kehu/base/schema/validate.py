"""Whether a whole catalog holds together: keys, options, titles, targets, derived references, limits.

Works on pure data; what a field type thinks of its settings is asked through a function, formulas are checked by who
knows them (`core.catalog`). Returns findings, never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kehu.base.errors import FieldError
from kehu.base.schema.model import Catalog, Entity, Field
from kehu.base.schema.naming import OPTION_KEY, key_fault

MOST_OWN_FIELDS = 200
MOST_FIELDS = 500
MOST_ENTITIES = 200
MOST_OPTIONS = 500
LONGEST_LABEL = 100
DERIVED_TYPES = frozenset({"formula", "rollup", "lookup"})
SEARCH_CLASSES = frozenset({"", "n", "p", "t", "c", "x"})

CheckType = Callable[[Field], Iterable[tuple[str, Mapping[str, object]]]]


def validate(catalog: Catalog, types: frozenset[str], check_type: CheckType) -> list[FieldError]:
    """Return everything wrong with a catalog; `field` of each is `entity` or `entity.field`."""
    found: list[FieldError] = []
    if len(catalog.entities) > MOST_ENTITIES:
        found.append(FieldError("", "catalog.too_many_entities", {"limit": MOST_ENTITIES}))
    for entity in catalog.entities.values():
        if not entity.system:
            found += _entity(catalog, entity, types, check_type)
    return found


def _entity(catalog: Catalog, entity: Entity, types: frozenset[str], check_type: CheckType) -> Iterator[FieldError]:
    if fault := key_fault(entity.key):
        yield FieldError(entity.key, fault, {"key": entity.key})
    if not _label_fits(entity.label.zh, entity.label.en):
        yield FieldError(entity.key, "catalog.label", {"limit": LONGEST_LABEL})
    own = sum(f.own for f in entity.fields.values())
    if own > MOST_OWN_FIELDS or len(entity.fields) > MOST_FIELDS:
        yield FieldError(entity.key, "catalog.too_many_fields", {"limit": MOST_OWN_FIELDS})
    columns = [f.column for f in entity.fields.values()]
    if len(set(columns)) != len(columns):
        yield FieldError(entity.key, "catalog.column_taken", {})
    titles = [entity.fields.get(key) for key in entity.title]
    if not titles or any(f is None or f.hidden or f.sensitive == "secret" for f in titles):
        yield FieldError(entity.key, "catalog.title", {"title": ", ".join(entity.title)})
    for field in entity.fields.values():
        if field.derived is not None and field.derived.kind == "system":
            continue
        for code, data in _field(catalog, entity, field, types, check_type):
            yield FieldError(f"{entity.key}.{field.key}", code, {"entity": entity.key, "field": field.key, **data})


def _field(
    catalog: Catalog, entity: Entity, field: Field, types: frozenset[str], check_type: CheckType
) -> Iterator[tuple[str, Mapping[str, object]]]:
    if fault := key_fault(field.key):
        yield fault, {"key": field.key}
    if not _label_fits(field.label.zh, field.label.en):
        yield "catalog.label", {"limit": LONGEST_LABEL}
    if field.value_type not in types or (field.type not in types and field.type not in DERIVED_TYPES):
        yield "catalog.type_unknown", {"type": field.type}
        return
    if field.type in DERIVED_TYPES and field.derived is None:
        yield "catalog.derived_missing", {}
    if field.typed and field.derived is None:
        yield "catalog.typed_plain", {}
    yield from check_type(field)
    yield from _options(field)
    if field.search not in SEARCH_CLASSES or (field.search and field.sensitive == "secret"):
        yield "catalog.search", {"search": field.search}
    if field.sensitive == "secret" and (field.derived is not None or field.default is not None):
        yield "catalog.secret_derived", {}
    if field.required not in ("no", "always", "for_enterprise") and not _stages_fit(entity, field):
        yield "catalog.required", {"required": field.required}
    if field.unique and (field.derived is not None or field.type in ("long_text", "tags", "multi_select", "boolean")):
        yield "catalog.unique_type", {"type": field.type}
    exclusive = field.settings.get("exclusive")
    alone = exclusive == "*" or _is_relation(entity.fields.get(str(exclusive)))  # one per ledger, or per parent
    if exclusive is not None and (field.type != "boolean" or not alone):
        yield "settings.exclusive", {}
    if entity.hidden or field.hidden:
        return  # what it leads to may be hidden with it; it is asked again when it is shown
    yield from _relation(catalog, entity, field)
    yield from _compared(entity, field)
    if field.derived is not None:
        yield from _derived(catalog, entity, field)


COMPARED = frozenset({"date", "datetime", "integer", "number", "money", "percent"})


def _compared(entity: Entity, field: Field) -> Iterator[tuple[str, Mapping[str, object]]]:
    """A limit may name another field whose stored values are of the same kind as its own."""
    for rule in ("min", "max"):
        limit = field.settings.get(rule)
        if not isinstance(limit, Mapping):
            continue
        other = entity.fields.get(str(limit.get("field")))
        fits = other is not None and other is not field and not other.hidden and set(limit) == {"field"}
        plain = (field, other) if other is not None else ()
        if not fits or any(f.derived is not None or f.sensitive == "secret" or f.type not in COMPARED for f in plain):
            yield "settings.compared", {"other": str(limit.get("field"))}
        elif other is not None and (other.type, other.settings.get("decimals")) != (
            field.type,
            field.settings.get("decimals"),
        ):
            yield "settings.compared", {"other": other.key}


def _stages_fit(entity: Entity, field: Field) -> bool:
    """Whether `at_stage:` names options of a field that is there; a stage that no field has asks for nothing."""
    if not field.required.startswith("at_stage:"):
        return False
    names, keys = field.stages
    if names == ("stage", "status"):
        return bool(keys)
    deciding = entity.fields.get(names[0])
    return deciding is not None and all(deciding.option(key) is not None for key in keys)


def _label_fits(*texts: str) -> bool:
    return all(len(text.strip()) > 0 and len(text) <= LONGEST_LABEL for text in texts)


def _options(field: Field) -> Iterator[tuple[str, Mapping[str, object]]]:
    if len(field.options) > MOST_OPTIONS:
        yield "catalog.too_many_options", {"limit": MOST_OPTIONS}
    keys = [o.key for o in field.options]
    for option in field.options:
        if not OPTION_KEY.fullmatch(option.key) or keys.count(option.key) > 1:
            yield "catalog.option_key", {"key": option.key}
        if not _label_fits(option.label.zh, option.label.en):
            yield "catalog.label", {"limit": LONGEST_LABEL}
    shown = [o.label.zh for o in field.options if not o.hidden]
    if len(set(shown)) != len(shown):
        yield "catalog.option_label", {"label": next(x for x in shown if shown.count(x) > 1)}


def _is_relation(field: Field | None) -> bool:
    return field is not None and field.value_type == "relation"


def _relation(catalog: Catalog, entity: Entity, field: Field) -> Iterator[tuple[str, Mapping[str, object]]]:
    if field.value_type not in ("relation", "user"):
        return
    target = catalog.entities.get(field.target or "")
    if target is None or target.hidden:
        yield "settings.target", {"target": field.target or ""}
        return
    reverse = field.settings.get("reverse")
    if reverse is None:
        return
    if key_fault(reverse) or reverse in target.fields:
        yield "settings.reverse", {"reverse": str(reverse)}
    held = catalog.reverses[target.key].get(str(reverse))
    if held is not None and (held.entity, held.field) != (entity.key, field.key):
        yield "settings.reverse", {"reverse": str(reverse)}


# --- what derived fields refer to -----------------------------------------------------------------------------------


def _derived(catalog: Catalog, entity: Entity, field: Field) -> Iterator[tuple[str, Mapping[str, object]]]:
    assert field.derived is not None
    settings = field.derived.settings
    if field.derived.kind == "part" and str(settings.get("field")) not in entity.fields:
        yield "derived.field", {"path": str(settings.get("field"))}
    elif field.derived.kind == "lookup":
        path = str(settings.get("path", ""))
        if "." not in path or to_one(catalog, entity, path) is None:
            yield "derived.path", {"path": path}
    elif field.derived.kind == "rollup":
        yield from _rollup(catalog, entity, field, settings)
    elif field.derived.kind == "formula" and not isinstance(settings.get("text"), str):
        yield "derived.formula", {}


FUNCTIONS = frozenset("count distinct sum avg min max first last list worst".split())


def _rollup(
    catalog: Catalog, entity: Entity, field: Field, settings: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    function = settings.get("function")
    if function not in FUNCTIONS:
        yield "derived.function", {"function": str(function)}
        return
    if function == "worst":
        rules = settings.get("rules", ())
        values = [rule.get("value") for rule in rules] + [settings.get("else")]
        if any(v is not None and field.option(str(v)) is None for v in values):
            yield "derived.option", {}
        sources = [rule.get("source", {}) for rule in rules]
    else:
        sources = list(settings.get("sources", ()))
    if not sources:
        yield "derived.sources", {}
    for source in sources:
        yield from _source(catalog, entity, str(function), source)
    plus = settings.get("plus", ())
    for key in (plus,) if isinstance(plus, str) else plus:
        if key not in entity.fields or entity.fields[key].hidden:
            yield "derived.field", {"path": str(key)}


def _source(
    catalog: Catalog, entity: Entity, function: str, source: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    at = to_many(catalog, entity, str(source.get("path", "")))
    if at is None:
        yield "derived.path", {"path": str(source.get("path", ""))}
        return
    keys = list(where_fields(source.get("where")))
    if function not in ("count", "worst") or source.get("field"):
        keys.append(str(source.get("field", "")))
    if order := source.get("order"):
        keys.append(str(order.get("field", "")))
    for key in keys:
        if key != "id" and to_one(catalog, at, key) is None:
            yield "derived.field", {"path": f"{source.get('path')}.{key}"}


def to_one(catalog: Catalog, entity: Entity, path: str) -> Field | None:
    """Follow relations to one (`order.customer.name`) and return the last field, or None where a step is missing."""
    *steps, last = path.split(".")
    at: Entity | None = entity
    for step in steps:
        relation = at.fields.get(step) if at is not None else None
        if relation is None or relation.hidden or relation.target is None:
            return None
        at = catalog.entity(relation.target)
    found = at.fields.get(last) if at is not None else None
    return None if found is None or found.hidden else found


def to_many(catalog: Catalog, entity: Entity, path: str) -> Entity | None:
    """Follow reverse keys (`orders.lines`) and return the entity at the end, or None."""
    at: Entity | None = entity
    for step in path.split("."):
        reverse = catalog.reverses[at.key].get(step) if at is not None else None
        at = catalog.entity(reverse.entity) if reverse is not None else None
    return at


def where_fields(where: object) -> Iterator[str]:
    """All field paths that a condition names."""
    if isinstance(where, Mapping):
        if isinstance(where.get("field"), str):
            yield where["field"]
        for key in ("and", "or"):
            for part in where.get(key, ()):
                yield from where_fields(part)
        if "not" in where:
            yield from where_fields(where["not"])
