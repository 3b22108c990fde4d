"""What people decide about a file before it comes in: mended cells, rows left out, units, own headings, new fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kehu.base.errors import BadInput, Conflict
from kehu.core.records import read, undo
from kehu.features.importing import run_table, service
from kehu.runtime import Runtime
from tests.integration.importing.test_import import findings, run, write_csv
from tests.support.ledger_state import BOSS

HEAD = ["客户名称", "手机号", "累计金额", "仓库要求", "暗号"]
ROWS = [
    ["上海宏远贸易有限公司", "13800000001", "86.4", "塑料托盘", "A7"],
    ["澄光食品", "1380000662", "约20", "限高 2.1", "B2"],
    ["予禾美容", "13800000003", "31.72", "", "C9"],
    ["测试用，不要导入", "13800000004", "1", "", ""],
]


def _rehearsed(runtime: Runtime, id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        report = service.report(ctx, id)
        assert report is not None
        return service.status(ctx, id), report


def _change(runtime: Runtime, id: int, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    with runtime.write(BOSS) as ctx:
        service.configure(ctx, id, options)
    return _rehearsed(runtime, id)


def test_issue6_5_a_file_is_mended_and_parted_in_place_before_it_comes_in(runtime: Runtime, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "客户台账.csv", ROWS, HEAD)
    with runtime.write(BOSS) as ctx:
        id = service.create(ctx, file.read_bytes(), file.name, {"entity": "customer"})
    state, report = _rehearsed(runtime, id)
    table = state["sheets"][0]["name"]
    columns = {one["source"]: one for one in state["sheets"][0]["columns"]}
    assert findings(report)["value.invalid"] == 2
    wrong = next(one for one in report["findings"] if one["code"] == "value.invalid")
    places = {one["cell"]: one for one in wrong["examples"]}
    assert set(places) == {"B3", "C3"}
    assert places["B3"]["field"] == "mobile"
    assert "10" in places["B3"]["why"], "the sentence counts the digits"
    assert columns["仓库要求"]["new_field"] == "text"
    assert [one["value"] for one in columns["累计金额"]["reads"]] == ["86.40", None, "31.72"]
    assert columns["累计金额"]["reads"][1]["problem"]

    with runtime.read(BOSS) as ctx:
        shown = service.preview(ctx, id)
        stored = run_table.load(ctx, id)["data"]["preview"]
    assert "宏远" not in stored, "cells of the file are kept sealed"
    (seen,) = shown["tables"]
    assert (seen["header_row"], seen["rows"], seen["taken"], seen["lines"][2]["cells"][2]) == (1, 4, True, "约20")
    goes_to = {one["key"]: (one["entity"], one["field"]) for one in state["sheets"][0]["targets"]}
    assert goes_to["contacts.name"] == ("contact", "name")

    state, report = _change(
        runtime, id,
        cells={table: {"B3": "13800000662", "C3": "20"}}, leave_out={table: [5]},
        units={"累计金额": 10_000}, create_fields=["仓库要求"], map={"暗号": None},
    )  # fmt: skip
    assert (report["read"], report["created"]) == (3, 3)
    assert findings(report) == {"import.left_out.chosen": 1}
    with runtime.write(BOSS) as ctx:
        service.apply(ctx, id)
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        done = service.status(ctx, id)
        assert (done["state"], done["result"]["created"]) == ("applied", 3)
        made = next(c["field"] for c in done["sheets"][0]["columns"] if c["source"] == "仓库要求")
        got = {r[2]: r[3:] for r in read.rows(ctx, "customer", {"select": ["name", "mobile", "total_amount", made]})}
        (listed,) = service.runs(ctx)
        assert (listed["filename"], listed["state"], listed["rows"], listed["created"]) == (
            file.name, "applied", 3, 3,
        )  # fmt: skip
        assert service.preview(ctx, id)["tables"] == [], "what was shown of the file is forgotten"
    assert got == {
        "上海宏远贸易有限公司": ["13800000001", "864000.00", "塑料托盘"],
        "澄光食品": ["13800000662", "200000.00", "限高 2.1"],
        "予禾美容": ["13800000003", "317200.00", None],
    }
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, done["changeset"])
    with runtime.read(BOSS) as ctx:
        assert list(read.rows(ctx, "customer", {"select": []})) == []


def test_issue4_2_the_order_of_dates_is_asked_once_of_a_column(runtime: Runtime, tmp_path: Path) -> None:
    rows = [["澄光食品", "5/3/23"], ["予禾美容", "6/4/2023"]]
    file = write_csv(tmp_path / "客户.csv", rows, ["客户名称", "合作开始时间"])
    with runtime.write(BOSS) as ctx:
        id = service.create(ctx, file.read_bytes(), file.name, {"entity": "customer"})
    state, report = _rehearsed(runtime, id)
    assert {one.get("asks") for one in state["sheets"][0]["columns"][1]["reads"]} == {"dates"}
    assert findings(report)["date.invalid"] == 2
    state, report = _change(runtime, id, dates={"合作开始时间": "dmy"})
    column = state["sheets"][0]["columns"][1]
    assert (column["order"], [one["value"] for one in column["reads"]]) == ("dmy", ["2023-03-05", "2023-04-06"])
    assert "date.invalid" not in findings(report)


def test_what_was_said_of_dates_and_amounts_holds_for_the_next_file(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "合作开始时间", "累计金额"]
    march = write_csv(tmp_path / "三月.csv", [["澄光食品", "5/3/23", "12.5"]], head)
    with runtime.write(BOSS) as ctx:
        id = service.create(ctx, march.read_bytes(), march.name, {"entity": "customer"})
    _, report = _rehearsed(runtime, id)
    assert (findings(report)["date.invalid"], findings(report)["money.unit_assumed"]) == (1, 1)
    _change(runtime, id, dates={"合作开始时间": "dmy"}, units={"累计金额": 10_000})
    with runtime.write(BOSS) as ctx:
        service.apply(ctx, id)
    runtime.runner().run_all()

    done = run(runtime, write_csv(tmp_path / "四月.csv", [["予禾美容", "6/4/23", "3"]], head), entity="customer")
    assert not {"date.invalid", "money.unit_assumed"} & findings(done).keys()
    with runtime.read(BOSS) as ctx:
        select = ["name", "cooperation_start", "total_amount"]
        rows = {row[2]: row[3:] for row in read.rows(ctx, "customer", {"select": select})}
        kept = service.mapping(ctx, done["id"])
    assert rows == {"澄光食品": ["2023-03-05", "125000.00"], "予禾美容": ["2023-04-06", "30000.00"]}
    assert kept["合作开始时间"] == {"field": "cooperation_start", "dates": "dmy"}
    assert kept["累计金额"]["unit"] == 10_000

    other = write_csv(tmp_path / "五月.csv", [["远山茶业", "7/5/23", "3"]], [*head[:2], "累计金额(元)"])
    done = run(runtime, other, entity="customer", dates={"合作开始时间": "mdy"})
    with runtime.read(BOSS) as ctx:
        rows = {row[2]: row[3:] for row in read.rows(ctx, "customer", {"select": select})}
    assert rows["远山茶业"] == ["2023-07-05", "3.00"], "what this file says itself, and what is said of it, counts"


def test_headings_stand_where_people_say(runtime: Runtime, tmp_path: Path) -> None:
    rows = [["客户名称", "手机号"], ["澄光食品", "13800000002"], ["予禾美容", "13800000003"]]
    file = write_csv(tmp_path / "老表.csv", rows, ["单位", "号码"])
    with runtime.write(BOSS) as ctx:
        id = service.create(ctx, file.read_bytes(), file.name, {"entity": "customer"})
    state, _ = _rehearsed(runtime, id)
    table = state["sheets"][0]["name"]
    state, report = _change(runtime, id, header={table: 2})
    assert [one["source"] for one in state["sheets"][0]["columns"]] == ["客户名称", "手机号"]
    assert (report["read"], report["created"]) == (2, 2)


def test_decisions_that_cannot_be_meant_are_refused(runtime: Runtime) -> None:
    wrong: list[dict[str, Any]] = [
        {"cells": {"客户": {"三": "x"}}},
        {"cells": {"客户": {"A1": 3}}},
        {"leave_out": {"客户": [0]}},
        {"leave_out": {"客户": "1"}},
        {"header": {"客户": -1}},
        {"header": [1]},
        {"units": {"累计": 7}},
        {"dates": {"合作开始": "dym"}},
        {"fill_columns": {"客户名称": "是"}},
        {"decide": {"客户": {"B3": "ours"}}},
        {"existing": {"手机号": "skip"}},
        {"create_fields": "是"},
    ]
    for options in wrong:
        with runtime.write(BOSS) as ctx, pytest.raises(BadInput):
            service.create(ctx, b"x", "x.csv", options)


def test_what_an_older_version_has_checked_is_rehearsed_again(runtime: Runtime, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "客户.csv", ROWS[:1], HEAD)
    with runtime.write(BOSS) as ctx:
        id = service.create(ctx, file.read_bytes(), file.name, {"entity": "customer"})
    _rehearsed(runtime, id)
    with runtime.write(BOSS) as ctx:
        data = run_table.load(ctx, id)["data"]
        for sheet in data["sheets"]:
            del sheet["parts"]
        run_table.save(ctx, id, data=data)
    with runtime.write(BOSS) as ctx:
        assert service.apply(ctx, id)["state"] == "mapped", "nothing has come in"
    state, _ = _rehearsed(runtime, id)
    assert (state["state"], state["changeset"]) == ("checked", None)
    with runtime.write(BOSS) as ctx:
        run_table.save(ctx, id, state="failed", changeset=1, data=data)
    with runtime.write(BOSS) as ctx, pytest.raises(Conflict, match="outdated"):
        service.apply(ctx, id)


def test_a_mapping_made_for_other_records_is_refused_by_name(runtime: Runtime, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "客户.csv", ROWS[:1], HEAD)
    for goes_to, refused in (("ordered_on", True), ("contacts.wechat", False), ("total_amount", False)):
        with runtime.write(BOSS) as ctx:
            id = service.create(ctx, file.read_bytes(), file.name, {"entity": "customer", "map": {"暗号": goes_to}})
        runtime.runner().run_all()
        with runtime.read(BOSS) as ctx:
            state = service.status(ctx, id)
        assert state["state"] == ("failed" if refused else "checked")
        if refused:
            assert state["error"]["code"] == "import.map_foreign"
            assert "暗号" in state["error"]["message"], "the sentence names the column"


def test_issue4_2_a_gift_list_names_firms_their_people_and_numbers_its_rows(runtime: Runtime, tmp_path: Path) -> None:
    """姓名 and 单位 are a contact and his company; 序号 stays out and says why; a third phone goes into the remark."""
    head = ["序号", "姓名", "单位", "电话", "礼品"]
    rows = [
        ["1", "沈亦舟", "杭州澜屿软件有限公司", "13800000001/0571-88001234/13900000009", "茶叶"],
        ["2", "顾长青", "苏州恒岚精密机械有限公司", "13800000002", "台历"],
        ["3", "叶知秋", "上海拾禾餐饮管理有限公司", "13800000003", "台历"],
    ]
    file = write_csv(tmp_path / "礼品.csv", rows, head)
    report = run(runtime, file, entity="customer")
    with runtime.read(BOSS) as ctx:
        (sheet,) = service.status(ctx, report["id"])["sheets"]
        names = list(read.rows(ctx, "customer", {"select": ["name", "remark"]}))
        people = list(read.rows(ctx, "contact", {"select": ["customer.name", "name", "mobile"]}))
    columns = {one["source"]: (one["field"], one["reason"], one.get("new_field")) for one in sheet["columns"]}
    assert columns["序号"] == (None, "row_number", None), "no new field is offered for it"
    assert (columns["姓名"][0], columns["单位"][0]) == ("contacts.name", "name")
    assert findings(report)["column.row_number"] == 1
    assert {row[2] for row in names} == {row[2] for row in rows}
    assert {(row[2], row[3]) for row in people} == {(row[2], row[1]) for row in rows}
    assert "13900000009" in str(names) + str(people)
    again = run(runtime, file, entity="customer")
    assert (again["created"], again["updated"]) == (0, 0)

    mixed = [
        ["1", "罗一鸣", "", "13800000011"],
        ["2", "梁思远", "云朵童品", "13800000012"],
        ["3", "方晴", "", "13800000013"],
    ]
    report = run(runtime, write_csv(tmp_path / "名单.csv", mixed, head[:4]), entity="customer")
    assert report["by_entity"]["customer"]["created"] == 3, "people, of whom one works somewhere"
    with runtime.read(BOSS) as ctx:
        employed = {"field": "employer", "op": "not_empty"}
        found = read.rows(ctx, "customer", {"select": ["name", "employer"], "where": employed})
        assert [row[2:] for row in found] == [["梁思远", "云朵童品"]]
