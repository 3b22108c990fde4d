"""The key file of a ledger and everything that is done with it.

Secret values: AES-256-GCM, `ver|alg|kid|nonce|ct|tag` as one base64 text, bound to entity, column and record id.
Blind indexes and digests: HMAC-SHA-256 with keys of their own, derived by HKDF. The key file lies outside the
database, is readable by its owner only and is never copied into a backup unwrapped.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kehu.base.errors import BadInput

VERSION = 1
AES_256_GCM = 1
NONCE = 12
HEADER = 6  # version, algorithm, four bytes of key id


class Keyring:
    """The keys of one ledger, derived from its root key."""

    def __init__(self, kid: str, root: bytes) -> None:
        self.kid = kid
        self.root = root
        self._cipher = AESGCM(self._derive("secret values"))
        self._blind = self._derive("blind index")
        self._digest = self._derive("digest")

    def _derive(self, purpose: str) -> bytes:
        kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"kehu {purpose}".encode())
        return kdf.derive(self.root)

    def subkey(self, purpose: str) -> bytes:
        """A 32-byte key for another purpose (cursors, files), independent of the rest."""
        return self._derive(f"sub {purpose}")

    def encrypt(self, plain: str, *, aad: str) -> str:
        """Encrypt text. `aad` names where it stands (`entity|column|id`); decryption elsewhere fails."""
        return base64.b64encode(self.encrypt_bytes(plain.encode(), aad=aad)).decode()

    def decrypt(self, sealed: str, *, aad: str) -> str:
        """Decrypt what `encrypt` made. Raises BadInput `secret.unreadable` for a wrong key, place or damage."""
        try:
            raw = base64.b64decode(sealed, validate=True)
        except ValueError as error:
            raise BadInput("secret.unreadable") from error
        return self.decrypt_bytes(raw, aad=aad).decode()

    def encrypt_bytes(self, plain: bytes, *, aad: str) -> bytes:
        """Encrypt bytes, framed as described above."""
        nonce = secrets.token_bytes(NONCE)
        header = bytes([VERSION, AES_256_GCM]) + bytes.fromhex(self.kid)
        return header + nonce + self._cipher.encrypt(nonce, plain, header + aad.encode())

    def decrypt_bytes(self, sealed: bytes, *, aad: str) -> bytes:
        """Undo `encrypt_bytes`."""
        header, nonce = sealed[:HEADER], sealed[HEADER : HEADER + NONCE]
        try:
            return self._cipher.decrypt(nonce, sealed[HEADER + NONCE :], header + aad.encode())
        except (InvalidTag, ValueError) as error:
            raise BadInput("secret.unreadable") from error

    def blind(self, text: str, *, place: str) -> str:
        """Keyed hash of a secret value for exact match. `place` is `entity|column`."""
        return hmac.new(self._blind, f"{place}|{text}".encode(), hashlib.sha256).hexdigest()[:32]

    def digest(self, data: bytes) -> str:
        """Keyed hash that proves data without letting short secrets be guessed from it."""
        return hmac.digest(self._digest, data, "sha256").hex()

    @classmethod
    def new(cls) -> Keyring:
        """Make fresh keys."""
        return cls(secrets.token_hex(4), secrets.token_bytes(32))

    def save(self, file: Path) -> None:
        """Write the key file, readable by its owner only. Never overwrites one."""
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": VERSION, "kid": self.kid, "root": base64.b64encode(self.root).decode()})
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())

    @classmethod
    def load(cls, file: Path) -> Keyring:
        """Read the key file. Raises BadInput `keys.missing` or `keys.unreadable`."""
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            return cls(str(data["kid"]), base64.b64decode(data["root"], validate=True))
        except FileNotFoundError as error:
            raise BadInput("keys.missing", file=str(file)) from error
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput("keys.unreadable", file=str(file)) from error
