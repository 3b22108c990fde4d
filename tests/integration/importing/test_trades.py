"""Lists of offices whose headings nobody has listed: what they hold comes in at the right place, or is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kehu.core.records import read
from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import fields_of, rows_of
from tests.support.ledger_state import BOSS
from tests.support.sheets import write_sheets


def examples(result: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return next(one["examples"] for one in result["findings"] if one["code"] == code)


def test_a_list_of_children_with_their_parents_in_two_rows_of_headings(runtime: Runtime, tmp_path: Path) -> None:
    """The father became the customer, with the birthday of his child; the names of the children stayed out."""
    grid = [
        ["序号", "幼儿姓名", "性别", "出生日期", "父亲", "", "母亲", "", "班级"],
        ["", "", "", "", "姓名", "电话", "姓名", "电话", ""],
        [1, "刘诗涵", "女", "2021-09-03", "刘伟", "13100080001", "陈静", "13100080002", "小一班"],
        [2, "张一诺", "女", "2020年8月8日", "", "", "李梅", "13100080006", "中一班"],
    ]
    merges = ["E1:F1", "G1:H1"]
    path = write_sheets(tmp_path / "幼儿园.xlsx", {"2025秋季": grid}, merges=merges)
    comes_in_once(runtime, path)
    assert rows_of(runtime, "customer", "name", "birth_date") == [["刘诗涵", "2021-09-03"], ["张一诺", "2020-08-08"]]
    assert rows_of(runtime, "contact", "customer.name", "name", "position", "mobile") == [
        ["刘诗涵", "刘伟", "父亲", "13100080001"],
        ["刘诗涵", "陈静", "母亲", "13100080002"],
        ["张一诺", "李梅", "母亲", "13100080006"],
    ]


def test_phones_whose_second_heading_says_whose_they_are(runtime: Runtime, tmp_path: Path) -> None:
    """联系电话 above 本人 was no field, and the phones of the family were taken for names."""
    grid = [
        ["房号", "业主姓名", "联系电话", ""],
        ["", "", "本人", "家属"],
        ["1-101", "陈建国", "13900010001", "13900010002"],
        ["1-102", "林美芳", "13900010003", ""],
    ]
    path = write_sheets(tmp_path / "业主.xlsx", {"一期": grid}, merges=["C1:D1"])
    done = comes_in_once(runtime, path)
    assert fields_of(done)["联系电话/家属"] == "contacts.mobile"
    assert rows_of(runtime, "customer", "name", "mobile", "remark") == [
        ["陈建国", "13900010001", "其他电话：13900010002"], ["林美芳", "13900010003", None],
    ]  # fmt: skip


def test_names_left_of_a_phone_are_those_of_the_customers_whatever_they_are_called(
    runtime: Runtime, tmp_path: Path
) -> None:
    """Nothing was recognised. Our own people and words that stand there are no customers."""
    head = ["预约号", "套餐", "顾问", "宝妈", "手机", "备注"]
    rows = [
        ["YZ25001", "至尊", "莉莉", "沈佳", "13300060001", ""],
        ["YZ25002", "豪华", "莉莉", "郑琳（二胎）", "13300060003", "双胞胎"],
        ["YZ25003", "至尊", "小凡", "高女士", "13300060005", ""],
    ]
    path = write_sheets(tmp_path / "预约.xlsx", {"预约": [head, *rows]})
    done = run(runtime, path)
    column = next(one for one in done["sheets"][0]["columns"] if one["source"] == "宝妈")
    assert (column["field"], column["reason"], column["confidence"]) == ("name", "content", 0.6)
    assert [row[0] for row in rows_of(runtime, "customer", "name")] == ["沈佳", "郑琳（二胎）", "高女士"]
    grid = [[*row[:3], *row[4:]] for row in (head, *rows)]
    told = run(runtime, write_sheets(tmp_path / "b.xlsx", {"b": grid}), entity="customer", dry=True)
    assert told["rejected"] == 3, "顾问 are our own"


def test_people_abroad_have_their_mail_and_a_cell_may_hold_several(runtime: Runtime, tmp_path: Path) -> None:
    """The last one's mail was the firm's, two in a cell were left out."""
    grid = [
        ["Company", "Country", "Contact", "Email", "跟进情况"],
        ["ABC Trading LLC", "USA", "John Smith", "john@abctrading.com", "已报价"],
        ["Müller GmbH", "Germany", "Anna Müller", "anna@mueller.de; info@mueller.de", ""],
        ["ABC Trading LLC", "USA", "Mary Lee", "mary@abctrading.com", "要目录"],
    ]
    path = write_sheets(tmp_path / "询盘.xlsx", {"询盘": grid})
    told = run(runtime, path, entity="customer", dry=True)
    assert {"split.contacts", "cell.parted"} <= findings(told).keys()
    assert "row.differs" not in findings(told)
    comes_in_once(runtime, path)
    assert sorted(rows_of(runtime, "contact", "customer.name", "name", "email", "remark")) == [
        ["ABC Trading LLC", "John Smith", "john@abctrading.com", None],
        ["ABC Trading LLC", "Mary Lee", "mary@abctrading.com", None],
        ["Müller GmbH", "Anna Müller", "anna@mueller.de", "其他邮箱：info@mueller.de"],
    ]
    assert rows_of(runtime, "interaction", "customer.name", "content") == [
        ["ABC Trading LLC", "已报价"], ["ABC Trading LLC", "要目录"],
    ]  # fmt: skip


def test_a_phone_beside_a_mobile_is_the_other_phone(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户名称", "手机", "电话"], ["绍兴黄酒铺", "13800000001", "0575-85001234"]]
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert rows_of(runtime, "customer", "mobile", "office_phone") == [["13800000001", "0575-85001234"]]


def test_columns_of_one_heading_become_fields_of_their_own_and_are_known_again(
    runtime: Runtime, tmp_path: Path
) -> None:
    """Of three columns 备注 two became one field, which held one of them; a row of such headings was none at all."""
    head = ["客户名称", "手机", "备注", "备注", "备注", "喜好", "喜好"]
    grid = [head, ["王芳", "13800000001", "怕冷", "要靠窗", "月结", "花", "茶"]]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    done = run(runtime, path, create_fields=True)
    with runtime.read(BOSS) as ctx:
        fields = ctx.catalog.entities["customer"].fields
        labels = [fields[str(one["field"])].label.zh for one in done["sheets"][0]["columns"]]
        assert labels == ["客户名称", "手机", "备注", "备注2", "备注3", "喜好", "喜好2"]
        keys = [str(one["field"]) for one in done["sheets"][0]["columns"]]
        assert [row[2:] for row in read.rows(ctx, "customer", {"select": keys})] == [grid[1]]
    offered = [one["new_name"] for one in done["sheets"][0]["columns"] if "new_name" in one]
    assert offered == ["备注2", "备注3", "喜好", "喜好2"], "what the step before said"
    again = run(runtime, path, create_fields=True)
    assert [one["field"] for one in again["sheets"][0]["columns"]] == keys
    assert (again["created"], again["updated"]) == (0, 0)


def test_an_order_without_a_number_among_numbered_ones_is_told_as_such(runtime: Runtime, tmp_path: Path) -> None:
    """A case that the court has not numbered yet was said to have no name."""
    grid = [
        ["案号", "委托人", "收案日期", "代理费"],
        ["(2025)浙0108民初321号", "宏远物流有限公司", "2025-01-10", "5000"],
        ["", "张桂兰", "2025-02-14", "800"],
    ]
    done = run(runtime, write_sheets(tmp_path / "案件.xlsx", {"案件": grid}))
    assert [(one["row"], one["text"]) for one in examples(done, "row.without_number")] == [(3, "张桂兰")]
    assert (done["rejected"], "row.without_name" in findings(done)) == (1, False)
