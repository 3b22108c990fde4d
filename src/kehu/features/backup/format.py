"""The backup file: a readable header, then sealed frames in order. Knows nothing of databases.

Each frame is AES-256-GCM with its number, the header and whether it is the last in the additional data, under a key
made for this file alone: a byte changed, cut off, added or taken from another backup does not open. Inside stand
parts (rows of a table, a file), each with its length and sha256 at its end, and a count of all at the very end.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kehu.base.common.report import why
from kehu.base.errors import BadInput
from kehu.base.fields.base import Stored
from kehu.features.backup.recovery import SealKey

MAGIC = b"KEHUB"
VERSION = 1
BLOCK = 512 * 1024  # of plain data, before compression
LARGEST_FRAME = 256 * 1024 * 1024  # one row may be long
LARGEST_HEADER = 64 * 1024
_LENGTH = struct.Struct(">I")
_NUMBER = struct.Struct(">4xQ")

BEGIN, ROWS, BYTES, END, LAST = b"P", b"R", b"B", b"E", b"Z"


@dataclass(frozen=True, slots=True)
class Header:
    """What everybody may read: which ledger, which recovery key opens it, when and by which program it was made."""

    ledger: str
    recovery: str
    salt: str
    made_at: str
    program: str

    def raw(self) -> bytes:
        """The bytes at the beginning of the file."""
        text = orjson.dumps({name: getattr(self, name) for name in self.__slots__})
        return MAGIC + bytes([VERSION]) + _LENGTH.pack(len(text)) + text


@dataclass(frozen=True, slots=True)
class Part:
    """One table, one file, or the ledger's own data, as it begins. `about` is JSON."""

    kind: str
    about: Mapping[str, Any]


