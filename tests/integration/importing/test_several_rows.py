"""One record in several rows of a file: what they say together stands, and what contradicts is told."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from kehu.core.jobs import pace
from kehu.core.records import undo, write
from kehu.features.importing import jobs, service
from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import rows_of
from tests.support.ledger_state import BOSS, content_of
from tests.support.sheets import cells_of, write_sheets

HEAD = ["客户名称", "手机号", "标签", "性别", "生日", "备注"]
ROWS = [
    ["王芳", "13800000001", "会员", "女", "1990-01-01", "怕冷"],
    ["李强", "13800000002", "", "男", "", ""],
    ["王芳", "13800000001", "老客", "", "1990-01-02", "要靠窗"],
    ["王芳", "13800000001", "会员", "女", "1990-01-02", "怕冷"],
]


def told(result: dict[str, Any], code: str) -> list[tuple[str, str, str]]:
    found = next(one for one in result["findings"] if one["code"] == code)
    return [(one["cell"], one["text"], one.get("why", "")) for one in found["examples"]]


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row comes in for itself, as rows that lie far apart do."""
    for name in ("FIRST", "FEWEST", "MOST"):
        monkeypatch.setattr(pace, name, 1)
    monkeypatch.setattr(jobs, "CHECK_ROWS", 1)


def test_the_remarks_and_tags_of_all_rows_stand_in_the_order_of_the_file(runtime: Runtime, tmp_path: Path) -> None:
    """The last row's remark alone stood, the others were gone without a word."""
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *ROWS]}))
    assert rows_of(runtime, "customer", "name", "tags", "remark") == [
        ["王芳", ["会员", "老客"], "怕冷\n要靠窗"],
        ["李强", None, None],
    ]
    assert told(done, "row.differs") == [("E2", "1990-01-01", "同一条的第 4 行写着「1990-01-02」，用了那一行的")]
    assert rows_of(runtime, "customer", "birth_date") == [["1990-01-02"], [None]]


@pytest.mark.usefixtures("one_by_one")
def test_rows_that_lie_far_apart_say_the_same_together(runtime: Runtime, tmp_path: Path) -> None:
    rows = [[*row[:4], "", row[5]] for row in ROWS]
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *rows]}))
    assert rows_of(runtime, "customer", "name", "tags", "remark") == [
        ["王芳", ["会员", "老客"], "怕冷\n要靠窗"],
        ["李强", None, None],
    ]


@pytest.mark.usefixtures("one_by_one")
def test_a_contradiction_of_rows_that_lie_far_apart_is_told_and_changes_nothing_a_second_time(
    runtime: Runtime, tmp_path: Path
) -> None:
    """It went through the earlier value to the same end, and the rehearsal told nothing."""
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *ROWS]})
    dry = run(runtime, path, entity="customer", dry=True)
    done = comes_in_once(runtime, path)
    assert told(dry, "row.differs") == told(done, "row.differs")
    assert told(done, "row.differs") == [("E2", "1990-01-01", "同一条的第 4 行写着「1990-01-02」，用了那一行的")]
    assert rows_of(runtime, "customer", "birth_date") == [["1990-01-02"], [None]]


@pytest.mark.usefixtures("one_by_one")
def test_what_people_changed_in_between_is_overwritten_once_by_the_cell_that_stands(
    runtime: Runtime, tmp_path: Path
) -> None:
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *ROWS]})
    run(runtime, path, entity="customer")
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", 1, {"birth_date": "1991-05-05"})
    kept = run(runtime, path, entity="customer", existing={"生日": "keep"})
    assert (kept["updated"], rows_of(runtime, "customer", "birth_date")[0]) == (0, ["1991-05-05"])
    again = run(runtime, path, entity="customer", existing={"生日": "overwrite"})
    assert [cell for cell, _, _ in told_cells(again, "conflict.take")] == ["E4"]
    assert (again["updated"], rows_of(runtime, "customer", "birth_date")[0]) == (1, ["1990-01-02"])


@pytest.mark.usefixtures("one_by_one")
def test_a_cell_that_cannot_be_read_does_not_stand_for_one_that_can(runtime: Runtime, tmp_path: Path) -> None:
    rows = [[*ROWS[0]], [*ROWS[2][:4], "待定", ""]]
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *rows]}))
    assert "row.differs" not in findings(done)
    assert rows_of(runtime, "customer", "birth_date") == [["1990-01-01"]]


