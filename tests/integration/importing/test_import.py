"""A workbook becomes records: mapping, rehearsal, application, errors, undo, the same file again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kehu.core.context import Actor
from kehu.core.records import read, undo
from kehu.features.importing import service
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS, content_of
from tests.support.sheets import write_sheets

HEAD = ["客户名称", "手机号", "联系人", "地址", "累计金额(万元)", "标签", "备注"]
ROWS = [
    ["上海宏远贸易有限公司", "", "沈亦舟", "上海市浦东新区世纪大道 1 号", "12.5", "重点客户、外贸", "月结"],
    ["林晓岚", "13800000008", "", "杭州市西湖区文三路 9 号", "", "", "无"],
    ["王芳", "138000", "", "", "3", "", ""],
    ["", "", "", "", "", "", "没有名字的一行"],
    ["林晓岚", "13800000008", "", "", "", "", "换了备注"],
]


def write_csv(path: Path, rows: list[list[str]] = ROWS, head: list[str] = HEAD, encoding: str = "gb18030") -> Path:
    text = "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in [head, *rows])
    path.write_bytes(text.encode(encoding))
    return path


def run(runtime: Runtime, path: Path, who: Actor = BOSS, *, dry: bool = False, **options: Any) -> dict[str, Any]:
    """Import a file as the command line does; return the result (or the report of the rehearsal)."""
    with runtime.write(who) as ctx:
        id = service.create(ctx, path.read_bytes(), path.name, options)
    runtime.runner().run_all()
    if dry:
        with runtime.read(who) as ctx:
            found = service.report(ctx, id)
            assert found is not None
            return {"id": id, **_whole(found)}
    with runtime.write(who) as ctx:
        service.apply(ctx, id)
    runtime.runner().run_all()
    with runtime.read(who) as ctx:
        status = service.status(ctx, id)
    assert status["state"] == "applied", status
    return {"id": id, **_whole(status["result"])}


def _whole(result: dict[str, Any]) -> dict[str, Any]:
    """The result, of which every row that was read must be in one of the counts."""
    assert sum(result["rows"].values()) == result["read"], result["rows"]
    return result


def findings(result: dict[str, Any]) -> dict[str, int]:
    return {one["code"]: one["count"] for one in result["findings"]}


def test_what_an_import_has_done_is_told_in_the_language_of_who_asks(runtime: Runtime, tmp_path: Path) -> None:
    id = run(runtime, write_csv(tmp_path / "客户.csv"), entity="customer")["id"]
    told = {}
    for lang in ("zh-CN", "en"):
        with runtime.read(BOSS, lang=lang) as ctx:
            result = service.status(ctx, id)["result"]
            told[lang] = {one["code"]: one["message"] for one in result["findings"]}["row.without_name"]
            assert (result["created"], result["error_workbook"] is not None) == (6, True)
    assert told["zh-CN"].startswith("1 行没有名称也没有编号")
    assert told["en"].startswith("1 row has neither name nor code")


def test_r102_a_gbk_file_becomes_customers_with_contacts_and_addresses(runtime: Runtime, tmp_path: Path) -> None:
    result = run(runtime, write_csv(tmp_path / "客户.csv"), entity="customer")
    assert (result["read"], result["by_entity"]["customer"], result["rejected"]) == (
        5,
        {"created": 3, "updated": 0},
        1,
    )
    assert findings(result)["value.invalid"] == 1
    with runtime.read(BOSS) as ctx:
        select = ["name", "kind", "mobile", "total_amount", "remark", "contact_name"]
        found = read.rows(ctx, "customer", {"select": select})
        rows = {row[2]: row[3:] for row in found}
    assert rows == {
        "上海宏远贸易有限公司": ["enterprise", None, "125000.00", "月结", "沈亦舟"],
        "林晓岚": ["person", "13800000008", "0.00", "换了备注", "林晓岚"],
        "王芳": ["person", None, "30000.00", None, "王芳"],
    }


def test_the_rehearsal_tells_the_same_and_writes_nothing(runtime: Runtime, tmp_path: Path) -> None:
    before = content_of(runtime)
    path = write_csv(tmp_path / "客户.csv")
    dry = run(runtime, path, entity="customer", dry=True)
    assert content_of(runtime) == before
    done = run(runtime, path, entity="customer")
    told = ("read", "created", "updated", "skipped", "merged", "rejected", "rows", "by_entity")
    assert [dry[one] for one in told] == [done[one] for one in told]
    assert dry["by_entity"]["contact"]["created"] == 1
    again = run(runtime, path, entity="customer", dry=True)
    assert again["created"] == 0


def test_the_same_file_twice_changes_nothing(runtime: Runtime, tmp_path: Path) -> None:
    rows = ROWS[:2]
    path = write_csv(tmp_path / "客户.csv", rows)
    run(runtime, path, entity="customer")
    before = content_of(runtime)
    again = run(runtime, path, entity="customer")
    assert (again["created"], again["updated"], again["skipped"]) == (0, 0, 2)
    assert content_of(runtime) == before


def test_r36_an_import_is_undone_with_its_updated_rows(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, write_csv(tmp_path / "a.csv", ROWS[:2]), entity="customer")
    before = content_of(runtime)
    changed = [[*ROWS[1][:6], "第二次导入"], ["何静怡", "13800000011", "", "", "", "", ""]]
    result = run(runtime, write_csv(tmp_path / "b.csv", changed), entity="customer")
    assert result["by_entity"]["customer"] == {"created": 1, "updated": 1}
    with runtime.write(BOSS) as ctx:
        taken_back = undo.undo(ctx, result["changeset"])
    assert taken_back["conflicts"] == []
    assert content_of(runtime) == before


def test_bad_rows_come_back_as_a_workbook_with_reasons(runtime: Runtime, tmp_path: Path) -> None:
    result = run(runtime, write_csv(tmp_path / "客户.csv"), entity="customer")
    with runtime.read(BOSS) as ctx:
        book = service.error_rows(ctx, result["id"])
    assert book is not None
    out = tmp_path / "errors.xlsx"
    out.write_bytes(book[1])
    import python_calamine

    rows = python_calamine.CalamineWorkbook.from_path(str(out)).get_sheet_by_index(0).to_python()
    assert rows[0][:2] == HEAD[:2]
    assert [row[0] for row in rows[1:]] == ["王芳", ""]
    assert all(str(row[len(HEAD)]) for row in rows[1:]), "every row says why"


def test_rows_to_correct_say_what_is_wrong_with_a_day_and_keep_their_name(runtime: Runtime, tmp_path: Path) -> None:
    rows = [["林晓岚", "5/3/23"], ["周明远", "2023年3月"], ["王芳", "不详"]]
    result = run(runtime, write_csv(tmp_path / "客户.csv", rows, ["客户名称", "建档时间"]), entity="customer")
    with runtime.read(BOSS) as ctx:
        returned = service.error_rows(ctx, result["id"])
    assert returned is not None
    out = tmp_path / returned[0]
    out.write_bytes(returned[1])
    import python_calamine

    lines = python_calamine.CalamineWorkbook.from_path(str(out)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in lines[1:]] == [
        "建档时间：「5/3/23」分不清年月日，写成 2026-03-05 这样",
        "建档时间：「2023年3月」不完整，年、月、日都要写，如 2026-03-05",
        "建档时间：「不详」不是日期，写成 2026-03-05 这样",
    ]
    assert out.name == "客户-没导进来的行.xlsx"
    again = run(runtime, out, entity="customer")
    assert again["created"] == 0
    with runtime.read(BOSS) as ctx:
        second = service.error_rows(ctx, again["id"])
    assert second is not None
    assert second[0] == out.name


def test_a_hidden_sheet_is_told_and_read_when_it_is_chosen(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "手机"]
    hide = {"旧客户": lambda sheet: sheet.hide()}
    path = write_sheets(
        tmp_path / "客户.xlsx",
        {
            "客户": [head, ["甲方茶庄", "13811110001"], ["沈亦舟", "13811110002"]],
            "旧客户": [head, ["陈记面馆", "13811110010"]],
        },
        after=lambda sheet: hide.get(sheet.get_name(), lambda _: None)(sheet),
    )
    result = run(runtime, path, entity="customer")
    (told,) = [one for one in result["findings"] if one["code"] == "sheet.hidden"]
    assert (result["created"], told["count"], told["examples"]) == (2, 1, [{"sheet": "旧客户"}])
    chosen = run(runtime, path, entity="customer", sheet="旧客户")
    assert (chosen["created"], "sheet.hidden" in findings(chosen)) == (1, False)
    with runtime.read(BOSS) as ctx:
        kinds = {row[2]: row[3] for row in read.rows(ctx, "customer", {"select": ["name", "kind"]})}
    assert kinds == {"甲方茶庄": "enterprise", "沈亦舟": "person", "陈记面馆": "enterprise"}


def test_columns_that_no_field_takes_become_fields_when_asked(runtime: Runtime, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "c.csv", [["林晓岚", "13800000008", "飞盘"]], ["客户名称", "手机", "客户爱好"])
    result = run(runtime, path, entity="customer", create_fields=True)
    assert result["created"] == 1
    with runtime.read(BOSS) as ctx:
        field = ctx.catalog.entities["customer"].fields["ke_hu_ai_hao"]
        assert (field.label.zh, field.type, field.own) == ("客户爱好", "text", True)
        rows = read.rows(ctx, "customer", {"select": ["name", "ke_hu_ai_hao"]})
        assert [row[2:] for row in rows] == [["林晓岚", "飞盘"]]
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, result["changeset"])
    with runtime.read(BOSS) as ctx:
        assert "ke_hu_ai_hao" in ctx.catalog.entities["customer"].fields
        assert read.select_ids(ctx, "customer") == []


def test_what_the_file_leaves_open_is_told(runtime: Runtime, tmp_path: Path) -> None:
    rows = [["林晓岚", "13800000008", "5000", "3.30106E+17"], ["", "13800000009", "", ""]]
    path = write_csv(tmp_path / "c.csv", rows, ["客户名称", "手机", "信用额度", "身份证号"])
    result = run(runtime, path, entity="customer")
    assert (result["created"], result["rejected"]) == (1, 1)
    told = findings(result)
    assert (told["money.unit_assumed"], told["number.cut"], told["row.without_name"]) == (1, 1, 1)
    nameless = next(one for one in result["findings"] if one["code"] == "row.without_name")["examples"]
    assert nameless == [{"sheet": "c", "row": 3, "text": "13800000009"}], "it says whose row it is"
    again = run(runtime, path, entity="customer")
    assert (again["created"], again["rejected"]) == (0, 1)


@pytest.mark.parametrize("mapping", [None, {"下次联系": "interactions.next_follow_up"}])
def test_the_day_of_the_next_call_becomes_a_task(
    runtime: Runtime, tmp_path: Path, mapping: dict[str, str | None] | None
) -> None:
    head = ["客户名称", "电话", "最近下单", "下次联系"]
    rows = [["苏州恒通精密", "15929170342(微信同号)", "2026-09-03", "2026-12-03"], ["温州鹿城鞋业", "", "", "下周一"]]
    result = run(runtime, write_csv(tmp_path / "c.csv", rows, head), entity="customer", map=mapping)
    assert findings(result)["date.invalid"] == 1
    with runtime.read(BOSS) as ctx:
        select = ["name", "wechat", "contact_name", "opening_last_on", "next_follow_up"]
        got = {row[2]: row[3:] for row in read.rows(ctx, "customer", {"select": select})}
        tasks = list(read.rows(ctx, "task", {"select": ["customer.name", "due_at"]}))
    first = got["苏州恒通精密"]
    assert first[:3] == ["15929170342", None, "2026-09-03"]
    assert [(row[2], str(row[3])[:10]) for row in tasks] == [("苏州恒通精密", "2026-12-02")], "midnight here, in UTC"
    assert str(first[3])[:10] == "2026-12-02"


def test_cells_as_offices_write_them(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "手机", "联系人", "建档时间", "信用额度(千元)"]
    rows = [
        ["上海宏远贸易有限公司", "", "沈亦舟 13800000001", "二〇二三年三月五日", "12.345678"],
        ["林晓岚", "13800000008/0571-88001234", "", "2023.3.5", "壹万贰仟元整"],
        ["周明远", "13800000010、13800000011、13800000012", "无", "5/3/23", "/"],
    ]
    result = run(runtime, write_csv(tmp_path / "c.csv", rows, head), entity="customer")
    told = findings(result)
    assert {k: told.get(k) for k in ("cell.parted", "phone.several", "date.invalid", "money.rounded")} == {
        "cell.parted": 3, "phone.several": None, "date.invalid": 1, "money.rounded": 1,
    }  # fmt: skip
    rounded = next(one for one in result["findings"] if one["code"] == "money.rounded")
    assert rounded["examples"][0] == {
        "sheet": "c", "column": "信用额度(千元)", "kept": "24345.68", "exact": "24345.678",
    }  # fmt: skip
    with runtime.read(BOSS) as ctx:
        select = ["name", "mobile", "office_phone", "contact_name", "cooperation_start", "credit_limit", "remark"]
        got = {row[2]: row[3:] for row in read.rows(ctx, "customer", {"select": select})}
        assert service.error_rows(ctx, result["id"]) is not None, "a day that may be two is not lost"
    assert got == {
        "上海宏远贸易有限公司": [None, None, "沈亦舟", "2023-03-05", "12345.68", None],
        "林晓岚": ["13800000008", "0571-88001234", "林晓岚", "2023-03-05", "12000.00", None],
        "周明远": ["13800000010", "13800000011", "周明远", None, None, "其他电话：13800000012"],
    }


def test_issue4_2_a_list_with_fixed_lines_grades_and_birthdays_loses_nothing(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "联系人", "联系电话", "客户类型", "客户生日", "首次合作日期", "等级"]
    rows = [
        ["杭州西湖茶庄", "王芳", "0571-87654321", "企业", "农历八月十五", "2023.3.5", "A级"],
        ["宁波北仑五金厂", "李强", "李强（厂长） 0574-65221234转801", "企业客户", "3月5日", "2023/3/6", "B类"],
        ["张桂兰", "", "13600001234；13500001234（微信同号）", "个人", "1980.5.6", "23年3月7日", "C"],
        ["绍兴黄酒铺", "陈老板", "周会计 13700001234", "门店", "", "", ""],
    ]
    path = write_csv(tmp_path / "台账.csv", rows, head)
    result = run(runtime, path, entity="customer")
    assert findings(result)["cell.parted"] == 4
    assert findings(result)["value.invalid"] == 1, "only 门店 is no kind of customer"
    assert "column.unmapped" not in findings(result)
    select = ["name", "kind", "mobile", "office_phone", "wechat", "birth_date", "cooperation_start", "grade"]
    with runtime.read(BOSS) as ctx:
        got = {row[2]: row[3:] for row in read.rows(ctx, "customer", {"select": select})}
        people = {r[2]: r[3:] for r in read.rows(ctx, "contact", {"select": ["name", "position", "remark"]})}
    assert got == {
        "杭州西湖茶庄": ["enterprise", None, "0571-87654321", None, "lunar:--08-15", "2023-03-05", "a"],
        "宁波北仑五金厂": ["enterprise", None, "0574-65221234-801", None, "--03-05", "2023-03-06", "b"],
        "张桂兰": ["person", "13600001234", "13500001234", "13500001234", "1980-05-06", "2023-03-07", "c"],
        "绍兴黄酒铺": ["enterprise", "13700001234", None, None, None, None, "d"],
    }
    assert people == {"王芳": [None, None], "李强": ["厂长", None], "陈老板": [None, "其他联系人：周会计"]}
    again = run(runtime, path, entity="customer")
    assert (again["created"], again["updated"], again["skipped"]) == (0, 0, 4)


def test_a_mapping_is_remembered_for_the_next_file_with_these_headings(runtime: Runtime, tmp_path: Path) -> None:
    head = ["客户名称", "老板手机", "内部代号", "口味"]
    rows = [[f"第{n}家面馆", f"1380000{n:04d}", f"K{n}", "辣" if n % 2 else "清淡"] for n in range(12)]
    asked = {"老板手机": "mobile", "内部代号": None}
    first = run(runtime, write_csv(tmp_path / "十月.csv", rows, head), entity="customer", map=asked, create_fields=True)
    with runtime.read(BOSS) as ctx:
        taste = ctx.catalog.entities["customer"].fields["kou_wei"]
        assert (taste.type, sorted(option.label.zh for option in taste.options)) == ("select", ["清淡", "辣"])
        kept = service.mapping(ctx, first["id"])
        assert kept == {"客户名称": "name", "老板手机": "mobile", "内部代号": None, "口味": "kou_wei"}
    later = run(runtime, write_csv(tmp_path / "十一月.csv", [["新来的面馆", "13800009999", "K99", "辣"]], head))
    (sheet,) = later["sheets"]
    assert [(c["field"], c["reason"]) for c in sheet["columns"]] == [
        ("name", "remembered"), ("mobile", "remembered"), (None, "remembered"), ("kou_wei", "remembered"),
    ]  # fmt: skip
    assert later["created"] == 1
    with runtime.read(BOSS) as ctx:
        where = {"field": "name", "op": "eq", "value": "新来的面馆"}
        got = read.rows(ctx, "customer", {"select": ["mobile", "kou_wei"], "where": where})
        assert [row[2:] for row in got] == [["13800009999", "la"]]
