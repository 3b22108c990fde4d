"""Small steps that many field types share when they read input.

Turns the reports of `base.common` into those of the field contract, and cells into text. It must not know any
particular field type.
"""

from __future__ import annotations

from kehu.base.common.text import normalize
from kehu.base.fields.base import Parsed, ParseEnv, refuse

SHOWN = 60
"""So much of an unusable input is repeated in the report about it."""

TEXT_OPERATORS = frozenset(
    {"eq", "ne", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "empty", "not_empty"}
)
EXACT_OPERATORS = frozenset({"eq", "ne", "in", "not_in", "empty", "not_empty"})
ORDER_OPERATORS = EXACT_OPERATORS | {"lt", "lte", "gt", "gte", "between"}
TIME_OPERATORS = ORDER_OPERATORS | {"within"}
LIST_OPERATORS = frozenset({"any_of", "all_of", "none_of", "empty", "not_empty"})

EMPTY = Parsed()


def is_empty(raw: object) -> bool:
    """Whether an input empties the field: nothing, an empty text or one of spaces, an empty list."""
    return not raw.strip() if isinstance(raw, str) else raw is None or raw == []


def shown(raw: object) -> str:
    """The input as a report repeats it: short, on one line."""
    text = normalize(raw) if isinstance(raw, str) else normalize(str(raw))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def invalid(raw: object, expects: str) -> Parsed:
    """Refuse an input. `expects` names what was wanted; the locale has a word for each."""
    return refuse("value.invalid", value=shown(raw), expects=expects)


def as_text(raw: object, env: ParseEnv) -> str | None:
    """The input as text, or None when it is of a kind that is no text. JSON numbers are text only in files."""
    if isinstance(raw, str):
        return raw
    if env.source == "api" or isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return str(raw)
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 2**53 else repr(raw)
    return None


def digits_cut(raw: object) -> bool:
    """Whether a number comes from a spreadsheet that has lost its last digits (more than 15 of them)."""
    return isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) >= 10**15