@pytest.mark.usefixtures("one_by_one")
def test_a_column_that_only_fills_keeps_what_the_first_row_says(runtime: Runtime, tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *ROWS]})
    done = comes_in_once(runtime, path, existing={"生日": "fill"})
    why = "同一条的第 2 行写着「1990-01-01」，用了那一行的"
    assert told(done, "row.differs") == [("E4", "1990-01-02", why), ("E5", "1990-01-02", why)]
    assert rows_of(runtime, "customer", "birth_date") == [["1990-01-01"], [None]]


def test_a_contradiction_of_sheets_names_the_sheet(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "手机号", "生日"]
    book = {
        "一月": [head, ["王芳", "13800000001", "1990-01-01"], ["李强", "13800000002", "1988-08-08"]],
        "二月": [head, ["王芳", "13800000001", "1990-01-02"], ["李强", "13800000002", ""]],
    }
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", book))
    why = "工作表「二月」第 2 行（同一条）写着「1990-01-02」，用了那一行的"
    assert told(done, "row.differs") == [("C2", "1990-01-01", why)]


NAMES = ["王芳", "李强", "宏远物流有限公司", "宏远物流有限公司", "杭州鸿图建材有限公司"]
PHONES = ["13800000001", "138-0000-0002", "13800000003", "13800000003", ""]
WORDS = {
    "等级": ["A", "B", "C", ""],
    "生日": ["1990-01-01", "1990-1-1", "1991/2/3", "待定", ""],
    "标签": ["会员", "老客、会员", ""],
    "累计金额(万元)": ["1", "2.5", "3", ""],
    "联系人": ["张师傅", "刘会计", "刘会计 13800000009", ""],
    "职务": ["司机", "会计", ""],
    "地址": ["杭州市西湖区文三路9号", "绍兴市越城区解放路8号", ""],
    "跟进日期": ["2025-03-01", "2025-03-09"],
    "跟进内容": ["报价", "回访", ""],
    "跟进结果": ["有意向", "无意向", ""],
    "合同编号": ["HT1", "HT2", ""],
    "合同额": ["1000", "2000", ""],
    "备注": ["怕冷", "要靠窗", "月结", ""],
}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("apart", [True, False])
def test_whatever_rows_of_a_record_say_the_same_file_changes_nothing_a_second_time(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, apart: bool
) -> None:
    chance = random.Random(seed)
    if apart:
        for name in ("FIRST", "FEWEST", "MOST"):
            monkeypatch.setattr(pace, name, chance.randint(1, 3))
        monkeypatch.setattr(jobs, "CHECK_ROWS", chance.randint(1, 3))
    columns = chance.sample(list(WORDS), 6)
    numbered = chance.random() < 0.5
    grid = [[*(["客户编号"] if numbered else []), "客户名称", "手机号", *columns]]
    for _ in range(12):
        who = chance.randrange(len(NAMES))
        number = [chance.choice([f"KH{who}", ""])] if numbered else []
        phone = chance.choice([PHONES[who], ""]) if who > 1 else PHONES[who]
        grid.append([*number, NAMES[who], phone, *(chance.choice(WORDS[name]) for name in columns)])
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))


def test_a_sheet_further_on_adds_to_what_a_sheet_has_said(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "手机号", "备注"]
    book = {
        "一月": [head, ["王芳", "13800000001", "怕冷"], ["李强", "13800000002", "月结"]],
        "二月": [head, ["王芳", "13800000001", "要靠窗"], ["李强", "13800000002", ""]],
    }
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", book))
    assert rows_of(runtime, "customer", "name", "remark") == [["王芳", "怕冷\n要靠窗"], ["李强", "月结"]]


