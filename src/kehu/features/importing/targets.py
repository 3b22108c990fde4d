"""Where a column of a workbook can go: a field of the entity, or of a record that the same row brings along.

A row may hold several records: a customer with contact and address, an order with its customer, lines and products.
Each is a part of the row, named by its path over relations (`contacts`, `lines.product`; "" is the entity itself); of
contacts and addresses a row may bring several (`contacts`, `contacts2`, `contacts3`).
Pure data over the catalog. Headings of derived fields lead to where their value lives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from kehu.base.fields.base import Value
from kehu.base.schema.model import Catalog, Entity, Field


@dataclass(frozen=True, slots=True)
class Target:
    """`key` is how a mapping names it: `mobile`, `contacts.name`. `path` is empty for own fields."""

    key: str
    entity: str
    field: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record that a row may bring along: the fields a column may fill (none said: all that take input), those
    that tell it from others of the same parent (none said: it has a key of its own), what it must have that no column
    gives, the words by which a group of headings names it, and the field of the parent that shows it already."""

    fields: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    shown_by: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One record of each row. `refs`: its relations to other parts of the row, which are brought in before it."""

    path: str
    entity: str
    kind: Kind = Kind()
    refs: tuple[tuple[str, str], ...] = ()


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
        "contract_codes": "contracts.code",
        "next_contract_end": "contracts.end_on",
    }
}
BROUGHT: dict[str, dict[str, Kind]] = {
    "customer": {
        "contacts": Kind(
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
        "addresses": Kind(
            ("type", "detail", "postcode", "recipient", "recipient_phone", "remark"), ("detail",), words=("地址",)
        ),
        "tasks": Kind(("due_at",), ("due_at",), {"title": "跟进", "type": "follow_up", "origin": "manual"}),
        "interactions": Kind(
            ("occurred_at", "user", "channel", "purpose", "content", "customer_feedback", "result", "next_follow_up"),
            ("occurred_at", "content"),
            words=("维护记录", "跟进记录", "沟通记录", "联系记录", "拜访记录", "回访记录", "互动", "跟进信息"),
        ),
        "flag_records": Kind(
            ("type",), ("type",), {"reason": "导入", "origin": "manual"}, ("状态标识",), shown_by="flags"
        ),
        "safety_notes": Kind(("items",), ("items",), words=("安全提示",)),
        "loss_cases": Kind(("reason",), ("reason",)),
        "contracts": Kind(
            ("code", "name", "type", "amount", "signed_on", "start_on", "end_on", "payment_terms", "status"),
            ("code",),
        ),
        "orders": Kind(),
    },
    "contact": {"customer": Kind()},
    "order": {"customer": Kind(), "lines": Kind()},
    "order_line": {"order": Kind(), "product": Kind()},
}
# Relations of a record that lead to what the row gives its customer: relation → the customer's records.
ALSO = {
    "order": {"contact": "contacts", "delivery_address": "addresses", "contract": "contracts"},
    "interaction": {"contact": "contacts"},
}
NAMED_BY = {"contacts": "name", "addresses": "detail", "contracts": "code"}
# What a record takes from another of the same row when no column gives it: a line keeps the name as it was sold.
COPIES = {"order_line": {"description": "product.name"}}
# Words of a cell that say there is no such child: 状态标识 正常 means that no flag is open.
NO_CHILD = {("flag_records", "正常"), ("safety_notes", "无过敏"), ("safety_notes", "无过敏史")}
SEVERAL = ("contacts", "addresses")
"""Of what a row may bring several records, each in columns of its own."""
MOST_BESIDE = 9
_NUMBERED = re.compile(rf"({'|'.join(SEVERAL)})([2-{MOST_BESIDE}])")
# Opening values are given as totals; the ledger keeps the difference to what it already holds.
OPENING = {"opening_amount": "total_amount", "opening_count": "order_count"}
LATEST = {"opening_last_on": "last_cooperation_on"}


_GATHERED = frozenset({"long_text", "tags", "multi_select"})


def gathers(one: Field) -> bool:
    """Whether what several rows say of a field of one record all stands there: lines of a text, words of a list."""
    return one.value_type in _GATHERED


def target(catalog: Catalog, entity: Entity, key: str) -> Target | None:
    """The target that a mapping names, or None when there is no such field or it takes no input."""
    path, _, name = key.rpartition(".")
    part = _walk(catalog, entity.key, path)
    if part is None:
        return None
    moved = MOVED.get(part.entity, {}).get(name)
    if moved is not None:
        return target(catalog, entity, joined(path, moved))
    if part.kind.fields and name not in part.kind.fields:
        return None
    one = catalog.entities[part.entity].fields.get(name)
    return Target(key, part.entity, name, path) if one is not None and _takes_input(one) else None


def targets(catalog: Catalog, entity: Entity) -> list[tuple[Target, Field]]:
    """Everything that a column may go to, own fields first, then what has been brought along by its parent."""
    found = [(Target(f.key, entity.key, f.key), f) for f in entity.visible if _takes_input(f)]
    for reverse, kind in BROUGHT.get(entity.key, {}).items():
        for name in kind.fields:
            one = target(catalog, entity, f"{reverse}.{name}")
            if one is not None:
                found.append((one, catalog.entities[one.entity].fields[name]))
    return found


def every(catalog: Catalog, entity: Entity, taken: Collection[str] = ()) -> list[tuple[Target, Field]]:
    """Everything that a mapping may name: of the entity and of all that a row may bring along with it. Of several of a
    kind (`contacts2`) one more than the targets in use, `taken`, name."""
    used = {key.rpartition(".")[0] for key in taken}
    found: list[tuple[Target, Field]] = []
    waiting = [""]
    while waiting:
        path = waiting.pop(0)
        part = _walk(catalog, entity.key, path)
        if part is None:
            continue
        for one in catalog.entities[part.entity].visible:
            if _takes_input(one) and (not part.kind.fields or one.key in part.kind.fields):
                found.append((Target(joined(path, one.key), part.entity, one.key, path), one))
        for step in BROUGHT.get(part.entity, {}):
            further = [joined(path, beside(step, n)) for n in range(2, MOST_BESIDE + 1)] if step in SEVERAL else []
            last = max((n for n, one in enumerate(further, 1) if one in used), default=0)
            waiting += [joined(path, step), *further[: last + 1]]
    return found


def knows(catalog: Catalog, entity: Entity, key: str) -> bool:
    """Whether a mapping of this entity may name the key, be it that the value is derived and not taken."""
    head, known = key.partition(".")[0], {*entity.fields, *catalog.reverses.get(entity.key, {})}
    return head in known or target(catalog, entity, key) is not None


def relation_of(step: str) -> str:
    """The relation of a step of a path: `contacts` of contacts2."""
    found = _NUMBERED.fullmatch(step)
    return found[1] if found else step


def numbered(path: str) -> int:
    """Which of several of a kind is at a path: 2 for contacts2, 1 for all that there is one of."""
    found = _NUMBERED.fullmatch(path.rpartition(".")[2])
    return int(found[2]) if found else 1


def beside(step: str, n: int) -> str:
    """The step of the n-th of several of a kind."""
    return step if n == 1 else f"{step}{n}"


def of_kind(path: str) -> str:
    """The path of the first of several of a kind: `customer.contacts` of customer.contacts2."""
    above, _, step = path.rpartition(".")
    return joined(above, relation_of(step))


def is_contact(path: str) -> bool:
    """Whether a part is a contact of the part above it."""
    return relation_of(path.rpartition(".")[2]) == "contacts"


def joined(path: str, name: str) -> str:
    """The key of a field, or the path of a part, below a path."""
    return f"{path}.{name}" if path else name


def parts(catalog: Catalog, entity: Entity, paths: Iterable[str]) -> tuple[Part, ...]:
    """The parts of a row with these paths and all above them, each behind those that it refers to."""
    wanted = {""}
    for path in paths:
        steps = path.split(".") if path else []
        wanted.update(".".join(steps[: n + 1]) for n in range(len(steps)))
    found = {path: part for path in wanted if (part := _walk(catalog, entity.key, path)) is not None}
    refs: dict[str, list[tuple[str, str]]] = {path: [] for path in found}
    for path in found:
        above, _, step = path.rpartition(".")
        if not path or above not in found:
            continue
        holder = found[above].entity
        link = catalog.reverses.get(holder, {}).get(relation_of(step))
        if link is not None:
            refs[path].append((link.field, above))
        else:
            refs[above].append((step, path))
    for path, name, other in _also(catalog, found):
        refs[path].append((name, other))
    order: list[Part] = []
    done: set[str] = set()

    def add(path: str) -> None:
        if path in done:
            return
        done.add(path)
        for _, other in refs[path]:
            add(other)
        order.append(replace(found[path], refs=tuple(refs[path])))

    ranks = {name: n for n, name in enumerate(name for kinds in BROUGHT.values() for name in kinds)}
    for path in sorted(
        found, key=lambda one: (one.count("."), ranks.get(of_kind(one).rpartition(".")[2], -1), numbered(one))
    ):
        add(path)
    return tuple(order)


def _also(catalog: Catalog, found: Mapping[str, Part]) -> Iterator[tuple[str, str, str]]:
    """Relations beside those of the paths: an order's contact and address are those that its row gives its customer."""
    for path, part in found.items():
        customer = joined(path, "customer") if joined(path, "customer") in found else path.rpartition(".")[0]
        for name, child in ALSO.get(part.entity, {}).items():
            other = joined(customer, child)
            if name in catalog.entities[part.entity].fields and other in found and other != path:
                yield path, name, other


def _walk(catalog: Catalog, entity: str, path: str) -> Part | None:
    """The part at a path, without its references; None when rows bring no such record."""
    kind, seen = Kind(), {entity}
    for step in map(relation_of, path.split(".") if path else ()):
        found = BROUGHT.get(entity, {}).get(step)
        link = catalog.reverses.get(entity, {}).get(step)
        one = catalog.entities[entity].fields.get(step)
        next_ = link.entity if link is not None else one.target if one is not None else None
        if found is None or next_ is None or next_ in seen:
            return None
        kind, entity = found, next_
        seen.add(entity)
    return Part(path, entity, kind)


def _takes_input(one: Field) -> bool:
    return not one.hidden and not one.read_only
