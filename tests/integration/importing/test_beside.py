"""Several contacts and several addresses in the columns of one row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kehu.core.records import undo
from kehu.features.importing import service
from kehu.runtime import Runtime
from tests.integration.importing.test_import import findings, run
from tests.integration.importing.test_offices import fields_of, rows_of
from tests.support.ledger_state import BOSS, content_of
from tests.support.sheets import write_sheets


def comes_in_once(runtime: Runtime, path: Path, **options: Any) -> dict[str, Any]:
    """Import a file: the rehearsal tells the same, the file again adds nothing, undo brings back what was there."""
    options = {"entity": "customer", **options}
    empty = content_of(runtime)
    dry = run(runtime, path, dry=True, **options)
    done = run(runtime, path, **options)
    assert dry["by_entity"] == done["by_entity"]
    before = content_of(runtime)
    again = run(runtime, path, **options)
    assert (again["created"], again["updated"], content_of(runtime) == before) == (0, 0, True)
    with runtime.write(BOSS) as ctx:
        assert undo.undo(ctx, done["changeset"])["conflicts"] == []
    assert content_of(runtime) == empty
    return run(runtime, path, **options)


def test_two_contacts_side_by_side_are_two(runtime: Runtime, tmp_path: Path) -> None:
    """The second one's phone became the office phone of the firm, his name was left out."""
    grid = [
        ["客户名称", "联系人1", "职务1", "电话1", "联系人2", "职务2", "电话2", "邮箱2"],
        ["杭州澜屿软件有限公司", "沈亦舟", "经理", "13800000051", "顾长青", "会计", "13800000052", "gu@example.com"],
        ["绍兴黄酒铺", "王芳", "", "13800000053", "", "", "", ""],
        ["宁波五金厂", "", "", "", "李强", "厂长", "0574-65221234", ""],
    ]
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    done = comes_in_once(runtime, path)
    assert "column.unmapped" not in findings(done)
    found = rows_of(runtime, "contact", "customer.name", "name", "position", "mobile", "office_phone", "email")
    assert sorted(found, key=lambda row: (row[0], row[1])) == [
        ["宁波五金厂", "李强", "厂长", None, "0574-65221234", None],
        ["杭州澜屿软件有限公司", "沈亦舟", "经理", "13800000051", None, None],
        ["杭州澜屿软件有限公司", "顾长青", "会计", "13800000052", None, "gu@example.com"],
        ["绍兴黄酒铺", "王芳", None, "13800000053", None, None],
    ]
    assert rows_of(runtime, "customer", "mobile", "office_phone") == [[None, None]] * 3


def test_two_columns_of_people_with_their_phones_are_two_contacts(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["委托人", "联系人1/电话", "联系人2/电话"],
        ["上海宏远贸易有限公司", "沈亦舟13800000271", "周敏 13800000272"],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "案件.xlsx", {"案件": grid}))
    assert rows_of(runtime, "contact", "name", "mobile") == [["沈亦舟", "13800000271"], ["周敏", "13800000272"]]


def test_one_contact_with_two_phones_stays_one(runtime: Runtime, tmp_path: Path) -> None:
    grid = [["客户名称", "联系人", "电话1", "电话2"], ["绍兴黄酒铺", "王芳", "13800000053", "0575-85001234"]]
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert rows_of(runtime, "customer", "mobile", "office_phone") == [["13800000053", "0575-85001234"]]
    assert rows_of(runtime, "contact", "name", "mobile") == [["王芳", None]]


