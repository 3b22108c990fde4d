"""A file that contradicts the ledger: what each column does to known records, and the cells that people decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from kehu.core.context import Actor
from kehu.core.records import read, undo, write
from kehu.features.dedupe import service as dedupe
from kehu.features.importing import conflicts, doubles, run_table, service
from kehu.runtime import Runtime
from tests.integration.importing.test_edits import _change, _rehearsed
from tests.integration.importing.test_import import findings, run, write_csv
from tests.support.ledger_state import BOSS, content_of
from tests.support.sheets import cells_of

HEAD = ["编号", "客户名称", "手机号", "微信号", "备注", "身份证号"]
KNOWN = [
    ["K-1", "上海宏远贸易有限公司", "13800000001", "", "月结", "110105197001010011"],
    ["K-2", "澄光食品有限公司", "", "cg-food", "现结", ""],
    ["K-3", "予禾美容", "13800000003", "", "旧备注", ""],
]
NEWS = [
    ["K-1", "上海宏远贸易有限公司", "13900000001", "hongyuan", "季结", "11010519700101002X"],
    ["K-2", "澄光食品有限公司", "13900000002", "cg2024", "现结", ""],
    ["K-3", "予禾美容", "13800000003", "yuhe", "新备注", ""],
    ["K-9", "远山茶业", "13900000009", "yuanshan", "新客户", ""],
]


def _start(runtime: Runtime, tmp_path: Path, rows: list[list[str]] = NEWS, **options: Any) -> int:
    file = write_csv(tmp_path / "本月.csv", rows, HEAD)
    with runtime.write(BOSS) as ctx:
        return service.create(
            ctx, file.read_bytes(), file.name, {"entity": "customer", "match": ["code"], **options}
        )  # fmt: skip


def _list(runtime: Runtime, id: int, who: Actor = BOSS, **asked: Any) -> dict[str, Any]:
    with runtime.read(who) as ctx:
        return service.conflicts_page(ctx, id, **asked)


def _customers(runtime: Runtime) -> dict[str, list[Any]]:
    with runtime.read(BOSS) as ctx:
        found = read.rows(ctx, "customer", {"select": ["code", "mobile", "wechat", "remark"]})
        return {row[2]: row[3:] for row in found}


def _apply(runtime: Runtime, id: int) -> dict[str, Any]:
    with runtime.write(BOSS) as ctx:
        service.apply(ctx, id)
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        result = service.status(ctx, id)["result"]
    assert isinstance(result, dict)
    return result


def test_issue4_4_cells_that_differ_are_listed_decided_and_undone(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, write_csv(tmp_path / "老.csv", KNOWN, HEAD), entity="customer", match=["code"])
    before = content_of(runtime)
    id = _start(runtime, tmp_path)
    state, report = _rehearsed(runtime, id)
    assert findings(report)["conflict.take"] == 5
    assert "conflict.keep" not in findings(report)
    found = _list(runtime, id)
    assert (found["total"], found["listed"], found["next"]) == (5, 5, None)
    told = {one["cell"]: (one["record"], one["ours"], one["theirs"]) for one in found["items"]}
    assert told["C2"] == ("上海宏远贸易有限公司", "13800000001", "13900000001")
    assert told["E2"][1:] == ("月结", "季结")
    assert told["D3"][1:] == ("cg-food", "cg2024")
    assert "11010519700101" not in str(told["F2"]), "both sides of a secret are masked"
    assert told["F2"][1] is not None
    assert set(told) == {"C2", "E2", "F2", "D3", "E4"}
    remark = next(one for one in found["columns"] if one["source"] == "备注")
    assert (remark["column"], remark["take"], remark["keep"], remark["existing"]) == ("E", 2, 0, "overwrite")
    assert content_of(runtime) == before
    with runtime.read(BOSS) as ctx:
        assert "cg2024" not in run_table.load(ctx, id)["data"]["conflicts"], "cells of the file are kept sealed"
    nobody = Actor("user", 7, "新来的", roles=("finance",))
    with runtime.read(BOSS) as ctx:
        stored = orjson.loads(
            ctx.keys.decrypt(run_table.load(ctx, id)["data"]["conflicts"], aad=f"import_run|conflicts|{id}")
        )
    with runtime.read(nobody) as ctx:
        assert conflicts.page(ctx, stored, sheet=None, column=None, outcome=None, after=0, n=9)["items"] == []
    with runtime.write(BOSS) as ctx:  # meanwhile somebody has been at the record
        (hongyuan,) = read.select_ids(ctx, "customer", {"field": "code", "op": "eq", "value": "K-1"})
        write.update(ctx, "customer", hongyuan, {"remark": "半年结"})
    shown = {one["cell"]: one["ours"] for one in _list(runtime, id, column="E")["items"]}
    assert shown == {"E2": "半年结", "E4": "旧备注"}
    before = content_of(runtime)

    table = state["sheets"][0]["name"]
    _, report = _change(runtime, id, decide={table: {"E": "keep", "E2": "take", "C2": "keep"}})
    assert {k: v for k, v in findings(report).items() if k.startswith("conflict")} == {
        "conflict.take": 3, "conflict.keep": 2,
    }  # fmt: skip
    kept = _list(runtime, id, outcome="keep")
    assert {one["cell"] for one in kept["items"]} == {"C2", "E4"}
    result = _apply(runtime, id)
    assert findings(result)["conflict.keep"] == 2
    assert _customers(runtime) == {
        "K-1": ["13800000001", "hongyuan", "季结"],
        "K-2": ["13900000002", "cg2024", "现结"],
        "K-3": ["13800000003", "yuhe", "旧备注"],
        "K-9": ["13900000009", "yuanshan", "新客户"],
    }
    assert _list(runtime, id)["items"] == [], "what was listed is forgotten"
    with runtime.write(BOSS) as ctx:
        assert undo.undo(ctx, result["changeset"])["conflicts"] == []
    assert content_of(runtime) == before


def test_issue4_4_columns_fill_overwrite_or_keep_and_are_remembered(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conflicts, "PER_COLUMN", 1)
    run(runtime, write_csv(tmp_path / "老.csv", KNOWN, HEAD), entity="customer", match=["code"])
    id = _start(runtime, tmp_path, existing={"手机号": "fill", "微信号": "keep"})
    state, report = _rehearsed(runtime, id)
    said = {one["source"]: one.get("existing") for one in state["sheets"][0]["columns"]}
    assert (said["手机号"], said["微信号"], said["备注"]) == ("fill", "keep", "overwrite")
    assert (findings(report)["conflict.keep"], findings(report)["conflict.take"]) == (2, 3)
    remarks = _list(runtime, id, column="E")
    assert (remarks["total"], remarks["listed"]) == (2, 1), "counts are exact, the list is bounded"
    assert _list(runtime, id, limit=1)["next"] == 1
    with runtime.read(BOSS) as ctx:
        file = service.mapping(ctx, id)
    assert file["手机号"] == {"field": "mobile", "existing": "fill"}
    assert file["备注"] == "remark"
    _apply(runtime, id)
    assert _customers(runtime) == {
        "K-1": ["13800000001", None, "季结"],
        "K-2": ["13900000002", "cg-food", "现结"],
        "K-3": ["13800000003", None, "新备注"],
        "K-9": ["13900000009", "yuanshan", "新客户"],
    }
    again = _start(runtime, tmp_path)
    state, _ = _rehearsed(runtime, again)
    said = {one["source"]: one.get("existing") for one in state["sheets"][0]["columns"]}
    assert (said["手机号"], said["微信号"], said["备注"]) == ("fill", "keep", "overwrite")


def test_issue4_4_the_preview_holds_both_rows_of_a_likely_pair_wherever_they_stand(
    runtime: Runtime, tmp_path: Path
) -> None:
    head = ["客户名称", "手机号"]
    rows = [[f"Q{n:02}X", f"1380000{n:04}"] for n in range(60)]
    rows[40] = ["苏州恒岚精密机械有限公司", "13900000040"]
    rows[57] = ["恒岚精密机械（苏州）公司", "13900000057"]
    report = run(runtime, write_csv(tmp_path / "新.csv", rows, head), entity="customer", dry=True)
    (pair,) = next(one["examples"] for one in report["findings"] if one["code"] == "duplicate.in_file")
    assert (pair["row"], pair["other"]["row"]) == (59, 42)
    with runtime.read(BOSS) as ctx:
        (table,) = service.preview(ctx, report["id"])["tables"]
    assert [line["row"] for line in table["lines"]] == [*range(1, 15)], "the first rows, as ever"
    assert [line["row"] for line in table["further"]] == [41, 42, 43, 58, 59, 60], "each with its neighbours"
    assert table["further"][4]["cells"] == rows[57]


def test_issue4_4_rows_that_may_be_there_already_are_told_before_they_come_in(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = ["客户名称", "手机号"]
    known = [["上海宏远贸易有限公司", "13800000001"], ["澄光食品有限公司", "13800000002"]]
    run(runtime, write_csv(tmp_path / "老.csv", known, head), entity="customer")
    rows = [
        ["苏州恒岚精密机械有限公司", "13800000011"],
        ["恒岚精密机械（苏州）公司", "13800000012"],
        ["王芳", "13800000013"],
        ["王方", "13800000013"],
        ["鸿远贸易", "13800000019"],
        ["远山茶业", "13800000002"],
        ["远帆教育咨询", "13800000020"],
    ]
    file = write_csv(tmp_path / "新.csv", rows, head)
    report = run(runtime, file, entity="customer", dry=True)
    told = {one["code"]: one["examples"] for one in report["findings"]}
    assert {code: n for code, n in findings(report).items() if code.startswith("duplicate")} == {
        "duplicate.in_file": 2,
        "duplicate.in_ledger": 2,
    }
    assert [(one["row"], one["other"]["row"], one["reasons"]) for one in told["duplicate.in_file"]] == [
        (3, 2, ["name_alike"]),
        (5, 4, ["phone", "homophone"]),
    ]
    in_ledger = {one["row"]: (one["text"], one["reasons"], one["why"]) for one in told["duplicate.in_ledger"]}
    assert in_ledger == {
        6: ("鸿远贸易", ["homophone"], "像「上海宏远贸易有限公司」，因为名称读音相同"),
        7: ("远山茶业", ["phone"], "像「澄光食品有限公司」，因为电话相同"),
    }
    assert 0.7 <= told["duplicate.in_ledger"][0]["score"] <= 1
    assert told["duplicate.in_file"][0]["other"] == {
        "sheet": told["duplicate.in_file"][0]["sheet"], "row": 2, "text": "苏州恒岚精密机械有限公司"
    }  # fmt: skip
    assert "像第 2 行的「苏州恒岚精密机械有限公司」" in told["duplicate.in_file"][0]["why"]
    with runtime.read(BOSS) as ctx:  # the check before saving says the same of the same row
        for one in told["duplicate.in_ledger"]:
            given = dict(zip(("name", "mobile"), rows[one["row"] - 2], strict=True))
            (found, *_) = dedupe.candidates(ctx, "customer", given)
            assert (found["id"], found["score"], found["reasons"]) == (one["record"], one["score"], one["reasons"])
        name, content = service.findings_book(ctx, report["id"])
    assert name == "新-检查结果.xlsx"
    lines = cells_of(content)
    assert lines[0][0] == "发现"
    likely = {line[2]: (line[7], line[8], line[9]) for line in lines[1:] if line[7] is not None}
    assert set(likely) == {3, 5, 6, 7}
    assert all(0.45 <= score <= 1 for score, _, _ in likely.values())
    assert "苏州恒岚精密机械有限公司" in likely[3][2]
    assert likely[6][1] == next(one["record"] for one in told["duplicate.in_ledger"] if one["row"] == 6)
    with runtime.read(Actor("user", 7, "新来的", roles=("finance",))) as ctx:
        (hidden, _) = doubles.outward(ctx, [{**one, "other": None} for one in told["duplicate.in_ledger"]])
    assert (hidden["record"], hidden["why"]) == (None, "像一条您看不到的记录，因为名称读音相同")

    monkeypatch.setattr(doubles, "IN_FILE", 4)
    monkeypatch.setattr(doubles, "IN_LEDGER", 3)
    bounded = findings(run(runtime, file, entity="customer", dry=True))
    assert {code: n for code, n in bounded.items() if code.startswith("duplicate")} == {
        "duplicate.in_file": 2,
        "duplicate.in_file.left": 3,
        "duplicate.in_ledger.left": 4,
    }
