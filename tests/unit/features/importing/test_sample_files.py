"""Real workbooks, and the torture files of two spreadsheet libraries, where the folder of sample files is there."""

import zipfile
from pathlib import Path

import polars as pl
import pytest

from kehu.base.errors import BadInput
from kehu.features.importing.reader.parent import read_workbook

pytestmark = pytest.mark.data
CODES = {"import.empty", "import.encrypted", "import.other_format", "import.unreadable", "import.unreadable.encoding"}


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


def test_torture_files_are_read_or_refused_by_name(sample_files: Path, tmp_path: Path) -> None:
    read, refused = 0, {}
    with zipfile.ZipFile(sample_files / "spreadsheets" / "spreadsheets_shared.zip") as package:
        names = [name for name in package.namelist() if not name.endswith(("/", "INDEX.json"))]
        for number, name in enumerate(names[::6]):  # all of them take half a minute
            path = tmp_path / f"{number}{Path(name).suffix}"
            path.write_bytes(package.read(name))
            try:
                book = read_workbook(path, workdir=tmp_path / f"work{number}")
            except BadInput as error:
                refused[name] = error.code
            else:
                read += 1
                assert all(frame.height for sheet in book.sheets for frame in sheet.blocks())
    assert read > len(refused)
    assert set(refused.values()) <= CODES, refused
    passworded = [name for name in refused if "password_2002" in name or "pass_protected" in name]
    assert all(refused[name] == "import.encrypted" for name in passworded)
