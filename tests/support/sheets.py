"""Sheets as offices keep them, and a writer for them: rows of values, merged cells by range."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import python_calamine
import xlsxwriter
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

Grid = Sequence[Sequence[object]]
Hide = Callable[[Worksheet], None]


def write_sheets(path: Path, sheets: Mapping[str, Grid], merges: Sequence[str] = (), after: Hide | None = None) -> Path:
    """Write each grid as a sheet; the same ranges are merged on all of them, `after` is asked for more."""
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(r, c, value, day)
                    elif value is not None and value != "":
                        sheet.write(r, c, value)
            for one in merges:
                (r1, c1), (r2, c2) = map(xl_cell_to_rowcol, one.split(":"))
                value = rows[r1][c1] if r1 < len(rows) and c1 < len(rows[r1]) else ""
                sheet.merge_range(r1, c1, r2, c2, value)
            if after is not None:
                after(sheet)
    return path


def cells_of(content: bytes) -> list[list[Any]]:
    """The cells of the first sheet of a workbook, empty ones as None."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [[None if cell == "" else cell for cell in row] for row in rows]


def _row(*cells: tuple[int, object]) -> list[tuple[int, object]]:
    return list(cells)


def spread(rows: Sequence[Sequence[tuple[int, object]]]) -> tuple[list[list[object]], tuple[str, ...]]:
    """Rows of values with the columns that each takes, as a grid and the ranges to merge."""
    grid: list[list[object]] = []
    merges: list[str] = []
    for r, cells in enumerate(rows):
        row: list[object] = []
        for span, value in cells:
            if span > 1:
                merges.append(f"{xl_rowcol_to_cell(r, len(row))}:{xl_rowcol_to_cell(r, len(row) + span - 1)}")
            row += [value, *[""] * (span - 1)]
        grid.append(row)
    return grid, tuple(merges)


# The sheet that the seed lays out: rows of names over rows of values, in blocks of one customer.
F1, F1_MERGES = spread(
    [
        _row((10, "客户档案维护表")),
        _row((2, "客户编号"), (2, "客户名称(全称)"), (2, "客户类型"), (2, "所属行业"), (2, "客户等级")),
        _row((2, "2023-TEC-001"), (2, "杭州澜屿软件有限公司"), (2, "成交客户"), (2, "信息技术"), (2, "A类战略客户")),
        _row((10, "联系人信息")),
        _row((2, "姓名"), (2, "职位"), (2, "办公电话"), (2, "手机"), (2, "邮箱")),
        _row((2, "沈亦舟"), (2, "采购总监"), (2, "0571-88001234"), (2, "13800000001"), (2, "shen@example.com")),
        _row((2, "顾长青"), (2, "财务经理"), (2, ""), (2, "13800000021"), (2, "")),
        _row((10, "地址信息")),
        _row((5, "总部地址"), (5, "分支机构地址")),
        _row((5, "北京市海淀区中关村大街 1 号"), (5, "上海市浦东新区世纪大道 8 号")),
        _row((10, "业务往来信息")),
        _row(
            (2, "合作起始时间"), (2, "最近合作时间"), (2, "合作产品/服务"), (2, "累计合作金额(元)"), (2, "订单记录摘要")
        ),
        _row((2, "2023-01-15"), (2, "2023-10-20"), (2, "智能办公系统"), (2, "500,000"), (2, "订单2023102001:软件升级")),
        _row((10, "客户偏好")),
        _row((3, "沟通方式偏好"), (3, "服务需求偏好"), (4, "关注重点")),
        _row((3, "微信、周报"), (3, "售后响应速度"), (4, "产品功能迭代")),
        _row((10, "维护记录")),
        _row((2, "维护日期"), (1, "维护人"), (3, "维护内容/跟进事项"), (2, "客户反馈"), (2, "下次跟进时间")),
        _row(
            (2, "2023-10-20"),
            (1, "周敏"),
            (3, "推送V2.0版本更新说明"),
            (2, "“功能优化及时，期待新增模块”"),
            (2, "2023-11-05"),
        ),
        _row((2, "2023-11-05"), (1, "周敏"), (3, "介绍新增模块"), (2, "“先试用”"), (2, "2023-11-20")),
        _row((10, "状态标识")),
        _row((2, "□正常"), (3, "☑待跟进"), (3, "□需升级"), (2, "□流失")),
    ]
)

LEFT = [
    ["客户登记表"],
    ["客户名称", "上海宏远贸易有限公司", "客户编号", "KH1"],
    ["联系人", "沈亦舟", "职位", "采购总监"],
    ["手机", "13800000001", "邮箱", ""],
    ["地址", "上海市浦东新区世纪大道 1 号"],
    ["客户性质", "☑企业 □个人", "备注", "月结"],
    [],
    ["客户登记表"],
    ["客户名称", "林晓岚", "客户编号", "KH2"],
    ["联系人", "", "职位", ""],
    ["手机", "13800000008", "邮箱", ""],
    ["地址", "杭州市上城区"],
    ["客户性质", "□企业 ☑个人", "备注", ""],
]
