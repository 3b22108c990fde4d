"""Books of small shops: credit of farmers, courses, visits to a clinic, flats with their tenants."""

from __future__ import annotations

from pathlib import Path

from kehu.runtime import Runtime
from tests.integration.importing.test_beside import comes_in_once
from tests.integration.importing.test_import import findings
from tests.integration.importing.test_offices import fields_of, rows_of
from tests.support.sheets import write_sheets


def test_a_book_of_credit_gives_orders_with_their_quantities(runtime: Runtime, tmp_path: Path) -> None:
    """货名 was no field and the farmers came in with texts; 10袋 was no number, and one piece was sold."""
    grid = [
        ["红旗农资店2024年赊账本", "", "", "", "", "", "", ""],
        ["日期", "姓名", "村", "电话", "货名", "数量", "单价", "金额"],
        ["3.12", "王大爷", "东河村", "13844440001", "尿素", "10袋", 110, 1100],
        ["3.12", "王大爷", "东河村", "13844440001", "除草剂", "2.5 斤", 35, 87.5],
        ["3.15", "Joe", "西沟", "", "复合肥", "5袋半", 160, 880],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "赊账.xlsx", {"赊账": grid}))
    lines = rows_of(runtime, "order_line", "order.customer.name", "product.name", "product.unit", "quantity", "amount")
    assert lines == [
        ["王大爷", "尿素", "bag", 10, "1100.00"],
        ["王大爷", "除草剂", "catty", 2.5, "87.50"],
        ["Joe", "复合肥", "piece", 1, "880.00"],
    ]
    assert (findings(done)["quantity.measured"], findings(done)["value.invalid"]) == (2, 1)
    assert rows_of(runtime, "customer", "kind") == [["person"], ["person"]], "below 姓名 stand persons"


def test_courses_are_orders_of_so_many_lessons(runtime: Runtime, tmp_path: Path) -> None:
    """报名课程, 课时 and 学费 were texts of the pupil, of several courses one."""
    grid = [
        ["学员姓名", "家长", "家长电话", "报名日期", "报名课程", "课时", "学费"],
        ["王小明", "王建国", "13866660001", "2024-02-25", "少儿编程", 48, 5800],
        ["李小红", "张丽", "13866660002", "2024-02-26", "美术", "24节", 2400],
        ["王小明", "王建国", "13866660001", "2024-09-01", "少儿编程", 40, 5600],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "报名.xlsx", {"报名": grid}))
    told = ("order.customer.name", "product.name", "product.unit", "quantity", "amount")
    assert rows_of(runtime, "order_line", *told) == [
        ["王小明", "少儿编程", "lesson", 48, "5800.00"],
        ["李小红", "美术", "lesson", 24, "2400.00"],
        ["王小明", "少儿编程", "lesson", 40, "5600.00"],
    ]
    people = rows_of(runtime, "contact", "customer.name", "name", "mobile")
    assert people == [["王小明", "王建国", "13866660001"], ["李小红", "张丽", "13866660002"]]


def test_visits_to_a_clinic_are_visits(runtime: Runtime, tmp_path: Path) -> None:
    """They were texts of the patient, who had one of them."""
    grid = [
        ["就诊日期", "患者姓名", "电话", "主诉", "诊断"],
        ["2024-03-01", "陈桂花", "13855550001", "咳嗽3天", "上呼吸道感染"],
        ["2024-03-01", "吴刚", "13855550002", "腰疼", "腰肌劳损"],
        ["2024-03-05", "陈桂花", "13855550001", "好转", "上呼吸道感染"],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "门诊.xlsx", {"门诊": grid}))
    assert rows_of(runtime, "interaction", "customer.name", "customer_feedback", "content") == [
        ["陈桂花", "咳嗽3天", "上呼吸道感染"],
        ["吴刚", "腰疼", "腰肌劳损"],
        ["陈桂花", "好转", "上呼吸道感染"],
    ]


def test_tenants_are_contacts_of_the_owner(runtime: Runtime, tmp_path: Path) -> None:
    """The phone of the tenant became the second one of the owner; （空置） was a customer."""
    grid = [
        ["房号", "业主姓名", "联系电话", "租户", "租户电话"],
        ["101", "张建国", "13822220001", "", ""],
        ["102", "李秀英", "13822220002", "小刘", "13822220008"],
        ["103", "（空置）", "", "", ""],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "业主.xlsx", {"业主": grid}))
    assert rows_of(runtime, "customer", "name", "mobile", "office_phone") == [
        ["张建国", "13822220001", None],
        ["李秀英", "13822220002", None],
    ]
    people = rows_of(runtime, "contact", "customer.name", "name", "position", "mobile")
    assert people == [["李秀英", "小刘", "租户", "13822220008"]]
    assert done["rejected"] == 1
    alone = [["租户", "租户电话", "铺位"], ["小刘", "13822220008", "A1"], ["便利店", "13822220009", "A2"]]
    done = comes_in_once(runtime, write_sheets(tmp_path / "租户.xlsx", {"租户": alone}))
    assert fields_of(done)["租户"] == "name", "where nobody owns it"


def test_a_payment_among_sales_is_no_goods(runtime: Runtime, tmp_path: Path) -> None:
    """It became a product 付款 and an order of nothing."""
    grid = [
        ["日期", "客户", "品名", "数量(斤)", "单价", "金额", "已付"],
        ["2024-01-05", "老王茶庄", "铁观音", 20, 120, 2400, 1000],
        ["2024-01-20", "老王茶庄", "付款", "", "", "", 2900],
        ["2024-02-01", "老王茶庄", "预付款发票册", 1, 5, 5, ""],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "往来.xlsx", {"往来": grid}))
    assert rows_of(runtime, "order_line", "product.name", "amount") == [["铁观音", "2400.00"], ["预付款发票册", "5.00"]]
    assert (done["rejected"], findings(done)["row.payment"]) == (1, 1)