class BackupWriter:
    """Writes a backup to `path`; the file appears there only when everything is in it."""

    def __init__(self, path: Path, seal: SealKey, *, ledger: str, made_at: str, program: str) -> None:
        self.path = path
        self._hash = hashlib.sha256()
        self._number = 0
        self._parts = 0
        self._rows = 0
        header = Header(ledger, seal.id, secrets.token_hex(16), made_at, program)
        self._cipher, self._header = _cipher(seal, header)
        self._working = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            self._out: BinaryIO = os.fdopen(os.open(self._working, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise BadInput("backup.unwritable", file=str(path), reason=why(error)) from error
        self._put(header.raw())

    def add_rows(self, kind: str, about: Mapping[str, Any], rows: Iterable[Sequence[Stored]]) -> int:
        """Add a part of rows; return how many there were."""
        part = _Sum()
        self._frame(BEGIN + orjson.dumps({"kind": kind, "about": about}))
        lines: list[bytes] = []
        size = 0
        for row in rows:
            line = orjson.dumps(row)
            lines.append(line)
            size += len(line)
            if size >= BLOCK:
                self._rows_block(part, lines)
                lines, size = [], 0
        if lines:
            self._rows_block(part, lines)
        self._end(part)
        self._rows += part.count
        return part.count

    def add_bytes(self, kind: str, about: Mapping[str, Any], pieces: Iterable[bytes]) -> int:
        """Add a part of bytes; return how many there were."""
        part = _Sum()
        self._frame(BEGIN + orjson.dumps({"kind": kind, "about": about}))
        for piece in pieces:
            part.add(piece, len(piece))
            self._frame(BYTES + piece)
        self._end(part)
        return part.count

    def close(self) -> str:
        """Finish the file and put it in its place; return the sha256 of the whole file."""
        self._frame(LAST + orjson.dumps({"parts": self._parts, "rows": self._rows}), last=True)
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        try:
            os.replace(self._working, self.path)
        except OSError as error:
            raise BadInput("backup.unwritable", file=str(self.path), reason=why(error)) from error
        return self._hash.hexdigest()

    def __enter__(self) -> BackupWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()
        self._working.unlink(missing_ok=True)

    def _rows_block(self, part: _Sum, lines: Sequence[bytes]) -> None:
        block = b"[" + b",".join(lines) + b"]"
        part.add(block, len(lines))
        self._frame(ROWS + zlib.compress(block, 1))

    def _end(self, part: _Sum) -> None:
        self._parts += 1
        self._frame(END + orjson.dumps({"count": part.count, "sha256": part.hash.hexdigest()}))

    def _frame(self, plain: bytes, *, last: bool = False) -> None:
        nonce = _NUMBER.pack(self._number)
        sealed = self._cipher.encrypt(nonce, plain, _bound(self._header, last=last))
        self._number += 1
        self._put(_LENGTH.pack(len(sealed)) + sealed)

    def _put(self, raw: bytes) -> None:
        self._hash.update(raw)
        try:
            self._out.write(raw)
        except OSError as error:  # the disk is full
            raise BadInput("backup.unwritable", file=str(self.path), reason=why(error)) from error


class BackupReader:
    """Reads a backup. Everything it hands out is authentic; whether it is whole is known at its end (`check`)."""

    def __init__(self, path: Path, seal: SealKey) -> None:
        self.path = path
        self.header = read_header(path)
        if self.header.recovery != seal.id:
            raise BadInput("backup.wrong_key", field="recovery_key")
        self._cipher, self._bound = _cipher(seal, self.header)

    def check(self) -> Mapping[str, Any]:
        """Read everything once; return what the first part says about itself. Raises BadInput `backup.damaged`."""
        first: Mapping[str, Any] | None = None
        for part, content in self.parts():
            first = part.about if first is None else first
            for _block in content:
                pass
        return first or {}

    def parts(self) -> Iterator[tuple[Part, Iterator[Any]]]:
        """Each part with its content: lists of rows, or bytes. The content must be consumed before the next part."""
        frames = self._frames()
        seen = {"parts": 0, "rows": 0}
        for kind, plain in frames:
            if kind == LAST:
                if orjson.loads(plain) != seen:
                    break
                return
            if kind != BEGIN:
                break
            told = orjson.loads(plain)
            part = _Sum()
            yield Part(told["kind"], told["about"]), self._content(frames, part)
            if not part.ended:
                raise RuntimeError("a part of the backup was left before its end")
            seen["parts"] += 1
            seen["rows"] += part.rows
        raise BadInput("backup.damaged", file=str(self.path))

    def _content(self, frames: Iterator[tuple[bytes, bytes]], part: _Sum) -> Iterator[Any]:
        for kind, plain in frames:
            if kind == ROWS:
                block = zlib.decompress(plain)
                rows = orjson.loads(block)
                part.add(block, len(rows))
                part.rows += len(rows)
                yield rows
            elif kind == BYTES:
                part.add(plain, len(plain))
                yield plain
            elif kind == END:
                if orjson.loads(plain) != {"count": part.count, "sha256": part.hash.hexdigest()}:
                    raise BadInput("backup.damaged", file=str(self.path))
                part.ended = True
                return
            else:
                break
        raise BadInput("backup.damaged", file=str(self.path))

    def _frames(self) -> Iterator[tuple[bytes, bytes]]:
        with self.path.open("rb") as source:
            source.seek(len(self.header.raw()))
            number, frame = 0, self._next(source)
            while frame is not None:
                following = self._next(source)
                try:
                    bound = _bound(self._bound, last=following is None)
                    plain = self._cipher.decrypt(_NUMBER.pack(number), frame, bound)
                except InvalidTag as error:
                    raise BadInput("backup.damaged", file=str(self.path)) from error
                yield plain[:1], plain[1:]
                number, frame = number + 1, following

    def _next(self, source: BinaryIO) -> bytes | None:
        head = source.read(_LENGTH.size)
        if not head:
            return None
        length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else LARGEST_FRAME + 1
        frame = source.read(length) if length <= LARGEST_FRAME else b""
        if len(frame) != length or not frame:
            raise BadInput("backup.damaged", file=str(self.path))
        return frame


def read_header(path: Path) -> Header:
    """The readable beginning of a backup. Raises BadInput for what is no backup, or one of a newer program."""
    try:
        with path.open("rb") as source:
            start = source.read(len(MAGIC) + 1 + _LENGTH.size)
            if len(start) < len(MAGIC) + 1 + _LENGTH.size or start[: len(MAGIC)] != MAGIC:
                raise BadInput("backup.foreign", file=str(path))
            if start[len(MAGIC)] != VERSION:
                raise BadInput("backup.newer", file=str(path))
            length = _LENGTH.unpack(start[-_LENGTH.size :])[0]
            raw = source.read(length) if length <= LARGEST_HEADER else b""
    except OSError as error:
        raise BadInput("backup.unreadable", file=str(path), reason=why(error)) from error
    try:
        told = orjson.loads(raw)
        header = Header(*(str(told[name]) for name in Header.__slots__))
        bytes.fromhex(header.salt)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("backup.damaged", file=str(path)) from error
    if header.raw() != start + raw:
        raise BadInput("backup.damaged", file=str(path))
    return header


class _Sum:
    """Length and hash of one part."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.count = 0
        self.rows = 0
        self.ended = False

    def add(self, data: bytes, count: int) -> None:
        self.hash.update(data)
        self.count += count


def _cipher(seal: SealKey, header: Header) -> tuple[AESGCM, bytes]:
    salt = bytes.fromhex(header.salt)
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"kehu backup")
    return AESGCM(kdf.derive(seal.key)), hashlib.sha256(header.raw()).digest()


def _bound(header: bytes, *, last: bool) -> bytes:
    return header + (b"\x01" if last else b"\x00")
