"""The catalog changes at run time: preview, apply, version, undo, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import BadInput, Conflict, NotAllowed
from kehu.core.catalog import indexes, service
from kehu.core.catalog.describe import describe
from kehu.core.changesets.model import Title
from kehu.core.changesets.write import begin
from kehu.core.context import Actor, Ctx
from kehu.core.records import read, write
from kehu.features.kits.service import apply_kit
from kehu.runtime import Runtime

TESTER = Actor("system", None, "test")


def change(runtime: Runtime, *changes: dict[str, Any], preview: bool = False) -> dict[str, Any]:
    with runtime.write(TESTER) as ctx:
        return service.apply_changes(ctx, list(changes), preview=preview)


def customers(ctx: Ctx, *rows: dict[str, object]) -> list[int]:
    """Insert customers; their kind is 个人 with a phone, so that nothing is missing."""
    begin(ctx, Title(text="客户"), origin="api")
    made = []
    for n, row in enumerate(rows):
        given = {"kind": "person", "mobile": f"138{n:08d}", **row}
        made += write.create(ctx, "customer", given).ids
    return made


def stored(runtime: Runtime, *columns: str) -> list[tuple[Any, ...]]:
    with runtime.read(TESTER) as ctx:
        table = ctx.tables["customer"].table
        return [tuple(row) for row in ctx.tx.execute(sa.select(*(table.c[c] for c in columns)).order_by(table.c.id))]


def field(runtime: Runtime, key: str, entity: str = "customer") -> Any:
    with runtime.read(TESTER) as ctx:
        return ctx.catalog.entities[entity].fields.get(key)


def add_size(runtime: Runtime, type: str = "text", **more: Any) -> dict[str, Any]:
    return change(runtime, {"op": "field.add", "entity": "customer", "key": "size", "type": type,
                            "label": {"zh-CN": "尺码", "en": "Size"}, **more})  # fmt: skip


def test_a_field_is_added_hidden_shown_and_kept(runtime: Runtime) -> None:
    before = field(runtime, "name")
    answer = add_size(runtime)
    assert answer["catalog_version"] == 2
    assert answer["changeset"] is not None
    made = field(runtime, "size")
    assert (made.column, made.own, made.hidden) == ("c_size", True, False)
    assert field(runtime, "name") == before

    with runtime.write(TESTER) as ctx:
        customers(ctx, {"name": "林晓岚", "size": "XL"})
    change(runtime, {"op": "field.drop", "entity": "customer", "key": "size"})
    assert field(runtime, "size").hidden
    with runtime.write(TESTER) as ctx, pytest.raises(BadInput):
        customers(ctx, {"name": "陈嘉禾", "size": "M"})
    with pytest.raises(BadInput) as taken:
        add_size(runtime)
    assert [e.code for e in taken.value.errors] == ["catalog.key_taken"], "keys are never reused"
    change(runtime, {"op": "field.restore", "entity": "customer", "key": "size"})
    assert stored(runtime, "name", "c_size") == [("林晓岚", "XL")]


def test_preview_writes_nothing_and_tells_what_would_not_convert(runtime: Runtime) -> None:
    add_size(runtime)
    with runtime.write(TESTER) as ctx:
        ids = customers(
            ctx, *({"name": f"客户{n}", "size": size} for n, size in enumerate(["36", "37.5", "均码", None]))
        )
    wanted = {"op": "field.type", "entity": "customer", "key": "size", "type": "number"}
    told = change(runtime, wanted, preview=True)
    assert told["changeset"] is None
    assert told["catalog_version"] == 2
    effect = told["preview"]["effects"][0]
    assert (effect["kind"], effect["rows"], effect["not_converted"]) == ("field.type", 3, 1)
    assert effect["examples"] == [{"id": ids[2], "value": "均码"}]
    assert field(runtime, "size").type == "text"

    done = change(runtime, wanted)
    assert done["preview"]["effects"][0]["not_converted"] == 1
    assert field(runtime, "size").column == "c_size__v2"
    assert stored(runtime, "c_size__v2") == [(3600,), (3750,), (None,), (None,)]


def test_a_type_change_is_undone_with_what_did_not_convert(runtime: Runtime) -> None:
    add_size(runtime)
    with runtime.write(TESTER) as ctx:
        ids = customers(
            ctx, *({"name": f"客户{n}", "size": size} for n, size in enumerate(["36.0", "均码", "38", "40"]))
        )
    done = change(runtime, {"op": "field.type", "entity": "customer", "key": "size", "type": "number"})
    with runtime.write(TESTER) as ctx:
        write.update(ctx, "customer", ids[2], {"size": 39})
        write.update(ctx, "customer", ids[3], {"size": None})
    with runtime.write(TESTER) as ctx:
        answer = service.undo(ctx, done["changeset"])
    assert answer["conflicts"] == []
    assert field(runtime, "size").type == "text"
    assert stored(runtime, "c_size") == [("36.0",), ("均码",), ("39",), (None,)]
    with runtime.write(TESTER) as ctx:
        service.undo(ctx, answer["changeset"])
    assert field(runtime, "size").type == "number"
    assert stored(runtime, "c_size__v2") == [(3600,), (None,), (3900,), (None,)]


def test_undo_hides_what_was_added_and_shows_what_was_dropped(runtime: Runtime) -> None:
    added = add_size(runtime, "select", options=["均码", {"key": "l", "label": ["大", "Large"]}])
    assert [o.key for o in field(runtime, "size").options] == ["jun_ma", "l"]
    with runtime.write(TESTER) as ctx:
        service.undo(ctx, added["changeset"])
    assert field(runtime, "size").hidden
    dropped = change(runtime, {"op": "field.drop", "entity": "customer", "key": "wechat"})
    relabelled = change(runtime, {"op": "field.change", "entity": "customer", "key": "website", "label": "主页"})
    with runtime.write(TESTER) as ctx:
        service.undo(ctx, dropped["changeset"])
        service.undo(ctx, relabelled["changeset"])
    assert not field(runtime, "wechat").hidden
    assert field(runtime, "website").label.zh == "网址"


def test_undo_leaves_what_changed_later(runtime: Runtime) -> None:
    first = change(runtime, {"op": "field.change", "entity": "customer", "key": "website", "label": "主页"})
    change(runtime, {"op": "field.change", "entity": "customer", "key": "website", "label": "官网"})
    with runtime.write(TESTER) as ctx:
        answer = service.undo(ctx, first["changeset"])
    assert [(c["field"], c["reason"]) for c in answer["conflicts"]] == [("website", "catalog.changed_later")]
    assert field(runtime, "website").label.zh == "官网"


def test_changes_of_one_field_are_undone_one_after_the_other(runtime: Runtime) -> None:
    made = [
        change(runtime, {"op": "field.change", "entity": "customer", "key": "website", "label": label})["changeset"]
        for label in ("主页", "官网", "网站")
    ]

    def undo(changeset: int) -> dict[str, Any]:
        with runtime.write(TESTER) as ctx:
            return service.undo(ctx, changeset)

    for changeset, label in ((made[2], "官网"), (made[1], "主页")):
        answer = undo(changeset)
        assert (answer["conflicts"], field(runtime, "website").label.zh) == ([], label)
    undo(answer["changeset"])  # made[1] stands again
    assert field(runtime, "website").label.zh == "官网"
    refused = undo(made[0])
    assert [one["reason"] for one in refused["conflicts"]] == ["catalog.changed_later"]
    assert field(runtime, "website").label.zh == "官网"


def test_an_entity_of_ones_own_has_table_numbers_and_history(runtime: Runtime) -> None:
    change(
        runtime,
        {
            "op": "entity.add", "key": "vehicle", "label": ["车辆", "Vehicle"], "title": ["plate"],
            "fields": [
                {"key": "plate", "type": "text", "label": ["车牌", "Plate"], "required": "always", "unique": True},
                {"key": "customer", "type": "relation", "label": ["客户", "Customer"],
                 "settings": {"target": "customer", "reverse": "vehicles", "on_delete": "take_along"}},
            ],
        },
    )  # fmt: skip
    with runtime.write(TESTER) as ctx:
        (customer,) = customers(ctx, {"name": "林晓岚"})
        made = write.create(ctx, "vehicle", {"plate": "浙A12345", "customer": customer})
        assert made.ids == [1]
        assert ctx.catalog.reverses["customer"]["vehicles"].entity == "vehicle"
    with pytest.raises(Conflict), runtime.write(TESTER) as ctx:
        write.create(ctx, "vehicle", {"plate": "浙A12345"})
    with runtime.write(TESTER) as ctx:
        write.delete(ctx, "customer", [customer])
        left = ctx.tx.execute(sa.select(sa.func.count()).select_from(ctx.tables["vehicle"].table)).scalar_one()
    assert left == 0


def test_issue6_7_an_entity_gets_its_key_from_its_name_and_goes_with_undo(runtime: Runtime) -> None:
    wanted = {
        "op": "entity.add", "label": {"zh-CN": "用户", "en": "User"}, "title": ["name"],
        "fields": [
            {"key": "name", "type": "text", "label": "姓名", "required": "always"},
            {"key": "customer", "type": "relation", "label": "客户",
             "settings": {"target": "customer", "on_delete": "take_along"}},
        ],
    }  # fmt: skip
    told = change(runtime, wanted, preview=True)["preview"]["effects"]
    assert [(one["kind"], one["entity"]) for one in told] == [("entity.new", "yong_hu")]
    with pytest.raises(BadInput):
        change(runtime, {**wanted, "key": "user"})  # the system has an entity of that key
    made = change(runtime, wanted)
    with runtime.write(TESTER) as ctx:
        (customer,) = customers(ctx, {"name": "林晓岚"})
        write.create(ctx, "yong_hu", {"name": "小林", "customer": customer})
    dropped = change(runtime, {"op": "entity.drop", "entity": "yong_hu"}, preview=True)["preview"]["effects"]
    assert [(one["kind"], one["rows"]) for one in dropped] == [("entity.hide", 1)]
    with runtime.write(TESTER) as ctx:
        service.undo(ctx, made["changeset"])
    with runtime.read(TESTER) as ctx:
        assert ctx.catalog.entities["yong_hu"].hidden, "what it holds is kept"


def test_unique_is_binding_only_without_duplicates(runtime: Runtime) -> None:
    with runtime.write(TESTER) as ctx:
        ids = customers(ctx, *({"name": "同名", "wechat": w} for w in ("a1", "a1", "b2")))
    wanted = {"op": "field.change", "entity": "customer", "key": "wechat", "unique": True}
    told = change(runtime, wanted, preview=True)["preview"]["effects"][0]
    assert told["duplicates"] == [ids[:2]]
    change(runtime, wanted)
    with runtime.read(TESTER) as ctx:
        states = {i.columns: s for i, s in indexes.declared(ctx.tx, "customer") if i.unique}
    assert states[("wechat",)] == "failed"
    with runtime.write(TESTER) as ctx:
        write.update(ctx, "customer", ids[1], {"wechat": "c3"})
        ctx.tx.execute(sa.update(system.catalog_index).values(state="building").where(
            system.catalog_index.c.state == "failed"))  # fmt: skip
    assert list(indexes.build_pending(runtime.dialect).values()) == ["ready"]
    with pytest.raises(Conflict), runtime.write(TESTER) as ctx:
        customers(ctx, {"name": "又一个", "wechat": "c3", "mobile": "13900000000"})


def test_a_new_formula_is_computed_for_what_is_there(runtime: Runtime) -> None:
    with runtime.write(TESTER) as ctx:
        customers(ctx, {"name": "林晓岚", "opening_amount": "100.50", "opening_count": 2})
    change(runtime, {"op": "field.add", "entity": "customer", "key": "half", "type": "formula", "label": "一半",
                     "formula": "[opening_amount]/2", "value_type": "money"})  # fmt: skip
    assert stored(runtime, "c_half") == [(5025,)]
    with pytest.raises(BadInput) as circle:
        change(runtime, {"op": "field.change", "entity": "customer", "key": "half", "formula": "[half]+1"})
    assert circle.value.errors[0].field.startswith("customer.half")


def adding(**members: Any) -> dict[str, Any]:
    return {"op": "field.add", "entity": "customer", "key": "size", "type": "text", "label": "尺码", **members}


REFUSED = (
    (adding(key="Size"), "catalog.key_form"),
    (adding(key="a__b"), "catalog.key_reserved"),
    (adding(key="size_id"), "catalog.key_reserved"),
    (adding(key="rev"), "catalog.key_reserved"),
    (adding(key="created_by"), "catalog.key_reserved"),
    (adding(key="name"), "catalog.key_taken"),
    (adding(type="blob"), "catalog.type_unknown"),
    (adding(type="select"), "options.missing"),
    (adding(label=""), "catalog.label"),
    (adding(entity="nobody"), "catalog.entity_unknown"),
    (adding(type="relation", settings={"target": "moon"}), "settings.target"),
    (adding(colour=1), "catalog.member_unknown"),
    ({"op": "field.drop", "entity": "customer", "key": "name"}, "catalog.title"),
    ({"op": "field.drop", "entity": "order", "key": "status"}, "derived.field"),
    ({"op": "field.type", "entity": "customer", "key": "total_amount", "type": "text"}, "catalog.type_fixed"),
    ({"op": "field.purge", "entity": "customer", "key": "wechat"}, "catalog.purge_shown"),
    ({"op": "field.explode"}, "catalog.op_unknown"),
    ({"op": "options.drop", "entity": "customer", "key": "kind", "option": "zz"}, "catalog.option_unknown"),
)


def test_changes_that_do_not_hold_together_are_refused(runtime: Runtime) -> None:
    for bad, code in REFUSED:
        with pytest.raises(BadInput) as refused:
            change(runtime, bad)
        assert code in [error.code for error in refused.value.errors], bad
    with runtime.read(TESTER) as ctx:
        assert ctx.catalog.version == 1
        assert "size" not in ctx.catalog.entities["customer"].fields


def test_purging_forgets_columns_but_never_the_key(runtime: Runtime) -> None:
    add_size(runtime, "tags", unique=False)
    change(runtime, {"op": "field.drop", "entity": "customer", "key": "size"})
    change(runtime, {"op": "field.purge", "entity": "customer", "key": "size"})
    with runtime.read(TESTER) as ctx:
        assert "size" not in ctx.catalog.entities["customer"].fields
        assert "c_size" not in {c["name"] for c in sa.inspect(ctx.tx).get_columns("customer")}
        assert not sa.inspect(ctx.tx).has_table("l_customer__c_size")
    with pytest.raises(BadInput) as refused:
        add_size(runtime)
    assert [e.code for e in refused.value.errors] == ["catalog.key_reserved"]


def test_a_field_made_searchable_is_searched_at_once(runtime: Runtime) -> None:
    with runtime.write(TESTER) as ctx:
        customers(ctx, {"name": "林晓岚", "employer": "澜屿软件"})
    find = {"select": ["name"], "search": "澜屿"}
    change(runtime, {"op": "field.change", "entity": "customer", "key": "employer", "search": ""})
    with runtime.read(TESTER) as ctx:
        assert list(read.rows(ctx, "customer", find)) == []
    change(runtime, {"op": "field.change", "entity": "customer", "key": "employer", "search": "t"})
    with runtime.read(TESTER) as ctx:
        assert [row[2] for row in read.rows(ctx, "customer", find)] == ["林晓岚"]


def test_only_administrators_change_the_catalog(runtime: Runtime) -> None:
    with runtime.write(Actor("user", 99, "李想", ("sales",))) as ctx:
        with pytest.raises(NotAllowed):
            service.apply_changes(ctx, [{"op": "field.drop", "entity": "customer", "key": "wechat"}])
        with pytest.raises(NotAllowed):
            service.undo(ctx, 1)


def test_a_kit_applied_twice_changes_nothing_and_keeps_own_changes(runtime: Runtime) -> None:
    change(runtime, {"op": "field.change", "entity": "customer", "key": "website", "label": "主页"})
    add_size(runtime)
    with runtime.write(TESTER) as ctx:
        answer = apply_kit(ctx, "general")
    assert answer["changeset"] is None
    assert field(runtime, "website").label.zh == "主页"
    assert field(runtime, "size") is not None


def test_the_catalog_is_described_as_the_contract_says(runtime: Runtime) -> None:
    with runtime.read(TESTER) as ctx:
        told = describe(ctx)
    by_key = {e["key"]: e for e in told["entities"]}
    assert len(by_key) == 37
    assert "user" not in by_key
    customer = by_key["customer"]
    fields = {f["key"]: f for f in customer["fields"]}
    assert [o["key"] for o in fields["kind"]["options"]] == ["enterprise", "person"]
    assert fields["total_amount"]["type"] == "rollup"
    assert fields["total_amount"]["value_type"] == "money"
    assert fields["total_amount"]["read_only"]
    assert fields["stage"]["typed"]
    assert not fields["stage"]["read_only"]
    assert fields["id_number"]["sensitive"] == "secret"
    assert not fields["id_number"]["sortable"]
    assert "under" in fields["region"]["operators"]
    assert {
        "key": "orders",
        "entity": "order",
        "field": "customer",
        "label": {"zh-CN": "订单", "en": "Order", "many": "Orders"},
    } in customer["relations"]
    with runtime.read(Actor("user", 99, "李想", ("sales",))) as ctx:
        seen = {f["key"] for e in describe(ctx)["entities"] if e["key"] == "customer" for f in e["fields"]}
    assert "credit_limit" not in seen
    assert "name" in seen


def test_every_process_sees_a_new_version_at_its_next_transaction(runtime: Runtime) -> None:
    with Runtime.open(runtime.settings) as other:
        with other.read(TESTER) as ctx:
            old = ctx.catalog
            add_size(runtime) if runtime.dialect.name == "postgres" else None
            assert "size" not in ctx.catalog.entities["customer"].fields
        if runtime.dialect.name != "postgres":
            add_size(runtime)
        with other.read(TESTER) as ctx:
            assert "size" in ctx.catalog.entities["customer"].fields
            assert ctx.catalog.version == old.version + 1


def test_the_preview_tells_how_many_records_break_a_new_rule(runtime: Runtime) -> None:
    with runtime.write(TESTER) as ctx:
        rows = [("a1", 100), ("b22", 2000), ("toolong", 30), (None, None)]
        ids = customers(ctx, *({"name": f"第{n}位", "wechat": w, "opening_amount": a} for n, (w, a) in enumerate(rows)))

    def effects(key: str, **settings: Any) -> list[tuple[str, int, list[int]]]:
        wanted = {"op": "field.change", "entity": "customer", "key": key, "settings": settings}
        told = change(runtime, wanted, preview=True)["preview"]["effects"]
        return [(one["kind"], one["rows"], [example["id"] for example in one["examples"]]) for one in told]

    assert effects("wechat", max_length=3) == [("field.rules", 1, [ids[2]])]
    assert effects("wechat", regex=r"[a-z]\d+") == [("field.rules", 1, [ids[2]])]
    assert effects("wechat", min_length=3) == [("field.rules", 1, [ids[0]])]
    assert effects("wechat", min_length=2) == [("field.rules", 0, [])]
    assert effects("opening_amount", max=1000) == [("field.rules", 1, [ids[1]])]
    assert effects("opening_amount", min=50, max=1000) == [("field.rules", 2, [ids[1], ids[2]])]
    # A rule that is there already, a hint, how strict: nothing new to break.
    change(runtime, {"op": "field.change", "entity": "customer", "key": "wechat", "settings": {"max_length": 3}})
    assert effects("wechat", max_length=3, severity={"max_length": "warn"}) == []
    assert stored(runtime, "wechat") == [("a1",), ("b22",), ("toolong",), (None,)]


def test_the_preview_tells_how_many_records_break_a_limit_that_is_another_field(runtime: Runtime) -> None:
    with runtime.write(TESTER) as ctx:
        begin(ctx, Title(text="合同"), origin="api")
        (customer,) = customers(ctx, {"name": "林晓岚"})
        days = [("2026-05-01", "2026-04-01"), ("2026-05-01", "2026-06-01"), (None, "2026-06-01")]
        made = [
            write.create(ctx, "task", {"title": f"第{n}件", "customer": customer, "due_at": f"{due}T08:00:00Z"}).ids[0]
            for n, (_, due) in enumerate(days)
        ]
    change(runtime, {"op": "field.add", "entity": "task", "key": "begun_on", "type": "date", "label": "开始"})
    change(runtime, {"op": "field.add", "entity": "task", "key": "ended_on", "type": "date", "label": "结束"})
    with runtime.write(TESTER) as ctx:
        begin(ctx, Title(text="日子"), origin="api")
        for id, (first, last) in zip(made, days, strict=True):
            write.update(ctx, "task", id, {"begun_on": first, "ended_on": last})
    wanted = {"op": "field.change", "entity": "task", "key": "ended_on", "settings": {"min": {"field": "begun_on"}}}
    (told,) = change(runtime, wanted, preview=True)["preview"]["effects"]
    assert (told["kind"], told["rows"], told["examples"][0]["id"]) == ("field.rules", 1, made[0])


def test_the_preview_tells_that_records_lack_a_new_required_field(runtime: Runtime) -> None:
    with runtime.write(TESTER) as ctx:
        customers(ctx, {"name": "林晓岚"}, {"name": "周以宁"})
    wanted = {"op": "field.add", "entity": "customer", "type": "text", "label": "尺码", "required": "always"}
    told = change(runtime, wanted, preview=True)["preview"]["effects"]
    assert [(one["kind"], one["rows"]) for one in told] == [("field.new", 0), ("field.required", 2)]


def test_the_preview_counts_only_records_of_which_a_field_is_required(runtime: Runtime) -> None:
    with runtime.write(TESTER) as ctx:
        customers(ctx, {"name": "林晓岚"}, {"name": "周以宁", "wechat": "zhou"})
        firm = {"kind": "enterprise", "industry": "retail", "contacts": [{"name": "王芳", "mobile": "13900000002"}]}
        customers(ctx, firm | {"name": "宏远贸易"}, firm | {"name": "恒通", "wechat": "ht"})
        customers(ctx, {"name": "佳禾", "stage": "dormant"})

    def lacking(**wanted: Any) -> list[tuple[str, int]]:
        told = change(runtime, {"entity": "customer"} | wanted, preview=True)["preview"]["effects"]
        return [(one["kind"], one["rows"]) for one in told if one["kind"] == "field.required"]

    wechat = {"op": "field.change", "key": "wechat"}
    assert lacking(**wechat, required="always") == [("field.required", 3)]
    assert lacking(**wechat, required="for_enterprise") == [("field.required", 1)]
    assert lacking(**wechat, required="at_stage:dormant") == [("field.required", 1)]
    new = {"op": "field.add", "type": "text", "label": "尺码"}
    assert lacking(**new, required="for_enterprise") == [("field.required", 2)]
    change(runtime, {"entity": "customer", "required": "always"} | wechat)
    assert lacking(**wechat, required="for_enterprise") == [], "asks less than before"


def test_the_preview_of_a_rule_stops_looking_when_time_is_up(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kehu.core.catalog.changes.BATCH", 2)
    monkeypatch.setattr("kehu.core.catalog.changes.forecast.__kwdefaults__", {"look": 0.0})
    with runtime.write(TESTER) as ctx:
        customers(ctx, *({"name": f"第{n}位", "wechat": "toolong"} for n in range(5)))
    wanted = {"op": "field.change", "entity": "customer", "key": "wechat", "settings": {"max_length": 3}}
    (told,) = change(runtime, wanted, preview=True)["preview"]["effects"]
    assert (told["rows"], told["at_least"]) == (2, True)
