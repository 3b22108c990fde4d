"""Lists of sales without order numbers: which sheets are some, and which orders of the ledger their rows mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kehu.runtime import Runtime
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import fields_of, rows_of
from tests.integration.importing.test_orders import made, orders_of, take_back
from tests.support.ledger_state import content_of
from tests.support.sheets import write_sheets

Grid = list[list[Any]]
SOLD: Grid = [
    ["2026-10-02", "清心茶庄", "特级龙井", 3400],
    ["2026-10-02", "雅韵茶社", "特级龙井", 680],
    ["2026-10-05", "清心茶庄", "九曲红梅", 780],
    ["2026-10-06", "清心茶庄", "特级龙井", 680],
]
ORDERS = [
    ("2026-10-02", "清心茶庄", "3400.00"), ("2026-10-02", "雅韵茶社", "680.00"), ("2026-10-05", "清心茶庄", "780.00"),
    ("2026-10-06", "清心茶庄", "680.00"),
]  # fmt: skip


def book(path: Path, head: list[str], rows: Grid) -> Path:
    return write_sheets(path, {"明细": [head, *rows]})


# --- which sheets are lists of sales ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "worth"),
    [("日期", "金额"), ("送货日期", "货款"), ("出库日期", "合计"), ("开单日期", "应收"), ("单据日期", "价税合计")],
)
def test_goods_sold_on_a_day_are_orders_though_no_quantity_is_said(
    runtime: Runtime, tmp_path: Path, day: str, worth: str
) -> None:
    """They came in as customers, and all but the last sale of each was lost."""
    before = content_of(runtime)
    path = book(tmp_path / "送货.xlsx", [day, "客户", "品名", worth], SOLD)
    dry = run(runtime, path, dry=True)
    done = run(runtime, path)
    assert made(dry) == made(done) == {"customer": 2, "product": 2, "order": 4, "order_line": 4}
    assert orders_of(runtime) == ORDERS
    assert (done["rejected"], findings(done)["split.by_day"]) == (0, 1)
    assert fields_of(done)[worth] == "lines.amount"
    again = run(runtime, path)
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)
    take_back(runtime, done, again)
    assert content_of(runtime) == before


@pytest.mark.parametrize("day", ["送货日期", "发货日期", "出库时间"])
def test_the_day_on_which_goods_went_out_is_that_of_the_order_where_no_other_is_said(
    runtime: Runtime, tmp_path: Path, day: str
) -> None:
    """Each customer stands there once: how much was sold says that it is a list of sales."""
    rows = [["2026-10-02", "清心茶庄", "特级龙井", 5, 3400], ["2026-10-03", "雅韵茶社", "九曲红梅", 1, 260]]
    done = run(runtime, book(tmp_path / "a.xlsx", [day, "客户", "品名", "数量", "金额"], rows))
    assert fields_of(done)[day] == "ordered_on"
    assert orders_of(runtime) == [("2026-10-02", "清心茶庄", "3400.00"), ("2026-10-03", "雅韵茶社", "260.00")]


def test_beside_the_day_of_the_order_it_is_the_day_of_delivery(runtime: Runtime, tmp_path: Path) -> None:
    rows = [["2026-10-02", "2026-10-04", "清心茶庄", "特级龙井", 5, 3400]]
    run(runtime, book(tmp_path / "a.xlsx", ["下单日期", "送货日期", "客户", "品名", "数量", "金额"], rows))
    assert orders_of(runtime) == [("2026-10-02", "清心茶庄", "3400.00")]
    assert rows_of(runtime, "order", "delivered_on") == [["2026-10-04"]]


CUSTOMERS: list[tuple[list[str], Grid]] = [
    # Each customer once: what he has bought last, or wants to.
    (["客户", "手机", "购买日期", "产品", "成交金额"],
     [["清心茶庄", "13800000011", "2026-10-02", "龙井", 300], ["雅韵茶社", "13800000012", "2026-10-03", "龙井", 500]]),
    (["客户", "手机", "送货日期", "产品", "金额"],
     [["清心茶庄", "13800000011", "2026-10-02", "龙井", 300], ["雅韵茶社", "13800000012", "2026-10-03", "龙井", 500]]),
    # A firm in several rows, one for each contact.
    (["客户", "联系人", "购买日期", "产品", "金额"],
     [["清心茶庄", "沈亦舟", "2026-10-02", "龙井", 300], ["清心茶庄", "何静怡", "", "", ""],
      ["清心茶庄", "罗锦程", "2026-10-02", "龙井", 300], ["雅韵茶社", "王芳", "2026-10-03", "红茶", 300]]),
    # The same customer again, but on no day, of nothing, or for nothing.
    (["客户", "手机", "产品", "金额"], [["清心茶庄", "", "龙井", 300], ["清心茶庄", "", "红茶", 500]]),
    (["客户", "日期", "金额"], [["清心茶庄", "2026-10-02", 300], ["清心茶庄", "2026-10-03", 500]]),
    (["客户", "日期", "产品", "备注"],
     [["清心茶庄", "2026-10-02", "龙井", "要样品"], ["清心茶庄", "2026-10-03", "红茶", ""]]),
    # When goods are to come: planned, not sold.
    (["客户", "交货日期", "产品", "数量", "金额"], [["清心茶庄", "2026-12-02", "龙井", 5, 300]]),
]  # fmt: skip


@pytest.mark.parametrize(("head", "rows"), CUSTOMERS)
def test_a_list_of_customers_with_a_day_makes_no_orders(
    runtime: Runtime, tmp_path: Path, head: list[str], rows: Grid
) -> None:
    done = run(runtime, book(tmp_path / "名单.xlsx", head, rows))
    assert "order" not in made(done)
    assert made(done)["customer"] == len({row[0] for row in rows})


# --- which orders they mean ------------------------------------------------------------------------------------------

HEAD = ["日期", "客户", "品名", "数量", "金额"]
NUMBERED = [["A-1", "2026-10-02", "清心茶庄", "特级龙井", 2, 1360], ["A-2", "2026-10-03", "雅韵茶社", "红茶", 1, 100]]
UNNUMBERED = [["2026-10-02", "清心茶庄", "特级龙井", 1, 680], ["2026-10-03", "雅韵茶社", "红茶", 2, 200]]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_rows_without_a_number_leave_numbered_orders_alone(
    runtime: Runtime, tmp_path: Path, shared: bool, together: bool
) -> None:
    """They went into the order of that customer and day, whatever number it had."""
    rows = [["A-1", *row[1:]] for row in NUMBERED] if shared else NUMBERED  # of several customers: a number elsewhere
    sheets = {"有单号": [["订单编号", *HEAD], *rows], "没单号": [HEAD, *UNNUMBERED]}
    if together:
        path = write_sheets(tmp_path / "账.xlsx", sheets)
        dry, done = run(runtime, path, dry=True), [run(runtime, path)]
        assert made(dry) == made(done[0])
    else:
        done = [run(runtime, write_sheets(tmp_path / f"{name}.xlsx", {name: grid})) for name, grid in sheets.items()]
    assert sum(made(one)["order"] for one in done) == 4
    assert sorted(rows_of(runtime, "order", "customer.name", "amount")) == [
        ["清心茶庄", "1360.00"], ["清心茶庄", "680.00"], ["雅韵茶社", "100.00"], ["雅韵茶社", "200.00"],
    ]  # fmt: skip
    before = content_of(runtime)
    for name, grid in sheets.items():
        again = run(runtime, write_sheets(tmp_path / f"{name}.xlsx", {name: grid}))
        assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)
    assert content_of(runtime) == before


TIMES: Grid = [
    ["2026-10-02 10:05", "清心茶庄", "特级龙井", 1, 680], ["2026-10-02 16:30", "清心茶庄", "特级龙井", 1, 680],
    ["2026-10-02 23:59", "清心茶庄", "红茶", 1, 100], ["2026-10-03 00:01", "清心茶庄", "红茶", 1, 100],
]  # fmt: skip


def test_hours_part_no_orders_of_one_day(runtime: Runtime, tmp_path: Path) -> None:
    """Each hour made an order of its own. The first one stays."""
    path = book(tmp_path / "流水.xlsx", HEAD, TIMES)
    dry, done = run(runtime, path, dry=True), run(runtime, path)
    assert made(dry) == made(done) == {"customer": 1, "product": 2, "order": 2, "order_line": 4}
    found = [["2026-10-02T02:05:00.000Z", "1460.00"], ["2026-10-02T16:01:00.000Z", "100.00"]]
    assert sorted(rows_of(runtime, "order", "ordered_on", "amount")) == found
    before = content_of(runtime)
    again = run(runtime, path)
    assert (again["created"], again["updated"]) == (0, 0)
    later = [["2026-10-02 18:00", "清心茶庄", "白茶", 1, 50], ["2026-10-02", "清心茶庄", "特级龙井", 1, 680]]
    more = run(runtime, book(tmp_path / "晚上.xlsx", HEAD, later))
    assert made(more) == {"product": 1, "order": 0, "order_line": 1}
    assert sorted(rows_of(runtime, "order", "ordered_on", "amount")) == [[found[0][0], "1510.00"], found[1]]
    take_back(runtime, again, more)
    assert content_of(runtime) == before


def test_orders_of_one_day_meet_across_portions(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows far apart in the file are of one order, in the rehearsal as well as in fact."""
    filler = [["2026-10-02", f"茶庄{n}", "红茶", 1, 100] for n in range(1_200)]
    path = book(tmp_path / "流水.xlsx", HEAD, [TIMES[1], *filler, TIMES[0]])
    dry, done = run(runtime, path, dry=True), run(runtime, path)
    assert made(dry)["order"] == made(done)["order"] == 1_201
    again = run(runtime, path)
    assert (again["created"], again["updated"]) == (0, 0)


