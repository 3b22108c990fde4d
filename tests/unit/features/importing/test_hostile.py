"""Hostile and broken workbooks cost one process, never the server (D4), and are refused by name."""

import os
import signal
import struct
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits
from kehu.features.importing.reader.parent import read_workbook
from tests.support.workbooks import sheet_xml, text_rows, write_ole, write_raw_xlsx, write_xls

GOOD = sheet_xml(text_rows([["客户名称", "手机"], ["上海宏远贸易", "13800138000"]]))


@pytest.fixture
def refused(tmp_path: Path):
    """Read a file that must be refused and return the error."""

    def go(path: Path, **limits) -> BadInput:
        with pytest.raises(BadInput) as caught:
            read_workbook(path, workdir=tmp_path / "work", limits=replace(Limits(), **limits))
        return caught.value

    return go


def corner(last: str, row: int) -> str:
    return f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{last}{row}"><v>1</v></c></row>'


def test_corner_bomb_is_refused_with_sheet_and_cell(tmp_path: Path, refused) -> None:
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"封面": GOOD, "客户": sheet_xml(corner("XFD", 1048576))})
    assert path.stat().st_size < 3000
    error = refused(path)
    assert (error.code, error.data) == ("import.too_large.box", {"sheet": "客户", "cell": "XFD1048576"})


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="XFD1"><v>1</v></c><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"/></row>',
        "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c\n r = 'XFD1048576'><v>1</v></c></row>",
        '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1">' + "<c><v>1</v></c>" * 100 + '</row><row r="1048576"><c><v>1</v></c></row>',
    ],
    ids=["unordered", "other spelling", "cell in another row", "no references"],
)
def test_disguised_corner_bombs_are_refused(tmp_path: Path, refused, rows: str) -> None:
    assert refused(write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(rows)})).code == "import.too_large.box"


def test_corner_bomb_with_a_namespace_prefix(tmp_path: Path, refused) -> None:
    xml = sheet_xml(corner("XFD", 1048576)).replace("xmlns=", "xmlns:x=")
    for tag in ("worksheet", "sheetData", "row", "c", "v"):
        xml = (
            xml.replace(f"<{tag} ", f"<x:{tag} ").replace(f"<{tag}>", f"<x:{tag}>").replace(f"</{tag}>", f"</x:{tag}>")
        )
    assert refused(write_raw_xlsx(tmp_path / "a.xlsx", {"客户": xml})).code == "import.too_large.box"


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_AS")
def test_what_passes_the_scan_dies_of_the_memory_limit(tmp_path: Path, refused) -> None:
    # 40 columns x 1,048,576 rows is inside the box; 200 MB of address space are not enough for it.
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(corner("AN", 1048576))})
    assert refused(path, address_space=200 << 20).code == "import.too_large.memory"


def test_the_parent_stops_a_child_that_grows(tmp_path: Path, refused) -> None:
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(corner("AN", 1048576))})
    assert refused(path, resident_bytes=30 << 20).code == "import.too_large.memory"


def test_the_parent_stops_a_child_that_takes_too_long(tmp_path: Path, refused) -> None:
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(corner("AN", 1048576))})
    assert refused(path, wall_seconds=0.0).code == "import.too_large.time"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_killed_child_is_an_answer_and_leaves_no_process(tmp_path: Path) -> None:
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(corner("AN", 1048576))})
    killed: list[int] = []

    def kill() -> bool:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        for pid in map(int, children):
            if b"reader.child" in Path(f"/proc/{pid}/cmdline").read_bytes():
                killed.append(pid)
                os.kill(pid, signal.SIGABRT)
        return False

    with pytest.raises(BadInput) as caught:
        read_workbook(path, workdir=tmp_path / "work", cancelled=kill)
    assert killed
    assert caught.value.code == "import.unreadable"
    assert not Path(f"/proc/{killed[0]}").exists()


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(corner("AN", 1048576))})
    with pytest.raises(BadInput) as caught:
        read_workbook(path, workdir=tmp_path / "work", cancelled=lambda: True)
    assert caught.value.code == "import.cancelled"


