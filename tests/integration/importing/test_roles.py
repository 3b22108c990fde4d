"""Who may not make what a file brings along gets the rest in, and is told what stays out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kehu.base.schema.model import Label
from kehu.core.access import permissions
from kehu.core.access.roles import RECORD_ACTIONS, ROLES, Role
from kehu.core.accounts import service as accounts
from kehu.core.accounts.service import add_account
from kehu.core.context import Actor
from kehu.features.importing import service
from kehu.runtime import Runtime
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import fields_of, rows_of
from tests.support.ledger_state import BOSS
from tests.support.sheets import write_sheets

HEAD = ["客户名称", "等级", "联系人", "联系电话", "收货地址", "合同编号", "合同额", "跟进日期", "跟进内容", "备注"]
ROWS = [
    ["宏远物流有限公司", "A", "张师傅", "13800000001", "杭州市文三路9号", "HT1", "1000", "2025-03-01", "报价", "月结"],
    ["杭州鸿图建材有限公司", "B", "", "", "", "HT2", "500", "", "", ""],
]
COLUMNS = {
    "contact": ["联系人"],
    "address": ["收货地址"],
    "contract": ["合同编号", "合同额"],
    "interaction": ["跟进日期", "跟进内容"],
}
Allowing = Callable[..., Actor]


def somebody(runtime: Runtime, name: str, role: str) -> Actor:
    with runtime.write(BOSS) as ctx:
        account = add_account(ctx, name, [role], password=None)
    return Actor("user", account.id, account.name, account.roles)


@pytest.fixture
def clerk(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> Allowing:
    """Somebody who may write all kinds of records but some."""

    def make(*but: str) -> Actor:
        with runtime.read(BOSS) as ctx:
            edits = frozenset(ctx.catalog.entities) - {*but}
        role = Role("_".join(("clerk", *but)), Label("文员", "Clerk"), "all", RECORD_ACTIONS, edits=edits)
        for module in (permissions, accounts):
            monkeypatch.setattr(module, "ROLES", {**ROLES, role.key: role})
        return somebody(runtime, "文员", role.key)

    return make


@pytest.mark.parametrize("entity", list(COLUMNS))
def test_columns_of_records_that_one_may_not_make_are_told_and_the_rest_comes_in(
    runtime: Runtime, tmp_path: Path, clerk: Allowing, entity: str
) -> None:
    """Contacts, addresses and follow-ups stayed out without a word; the number of a contract was called unknown, and
    offered as a new field."""
    who = clerk(entity)
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *ROWS]})
    for told in (run(runtime, path, who, entity="customer", dry=True), run(runtime, path, who, entity="customer")):
        (found,) = [one for one in told["findings"] if one["code"] == "column.not_allowed"]
        assert [one["column"] for one in found["examples"]] == COLUMNS[entity]
        assert "column.unmapped" not in findings(told)
        assert entity not in told["by_entity"]
    assert all(fields_of(told)[name] is None for name in COLUMNS[entity])
    assert not any("new_field" in one for sheet in told["sheets"] for one in sheet["columns"])
    assert rows_of(runtime, "customer", "name", "grade", "remark") == [
        ["宏远物流有限公司", "a", "月结"], ["杭州鸿图建材有限公司", "b", None],
    ]  # fmt: skip
    made = {key for key in COLUMNS if rows_of(runtime, key, "customer")}
    assert made == COLUMNS.keys() - {entity}


def test_who_says_where_such_a_column_goes_is_told_too(runtime: Runtime, tmp_path: Path, clerk: Allowing) -> None:
    who = clerk("contact")
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD, *ROWS]})
    done = run(runtime, path, who, entity="customer", map={"联系人": "contacts.name"})
    assert findings(done)["column.not_allowed"] == 1
    assert rows_of(runtime, "contact", "name") == []


def test_somebody_in_a_cell_of_names_whom_one_may_not_make_is_told(
    runtime: Runtime, tmp_path: Path, clerk: Allowing
) -> None:
    who = clerk("contact")
    grid = [["客户名称", "备注"], ["宏远物流有限公司（张师傅）", "月结"], ["杭州鸿图建材有限公司", ""]]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), who, entity="customer")
    (found,) = [one for one in done["findings"] if one["code"] == "row.not_allowed"]
    assert [(one["row"], one["column"], one["text"]) for one in found["examples"]] == [(2, "联系人", "张师傅")]


def test_a_field_that_a_role_does_not_see_is_told(runtime: Runtime, tmp_path: Path) -> None:
    """Sales do not see 信用额度; the column was read, and gone."""
    sales = somebody(runtime, "小王", "sales")
    grid = [["客户名称", "信用额度"], ["宏远物流有限公司", "10000"]]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), sales, entity="customer")
    assert (findings(done)["column.not_allowed"], done["created"]) == (1, 1)


def test_who_may_not_make_customers_still_says_whose_an_order_is(
    runtime: Runtime, tmp_path: Path, clerk: Allowing
) -> None:
    """The column was dropped, and every order rejected."""
    run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": [HEAD[:2], ROWS[0][:2]]}), entity="customer")
    who = clerk("customer", "product")
    grid = [
        ["订单编号", "客户名称", "日期", "产品名称", "数量", "金额"],
        ["D001", "宏远物流有限公司", "2025-01-05", "轮胎", 2, 20],
        ["D002", "没有的公司", "2025-01-06", "轮胎", 2, 20],
    ]
    path = write_sheets(tmp_path / "订单.xlsx", {"订单": grid})
    done = run(runtime, path, who, entity="order")
    assert rows_of(runtime, "order", "code", "customer.name") == [["D001", "宏远物流有限公司"]]
    assert rows_of(runtime, "order_line", "description", "quantity", "product") == [["轮胎", 2, None]]
    assert (done["rejected"], findings(done)["relation.unmatched"]) == (1, 3), "a customer, and two times the goods"
    assert [row[0] for row in rows_of(runtime, "customer", "name")] == ["宏远物流有限公司"]
    assert rows_of(runtime, "product", "name") == []


def test_who_may_not_make_orders_imports_none(runtime: Runtime, tmp_path: Path, clerk: Allowing) -> None:
    who = clerk("order")
    grid = [["订单编号", "客户名称", "日期", "金额"], ["D001", "宏远物流有限公司", "2025-01-05", 20]]
    path = write_sheets(tmp_path / "订单.xlsx", {"订单": grid})
    with runtime.write(who) as ctx:
        id = service.create(ctx, path.read_bytes(), path.name, {"entity": "order"})
    runtime.runner().run_all()
    with runtime.read(who) as ctx:
        assert service.status(ctx, id)["error"]["code"] == "import.no_entity"
    assert rows_of(runtime, "order", "code") == []
