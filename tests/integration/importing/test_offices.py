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
