"""Lists as different offices keep them: what stands in them comes in whole, or somebody is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kehu.core.records import read
from kehu.features.importing import service
from kehu.runtime import Runtime
from tests.integration.importing.test_import import findings, run
from tests.support.ledger_state import BOSS, content_of
from tests.support.sheets import write_sheets


def rows_of(runtime: Runtime, entity: str, *select: str) -> list[list[Any]]:
    """What all records of an entity hold, the oldest first."""
    with runtime.read(BOSS) as ctx:
        return [row[2:] for row in read.rows(ctx, entity, {"select": list(select)})]


def fields_of(result: dict[str, Any]) -> dict[str, str | None]:
    return {column["source"]: column["field"] for sheet in result["sheets"] for column in sheet["columns"]}


# --- a person and his phone in one column ----------------------------------------------------------------------------

WITH_PHONES = [
    "沈亦舟 13800000001",
    "顾长青",
    "13800000009",
    "王芳（老板娘）13800000010",
    "李强13900000011、周敏 0571-88001234",
]


@pytest.mark.parametrize("title", ["联系人/电话", "联系人及电话", "手机、联系人", "姓名/手机"])
def test_a_column_of_people_with_their_phones_gives_both(runtime: Runtime, tmp_path: Path, title: str) -> None:
    firms = ["上海宏远贸易有限公司", "杭州微明花店", "绍兴黄酒铺", "宁波五金厂", "温州鞋业公司"]
    grid = [["客户名称", title], *map(list, zip(firms, WITH_PHONES, strict=True))]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    result = run(runtime, path, entity="customer")
    assert "value.invalid" not in findings(result)
    assert findings(result)["cell.parted"] == 4
    assert rows_of(runtime, "contact", "customer.name", "name", "position", "mobile", "remark") == [
        ["上海宏远贸易有限公司", "沈亦舟", None, "13800000001", None],
        ["杭州微明花店", "顾长青", None, None, None],
        ["宁波五金厂", "王芳", "老板娘", "13800000010", None],
        ["温州鞋业公司", "李强", None, "13900000011", "其他联系人：周敏 0571-88001234"],
    ]
    assert rows_of(runtime, "customer", "mobile") == [[None], [None], ["13800000009"], [None], [None]]
    before = content_of(runtime)
    again = run(runtime, path, entity="customer")
    assert (again["created"], again["updated"], content_of(runtime) == before) == (0, 0, True)


def test_a_list_of_persons_with_their_phones_names_customers(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["姓名/手机", "地址"], ["沈亦舟 13800000001", "杭州市西湖区文三路9号"], ["顾长青", "杭州市上城区"]]
    run(runtime, write_sheets(tmp_path / "学员.xlsx", {"学员": grid}), entity="customer")
    found = rows_of(runtime, "customer", "name", "kind", "mobile")
    assert found == [["沈亦舟", "person", "13800000001"], ["顾长青", "person", None]]


def test_headings_in_two_rows_and_a_column_of_names_leave_the_phones_alone(runtime: Runtime, tmp_path: Path) -> None:
    two = [["客户名称", "联系人", ""], ["", "姓名", "电话"], ["上海宏远贸易有限公司", "沈亦舟", "13800000001"]]
    book = write_sheets(tmp_path / "二.xlsx", {"客户": two}, ["B1:C1", "A1:A2"])
    assert fields_of(run(runtime, book, entity="customer", dry=False))["联系人/电话"] == "contacts.mobile"
    both = [["客户名称", "联系人", "联系人/电话"], ["绍兴黄酒铺", "王芳", "13800000010"]]
    book = write_sheets(tmp_path / "一.xlsx", {"客户": both})
    assert fields_of(run(runtime, book, entity="customer"))["联系人/电话"] == "contacts.mobile"


NOBODYS = [
    ["绍兴黄酒铺", "", "13800000009", ""],
    ["宁波五金厂", "李强", "13800000010", ""],
    ["林晓岚", "", "13800000008", ""],
    ["杭州茶庄", "", "", "cha@example.com"],
]


@pytest.mark.parametrize("names", [True, False])
def test_a_contacts_number_without_a_name_is_not_lost(runtime: Runtime, tmp_path: Path, names: bool) -> None:
    """It was dropped when the customer had no contact."""
    head = ["客户名称", "联系人", "联系人手机", "联系人邮箱"]
    keep = [0, 1, 2, 3] if names else [0, 2, 3]
    grid = [[row[n] for n in keep] for row in [head, *NOBODYS]]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert dry["by_entity"] == done["by_entity"]
    assert rows_of(runtime, "customer", "name", "mobile", "email") == [
        ["绍兴黄酒铺", "13800000009", None],
        ["宁波五金厂", None if names else "13800000010", None],
        ["林晓岚", "13800000008", None],
        ["杭州茶庄", None, "cha@example.com"],
    ]
    before = content_of(runtime)
    run(runtime, path, entity="customer")
    assert content_of(runtime) == before


def test_a_number_without_a_name_is_that_of_the_contact_whom_the_ledger_knows(runtime: Runtime, tmp_path: Path) -> None:
    first = [["客户名称", "联系人"], ["宁波五金厂", "李强"], ["绍兴黄酒铺", ""]]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": first}), entity="customer")
    phones = [["客户名称", "联系人手机"], ["宁波五金厂", "13800000010"], ["绍兴黄酒铺", "13800000009"]]
    run(runtime, write_sheets(tmp_path / "b.xlsx", {"客户": phones}), entity="customer")
    assert rows_of(runtime, "contact", "name", "mobile") == [["李强", "13800000010"]]
    assert rows_of(runtime, "customer", "name", "mobile") == [["宁波五金厂", None], ["绍兴黄酒铺", "13800000009"]]


def test_a_number_whose_place_is_taken_goes_below_the_remark_that_is_there(runtime: Runtime, tmp_path: Path) -> None:
    first = [["客户名称", "备注"], ["绍兴黄酒铺", "月结"]]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": first}), entity="customer")
    more = [["客户名称", "联系人手机"], ["绍兴黄酒铺", "13800000009"], ["绍兴黄酒铺", "13800000010"]]
    path = write_sheets(tmp_path / "b.xlsx", {"客户": more})
    run(runtime, path, entity="customer")
    expected = [["13800000009", "月结\n其他电话：13800000010"]]
    assert rows_of(runtime, "customer", "mobile", "remark") == expected
    run(runtime, path, entity="customer")
    assert rows_of(runtime, "customer", "mobile", "remark") == expected


@pytest.mark.parametrize("own", [True, False])
def test_a_number_of_nobody_goes_over_none_of_the_firm(runtime: Runtime, tmp_path: Path, own: bool) -> None:
    first = [["客户名称", "手机"], ["绍兴黄酒铺", "13800000009"]]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": first}), entity="customer")
    head, row = ["客户名称", "联系人", "联系人手机"], ["绍兴黄酒铺", "", "13800000010"]
    more = [[*head, "手机"], [*row, ""]] if own else [head, row]
    run(runtime, write_sheets(tmp_path / "b.xlsx", {"客户": more}), entity="customer")
    assert rows_of(runtime, "customer", "mobile", "remark") == [["13800000009", "其他电话：13800000010"]]


def test_what_is_said_of_a_number_is_nobodys_name(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户名称", "联系电话"], ["温州鞋业公司", "13800000022(停机)"], ["宁波五金厂", "13800000023 财务"]]
    run(runtime, write_sheets(tmp_path / "c.xlsx", {"客户": grid}), entity="customer")
    assert rows_of(runtime, "customer", "mobile", "remark") == [
        ["13800000022", "13800000022(停机)"], ["13800000023", "13800000023 财务"],
    ]  # fmt: skip
    assert rows_of(runtime, "contact", "name") == []


# --- headings that say more than their field -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("收货地址", ["delivery", "delivery"]),
        ("送货地址", ["delivery", "delivery"]),
        ("发货地址", ["delivery", "delivery"]),
        ("办公地址", ["office", "office"]),
        ("注册地址", ["head_office", "head_office"]),
        ("开票地址", ["head_office", "head_office"]),
        ("施工地址", ["other", "other"]),
        ("详细地址", ["head_office", "home"]),
    ],
)
def test_a_heading_says_what_kind_of_address_it_is(
    runtime: Runtime, tmp_path: Path, title: str, kinds: list[str]
) -> None:
    grid = [
        ["客户名称", title],
        ["上海宏远贸易有限公司", "上海市浦东新区世纪大道1号"],
        ["林晓岚", "杭州市西湖区文三路9号"],
    ]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    run(runtime, path, entity="customer")
    assert [row[0] for row in rows_of(runtime, "address", "type")] == kinds


def test_a_heading_changes_no_address_that_is_there(runtime: Runtime, tmp_path: Path) -> None:
    row = ["上海宏远贸易有限公司", "上海市浦东新区世纪大道1号"]
    run(runtime, write_sheets(tmp_path / "a.xlsx", {"客户": [["客户名称", "办公地址"], row]}), entity="customer")
    run(runtime, write_sheets(tmp_path / "b.xlsx", {"客户": [["客户名称", "收货地址"], row]}), entity="customer")
    assert rows_of(runtime, "address", "type") == [["office"]]


@pytest.mark.parametrize("title", ["建档日期", "创建日期", "创建时间", "登记日期"])
def test_the_day_of_filing_elsewhere_is_kept_and_told(runtime: Runtime, tmp_path: Path, title: str) -> None:
    grid = [["客户名称", title], ["上海宏远贸易有限公司", date(2021, 3, 5)], ["林晓岚", "2022.3.6"]]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    result = run(runtime, path, entity="customer")
    assert findings(result)["column.filed"] == 1
    assert "column.derived" not in findings(result)
    assert rows_of(runtime, "customer", "cooperation_start") == [["2021-03-05"], ["2022-03-06"]]
    later = [["客户名称", title], ["上海宏远贸易有限公司", date(2024, 1, 1)]]
    run(runtime, write_sheets(tmp_path / "b.xlsx", {"客户": later}), entity="customer")
    assert rows_of(runtime, "customer", "cooperation_start")[0] == ["2021-03-05"], "it fills, and goes over nothing"


def test_the_hour_of_filing_in_another_program_is_left_away(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户名称", "创建时间"], ["上海宏远贸易有限公司", "2021-03-05 09:30:12"], ["林晓岚", "2022/3/6 18:05"]]
    run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), entity="customer")
    assert rows_of(runtime, "customer", "cooperation_start") == [["2021-03-05"], ["2022-03-06"]]


def test_a_day_of_first_business_goes_before_that_of_filing(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户名称", "建档日期", "首次合作日期"], ["上海宏远贸易有限公司", date(2021, 3, 5), date(2021, 4, 5)]]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    told = run(runtime, path, entity="customer", dry=True)
    assert findings(told)["column.unmapped"] == 1
    run(runtime, path, entity="customer", create_fields=True)
    found = rows_of(runtime, "customer", "cooperation_start", "jian_dang_ri_qi")
    assert found == [["2021-04-05", "2021-03-05"]], "both days are there"


def test_our_own_days_of_filing_are_no_input(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户名称", "建档日期"], ["上海宏远贸易有限公司", "2026-03-05 09:30"]]
    result = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), entity="customer")
    assert findings(result)["column.derived"] == 1
    assert rows_of(runtime, "customer", "cooperation_start") == [[None]]


def test_a_mapping_reads_no_sheet_for_a_heading_that_it_shares(runtime: Runtime, tmp_path: Path) -> None:
    """What is said of 负责人 on the sheet of customers made a customer of each car."""
    path = write_sheets(
        tmp_path / "公司.xlsx",
        {
            "客户": [["单位", "负责人", "电话"], ["上海宏远贸易有限公司", "沈亦舟", "13800000001"]],
            "车辆": [["车牌", "负责人"], ["沪A12345", "顾长青"]],
        },
    )
    first = run(runtime, path, entity="customer", dry=True, map={"负责人": "contacts.name"})
    with runtime.read(BOSS) as ctx:
        saved = service.mapping(ctx, first["id"])
    again = run(runtime, path, entity="customer", dry=True, map=saved)
    assert [findings(one).get("sheet.unused") for one in (first, again)] == [1, 1]
    assert (again["read"], again["created"]) == (1, 2)
    wanted = run(runtime, path, entity="customer", dry=True, map={**saved, "车牌": "name"})
    assert (wanted["read"], findings(wanted).get("sheet.unused")) == (2, None), "unless it is said of its own heading"


# --- what one meets in offices ----------------------------------------------------------------------------------------


def test_a_month_of_visits_keeps_its_days_and_comes_in_once(runtime: Runtime, tmp_path: Path) -> None:
    """The day stood in no field, each visit got that of the import, and came in again with each import."""
    head = ["日期", "客户名称", "拜访人", "拜访内容", "结果"]
    path = write_sheets(
        tmp_path / "拜访.xlsx",
        {
            "1月": [head, [date(2025, 1, 6), "上海宏远贸易有限公司", "", "介绍新品", "有意向"]],
            "2月": [
                head,
                [date(2025, 2, 6), "上海宏远贸易有限公司", "", "报价", ""],
                ["2.8", "杭州微明花店", "", "送样", ""],
            ],
        },
    )
    result = run(runtime, path, entity="customer")
    assert (result["by_entity"]["interaction"]["created"], findings(result)["date.invalid"]) == (3, 1)
    found = rows_of(runtime, "interaction", "occurred_at", "content", "result")
    assert [(str(day)[:10], content, end) for day, content, end in found[:2]] == [
        ("2025-01-05", "介绍新品", "interested"),
        ("2025-02-05", "报价", None),
    ], "midnight here, in UTC"
    before = content_of(runtime)
    again = run(runtime, path, entity="customer")
    assert (again["created"], content_of(runtime) == before) == (0, True)


def test_visits_without_any_day_come_in_once(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户名称", "拜访内容"], ["上海宏远贸易有限公司", "介绍新品"], ["上海宏远贸易有限公司", "报价"]]
    path = write_sheets(tmp_path / "拜访.xlsx", {"1月": grid})
    for created in (2, 0):
        assert (
            run(runtime, path, entity="customer")["by_entity"].get("interaction", {"created": 0})["created"] == created
        )


def test_what_goods_are_counted_in_is_no_firm(runtime: Runtime, tmp_path: Path) -> None:
    path = write_sheets(
        tmp_path / "批发.xlsx",
        {
            "客户": [["客户", "电话"], ["义乌百货商行", "13800000021"]],
            "价格表": [["品名", "规格", "单位", "零售价"], ["保温杯", "500ml", "个", 29.9]],
            "单位": [["单位", "电话"], ["杭州微明花店", "13800000022"]],
        },
    )
    result = run(runtime, path, entity="customer")
    assert findings(result)["sheet.unused"] == 1
    assert [row[0] for row in rows_of(runtime, "customer", "name")] == ["义乌百货商行", "杭州微明花店"]


def test_pupils_are_persons_with_their_parents(runtime: Runtime, tmp_path: Path) -> None:
    head = ["学员姓名", "家长姓名", "家长电话", "学号"]
    grid = [head, ["朱一诺", "朱伟", "13800000031", "X001"], ["何思远", "", "13800000032", "X002"]]
    run(runtime, write_sheets(tmp_path / "春季班.xlsx", {"春季班": grid}), entity="customer")
    assert rows_of(runtime, "customer", "code", "name", "kind", "mobile") == [
        ["X001", "朱一诺", "person", None],
        ["X002", "何思远", "person", "13800000032"],
    ]
    assert rows_of(runtime, "contact", "customer.name", "name", "mobile") == [["朱一诺", "朱伟", "13800000031"]]


def test_numbers_of_other_countries_and_starred_extensions_are_kept(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["Customer", "Tel"], ["Blue Ocean GmbH", "+49 40 1234567"], ["Ningbo Haitong Co.", "0574-87001234*801"]]
    result = run(runtime, write_sheets(tmp_path / "c.xlsx", {"客户": grid}), entity="customer")
    assert "value.invalid" not in findings(result)
    found = rows_of(runtime, "customer", "mobile", "office_phone")
    assert found == [[None, "+49401234567"], [None, "0574-87001234-801"]]


def test_of_two_columns_of_phones_the_one_beside_the_contact_is_his(runtime: Runtime, tmp_path: Path) -> None:
    head = ["单位全称", "法人", "手机", "业务联系人", "手机"]
    grid = [head, ["杭州澜屿软件有限公司", "顾长青", "13800000051", "沈亦舟", "13800000052"]]
    path = write_sheets(tmp_path / "通讯录.xlsx", {"客户": grid})
    first = run(runtime, path, entity="customer")
    assert rows_of(runtime, "customer", "name", "mobile") == [["杭州澜屿软件有限公司", "13800000051"]]
    assert rows_of(runtime, "contact", "name", "mobile") == [["沈亦舟", "13800000052"]]
    with runtime.read(BOSS) as ctx:
        saved = service.mapping(ctx, first["id"])
    before = content_of(runtime)
    for again in (run(runtime, path, entity="customer"), run(runtime, path, entity="customer", map=saved)):
        assert (again["created"], again["updated"], content_of(runtime) == before) == (0, 0, True)


def test_a_firm_in_several_rows_is_one_with_its_contacts(runtime: Runtime, tmp_path: Path) -> None:
    """The phone beside each contact made each row a firm of its own."""
    grid = [
        ["客户", "联系人", "电话", "备注", "地址"],
        ["浙江大学", "王老师", "13800000121", "采购", "杭州市西湖区余杭塘路866号"],
        ["", "李老师", "13800000122", "财务", ""],
        ["杭州市教育局", "陈科长", "0571-87001234", "", ""],
    ]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid}, ["A2:A3"])
    result = run(runtime, path, entity="customer")
    assert findings(result)["split.contacts"] == 1
    assert rows_of(runtime, "customer", "name", "mobile", "remark") == [
        ["浙江大学", None, None], ["杭州市教育局", None, None],
    ]  # fmt: skip
    assert rows_of(runtime, "contact", "customer.name", "name", "mobile", "office_phone", "remark") == [
        ["浙江大学", "王老师", "13800000121", None, "采购"],
        ["浙江大学", "李老师", "13800000122", None, "财务"],
        ["杭州市教育局", "陈科长", None, "0571-87001234", None],
    ]
    before = content_of(runtime)
    again = run(runtime, path, entity="customer")
    assert (again["created"], again["updated"], content_of(runtime) == before) == (0, 0, True)


def test_branches_of_one_name_with_one_contact_stay_what_they_are(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户", "联系人", "电话"], ["陈记面馆", "陈老板", "13800000121"], ["陈记面馆", "陈老板", "13800000122"]]
    result = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), entity="customer")
    assert "split.contacts" not in findings(result)
    assert [row[0] for row in rows_of(runtime, "customer", "mobile")] == ["13800000121", "13800000122"]


def test_a_mark_before_a_number_goes(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户编号", "客户名称", "手机"], ["'20250001234", "林晓岚", "'13800000101"]]
    run(runtime, write_sheets(tmp_path / "c.xlsx", {"客户": grid}), entity="customer")
    assert rows_of(runtime, "customer", "code", "mobile") == [["20250001234", "13800000101"]]


def test_remarks_alone_propose_no_records(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["险种", "保费", "备注"], ["交强", "950", "每年3月"]]
    path = write_sheets(tmp_path / "c.xlsx", {"单": grid})
    with runtime.write(BOSS) as ctx:
        id = service.create(ctx, path.read_bytes(), path.name, {})
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        assert service.status(ctx, id)["error"]["code"] == "import.no_entity"


SENT = ["发货单位", "发货人", "发货电话", "发货地址", "收货人", "收货单位", "收货电话", "收货地址", "货物名称"]
QIMING, JINQIAO, TIANCHENG = "杭州启明机械有限公司", "武汉金桥贸易有限公司", "长沙天成实业有限公司"


def sent(folder: Path, *rows: list[str]) -> Path:
    return write_sheets(folder / "运单.xlsx", {"运单": [SENT, *rows]})


def everything(runtime: Runtime, entity: str, *fields: str) -> list[tuple[Any, ...]]:
    with runtime.read(BOSS) as ctx:
        return sorted((tuple(row[2:]) for row in read.rows(ctx, entity, {"select": list(fields)})), key=str)


def test_who_sends_goods_is_the_customer_of_a_carrier(runtime: Runtime, tmp_path: Path) -> None:
    """Not the person who gets them; he is kept with the address to which they go."""
    path = sent(
        tmp_path,
        [QIMING, "何师傅", "13100000001", "余杭区仓前街道", "郑总", JINQIAO, "13100000002", "武汉市江汉区", "机床"],
        [QIMING, "何师傅", "13100000001", "余杭区仓前街道", "黄经理", TIANCHENG, "13100000003", "长沙市岳麓区", "电机"],
        [TIANCHENG, "黄经理", "13100000003", "长沙市岳麓区", "何师傅", QIMING, "13100000001", "余杭区仓前街道", "铁"],
    )
    run(runtime, path, entity="customer")
    assert everything(runtime, "customer", "name") == [(QIMING,), (TIANCHENG,)]
    assert everything(runtime, "contact", "name", "mobile") == [("何师傅", "13100000001"), ("黄经理", "13100000003")]
    assert ("郑总", "13100000002") in everything(runtime, "address", "recipient", "recipient_phone")
    before = content_of(runtime)
    run(runtime, path, entity="customer")
    assert content_of(runtime) == before


def test_who_gets_our_goods_is_the_customer(runtime: Runtime, tmp_path: Path) -> None:
    """A list in which all is sent by the same firm is that firm's own."""
    ours = [QIMING, "老李", "13100000001", "余杭区仓前街道"]
    path = sent(
        tmp_path,
        [*ours, "郑总", JINQIAO, "13100000002", "武汉市江汉区", "机床"],
        [*ours, "黄经理", TIANCHENG, "13100000003", "长沙市岳麓区", "电机"],
    )
    run(runtime, path, entity="customer")
    assert everything(runtime, "customer", "name") == [(JINQIAO,), (TIANCHENG,)]
    assert everything(runtime, "address", "recipient", "recipient_phone") == [
        ("郑总", "13100000002"),
        ("黄经理", "13100000003"),
    ]