# --- numbers that are none of an order -------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["运单号", "快递单号"])
def test_the_number_of_a_parcel_is_offered_as_a_field_of_the_order(
    runtime: Runtime, tmp_path: Path, title: str
) -> None:
    head = ["发货日期", "客户", "品名", "数量", "金额", title]
    rows = [[*row, "75300000012345" if n else "75300000012346"] for n, row in enumerate(UNNUMBERED)]
    path = book(tmp_path / "发货.xlsx", head, rows)
    done = run(runtime, path)
    (column,) = [one for one in done["sheets"][0]["columns"] if one["source"] == title]
    assert (column["field"], column["new_field"], column["part"]) == (None, "text", "")
    assert done["sheets"][0]["entity"] == "order"
    kept = run(runtime, path, create_fields=True)
    field = fields_of(kept)[title]
    assert field is not None
    assert sorted(rows_of(runtime, "order", field)) == [["75300000012345"], ["75300000012346"]]
    assert (made(done)["order"], kept["created"]) == (2, 0)
    order = next(part for part in kept["sheets"][0]["parts"] if not part["path"])
    assert order["key"] == ["ordered_on", "customer"]


# --- lists of sales as trades keep them ------------------------------------------------------------------------------


def test_the_phones_of_several_contacts_make_no_second_customer_of_their_orders(
    runtime: Runtime, tmp_path: Path
) -> None:
    """A hospital came in once for each phone, as the phone right of a contact was taken for the firm's."""
    head = ["医院名称", "科室", "联系人", "职务", "手机", "产品名称", "数量", "含税单价", "金额(万元)", "发货日期"]
    rows = [
        ["市第一人民医院", "骨科", "张主任", "主任", "13800000061", "导航系统", 1, 860000, 86, "2026-3-5"],
        ["市第一人民医院", "设备科", "李科长", "科长", "13800000062", "耗材", 20, 1200, 2.4, "2026-4-1"],
        ["市第一人民医院", "骨科", "张主任", "", "", "耗材", 30, 1200, 3.6, "2026-7-1"],
        ["滨江区中医院", "康复科", "何医生", "", "13800000063", "治疗仪", 5, 12800, 6.4, "2026-5-8"],
    ]
    path = book(tmp_path / "销售.xlsx", head, rows)
    done = run(runtime, path)
    assert made(done) == {"customer": 2, "contact": 3, "product": 3, "order": 4, "order_line": 4}
    assert findings(done)["split.contacts"] == 1
    assert sorted(rows_of(runtime, "contact", "customer.name", "name", "department", "mobile")) == [
        ["市第一人民医院", "张主任", "骨科", "13800000061"], ["市第一人民医院", "李科长", "设备科", "13800000062"],
        ["滨江区中医院", "何医生", "康复科", "13800000063"],
    ]  # fmt: skip
    again = run(runtime, path)
    assert (again["created"], again["updated"]) == (0, 0)