def test_billion_laughs_and_external_entities_are_refused(tmp_path: Path, refused) -> None:
    laughs = '<!DOCTYPE lolz [<!ENTITY a "哈"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    outside = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    for before in (laughs, outside, outside.lower()):
        path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(text_rows([["&b;"]]), before=before)})
        assert refused(path).code == "import.dtd"
    wide = sheet_xml(text_rows([["a"]]), before=laughs).replace("UTF-8", "UTF-16").encode("utf-16")
    assert refused(write_raw_xlsx(tmp_path / "a.xlsx", {"客户": wide})).code == "import.dtd"


def test_a_bomb_of_zeros_is_counted_while_inflating(tmp_path: Path, refused) -> None:
    zeros = {"xl/worksheets/sheet9.xml": b"\0" * (30 << 20)}
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": GOOD}, more=zeros)
    assert path.stat().st_size < 60_000
    assert refused(path).code == "import.too_large.ratio"
    assert refused(path, unpacked_bytes=5 << 20).code == "import.too_large.unpacked"


def test_sixty_thousand_columns(tmp_path: Path, refused) -> None:
    from kehu.features.importing.reader.cells import column_letters

    cells = "".join(f'<c r="{column_letters(i)}1"><v>1</v></c>' for i in range(60_000))
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(f'<row r="1">{cells}</row>')})
    error = refused(path)
    assert (error.code, error.data) == (
        "import.too_large.columns",
        {"sheet": "客户", "limit": 16_384, "cell": "CJSR1"},
    )
    table = tmp_path / "b.csv"
    table.write_text(",".join(f"列{i}" for i in range(60_000)) + "\n", encoding="utf-8")
    error = refused(table)
    assert (error.code, error.data["cell"]) == ("import.too_large.columns", "CJSR1")


def test_too_many_cells_parts_bytes_and_sheets(tmp_path: Path, refused) -> None:
    many = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(text_rows([["a"] * 20] * 60))})
    assert refused(many, cells=1000).code == "import.too_large.cells"
    assert refused(many, file_bytes=100).code == "import.too_large.file"
    assert refused(many, output_bytes=3000).code == "import.too_large.unpacked"
    parts = {f"xl/comments{i}.xml": b"<a/>" for i in range(30)}
    crowded = write_raw_xlsx(tmp_path / "b.xlsx", {"客户": GOOD}, more=parts)
    assert refused(crowded, zip_entries=20).code == "import.too_large.parts"
    sheets = write_raw_xlsx(tmp_path / "c.xlsx", {f"表{i}": GOOD for i in range(5)})
    assert refused(sheets, sheets=4).code == "import.too_large.sheets"


def test_one_long_shared_text_in_every_cell(tmp_path: Path, refused) -> None:
    rows = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}" t="s"><v>0</v></c>' for c in "ABCDEFGHIJ") + "</row>"
        for r in range(1, 1001)
    )
    shared = f"<si><t>{'宏' * 30_000}</t></si>"
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": sheet_xml(rows)}, shared=shared)
    assert refused(path).code == "import.too_large.memory"  # 10,000 cells of 90 KB


def test_encrypted_files_are_refused_by_name(tmp_path: Path, refused) -> None:
    ole = write_ole(tmp_path / "密码.xlsx", {"EncryptedPackage": b"\x00" * 5000, "EncryptionInfo": b"\x04\x00\x04\x00"})
    assert refused(ole).code == "import.encrypted"
    path = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": GOOD})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # set "encrypted" in every entry
        position = data.find(signature)
        while position >= 0:
            data[position + offset] |= 1
            position = data.find(signature, position + 4)
    path.write_bytes(data)
    assert refused(path).code == "import.encrypted"


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.99])
def test_cut_files_are_unreadable_not_a_crash(tmp_path: Path, refused, keep: float) -> None:
    whole = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": GOOD}).read_bytes()
    (tmp_path / "b.xlsx").write_bytes(whole[: int(len(whole) * keep)])
    assert refused(tmp_path / "b.xlsx").code.startswith("import.unreadable")
    old = write_xls(tmp_path / "a.xls", "客户", [["客户名称"], ["宏远"]]).read_bytes()
    (tmp_path / "b.xls").write_bytes(old[: int(len(old) * min(keep, 0.5))])
    assert refused(tmp_path / "b.xls").code.startswith("import.")


