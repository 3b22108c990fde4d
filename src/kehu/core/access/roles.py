"""The built-in roles as data. Adding a role is adding a line here; what the words mean is decided in `permissions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from kehu.base.schema.model import Label

Rows = Literal["all", "own", "none"]

# Actions on records of an entity.
RECORD_ACTIONS = frozenset({"read", "create", "update", "delete", "bulk", "import", "export"})
# Actions on the ledger as a whole. "see_all": every row; "undo_others": change-sets of other people.
LEDGER_ACTIONS = frozenset(
    ("see_all undo_others catalog accounts tokens backup restore jobs views_shared verify doctor").split()
)
EVERYTHING = RECORD_ACTIONS | LEDGER_ACTIONS


@dataclass(frozen=True, slots=True)
class Role:
    """What a role may see and do.

    rows: which records. hidden_*: fields it does not know of; money is every field whose value is an amount.
    edits: entities it may change (None: all it sees). secrets: secret fields plain when named, else masked.
    """

    key: str
    label: Label
    rows: Rows
    actions: frozenset[str]
    edits: frozenset[str] | None = None
    hidden_fields: frozenset[str] = frozenset()
    hidden_prefixes: tuple[str, ...] = ()
    hidden_sections: frozenset[str] = frozenset()
    hidden_types: frozenset[str] = frozenset()
    hidden_entities: frozenset[str] = frozenset()
    secrets: bool = False


_ROLES = (
    Role("admin", Label("管理员", "Administrator"), "all", EVERYTHING, secrets=True),
    Role("owner", Label("老板", "Owner"), "all", EVERYTHING, secrets=True),
    Role(
        "manager",
        Label("主管", "Manager"),
        "all",
        RECORD_ACTIONS | {"see_all", "undo_others", "views_shared"},
        secrets=True,
    ),
    Role(
        "sales",
        Label("销售", "Sales"),
        "own",
        RECORD_ACTIONS,
        hidden_fields=frozenset({"credit_score", "risk_level", "credit_limit", "credit_days"}),
    ),
    Role(
        "service",
        Label("客服", "Service"),
        "all",
        frozenset({"read", "create", "update", "delete", "export", "see_all"}),
        edits=frozenset({"ticket", "feedback", "interaction"}),
        hidden_types=frozenset({"money"}),
        hidden_sections=frozenset({"财务"}),
        hidden_prefixes=("discount",),
        hidden_entities=frozenset({"payment"}),
    ),
    Role("finance", Label("财务", "Finance"), "none", frozenset(), secrets=True),
    Role("auditor", Label("审计", "Auditor"), "none", frozenset()),
)

ROLES: Mapping[str, Role] = MappingProxyType({role.key: role for role in _ROLES})

# The system itself and the command line without --as.
SYSTEM = Role("system", Label("系统", "System"), "all", EVERYTHING, secrets=True)

# Entities whose rows everybody sees who may see any; they may be added and changed, not deleted, under own rows.
OPEN_ENTITIES = frozenset({"product", "user"})
