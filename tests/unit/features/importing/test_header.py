"""The header row is found among titles, notes and data."""

import pytest

from kehu.features.importing.reader.cells import encode_cell
from kehu.features.importing.reader.header import find_header, names_columns

HEADER = ["客户名称", "手机", "城市", "累计金额"]
DATA = ["上海宏远贸易有限公司", "13800138000", "上海", 86000.0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([HEADER, DATA], 0),
        ([["2026 年客户台账", "", "", ""], HEADER, DATA], 1),
        ([["客户台账", "", "", ""], ["制表：周以宁", "", "", "单位：元"], HEADER, DATA], 2),
        ([["客户台账", "", "", ""], ["制表：周以宁", "", "", ""], HEADER, DATA], 2),
        ([DATA, DATA], None),
        ([["13800138000", "13900139000", "2026-03-05", "86,000.00"]], None),
        ([["客户", "客户", "客户", "客户"], DATA], None),
        ([["客户", "备注", "备注", "备注", "电话", "电话"], DATA], 0),
        ([["客户名称"], ["宏远"]], 0),
        ([["客户名称", "手机"], ["宏远", ""]], 0),
        ([["姓名", "2023", "2024", "2025"], ["宏远", 1.0, 2.0, 3.0]], None),
        ([], None),
    ],
)
def test_where_the_header_is(rows: list[list], expected: int | None) -> None:
    assert find_header([[encode_cell(value) for value in row] for row in rows]) == expected


@pytest.mark.parametrize(
    "titles",
    [
        ["客户名称", "2025-01", "2025-02", "2025-03", "合计"],
        ["客户名称", "业务员", *(f"{month}月" for month in range(1, 13))],
        ["品名", "2023年", "2024年", "2025年"],
        ["客户", "联系人", "一季度", "二季度", "三季度", "四季度"],
    ],
)
def test_periods_may_head_columns(titles: list[str]) -> None:
    assert names_columns([(text, "t") for text in titles])


@pytest.mark.parametrize(
    "cells",
    [
        ["签订日期", "2025-01-05", "到期日期", "2026-01-05"],
        ["上海宏远贸易有限公司", "2025-01", "2025-02", "2025-03"],
        ["客户名称", "3", "3", "3"],
        ["合计", "100", "200", "300"],
    ],
)
def test_values_head_none(cells: list[str]) -> None:
    assert not names_columns([(text, "t") for text in cells])
