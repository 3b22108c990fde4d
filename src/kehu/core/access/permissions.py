"""What an actor may do and which fields exist for them: one `Policy` per set of roles and catalog version.

Derived fields inherit the strictest visibility of what they are computed from. Answers questions only; scopes and
handles are made from the answers in `scope` and `sight`.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kehu.base.db.query.handles import Scope
from kehu.base.db.tables import Tables
from kehu.base.fields.base import FieldType
from kehu.base.schema.model import Catalog, Entity, Field
from kehu.core.access.roles import OPEN_ENTITIES, RECORD_ACTIONS, ROLES, SYSTEM, Role, Rows
from kehu.core.access.scope import many_follow, one_follows, scope_for
from kehu.core.context import Actor, Ctx

MOST_POLICIES = 64
_WIDTH: Mapping[Rows, int] = {"all": 2, "own": 1, "none": 0}
_REFERENCE = re.compile(r"\[([a-z][a-z0-9_]*)\]")


class Policy:
    """Everything that follows from roles and catalog, worked out once. Immutable to the outside."""

    def __init__(
        self, roles: tuple[Role, ...], catalog: Catalog, tables: Tables, types: Mapping[str, FieldType]
    ) -> None:
        self.roles = roles
        self.catalog = catalog
        self.tables = tables  # held, so that the key of the cache stays taken
        self.types = types
        self.rows: Rows = max((role.rows for role in roles), key=lambda rows: _WIDTH[rows], default="none")
        # Fields are those of the roles that see the most rows: nobody sees a cell that no single role shows.
        self._seeing = tuple(role for role in roles if role.rows == self.rows and self.rows != "none")
        self.secrets = any(role.secrets for role in self._seeing)
        self.key = "+".join(sorted(role.key for role in roles)) or "nobody"
        self.memo: dict[str, object] = {}  # what other parts of access work out from this policy
        self._fields: dict[tuple[str, str], bool] = {}
        self._scopes: dict[str, Scope | None] = {}
        self._visible: dict[str, tuple[Field, ...]] = {}
        self._readable: dict[str, frozenset[str]] = {}
        self._writable: dict[str, frozenset[str]] = {}

    # --- entities and rows -------------------------------------------------------------------------------------------

    def sees(self, entity: str) -> bool:
        """Whether the entity exists for these roles."""
        if self.catalog.entity(entity) is None:
            return False
        return any(entity not in role.hidden_entities for role in self._seeing)

    def scope(self, entity: str) -> Scope | None:
        """Which rows of an entity: None for all."""
        if entity not in self._scopes:
            found = self.catalog.entities[entity]
            self._scopes[entity] = scope_for(self.catalog, self.types, found, self.rows)
        return self._scopes[entity]

    # --- fields ------------------------------------------------------------------------------------------------------

    def shows(self, entity: str, key: str) -> bool:
        """Whether a field exists for these roles (a secret one at least as its mask)."""
        known = self._fields.get((entity, key))
        if known is None:
            self._fields[entity, key] = True  # a circle of derived fields adds nothing of its own
            known = self._fields[entity, key] = self._shows(entity, key)
        return known

    def _shows(self, entity: str, key: str) -> bool:
        holder = self.catalog.entity(entity)
        field = holder.fields.get(key) if holder is not None else None
        if holder is None or field is None or field.hidden or not self.sees(entity):
            return False
        if not any(not hides(role, field) for role in self._seeing):
            return False
        if field.target is not None and field.target != entity and not self.sees(field.target):
            return False
        return all(self._reaches(holder, path) for path in _inputs(field))

    def _reaches(self, entity: Entity, path: tuple[str, ...]) -> bool:
        """Whether all that a derived value reads along a path is visible, and its rows follow this row's scope."""
        here = entity
        for n, key in enumerate(path):
            field = here.fields.get(key)
            if field is not None:
                if not field.hidden and not self.shows(here.key, key):
                    return False
                if n == len(path) - 1 or field.target is None:
                    return True
                there = self.catalog.entity(field.target)
                if there is None or (self.rows == "own" and not one_follows(here, field, there)):
                    return False
                here = there
                continue
            reverse = self.catalog.reverses.get(here.key, {}).get(key)
            if reverse is None:
                return True  # a system column, or nothing
            there = self.catalog.entity(reverse.entity)
            if there is None or not self.shows(reverse.entity, reverse.field):
                return False
            if self.rows == "own" and not many_follow(here, there, there.fields[reverse.field]):
                return False
            here = there
        return True

    def fields(self, entity: str) -> tuple[Field, ...]:
        """Visible fields in their order."""
        if entity not in self._visible:
            found = self.catalog.entity(entity)
            shown = () if found is None else tuple(f for f in found.visible if self.shows(entity, f.key))
            self._visible[entity] = shown
        return self._visible[entity]

    def readable(self, entity: str) -> frozenset[str]:
        """Keys of the fields that exist for these roles; none of an entity that does not."""
        if entity not in self._readable:
            seen = self.fields(entity) if self.sees(entity) else ()
            self._readable[entity] = frozenset(field.key for field in seen)
        return self._readable[entity]

    # --- actions -----------------------------------------------------------------------------------------------------

    def may(self, entity: str | None, action: str) -> bool:
        """Whether an action is allowed; `entity` None asks about the ledger as a whole."""
        if action == "see_all":
            return self.rows == "all"
        if entity is None or action not in RECORD_ACTIONS:
            return any(action in role.actions for role in self.roles)
        if not self.sees(entity):
            return False
        holder = self.catalog.entities[entity]
        changes = action not in ("read", "export")
        if changes and holder.system:
            return False
        if action == "delete" and self.rows == "own" and entity in OPEN_ENTITIES:
            return False
        return any(
            action in role.actions
            and entity not in role.hidden_entities
            and (not changes or role.edits is None or entity in role.edits)
            for role in self._seeing
        )

    def writable(self, entity: str) -> frozenset[str]:
        """Fields that input may set: visible and not computed. Secret ones too, without being read."""
        if entity not in self._writable:
            allowed = self.fields(entity) if self.may(entity, "update") or self.may(entity, "create") else ()
            self._writable[entity] = frozenset(field.key for field in allowed if not field.read_only)
        return self._writable[entity]