def test_allergies_and_visits_to_come_are_read_under_their_headings(runtime: Runtime, tmp_path: Path) -> None:
    head = ["患者姓名", "联系电话", "药物过敏", "下次复诊"]
    rows = [["高明远", "13200000001", "青霉素", "2027-01-08"], ["罗梓萱", "13200000002", "无", ""]]
    run(runtime, write_sheets(tmp_path / "患者.xlsx", {"患者": [head, *rows]}), entity="customer")
    assert [items for (items,) in everything(runtime, "safety_note", "items")] == [["青霉素"]]
    assert len(everything(runtime, "task", "due_at")) == 1


def test_flowers_go_to_who_gets_them(runtime: Runtime, tmp_path: Path) -> None:
    head = ["订购人", "订购人电话", "收花人", "收花人电话", "送花地址"]
    rows = [["赵知秋", "15000000001", "林小姐", "15000000002", "上城区庆春路 1 号"]]
    run(runtime, write_sheets(tmp_path / "订花.xlsx", {"订花": [head, *rows]}), entity="customer")
    assert everything(runtime, "customer", "name", "mobile") == [("赵知秋", "15000000001")]
    assert everything(runtime, "address", "recipient", "recipient_phone") == [("林小姐", "15000000002")]


def test_units_are_written_as_offices_write_them(runtime: Runtime, tmp_path: Path) -> None:
    """Seven of ten units of a hardware shop were emptied: the list knew 件, 套, 个 and six more."""
    head = ["产品编号", "产品名称", "单位", "标价(元)"]
    said = {"瓶": "bottle", "公斤": "kilogram", "KG": "kilogram", "㎡": "square_metre", "平米": "square_metre",
            "吨": "ton", "斤": "catty", "根": "rod", "支": "stick", "小时": "hour", "件": "piece"}  # fmt: skip
    rows = [[f"P{n}", f"货品{n}", word, "10"] for n, word in enumerate(said, 1)]
    done = run(runtime, write_sheets(tmp_path / "价目表.xlsx", {"价目": [head, *rows]}), entity="product")
    assert sorted(everything(runtime, "product", "name", "unit")) == sorted(
        (f"货品{n}", unit) for n, unit in enumerate(said.values(), 1)
    )
    assert not {code for code in findings(done) if code.startswith("value.")}


