"""Names, JSON form, comparison and changes of the catalog, without any ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.errors import BadInput
from kehu.base.schema import changes
from kehu.base.schema.codec import entity_data, field_data, label_data, read_entity, read_field, read_label, read_option
from kehu.base.schema.diff import diff
from kehu.base.schema.model import Catalog, Entity, Field, Label, Option, make_catalog
from kehu.base.schema.naming import entity_table, field_column, key_fault, next_column, suggest_key
from kehu.base.schema.validate import to_many, to_one, validate
from kehu.features.kits.service import load_kit

ANYTHING: Any = lambda _field: ()  # noqa: E731  a type that never objects
TYPES = frozenset({"text", "select", "relation", "money", "boolean", "integer"})


def text(key: str, **more: Any) -> Field:
    return Field(key, Label("名称", "Name"), "text", key, **more)


def entity(key: str, *fields: Field, **more: Any) -> Entity:
    return Entity(key, Label("客户", "Customer"), key, MappingProxyType({f.key: f for f in fields}), **more)


def catalog(*entities: Entity) -> Catalog:
    return make_catalog(1, {e.key: e for e in entities})


CUSTOMER = entity("customer", text("name"))
ORDER = entity(
    "order",
    text("name"),
    replace(
        text("customer"), type="relation",
        settings=MappingProxyType({"target": "customer", "reverse": "orders", "on_delete": "refuse"}),
    ),
)  # fmt: skip


@pytest.mark.parametrize("key", ["name", "a1", "x_y", "a" * 48])
def test_keys_that_fit(key: str) -> None:
    assert key_fault(key) is None


@pytest.mark.parametrize(
    ("key", "code"),
    [*((key, "form") for key in ("", "Name", "1a", "a" * 49, "名", None, "a-b")),
     *((key, "reserved") for key in ("a__b", "owner_id", "a_", "rev", "created_at", "and")), ("taken", "taken")],
)  # fmt: skip
def test_keys_that_do_not(key: object, code: str) -> None:
    assert key_fault(key, {"taken"}) == f"catalog.key_{code}"


def test_physical_names_never_collide() -> None:
    assert entity_table("vehicle", own=True) == "x_vehicle"
    assert field_column("size", own=True) == "c_size"
    assert next_column("c_size") == "c_size__v2"
    assert next_column("c_size__v2") == "c_size__v3"


@given(st.text(max_size=40), st.sets(st.sampled_from(["ke_hu", "ke_hu_2", "name", "f"])))
def test_a_suggested_key_always_fits(label: str, taken: set[str]) -> None:
    assert key_fault(suggest_key(label, taken), taken) is None


def test_suggested_keys_are_readable() -> None:
    assert suggest_key("客户爱好", set()) == "ke_hu_ai_hao"
    assert suggest_key("客户爱好", {"ke_hu_ai_hao"}) == "ke_hu_ai_hao_2"
    assert suggest_key("Member No.", set()) == "member_no"


def test_the_whole_kit_survives_storing() -> None:
    for one in load_kit("general").entities.values():
        fields = []
        for field in one.fields.values():
            data = json.loads(json.dumps(field_data(field)))
            fields.append(read_field(field.key, data))
            assert fields[-1] == field, field.key
        again = read_entity(one.key, json.loads(json.dumps(entity_data(one))), fields)
        assert again == one


def test_labels_and_options_in_every_spelling() -> None:
    assert read_label("尺码") == Label("尺码", "尺码")
    assert read_label(["尺码", "Size"]) == read_label({"zh-CN": "尺码", "en": "Size"}) == Label("尺码", "Size")
    several = Label("尺码", "Size", "Sizes")
    assert read_label(["尺码", "Size", "Sizes"]) == read_label(label_data(several)) == several
    assert label_data(Label("尺码", "Size")) == {"zh-CN": "尺码", "en": "Size"}
    assert read_option(["l", "大", "Large", "L"]) == Option("l", Label("大", "Large"), "L")
    for bad in ("", [], ["只有一个"], {"fr": "x"}, None, 3):
        with pytest.raises(ValueError, match="label"):
            read_label(bad)


def test_the_difference_names_what_moved() -> None:
    after = catalog(entity("customer", text("name", unique=True), text("size")), ORDER)
    found = diff(catalog(CUSTOMER).entities, after.entities)
    assert [(e.key, e.old is None) for e in found.entities] == [("order", True)]
    assert (found.fields[0].key, found.fields[0].members) == ("name", ("unique",))
    assert not diff(after.entities, after.entities)


def test_paths_are_followed_in_both_directions() -> None:
    made = catalog(CUSTOMER, ORDER)
    assert to_one(made, ORDER, "customer.name") == CUSTOMER.fields["name"]
    assert to_one(made, ORDER, "customer.nothing") is None
    assert to_many(made, CUSTOMER, "orders") is ORDER
    assert to_many(made, CUSTOMER, "orders.customer") is None


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (entity("customer", text("name"), replace(text("kind"), column="name")), "catalog.column_taken"),
        (entity("customer", text("other")), "catalog.title"),
        (entity("customer", text("name", sensitive="secret")), "catalog.title"),
        (entity("customer", text("name", search="q")), "catalog.search"),
        (entity("customer", text("name", typed=True)), "catalog.typed_plain"),
        (entity("customer", text("name", options=(Option("A", Label("甲", "A")),))), "catalog.option_key"),
        (entity("customer", text("name"), replace(text("to"), type="relation")), "settings.target"),
        (entity("customer", *(text(f"f{n}", own=True) for n in range(201)), text("name")), "catalog.too_many_fields"),
        (entity("customer", text("name"), replace(text("sum"), type="rollup")), "catalog.type_unknown"),
    ],
)
def test_what_does_not_hold_together_is_found(bad: Entity, code: str) -> None:
    assert code in [error.code for error in validate(catalog(bad), TYPES, ANYTHING)]
    assert validate(catalog(CUSTOMER, ORDER), TYPES, ANYTHING) == []


def test_every_fault_of_a_list_of_changes_is_told_with_its_place() -> None:
    with pytest.raises(BadInput) as refused:
        changes.apply(
            catalog(CUSTOMER).entities,
            [{"op": "field.drop", "entity": "customer", "key": "name"}, {"op": "nothing"}, {"op": "entity.drop"}],
            {},
        )
    assert [error.field for error in refused.value.errors] == ["changes[1].op", "changes[2].entity"]


def test_options_move_without_touching_their_keys() -> None:
    sizes = tuple(Option(k, Label(zh, k)) for k, zh in (("s", "小"), ("l", "大")))
    start = catalog(entity("customer", text("name"), replace(text("size"), type="select", options=sizes)))
    at = {"entity": "customer", "key": "size"}
    draft = changes.apply(
        start.entities,
        [
            {"op": "options.add", **at, "option": "中", "after": "s"},
            {"op": "options.change", **at, "option": {"key": "l", "label": ["特大", "Extra large"]}},
            {"op": "options.drop", **at, "option": "s"},
            {"op": "options.order", **at, "options": ["l", "zhong", "s"]},
        ],
        {},
    )
    options = draft.entities["customer"].fields["size"].options
    assert [(o.key, o.label.zh, o.hidden) for o in options] == [
        ("l", "特大", False),
        ("zhong", "中", False),
        ("s", "小", True),
    ]


def test_a_shorter_list_of_options_hides_the_rest() -> None:
    sizes = tuple(Option(k, Label(k, k)) for k in ("s", "m", "l"))
    start = catalog(entity("customer", text("name"), replace(text("size"), type="select", options=sizes)))
    change = {"op": "field.change", "entity": "customer", "key": "size", "options": [["l", "大", "L"]]}
    options = changes.apply(start.entities, [change], {}).entities["customer"].fields["size"].options
    assert [(o.key, o.hidden) for o in options] == [("l", False), ("s", True), ("m", True)]