def test_a_repair_that_is_charged_is_an_order_known_by_its_number(runtime: Runtime, tmp_path: Path) -> None:
    """Only the last repair of each car came in, as the remark of its owner."""
    head = ["工单号", "进厂日期", "车主", "联系电话", "维修项目", "工时费", "合计", "状态"]
    rows = [
        ["WX01", "2026-10-03 09:20", "李强", "13800000011", "更换机油", 80, 400, "已交车"],
        ["", "", "", "", "更换刹车片", 120, 480, ""],
        ["WX02", "2026-10-05", "沈亦舟", "13800000012", "补胎", 30, 30, "待交车"],
    ]
    done = run(runtime, book(tmp_path / "工单.xlsx", head, rows))
    assert sorted(rows_of(runtime, "order", "code", "customer.name", "amount")) == [
        ["WX01", "李强", "880.00"], ["WX02", "沈亦舟", "30.00"],
    ]  # fmt: skip
    assert (findings(done)["row.continued"], done["rejected"]) == (1, 0)
    assert fields_of(done)["状态"] is None, "no status of an order says 已交车"
    tickets = [["工单号", "日期", "客户", "问题描述", "状态"], ["T1", "2026-10-03", "李强", "漏水", "处理中"]]
    assert "order" not in made(run(runtime, write_sheets(tmp_path / "报修.xlsx", {"报修": tickets})))


