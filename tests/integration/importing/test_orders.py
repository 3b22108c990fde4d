"""Several kinds of records in one row: orders with customers, lines and products (issue 4, part 3)."""

from __future__ import annotations

import csv
import lzma
from collections import Counter, defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu.core.jobs import pace
from kehu.core.records import read, undo, write
from kehu.features.importing import desk, service
from kehu.features.verification.service import verify
from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings, run, write_csv
from tests.integration.importing.test_offices import rows_of
from tests.support.ledger_state import BOSS, content_of
from tests.support.sheets import write_sheets

HEAD = ["订单编号", "订单日期", "客户编号", "客户名称", "产品编号", "产品名称", "数量", "单价", "金额"]
ROWS = [
    ["A1", "2026-03-02", "KH1", "上海宏远贸易有限公司", "P1", "护发精油", "2", "39.5", "79"],
    ["A1", "2026-03-02", "KH1", "上海宏远贸易有限公司", "P2", "围布", "10", "6", "60"],
    ["A2", "2026-03-05", "KH2", "林晓岚", "P1", "护发精油", "1", "39.5", "39.5"],
    ["A2", "2026-03-05", "KH2", "林晓岚", "P1", "护发精油", "1", "39.5", "39.5"],
]


def take_back(runtime: Runtime, *results: dict[str, Any]) -> None:
    """Undo imports, the last first."""
    for result in reversed(results):
        with runtime.write(BOSS) as ctx:
            told = undo.undo(ctx, result["changeset"])
        runtime.runner().run_all()
        assert told.get("conflicts", []) == []


def made(result: dict[str, Any]) -> dict[str, int]:
    return {entity: numbers["created"] for entity, numbers in result["by_entity"].items()}


def figures(runtime: Runtime, entity: str, body: dict[str, Any]) -> list[list[Any]]:
    with runtime.read(BOSS) as ctx:
        found: list[list[Any]] = orjson.loads(read.aggregate(ctx, entity, body))["rows"]
    return found


