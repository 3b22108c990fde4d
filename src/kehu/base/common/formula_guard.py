"""Keeps texts of a csv from becoming formulas in Excel and WPS: a leading apostrophe, which import takes off again.

xlsx needs none of this: there a text is typed as text. It must not touch numbers.
"""

import re

_DANGEROUS = re.compile(r"'* *[=+\-@\t\r\0＝＋－＠]")
_GUARDED = re.compile(r"''* *[=+\-@\t\r\0＝＋－＠]")
_PLAIN_NUMBER = re.compile(r"-\d{1,15}(\.\d{1,15})?")


def guard(text: str) -> str:
    """Return the text with an apostrophe before it when a spreadsheet would run or reinterpret it."""
    if _DANGEROUS.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def unguard(text: str) -> str:
    """Undo `guard`."""
    return text[1:] if _GUARDED.match(text) else text