@pytest.mark.parametrize(
    ("title", "unit"),
    [("斤数", "catty"), ("公斤数", "kilogram"), ("重量(kg)", "kilogram"), ("吨数", "ton"), ("数量", "piece")],
)
def test_tea_is_sold_by_weight(runtime: Runtime, tmp_path: Path, title: str, unit: str) -> None:
    """Without its line an order kept the amount of its first sort of tea only."""
    head = ["单号", "日期", "客户名称", "电话", "品种", title, "单价(元)", "金额(元)"]
    rows = [
        ["XS1001", "2026-10-02", "清心茶庄", "13500000001", "特级龙井", "5", "680", "3400"],
        ["XS1001", "2026-10-02", "清心茶庄", "13500000001", "九曲红梅", "3", "260", "780"],
    ]
    run(runtime, write_sheets(tmp_path / "出货.xlsx", {"出货": [head, *rows]}))
    assert everything(runtime, "order", "code", "amount") == [("XS1001", "4180.00")]
    assert everything(runtime, "product", "name", "unit") == [("九曲红梅", unit), ("特级龙井", unit)]


def test_a_line_of_several_signatures_is_no_customer(runtime: Runtime, tmp_path: Path) -> None:
    head = ["序号", "业主姓名", "业主电话", "小区及房号"]
    rows = [["1", "陈国栋", "13805710001", "桂花园3幢1201"], ["2", "李静怡", "13805710002", "金色家园8-602"]]
    foot = ["设计部：周敏   制表：王芳", "", "", ""]
    done = run(runtime, write_sheets(tmp_path / "业主.xlsx", {"业主": [head, *rows, foot]}), entity="customer")
    assert (done["read"], done["rejected"], findings(done)["import.left_out.signature"]) == (2, 0, 1)
    assert len(everything(runtime, "address", "detail")) == 2


