"""Errors of intents: always with the place in what was sent."""

from __future__ import annotations

from kehu.base.errors import BadInput, FieldError


def wrong(code: str, *, at: str, **data: object) -> BadInput:
    """An error about the part at `at`; listed under the field's name as sent where it is about a field."""
    named = data.get("field")
    key = named if isinstance(named, str) else at
    return BadInput(code, errors=(FieldError(key, code, {**data, "at": at}),), at=at, **data)
