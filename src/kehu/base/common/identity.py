"""Numbers that carry their own check: 身份证, bank accounts and cards, 统一社会信用代码.

Length and characters refuse; a failed check only warns, because papers and old systems do hold such numbers. It
must never log or keep a number: callers treat these as secret.
"""

import re
from datetime import date

from kehu.base.common.problems import Checked, Datum, Problem
from kehu.base.common.text import narrow

_FILLERS = re.compile(r"[\s\-·.\u2010-\u2015]+")

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_PROVINCES = frozenset((*range(11, 16), 21, 22, 23, *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66)))
_PROVINCES |= {71, 81, 82, 83, 91}
_FIRST_BIRTH = date(1850, 1, 1)

_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O S V Z, which look like digits
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_CARD = re.compile(r"(?:62|4|5[1-5]|35|37|60)\d+", re.ASCII)


def id_card(text: str, today: date | None = None) -> Checked:
    """Return a Chinese identity number (18 characters, or 15 digits as before 2000), letters upper case.

    Refused: `id_card.length` (with `digits`), `id_card.invalid`. Warned: `id_card.region`, `id_card.birth_date`
    (no such day, or after `today`), `id_card.check_digit`, `number.cut` (a workbook turned the end into zeros).
    """
    number = _FILLERS.sub("", narrow(text)).upper()
    if not re.fullmatch(r"\d*X?", number, re.ASCII) or not number:
        return _refused(number, "id_card.invalid")
    if len(number) not in (15, 18):
        return _refused(number, "id_card.length", digits=len(number))
    if len(number) == 15 and number.endswith("X"):
        return _refused(number, "id_card.invalid")
    problems: list[Problem] = []
    if int(number[:2]) not in _PROVINCES:
        problems.append(Problem("id_card.region", "warn"))
    born = birth_date(number)
    if born is None or born < _FIRST_BIRTH or (today is not None and born > today):
        problems.append(Problem("id_card.birth_date", "warn"))
    if len(number) == 18 and _id_check(number[:17]) != number[17]:
        cut = number.endswith("000")
        problems.append(Problem("number.cut" if cut else "id_card.check_digit", "warn"))
    return Checked(number, tuple(problems))


def birth_date(id_number: str) -> date | None:
    """Return the birthday in a normalised identity number, or None where it holds no such day."""
    digits = id_number[6:14] if len(id_number) == 18 else "19" + id_number[6:12]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def to_18(id_number: str) -> str:
    """Return the 18-character form of a normalised identity number: how old and new ones are compared."""
    if len(id_number) != 15:
        return id_number
    longer = f"{id_number[:6]}19{id_number[6:]}"
    return longer + _id_check(longer)


def bank_account(text: str) -> Checked:
    """Return a bank account or card number as its digits.

    Refused: `bank_account.invalid`, `bank_account.length` (with `digits`; 6 to 32 fit). Warned, for numbers that
    look like a card only (accounts of firms have no check digit): `bank_account.check_digit`, `number.cut`.
    """
    number = _FILLERS.sub("", narrow(text))
    if not number.isascii() or not number.isdigit():
        return _refused(number, "bank_account.invalid")
    if not 6 <= len(number) <= 32:
        return _refused(number, "bank_account.length", digits=len(number))
    if 15 <= len(number) <= 19 and _CARD.fullmatch(number) and not _luhn(number):
        cut = number.endswith("000") and len(number) > 15
        return Checked(number, (Problem("number.cut" if cut else "bank_account.check_digit", "warn"),))
    return Checked(number)


def credit_code(text: str) -> Checked:
    """Return a unified social credit code (GB 32100), letters upper case.

    Refused: `credit_code.length` (with `chars`), `credit_code.invalid` (with `sign`, the first that cannot stand
    there). Warned: `credit_code.old` (15 signs: a registration number of before 2015), `credit_code.check_digit`,
    `credit_code.case` (small letters were made large).
    """
    given = _FILLERS.sub("", narrow(text))
    code = given.upper()
    if re.fullmatch(r"\d{6}[0-9A-Z]{9}", code, re.ASCII):
        return Checked(code, (Problem("credit_code.old", "warn"),))
    if len(code) != 18:
        filler = _FILLERS.search(text.strip())
        if filler is not None and len(narrow(text)) == 18:  # a number of another kind, not a code with gaps
            return _refused(code, "credit_code.invalid", sign=filler[0])
        return _refused(code, "credit_code.length", chars=len(code))
    wrong = next((sign for sign in code if sign not in _CODE_SIGNS), None)
    if wrong is not None:
        return _refused(code, "credit_code.invalid", sign=wrong)
    if _code_check(code[:17]) != code[17]:
        return Checked(code, (Problem("credit_code.check_digit", "warn"),))
    return Checked(code) if code == given else Checked(code, (Problem("credit_code.case", "warn"),))


def _id_check(first17: str) -> str:
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True)) % 11]


def _code_check(first17: str) -> str:
    total = sum(_CODE_SIGNS.index(sign) * weight for sign, weight in zip(first17, _CODE_WEIGHTS, strict=True))
    return _CODE_SIGNS[-total % 31]


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _refused(value: str, code: str, **data: Datum) -> Checked:
    return Checked(value, (Problem(code, "refuse", data),))