def test_a_person_in_both_places_is_one_contact(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "联系人", "电话", "联系人2", "电话2"]
    grid = [
        head,
        ["绍兴黄酒铺", "王芳", "13800000053", "王芳", ""],
        ["宁波五金厂", "李强", "13800000054", "周敏", "13800000055"],
        ["宁波五金厂", "周敏", "", "李强", ""],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert sorted(rows_of(runtime, "contact", "name", "mobile")) == [
        ["周敏", "13800000055"], ["李强", "13800000054"], ["王芳", "13800000053"],
    ]  # fmt: skip


def test_who_does_the_accounts_is_told_by_the_heading(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["客户名称", "采购联系人", "采购电话", "财务联系人", "财务电话"],
        ["杭州澜屿软件有限公司", "沈亦舟", "13800000051", "顾长青", "13800000052"],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert rows_of(runtime, "contact", "name", "position", "mobile") == [
        ["沈亦舟", "采购", "13800000051"], ["顾长青", "财务", "13800000052"],
    ]  # fmt: skip


def test_a_pupil_comes_with_both_parents(runtime: Runtime, tmp_path: Path) -> None:
    head = ["学员姓名", "性别", "父亲姓名", "父亲电话", "母亲姓名", "母亲电话"]
    grid = [
        head,
        ["朱一诺", "女", "朱伟", "13800000031", "何静怡", "13800000032"],
        ["何思远", "男", "", "", "林晓岚", ""],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "春季班.xlsx", {"春季班": grid}))
    assert rows_of(runtime, "customer", "name", "kind", "gender") == [
        ["朱一诺", "person", "female"], ["何思远", "person", "male"],
    ]  # fmt: skip
    assert sorted(rows_of(runtime, "contact", "name", "position", "mobile")) == [
        ["何静怡", "母亲", "13800000032"], ["朱伟", "父亲", "13800000031"], ["林晓岚", "母亲", None],
    ]  # fmt: skip


def test_every_address_of_a_row_comes_in_with_its_kind(runtime: Runtime, tmp_path: Path) -> None:
    """The first came in, the others were only told of."""
    grid = [
        ["客户名称", "公司地址", "收货人", "收货电话", "收货地址", "开票地址"],
        ["杭州澜屿软件有限公司", "杭州市西湖区文三路9号", "周敏", "13800000061", "杭州市余杭区良渚路1号",
         "杭州市上城区庆春路1号"],
        ["绍兴黄酒铺", "绍兴市越城区解放路8号", "", "", "绍兴市越城区解放路8号", ""],
        ["林晓岚", "", "", "", "杭州市拱墅区莫干山路2号", ""],
    ]  # fmt: skip
    path = write_sheets(tmp_path / "客户.xlsx", {"客户": grid})
    done = comes_in_once(runtime, path)
    assert "column.unmapped" not in findings(done)
    found = rows_of(runtime, "address", "customer.name", "type", "detail", "recipient", "recipient_phone")
    assert sorted(found, key=lambda row: (row[0], row[2])) == [
        ["杭州澜屿软件有限公司", "head_office", "杭州市上城区庆春路1号", None, None],
        ["杭州澜屿软件有限公司", "delivery", "杭州市余杭区良渚路1号", "周敏", "13800000061"],
        ["杭州澜屿软件有限公司", "head_office", "杭州市西湖区文三路9号", None, None],
        ["林晓岚", "delivery", "杭州市拱墅区莫干山路2号", None, None],
        ["绍兴黄酒铺", "head_office", "绍兴市越城区解放路8号", None, None],
    ]
    assert rows_of(runtime, "customer", "name", "main_address")[0] == [
        "杭州澜屿软件有限公司", "杭州市西湖区文三路9号",
    ]  # fmt: skip


def test_an_address_below_two_headings_says_both(runtime: Runtime, tmp_path: Path) -> None:
    """One record, of the kind that the first heading says; that bills go there, too, was lost."""
    grid = [
        ["客户名称", "电话", "送货地址", "开票地址", "发货地址"],
        ["宁波五金厂", "13800000001", "鄞州区钱湖北路88号", "鄞州区钱湖北路88号", "鄞州区钱湖北路88号"],
        ["绍兴黄酒铺", "13800000002", "越城区解放路8号", "越城区中兴路1号", ""],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert sorted(rows_of(runtime, "address", "detail", "type", "remark")) == [
        ["越城区中兴路1号", "head_office", None],
        ["越城区解放路8号", "delivery", None],
        ["鄞州区钱湖北路88号", "delivery", "开票地址"],
    ]


def test_orders_bring_both_contacts_of_their_customer(runtime: Runtime, tmp_path: Path) -> None:
    grid = [
        ["订单编号", "客户名称", "联系人", "电话", "联系人2", "电话2", "公司地址", "收货地址", "金额"],
        [
            "D001",
            "绍兴黄酒铺",
            "王芳",
            "13800000053",
            "陈老板",
            "13800000054",
            "绍兴市延安路1号",
            "绍兴市解放路8号",
            100,
        ],
    ]
    comes_in_once(runtime, write_sheets(tmp_path / "订单.xlsx", {"订单": grid}), entity="order")
    assert rows_of(runtime, "contact", "name", "mobile") == [["王芳", "13800000053"], ["陈老板", "13800000054"]]
    assert rows_of(runtime, "order", "contact.name", "delivery_address.type") == [["王芳", "delivery"]]
    assert len(rows_of(runtime, "address", "detail")) == 2


def test_further_contacts_may_be_chosen_by_hand_and_are_remembered(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "老板", "老板手机", "会计", "会计手机"]
    path = write_sheets(
        tmp_path / "a.xlsx", {"客户": [head, ["绍兴黄酒铺", "王芳", "13800000053", "周敏", "13800000054"]]}
    )
    keys = ["name", "contacts.name", "contacts.mobile", "contacts2.name", "contacts2.mobile"]
    first = run(runtime, path, entity="customer", map=dict(zip(head, keys, strict=True)))
    assert sorted(rows_of(runtime, "contact", "name", "mobile")) == [["周敏", "13800000054"], ["王芳", "13800000053"]]
    with runtime.read(BOSS) as ctx:
        assert list(service.mapping(ctx, first["id"]).values()) == keys
    path = write_sheets(tmp_path / "b.xlsx", {"客户": [head, ["宁波五金厂", "李强", "13800000055", "何静怡", ""]]})
    with runtime.write(BOSS) as ctx:
        id = service.create(ctx, path.read_bytes(), path.name, {})
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        status = service.status(ctx, id)
    assert list(fields_of(status).values()) == keys
    (sheet,) = status["sheets"]
    labels = {one["key"]: one["label"] for one in sheet["targets"]}
    assert [labels[key] for key in ("contacts.name", "contacts2.name", "contacts3.name", "addresses2.detail")] == [
        "联系人 · 姓名", "联系人 2 · 姓名", "联系人 3 · 姓名", "地址 2 · 详细地址",
    ]  # fmt: skip
    assert "contacts4.name" not in labels


def test_two_of_one_name_in_a_row_are_one_of_whom_nothing_is_lost(runtime: Runtime, tmp_path: Path) -> None:
    """The second phone went over the first, and the file again changed records."""
    grid = [
        ["客户名称", "联系人1", "职务1", "电话1", "联系人2", "职务2", "电话2", "联系人3", "职务3", "电话3"],
        ["绍兴黄酒铺", "王芳", "店长", "13800000121", "王芳", "会计", "13800000122", "王 芳", "", "13800000123"],
        ["宁波五金厂", "李强", "厂长", "", "李强", "", "13800000124", "周敏", "", ""],
    ]
    done = comes_in_once(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}))
    assert sorted(rows_of(runtime, "contact", "name", "position", "mobile", "remark"), key=lambda row: row[0]) == [
        ["周敏", None, None, None],
        ["李强", "厂长", "13800000124", None],
        ["王芳", "店长", "13800000121", "其他电话：13800000122\n职位：会计\n其他电话：13800000123"],
    ]
    told = next(one for one in done["findings"] if one["code"] == "cell.same_name")
    assert sorted((one["cell"], one["text"]) for one in told["examples"]) == [
        ("F2", "会计"), ("G2", "13800000122"), ("J2", "13800000123"),
    ]  # fmt: skip
    assert not [code for code in findings(done) if code.startswith("conflict")]


