"""Looks into zipped workbooks (xlsx, ods) before any parser does: parts, encryption, macros, real sizes, DTDs.

Sizes are counted while inflating, never taken from the directory. Nothing here builds an XML tree.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from posixpath import basename, dirname, join, normpath
from zipfile import BadZipFile, ZipFile, ZipInfo

from kehu.base.errors import BadInput
from kehu.features.importing.base import Limits
from kehu.features.importing.reader import binscan

CHUNK = 1 << 20
_RATIO_FROM = 10 << 20
# Pictures and other programs' own data: no parser of ours opens them.
_UNREAD = ("xl/media/", "pictures/", "thumbnails/", "docprops/", "customxml/")
_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_WIDE_STARTS = (b"<\x00", b"\x00<")
_SHEET_TAG = re.compile(rb"<(?:\w+:)?sheet\s[^<>]*>")
_NAME_TAG = re.compile(rb"(<(?:\w+:)?definedName\s[^<>]*>)([^<>]*)<")
_RELATION_TAG = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")
_DATE1904 = re.compile(rb"""<(?:\w+:)?workbookPr\s[^<>]*\bdate1904=["'](?:1|true)["']""")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

Scanner = Callable[[bytes], None]


@contextmanager
def open_package(path: Path, limits: Limits) -> Iterator[ZipFile]:
    """Open a zip whose directory is harmless; refuse encryption, too many or doubled entries."""
    try:
        with ZipFile(path) as package:
            _check_directory(package.infolist(), limits)
            yield package
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise BadInput("import.unreadable") from error


def inflate(package: ZipFile, limits: Limits, scanner_of: Callable[[str, bytes], Scanner | None]) -> None:
    """Inflate all parts once, counting; each chunk goes to the scanner chosen by part name and first bytes."""
    total = 0
    for entry in package.infolist():
        if entry.is_dir() or part_name(entry).lower().startswith(_UNREAD):
            continue
        size = 0
        scan: Scanner | None = None
        with package.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                if size == 0:
                    _refuse_dtd(chunk)
                    scan = scanner_of(part_name(entry), chunk[:4096])
                size += len(chunk)
                total += len(chunk)
                if total > limits.unpacked_bytes:
                    raise BadInput("import.too_large.unpacked", limit=limits.unpacked_bytes >> 20)
                if size > _RATIO_FROM and size > entry.compress_size * limits.unpacked_ratio:
                    raise BadInput("import.too_large.ratio", part=entry.filename)
                if scan:
                    scan(chunk)
        if entry.filename.endswith("sharedStrings.xml") and size > limits.shared_text_bytes:
            raise BadInput("import.too_large.unpacked", limit=limits.shared_text_bytes >> 20)


def part_name(entry: ZipInfo) -> str:
    """Return the name of a part with slashes; some programs on Windows write backslashes."""
    return entry.filename.replace("\\", "/")


def find_part(package: ZipFile, ending: str) -> ZipInfo | None:
    """Return the part whose name ends so (without regard to case), wherever the program has put it."""
    return next((e for e in package.infolist() if part_name(e).lower().endswith(ending)), None)


def binary_sheet_names(package: ZipFile) -> dict[str, str] | None:
    """Return the sheet name of each sheet part of an xlsb; None when it is none."""
    book, relations = find_part(package, "workbook.bin"), find_part(package, "workbook.bin.rels")
    if book is None:
        return None
    targets = _targets(package, book, relations) if relations is not None else {}
    names = binscan.sheet_names(_read_small(package, book))
    return {targets[relation]: name for relation, name in names if relation in targets}


def _targets(package: ZipFile, book: ZipInfo, relations: ZipInfo) -> dict[str, str]:
    """The parts that the workbook part refers to, by the name of the relation."""
    folder = dirname(part_name(book))
    targets = {}
    for tag in _RELATION_TAG.findall(_read_small(package, relations)):
        found = _attributes(tag)
        target = found.get("Target", "").replace("\\", "/")
        target = target.lstrip("/") if target[:1] == "/" else normpath(join(folder, target))
        targets[found.get("Id", "")] = target
    return targets


def related_parts(package: ZipFile, part: ZipInfo) -> list[str]:
    """The names of the parts that a part refers to."""
    folder, name = dirname(part_name(part)), basename(part_name(part))
    wanted = f"{folder}/_rels/{name}.rels"
    relations = next((entry for entry in package.infolist() if part_name(entry) == wanted), None)
    return list(_targets(package, part, relations).values()) if relations is not None else []


def sheet_names(package: ZipFile) -> dict[str, str]:
    """Return the sheet name of each sheet part of an xlsx, as far as its directory tells."""
    book, relations = find_part(package, "workbook.xml"), find_part(package, "workbook.xml.rels")
    if book is None or relations is None:
        return {}
    targets = _targets(package, book, relations)
    names = {}
    for tag in _SHEET_TAG.findall(_read_small(package, book)):
        found = _attributes(tag)
        relation = next((value for key, value in found.items() if key.endswith(":id")), "")
        if relation in targets:
            names[targets[relation]] = found.get("name", "")
    return names


def sheet_states(package: ZipFile) -> dict[str, str]:
    """Return of each hidden sheet of an xlsx whether it is hidden or veryHidden."""
    book = find_part(package, "workbook.xml")
    tags = [_attributes(tag) for tag in _SHEET_TAG.findall(_read_small(package, book))] if book is not None else []
    return {tag["name"]: tag["state"] for tag in tags if tag.get("state") in ("hidden", "veryHidden") and "name" in tag}


def defined_names(package: ZipFile) -> dict[str, str]:
    """Return what the names of an xlsx stand for, those of the whole workbook only."""
    book = find_part(package, "workbook.xml")
    found: dict[str, str] = {}
    for tag, text in _NAME_TAG.findall(_read_small(package, book)) if book is not None else ():
        about = _attributes(tag)
        if about.get("name") and "localSheetId" not in about:
            found[about["name"]] = unescape(text.decode("utf-8", "replace"))
    return found


def has_date1904(package: ZipFile) -> bool:
    """Tell whether days of an xlsx count from 1904."""
    book = find_part(package, "workbook.xml")
    return book is not None and _DATE1904.search(_read_small(package, book)) is not None


def _check_directory(entries: list[ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.zip_entries:
        raise BadInput("import.too_large.parts", limit=limits.zip_entries)
    names = {entry.filename.lower() for entry in entries}
    if len(names) < len(entries):
        raise BadInput("import.unreadable")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise BadInput("import.encrypted")


def has_macros(package: ZipFile) -> bool:
    """Tell whether the workbook brings program code along; it is never run and never read."""
    names = [entry.filename.lower() for entry in package.infolist()]
    return any(name.endswith("vbaproject.bin") or name.startswith("basic/") for name in names)


def _refuse_dtd(first: bytes) -> None:
    # A DTD can only stand before the root element. Two-byte encodings would hide it; no program writes sheets so.
    start = first[:65536].removeprefix(b"\xef\xbb\xbf").lstrip()
    wide = start[:2] in _WIDE_MARKS and b"<" in start[2:4]
    if wide or start[:2] in _WIDE_STARTS or (start[:1] == b"<" and _DTD.search(start)):
        raise BadInput("import.dtd")


def _read_small(package: ZipFile, entry: ZipInfo) -> bytes:
    with package.open(entry) as stream:
        return stream.read(4 * CHUNK)


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        key.decode("utf-8", "replace"): unescape((double or single).decode("utf-8", "replace"))
        for key, double, single in _ATTRIBUTE.findall(tag)
    }
