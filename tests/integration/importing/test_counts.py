"""What a result counts: each row that was read once, however the rows are portioned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kehu.core.jobs import pace
from kehu.features.importing import jobs
from kehu.runtime import Runtime
from tests.integration.importing.test_import import findings, run
from tests.support.sheets import write_sheets

HEAD = ["客户名称", "手机", "备注"]
TWICE = [
    HEAD,
    ["王芳", "13800000008", ""],
    ["林晓岚", "13800000009", ""],
    ["王芳", "13800000008", "生日送茶"],
    ["", "13900000000", "没写名字"],
    ["王芳", "13800000008", "生日送茶"],
    ["顾长青", "13800000010", ""],
    ["林晓岚", "13800000009", ""],
]
CODES = ("created", "updated", "skipped", "merged", "rejected")


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    return tuple(result["rows"][code] for code in CODES)


@pytest.fixture(params=[2, 500], ids=["small portions", "one portion"])
def portions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows come in two by two, or all at once."""
    monkeypatch.setattr(jobs, "CHECK_ROWS", request.param)
    for name in ("FIRST", "FEWEST", "MOST"):
        monkeypatch.setattr(pace, name, request.param)


@pytest.mark.usefixtures("portions")
def test_a_row_that_stands_again_is_merged_with_the_earlier_one(runtime: Runtime, tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "会员.xlsx", {"会员": TWICE})
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert counts(dry) == counts(done) == (3, 0, 0, 3, 1)
    assert (done["merged"], findings(done)["row.merged"], findings(dry)["row.merged"]) == (3, 3, 3)
    told = next(one for one in done["findings"] if one["code"] == "row.merged")
    assert (told["examples"][0]["row"], told["examples"][0]["text"]) == (4, "王芳 · 13800000008 · 生日送茶")
    again = run(runtime, path, entity="customer", dry=True), run(runtime, path, entity="customer")
    assert [counts(one) for one in again] == [(0, 0, 3, 3, 1)] * 2


def test_the_row_with_which_one_is_merged_is_named(runtime: Runtime, tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "会员.xlsx", {"会员": TWICE})
    told = next(one for one in run(runtime, path, entity="customer")["findings"] if one["code"] == "row.merged")
    assert [one["why"] for one in told["examples"]] == ["和第 2 行是同一条", "和第 2 行是同一条", "和第 3 行是同一条"]


@pytest.mark.usefixtures("portions")
def test_a_record_that_a_later_row_changes_is_updated_once(runtime: Runtime, tmp_path: Path) -> None:
    """It was skipped in its first portion and updated in the next one, in the rehearsal never updated."""
    first = [HEAD, ["王芳", "13800000008", "喜欢龙井"], ["林晓岚", "13800000009", ""]]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"会员": first}), entity="customer")
    path = write_sheets(tmp_path / "b.xlsx", {"会员": TWICE})
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert counts(dry) == counts(done) == (1, 1, 1, 3, 1)
    assert dry["by_entity"] == done["by_entity"] == {"customer": {"created": 1, "updated": 1}}


@pytest.mark.usefixtures("portions")
def test_lines_of_one_order_are_counted_without_being_told_of(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["订单编号", "客户名称", "产品名称", "数量"],
        ["D001", "杭州西湖茶庄", "龙井", 2],
        ["D001", "杭州西湖茶庄", "碧螺春", 1],
        ["D002", "绍兴黄酒铺", "花雕", 6],
        ["D001", "杭州西湖茶庄", "白茶", 1],
    ]
    path = write_sheets(tmp_path / "订单.xlsx", {"订单": grid})
    dry = run(runtime, path, entity="order", dry=True)
    done = run(runtime, path, entity="order")
    assert counts(dry) == counts(done) == (2, 0, 0, 2, 0)
    assert done["by_entity"]["order_line"]["created"] == 4
    assert "row.merged" not in findings(done)


@pytest.mark.usefixtures("portions")
def test_a_row_that_means_several_records_counts_once(runtime: Runtime, tmp_path: Path) -> None:
    """One number stands for orders of two customers: a return of it changes both, and is one row."""
    orders = [
        ["订单编号", "客户名称", "日期", "金额"],
        ["D001", "杭州西湖茶庄", "2025-03-05", 100],
        ["D001", "绍兴黄酒铺", "2025-03-06", 200],
        ["D002", "绍兴黄酒铺", "2025-03-07", 300],
    ]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"订单": orders}), entity="order")
    returns = [["订单编号", "退货", "备注"], ["D001", "是", ""], ["D009", "是", ""], ["D002", "", ""]]
    path = write_sheets(tmp_path / "b.xlsx", {"退货": returns})
    told = {"map": {"订单编号": "external_code"}, "entity": "order"}
    dry, done = run(runtime, path, dry=True, **told), run(runtime, path, **told)
    assert counts(dry) == counts(done) == (0, 1, 1, 0, 1)
    assert done["by_entity"]["order"] == {"created": 0, "updated": 2}
