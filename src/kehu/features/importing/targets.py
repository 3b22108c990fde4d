"""Where a column of a workbook can go: a field of the entity, or of a record that hangs on it.

Pure data over the catalog. Headings of derived fields lead to where their value lives.
"""

from __future__ import annotations

from dataclasses import dataclass

from kehu.base.schema.model import Catalog, Entity, Field


@dataclass(frozen=True, slots=True)
class Target:
    """`key` is how a mapping names it: `mobile`, `contacts.name`. `reverse` is empty for own fields."""

    key: str
    entity: str
    field: str
    reverse: str = ""


# Headings of derived fields of a customer sheet, and where their value lives.
MOVED = {
    "customer": {
        "total_amount": "opening_amount",
        "last_cooperation_on": "opening_last_on",
        "last_order_on": "opening_last_on",
        "order_count": "opening_count",
        "first_order_on": "cooperation_start",
        "main_address": "addresses.detail",
        "primary_contact": "contacts.name",
        "primary_contact_name": "contacts.name",
        "primary_contact_position": "contacts.position",
        "contact_name": "contacts.name",
        "primary_contact_method": "contacts.mobile",
        "contact_method": "mobile",
        "next_follow_up": "tasks.due_at",
    }
}
# Children that a row may bring along: reverse key → fields a column may fill.
BROUGHT = {
    "customer": {
        "contacts": ("name", "position", "department", "mobile", "office_phone", "email", "wechat", "birth_date"),
        "addresses": ("detail", "postcode", "recipient", "recipient_phone"),
        "tasks": ("due_at",),
    }
}
# Opening values are given as totals; the ledger keeps the difference to what it already holds.
OPENING = {"opening_amount": "total_amount", "opening_count": "order_count"}


def target(catalog: Catalog, entity: Entity, key: str) -> Target | None:
    """The target that a mapping names, or None when there is no such field or it takes no input."""
    key = MOVED.get(entity.key, {}).get(key, key)
    reverse, dot, name = key.partition(".")
    if not dot:
        one = entity.fields.get(key)
        return Target(key, entity.key, key) if one is not None and _takes_input(one) else None
    link = catalog.reverses.get(entity.key, {}).get(reverse)
    if link is None or name not in BROUGHT.get(entity.key, {}).get(reverse, ()):
        return None
    one = catalog.entities[link.entity].fields.get(name)
    return Target(key, link.entity, name, reverse) if one is not None and _takes_input(one) else None


def targets(catalog: Catalog, entity: Entity) -> list[tuple[Target, Field]]:
    """Everything a column may go to, own fields first."""
    found = [(Target(f.key, entity.key, f.key), f) for f in entity.visible if _takes_input(f)]
    for reverse, names in BROUGHT.get(entity.key, {}).items():
        for name in names:
            one = target(catalog, entity, f"{reverse}.{name}")
            if one is not None:
                found.append((one, catalog.entities[one.entity].fields[name]))
    return found


def _takes_input(field: Field) -> bool:
    return not field.hidden and not field.read_only