@pytest.mark.parametrize("number", [["SH001", "SH002"], []])
def test_a_row_that_names_neither_customer_nor_order_goes_with_the_one_above(
    runtime: Runtime, tmp_path: Path, number: list[str]
) -> None:
    """A single such row was left out until somebody said that it goes on: nobody forgets all of these at once."""
    head = ["送货日期", *["送货单号"][: len(number)], "客户", "品名", "数量", "单价", "金额"]
    rows = [
        ["2026-10-06", *number[:1], "宏盛建筑工程有限公司", "膨胀螺丝", 20, 18.5, 370],
        ["", *["" for _ in number[:1]], "", "螺纹钢", 1.5, 4200, 6300],
        ["2026-10-07", *number[1:], "老王装修队", "角磨片", 50, 3.2, 160],
    ]
    done = run(runtime, book(tmp_path / "送货.xlsx", head, rows))
    assert (findings(done)["row.continued"], done["rejected"]) == (1, 0)
    expected = [("2026-10-06", "宏盛建筑工程有限公司", "6670.00"), ("2026-10-07", "老王装修队", "160.00")]
    assert orders_of(runtime) == expected


def test_days_without_a_year_are_of_the_year_in_the_title(runtime: Runtime, tmp_path: Path) -> None:
    """They were no dates, and a sheet of sales lost all its rows. Of the number 10.3 nobody knows: it may be 10.30."""
    rows = [
        ["10/6", "清心茶庄", "龙井", 1, 300],
        ["10月5日", "雅韵茶社", "龙井", 1, 300],
        ["9.12", "林晓岚", "龙井", 1, 300],
    ]
    sheet = [["诚信五金送货明细（2026年10月）"], HEAD, *rows, [10.3, "沈亦舟", "龙井", 1, 300]]
    done = run(runtime, write_sheets(tmp_path / "a.xlsx", {"明细": sheet}))
    assert orders_of(runtime) == [
        ("2026-09-12", "林晓岚", "300.00"), ("2026-10-05", "雅韵茶社", "300.00"), ("2026-10-06", "清心茶庄", "300.00"),
    ]  # fmt: skip
    told = findings(done)
    assert (told["date.year"], told["row.without_day"], told["date.invalid"]) == (3, 1, 1)
    (cell,) = next(one for one in done["findings"] if one["code"] == "date.invalid")["examples"]
    assert (cell["cell"], cell["text"]) == ("A6", "10.3")


@pytest.mark.parametrize("title", ["送货明细", "2025年12月至2026年1月送货明细", "电话 057120261234"])
def test_without_one_year_in_the_title_a_day_stays_open(runtime: Runtime, tmp_path: Path, title: str) -> None:
    sheet = [[title], HEAD, ["10/6", "清心茶庄", "龙井", 1, 300], ["2026-10-07", "清心茶庄", "龙井", 1, 300]]
    done = run(runtime, write_sheets(tmp_path / "a.xlsx", {"明细": sheet}))
    assert (orders_of(runtime), findings(done)["date.invalid"]) == ([("2026-10-07", "清心茶庄", "300.00")], 1)


def test_a_column_without_a_heading_stops_no_list_of_sales(runtime: Runtime, tmp_path: Path) -> None:
    """What stands in it was looked for among the columns with a heading, and the file could not be read."""
    rows = [[*row, "赠品" if n else ""] for n, row in enumerate(UNNUMBERED)]
    done = run(runtime, book(tmp_path / "a.xlsx", [*HEAD, ""], rows))
    assert (made(done)["order"], done["rejected"]) == (2, 0)
