"""The kits of all trades in a ledger, on both databases: compared, previewed, applied, brought up to date, undone.

What can be said of each without a database stands in `tests/unit/features/test_kits.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.context import Actor, Ctx
from kehu.core.records import read, write
from kehu.features.kits.samples import add_samples
from kehu.features.kits.service import (
    Kit,
    apply_kit,
    bring,
    diff_kit,
    kit_names,
    load_kit,
    own_entities,
    own_fields,
)
from kehu.features.undoing.service import undo_any
from kehu.features.views.service import change_view, delete_view, list_views
from kehu.runtime import Runtime

TESTER = Actor("system", None, "test")


def _all_trades() -> Kit:
    """One kit with what every trade adds: a single change of the catalog instead of fourteen."""
    kits = [load_kit(name) for name in kit_names() if name != "general"]
    entities: dict[str, Any] = {}
    for kit in kits:
        for key, entity in kit.entities.items():
            held = entities.get(key, entity)
            fields = {**entity.fields, **held.fields}
            for name, field in entity.fields.items():
                known = {option.key for option in fields[name].options}
                more = tuple(option for option in field.options if option.key not in known)
                fields[name] = replace(fields[name], options=(*fields[name].options, *more))
            entities[key] = replace(held, fields=MappingProxyType(fields))
    views = tuple(view for kit in kits for view in kit.views)
    return replace(kits[0], name="all", entities=MappingProxyType(entities), indexes=MappingProxyType({}), views=views)


def _rows(ctx: Ctx, view: Mapping[str, Any]) -> list[list[Any]]:
    query = {key: value for key, value in view["data"].items() if key != "layout"}
    return list(read.rows(ctx, view["entity"], query))


def test_what_all_trades_add_is_applied_and_their_views_can_be_read(runtime: Runtime) -> None:
    """Issue 4, part 1. Every column, table, formula and roll-up of fourteen kits, every filter of their views."""
    everything = _all_trades()
    with runtime.write(TESTER) as ctx:
        bring(ctx, everything)
    with runtime.write(TESTER) as ctx:
        for name in kit_names():
            assert diff_kit(ctx, name)["missing"] == [], name
            assert diff_kit(ctx, name)["kept"] == [], name
        for kit in map(load_kit, kit_names()):
            for entity, field in own_fields(kit):
                assert ctx.tables[entity].entity.fields[field.key].type == field.type
        for view in everything.views:
            assert _rows(ctx, view) == []


def test_a_kit_tells_what_it_would_do_does_it_is_undone_and_done_again(runtime: Runtime) -> None:
    kit = load_kit("real_estate")
    with runtime.write(TESTER) as ctx:
        told = {(one["kind"], one["entity"]) for one in diff_kit(ctx, "real_estate")["missing"]}
        assert {("entity", "listing"), ("field", "customer"), ("option", "product"), ("view", "viewing")} <= told
        previewed = apply_kit(ctx, "real_estate", preview=True)
        effects = previewed["preview"]["effects"]
        fields = {(one["entity"], one["field"]) for one in effects if one["kind"] == "field.new"}
        assert {one["entity"] for one in effects if one["kind"] == "entity.new"} == set(own_entities(kit))
        assert fields == {(e, f.key) for e, f in own_fields(kit) if e == "customer"}
        assert ("product", "category") in {(o["entity"], o["field"]) for o in effects if o["kind"] == "options.new"}
        named = [one["name"]["zh-CN"] for one in effects if one["kind"] == "view.new"]
        assert named == [view["name"][0] for view in kit.views]
        assert list_views(ctx) == []
        done = apply_kit(ctx, "real_estate")
        assert done["preview"] == previewed["preview"]
        assert [view["name"] for view in list_views(ctx, "listing")] == ["在售在租房源"]
    with runtime.write(TESTER) as ctx:
        kept = next(view for view in list_views(ctx) if view["name"] == "租房意向")
        change_view(ctx, kept["id"], name="租客")
        seen = {"viewed_at": "2026-11-20", "impression": "采光好"}
        values = {"name": "丁慧", "kind": "person", "mobile": "13900001709", "viewings": [seen]}
        made = write.create(ctx, "customer", values)
    with runtime.write(TESTER) as ctx:
        undone = undo_any(ctx, done["changeset"])
    with runtime.write(TESTER) as ctx:
        assert [view["name"] for view in ctx.tx.execute(sa.select(system.view)).mappings()] == ["租客"]
        assert ctx.catalog.entities["listing"].hidden
        assert ctx.catalog.entities["customer"].fields["intent"].hidden
        assert undone["conflicts"] == []
        undo_any(ctx, undone["changeset"])
    with runtime.read(TESTER) as ctx:
        assert read.get(ctx, "customer", made.ids[0])["viewing_count"] == 1
        assert diff_kit(ctx, "real_estate")["kept"] == []


def test_a_newer_version_touches_no_data_and_brings_no_view_back(runtime: Runtime) -> None:
    kit = load_kit("cafe")
    customer = kit.entities["customer"]
    old = {key: field for key, field in customer.fields.items() if key != "extras"}
    first = replace(
        kit, version=0, entities=MappingProxyType({**kit.entities, "customer": replace(customer, fields=old)})
    )
    with runtime.write(TESTER) as ctx:
        bring(ctx, replace(first, views=kit.views[:3]))
    with runtime.write(TESTER) as ctx:
        values = {"name": "沈小园", "kind": "person", "mobile": "13900001659", "milk": "oat"}
        made = write.create(ctx, "customer", values)
        delete_view(ctx, next(view["id"] for view in list_views(ctx) if view["name"] == "老样子"))
    with runtime.write(TESTER) as ctx:
        before = read.get(ctx, "customer", made.ids[0])
        assert [(one["kind"], one.get("field", one.get("view"))) for one in diff_kit(ctx, "cafe")["missing"]] == [
            ("field", "extras"),
            ("view", kit.views[3]["name"][0]),
        ]
        apply_kit(ctx, "cafe")
    with runtime.write(TESTER) as ctx:
        assert read.get(ctx, "customer", made.ids[0]) == {**before, "extras": None}
        assert sorted(view["name"] for view in list_views(ctx)) == sorted(view["name"][0] for view in kit.views[1:])
        assert apply_kit(ctx, "cafe")["changeset"] is None


def test_the_safety_line_keeps_its_parts_apart_also_in_a_ledger_from_before(runtime: Runtime) -> None:
    kit = load_kit("general")
    note = kit.entities["safety_note"]
    line = note.fields["band_line"]
    joined = '[severity]&" "&[type]&"："&[items]&" "&[instruction]'
    assert line.derived is not None
    former = replace(line, derived=replace(line.derived, settings=MappingProxyType({"text": joined})))
    before = replace(note, fields=MappingProxyType({**note.fields, "band_line": former}))
    with runtime.write(TESTER) as ctx:
        bring(ctx, replace(kit, entities=MappingProxyType({**kit.entities, "safety_note": before})))
        told = {"type": "allergy", "items": ["花生"], "severity": "forbidden", "instruction": "拜访不带坚果"}
        silent = {"type": "other", "items": ["须穿劳保鞋"], "severity": "notice"}
        contact = {"name": "唐疏影", "mobile": "13900001660"}
        firm = {"kind": "enterprise", "name": "苏州木樨茶业有限公司", "contacts": [contact]}
        firm |= {"cooperation_start": "2023-05-12", "safety_notes": [told, silent]}
        id = write.create(ctx, "customer", firm).ids[0]
    with runtime.write(TESTER) as ctx:
        assert "禁止 过敏：花生 拜访不带坚果" in read.get(ctx, "customer", id)["safety_summary"]
        moved = diff_kit(ctx, "general")["moved"]
        assert moved == [{"kind": "field", "entity": "safety_note", "field": "band_line"}]
        apply_kit(ctx, "general")
    with runtime.read(TESTER) as ctx:
        summary = read.get(ctx, "customer", id)["safety_summary"]
        assert summary.split("; ") == ["禁止 · 过敏：花生 · 拜访不带坚果", "提醒 · 其他：须穿劳保鞋"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_samples_of_firms_come_in_and_fill_the_views(runtime: Runtime) -> None:
    """On one database only: that values and tables fit on both is shown above, and `beauty` comes in on both."""
    with runtime.write(TESTER) as ctx:
        apply_kit(ctx, "projects")
        counts = add_samples(ctx, "projects")
    assert counts["customer"] == 60
    with runtime.read(TESTER) as ctx:
        for view in load_kit("projects").views:
            assert _rows(ctx, view), view["name"]
        owing = {"field": "billing_status", "op": "eq", "value": "has_unpaid"}
        owe, all_paid = (len(list(read.rows(ctx, "customer", {"where": w}))) for w in (owing, {"not": owing}))
        assert 0 < owe < all_paid
        met = {"field": "tech_contact", "op": "not_empty"}
        paid = list(read.rows(ctx, "project", {"select": ["tech_contact.name", "milestones_paid"], "where": met}))
        assert {"周扬", "任静"} <= {row[2] for row in paid}
        assert "144000.00" in {row[3] for row in paid}