def test_a_record_of_the_ledger_gets_what_all_rows_say(runtime: Runtime, tmp_path: Path) -> None:
    """And one row of a later file is a correction, as before."""
    head = ["客户名称", "手机号", "备注"]
    path = write_sheets(tmp_path / "a.xlsx", {"客户": [head, ["王芳", "13800000001", "老备注"]]})
    run(runtime, path, entity="customer")
    before = content_of(runtime)
    rows = [["王芳", "13800000001", "怕冷"], ["王芳", "13800000001", "要靠窗"]]
    path = write_sheets(tmp_path / "b.xlsx", {"客户": [head, *rows]})
    done = run(runtime, path, entity="customer")
    assert [cell for cell, _, _ in told_cells(done, "conflict.take")] == ["C2", "C3"]
    assert rows_of(runtime, "customer", "remark") == [["怕冷\n要靠窗"]]
    again = run(runtime, path, entity="customer")
    assert (again["updated"], "conflict.take" in findings(again)) == (0, False)
    with runtime.write(BOSS) as ctx:
        assert undo.undo(ctx, done["changeset"])["conflicts"] == []
    assert content_of(runtime) == before
    run(runtime, path, entity="customer")
    path = write_sheets(tmp_path / "c.xlsx", {"客户": [head, ["王芳", "13800000001", "怕冷"]]})
    assert run(runtime, path, entity="customer")["updated"] == 1
    assert rows_of(runtime, "customer", "remark") == [["怕冷"]]


def told_cells(result: dict[str, Any], code: str) -> list[tuple[str, str, str]]:
    found = next(one for one in result["findings"] if one["code"] == code)
    return [(one["cell"], str(one.get("text", "")), "") for one in found["examples"]]


def test_the_lines_of_an_order_keep_all_their_remarks(runtime: Runtime, tmp_path: Path) -> None:
    """The first one's stood on the order."""
    grid = [
        ["订单编号", "客户", "日期", "产品名称", "数量", "单价", "备注"],
        ["D001", "绍兴黄酒铺", "2025-03-05", "花雕", 6, 30, "送货上门"],
        ["D001", "绍兴黄酒铺", "2025-03-05", "加饭", 2, 20, "要开票"],
        ["D002", "宁波五金厂", "2025-03-09", "扳手", 2, 15, ""],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "订单.xlsx", {"订单": grid}), entity="order")
    assert rows_of(runtime, "order", "code", "remark") == [["D001", "送货上门\n要开票"], ["D002", None]]
    assert "split.differs" not in findings(done)


def test_remarks_that_fill_the_field_are_told(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kehu.features.importing.loading import gathering

    monkeypatch.setattr(gathering, "_LONGEST", 8)
    head = ["客户名称", "手机号", "备注"]
    rows = [["王芳", "13800000001", "怕冷不吹风"], ["王芳", "13800000001", "要靠窗"]]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [head, *rows]}), entity="customer")
    assert told(done, "row.differs") == [("C3", "要靠窗", "同一条的别的行已经写满了，这一格放不下")]
    assert rows_of(runtime, "customer", "remark") == [["怕冷不吹风"]]


def test_a_row_that_is_corrected_takes_no_remark_of_the_others_away(runtime: Runtime, tmp_path: Path) -> None:
    """It comes back alone, with its own remark only."""
    head = ["客户编号", "客户名称", "手机号", "备注"]
    rows = [["KH1", "王芳", "", "怕冷"], ["KH1", "王芳", "1380000", "要靠窗"]]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [head, *rows]}), entity="customer")
    with runtime.read(BOSS) as ctx:
        book = service.error_rows(ctx, done["id"])
    assert book is not None
    sent_back = cells_of(book[1])
    assert [row[3] for row in sent_back[1:]] == ["要靠窗"]
    sent_back[1][2] = "13800000001"
    back = run(runtime, write_sheets(tmp_path / "改好.xlsx", {"客户": sent_back}), entity="customer")
    assert (back["created"], back["updated"]) == (0, 1)
    assert rows_of(runtime, "customer", "mobile", "remark") == [["13800000001", "怕冷\n要靠窗"]]


def test_what_new_records_lack_is_told_of_each_once(runtime: Runtime, tmp_path: Path) -> None:
    """It was told of customers and contracts only: of somebody lost nobody asked for the analysis."""
    grid = [
        ["客户名称", "手机号", "流失原因", "过敏史", "联系人1", "电话1", "联系人2", "电话2"],
        ["王芳", "13800000001", "价格", "花生", "李娜", "13800000002", "周敏", "13800000003"],
    ]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), entity="customer")
    missing = next(one for one in done["findings"] if one["code"] == "required.missing")
    columns = [one["column"] for one in missing["examples"]]
    assert "原因分析" in columns
    assert len(columns) == len({*columns}) == missing["count"]
