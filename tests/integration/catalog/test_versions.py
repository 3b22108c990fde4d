"""The versions of the catalog, in the order in which they came, and what going back would do."""

from __future__ import annotations

from typing import Any

import pytest

from kehu.base.errors import NotAllowed
from kehu.core.catalog import service
from kehu.core.catalog.versions import versions
from kehu.core.context import Actor
from kehu.core.records import write
from kehu.features.undoing.service import undo_any
from kehu.runtime import Runtime

TESTER = Actor("system", None, "test")


def change(runtime: Runtime, *changes: dict[str, Any], preview: bool = False) -> dict[str, Any]:
    with runtime.write(TESTER) as ctx:
        return service.apply_changes(ctx, list(changes), preview=preview)


def on(key: str, op: str = "field.change", **more: Any) -> dict[str, Any]:
    return {"op": op, "entity": "customer", "key": key, **more}


def listed(runtime: Runtime, **page: Any) -> dict[str, Any]:
    with runtime.read(TESTER) as ctx:
        return versions(ctx, **page)


def kinds(item: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["kind"], one["field"]) for one in item["changes"]]


def test_each_version_tells_who_changed_what(runtime: Runtime) -> None:
    options = ["均码", "大"]
    change(runtime, on("size", "field.add", type="select", label="尺码", options=options), on("wechat", "field.drop"))
    change(runtime, on("size", label="衣服尺码", required="always"), on("size", "options.add", option="特大"))
    change(runtime, on("size", "options.drop", option="da"))
    with runtime.read(TESTER) as ctx:
        keys = [f.key for f in ctx.catalog.entities["customer"].visible]
    change(runtime, {"op": "field.order", "entity": "customer", "keys": [keys[1], keys[0], *keys[2:]]})
    items = listed(runtime)["items"]
    assert [kinds(one) for one in items[:4]] == [
        [("field.order", None)],
        [("options.hide", "size")],
        [("field.label", "size"), ("field.required", "size"), ("options.new", "size")],
        [("field.hide", "wechat"), ("field.new", "size")],
    ]
    renamed = items[2]["changes"][0]
    assert (renamed["before"]["zh-CN"], renamed["after"]["zh-CN"]) == ("尺码", "衣服尺码"), "as it was then"
    assert items[3]["changes"][1]["label"]["zh-CN"] == "尺码", "under the name that it had then"
    assert items[1]["changes"][0]["options"] == [{"zh-CN": "大", "en": "大"}]
    assert {one["actor"] for one in items[:4]} == {"test"}
    kit = items[-1]
    assert ("entity.new", None) in kinds(kit)
    assert kit["more"] > 0
    assert [one["undoable"] for one in items] == [True] * 4 + [False], "everything stands on the kit"


def test_pages_of_versions_follow_each_other(runtime: Runtime) -> None:
    for n in range(3):
        change(runtime, on("website", label=f"主页{n}"))
    whole = [one["changeset"] for one in listed(runtime)["items"]]
    pieces, after = [], None
    while True:
        page = listed(runtime, limit=2, after=after)
        pieces += [one["changeset"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert pieces == whole
    assert len(whole) == 4


def test_going_back_is_told_before_it_is_done(runtime: Runtime) -> None:
    size = on("size", "field.add", type="text", label="尺码")
    added = change(runtime, size, on("website", label="主页"))["changeset"]
    change(runtime, on("website", label="官网"))
    with runtime.write(TESTER) as ctx:
        write.create(ctx, "customer", {"name": "林晓岚", "kind": "person", "mobile": "13800000001", "size": "L"})
    with runtime.read(TESTER) as ctx:
        told = undo_any(ctx, added, preview=True)
    effects = [(one["kind"], one["field"], one["rows"]) for one in told["preview"]["effects"]]
    assert effects == [("field.hide", "size", 1)]
    assert [(one["field"], one["reason"]) for one in told["conflicts"]] == [("website", "catalog.changed_later")]
    assert told["changeset"] is None
    assert listed(runtime)["items"][1]["state"] == "applied", "nothing has happened yet"
    with runtime.write(TESTER) as ctx:
        back = undo_any(ctx, added)
    items = listed(runtime)["items"]
    assert (items[0]["changeset"], items[0]["undoes"], kinds(items[0])) == (
        back["changeset"],
        added,
        [("field.hide", "size")],
    )
    assert (items[2]["state"], items[2]["undoable"]) == ("undone", False)
    with runtime.read(TESTER) as ctx:
        again = undo_any(ctx, back["changeset"], preview=True)
    assert [(one["kind"], one["rows"]) for one in again["preview"]["effects"]] == [("field.show", 1)]
    with runtime.write(TESTER) as ctx:
        undo_any(ctx, back["changeset"])
    assert [one["state"] for one in listed(runtime)["items"][:4]] == ["applied", "undone", "applied", "applied"]


def test_a_preview_shows_the_entities_as_they_would_be(runtime: Runtime) -> None:
    told = change(
        runtime,
        on("size", "field.add", type="select", label="尺码", options=["均码"]),
        on("size", label="衣服尺码"),
        on("wechat", "field.drop"),
        preview=True,
    )
    (entity,) = told["entities"]
    fields = {one["key"]: one for one in entity["fields"]}
    assert entity["key"] == "customer"
    assert (fields["size"]["label"]["zh-CN"], fields["size"]["options"][0]["key"]) == ("衣服尺码", "jun_ma")
    assert "wechat" not in fields
    with runtime.read(TESTER) as ctx:
        assert "size" not in ctx.catalog.entities["customer"].fields


def test_versions_are_for_those_who_may_change_the_catalog(runtime: Runtime) -> None:
    with runtime.read(Actor("user", 1, "周以宁", ("sales",))) as ctx, pytest.raises(NotAllowed):
        versions(ctx)