@pytest.mark.parametrize("entity", ["customer", "order"])
def test_who_gets_the_goods_stands_on_the_order(runtime: Runtime, tmp_path: Path, entity: str) -> None:
    """收货单位 was told as a column without a place; a column of remarks of its own goes before it."""
    head = ["单号", "日期", "发货单位", "收货单位", "货物名称", "件数", "金额"]
    rows = [
        ["YD01", "2026-10-02", QIMING, JINQIAO, "机床", "2", "900"],
        ["YD02", "2026-10-03", TIANCHENG, QIMING, "铁", "5", "300"],
    ]
    path = write_sheets(tmp_path / "运单.xlsx", {"运单": [head, *rows]})
    done = run(runtime, path, entity=entity)
    assert everything(runtime, "order", "code", "customer.name", "remark") == [
        ("YD01", QIMING, JINQIAO), ("YD02", TIANCHENG, QIMING),
    ]  # fmt: skip
    assert "column.unmapped" not in findings(done)
    again = run(runtime, path, entity=entity)
    assert (again["created"], again["updated"]) == (0, 0)
    noted = write_sheets(tmp_path / "备注.xlsx", {"运单": [[*head, "备注"], [*rows[0], "易碎"]]})
    assert findings(run(runtime, noted, entity=entity, dry=True))["column.unmapped"] == 1


