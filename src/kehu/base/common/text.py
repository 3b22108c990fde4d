"""Brings text into the one form in which it is stored and compared.

Types normalise on entry, so that equal-looking texts are equal bytes. It must not change meaning: Chinese
punctuation, letter case and line breaks of long texts stay.
"""

import re
import unicodedata

# Full-width letters, digits and signs become half-width, except the punctuation that Chinese writing uses
# itself: brackets, comma, colon, semicolon, question and exclamation mark. ＠ is a slip of the input method.
_KEPT_WIDE = frozenset("！（），：；？～")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in _KEPT_WIDE}
_SPACES = dict.fromkeys(
    (*b"\t\v\f\x85\xa0", 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000), " "
)
# Zero-width characters, direction marks, BOM, soft hyphen, controls: nobody sees them, every comparison does.
# U+200D stays: it joins emoji.
_ZERO_WIDTH = (0xAD, 0x061C, 0x180E, 0x200B, 0x200C, 0x200E, 0x200F, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF)
_CONTROLS = (code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\v\f\r\x85")
_INVISIBLE = dict.fromkeys(
    (*_ZERO_WIDTH, *_CONTROLS, *range(0x202A, 0x202F), *range(0x2061, 0x2070), *range(0xFFF9, 0xFFFC))
)
_TABLE: dict[int, int | str | None] = {**_WIDE, **_SPACES, **_INVISIBLE}
_LINE_TABLE: dict[int, int | str | None] = {**_TABLE, 0x0A: " ", 0x0D: " "}
_FULL_TABLE: dict[int, int | str | None] = {**_LINE_TABLE, **{ord(c): ord(c) - 0xFEE0 for c in _KEPT_WIDE}}
_RUN = re.compile("  +")
# Words of visible ASCII and Han characters, a space between them: almost every text, and in stored form already.
_CLEAN = re.compile("[!-~\u4e00-\u9fff]+(?: [!-~\u4e00-\u9fff]+)*").fullmatch
_LINE_END = re.compile(" *\n")
_CAPITALS = re.compile("[A-Z]+")
_PUNCTUATION = re.compile(r"[\s\W_]+")


def normalize(text: str) -> str:
    """Return a one-line text in stored form: NFC, half-width ASCII, single spaces, nothing invisible."""
    if _CLEAN(text):
        return text
    return _RUN.sub(" ", _compose(text.translate(_LINE_TABLE))).strip(" ")


def normalize_lines(text: str) -> str:
    """Return a text of several lines in stored form: as `normalize`, but line breaks (as \\n) stay."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _LINE_END.sub("\n", _compose(unified.translate(_TABLE))).rstrip(" \n").lstrip("\n")


def narrow(text: str) -> str:
    """Return `normalize(text)` with Chinese brackets and commas half-width too: for codes and parsing."""
    if _CLEAN(text):
        return text
    return _RUN.sub(" ", _compose(text.translate(_FULL_TABLE))).strip(" ")


def fold_ascii(text: str) -> str:
    """Return `text` with A-Z lowered and nothing else touched, as both databases can do it."""
    return text.lower() if text.isascii() else _CAPITALS.sub(lambda found: found[0].lower(), text)


def normalize_name(text: str) -> str:
    """Return the key by which two names are the same: no spaces or punctuation, ASCII case folded.

    "上海宏远(贸易) 有限公司" and "上海宏远（贸易）有限公司" are one name; 宏远 and 弘远 are two.
    A name of punctuation only is its own key.
    """
    folded = fold_ascii(narrow(text))
    return _PUNCTUATION.sub("", folded) or folded


def _compose(text: str) -> str:
    # A lone surrogate (from a broken file) cannot be stored as UTF-8 by either database.
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text if _storable(text) else text.encode("utf-8", "replace").decode("utf-8")


def _storable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
