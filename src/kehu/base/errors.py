"""Errors that Kehu expects: a stable code, data, an HTTP status and an exit code.

The sentence a person reads is looked up by code in `kehu/locale`; nothing here holds user-visible text.
Unexpected errors (bugs) are ordinary Python exceptions and must not be wrapped in these classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as made
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one input: the field key as sent, a code, data for the sentence, and where it stood."""

    field: str
    code: str
    data: dict[str, object] = made(default_factory=dict)
    row: int | None = None
    cell: str | None = None


class KehuError(Exception):
    """Base of all expected errors. `code` names the sentence, `data` fills it."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, **data: object) -> None:
        super().__init__(code, data)
        self.code = code
        self.data = data
        self.errors: tuple[FieldError, ...] = ()

    def __str__(self) -> str:
        return f"{self.code} {self.data}" if self.data else self.code


class BadInput(KehuError):
    """What was sent cannot be used as it is. Carries the field errors when there are any."""

    status = 422
    exit_code = 3

    def __init__(self, code: str = "input.invalid", /, *, errors: Iterable[FieldError] = (), **data: object) -> None:
        super().__init__(code, **data)
        self.errors = tuple(errors)
        if not self.errors and isinstance(data.get("field"), str):
            self.errors = (FieldError(str(data["field"]), code, data),)


class NotSignedIn(KehuError):
    """No valid session or token."""

    status = 401
    exit_code = 4


class NotAllowed(KehuError):
    """The actor may not do this at all (never used for records or fields: those are not found)."""

    status = 403
    exit_code = 4


class NotFound(KehuError):
    """Not there, or not visible to this actor: the two are never told apart."""

    status = 404
    exit_code = 3


class Conflict(KehuError):
    """The ledger moved on, or a unique value is taken."""

    status = 409
    exit_code = 5

    def __init__(
        self,
        code: str,
        /,
        *,
        conflicts: Iterable[dict[str, object]] = (),
        errors: Iterable[FieldError] = (),
        **data: object,
    ) -> None:
        super().__init__(code, **data)
        self.conflicts = tuple(conflicts)
        self.errors = tuple(errors)


class TooMany(KehuError):
    """Too many tries or requests; `data["seconds"]` says when to come back."""

    status = 429
    exit_code = 4


class TooSlow(KehuError):
    """A statement ran into the time limit for shapes without an index."""

    status = 503
    exit_code = 7


class Unreachable(KehuError):
    """Database or network cannot be reached."""

    status = 503
    exit_code = 7


class VerificationFailed(KehuError):
    """`kehu verify` or a backup check found faults."""

    status = 500
    exit_code = 6
