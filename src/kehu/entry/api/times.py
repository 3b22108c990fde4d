"""Points in time in query strings. A plus sign arrives as a space there; that is forgiven."""

from __future__ import annotations

from datetime import datetime

from kehu.base.errors import BadInput


def instant_of(text: str, field: str) -> datetime:
    """Read an ISO 8601 time with zone. Raises BadInput naming `field`."""
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    except ValueError as error:
        raise BadInput("datetime.invalid", field=field, value=text) from error
    if found.tzinfo is None:
        raise BadInput("datetime.zone", field=field, value=text)
    return found
