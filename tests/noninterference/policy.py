"""What two roles may not see, said once more in plain words and independently of the program.

This is the test's own statement of the promise (contract.md section 1, "Roles"); it must never import the program's.
Worlds may differ in everything that is hidden here, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ROLES = ("sales", "service")

# Hidden by name from sales people; they see only customers that they own and what hangs on those.
SALES_FIELDS = {"credit_score", "risk_level", "credit_limit", "credit_days"}
# Whose rows everybody sees.
OPEN = {"product", "user"}


def hides_entity(role: str, entity: str) -> bool:
    """Whether the entity does not exist for the role."""
    return role == "service" and entity == "payment"


def hides_field(role: str, entity: str, field: Mapping[str, Any]) -> bool:
    """Whether a field, as the administrator's catalog tells it, does not exist for the role by itself."""
    if hides_entity(role, entity):
        return True
    if role == "sales":
        return field["key"] in SALES_FIELDS
    money = "money" in (field["type"], field["value_type"])
    return money or field["section"] == "财务" or field["key"].startswith("discount")


def masks_field(role: str, field: Mapping[str, Any]) -> bool:
    """Whether the role gets the mask only (both roles, for every secret field)."""
    return bool(field["sensitive"] == "secret")


def sees_row(role: str, me: str, owner_of_customer: str | None, assignee: str | None = None) -> bool:
    """Whether the role sees a row that hangs on a customer of this owner (or a task of this assignee)."""
    return role == "service" or me in (owner_of_customer, assignee)


def hidden_fields(role: str, catalog: Mapping[str, Any]) -> dict[str, list[str]]:
    """Hidden fields per entity, from the administrator's catalog."""
    return {
        entity["key"]: [f["key"] for f in entity["fields"] if hides_field(role, entity["key"], f)]
        for entity in catalog["entities"]
    }


def leaked_names(role: str, catalog: Mapping[str, Any], shown: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names in the role's own catalog that the policy hides."""
    hidden = hidden_fields(role, catalog)
    return [
        f"{entity['key']}.{field['key']}"
        for entity in shown
        for field in entity["fields"]
        if hides_entity(role, entity["key"]) or field["key"] in hidden[entity["key"]]
    ]
