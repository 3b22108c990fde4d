"""Reads and writes exact amounts: money in minor units (分), numbers and percents as scaled integers.

Everything is a 64-bit integer with a fixed number of decimals, so both databases agree to the last digit.
It must not compute with binary floats; the only door for a float (a workbook cell) is `scale_float`.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from kehu.base.common import numerals
from kehu.base.common.problems import Unreadable
from kehu.base.common.text import narrow

MAX_DECIMALS = 6
LARGEST = 2**53 - 1  # exact as JSON number and inside 64-bit float formulas, and sums stay far below 2**63

_POWERS = {"百": 2, "千": 3, "k": 3, "万": 4, "w": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}
_UNITS = {"": 1} | {unit: 10**power for unit, power in _POWERS.items()}
_NUMBER = r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?P<power>[eE][+-]?\d{1,2})?"
_UNIT = "(?P<unit>" + "|".join(sorted(filter(None, _UNITS), key=len, reverse=True)) + ")?"
_SIGN = "(?P<sign>[-+\u2212]?)"
_PLAIN = re.compile(rf"{_SIGN} ?{_NUMBER} ?{_UNIT}", re.IGNORECASE | re.ASCII)
_MONEY = re.compile(
    rf"{_SIGN} ?(?P<mark>¥|rmb|cny|人民币)? ?(?P<sign2>[-\u2212]?) ?{_NUMBER} ?{_UNIT} ?"
    r"(?P<name>元|圆|块|rmb|cny|人民币)?(?P<even>整|正)?",
    re.IGNORECASE | re.ASCII,
)
_CHINESE = re.compile(r"\s*(人民币)?\s*[零〇一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟貳參陸]")
# As registers write capital: 980(万元人民币), 94.3(万), 15(万元(人民币)), 1000万元人民币. Other currencies do not fit.
_REGISTER = re.compile(
    rf"(?P<number>[-+]?[\d,.]+) ?(?P<open>\()? ?{_UNIT} ?(?P<own>元)? ?(?P<inner>\()? ?(?P<name>人民币元?|元)?"
    r" ?(?(inner)\)) ?(?(open)\))",
    re.ASCII,
)
_SIMPLE = re.compile(r"(\d{1,15})(?:\.(\d{1,6}))?", re.ASCII)
_BRACKETS = re.compile(r"\((?P<inner>[^()+\-\u2212]*)\)")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Scaled:
    """An exact amount times 10**decimals, whether digits were rounded away, whether the text named a unit."""

    value: int
    rounded: bool = False
    unit_given: bool = False


def parse_money(text: str, *, factor: int = 1, decimals: int = 2) -> Scaled:
    """Read a money text into minor units: "¥1,200", "1.2万", "50万元", "-5", "(5.00)", "壹万贰仟元整".

    `factor` is the unit of the column (10000 for 万元); a unit in the text itself wins. Half a minor unit
    rounds away from zero and is told by `rounded`. Raises Unreadable `money.invalid` or `number.too_large`.
    """
    if (simple := _simple(text, decimals, factor)) is not None:
        return simple
    if _CHINESE.match(text) and (said := numerals.money("".join(narrow(text).split()))) is not None:
        own = any(mark in text for mark in "元圆块万萬亿億")  # 三万 under 万元 says its own unit, as 3万 does
        scaled = _scale(said if own or factor == 1 else said * factor, decimals, text)
        return Scaled(scaled.value, scaled.rounded, unit_given=own)
    found, negative = _match(_MONEY, _registered(text), "money.invalid")
    if found["sign"] and found["sign2"]:
        raise Unreadable("money.invalid", value=text)
    if found["even"] and not found["name"]:
        raise Unreadable("money.invalid", value=text)
    negative ^= bool(found["sign2"]) or found["sign"] in ("-", "\u2212")
    unit_given = bool(found["mark"] or found["name"] or found["unit"])
    # 86 under a heading 万元 is 86万; 860000元 under it says its own unit.
    own_unit = bool(found["unit"] or found["name"])
    amount = _decimal(found) * (_UNITS[(found["unit"] or "").lower()] if own_unit else factor)
    scaled = _scale(-amount if negative else amount, decimals, text)
    return Scaled(scaled.value, scaled.rounded, unit_given)


def parse_scaled(text: str, decimals: int, *, factor: int = 1) -> Scaled:
    """Read a number text ("1,280.5", "1.2万", "３０００", "1.5E3") as an integer times 10**decimals (0 to 6).

    Raises Unreadable `number.invalid` or `number.too_large`.
    """
    if (simple := _simple(text, decimals, factor)) is not None:
        return simple
    found, negative = _match(_PLAIN, text, "number.invalid")
    negative ^= found["sign"] in ("-", "\u2212")
    amount = _decimal(found) * (_UNITS[found["unit"].lower()] if found["unit"] else factor)
    scaled = _scale(-amount if negative else amount, decimals, text)
    return Scaled(scaled.value, scaled.rounded, bool(found["unit"]))


def scale_float(value: float, decimals: int, *, factor: int = 1) -> Scaled:
    """Scale a workbook cell: read to 15 significant digits, as Excel shows it, so 0.1 + 0.2 is 0.3."""
    number = Decimal(format(value, ".15g"))
    if not number.is_finite():
        raise Unreadable("number.invalid", value=str(value))
    return _scale(number * factor, decimals, str(value))


def format_scaled(value: int, decimals: int) -> str:
    """Write a scaled integer as a decimal string: (1250, 2) gives "12.50"."""
    if decimals == 0:
        return str(value)
    whole, part = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{part:0{decimals}d}"


def format_minor(value: int) -> str:
    """Write minor units as 元: 1280000 gives "12800.00"."""
    return format_scaled(value, 2)


def _registered(text: str) -> str:
    """A capital as registers write it, in the plain spelling; any other text as it is."""
    found = _REGISTER.fullmatch(narrow(text)) if len(text) <= _LONGEST else None
    if found is None or not (found["unit"] or found["own"] or found["name"]):
        return text
    return f"{found['number']}{found['unit'] or ''}元"


def _match(pattern: re.Pattern[str], text: str, code: str) -> tuple[re.Match[str], bool]:
    """Return the match and whether brackets made the number negative, as bookkeepers write it."""
    plain = narrow(text).replace("￥", "¥")
    bracketed = _BRACKETS.fullmatch(plain)
    inner = bracketed["inner"].strip() if bracketed else plain
    found = pattern.fullmatch(inner) if len(inner) <= _LONGEST else None
    if found is None:
        raise Unreadable(code, value=text)
    return found, bracketed is not None


def _simple(text: str, decimals: int, factor: int) -> Scaled | None:
    """Read digits with at most one point and no more decimals than are kept: most cells of most columns."""
    found = _SIMPLE.fullmatch(text)
    if found is None or not 0 <= decimals <= MAX_DECIMALS:
        return None
    part = found[2] or ""
    if len(part) > decimals:
        return None
    value = int(found[1] + part) * 10 ** (decimals - len(part)) * factor
    return Scaled(value) if value <= LARGEST else None


def _decimal(found: re.Match[str]) -> Decimal:
    return Decimal(found["digits"].replace(",", "") + (found["power"] or ""))


def _scale(amount: Decimal, decimals: int, text: str) -> Scaled:
    if not 0 <= decimals <= MAX_DECIMALS:
        raise ValueError(f"decimals must be 0 to {MAX_DECIMALS}, not {decimals}")
    if amount.adjusted() > 20:  # before scaling, so that 1e99 costs nothing
        raise Unreadable("number.too_large", value=text)
    with localcontext() as context:
        context.prec = 200
        exact = amount.scaleb(decimals)
        whole = exact.quantize(Decimal(1), ROUND_HALF_UP)
    if abs(whole) > LARGEST:
        raise Unreadable("number.too_large", value=text)
    return Scaled(int(whole), rounded=whole != exact)
