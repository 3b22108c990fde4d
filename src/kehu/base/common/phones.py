"""Brings phone numbers and mail addresses into one form and says what is wrong with them.

Numbers are stored as digits with the few dashes that people read by, so that equal numbers are equal texts. It
must not look anything up: who owns a prefix changes, the form of a number does not.
"""

import re

from kehu.base.common.problems import Checked, Problem
from kehu.base.common.text import narrow

_FILLERS = re.compile(r"[\s\-.()·\u2010-\u2015]+")
_SEVERAL = re.compile(r"\d[^\d]*[/、,，;；|和或][^\d]*\d")
_COUNTRY = re.compile(r"(?:\+|00)86|86(?=1[3-9]\d{9}$)", re.ASCII)
_EXTENSION = re.compile(r"(?:转分机|转|分机|ext\.?|x|#)\s*(\d{1,6})$", re.IGNORECASE | re.ASCII)
# 010, 02x and four digits elsewhere; the local number never begins with 0 or 1.
_LANDLINE = re.compile(r"(?:(010|02\d|0[3-9]\d\d))?([2-9]\d{6,7})", re.ASCII)
_HOTLINE = re.compile(r"([48]00)(\d{3})(\d{4})", re.ASCII)
_SHORT = re.compile(r"1\d{2,5}|9[56]\d{3,6}", re.ASCII)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_FOREIGN = re.compile(r"\+[1-9]\d{5,14}", re.ASCII)
_MAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?P<domain>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_])"
)


def mobile(text: str) -> Checked:
    """Return a mobile number of mainland China as its 11 digits.

    Refused: `mobile.several` (two numbers in one cell), `mobile.foreign`, `mobile.invalid` (not a number),
    `mobile.length` (with `digits`, how many there are), `mobile.prefix` (does not begin with 13 to 19).
    """
    if _MOBILE.fullmatch(text):
        return Checked(text)
    plain = narrow(text)
    if _SEVERAL.search(plain):
        return _refused(plain, "mobile.several", value=text)
    number = _FILLERS.sub("", plain.removesuffix(".0"))
    number = _COUNTRY.sub("", number, count=1) if _COUNTRY.match(number) else number
    if number.startswith("+"):
        return _refused(number, "mobile.foreign", value=text)
    if re.fullmatch(r"01[3-9]\d{9}", number, re.ASCII):
        number = number[1:]  # dialled with the long-distance 0
    if not number.isascii() or not number.isdigit():
        return _refused(number, "mobile.invalid", value=text)
    if len(number) != 11:
        return _refused(number, "mobile.length", value=text, digits=len(number))
    if number[0] != "1" or number[1] not in "3456789":
        return _refused(number, "mobile.prefix", value=text)
    return Checked(number)


def phone(text: str) -> Checked:
    """Return any phone number in reading form: 021-62881234-801, 400-820-8820, 95588, +14155552671, a mobile's digits.

    Refused: `phone.invalid` (no number). Warned: `phone.unusual` (digits that fit no known form; kept as typed).
    """
    plain = narrow(text)
    extension = ""
    found = _EXTENSION.search(plain)
    if found is None:
        found = re.search(r"(?<=\d{7})\s*[-\u2010-\u2015]\s*(\d{1,5})$", plain, re.ASCII)
    if found is not None:
        extension, plain = f"-{found[1]}", plain[: found.start()]
    number = _FILLERS.sub("", plain.removesuffix(".0"))
    if not re.fullmatch(r"\+?\d{3,20}", number, re.ASCII):
        return _refused(narrow(text), "phone.invalid", value=text)
    own = mobile(number)
    if own.ok:
        return Checked(own.value + extension)
    abroad = number.startswith("+") or (number.startswith("00") and len(number) > 10)
    if abroad:
        digits = number.lstrip("+").removeprefix("00")
        if digits.startswith("86"):
            number = "0" + digits[2:].removeprefix("0")
            number = number[1:] if _HOTLINE.fullmatch(number[1:]) else number
        else:
            number = "+" + digits
            if _FOREIGN.fullmatch(number):
                return Checked(number + extension)
    if hotline := _HOTLINE.fullmatch(number):
        return Checked("-".join(hotline.groups()) + extension)
    if landline := _LANDLINE.fullmatch(number):
        area, local = landline.groups()
        return Checked((f"{area}-{local}" if area else local) + extension)
    if _SHORT.fullmatch(number):
        return Checked(number + extension)
    return Checked(narrow(text), (Problem("phone.unusual", "warn", {"value": text}),))


def email(text: str) -> Checked:
    """Return a mail address, its domain in lower case. Refused: `email.invalid`."""
    plain = re.sub(r"\s", "", narrow(text)).removeprefix("mailto:").strip("<>;,。，；")
    found = _MAIL.fullmatch(plain)
    if found is None or len(plain) > 254 or plain.index("@") > 64:
        return _refused(plain, "email.invalid", value=text)
    return Checked(plain[: found.start("domain")] + found["domain"].lower())


def _refused(number: str, code: str, **data: str | int) -> Checked:
    return Checked(number, (Problem(code, "refuse", data),))
