"""Encrypted files in one folder. Names are random and made here; nothing a user sends ever becomes a path.

Format: header (magic, key id, 8 random bytes), then frames of up to 256 KiB, each sealed by AES-256-GCM with its
number and whether it is the last in the additional data, so that a cut or rearranged file does not open.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kehu.base.crypto.keys import Keyring
from kehu.base.errors import BadInput

MAGIC = b"KEHUF\x01"
SALT = 8
FRAME = 256 * 1024
_LENGTH = struct.Struct(">I")
_TAIL = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Kept:
    """What `Storage.put` made: the random name, and size and hash of the plain content."""

    name: str
    size: int
    sha256: str


class Storage:
    """The folder and the key."""

    def __init__(self, folder: Path, keys: Keyring) -> None:
        self.folder = folder
        self._kid = bytes.fromhex(keys.kid)
        self._cipher = AESGCM(keys.subkey("files"))

    def path(self, name: str) -> Path:
        """Where a kept file lies. Raises BadInput for anything that is not a name made here."""
        if len(name) != 32 or not all(c in "0123456789abcdef" for c in name):
            raise BadInput("file.missing")
        return self.folder / name[:2] / name

    def put(self, source: BinaryIO, *, most: int | None = None) -> Kept:
        """Encrypt a stream into a new file. Raises BadInput `file.too_large` beyond `most` bytes."""
        name = secrets.token_hex(16)
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        salt = secrets.token_bytes(SALT)
        digest = hashlib.sha256()
        size = 0
        try:
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(MAGIC + self._kid + salt)
                chunk, number = source.read(FRAME), 0
                while True:
                    following = source.read(FRAME) if len(chunk) == FRAME else b""
                    size += len(chunk)
                    if most is not None and size > most:
                        raise BadInput("file.too_large", most=most)
                    digest.update(chunk)
                    sealed = self._cipher.encrypt(salt + _TAIL.pack(number), chunk, self._aad(number, not following))
                    out.write(_LENGTH.pack(len(sealed)) + sealed)
                    if not following:
                        break
                    chunk, number = following, number + 1
                out.flush()
                os.fsync(out.fileno())
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return Kept(name, size, digest.hexdigest())

    def read(self, name: str) -> Iterator[bytes]:
        """Decrypt a file piece by piece. Raises BadInput `file.missing` or `file.damaged`."""
        try:
            source = self.path(name).open("rb")
        except OSError as error:
            raise BadInput("file.missing") from error
        with source:
            header = source.read(len(MAGIC) + 4 + SALT)
            if header[: len(MAGIC)] != MAGIC or len(header) != len(MAGIC) + 4 + SALT:
                raise BadInput("file.damaged")
            salt = header[-SALT:]
            number, frame = 0, _frame(source)
            while frame is not None:
                following = _frame(source)
                try:
                    yield self._cipher.decrypt(salt + _TAIL.pack(number), frame, self._aad(number, following is None))
                except InvalidTag as error:
                    raise BadInput("file.damaged") from error
                number, frame = number + 1, following
            if number == 0:
                raise BadInput("file.damaged")

    def remove(self, name: str) -> None:
        """Delete a file; harmless when it is gone."""
        self.path(name).unlink(missing_ok=True)

    def _aad(self, number: int, last: bool) -> bytes:
        return MAGIC + self._kid + _TAIL.pack(number) + (b"\x01" if last else b"\x00")


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(_LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise BadInput("file.damaged")
    length = _LENGTH.unpack(head)[0]
    if length > FRAME + 16:
        raise BadInput("file.damaged")
    frame = source.read(length)
    if len(frame) < length:
        raise BadInput("file.damaged")
    return frame
