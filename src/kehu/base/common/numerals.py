"""Reads numbers written in Chinese: 六十四万零一百四十三, 壹万贰仟叁佰元整, 二〇二三. Exact, and nothing is guessed.

Words of doubt (几, 多, 左右, 约) make a text unreadable: an amount is a number or none.
"""

import re
from decimal import Decimal

_CHARS = ("〇零○", "一壹弌幺", "二贰貳两", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
_DIGITS = {char: value for value, chars in enumerate(_CHARS) for char in chars}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_ALL = "".join((*_DIGITS, *_SMALL, *_LARGE))
_MONEY = re.compile(
    rf"(?:人民币)?(?P<whole>[{_ALL}]+?)(?:(?P<name>[元圆块])(?:(?P<jiao>[{''.join(_DIGITS)}])[角毛])?"
    rf"(?:零?(?P<fen>[{''.join(_DIGITS)}])分)?)?(?:钱)?[整正]?"
)
_PLACES = re.compile(rf"[{''.join(_DIGITS)}]+")


def number(text: str) -> int | None:
    """Return the whole number that a Chinese numeral says, None when it is none (三五百, 几十万)."""
    if not text or any(char not in _DIGITS and char not in _SMALL and char not in _LARGE for char in text):
        return None
    if len(text) > 1 and _PLACES.fullmatch(text):
        return None  # digits in a row are a year or a number of something, no amount
    total = section = 0
    digit: int | None = None
    unit = last_large = 10**12
    small = 10**4
    for char in text:
        if char in _DIGITS:
            if digit not in (None, 0):
                return None
            digit = _DIGITS[char]
        elif char in _SMALL:
            unit = _SMALL[char]
            if unit >= small or (digit is None and unit > 10):
                return None
            section += (1 if digit in (None, 0) else digit or 0) * unit
            digit, small = None, unit
        else:
            large = _LARGE[char]
            section += digit or 0
            if section == 0 and total == 0:
                return None
            if large > last_large:
                total, section = (total + section) * large, 0
            else:
                total += section * large
                section = 0
            digit, small, last_large = None, 10**4, large
    # 三百五 is 350, 一万二 12,000: nobody writes so in a ledger, and 三千零五 is 3,005.
    if digit and unit < 10**12 and small > 10 and small < 10**4 and text[-2] not in "零〇○":
        return None
    if digit and small == 10**4 and last_large < 10**12 and text[-2] in _LARGE:
        return None
    return total + section + (digit or 0)


def money(text: str) -> Decimal | None:
    """Return the amount in 元 of a text such as 壹万贰仟叁佰元整 or 十块三毛, None when it is none."""
    found = _MONEY.fullmatch(text)
    if found is None:
        return None
    whole = number(found["whole"])
    if whole is None:
        return None
    parts = [_DIGITS[found[name]] if found[name] else 0 for name in ("jiao", "fen")]
    return Decimal(whole) + Decimal(parts[0]) / 10 + Decimal(parts[1]) / 100


def digits(text: str) -> str:
    """Replace Chinese digits of a date by figures: 二〇二三年三月五日 becomes 2023年3月5日. Other texts stay."""
    return _RUN.sub(lambda found: _figures(found[0]), text)


_RUN = re.compile(rf"[{''.join(_DIGITS)}十拾]+(?=[年月日号])")


def _figures(run: str) -> str:
    if _PLACES.fullmatch(run):
        return "".join(str(_DIGITS[char]) for char in run)
    value = number(run)
    return run if value is None else str(value)
