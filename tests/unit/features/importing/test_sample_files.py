"""Real workbooks, and the torture files of two spreadsheet libraries, where the folder of sample files is there."""

import json
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from kehu.base.common.messages import message
from kehu.base.errors import BadInput
from kehu.features.importing.reader.parent import read_workbook

pytestmark = pytest.mark.data


def test_the_superstore_workbook(sample_files: Path, tmp_path: Path) -> None:
    book = read_workbook(sample_files / "orders_cn" / "示例 - 超市.xls", workdir=tmp_path)
    assert [(s.name, s.header_row, s.n_data) for s in book.sheets] == [
        ("订单", 1, 9959),
        ("退货", 1, 1163),
        ("销售人员", 1, 6),
    ]
    orders = book.sheets[0]
    assert [c.title for c in orders.columns][:7] == [
        "行 ID",
        "订单 ID",
        "订单日期",
        "发货日期",
        "装运模式",
        "客户 ID",
        "客户名称",
    ]
    assert orders.columns[2].kinds == {"d": 9959}
    frame = pl.concat(list(orders.blocks()))
    assert frame.height == 9959
    first = frame.row(0, named=True)
    assert (first["c0"], first["k0"], first["c2"], first["c16"]) == ("1", "n", "2023-04-27", "129.696")


def test_all_160_torture_files_are_read_whole_or_refused_by_name(sample_files: Path, tmp_path: Path) -> None:
    """Issue 4, part 5: the index beside the files says what another reader sees in each."""
    with zipfile.ZipFile(sample_files / "spreadsheets" / "spreadsheets_shared.zip") as package:
        (index,) = [name for name in package.namelist() if name.endswith("INDEX.json")]
        seen = {one["file"]: one["sheets"] for one in json.loads(package.read(index))}
        files = {name: package.read(name) for name in package.namelist() if name in seen}
    assert len(files) == 160

    def sheets_of(number: int, name: str) -> tuple[str, set[str] | str]:
        path = tmp_path / f"{number}{Path(name).suffix}"
        path.write_bytes(files[name])
        try:
            book = read_workbook(path, workdir=tmp_path / f"work{number}")
        except BadInput as error:
            said = message(error.code, "zh-CN", **error.data)
            return name, said if "{" in said else error.code  # a sentence with a gap is no known code below
        assert all(frame.height for sheet in book.sheets for frame in sheet.blocks()), name
        return name, {sheet.sheet for sheet in book.sheets}

    with ThreadPoolExecutor(2) as two:
        found = dict(two.map(sheets_of, range(len(files)), files))
    refused = {name: told for name, told in found.items() if isinstance(told, str)}
    assert Counter(refused.values()) == {
        "import.empty": 14, "import.other_format": 12, "import.encrypted": 9, "import.unreadable": 2,
        "import.unreadable.encoding": 2,
    }  # fmt: skip
    for name, code in refused.items():
        cells = isinstance(seen[name], list) and any(rows for _, rows, _ in seen[name])
        assert code not in ("import.empty", "import.unreadable") or not cells, name
        if "password_2002" in name or "pass_protected" in name:
            assert code == "import.encrypted"
    for name, sheets in found.items():
        if not isinstance(sheets, str) and isinstance(seen[name], list):
            assert {title for title, rows, _ in seen[name] if rows} <= sheets, name
