"""Makes workbooks for tests, ordinary and hostile, byte by byte where no library would write such a thing."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def sheet_xml(rows: str, *, before: str = "") -> str:
    """Return the XML of a sheet with these row elements."""
    body = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}{body}'


def text_rows(rows: Iterable[Sequence[str]]) -> str:
    """Return row elements of inline texts."""
    out = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for i, text in enumerate(row)
        )
        out.append(f'<row r="{number}">{cells}</row>')
    return "".join(out)


def write_raw_xlsx(
    path: Path,
    sheets: Mapping[str, str | bytes],
    *,
    more: Mapping[str, bytes] | None = None,
    shared: str | None = None,
) -> Path:
    """Write an xlsx from sheet XML by sheet name, with further parts by name."""
    entries = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(sheets, 1))
    targets = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    if shared is not None:
        targets += f'<Relationship Id="rIdS" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        package.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>'
        )
        package.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_RELATIONS}">{targets}</Relationships>')
        if shared is not None:
            package.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{shared}</sst>')
        for number, xml in enumerate(sheets.values(), 1):
            package.writestr(f"xl/worksheets/sheet{number}.xml", xml)
        for name, data in (more or {}).items():
            package.writestr(name, data)
    return path


def write_ods(path: Path, sheet: str, rows: Sequence[Sequence[str | float]]) -> Path:
    """Write an ods as LibreOffice does: mimetype first and stored, content.xml with one table."""

    def cell(value: str | float) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p>'
            "</table:table-cell>"
        )

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces} office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="{sheet}">{body}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED
        )
        package.writestr("META-INF/manifest.xml", manifest)
        package.writestr("content.xml", content)
    return path


def write_ole(path: Path, streams: Mapping[str, bytes]) -> Path:
    """Write an OLE container (the outside of .xls and of encrypted .xlsx) with streams of at least 4,096 bytes."""
    names = list(streams)
    chains = [data.ljust(4096, b"\0") for data in streams.values()]
    chains = [data + b"\0" * (-len(data) % 512) for data in chains]
    fat = [0xFFFFFFFD, 0xFFFFFFFE]  # sector 0: this table; sector 1: the directory
    starts = []
    for data in chains:
        starts.append(len(fat))
        count = len(data) // 512
        fat += [len(fat) + i + 1 for i in range(count - 1)] + [0xFFFFFFFE]
    if len(fat) > 128:
        raise ValueError("too much for one table sector")
    if len(names) > 3:
        raise ValueError("too many streams for one directory sector")
    fat += [0xFFFFFFFF] * (128 - len(fat))

    def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        head = text.ljust(64, b"\0") + struct.pack("<HBBiii", len(text), kind, 1, -1, right, child)
        return head + b"\0" * 36 + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, -1, 1 if names else -1, 0xFFFFFFFE, 0)
    for i, (name, data) in enumerate(zip(names, chains, strict=True)):
        directory += entry(name, 2, i + 2 if i + 1 < len(names) else -1, -1, starts[i], len(data))
    header = _OLE + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (108 * 4)
    path.write_bytes(header + struct.pack("<128I", *fat) + directory.ljust(512, b"\0") + b"".join(chains))
    return path


def write_xls(path: Path, sheet: str, rows: Sequence[Sequence[str | float]], **more: bytes) -> Path:
    """Write a small BIFF8 workbook with one sheet of texts and numbers; `more` are further OLE streams."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x1FAF, 1997, 0, 6))

    cells = b""
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells += record(0x204, struct.pack("<HHHHB", r, c, 0, len(value), 1) + text)
            else:
                cells += record(0x203, struct.pack("<HHHd", r, c, 0, value))
    name = sheet.encode("utf-16-le")
    size = struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0)
    body = begin(0x10) + record(0x200, size) + cells + record(0x0A, b"")
    globals_ = begin(0x05)
    position = len(globals_) + 4 + 8 + len(name) + 4
    globals_ += record(0x85, struct.pack("<IBBBB", position, 0, 0, len(sheet), 1) + name) + record(0x0A, b"")
    return write_ole(path, {"Workbook": globals_ + body, **more})
