"""Tables of the old kind: a name stands only in the first of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import python_calamine

from kehu.features.importing import service
from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import rows_of
from tests.support.ledger_state import BOSS
from tests.support.sheets import write_sheets

HEAD = ["客户名称", "等级", "联系人", "职务", "电话", "跟进日期", "跟进内容"]
FIRMS = [
    HEAD,
    ["浙江大学", "A", "王老师", "采购", "13800000121", "2025-03-01", "介绍新品"],
    ["", "", "李老师", "财务", "13800000122", "", ""],
    ["", "", "", "", "", "2025-03-09", "报价"],
    ["杭州微明花店", "B", "沈亦舟", "", "13800000123", "", ""],
]
ORDERS = [
    ["客户名称", "订单编号", "日期", "产品名称", "数量"],
    ["绍兴黄酒铺", "D001", "2025-03-05", "花雕", 6],
    ["", "", "", "加饭", 2],
    ["", "D002", "2025-03-08", "花雕", 1],
    ["宁波五金厂", "D003", "2025-03-09", "扳手", 2],
    ["", "", "", "锤子", 1],
]


def examples(result: dict[str, Any], code: str) -> list[tuple[str, str]]:
    found = next(one for one in result["findings"] if one["code"] == code)
    return [(one["cell"], one["text"]) for one in found["examples"]]


def test_rows_below_a_firm_are_its_contacts_and_visits(runtime: Runtime, tmp_path: Path) -> None:
    """They were rejected, as rows without a name."""
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": FIRMS}))
    assert (done["rows"]["merged"], done["rejected"]) == (2, 0)
    assert findings(done)["row.continued"] == 2
    assert examples(done, "row.continued") == [("A3", "浙江大学"), ("A4", "浙江大学")]
    assert rows_of(runtime, "contact", "customer.name", "name", "position", "mobile") == [
        ["浙江大学", "王老师", "采购", "13800000121"],
        ["浙江大学", "李老师", "财务", "13800000122"],
        ["杭州微明花店", "沈亦舟", None, "13800000123"],
    ]
    assert rows_of(runtime, "interaction", "customer.name", "content") == [
        ["浙江大学", "介绍新品"],
        ["浙江大学", "报价"],
    ]
    assert [row[0] for row in rows_of(runtime, "customer", "name")] == ["浙江大学", "杭州微明花店"]


def test_what_tells_firms_apart_is_filled_down_with_their_name(runtime: Runtime, tmp_path: Path) -> None:
    head = ["单位名称", "税号", "联系人", "手机"]
    people = [["", "", "周敏", "13800000252"], ["", "", "何静怡", "13800000253"]]
    grid = [head, ["宁波五金厂", "91330206MA2AF12346", "李强", "13800000251"], *people]
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert [row[0] for row in rows_of(runtime, "customer", "name")] == ["宁波五金厂"]
    assert rows_of(runtime, "contact", "name", "mobile") == [
        ["李强", "13800000251"],
        ["周敏", "13800000252"],
        ["何静怡", "13800000253"],
    ]


def test_people_may_say_that_they_continue_nothing(runtime: Runtime, tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": FIRMS})
    told = run(runtime, path, entity="customer", dry=True, fill_down={"客户": False})
    assert (told["rejected"], findings(told)["row.without_name"]) == (2, 2)
    assert "row.continued" not in findings(told)


@pytest.mark.parametrize(
    "row",
    [
        ["", "C", "周敏", "", "13800000124", "", ""],  # says something of a firm: its name was forgotten
        ["", "", "", "", "13800000124", "", ""],  # a number of nobody
    ],
)
def test_a_forgotten_name_is_not_that_of_the_row_above(runtime: Runtime, tmp_path: Path, row: list[str]) -> None:
    told = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [*FIRMS, row]}), entity="customer", dry=True)
    assert (told["rejected"], findings(told)["row.without_name"], findings(told)["row.continued"]) == (1, 1, 2)


WHOLE = ["客户名称", "等级", "联系人", "电话", "地址"]


def customers(count: int) -> list[list[str]]:
    """Rows of a list in which each customer takes one."""
    return [
        [f"杭州第{n}面馆", "AB"[n % 2], f"陈老板{n}", f"138000{n:05d}", f"杭州市西湖区文三路{n}号"]
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("count", "without", "forgotten"),
    [
        (8, (1,), (5,)),  # no column but the name is the customer's own
        (8, (1,), (2, 6)),
        (9, (), (4,)),
        (120, (), (40, 80)),
    ],
)
def test_who_forgot_a_name_means_no_more_of_the_customer_above(
    runtime: Runtime, tmp_path: Path, count: int, without: tuple[int, ...], forgotten: tuple[int, ...]
) -> None:
    """His contact, phone and address went to the customer above."""
    rows = customers(count)
    for at in forgotten:
        rows[at][:2] = "", ""
    grid = [[text for at, text in enumerate(row) if at not in without] for row in (WHOLE, *rows)]
    told = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), entity="customer", dry=True)
    assert (told["rejected"], findings(told)["row.continues"]) == (len(forgotten), len(forgotten))
    assert "row.continued" not in findings(told)


def test_who_writes_what_only_named_rows_say_is_somebody_else_with_all_below_him(
    runtime: Runtime, tmp_path: Path
) -> None:
    """Among blocks, too: the row with an address of its own has lost its name, and the contact below it is not of the
    firm above."""
    blocks = [
        row
        for n in range(1, 5)
        for row in (
            [f"杭州第{n}面馆", "A", f"陈老板{n}", f"1380000{n}001", f"杭州市西湖区文三路{n}号"],
            *(["", "", f"店长{n}{k}", f"1380000{n}1{k:02d}", ""] for k in range(3)),
        )
    ]
    lost = [["", "", "沈亦舟", "13800009001", "绍兴市越城区解放路8号"], ["", "", "顾长青", "13800009002", ""]]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [WHOLE, *blocks, *lost]})
    told = run(runtime, path, entity="customer", dry=True)
    assert (told["rejected"], findings(told)["row.continued"]) == (2, 12)
    assert examples(told, "row.continues") == [("A18", "杭州第4面馆"), ("A19", "杭州第4面馆")]


@pytest.mark.parametrize("total", [["", "", "", "", 12, 11730], ["", "", "2025-03-31", "", "", 11730]])
def test_sums_below_a_list_are_no_line_of_its_last_order(
    runtime: Runtime, tmp_path: Path, total: list[str | int]
) -> None:
    """A row of totals that does not say so came in as a line, or was told as filled and rejected all the same."""
    grid = [
        ["客户名称", "订单编号", "日期", "产品名称", "数量", "金额"],
        ["绍兴黄酒铺", "D001", "2025-03-05", "花雕", 6, 5000],
        ["", "", "", "加饭", 2, 1730],
        ["宁波五金厂", "D003", "2025-03-09", "扳手", 2, 3000],
        ["", "", "", "锤子", 2, 2000],
        total,
    ]
    path = write_sheets(tmp_path / "订单.xlsx", {"订单": grid})
    done = run(runtime, path, entity="order")
    assert (done["rejected"], findings(done)["row.continued"]) == (1, 2)
    assert [row[0] for row in rows_of(runtime, "order_line", "description")] == ["花雕", "加饭", "扳手", "锤子"]
    said = run(runtime, path, entity="order", dry=True, fill_down={"订单": True})
    assert (said["rejected"], findings(said)["row.continued"]) == (1, 2)


def test_what_does_not_come_in_is_not_told_as_filled(runtime: Runtime, tmp_path: Path) -> None:
    """An address hangs on the customer; in a list of orders it is rejected, and was told as filled."""
    grid = [
        ["客户名称", "订单编号", "日期", "金额", "地址"],
        ["绍兴黄酒铺", "D001", "2025-03-05", 500, "绍兴市越城区解放路8号"],
        ["", "", "", "", "绍兴市越城区胜利路2号"],
        ["宁波五金厂", "D003", "2025-03-09", 300, "宁波市海曙区中山路1号"],
        ["", "", "", "", "宁波市海曙区药行街3号"],
    ]
    path = write_sheets(tmp_path / "订单.xlsx", {"订单": grid})
    told = run(runtime, path, entity="order", dry=True)
    assert told["rejected"] == 2
    assert not {"row.continued", "row.continues"} & findings(told).keys()


@pytest.mark.parametrize("name", ["客户.xlsx", "客户.csv"])
def test_rows_of_a_block_come_in_again_when_they_are_corrected(runtime: Runtime, tmp_path: Path, name: str) -> None:
    """Alone they had lost the name above them, in the user's own file and in a new table."""
    grid = [list(row) for row in FIRMS]
    grid[2][4] = "1380000012"
    path = tmp_path / name
    if path.suffix == ".csv":
        path.write_text("\n".join(",".join(row) for row in grid), encoding="utf-8-sig")
    else:
        write_sheets(path, {"客户": grid})
    done = run(runtime, path, entity="customer")
    with runtime.read(BOSS) as ctx:
        book = service.error_rows(ctx, done["id"])
    assert book is not None
    out = tmp_path / book[0]
    out.write_bytes(book[1])
    lines = python_calamine.CalamineWorkbook.from_path(str(out)).get_sheet_by_index(0).to_python()
    assert [row[:5] for row in lines[1:]] == [["浙江大学", "", "李老师", "财务", "1380000012"]]
    lines[1][4] = "13800000122"
    again = run(runtime, write_sheets(out, {"客户": lines}), entity="customer")
    assert again["rejected"] == 0
    assert rows_of(runtime, "contact", "customer.name", "name", "mobile")[:2] == [
        ["浙江大学", "王老师", "13800000121"],
        ["浙江大学", "李老师", "13800000122"],
    ]
    assert len(rows_of(runtime, "contact", "name")) == 3