def test_flipped_bits_never_escape_as_something_else(tmp_path: Path) -> None:
    whole = write_raw_xlsx(tmp_path / "a.xlsx", {"客户": GOOD}).read_bytes()
    codes = []
    for position in range(40, len(whole), len(whole) // 12):
        data = bytearray(whole)
        data[position] ^= 0xFF
        (tmp_path / "b.xlsx").write_bytes(data)
        codes.append(code_of(tmp_path / "b.xlsx", tmp_path / f"work{position}"))
    assert len(codes) >= 12
    assert all(code is None or code.startswith("import.") for code in codes)
    assert any(codes)


def code_of(path: Path, workdir: Path) -> str | None:
    try:
        assert read_workbook(path, workdir=workdir).sheets
    except BadInput as error:
        return error.code
    return None


def test_zips_that_are_no_workbooks(tmp_path: Path, refused) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as package:
        package.writestr("word/document.xml", "<document/>")
    assert refused(tmp_path / "a.xlsx").data == {"kind": "Word"}
    binary = write_raw_xlsx(tmp_path / "b.xlsb", {"客户": GOOD}, more={"xl/workbook.bin": b"\x83"})
    assert refused(binary).code == "import.unreadable"
    (tmp_path / "c.xlsx").write_bytes(bytes(range(256)) * 40)
    assert refused(tmp_path / "c.xlsx").code == "import.unsupported"


def test_the_child_gets_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kehu.features.importing.reader.parent import _environment

    monkeypatch.setenv("KEHU_PASSPHRASE", "松鼠-77")
    assert "松鼠-77" not in _environment(tmp_path).values()


def binary_sheet(cells: list[tuple[int, int, float]]) -> bytes:
    """The records of a sheet of an xlsb: row headers and numbers, as Excel writes them."""

    def record(kind: int, data: bytes) -> bytes:
        head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return head + bytes([len(data)]) + data

    out = record(129, b"") + record(145, b"")
    for row, column, value in cells:
        out += record(0, struct.pack("<IIHHBI", row, 0, 300, 0, 0, 0))
        out += record(5, struct.pack("<IId", column, 0, value))
    return out + record(146, b"") + record(130, b"")


def test_a_corner_bomb_in_binary_records_is_refused_with_sheet_and_cell(tmp_path: Path, refused) -> None:
    name = "客户"
    texts = b"".join(struct.pack("<I", len(t)) + t.encode("utf-16-le") for t in ("rId1", name))
    bundle = struct.pack("<II", 0, 1) + texts
    book = bytes([0x9C, 0x01, len(bundle)]) + bundle
    relation = '<Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.bin"/>'
    path = tmp_path / "a.xlsb"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/_rels/workbook.bin.rels", f"<Relationships>{relation}</Relationships>")
        package.writestr("xl/worksheets/sheet1.bin", binary_sheet([(0, 0, 1.0), (1_048_575, 16_383, 1.0)]))
    error = refused(path)
    assert (error.code, error.data) == ("import.too_large.box", {"sheet": name, "cell": "XFD1048576"})


@pytest.mark.parametrize(
    ("name", "data", "code", "kind"),
    [
        ("a.slk", b"ID;PWXL;N;E\r\n", "import.other_format", "SYLK (.slk)"),
        ("a.dif", b"TABLE\r\n0,1\r\n", "import.other_format", "DIF (.dif)"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "import.other_format", "HTML"),
        ("a.fods", b'<?xml version="1.0"?><office:document>', "import.other_format", "OpenDocument XML (.fods)"),
        ("a.xls", b'<?xml version="1.0"?><Workbook xmlns="x">', "import.other_format", "XML 2003 (.xml)"),
        ("a.pdf", b"%PDF-1.7", "import.unsupported", "PDF"),
    ],
)  # fmt: skip
def test_other_tables_are_named(tmp_path: Path, refused, name: str, data: bytes, code: str, kind: str) -> None:
    (tmp_path / name).write_bytes(data + b" " * 50)
    error = refused(tmp_path / name)
    assert (error.code, error.data["kind"]) == (code, kind)


def test_a_file_of_zeros_is_unreadable_and_a_wrong_name_is_told(tmp_path: Path, refused) -> None:
    (tmp_path / "a.csv").write_bytes(b"\0" * (1 << 20))
    assert refused(tmp_path / "a.csv").code == "import.unreadable"
    (tmp_path / "b.xlsx").write_text("客户名称,手机\n宏远,13800138000\n", encoding="utf-8")
    book = read_workbook(tmp_path / "b.xlsx", workdir=tmp_path / "named")
    assert [(f.code, f.data) for f in book.findings] == [("import.extension", {"named": "xlsx", "kind": "csv"})]
