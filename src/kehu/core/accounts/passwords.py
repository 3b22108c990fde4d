"""Password hashes (argon2id) and what a password must be. Must never log or return a password.

At most two hashes are computed at once: each takes 19 MiB and a core, and a storm of sign-ins must not stop others.
"""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from kehu.base.errors import BadInput

SHORTEST = 8
LONGEST = 128
_WORN_OUT = frozenset(
    "12345678 123456789 1234567890 87654321 password passw0rd qwertyui qwertyuiop 1q2w3e4r iloveyou".split()
)

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
_slots = threading.BoundedSemaphore(2)
# Of a password that nobody has: an unknown name costs the same time as a wrong password.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$qQBHz17L9TTcK6xp2KD80g$/qLTA8Qdjy1rPhdne2NqcYlp6YmU677h7AkvYZp+ufM"


def hash_password(password: str) -> str:
    """Return the hash to store."""
    with _slots:
        return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits the stored hash; takes the same time when there is none."""
    with _slots:
        try:
            _hasher.verify(stored or _NOBODY, password)
            return stored is not None
        except (VerificationError, InvalidHashError):
            return False


def check_password(password: str, *, name: str) -> None:
    """Refuse a password that is too short, too long or guessed at once. Raises BadInput naming the field."""
    if len(password) < SHORTEST:
        raise BadInput("password.short", field="password", least=SHORTEST)
    if len(password) > LONGEST:
        raise BadInput("password.long", field="password", most=LONGEST)
    low = password.lower()
    if low in _WORN_OUT or low == name.lower() or len(set(password)) == 1:
        raise BadInput("password.guessable", field="password")
