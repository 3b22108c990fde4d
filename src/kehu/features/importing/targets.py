"""Where a column of a workbook can go: a field of the entity, or of a record that hangs on it.

Pure data over the catalog. Headings of derived fields lead to where their value lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kehu.base.fields.base import Value
from kehu.base.schema.model import Catalog, Entity, Field


@dataclass(frozen=True, slots=True)
class Target:
    """`key` is how a mapping names it: `mobile`, `contacts.name`. `reverse` is empty for own fields."""

    key: str
    entity: str
    field: str
    reverse: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """A kind of record that a row may bring along: the fields a column may fill, those that tell whether the record
    is already there, what it must have that no column gives, and the words by which a group of headings names it."""

    fields: tuple[str, ...]
    same: tuple[str, ...]
    defaults: Mapping[str, Value] = field(default_factory=dict)
    words: tuple[str, ...] = ()


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
        "last_contact": "interactions.occurred_at",
        "last_effective_contact": "interactions.occurred_at",
        "flags": "flag_records.type",
        "safety_summary": "safety_notes.items",
        "loss_reason": "loss_cases.reason",
    }
}
CHILDREN: dict[str, dict[str, Child]] = {
    "customer": {
        "contacts": Child(
            (
                "name",
                "position",
                "department",
                "gender",
                "mobile",
                "office_phone",
                "email",
                "wechat",
                "birth_date",
                "remark",
            ),
            ("name",),
            words=("联系人",),
        ),
        "addresses": Child(
            ("type", "detail", "postcode", "recipient", "recipient_phone", "remark"), ("detail",), words=("地址",)
        ),
        "tasks": Child(("due_at",), ("due_at",), {"title": "跟进", "type": "follow_up", "origin": "manual"}),
        "interactions": Child(
            ("occurred_at", "user", "channel", "purpose", "content", "customer_feedback", "result", "next_follow_up"),
            ("occurred_at", "content"),
            words=("维护记录", "跟进记录", "沟通记录", "联系记录", "拜访记录", "回访记录", "互动", "跟进信息"),
        ),
        "flag_records": Child(("type",), ("type",), {"reason": "导入", "origin": "manual"}, ("状态标识",)),
        "safety_notes": Child(("items",), ("items",), words=("安全提示",)),
        "loss_cases": Child(("reason",), ("reason",)),
    }
}
# Words of a cell that say there is no such child: 状态标识 正常 means that no flag is open.
NO_CHILD = {("flag_records", "正常"), ("safety_notes", "无过敏"), ("safety_notes", "无过敏史")}
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
    if link is None or name not in fields_of(entity.key, reverse):
        return None
    one = catalog.entities[link.entity].fields.get(name)
    return Target(key, link.entity, name, reverse) if one is not None and _takes_input(one) else None


def targets(catalog: Catalog, entity: Entity) -> list[tuple[Target, Field]]:
    """Everything a column may go to, own fields first."""
    found = [(Target(f.key, entity.key, f.key), f) for f in entity.visible if _takes_input(f)]
    for reverse, child in CHILDREN.get(entity.key, {}).items():
        for name in child.fields:
            one = target(catalog, entity, f"{reverse}.{name}")
            if one is not None:
                found.append((one, catalog.entities[one.entity].fields[name]))
    return found


def fields_of(entity: str, reverse: str) -> tuple[str, ...]:
    """The fields of a child that a column may fill; none when rows bring no such child."""
    child = CHILDREN.get(entity, {}).get(reverse)
    return child.fields if child is not None else ()


def _takes_input(one: Field) -> bool:
    return not one.hidden and not one.read_only