def test_labels_of_derived_fields_tell_whose_a_column_is(runtime: Runtime, tmp_path: Path) -> None:
    """主要联系人 and 地址 are the labels of fields that show what stands elsewhere: their columns were not seen."""
    heads = {
        "客户名称 主要联系人 主要联系人电话 财务联系人 财务电话":
            "name contacts.name contacts.mobile contacts2.name contacts2.mobile",
        "客户名称 地址 收货地址 家庭地址": "name addresses.detail addresses2.detail addresses3.detail",
        "客户名称 电话 地址 收货地址 收货人 收货电话":
            "name mobile addresses.detail addresses2.detail addresses2.recipient addresses2.recipient_phone",
        "客户名称 电话 备用电话 采购联系人 采购电话 财务联系人 财务电话":
            "name mobile office_phone contacts.name contacts.mobile contacts2.name contacts2.mobile",
    }  # fmt: skip
    for n, (head, expected) in enumerate(heads.items()):
        path = write_sheets(tmp_path / f"{n}.xlsx", {"客户": [head.split(), ["绍兴黄酒铺", *[""] * head.count(" ")]]})
        with runtime.write(BOSS) as ctx:
            id = service.create(ctx, path.read_bytes(), path.name, {"entity": "customer"})
        runtime.runner().run_all()
        with runtime.read(BOSS) as ctx:
            assert list(fields_of(service.status(ctx, id)).values()) == expected.split()


def test_our_own_people_are_no_contacts_of_a_customer(runtime: Runtime, tmp_path: Path) -> None:
    """Whoever looks after the customers became a contact of each of them."""
    grid = [
        ["客户名称", "联系人", "电话", "我方联系人", "客服对接人", "推荐联系人"],
        ["绍兴黄酒铺", "王芳", "13800000053", "周敏", "沈亦舟", "何静怡"],
    ]
    done = run(runtime, write_sheets(tmp_path / "客户.xlsx", {"客户": grid}), entity="customer")
    assert rows_of(runtime, "contact", "name") == [["王芳"]]
    assert findings(done)["column.unmapped"] == 3
