"""Phones and mail addresses end in one form; what is wrong is said with the number of digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.phones import email, mobile, phone


@pytest.mark.parametrize(
    "text",
    ["13812345678", "138 1234 5678", "+86 138-1234-5678", "8613812345678", "0086 13812345678", "13812345678.0",
     "０１３８１２３４５６７８", "(+86)13812345678", "138\u20131234\u20135678"],
)  # fmt: skip
def test_mobile(text: str) -> None:
    assert mobile(text).value == "13812345678"
    assert mobile(text).problems == ()


@pytest.mark.parametrize(
    ("text", "code", "digits"),
    [
        ("1381234567", "mobile.length", 10),
        ("138123456789", "mobile.length", 12),
        ("12812345678", "mobile.prefix", None),
        ("无", "mobile.invalid", None),
        ("1.38E+10", "mobile.invalid", None),
        ("13812345678/13912345678", "mobile.several", None),
        ("13812345678 或 13912345678", "mobile.several", None),
        ("+852 9123 4567", "mobile.foreign", None),
        ("", "mobile.invalid", None),
    ],
)
def test_refused_mobiles_say_why(text: str, code: str, digits: int | None) -> None:
    checked = mobile(text)
    assert not checked.ok
    assert [problem.code for problem in checked.problems] == [code]
    assert checked.problems[0].data.get("digits") == digits


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "+86", "86", "0086 "]))
def test_every_mobile_survives_its_spellings(number: str, prefix: str) -> None:
    assert mobile(f"{prefix}{number[:3]} {number[3:7]}-{number[7:]}").value == number
    assert phone(prefix + number).value == number


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("(021)6288 1234", "021-62881234"),
        ("021-62881234-801", "021-62881234-801"),
        ("021-62881234转801", "021-62881234-801"),
        ("0571 8765 4321 分机 12", "0571-87654321-12"),
        ("+86 21 6288 1234", "021-62881234"),
        ("010-5678 1234", "010-56781234"),
        ("4008208820", "400-820-8820"),
        ("400-820-8820", "400-820-8820"),
        ("62881234", "62881234"),
        ("95588", "95588"),
        ("10086", "10086"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("00852 2123 4567", "+85221234567"),
        ("138-1234-5678", "13812345678"),
    ],
)
def test_phone(text: str, stored: str) -> None:
    checked = phone(text)
    assert (checked.value, checked.problems) == (stored, ())
    assert phone(stored).value == stored


def test_unusual_phones_stay_and_warn() -> None:
    checked = phone("0218 123")
    assert checked.ok
    assert (checked.value, checked.problems[0].code) == ("0218 123", "phone.unusual")
    assert not phone("微信联系").ok
    assert not phone("12").ok


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Li.Na@Example.COM", "Li.Na@example.com"),
        ("zhang＠163．com", "zhang@163.com"),
        (" mailto:a+b@mail.qq.com ", "a+b@mail.qq.com"),
        ("info@宏远.中国", "info@宏远.中国"),
    ],
)
def test_email(text: str, stored: str) -> None:
    assert email(text).value == stored
    assert email(text).ok


@pytest.mark.parametrize("text", ["", "zhang", "a@b", "a@@b.com", "@b.com", "a@b..com", "a.@b.com", "张@163.com"])
def test_refused_emails(text: str) -> None:
    assert [problem.code for problem in email(text).problems] == ["email.invalid"]