def test_one_open_name_in_a_long_list_of_names_and_contacts_is_only_offered(runtime: Runtime, tmp_path: Path) -> None:
    rows = [[f"杭州第{n}面馆", f"陈老板{n}", f"138000{n:05d}"] for n in range(40)]
    rows[17][0] = ""
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [["客户名称", "联系人", "电话"], *rows]})
    told = run(runtime, path, entity="customer", dry=True)
    assert (told["rejected"], examples(told, "row.continues")) == (1, [("A19", "杭州第16面馆")])
    taken = run(runtime, path, entity="customer", dry=True, fill_down={"客户": True})
    assert (taken["rejected"], findings(taken)["row.continued"]) == (0, 1)


def test_who_writes_names_again_has_left_others_open_for_another_reason(runtime: Runtime, tmp_path: Path) -> None:
    rows = [
        ["绍兴黄酒铺", "王芳"],
        ["绍兴黄酒铺", "周敏"],
        ["", "李强"],
        ["宁波五金厂", "顾长青"],
        ["宁波五金厂", "何静怡"],
    ]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [["客户名称", "联系人"], *rows]})
    told = run(runtime, path, entity="customer", dry=True)
    assert told["rejected"] == 1
    assert not {"row.continued", "row.continues"} & findings(told).keys()


