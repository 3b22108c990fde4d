"""Plain tables in the encodings and delimiters that people really have."""

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.formula_guard import guard
from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits, Notes
from kehu.plugins.importers.csv import CSV, guess_delimiter

TABLE = [
    ["客户名称", "手机", "备注"],
    ["上海宏远贸易有限公司", "013800138000", "老客户，要发票"],
    ["㐀木白", "", "第一行\n第二行"],
]


def read(path: Path, data: bytes) -> tuple[list[list[str]], Notes]:
    path.write_bytes(data)
    notes = Notes()
    assert CSV.sniff(data[:8192], path.name)
    (sheet,) = CSV.read(path, Limits(), notes)
    return [list(row) for row in sheet.rows], notes


def table(delimiter: str, end: str = "\r\n") -> str:
    def cell(text: str) -> str:
        return f'"{text}"' if delimiter in text or "\n" in text else text

    return end.join(delimiter.join(map(cell, row)) for row in TABLE) + end


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_every_encoding_with_every_delimiter(tmp_path: Path, encoding: str, told: str, delimiter: str) -> None:
    rows, notes = read(tmp_path / "客户.csv", table(delimiter).encode(encoding))
    assert rows == TABLE
    assert notes.encoding == told
    assert not notes.findings


def test_gbk_from_an_old_excel(tmp_path: Path) -> None:
    rows, notes = read(tmp_path / "客户.csv", "客户,城市\n宏远,上海\n一一,一一\n".encode("gbk"))
    assert (rows, notes.encoding) == ([["客户", "城市"], ["宏远", "上海"], ["一一", "一一"]], "gb18030")


def test_excels_separator_line_decides_and_keeps_row_numbers(tmp_path: Path) -> None:
    rows, _ = read(tmp_path / "a.csv", "sep=;\r\n客户;金额\r\n宏远;1,5\r\n".encode("utf-8-sig"))
    assert rows == [[], ["客户", "金额"], ["宏远", "1,5"]]


def test_a_few_bad_bytes_do_not_turn_utf8_into_garbage(tmp_path: Path) -> None:
    text = "客户名称,备注\n" + "上海宏远贸易有限公司,老客户要发票\n" * 30
    data = text.encode().replace("发票\n".encode(), "发票".encode() + b"\xff\n", 1)
    rows, notes = read(tmp_path / "a.csv", data)
    assert rows[2] == ["上海宏远贸易有限公司", "老客户要发票"]
    assert notes.findings == [("import.bad_bytes", {"count": 1, "row": 2})]


def test_bytes_of_no_known_encoding_name_the_row(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path / "a.csv", b"a,b\n1,2\n\xff\xff,\x81\n")
    assert (caught.value.code, caught.value.data) == ("import.unreadable.encoding", {"row": 3})


def test_an_open_quote_over_a_megabyte_names_the_row(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path / "a.csv", b'a,b\n1,2\n"' + b"x\n" * (600 << 10))
    assert (caught.value.code, caught.value.data) == ("import.unreadable.row", {"row": 3})


def test_guarded_texts_come_back_as_they_were(tmp_path: Path) -> None:
    texts = ["=1+1", "'=1+1", "+86 138", "-5", "@宏远", "＝甲", "'正常", "''=x", " =1"]
    data = "\n".join(["备注,序", *(f"{guard(text)},{i}" for i, text in enumerate(texts))])
    rows, _ = read(tmp_path / "a.csv", data.encode())
    assert [row[0] for row in rows[1:]] == texts


def test_one_column_needs_no_delimiter() -> None:
    assert guess_delimiter("客户名称\n宏远\n微明\n") == ","
    assert guess_delimiter("名称;备注\n宏远;好,快\n微明;一般\n木白;好,贵\n") == ";"


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(data)
        with contextlib.suppress(BadInput):
            for sheet in CSV.read(path, Limits(), Notes()):
                for row in sheet.rows:
                    assert all(isinstance(cell, str) for cell in row)
