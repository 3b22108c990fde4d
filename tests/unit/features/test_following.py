"""Which tasks count as follow-ups stands in the kit, once."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from kehu.base.schema.codec import frozen, thawed
from kehu.base.schema.model import Catalog, make_catalog
from kehu.features.following.service import follow_up_tasks
from kehu.features.kits.service import load_kit


def _ledger(**changed: Any) -> Catalog:
    """The general kit as a ledger has it; `customer.next_follow_up` with members changed."""
    entities = dict(load_kit("general").entities)
    customer = entities["customer"]
    field = replace(customer.fields["next_follow_up"], **changed)
    entities["customer"] = replace(customer, fields=MappingProxyType({**customer.fields, field.key: field}))
    return make_catalog(1, entities)


def test_follow_ups_are_the_tasks_from_which_the_next_date_is_read() -> None:
    kit = load_kit("general").entities["customer"].fields["next_follow_up"].derived
    assert kit is not None
    (source,) = thawed(kit.settings)["sources"]
    assert follow_up_tasks(_ledger()) == source["where"]
    visits = {"field": "type", "op": "eq", "value": "visit"}
    other = frozen({"sources": [{**source, "where": visits}]})
    assert follow_up_tasks(_ledger(derived=replace(kit, settings=other))) == visits


def test_where_no_next_date_is_read_from_tasks_none_is_moved() -> None:
    assert follow_up_tasks(_ledger(derived=None)) is None