def test_issue_4_3_the_supermarket_is_split_by_keys_that_the_report_explains(
    runtime: Runtime, database_kind: str, sample_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole workbook on SQLite; on PostgreSQL its first orders, which go again. The figures are counted here."""
    monkeypatch.setattr(pace, "FEWEST", 2_000)  # nobody waits here
    before = content_of(runtime)
    path = sample_files / "orders_cn" / "示例 - 超市.xls"
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    head, *rows = book.get_sheet_by_name("订单").to_python()
    back = {row[0] for row in book.get_sheet_by_name("退货").to_python()[1:]}
    whole = database_kind == "sqlite"
    if not whole:
        rows, back = rows[:700], {row[1] for row in rows[:200]}
        path = write_sheets(
            tmp_path / "超市.xlsx", {"订单": [head, *rows], "退货": [["订单 ID", "退回"], *([n, "是"] for n in back)]}
        )
    number, day, customer, city, province, product, name, worth = (
        head.index(one)
        for one in ("订单 ID", "订单日期", "客户 ID", "城市", "省/自治区", "产品 ID", "产品名称", "销售额")
    )
    exact = [Decimal(f"{row[worth]:.15g}") for row in rows]  # what Excel shows
    kept = [one.quantize(Decimal("0.01"), ROUND_HALF_UP) for one in exact]
    numbers, names = defaultdict(set), defaultdict(set)
    for row in rows:
        numbers[row[number]].add(row[customer])
        names[row[product]].add(row[name])
    shared = sum(len(of) > 1 for of in numbers.values())
    orders = {(row[number], row[customer], row[day]) for row in rows}
    counted = {
        "customer": len({row[customer] for row in rows}), "product": len(names), "order": len(orders),
        "order_line": len(rows),
    }  # fmt: skip
    rounded, differ = sum(a != b for a, b in zip(exact, kept, strict=True)), sum(len(of) > 1 for of in names.values())
    if whole:  # what the issue says
        assert counted == {"customer": 771, "product": 1955, "order": 4963, "order_line": 9959}
        assert (len(numbers), shared, differ, rounded, len(back)) == (2770, 1401, 22, 1892, 296)
        assert (sum(kept), sum(exact)) == (Decimal("16068954.29"), Decimal("16068954.125"))

    first = run(runtime, path, entity="order")
    assert (made(first), first["updated"], first["rejected"]) == (counted, 0, 0)
    sheet, returned = first["sheets"]
    fields = {column["source"]: column["field"] for column in sheet["columns"]}
    assert (fields["订单 ID"], fields["城市"], fields["省/自治区"]) == ("external_code", "destination", "destination")
    assert {part["path"]: part["key"] for part in sheet["parts"] if part["key"]} == {
        "": ["external_code", "customer", "ordered_on"], "customer": ["code"],
        "lines": ["product"], "lines.product": ["code"],
    }  # fmt: skip
    assert returned["parts"][0]["key"] == ["external_code"]
    told = {one["code"]: one for one in first["findings"]}
    assert told["split.number_shared"]["count"] == shared
    assert told["split.number_shared"]["message"].startswith(f"{len(numbers)} 个「订单 ID」里有 {shared} 个")
    assert "订单 ID、客户 ID、订单日期" in told["split.number_shared"]["message"]
    assert told.get("split.differs", {"count": 0})["count"] == differ
    assert told["money.rounded"]["count"] == rounded
    sums = told["money.rounded"]["examples"][0]
    assert (sums["kept"], Decimal(sums["exact"])) == (f"{sum(kept):.2f}", sum(exact))
    total = {"measures": [{"op": "sum", "field": "amount"}, {"op": "count"}]}
    assert figures(runtime, "order_line", total) == [[f"{sum(kept):.2f}", len(rows)]]
    marked = {row[0]: row[2] for row in figures(runtime, "order", total | {"group": [{"field": "status"}]})}
    assert marked["returned"] == sum(one[0] in back for one in orders)
    one = rows[0]
    where = {"field": "external_code", "op": "eq", "value": one[number]}
    with runtime.read(BOSS) as ctx:
        found = [r[2:] for r in read.rows(ctx, "order", {"select": ["customer.code", "destination"], "where": where})]
    assert [one[customer], one[province] + one[city]] in found
    if whole:
        return  # a minute of everybody's day: 17,648 records there and back again
    again = run(runtime, path)
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)
    take_back(runtime, first, again)
    assert content_of(runtime) == before


@pytest.mark.parametrize("entity", ["customer", "order_line"])
def test_it_does_not_matter_what_a_sheet_of_orders_is_taken_for(runtime: Runtime, tmp_path: Path, entity: str) -> None:
    before = content_of(runtime)
    path = write_csv(tmp_path / "订单.csv", ROWS, HEAD)
    dry = run(runtime, path, entity=entity, dry=True)
    with runtime.read(BOSS) as ctx:
        (sheet,) = service.status(ctx, dry["id"])["sheets"]
    offered = {one["key"]: one["label"] for one in sheet["targets"]}
    assert {column["field"] for column in sheet["columns"]} <= offered.keys()
    assert "产品/服务 · 产品编号" in offered.values()
    done = run(runtime, path, entity=entity)
    assert made(dry) == made(done) == {"customer": 2, "product": 2, "order": 2, "order_line": 4}
    assert figures(runtime, "order", {"measures": [{"op": "sum", "field": "amount"}]}) == [["218.00"]]
    again = run(runtime, path, entity="order")
    assert (again["created"], again["updated"]) == (0, 0)
    with runtime.read(BOSS) as ctx:
        assert [row[2] for row in read.rows(ctx, "order", {"select": ["code"]})] == ["A1", "A2"]
        assert verify(ctx)["ok"]
    take_back(runtime, done, again)
    assert content_of(runtime) == before


@pytest.mark.parametrize("entity", ["order", "customer"])
def test_issue4_3_contact_and_address_of_an_order_sheet_come_along(
    runtime: Runtime, tmp_path: Path, entity: str
) -> None:
    head = ["单号", "日期", "客户", "联系人", "联系人电话", "收货地址", "品名", "数量", "金额"]
    rows = [
        [
            "XS1",
            "2026-10-01",
            "杭州西湖茶庄",
            "王芳",
            "0571-87654321",
            "杭州市西湖区龙井路1号",
            "西湖龙井",
            "10",
            "1280",
        ],
        [
            "XS1",
            "2026-10-01",
            "杭州西湖茶庄",
            "王芳",
            "0571-87654321",
            "杭州市西湖区龙井路1号",
            "九曲红梅",
            "5",
            "442.5",
        ],
        ["XS2", "2026-10-02", "杭州西湖茶庄", "李强", "13912345678", "杭州市上城区河坊街12号", "西湖龙井", "2", "256"],
        ["XS3", "2026-10-03", "绍兴酒铺", "", "", "", "安吉白茶", "1", "128"],
    ]
    before = content_of(runtime)
    path = write_csv(tmp_path / "十月.csv", rows, head)
    result = run(runtime, path, entity=entity)
    assert made(result) == {"customer": 2, "contact": 2, "address": 2, "order": 3, "product": 3, "order_line": 4}
    assert "relation.unmatched" not in findings(result)
    select = ["code", "contact.name", "contact.mobile", "contact.office_phone", "delivery_address.detail"]
    with runtime.read(BOSS) as ctx:
        got = sorted(row[2:] for row in read.rows(ctx, "order", {"select": select}))
    assert got == [
        ["XS1", "王芳", None, "0571-87654321", "杭州市西湖区龙井路1号"],
        ["XS2", "李强", "13912345678", None, "杭州市上城区河坊街12号"],
        ["XS3", None, None, None, None],
    ]
    take_back(runtime, result)
    assert content_of(runtime) == before
    run(runtime, path, entity=entity)
    with runtime.write(BOSS) as ctx:
        orders = {row[2]: row[0] for row in read.rows(ctx, "order", {"select": ["code"]})}
        people = {row[2]: row[0] for row in read.rows(ctx, "contact", {"select": ["name"]})}
        write.update(ctx, "order", orders["XS1"], {"contact": people["李强"]})
    again = run(runtime, path, entity=entity)
    assert (again["created"], again["updated"]) == (0, 0), "whom somebody has chosen since stays"


def test_names_that_match_nobody_are_told_and_kept(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "手机", "负责人"]
    rows = [["林晓岚", "13800000008", "查无此人"], ["周明远", "13800000010", BOSS.label]]
    result = run(runtime, write_csv(tmp_path / "客户.csv", rows, head), entity="customer")
    (told,) = [one for one in result["findings"] if one["code"] == "relation.unmatched"]
    assert told["examples"][0] == {
        "sheet": "客户", "row": 2, "cell": "C2", "column": "负责人", "text": "查无此人",
        "field": "owner", "why": "台账里没有叫「查无此人」的，或不止一个",
    }  # fmt: skip
    orders = [["A1", "林晓岚", "10"], ["A2", "周小远", "20"]]
    path = write_csv(tmp_path / "订单.csv", orders, ["订单编号", "客户", "金额"])
    second = run(runtime, path, entity="order")
    assert (made(second), second["rejected"]) == ({"order": 1}, 1)
    assert findings(second)["relation.unmatched"] == findings(second)["row.without_parent"] == 1


def test_what_is_known_of_an_order_is_changed_by_its_number(runtime: Runtime, tmp_path: Path) -> None:
    """A sheet that does not say whose the orders are makes none: it marks those that are known."""
    back = [["订单编号", "退货"], ["A2", "是"], ["A9", "是"]]
    both = write_sheets(tmp_path / "订单和退货.xlsx", {"订单": [HEAD, *ROWS], "退货": back})
    dry = run(runtime, both, entity="customer", dry=True)
    assert (made(dry)["order"], dry["updated"], dry["rejected"]) == (2, 0, 1)
    with runtime.read(BOSS) as ctx:
        kept = service.mapping(ctx, dry["id"])
    assert (kept["订单编号"], kept["退货"]) == ("orders.code", "orders.status")
    by_map = run(runtime, both, entity="customer", map=kept, dry=True)
    assert (by_map["by_entity"], by_map["rejected"]) == (dry["by_entity"], 1)
    run(runtime, write_csv(tmp_path / "订单.csv", ROWS, HEAD), entity="order")
    path = write_csv(tmp_path / "退货.csv", back[1:], back[0])
    result = run(runtime, path, entity="order")
    assert (result["by_entity"]["order"], result["rejected"]) == ({"created": 0, "updated": 1}, 1)
    assert figures(runtime, "order", {"group": [{"field": "status"}], "measures": [{"op": "count"}]}) == [
        ["in_progress", 1], ["returned", 1],
    ]  # fmt: skip


def test_fields_of_new_columns_go_where_the_column_belongs(runtime: Runtime, tmp_path: Path) -> None:
    head = [*HEAD, "细分", "产地", "快递", "利润"]
    more = [
        ["企业", "杭州", "顺丰", "9.5"],
        ["企业", "宁波", "圆通", "8"],
        ["散客", "杭州", "中通", "7"],
        ["散客", "杭州", "中通", "6"],
    ]
    second = [ROWS[0], ["A3", *ROWS[1][1:]], *ROWS[2:]]  # who has ordered twice tells what is his
    rows = [[*row, *further] for row, further in zip(second, more, strict=True)]
    path = write_csv(tmp_path / "订单.csv", rows, head)
    result = run(runtime, path, entity="order", create_fields=True)
    (sheet,) = result["sheets"]
    homes = {c["source"]: c["field"].rpartition(".")[0] for c in sheet["columns"][len(HEAD) :]}
    assert homes == {"细分": "customer", "产地": "lines.product", "快递": "", "利润": "lines"}
    with runtime.read(BOSS) as ctx:
        entities = ctx.catalog.entities
        kinds = ("customer", "product", "order", "order_line")
        assert all(any(f.own for f in entities[key].visible) for key in kinds)


def test_issue_4_5_online_retail_twice_adds_nothing(
    runtime: Runtime, sample_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first rows of the slice, as it stands: invoices, stock codes, customers by number only."""
    source = sample_files / "retail" / "online_retail_2010-12_to_2011-02.csv.xz"
    with lzma.open(source, "rt", encoding="utf-8") as file:
        lines = [next(file) for _ in range(301)]
    path = tmp_path / "online_retail.csv"
    path.write_text("".join(lines), encoding="utf-8")
    rows = list(csv.DictReader(lines))
    known = [row for row in rows if row["CustomerID"]]
    monkeypatch.setattr(desk, "MANY_ROWS", 100)
    first = run(runtime, path, entity="order")
    expected = {
        "customer": len({row["CustomerID"] for row in known}), "order": len({row["InvoiceNo"] for row in known}),
        "product": len({row["StockCode"] for row in known}), "order_line": len(known),
    }  # fmt: skip
    assert (made(first), first["rejected"]) == (expected, len(rows) - len(known))
    worth = sum(Decimal(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in known)
    assert figures(runtime, "order_line", {"measures": [{"op": "sum", "field": "amount"}]}) == [[f"{worth:.2f}"]]
    again = run(runtime, path, entity="order")
    assert (again["created"], again["updated"]) == (0, 0)


lines = st.tuples(
    st.sampled_from(["A1", "A2", "A3"]), st.sampled_from(["2026-03-02", "2026-03-05"]),
    st.sampled_from([("KH1", "上海宏远贸易有限公司"), ("KH2", "林晓岚"), ("KH3", "周明远")]),
    st.sampled_from([("P1", "护发精油"), ("P2", "围布")]), st.integers(1, 3), st.sampled_from(["6.00", "39.50"]),
)  # fmt: skip


@settings(max_examples=4)
@given(st.lists(lines, min_size=1, max_size=12))
def test_what_is_split_can_be_joined_again(runtime: Runtime, tmp_path: Path, given: list[Any]) -> None:
    rows = [[n, day, *who, *what, str(much), price] for n, day, who, what, much, price in given]
    head = ["原订单号", *HEAD[1:8]]
    result = run(runtime, write_csv(tmp_path / "订单.csv", rows, head), entity="order")
    select = ["order.external_code", "order.customer.code", "order.customer.name", "product.code", "description",
              "quantity", "unit_price"]  # fmt: skip
    with runtime.read(BOSS) as ctx:
        found = Counter(tuple(map(str, row[2:])) for row in read.rows(ctx, "order_line", {"select": select}))
    take_back(runtime, result)
    assert found == Counter((n, *rest) for n, _, *rest in rows)


SOLD = ["日期", "客户", "品种", "斤数", "单价", "金额"]
SOLD_ROWS = [
    ["2026-10-02", "清心茶庄", "特级龙井", "5", "680", "3400"],
    ["2026-10-02", "清心茶庄", "九曲红梅", "3", "260", "780"],
    ["2026-10-02", "雅韵茶社", "特级龙井", "1", "680", "680"],
    ["2026-10-05", "清心茶庄", "特级龙井", "2.5", "700", "1750"],
    ["2026-10-05", "清心茶庄", "特级龙井", "2.5", "700", "1750"],
]


def orders_of(runtime: Runtime) -> list[tuple[Any, ...]]:
    select = ["ordered_on", "customer.name", "amount"]
    with runtime.read(BOSS) as ctx:
        found = [row[2:] for row in read.rows(ctx, "order", {"select": select})]
        zone = ZoneInfo(ctx.catalog.timezone)
    days = [(datetime.fromisoformat(at).astimezone(zone).date().isoformat(), *rest) for at, *rest in found]
    return sorted(days)


@pytest.mark.parametrize("entity", [None, "customer", "order", "order_line"])
def test_lines_without_an_order_number_are_orders_by_customer_and_day(
    runtime: Runtime, tmp_path: Path, entity: str | None
) -> None:
    """They came in as customers only, and what they had bought was lost."""
    before = content_of(runtime)
    path = write_csv(tmp_path / "出货.csv", SOLD_ROWS, SOLD)
    chosen = {"entity": entity} if entity else {}
    dry = run(runtime, path, dry=True, **chosen)
    done = run(runtime, path, **chosen)
    assert made(dry) == made(done) == {"customer": 2, "product": 2, "order": 3, "order_line": 5}
    assert (done["rejected"], done["updated"]) == (0, 0)
    assert orders_of(runtime) == [
        ("2026-10-02", "清心茶庄", "4180.00"), ("2026-10-02", "雅韵茶社", "680.00"),
        ("2026-10-05", "清心茶庄", "3500.00"),
    ]  # fmt: skip
    (order,) = [part for part in done["sheets"][0]["parts"] if part["entity"] == "order"]
    assert order["key"] == ["ordered_on", "customer"]
    (told,) = [one for one in done["findings"] if one["code"] == "split.by_day"]
    assert "按 日期、客户 认订单" in told["message"]
    state = content_of(runtime)
    again = run(runtime, path, **chosen)
    assert (again["created"], again["updated"], again["rejected"]) == (0, 0, 0)
    assert content_of(runtime) == state
    with runtime.read(BOSS) as ctx:
        assert verify(ctx)["ok"]
    take_back(runtime, done, again)
    assert content_of(runtime) == before


def test_the_lines_of_next_month_join_the_orders_of_their_day(runtime: Runtime, tmp_path: Path) -> None:
    """A list that goes on adds its new lines, to the order of that day and to new ones; a corrected line is updated."""
    run(runtime, write_csv(tmp_path / "一.csv", SOLD_ROWS[:2], SOLD))
    more = [SOLD_ROWS[0], [*SOLD_ROWS[1][:3], "4", "260", "1040"], *SOLD_ROWS[3:4]]
    more.append(["2026-10-02", "清心茶庄", "白茶", "1", "100", "100"])
    done = run(runtime, write_csv(tmp_path / "二.csv", more, SOLD))
    assert made(done) == {"product": 1, "order": 1, "order_line": 2}
    assert orders_of(runtime) == [("2026-10-02", "清心茶庄", "4540.00"), ("2026-10-05", "清心茶庄", "1750.00")]


def test_a_day_that_is_written_once_holds_for_the_rows_below(runtime: Runtime, tmp_path: Path) -> None:
    rows = [["" if n in (1, 2, 4) else row[0], *row[1:]] for n, row in enumerate(SOLD_ROWS)]
    done = run(runtime, write_csv(tmp_path / "出货.csv", rows, SOLD))
    assert findings(done)["row.continued"] == 3
    assert (made(done)["order"], made(done)["order_line"]) == (3, 5)


def test_goods_sold_on_no_day_are_told_and_left_out(runtime: Runtime, tmp_path: Path) -> None:
    rows = [["", *SOLD_ROWS[0][1:]], *SOLD_ROWS[1:], ["十月初", *SOLD_ROWS[2][1:]]]
    done = run(runtime, write_csv(tmp_path / "出货.csv", rows, SOLD))
    assert (findings(done)["row.without_day"], done["rejected"], made(done)["order_line"]) == (2, 2, 4)


@pytest.mark.parametrize(
    "head",
    [
        ["日期", "客户", "品种", "备注", "手机", "金额"],  # nothing was counted: what somebody asks for
        ["客户", "手机", "品种", "斤数", "单价", "金额"],  # on no day
        ["日期", "客户", "手机", "斤数", "单价", "金额"],  # of nothing
    ],
)
def test_what_may_be_no_sale_makes_no_orders(runtime: Runtime, tmp_path: Path, head: list[str]) -> None:
    done = run(runtime, write_csv(tmp_path / "名单.csv", [["2026-10-02", "清心茶庄", "龙井", "1", "2", "3"]], head))
    assert "order" not in made(done)


def test_an_order_whose_day_cannot_be_read_has_none(runtime: Runtime, tmp_path: Path) -> None:
    """It got the time of the import, which was the customer's last order then."""
    head = ["订单编号", "客户", "下单日期", "产品名称", "数量", "金额"]
    days = ["2025-03-01", "2025-02-30", "", "5/3/23"]
    rows = [[f"D00{n}", "绍兴黄酒铺", day, "花雕", 1, 100] for n, day in enumerate(days, 1)]
    path = write_sheets(tmp_path / "订单.xlsx", {"订单": [head, *rows]})
    done = comes_in_once(runtime, path, entity="order")
    assert rows_of(runtime, "order", "ordered_on") == [["2025-02-28T16:00:00.000Z"], [None], [None], [None]]
    assert rows_of(runtime, "customer", "last_order_on", "order_count") == [["2025-03-01", 4]]
    found = {one["code"]: one["examples"] for one in done["findings"]}
    assert [(one["cell"], one["text"]) for one in found["date.invalid"]] == [("C3", "2025-02-30"), ("C5", "5/3/23")]
    open_days = [one["row"] for one in found["required.missing"] if one["column"] == "购买时间"]
    assert open_days == [3, 4, 5]


def test_a_list_of_orders_without_days_makes_orders_without_days(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["订单编号", "客户", "产品名称", "数量", "金额"], ["D001", "绍兴黄酒铺", "花雕", 1, 100]]
    run(runtime, write_sheets(tmp_path / "订单.xlsx", {"订单": grid}), entity="order")
    assert rows_of(runtime, "order", "code", "ordered_on") == [["D001", None]]