# --- fields that trades need -----------------------------------------------------------------------------------------


def test_sums_that_no_field_takes_become_fields_of_money_named_without_their_unit(
    runtime: Runtime, tmp_path: Path
) -> None:
    """应收 became a number, and 合同额(万元) a sum that is kept in 元 below a label that says 万元."""
    head = ["学员姓名", "联系电话", "学费", "应收", "合同额(万元)", "押金（元）", "课时", "剩余课时(节)"]
    rows = [
        ["林晓岚", "13800000008", 3980, 1980, 1.2, "500", 48, 24],
        ["沈亦舟", "13800000009", "4,980.50", 0, "3万", "/", 24, 11.5],
    ]
    path = write_sheets(tmp_path / "学员.xlsx", {"报名": [head, *rows]})
    offered = {one["source"]: one.get("new_field") for one in run(runtime, path)["sheets"][0]["columns"]}
    money = ["学费", "应收", "合同额(万元)", "押金（元）"]
    assert [offered[title] for title in head[2:]] == [*["money"] * 4, "integer", "number"]
    done = run(runtime, path, create_fields=True)
    keys = [str(fields_of(done)[title]) for title in head[2:]]
    with runtime.read(BOSS) as ctx:
        fields = [ctx.catalog.entities["customer"].fields[key] for key in keys]
    assert [(one.label.zh, one.value_type) for one in fields] == [
        ("学费", "money"), ("应收", "money"), ("合同额", "money"), ("押金", "money"),
        ("课时", "integer"), ("剩余课时(节)", "number"),
    ]  # fmt: skip
    assert rows_of(runtime, "customer", *keys) == [
        ["3980.00", "1980.00", "12000.00", "500.00", 48, 24], ["4980.50", "0.00", "30000.00", None, 24, 11.5],
    ]  # fmt: skip
    before = content_of(runtime)
    again = run(runtime, path)
    assert (again["created"], again["updated"], content_of(runtime) == before) == (0, 0, True)
    assert [fields_of(again)[title] for title in money] == keys[:4]


