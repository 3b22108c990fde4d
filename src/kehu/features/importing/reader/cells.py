"""Turns columns of raw cells into texts and kinds, the form in which blocks leave the child.

Kinds: t text, n number, d date or datetime, b boolean, e error, 0 empty. Nothing is interpreted here: a text
that looks like a number stays a text.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

from kehu.features.importing.base import ERROR_TEXTS, CellValue

KINDS = "tndbe0"
# From 16 digits on Excel has already lost digits: such a number was probably a code or a card number.
_LONG = re.compile(r"^-?\d{16,}$", re.MULTILINE)

_shortest = "%.15g".__mod__


def number_text(value: float) -> str:
    """Return the number as Excel would show it: 15 significant digits, no exponent, integers without ".0"."""
    text = _shortest(value)
    if "e" not in text:
        return "0" if text == "-0" else text
    if value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    # Beyond any ledger's needs the exponent stays: 1e300 in full would be a wall of digits.
    return format(Decimal(text), "f") if 1e-20 < abs(value) < 1e30 else text


def duration_text(value: timedelta) -> str:
    """Return a duration as hours, minutes and seconds, hours beyond 24 included: "26:30:00"."""
    seconds = round(value.total_seconds())
    sign = "-" if seconds < 0 else ""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def datetime_text(value: datetime) -> str:
    """Return an ISO text without the float noise of Excel's day fractions (rounded to milliseconds)."""
    if value.microsecond:
        noise = value.microsecond % 1000
        if noise and value < datetime.max - timedelta(seconds=1):  # noqa: DTZ901  workbooks know no time zones
            value += timedelta(microseconds=1000 - noise if noise >= 500 else -noise)
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    return value.isoformat()


def encode_cell(value: CellValue) -> tuple[str | None, str]:
    """Return the text (None when empty) and the kind of one cell."""
    if value is None:
        return None, "0"
    if isinstance(value, str):
        if not value or value.isspace():
            return None, "0"
        return value, "e" if value in ERROR_TEXTS else "t"
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), "b"
    if isinstance(value, int):
        return str(value), "n"
    if isinstance(value, float):
        return (number_text(value), "n") if value - value == 0 else ("#NUM!", "e")
    if isinstance(value, datetime):
        return datetime_text(value), "d"
    if isinstance(value, date):
        return value.isoformat(), "d"
    if isinstance(value, time):
        return value.isoformat(timespec="seconds"), "t"
    return duration_text(value), "t"


def encode_column(values: Sequence[CellValue]) -> tuple[list[str | None], str]:
    """Return the texts and the kinds of a column: one letter per cell, or a single one when all are alike."""
    types = set(map(type, values))
    if types == {str}:
        return _encode_texts(cast(Sequence[str], values))
    if types == {float}:
        numbers = cast(Sequence[float], values)
        quick = list(map(_shortest, numbers))
        joined = "".join(quick)
        if "n" not in joined and "-0" not in quick:
            if "e" in joined:
                quick = [number_text(n) if "e" in text else text for text, n in zip(quick, numbers, strict=True)]
            return list(quick), "n"
    elif types == {date}:
        return [day.isoformat() for day in cast(Sequence[date], values)], "d"
    pairs = [encode_cell(value) for value in values]
    return [text for text, _ in pairs], _one("".join(kind for _, kind in pairs))


def _encode_texts(values: Sequence[str]) -> tuple[list[str | None], str]:
    # Most columns are texts without blanks or errors: the set of different texts tells, without a look per cell.
    different = set(values)
    blank = {text for text in different if not text or text.isspace()}
    errors = different & ERROR_TEXTS
    if not blank and not errors:
        return list(values), "t"
    texts = [None if text in blank else text for text in values]
    return texts, _one("".join("0" if v in blank else "e" if v in errors else "t" for v in values))


def has_long_number(texts: Iterable[str | None]) -> bool:
    """Tell whether any of the texts is a number with more digits than Excel keeps."""
    return _LONG.search("\n".join(filter(None, texts))) is not None


def is_long_number(text: str | None) -> bool:
    """Tell whether a number's text has more digits than Excel keeps: 16 or more."""
    return text is not None and _LONG.fullmatch(text) is not None


def column_letters(index: int) -> str:
    """Return Excel's letters of a column counted from 0: 0 is A, 27 is AB."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _one(kinds: str) -> str:
    return kinds[0] if kinds and kinds == kinds[0] * len(kinds) else kinds
