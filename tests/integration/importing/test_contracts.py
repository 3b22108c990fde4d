"""Contracts, cases and consignments in lists of customers: each number is a record, and nothing of it is dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from kehu.core.jobs import pace
from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_layout_export import export
from tests.integration.importing.test_offices import fields_of, rows_of
from tests.support.sheets import cells_of, write_sheets

HEAD = ["客户名称", "电话", "合同编号", "合同额(万元)", "签约日期", "合同到期日"]
ROWS = [
    ["宏远物流有限公司", "13800000001", "2025-1-1", "12", "2025-01-05", "2026-01-04"],
    ["宏远物流有限公司", "13800000001", "2025-11", "3", "2025-02-05", "2026-02-04"],
    ["杭州鸿图建材有限公司", "13800000002", "", "5", "", ""],
]


def test_a_list_of_customers_brings_their_contracts(runtime: Runtime, tmp_path: Path) -> None:
    """合同编号 was told as derived and left out."""
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *ROWS]}))
    assert rows_of(runtime, "contract", "customer.name", "code", "name", "amount", "signed_on", "end_on") == [
        ["宏远物流有限公司", "2025-1-1", "2025-1-1", "120000.00", "2025-01-05", "2026-01-04"],
        ["宏远物流有限公司", "2025-11", "2025-11", "30000.00", "2025-02-05", "2026-02-04"],
    ]
    assert rows_of(runtime, "customer", "remark") == [[None], ["合同金额：50,000.00"]], "of no contract: the customer's"
    found = findings(done)
    assert (found["cell.unnamed"], "column.derived" in found, "row.differs" in found) == (1, False, False)
    open_fields = [
        one["column"] for one in done["findings"] if one["code"] == "required.missing" for one in one["examples"]
    ]
    assert "开始日期" in open_fields


def test_a_number_that_another_customer_has_is_told_and_the_row_comes_in_without_it(
    runtime: Runtime, tmp_path: Path
) -> None:
    """The row was told as rejected, and its customer came in all the same; the rehearsal of rows that lie far apart
    counted a contract for each."""
    rows = [[*ROWS[0]], [*ROWS[2][:2], "2025-1-1", "5", "", ""]]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *rows]}), entity="customer")
    assert (done["rejected"], done["by_entity"]["customer"]["created"], done["by_entity"]["contract"]["created"]) == (
        0, 2, 1,
    )  # fmt: skip
    (told,) = [one for one in done["findings"] if one["code"] == "value.invalid"]
    assert [(one["cell"], one["text"], one["why"]) for one in told["examples"]] == [
        ("C3", "2025-1-1", "这个值已经有别的记录用了，换一个")
    ]
    assert rows_of(runtime, "contract", "customer.name", "code") == [["宏远物流有限公司", "2025-1-1"]]


def test_contracts_go_out_as_they_came(runtime: Runtime, tmp_path: Path) -> None:
    """Each in a row of its own: of two of one customer only the first went out. And the file that went out changes
    nothing when it comes back."""
    head = [*HEAD, "累计金额", "联系人"]
    last = [*ROWS[2][:2], "HT-9", "5", "2025-03-05", "2026-03-04", 7, ""]
    rows = [[*ROWS[0], 900, "张师傅"], [*ROWS[1], "", ""], last]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [head, *rows]}), entity="customer")
    export(runtime, tmp_path / "again.xlsx", done["changeset"])
    cells = [[str(cell or "") for cell in row] for row in cells_of((tmp_path / "again.xlsx").read_bytes())]
    firm = ["宏远物流有限公司", "13800000001"]
    assert [[*row[:4], *row[6:]] for row in cells[1:]] == [
        [*firm, "2025-1-1", "12.0", "900.0", "张师傅"],
        [*firm, "2025-11", "3.0", "", "张师傅"],
        ["杭州鸿图建材有限公司", "13800000002", "HT-9", "5.0", "7.0", ""],
    ]
    back = run(runtime, tmp_path / "again.xlsx", entity="customer")
    assert (back["created"], back["updated"]) == (0, 0)
    assert back["by_entity"].get("contract", {"created": 0, "updated": 0}) == {"created": 0, "updated": 0}


def test_orders_go_out_with_their_own_contract_contact_and_address(runtime: Runtime, tmp_path: Path) -> None:
    """They went out with the first contract and contact of their customer."""
    firm = "宏远物流有限公司"
    grid = [
        ["订单编号", "合同编号", "客户名称", "联系人", "收货地址", "日期", "金额"],
        ["D001", "HT1", firm, "张师傅", "杭州市西湖区文三路9号", "2025-01-05", 20],
        ["D002", "HT2", firm, "刘会计", "绍兴市越城区解放路8号", "2025-01-09", 10],
    ]
    done = run(runtime, write_sheets(tmp_path / "订单.xlsx", {"订单": grid}), entity="order")
    export(runtime, tmp_path / "again.xlsx", done["changeset"], entity="order")
    cells = [[str(cell) for cell in row] for row in cells_of((tmp_path / "again.xlsx").read_bytes())]
    assert sorted(row[:5] for row in cells[1:]) == [row[:5] for row in grid[1:]]


def test_amounts_without_the_number_of_a_contract_are_offered_as_fields(runtime: Runtime, tmp_path: Path) -> None:
    grid = [[*HEAD[:2], *HEAD[3:]], *([*row[:2], *row[3:]] for row in ROWS[1:])]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), entity="customer")
    assert fields_of(done) == {
        "客户名称": "name", "电话": "mobile", "合同额(万元)": None, "签约日期": "cooperation_start", "合同到期日": None
    }  # fmt: skip
    offered = {one["source"]: one.get("new_field") for sheet in done["sheets"] for one in sheet["columns"]}
    assert (offered["合同额(万元)"], offered["合同到期日"]) == ("money", "date")


def test_an_order_of_a_contract_belongs_to_it(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["合同编号", "客户名称", "日期", "产品名称", "数量", "金额"],
        ["HT1", "宏远物流有限公司", "2025-01-05", "轮胎", 2, 20],
        ["HT1", "宏远物流有限公司", "2025-01-05", "机油", 1, 10],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "订单.xlsx", {"订单": grid}), entity="order")
    assert rows_of(runtime, "order", "amount", "contract.code") == [["30.00", "HT1"]]


@pytest.mark.parametrize("apart", [False, True])
def test_of_the_contracts_that_lines_of_an_order_name_the_others_are_told(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apart: bool
) -> None:
    """The second contract was made, and stood at no order without a word; so were contacts and addresses."""
    if apart:
        for name in ("FIRST", "FEWEST", "MOST"):
            monkeypatch.setattr(pace, name, 1)
    firm = "宏远物流有限公司"
    grid = [
        ["订单编号", "合同编号", "客户名称", "联系人", "收货地址", "日期", "产品名称", "数量", "金额"],
        ["D001", "HT1", firm, "张师傅", "杭州市西湖区文三路9号", "2025-01-05", "轮胎", 2, 20],
        ["D001", "HT2", firm, "刘会计", "杭州市西湖区文三路9号", "2025-01-05", "机油", 1, 10],
        ["D001", "", firm, "张师傅", "绍兴市越城区解放路8号", "2025-01-05", "滤芯", 1, 5],
        ["D002", "HT2", firm, "刘会计", "绍兴市越城区解放路8号", "2025-01-09", "机油", 1, 10],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "订单.xlsx", {"订单": grid}), entity="order")
    (told,) = [one for one in done["findings"] if one["code"] == "row.differs"]
    assert [(one["cell"], one["text"], one["why"]) for one in told["examples"]] == [
        ("B3", "HT2", "同一条的第 2 行写着「HT1」，用了那一行的"),
        ("D3", "刘会计", "同一条的第 2 行写着「张师傅」，用了那一行的"),
        ("E4", "绍兴市越城区解放路8号", "同一条的第 2 行写着「杭州市西湖区文三路9号」，用了那一行的"),
    ]
    assert rows_of(runtime, "order", "code", "contract.code", "contact.name", "delivery_address.detail") == [
        ["D001", "HT1", "张师傅", "杭州市西湖区文三路9号"], ["D002", "HT2", "刘会计", "绍兴市越城区解放路8号"],
    ]  # fmt: skip
    assert rows_of(runtime, "contract", "customer.name", "code") == [[firm, "HT1"], [firm, "HT2"]]


def test_cases_of_a_law_firm_are_orders_with_all_that_is_said_of_them(runtime: Runtime, tmp_path: Path) -> None:
    """They were one customer each client, of which nothing else came in."""
    grid = [
        ["案号", "委托人", "对方当事人", "案由", "收案日期", "律师费", "开庭时间"],
        [
            "(2025)浙0106民初123号",
            "宏远物流有限公司",
            "鸿图建材",
            "买卖合同纠纷",
            "2025-03-01",
            "30000",
            "2025-05-06 09:30",
        ],
        ["(2025)浙0106民初456号", "周伟", "李娜", "民间借贷纠纷", "2025-03-08", "8000", "2025-06-06 14:00"],
        ["(2025)浙0106民初789号", "宏远物流有限公司", "张三", "劳动争议", "2025-04-01", "5000", ""],
    ]
    path = write_sheets(tmp_path / "案件.xlsx", {"案件": grid})
    told = run(runtime, path, dry=True)
    assert findings(told) == {"column.unmapped": 3, "money.unit_assumed": 1, "split.cases": 1}
    done = run(runtime, path, create_fields=True)
    assert done["by_entity"]["order"]["created"] == 3
    made = fields_of(done)
    select = ["code", "customer.name", "amount", *(str(made[key]) for key in ("对方当事人", "案由", "开庭时间"))]
    assert rows_of(runtime, "order", *select) == [
        [
            "(2025)浙0106民初123号",
            "宏远物流有限公司",
            "30000.00",
            "鸿图建材",
            "买卖合同纠纷",
            "2025-05-06T01:30:00.000Z",
        ],
        ["(2025)浙0106民初456号", "周伟", "8000.00", "李娜", "民间借贷纠纷", "2025-06-06T06:00:00.000Z"],
        ["(2025)浙0106民初789号", "宏远物流有限公司", "5000.00", "张三", "劳动争议", None],
    ]


def test_containers_of_one_bill_of_lading_stand_below_each_other(runtime: Runtime, tmp_path: Path) -> None:
    """A field that is made of a column of which one record has several texts holds all of them."""
    grid = [
        ["提单号", "柜号", "委托客户", "开船日", "目的港"],
        ["COSU6123456780", "CSNU1234567", "宏远物流有限公司", "2025-03-01", "洛杉矶"],
        ["COSU6123456780", "CSNU1234568", "宏远物流有限公司", "2025-03-01", "洛杉矶"],
        ["MAEU6123456782", "MSKU1234569", "杭州鸿图建材有限公司", "2025-03-08", "鹿特丹"],
    ]
    path = write_sheets(tmp_path / "货代.xlsx", {"货代": grid})
    done = run(runtime, path, create_fields=True)
    assert rows_of(runtime, "order", "code", str(fields_of(done)["柜号"])) == [
        ["COSU6123456780", "CSNU1234567\nCSNU1234568"],
        ["MAEU6123456782", "MSKU1234569"],
    ]
    again = run(runtime, path)
    assert (again["created"], again["updated"]) == (0, 0)