def policy(ctx: Ctx) -> Policy:
    """The policy of the caller."""
    found = ctx.memo.get(Policy)
    if isinstance(found, Policy):
        return found
    made = _policy(roles_of(ctx.actor), ctx)
    ctx.memo[Policy] = made
    return made


def system_policy(ctx: Ctx) -> Policy:
    """The policy of the system itself, for work that nobody's eyes limit (roll-ups, verification)."""
    return _policy((SYSTEM,), ctx)


def roles_of(actor: Actor) -> tuple[Role, ...]:
    """The roles of an actor. Unknown role names give nothing."""
    if actor.kind in ("system", "command_line"):
        return (SYSTEM,)
    return tuple(ROLES[name] for name in sorted(set(actor.roles)) if name in ROLES)


def may(ctx: Ctx, entity: str | None, action: str) -> bool:
    """Whether the caller may do `action` (see `roles`) with records of `entity`, or with the ledger for None."""
    return policy(ctx).may(entity, action)


def writable_fields(ctx: Ctx, entity: str) -> frozenset[str]:
    """Fields of an entity that the caller may set."""
    return policy(ctx).writable(entity)


def readable_fields(ctx: Ctx, entity: str) -> frozenset[str]:
    """Fields of an entity that exist for the caller (secret ones as masks)."""
    return policy(ctx).readable(entity)


_guard = threading.Lock()
_policies: OrderedDict[tuple[int, str], Policy] = OrderedDict()


def _policy(roles: tuple[Role, ...], ctx: Ctx) -> Policy:
    """Policies are kept over requests: the visibility of derived fields is worth remembering."""
    key = (id(ctx.tables), "+".join(role.key for role in roles))
    with _guard:
        found = _policies.get(key)
        if found is not None and found.catalog is ctx.catalog:
            _policies.move_to_end(key)
            return found
    made = Policy(roles, ctx.catalog, ctx.tables, ctx.types)
    with _guard:
        _policies[key] = made
        while len(_policies) > MOST_POLICIES:
            _policies.popitem(last=False)
    return made


def hides(role: Role, field: Field) -> bool:
    """Whether a role does not know of a field, for what the field itself is."""
    return (
        field.key in role.hidden_fields
        or field.section in role.hidden_sections
        or field.value_type in role.hidden_types
        or (bool(role.hidden_prefixes) and field.key.startswith(role.hidden_prefixes))
    )


# --- what a derived field reads --------------------------------------------------------------------------------------


def _inputs(field: Field) -> Iterator[tuple[str, ...]]:
    """Paths, from the field's own record, of everything a derived value is computed from."""
    derived = field.derived
    if derived is None:
        return
    settings = derived.settings
    if derived.kind == "formula":
        for key in _REFERENCE.findall(str(settings.get("text", ""))):
            yield (key,)
    elif derived.kind == "part":
        yield (str(settings.get("field")),)
    elif derived.kind == "lookup":
        yield _split(settings.get("path"))
    elif derived.kind == "rollup":
        sources = [*_dicts(settings.get("sources")), *(_dict(r.get("source")) for r in _dicts(settings.get("rules")))]
        for source in sources:
            base = _split(source.get("path"))
            yield base
            yield from ((*base, *_split(key)) for key in _source_fields(source))
        plus = settings.get("plus")
        for key in [plus] if isinstance(plus, str) else plus or ():
            yield (str(key),)


def _source_fields(source: Mapping[str, Any]) -> Iterator[str]:
    if source.get("field") not in (None, "id"):
        yield str(source["field"])
    order = source.get("order")
    for one in order if isinstance(order, list) else [order]:
        if isinstance(one, Mapping) and one.get("field"):
            yield str(one["field"])
    yield from _tested(source.get("where"))


def _tested(where: object) -> Iterator[str]:
    """Field paths of a condition in query JSON."""
    if isinstance(where, Mapping):
        if isinstance(where.get("field"), str):
            yield where["field"]
        for key in ("and", "or", "not"):
            yield from _tested(where.get(key))
        for key in ("some", "none"):
            inner = where.get(key)
            if isinstance(inner, Mapping) and isinstance(inner.get("relation"), str):
                yield inner["relation"]
                yield from (f"{inner['relation']}.{path}" for path in _tested(inner.get("where")))
    elif isinstance(where, list):
        for one in where:
            yield from _tested(one)


def _split(path: object) -> tuple[str, ...]:
    return tuple(str(path).split(".")) if path else ()


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _dicts(value: object) -> Iterable[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else ()