def test_lines_below_an_order_are_its_lines(runtime: Runtime, tmp_path: Path) -> None:
    """An order with a number of its own and no customer may be anybody's: that is only offered."""
    path = write_sheets(tmp_path / "订单.xlsx", {"订单": ORDERS})
    done = comes_in_once(runtime, path, entity="order")
    assert findings(done)["row.continued"] == 2
    assert examples(done, "row.continues") == [("A4", "绍兴黄酒铺")]
    found = rows_of(runtime, "order_line", "order.code", "order.customer.name", "description", "quantity")
    assert found == [
        ["D001", "绍兴黄酒铺", "花雕", 6], ["D001", "绍兴黄酒铺", "加饭", 2],
        ["D003", "宁波五金厂", "扳手", 2], ["D003", "宁波五金厂", "锤子", 1],
    ]  # fmt: skip
    run(runtime, path, entity="order", fill_down={"订单": True})
    assert rows_of(runtime, "order", "code", "customer.name")[-1] == ["D002", "绍兴黄酒铺"]


def test_ditto_is_what_stands_above(runtime: Runtime, tmp_path: Path) -> None:
    """A firm came in whose name was 同上."""
    grid = [
        ["客户名称", "联系人", "地址"],
        ["绍兴黄酒铺", "王芳", "绍兴市越城区解放路8号"],
        ["同上", "周敏", "〃"],
        ["", "", ""],
        ["同上", "李强", ""],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert (findings(done)["cell.ditto"], done["rejected"]) == (2, 1)
    assert [row[0] for row in rows_of(runtime, "customer", "name")] == ["绍兴黄酒铺"]
    assert rows_of(runtime, "contact", "name") == [["王芳"], ["周敏"]]
    assert rows_of(runtime, "address", "detail") == [["绍兴市越城区解放路8号"]]


def test_ditto_is_read_far_below_the_first_rows(runtime: Runtime, tmp_path: Path) -> None:
    """Who began to write it in row 62 had an address of that text."""
    rows = [[row[0], row[4]] for row in customers(70)]
    rows[60][1] = "同上"
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [["客户名称", "地址"], *rows]})
    done = run(runtime, path, entity="customer")
    assert findings(done)["cell.ditto"] == 1
    assert rows_of(runtime, "address", "detail")[60] == ["杭州市西湖区文三路60号"]


def test_what_was_said_is_told_again(runtime: Runtime, tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": FIRMS})
    with runtime.write(BOSS) as ctx:
        id = service.create(ctx, path.read_bytes(), path.name, {"entity": "customer"})
    runtime.runner().run_all()
    with runtime.write(BOSS) as ctx:
        service.configure(ctx, id, {"fill_down": {"客户": False}})
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        assert service.status(ctx, id)["options"]["fill_down"] == {"客户": False}
        assert (service.report(ctx, id) or {})["rejected"] == 2
    with runtime.write(BOSS) as ctx:
        service.configure(ctx, id, {"fill_down": {}})  # taken back
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        assert (service.report(ctx, id) or {})["rejected"] == 0
