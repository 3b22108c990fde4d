"""The kit `general` and its samples, on both databases."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kehu.core.catalog import indexes
from kehu.core.catalog.service import apply_changes
from kehu.core.context import Actor
from kehu.core.records import read, write
from kehu.features.kits.samples import add_samples
from kehu.features.kits.service import apply_kit, diff_kit, kit_names, list_kits, load_kit, show_kit
from kehu.runtime import Runtime

TESTER = Actor("system", None, "test")


def test_kits_are_listed_and_shown() -> None:
    entities = {kit["kit"]: kit["entities"] for kit in list_kits()}
    assert list(entities) == kit_names()
    assert (entities["general"], entities["beauty"], entities["real_estate"]) == (37, 38, 39)
    assert [e["key"] for e in show_kit("general")["contents"]][:3] == ["customer", "contact", "address"]


def test_no_key_is_both_used_and_reserved() -> None:
    kit = load_kit("general")
    assert not set(kit.entities) & set(kit.reserved[""])
    for key, entity in kit.entities.items():
        assert not set(entity.fields) & set(kit.reserved.get(key, ()))


def test_every_field_is_labelled_and_placed() -> None:
    kit = load_kit("general")
    sections = {zh for zh, _ in kit.sections}
    for entity in kit.entities.values():
        for field in entity.fields.values():
            assert field.label.zh
            assert field.label.en
            assert field.section in sections


def test_lists_of_every_kit_have_an_english_plural() -> None:
    kits = [load_kit(about["kit"]) for about in list_kits()]
    entities = [(kit.name, entity) for kit in kits for entity in kit.entities.values()]
    assert [f"{kit}.{entity.key}" for kit, entity in entities if not entity.label.many] == []


def test_money_stands_in_trade_or_finance() -> None:
    """Rights are given by section, so every amount must stand in one of two."""
    for entity in load_kit("general").entities.values():
        for field in entity.fields.values():
            if field.value_type == "money":
                assert field.section in ("交易", "财务"), f"{entity.key}.{field.key}"


def test_at_most_twelve_indexes_beside_relations(runtime: Runtime) -> None:
    with runtime.read(TESTER) as ctx:
        found = indexes.declared(ctx.tx)
        assert {state for _, state in found} == {"ready"}
        for key, table in ctx.tables.of.items():
            relations = {(c.name,) for f in table.entity.fields.values() if f.value_type in ("relation", "user")
                         for c in (table.layouts[f.key].value if f.key in table.layouts else ())}  # fmt: skip
            others = [i for i, _ in found if i.entity == key and i.columns not in relations]
            assert len(others) <= indexes.MOST, key
        there = {i["name"] for i in sa.inspect(ctx.tx).get_indexes("customer")}
        assert {i.name for i, _ in found if i.entity == "customer"} <= there


def test_samples_come_in_as_one_change_set_and_add_up(runtime: Runtime) -> None:
    with runtime.write(TESTER) as ctx:
        counts = add_samples(ctx, "general")
    assert counts["customer"] == 12
    with runtime.read(TESTER) as ctx:
        ids = {r["code"]: r["id"] for r in _customers(ctx)}
        office = read.get(ctx, "customer", ids["2023-TEC-001"])
        assert office["total_amount"] == "1286000.00"
        assert office["order_count"] == 14
        assert office["cooperation_start"] == "2023-01-15"
        assert office["last_cooperation_on"] == "2026-11-06"
        assert (
            office["cooperation_products"] == "年度维保; 使用培训; 协同办公系统"
            or "协同办公系统" in office["cooperation_products"]
        )
        assert office["primary_contact_name"] == "沈亦舟"
        assert office["contact_method"] == "13800000001"
        assert office["region"] == "330106"
        assert office["region_class"] == "east_china"
        assert office["billing_status"] == "has_unpaid"
        assert office["receivable_amount"] == "24000.00"
        person = read.get(ctx, "customer", ids["2024-PER-001"])
        assert "薰衣草精油" in person["safety_summary"]
        assert person["next_follow_up"] == "2026-12-10T02:00:00.000Z"
        assert person["stage"] == "customer"
    with runtime.write(TESTER) as ctx:
        made = write.create(ctx, "customer", {"name": "新客", "kind": "person", "mobile": "13900000001"})
        year = ctx.now()[:4]
        code = read.get(ctx, "customer", made.ids[0])["code"]
        assert code == (f"{year}-PER-002" if year == "2026" else f"{year}-PER-001")


def _customers(ctx: object) -> list[dict[str, object]]:
    rows = read.rows(ctx, "customer", {"select": ["code"]})  # type: ignore[arg-type]
    return [{"id": row[0], "code": row[2]} for row in rows]


def test_a_kit_of_a_trade_comes_on_top_and_its_samples_come_in(runtime: Runtime) -> None:
    """Issue 4, part 1: compare, preview, apply; what the firm made its own stays; 60 customers come in."""
    with runtime.write(TESTER) as ctx:
        own = [
            {"op": "field.change", "entity": "customer", "key": "wechat", "label": ["微信号", "WeChat"]},
            {"op": "field.drop", "entity": "customer", "key": "social_account"},
        ]
        apply_changes(ctx, own)
    with runtime.write(TESTER) as ctx:
        told = diff_kit(ctx, "beauty")
        assert {"kind": "entity", "entity": "treatment_log"} in told["missing"]
        assert {"kind": "field", "entity": "customer", "field": "skin_type"} in told["missing"]
        assert {"kind": "changed", "entity": "customer", "field": "wechat"} in told["kept"]
        version = ctx.catalog.version
        assert apply_kit(ctx, "beauty", preview=True)["changeset"] is None
        assert ctx.catalog.version == version
        assert apply_kit(ctx, "beauty")["changeset"] is not None
    with runtime.write(TESTER) as ctx:
        assert diff_kit(ctx, "beauty")["missing"] == []
        assert ctx.catalog.entities["customer"].fields["wechat"].label.zh == "微信号"
        assert ctx.catalog.entities["customer"].fields["social_account"].hidden
        again = apply_kit(ctx, "beauty")
        assert again["changeset"] is None, "nothing is new"
        counts = add_samples(ctx, "beauty")
        assert (counts["customer"], counts["product"]) == (60, 7)
    with runtime.read(TESTER) as ctx:
        views = ctx.tx.execute(sa.text("select count(*) from kehu_view where shared = 1")).scalar_one()
        assert views == len(load_kit("beauty").views)
        asked = ["name", "last_treatment_on", "safety_summary", "order_count", "billing_status"]
        by_name = {row[2]: row[3:] for row in read.rows(ctx, "customer", {"select": asked})}
        yesterday = ctx.clock.today(ZoneInfo(ctx.catalog.timezone)) - timedelta(days=1)
        assert by_name["顾晓棠"] == [yesterday.isoformat(), None, 3, "settled"]
        assert "酒精" in by_name["宋婉清"][1]
        for view in load_kit("beauty").views:
            list(read.rows(ctx, view["entity"], view["data"]))