def test_amounts_in_another_currency_are_no_amounts_of_the_ledger(runtime: Runtime, tmp_path: Path) -> None:
    """USD came in as 元."""
    head = ["订单编号", "客户名称", "订单金额(USD)", "运费（美元）", "运费(RMB)"]
    path = write_sheets(tmp_path / "a.xlsx", {"单": [head, ["A1", "宁波远洋纺织品有限公司", 2350.5, 12.5, 88]]})
    done = run(runtime, path)
    offered = {one["source"]: (one["field"], one.get("new_field")) for one in done["sheets"][0]["columns"][2:]}
    assert offered == {
        "订单金额(USD)": (None, "number"), "运费（美元）": (None, "number"), "运费(RMB)": (None, "money")
    }  # fmt: skip


def test_words_that_are_none_of_the_choices_are_offered_as_a_field_of_their_own(
    runtime: Runtime, tmp_path: Path
) -> None:
    """Each cell of 会员等级 was refused; one that is a choice, and the column stays what it was."""
    rows = [["林晓岚", "13800000008", "金卡"], ["沈亦舟", "13800000009", "银卡"]]
    head = ["姓名", "手机", "会员等级"]
    done = run(runtime, write_sheets(tmp_path / "a.xlsx", {"会员": [head, *rows]}))
    assert (fields_of(done)["会员等级"], "value.invalid" in findings(done)) == (None, False)
    known = run(
        runtime, write_sheets(tmp_path / "b.xlsx", {"客户": [["姓名", "手机", "等级"], *rows, ["王芳", "", "A"]]})
    )
    assert (fields_of(known)["等级"], findings(known)["value.invalid"]) == ("grade", 2)


