"""Kits as data: what can be said of every one without a database. Issue 4, part 1: fourteen industries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from kehu.base.common.registry import load
from kehu.base.fields.base import FieldType, ParseEnv, Unresolved
from kehu.base.schema.model import Entity, Label
from kehu.core.catalog.store import assemble, with_system_fields
from kehu.features.kits.service import Kit, about, kit_names, load_kit, load_samples, own_entities, own_fields
from tools.data.make_kit_pages import ROOT, page

TODAY = date(2026, 11, 20)
TRADES = [name for name in kit_names() if name != "general"]
EACH = pytest.mark.parametrize("name", TRADES)
TYPES = load("kehu.plugins.field_types", FieldType)
ENV = ParseEnv(today=TODAY)
PHONE = re.compile(r"1390{3}[0-2]\d{4}")


def test_all_fourteen_trades_are_there() -> None:
    named = "beauty cafe clothing ecommerce hotel internet manufacturing mother_baby projects real_estate restaurant"
    assert sorted(f"{named} retail services software".split()) == TRADES


def _labels(kit: Kit) -> Iterator[Label]:
    yield from (kit.label, kit.description)
    yield from (kit.entities[key].label for key in own_entities(kit))
    yield from (Label(*view["name"]) for view in kit.views)
    yield from (field.label for _, field in own_fields(kit))
    yield from (o.label for e in kit.entities.values() for f in e.fields.values() for o in f.options)


@EACH
def test_labels_stand_in_both_languages_and_money_where_rights_look_for_it(name: str) -> None:
    kit = load_kit(name)
    sections = {zh for zh, _ in kit.sections}
    for label in _labels(kit):
        assert label.zh.strip()
        assert label.en.strip()
        assert not re.search(r"[\u4e00-\u9fff]", label.en), label.en
    for entity, field in own_fields(kit):
        assert field.section in sections, f"{entity}.{field.key}"
        assert field.value_type != "money" or field.section in ("交易", "财务"), f"{entity}.{field.key}"
        assert field.key not in kit.reserved.get(entity, ())
    assert not set(own_entities(kit)) & set(kit.reserved[""])
    told = about(kit)
    assert (told["sample_customers"], told["own_fields"]) == (60, len(own_fields(kit)))
    assert told["example_fields"]
    assert 4 <= told["views"] <= 8


def test_kits_that_share_a_key_mean_the_same_so_that_a_ledger_can_take_several() -> None:
    fields: dict[tuple[str, str], tuple[str, Label]] = {}
    entities: dict[str, Label] = {}
    options: dict[tuple[str, str, str], str] = {}
    for kit in map(load_kit, TRADES):
        for entity, field in own_fields(kit):
            assert fields.setdefault((entity, field.key), (field.type, field.label)) == (field.type, field.label)
        for key in own_entities(kit):
            assert entities.setdefault(key, kit.entities[key].label) == kit.entities[key].label
        for key, one in kit.entities.items():
            for field in one.fields.values():
                for option in field.options:
                    for known, other in ((option.key, option.label.zh), (f"={option.label.zh}", option.key)):
                        at = (key, field.key, known)
                        assert options.setdefault(at, other) == other, f"{kit.name} {at}"


# --- samples --------------------------------------------------------------------------------------------------------


class _Samples:
    """The samples of a kit, gone through as the write door would, but for the database."""

    def __init__(self, name: str) -> None:
        entities = {key: with_system_fields(one) for key, one in load_kit(name).entities.items()}
        self.catalog = assemble(1, entities, {})
        self.refs: set[str] = set()
        self.filled: set[tuple[str, str]] = set()
        self.phones: list[str] = []
        for record in load_samples(name, TODAY):
            self.record(self.catalog.entities[record["entity"]], record["values"], "", None)
            if "ref" in record:
                assert record["ref"] not in self.refs
                self.refs.add(record["ref"])

    def record(self, entity: Entity, values: Mapping[str, Any], at: str, parent: str | None) -> None:
        reverses = self.catalog.reverses.get(entity.key, {})
        for key, raw in values.items():
            if key in reverses:
                child = self.catalog.entities[reverses[key].entity]
                for row in raw:
                    self.record(child, row, f"{at}{key}.", reverses[key].field)
            else:
                self.value(entity, key, raw, f"{at}{key}")
        for field in entity.visible:
            given = field.key in values or field.default is not None or field.derived is not None
            numbered = field.type == "autonumber" or "pattern" in field.settings
            assert field.required != "always" or given or numbered or field.key == parent, f"{at}{field.key} is missing"

    def value(self, entity: Entity, key: str, raw: Any, at: str) -> None:
        field = entity.fields[key]
        assert not field.read_only, at
        self.filled.add((entity.key, key))
        if field.value_type == "cn_mobile":
            assert PHONE.fullmatch(raw), at
            self.phones.append(raw)
        if isinstance(raw, dict):
            assert field.value_type == "user" if "user" in raw else raw["ref"] in self.refs, f"{at}: {raw}"
            return
        parsed = TYPES[field.value_type].parse(field, raw, ENV)
        assert not parsed.refused, f"{at}: {raw!r}"
        assert not isinstance(parsed.value, Unresolved), f"{at}: {raw!r}"
        if isinstance(parsed.value, str) and entity.key in ("interaction", "order", "payment") and key != "due_on":
            if field.value_type in ("date", "datetime"):
                assert parsed.value[:10] <= TODAY.isoformat(), f"{at} is still to come"
        if entity.key == "task" and key == "due_at":
            assert str(parsed.value)[:10] > TODAY.isoformat()


@EACH
def test_sixty_customers_of_a_trade_fit_its_fields(name: str) -> None:
    """Issue 4, part 1: contacts, interactions, orders, safety notes; every field of the trade is shown in use."""
    read = _Samples(name)
    customers = [r["values"] for r in load_samples(name, TODAY) if r["entity"] == "customer"]
    assert len(customers) == len({one["name"] for one in customers}) == 60
    assert len(read.phones) == len(set(read.phones)) >= 60
    assert all(len(one["interactions"]) == 2 and one["addresses"] and one["tasks"] for one in customers)
    assert sum(bool(one.get("orders")) for one in customers) >= 24
    assert all(one.get("contacts") for one in customers if one["kind"] == "enterprise")
    assert any(one.get("safety_notes") for one in customers)
    unused = {(e, f.key) for e, f in own_fields(load_kit(name)) if not f.read_only and f.type != "file"} - read.filled
    relations = {(e, key) for e, key in unused if load_kit(name).entities[e].fields[key].type == "relation"}
    defaulted = {(e, key) for e, key in unused if load_kit(name).entities[e].fields[key].default is not None}
    assert unused - relations - defaulted == set()


def test_days_of_samples_lead_up_to_the_day_on_which_they_are_made() -> None:
    first, later = (load_samples("cafe", day) for day in (TODAY, date(2031, 2, 28)))
    assert len(first) == len(later)
    seen = max(talk["occurred_at"] for r in later if r["entity"] == "customer" for talk in r["values"]["interactions"])
    assert seen[:10] == "2031-02-27"


def test_the_page_on_kits_says_what_the_kits_hold() -> None:
    for lang, file in (("zh-CN", "kits.md"), ("en", "kits.en.md")):
        held = (ROOT / "docs" / "user" / file).read_text("utf-8")
        assert held == page(lang), "run: python tools/data/make_kit_pages.py"  # type: ignore[arg-type]
