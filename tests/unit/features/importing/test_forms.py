"""Forms are read as records: one customer per sheet or block, names left of values or above them."""

from pathlib import Path

import pytest

from kehu.features.importing.reader.cells import encode_cell
from kehu.features.importing.reader.forms import Form, find_forms
from kehu.features.importing.reader.parent import read_workbook
from tests.support.sheets import F1, F1_MERGES, LEFT, write_sheets


def forms(rows: list[list[object]]) -> list[Form] | None:
    width = max(map(len, rows))
    known = {
        n: [encode_cell(v) for v in [*row, *[None] * (width - len(row))]] for n, row in enumerate(rows, 1) if any(row)
    }
    return find_forms(known, [])


def table(form: Form) -> list[dict[str, str | None]]:
    return [
        {form.titles[i]: text for i, (text, kind) in cells.items() if kind != "0"}
        for _, cells in sorted(form.rows.items())
    ]


@pytest.mark.parametrize("merges", [F1_MERGES, ()], ids=["merged", "plain"])
def test_r25_the_maintenance_sheet_of_a_customer_reads_as_one_record_with_its_lists(tmp_path: Path, merges) -> None:
    path = write_sheets(tmp_path / "F1.xlsx", {"档案": F1}, merges)
    (sheet,) = read_workbook(path, workdir=tmp_path / "work").sheets
    assert (sheet.header_row, sheet.header_rows) == (0, 0)
    titles = [c.title for c in sheet.columns]
    assert titles[:5] == ["客户编号", "客户名称(全称)", "客户类型", "所属行业", "客户等级"]
    frame = next(iter(sheet.blocks()))
    rows = [
        {t: frame[f"c{i}"][r] for i, t in enumerate(titles) if frame[f"c{i}"][r] is not None}
        for r in range(frame.height)
    ]
    first, *more = rows
    assert first["客户编号"] == "2023-TEC-001"
    assert first["联系人信息/姓名"] == "沈亦舟"
    assert (first["地址信息/地址类型"], first["地址信息/详细地址"]) == ("总部地址", "北京市海淀区中关村大街 1 号")
    assert first["业务往来信息/累计合作金额(元)"] == "500,000"
    assert first["维护记录/维护内容/跟进事项"] == "推送V2.0版本更新说明"
    assert first["状态标识"] == "待跟进"
    assert [
        (r["客户编号"], r.get("联系人信息/姓名"), r.get("地址信息/详细地址"), r.get("维护记录/维护日期")) for r in more
    ] == [
        ("2023-TEC-001", "顾长青", None, None),
        ("2023-TEC-001", None, "上海市浦东新区世纪大道 8 号", None),
        ("2023-TEC-001", None, None, "2023-11-05"),
    ]
    feedback = sheet.columns[titles.index("维护记录/客户反馈")]
    assert (feedback.letters, feedback.places[3]) == ("G", 19)


def test_names_left_of_values_with_blanks_and_boxes() -> None:
    found = forms(LEFT)
    assert found is not None
    assert [table(one) for one in found] == [
        [
            {
                "客户名称": "上海宏远贸易有限公司", "客户编号": "KH1", "联系人": "沈亦舟", "职位": "采购总监",
                "手机": "13800000001", "地址": "上海市浦东新区世纪大道 1 号", "客户性质": "企业", "备注": "月结",
            }
        ],
        [{"客户名称": "林晓岚", "客户编号": "KH2", "手机": "13800000008", "地址": "杭州市上城区", "客户性质": "个人"}],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [["客户名称", "手机", "城市"], ["林晓岚", "13800000008", "杭州"], ["陈嘉禾", "13800000009", "杭州"]],
        [["姓名", "性别", "电话"], ["林晓岚", "女", "13800000008"]],
        [
            ["产品名称", "类型", "说明"],
            ["办公电话", "座机", "带录音"],
            ["手机", "终端", "双卡"],
            ["客户名称牌", "耗材", "红"],
        ],
        [["客户名称"], ["林晓岚"]],
    ],
)
def test_tables_are_no_forms(rows: list[list[object]]) -> None:
    assert forms(rows) is None


def test_one_row_that_was_sent_back_to_be_corrected_is_a_table(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["云汀商贸 2026 年客户台账"],
        ["填表说明：手机必填"],
        ["单位名称", "编号", "联系方式", "", "往来", "", "信用代码", "", ""],
        ["", "", "手机", "邮箱", "累计（万元）", "合作开始时间", "", "原因", "记录编号"],
        ["苏州澄光食品", "K2021-008", "13800000662", "", 31.72, "2024.10.19", "9131", "信用代码：末几位没有了", "2"],
    ]
    merges = ("C3:D3", "E3:F3", "A3:A4", "B3:B4", "G3:G4")
    (sheet,) = read_workbook(write_sheets(tmp_path / "改.xlsx", {"客户": rows}, merges), workdir=tmp_path / "w").sheets
    assert (sheet.header_row, sheet.header_rows, sheet.n_data) == (4, 2, 1)
    assert [c.title for c in sheet.columns][-2:] == ["原因", "记录编号"]