def test_a_place_without_an_owner_is_no_customer(runtime: Runtime, tmp_path: Path) -> None:
    """空置 became a customer, and 李总（别墅） a firm; whoever delivers and receives signs below the table."""
    head = ["房号", "业主姓名", "电话", "备注"]
    rows = [
        ["101", "李总（别墅）", "13800000041", ""],
        ["102", "空置", "", "开发商未售"],
        ["103", "王芳", "13800000042", ""],
    ]
    sheet = [head, *rows, ["送货人（签字）：            收货单位（盖章）："]]
    done = run(runtime, write_sheets(tmp_path / "业主.xlsx", {"业主": sheet}))
    found = rows_of(runtime, "customer", "name", "kind")
    assert found == [["李总（别墅）", "person"], ["王芳", "person"]]
    assert findings(done)["row.without_name"] == findings(done)["import.left_out.signature"] == 1


# --- lists of six more trades ----------------------------------------------------------------------------------------


def test_all_that_a_print_shop_writes_of_its_jobs_comes_in(runtime: Runtime, tmp_path: Path) -> None:
    """Of two jobs of a customer only the last came in, whatever fields were made."""
    grid = [
        ["红星图文快印 2025年客户台账"],
        ["序号", "客户", "联系人/电话", "业务内容", "数量", "金额", "结算方式", "备注"],
        [1, "杭州微明花店", "沈姐 13800000001", "名片", "10盒", 150, "现结", "要圆角"],
        [2, "宏远物流有限公司（张师傅）", "", "运单三联", "50本", 400, "月结", ""],
        [3, "杭州微明花店", "沈姐 13800000001", "海报", "20张", 240, "挂账", "加急"],
        ["", "合计", "", "", "", 790],
    ]
    path = write_sheets(tmp_path / "台账.xlsx", {"2025台账": grid})
    done = run(runtime, path, create_fields=True)
    made = fields_of(done)
    own = [str(made[key]) for key in ("业务内容", "数量", "金额", "结算方式")]
    assert rows_of(runtime, "customer", "name", "remark", *own) == [
        ["杭州微明花店", "要圆角\n加急", "名片\n海报", "10盒\n20张", "150\n240", "现结\n挂账"],
        ["宏远物流有限公司", None, "运单三联", "50本", "400", "月结"],
    ]
    assert rows_of(runtime, "contact", "name", "mobile") == [["沈姐", "13800000001"], ["张师傅", None]]
    assert "row.differs" not in findings(done)
    before = content_of(runtime)
    again = run(runtime, path)
    assert (again["created"], again["updated"], content_of(runtime) == before) == (0, 0, True)


def test_each_visit_of_a_patient_is_a_follow_up(runtime: Runtime, tmp_path: Path) -> None:
    """Days and findings were texts of the patient; what nobody has a field for still is."""
    grid = [
        ["就诊日期", "姓名", "性别", "电话", "诊断", "过敏史", "费用"],
        ["2025-03-01", "王芳", "女", "13800000001", "上呼吸道感染", "青霉素", "86.5"],
        ["2025-03-04", "王芳", "女", "13800000001", "支气管炎", "青霉素", "120"],
        ["2025-03-05", "小宝（妈妈周敏）", "男", "13800000004", "手足口病", "", "98"],
    ]
    done = run(runtime, write_sheets(tmp_path / "病历.xlsx", {"病历": grid}), create_fields=True)
    made = fields_of(done)
    assert rows_of(runtime, "customer", "name", "kind", "mobile", str(made["费用"])) == [
        ["王芳", "person", "13800000001", "86.5\n120"],
        ["小宝", "person", "13800000004", "98"],
    ]
    assert rows_of(runtime, "interaction", "customer.name", "contact.name", "content") == [
        ["王芳", None, "上呼吸道感染"],
        ["王芳", None, "支气管炎"],
        ["小宝", "周敏", "手足口病"],
    ]
    assert rows_of(runtime, "contact", "customer.name", "name", "position") == [["小宝", "周敏", "妈妈"]]


