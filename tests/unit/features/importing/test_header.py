"""The header row is found among titles, notes and data."""

import pytest

from kehu.features.importing.reader.cells import encode_cell
from kehu.features.importing.reader.header import find_header

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
        ([["客户名称"], ["宏远"]], 0),
        ([["客户名称", "手机"], ["宏远", ""]], 0),
        ([["姓名", "2023", "2024", "2025"], ["宏远", 1.0, 2.0, 3.0]], None),
        ([], None),
    ],
)
def test_where_the_header_is(rows: list[list], expected: int | None) -> None:
    assert find_header([[encode_cell(value) for value in row] for row in rows]) == expected
