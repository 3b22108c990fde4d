"""The recovery key of a ledger: made at `init`, shown once, written so that a person can copy it by hand.

It lies in the platform's configuration folder, apart from the data. What is derived from it and needed to *write*
backups lies beside the ledger's key; whoever has the data has that anyway, and it cannot be turned back.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kehu.base.errors import BadInput
from kehu.base.settings import platform_config

log = logging.getLogger("kehu.backup")

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: they are misread
SECRET_BYTES = 20  # 160 random bits, so no slow derivation is needed
LETTERS = 32
CHECK = 4
PREFIX = "KEHU"


@dataclass(frozen=True, slots=True)
class SealKey:
    """What seals and opens backups. `id` says which recovery key it came from."""

    id: str
    key: bytes


def new_key() -> str:
    """Make a recovery key: KEHU-XXXX-…, the last group checks the others."""
    return _written(secrets.token_bytes(SECRET_BYTES))


def seal_key(text: str) -> SealKey:
    """Derive the sealing key from a recovery key as a person typed it. Raises BadInput `recovery.invalid`."""
    secret = _read(text)
    return SealKey(_derive(secret, "recovery id")[:4].hex(), _derive(secret, "seal"))


def create_recovery(data: Path, ledger: str) -> str:
    """Make and keep the recovery key of a new ledger; return it to be shown once.

    data: the ledger's data folder; ledger: the id of its keys. A configuration folder that cannot be written is no
    reason to have no ledger: the key is shown, and the log says that it lies nowhere.
    """
    text = new_key()
    _save_seal(data, seal_key(text))
    save_recovery(ledger, text)
    return text


def save_recovery(ledger: str, text: str) -> bool:
    """Keep a recovery key in the configuration folder; return whether that worked. Overwrites none."""
    file = recovery_file(ledger)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="utf-8").strip() == text
    except OSError as error:
        log.warning("recovery key not kept in the configuration folder: %s", error.strerror)
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text + "\n")
    return True


def stored_recovery(ledger: str) -> str | None:
    """The recovery key of a ledger from the configuration folder, or None."""
    try:
        return recovery_file(ledger).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def recovery_file(ledger: str) -> Path:
    """Where the recovery key of a ledger lies."""
    if not ledger or not all(c in "0123456789abcdef" for c in ledger):
        raise BadInput("backup.foreign")
    return platform_config() / f"recovery-{ledger}.key"


def own_seal(data: Path, ledger: str) -> SealKey:
    """The key with which this ledger seals its backups; made now for a ledger that has none yet."""
    try:
        found = json.loads(_seal_file(data).read_text(encoding="utf-8"))
        return SealKey(str(found["recovery"]), base64.b64decode(found["key"], validate=True))
    except FileNotFoundError:
        text = stored_recovery(ledger)
        if text is None:
            text = create_recovery(data, ledger)
        else:
            _save_seal(data, seal_key(text))
        return seal_key(text)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("keys.unreadable", file=str(_seal_file(data))) from error


def adopt(data: Path, ledger: str, text: str) -> None:
    """Let a restored ledger go on with the recovery key that opened its backup."""
    _seal_file(data).unlink(missing_ok=True)
    _save_seal(data, seal_key(text))
    save_recovery(ledger, _written(_read(text)))


def _seal_file(data: Path) -> Path:
    return data / "keys" / "backup.key"


def _save_seal(data: Path, seal: SealKey) -> None:
    file = _seal_file(data)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump({"recovery": seal.id, "key": base64.b64encode(seal.key).decode()}, out)


def _written(secret: bytes) -> str:
    number = int.from_bytes(secret, "big")
    letters = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(LETTERS)))
    whole = letters + _check(letters)
    return "-".join([PREFIX, *(whole[at : at + 4] for at in range(0, len(whole), 4))])


def _read(text: str) -> bytes:
    plain = "".join(c for c in text.upper() if c.isalnum()).removeprefix(PREFIX)
    plain = plain.replace("O", "0").replace("I", "1").replace("L", "1")
    letters, check = plain[:LETTERS], plain[LETTERS:]
    if len(plain) != LETTERS + CHECK or any(c not in ALPHABET for c in plain) or check != _check(letters):
        raise BadInput("recovery.invalid", field="recovery_key")
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    return number.to_bytes(SECRET_BYTES, "big")


def _check(letters: str) -> str:
    digest = hashlib.sha256(letters.encode()).digest()
    return "".join(ALPHABET[byte & 31] for byte in digest[:CHECK])


def _derive(secret: bytes, purpose: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"kehu {purpose}".encode())
    return kdf.derive(secret)
