"""Which texts of an entity are searched, and under which token class: for the index writer and for queries alike.

The class of a field is its letter in the catalog; a field that some role does not know of gets a class with a number
of its own, so that the query itself leaves it out for that role. Customers also carry their contacts' names and
phones. Reads no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kehu.base.schema.model import Catalog, Entity, Field
from kehu.core.access.permissions import Policy, hides
from kehu.core.access.roles import ROLES
from kehu.core.search.tokens import LONG

CUSTOMER, CONTACT = "customer", "contact"
CARRIED: Mapping[str, str] = MappingProxyType({"n": "n1", "p": "p1"})  # class of a contact's field on its customer
_RESTRICTED = 10  # numbers of restricted classes: this plus one bit per role that hides the field


@dataclass(frozen=True, slots=True)
class Carried:
    """Texts that a record carries of the records of `child` whose relation `link` points to it."""

    child: str
    link: Field
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Indexed:
    """One searched text, as queries see it. `through`: (entity, relation field there) for carried texts."""

    kind: str
    field: str
    through: tuple[str, str] | None = None

    @property
    def long(self) -> bool:
        """Whether it stands in the index of long texts."""
        return self.kind[0] == LONG


def searchable(entity: Entity) -> tuple[tuple[str, Field], ...]:
    """The (class, field) pairs of an entity whose texts are indexed; never secret or computed when read."""
    if entity.system or entity.hidden:
        return ()
    return tuple((_class(field), field) for field in entity.visible if _is_searched(field))


def carried(catalog: Catalog, entity: str) -> Carried | None:
    """What a record carries of others: a customer its contacts' names and phones."""
    contact = catalog.entity(CONTACT) if entity == CUSTOMER else None
    link = None if contact is None else contact.field(CUSTOMER)
    if contact is None or link is None or link.hidden or link.target != CUSTOMER or link.derived is not None:
        return None
    fields = tuple(field for kind, field in searchable(contact) if kind in CARRIED)
    return Carried(CONTACT, link, fields) if fields else None


def permitted(policy: Policy, entity: str) -> tuple[Indexed, ...]:
    """The searched texts of an entity that a caller may see."""
    return _known(policy, entity)[0]


def sure_classes(policy: Policy, entity: str) -> frozenset[str]:
    """Classes that hold nothing but texts that the caller may see: safe to trust without looking at the record."""
    return _known(policy, entity)[1]


def _known(policy: Policy, entity: str) -> tuple[tuple[Indexed, ...], frozenset[str]]:
    """Permitted texts and sure classes, worked out once per policy."""
    made = policy.memo.setdefault("search.classes", {})
    assert isinstance(made, dict)
    found: tuple[tuple[Indexed, ...], frozenset[str]] | None = made.get(entity)
    if found is None:
        texts = _indexed(policy.catalog, entity)
        shown = tuple(one for one in texts if _shows(policy, entity, one))
        hidden = {one.kind for one in texts if one not in shown}
        found = made[entity] = shown, frozenset(one.kind for one in texts) - hidden
    return found


def owner_token(user: int) -> str:
    """The token of records that belong to a person."""
    return f"o{user}"


def _indexed(catalog: Catalog, entity: str) -> tuple[Indexed, ...]:
    found = catalog.entity(entity)
    if found is None:
        return ()
    texts = [Indexed(kind, field.key) for kind, field in searchable(found)]
    more = carried(catalog, entity)
    if more is not None:
        texts += [Indexed(CARRIED[field.search], field.key, (more.child, more.link.key)) for field in more.fields]
    return tuple(texts)


def _shows(policy: Policy, entity: str, one: Indexed) -> bool:
    if one.through is None:
        return policy.shows(entity, one.field)
    other, link = one.through
    return policy.shows(other, one.field) and policy.shows(other, link)


def _is_searched(field: Field) -> bool:
    kept = field.derived is None or (field.derived.kind != "system" and not field.derived.read_time)
    return field.search[:1] in ("n", "p", "c", "t", LONG) and field.sensitive != "secret" and kept


def _class(field: Field) -> str:
    hidden_from = sum(1 << n for n, role in enumerate(ROLES.values()) if hides(role, field))
    return f"{field.search[0]}{_RESTRICTED + hidden_from}" if hidden_from else field.search[0]
