"""Rules of fields are data of the catalog, and the form, the API, the grid and an import keep them alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from kehu.base.errors import BadInput
from kehu.base.fields.base import Value
from kehu.base.schema.model import Entity
from kehu.core.catalog.describe import describe
from kehu.core.context import Actor, Ctx
from kehu.core.records import merge, read, write
from kehu.core.records.batch import batch
from kehu.core.records.bulk import bulk
from kehu.core.records.defaults import fill_defaults
from kehu.features.importing.loading import refusing
from kehu.runtime import Runtime
from tests.integration.catalog.test_catalog_changes import change
from tests.integration.importing.test_import import findings, run, write_csv
from tests.support.ledger_state import BOSS, content_of

OWN = [
    {"key": "visits", "type": "integer", "label": ["到店次数", "Visits"], "settings": {"min": 0, "max": 50}},
    {"key": "shelf", "type": "text", "label": ["货架号", "Shelf"],
     "settings": {"regex": "[A-Z]\\d{2}", "regex_hint": ["一个字母加两位数字", "a letter and two digits"]}},
    {"key": "first_on", "type": "date", "label": ["入会日", "Joined on"], "settings": {"max": "today"}},
    {"key": "last_on", "type": "date", "label": ["到期日", "Ends on"], "settings": {"min": {"field": "first_on"}}},
]  # fmt: skip
GOOD: dict[str, object] = {"visits": 3, "shelf": "B07", "first_on": "2026-01-01", "last_on": "2026-01-01"}
BAD: dict[str, object] = {"visits": 51, "shelf": "7B", "first_on": "2199-01-01", "last_on": "2025-12-31"}
CODES = {
    "visits": "number.out_of_range",
    "shelf": "text.regex",
    "first_on": "date.too_late",
    "last_on": "compare.before",
}
PERSON = {"name": "林晓岚", "kind": "person", "mobile": "13800000008"}


def rules(runtime: Runtime, **levels: str) -> None:
    """Add the fields of this test; `levels` makes their rules warn."""
    change(runtime, *({"op": "field.add", "entity": "customer", **one} for one in OWN))
    soften(runtime, **levels)


def soften(runtime: Runtime, **levels: str) -> None:
    for one in OWN:
        rule = next(name for name in ("min", "regex", "max") if name in one["settings"])  # type: ignore[operator]
        if (level := levels.get(str(one["key"]))) is not None:
            settings = {
                **one["settings"],
                "severity": {rule: level, **({"max": level} if rule == "min" and "max" in one["settings"] else {})},
            }  # type: ignore[dict-item, operator]
            change(runtime, {"op": "field.change", "entity": "customer", "key": one["key"], "settings": settings})


def by_form(runtime: Runtime, given: dict[str, object]) -> list[tuple[str, str]]:
    """Make a customer; return field and code of what is told. Raises BadInput."""
    with runtime.write(BOSS) as ctx:
        return [(w.field, w.code) for w in write.create(ctx, "customer", {**PERSON, **given}).warnings]


def by_edit(runtime: Runtime, given: dict[str, object]) -> list[tuple[str, str]]:
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {**PERSON, "first_on": "2026-01-01"}).ids[0]
    with runtime.write(BOSS) as ctx:
        return [(w.field, w.code) for w in write.update(ctx, "customer", id, given).warnings]


def by_grid(runtime: Runtime, given: dict[str, object]) -> list[tuple[str, str]]:
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {**PERSON, "first_on": "2026-01-01"}).ids[0]
    with runtime.write(BOSS) as ctx:
        done = batch(ctx, "customer", update=[{"id": id, "set": given}], create=[{**PERSON, "name": "陈嘉禾"}])
        return [(w.field, w.code) for w in done["warnings"] if w.row == 0]


WAYS = pytest.mark.parametrize("way", [by_form, by_edit, by_grid])


@WAYS
@pytest.mark.parametrize("key", sorted(CODES))
def test_what_breaks_a_rule_is_kept_out(runtime: Runtime, way: Callable[..., Any], key: str) -> None:
    rules(runtime)
    given = {"first_on": "2026-01-01", key: BAD[key]}
    with pytest.raises(BadInput) as refused:
        way(runtime, given)
    assert [(e.field, e.code) for e in refused.value.errors] == [(key, CODES[key])]
    assert way(runtime, GOOD) == []


@WAYS
@pytest.mark.parametrize("key", sorted(CODES))
def test_a_rule_that_warns_lets_in_and_tells(runtime: Runtime, way: Callable[..., Any], key: str) -> None:
    rules(runtime, **{key: "warn"} if key != "first_on" else {})
    if key == "first_on":
        settings = {"max": "today", "severity": {"max": "warn"}}
        change(runtime, {"op": "field.change", "entity": "customer", "key": key, "settings": settings})
    told = way(runtime, {"first_on": "2026-01-01", key: BAD[key]})
    assert told == [(key, CODES[key])]
    with runtime.read(BOSS) as ctx:
        assert BAD[key] in [row[2] for row in read.rows(ctx, "customer", {"select": [key]})]


def test_an_import_empties_what_breaks_a_rule_and_tells_the_cell(runtime: Runtime, tmp_path: Path) -> None:
    rules(runtime)
    head = ["客户名称", "手机号", "到店次数", "货架号", "入会日", "到期日"]
    rows = [
        ["林晓岚", "13800000008", "51", "7B", "2026-01-01", "2025-12-31"],
        ["陈嘉禾", "13800000009", "50", "B07", "2026-01-01", "2026-01-01"],
    ]
    before = content_of(runtime)
    dry = run(runtime, write_csv(tmp_path / "会员.csv", rows, head), entity="customer", dry=True)
    assert content_of(runtime) == before
    done = run(runtime, write_csv(tmp_path / "会员.csv", rows, head), entity="customer")
    for result in (dry, done):
        assert findings(result)["value.invalid"] == 3
        (found,) = [one for one in result["findings"] if one["code"] == "value.invalid"]
        told = {one["cell"]: one["why"] for one in found["examples"]}
        assert sorted(told) == ["C2", "D2", "F2"]
        assert "一个字母加两位数字" in told["D2"]
        assert "入会日" in told["F2"]
    assert done["error_workbook"] is not None
    with runtime.read(BOSS) as ctx:
        select = ["name", "visits", "shelf", "first_on", "last_on"]
        assert {row[2]: row[3:] for row in read.rows(ctx, "customer", {"select": select})} == {
            "林晓岚": [None, None, "2026-01-01", None],
            "陈嘉禾": [50, "B07", "2026-01-01", "2026-01-01"],
        }


def test_an_import_compares_with_what_the_ledger_holds(runtime: Runtime, tmp_path: Path) -> None:
    rules(runtime)
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {**PERSON, "first_on": "2026-02-01", "last_on": "2026-03-01"}).ids[0]
    head, row = ["客户名称", "手机号", "到期日"], ["林晓岚", "13800000008", "2026-01-31"]
    file = write_csv(tmp_path / "续.csv", [row], head)
    done = run(runtime, file, entity="customer", match=["mobile"])
    assert findings(done)["value.invalid"] == 1
    with runtime.read(BOSS) as ctx:
        assert read.get(ctx, "customer", id)["last_on"] == "2026-03-01"
    settings = {"min": {"field": "first_on"}, "severity": {"min": "warn"}}
    change(runtime, {"op": "field.change", "entity": "customer", "key": "last_on", "settings": settings})
    done = run(runtime, file, entity="customer", match=["mobile"])
    assert findings(done)["value.invalid"] == 1, "told, and taken"
    with runtime.read(BOSS) as ctx:
        assert read.get(ctx, "customer", id)["last_on"] == "2026-01-31"
    kept = run(runtime, file, entity="customer", match=["mobile"], on_match="skip")
    assert "value.invalid" not in findings(kept), "what is not written contradicts nothing"


def test_an_import_compares_with_what_a_new_record_gets_by_itself(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(ctx: Ctx, entity: Entity, rows: Sequence[dict[str, Value]]) -> None:
        asked.append(len(rows))
        fill_defaults(ctx, entity, rows)

    monkeypatch.setattr(refusing, "fill_defaults", counted)
    rules(runtime)
    change(runtime, {"op": "field.change", "entity": "customer", "key": "first_on", "default": "2026-01-01"})
    head = ["客户名称", "手机号", "到期日"]
    rows = [["林晓岚", "13800000008", "2020-01-31"], ["陈嘉禾", "13800000009", "2199-01-01"]]
    file = write_csv(tmp_path / "会员.csv", rows, head)
    for dry in (True, False):
        done = run(runtime, file, entity="customer", dry=dry)
        (found,) = [one for one in done["findings"] if one["code"] == "value.invalid"]
        assert [one["cell"] for one in found["examples"]] == ["C2"]
        assert "入会日" in found["examples"][0]["why"]
    assert [n for n in asked if n] == [2, 2, 2], "once a portion: two rehearsals and what is brought in"
    with runtime.read(BOSS) as ctx:
        kept = {row[2]: row[3] for row in read.rows(ctx, "customer", {"select": ["name", "last_on"]})}
        assert kept == {"林晓岚": None, "陈嘉禾": "2199-01-01"}
        assert {row[2] for row in read.rows(ctx, "customer", {"select": ["first_on"]})} != {None}


def test_a_day_that_is_today_for_who_types_stays_open_when_a_file_says_none(runtime: Runtime, tmp_path: Path) -> None:
    rules(runtime)
    change(runtime, {"op": "field.change", "entity": "customer", "key": "first_on", "default": {"today": True}})
    file = write_csv(tmp_path / "会员.csv", [["林晓岚", "13800000008", "2020-01-31"]], ["客户名称", "手机号", "到期日"])
    done = run(runtime, file, entity="customer")
    assert "value.invalid" not in findings(done), "the day on which a file comes in contradicts nothing"
    with runtime.write(BOSS) as ctx:
        write.create(ctx, "customer", {**PERSON, "name": "陈嘉禾"})
    with runtime.read(BOSS) as ctx:
        rows = read.rows(ctx, "customer", {"select": ["name", "first_on", "last_on"]})
        kept = {row[2]: (row[3] is None, row[4]) for row in rows}
    assert kept == {"林晓岚": (True, "2020-01-31"), "陈嘉禾": (False, None)}


def test_bulk_edits_and_merges_keep_the_rules_too(runtime: Runtime) -> None:
    rules(runtime)
    with runtime.write(BOSS) as ctx:
        one = write.create(ctx, "customer", {**PERSON, "first_on": "2026-02-01", "last_on": "2026-03-01"}).ids[0]
        two = write.create(ctx, "customer", {**PERSON, "name": "林小岚", "first_on": "2026-06-01"}).ids[0]
    before = content_of(runtime)
    with pytest.raises(BadInput) as refused, runtime.write(BOSS) as ctx:
        bulk(ctx, "customer", ids=[one, two], set_={"last_on": "2026-05-01"})
    assert [(e.field, e.code) for e in refused.value.errors] == [("last_on", "compare.before")]
    with pytest.raises(BadInput) as refused, runtime.write(BOSS) as ctx:
        merge.merge(ctx, "customer", one, [two], take={"first_on": two})
    assert [e.code for e in refused.value.errors] == ["compare.before"]
    assert content_of(runtime) == before, "nothing of it is left"
    with pytest.raises(BadInput) as refused, runtime.write(BOSS) as ctx:  # the other end moves
        write.update(ctx, "customer", one, {"first_on": "2026-04-01"})
    assert [(e.field, e.code) for e in refused.value.errors] == [("first_on", "compare.before")]


def test_a_record_that_broke_a_rule_before_can_still_be_edited(runtime: Runtime) -> None:
    rules(runtime, last_on="warn")
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {**PERSON, "first_on": "2026-02-01", "last_on": "2026-01-01"}).ids[0]
    change(runtime, {"op": "field.change", "entity": "customer", "key": "last_on",
                     "settings": {"min": {"field": "first_on"}}})  # fmt: skip
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"shelf": "A01"})
    with pytest.raises(BadInput), runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"last_on": "2026-01-31"})


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"min": {"field": "last_on"}}, "settings.compared"),
        ({"min": {"field": "nothing"}}, "settings.compared"),
        ({"min": {"field": "visits"}}, "settings.compared"),
        ({"min": {"field": "last_cooperation_on"}}, "settings.compared"),
        ({"severity": {"regex": "warn"}}, "settings.severity"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused_by_the_catalog(
    runtime: Runtime, settings: dict[str, Any], code: str
) -> None:
    rules(runtime)
    with pytest.raises(BadInput) as refused:
        change(runtime, {"op": "field.change", "entity": "customer", "key": "last_on", "settings": settings})
    assert [e.code for e in refused.value.errors] == [code]
    with pytest.raises(BadInput):  # a field that a rule names stays
        change(runtime, {"op": "field.drop", "entity": "customer", "key": "first_on"})


def test_a_limit_tells_nothing_of_a_field_that_one_may_not_see(runtime: Runtime) -> None:
    change(runtime, {"op": "field.add", "entity": "customer", "key": "budget", "type": "money", "section": "基本信息",
                     "label": ["预算", "Budget"], "settings": {"max": {"field": "credit_limit"}}})  # fmt: skip
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", {**PERSON, "credit_limit": "1000.00", "owner": 1}).ids[0]
    with pytest.raises(BadInput), runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"budget": "1000.01"})
    seller = Actor("user", 1, "陈立", roles=("sales",))
    with runtime.read(seller) as ctx:
        fields = {f["key"]: f for e in describe(ctx)["entities"] if e["key"] == "customer" for f in e["fields"]}
    assert "budget" in fields
    assert "credit_limit" not in str(fields), "not even in a setting of another field"
    with runtime.write(seller) as ctx:
        assert write.update(ctx, "customer", id, {"budget": "1000.01"}).warnings == []
