"""Which rows of an entity an actor sees, as data for the compiler. Asks no database.

Own means: the customer's owner is the caller. Rows of other entities follow their customer; tasks also belong to
their assignee; products and people are open to all. What follows no customer belongs to who made it.
"""

from __future__ import annotations

from collections.abc import Mapping

from kehu.base.db.query.handles import Rule, Scope
from kehu.base.fields.base import FieldType, layout
from kehu.base.schema.model import Catalog, Entity, Field
from kehu.core.access.roles import OPEN_ENTITIES, Rows

CUSTOMER = "customer"
OWNER = "owner"
EXTRA_RULES: Mapping[str, str] = {"task": "assignee"}


def scope_for(catalog: Catalog, types: Mapping[str, FieldType], entity: Entity, rows: Rows) -> Scope | None:
    """The row scope of an entity: None for all rows."""
    if rows == "all" or (rows == "own" and entity.key in OPEN_ENTITIES):
        return None
    if rows == "none":
        return Scope()
    rules: list[Rule] = []
    if entity.key == CUSTOMER:
        rules.append(Rule(_column(entity.fields[OWNER], types)) if OWNER in entity.fields else Rule("created_by"))
    else:
        customer = catalog.entity(CUSTOMER)
        link = customer_link(entity)
        if customer is not None and link is not None and OWNER in customer.fields:
            rules.append(Rule(_column(link, types), ((CUSTOMER, _column(customer.fields[OWNER], types)),)))
    extra = entity.fields.get(EXTRA_RULES.get(entity.key, ""))
    if extra is not None and not extra.hidden:
        rules.append(Rule(_column(extra, types)))
    return Scope(tuple(rules or [Rule("created_by")]))


def customer_link(entity: Entity) -> Field | None:
    """The relation by which rows of an entity follow their customer: `customer`, else the first one to customers."""
    named = entity.fields.get(CUSTOMER)
    if named is not None and named.target == CUSTOMER:
        return named
    links = [f for f in entity.fields.values() if f.target == CUSTOMER and not f.hidden]
    return min(links, key=lambda f: f.position, default=None)


def one_follows(entity: Entity, link: Field, target: Entity) -> bool:
    """Whether who sees a row of `entity` under own rows always sees the row of `target` that its `link` points to.

    A customer only through the relation that carries the scope: the parent company of my customer need not be mine.
    Between two records that both follow customers: they hang on the same one.
    """
    if target.key in OPEN_ENTITIES:
        return True
    if entity.key in OPEN_ENTITIES or entity.key in EXTRA_RULES:
        return False
    carrier = None if entity.key == CUSTOMER else customer_link(entity)
    if target.key == CUSTOMER:
        return carrier is not None and carrier.key == link.key
    return customer_link(target) is not None and (entity.key == CUSTOMER or carrier is not None)


def many_follow(entity: Entity, child: Entity, link: Field) -> bool:
    """Whether who sees a row of `entity` under own rows always sees all rows of `child` whose `link` points to it."""
    if child.key in OPEN_ENTITIES:
        return True
    if entity.key in OPEN_ENTITIES or entity.key in EXTRA_RULES:
        return False
    carrier = None if child.key == CUSTOMER else customer_link(child)
    if entity.key == CUSTOMER:
        return carrier is not None and carrier.key == link.key
    return carrier is not None and customer_link(entity) is not None


def _column(field: Field, types: Mapping[str, FieldType]) -> str:
    return layout(field, types).value[0].name