def test_the_buyer_of_a_used_car_has_his_own_phone(runtime: Runtime, tmp_path: Path) -> None:
    """The list could not be read at all, and 原车主电话 looked like a phone of the customer."""
    grid = [
        ["车牌号", "卖价", "买家", "买家电话", "成交日期", "原车主", "原车主电话"],
        ["浙A12345", "9.1万", "王芳", "13800000001", "2025-01-20", "周伟", "13800000011"],
        ["浙B66666", "", "", "", "", "赵师傅", "13800000013"],
    ]
    done = run(runtime, write_sheets(tmp_path / "车.xlsx", {"库存与成交": grid}))
    assert rows_of(runtime, "customer", "name", "mobile") == [["王芳", "13800000001"]]
    assert (fields_of(done)["原车主电话"], findings(done)["row.without_name"]) == (None, 1)


def test_flats_in_hand_are_the_addresses_of_their_owners(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["鸿图装饰在建工地一览表（单位：万元）"],
        ["业主", "电话", "楼盘房号", "合同额", "签约日期", "设计师", "已收款"],
        ["王先生", "13800000001", "绿城春江花园3-2-1201", "18.6", "2025-01-08", "小林", "9.3"],
        ["张总(别墅)", "13800000004", "桃花源西区8号", "86", "2024-12-12", "陈工", "43"],
    ]
    done = run(runtime, write_sheets(tmp_path / "工地.xlsx", {"在建工地": grid}), create_fields=True)
    amount = str(fields_of(done)["合同额"])
    assert rows_of(runtime, "customer", "name", "main_address", amount, "cooperation_start") == [
        ["王先生", "绿城春江花园3-2-1201", "186000.00", "2025-01-08"],
        ["张总(别墅)", "桃花源西区8号", "860000.00", "2024-12-12"],
    ]


def test_two_courses_of_a_pupil_are_both_kept(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["学员姓名", "家长姓名", "关系", "家长电话", "报读课程", "学费", "到期日期", "备注"],
        ["周小伟", "周伟", "爸爸", "13800000002", "英语", "4800", "2025-08-31", "插班"],
        ["周小伟", "周伟", "爸爸", "13800000002", "数学", "2400", "2025-08-31", "周六上午"],
        ["李一诺", "李娜", "妈妈", "13800000003", "英语", "4800", "", ""],
    ]
    done = run(runtime, write_sheets(tmp_path / "春季班.xlsx", {"春季班": grid}), create_fields=True)
    made = fields_of(done)
    assert rows_of(runtime, "customer", "name", str(made["报读课程"]), str(made["学费"]), "remark") == [
        ["周小伟", "英语\n数学", "4800\n2400", "插班\n周六上午"],
        ["李一诺", "英语", "4800", None],
    ]
    assert "row.differs" not in findings(done)


def test_a_sheet_of_customers_behind_their_orders_is_read(runtime: Runtime, tmp_path: Path) -> None:
    """It was told as a sheet without records, as the workbook was taken for orders alone."""
    book = {
        "3月送货": [
            ["日期", "客户", "品名", "件数", "单价", "金额"],
            ["2025年3月1日", "城东李记粮油", "大豆油", "10", 210, 2100],
            ["", "", "东北大米", "20", 52, 1040],
            ["2025年3月2日", "王芳", "东北大米", "1", 52, 52],
        ],
        "客户": [
            ["客户", "老板", "电话", "地址", "账期", "备注"],
            ["城东李记粮油", "李强", "13800000001", "杭州市上城区望江路8号", "月结30天", "后门卸货"],
            ["王芳", "", "13800000002", "", "", ""],
        ],
    }
    path = write_sheets(tmp_path / "送货.xlsx", book)
    done = run(runtime, path)
    assert "sheet.unused" not in findings(done)
    assert rows_of(runtime, "customer", "name", "mobile", "credit_days", "order_count", "total_amount") == [
        ["城东李记粮油", "13800000001", 30, 1, "3140.00"],
        ["王芳", "13800000002", None, 1, "52.00"],
    ]
    assert rows_of(runtime, "contact", "customer.name", "name") == [["城东李记粮油", "李强"]]
    before = content_of(runtime)
    again = run(runtime, path)
    assert (again["created"], again["updated"], content_of(runtime) == before) == (0, 0, True)


def test_a_sheet_of_other_people_behind_orders_is_no_sheet_of_customers(runtime: Runtime, tmp_path: Path) -> None:
    book = {
        "送货": [
            ["日期", "客户", "品名", "件数", "金额"],
            ["2025年3月1日", "城东李记粮油", "大豆油", "10", 2100],
            ["2025年3月2日", "张记面馆", "东北大米", "1", 52],
        ],
        "员工": [["姓名", "电话"], ["小王", "13800000005"], ["老刘", "13800000006"]],
    }
    done = run(runtime, write_sheets(tmp_path / "送货.xlsx", book))
    assert findings(done)["sheet.unused"] == 1
    assert [row[0] for row in rows_of(runtime, "customer", "name")] == ["城东李记粮油", "张记面馆"]
