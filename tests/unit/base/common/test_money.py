"""Money is read exactly or refused; what is written can be read back to the last digit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.money import (
    LARGEST,
    Scaled,
    format_minor,
    format_scaled,
    parse_money,
    parse_scaled,
    scale_float,
)
from kehu.base.common.problems import Unreadable


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("12,800.00", 1280000),
        ("¥1,200", 120000),
        ("￥ 86000", 8600000),
        ("1.2万", 1200000),
        ("50万元", 50000000),
        ("3百万", 300000000),
        ("1.26亿元", 12600000000),
        ("３，０００", 300000),
        ("-5", -500),
        ("\u22122,400.00 元", -240000),
        ("(5.00)", -500),
        ("（１，０００．５）", -100050),
        ("12800元整", 1280000),
        ("RMB 300", 30000),
        ("人民币300元", 30000),
        ("¥-12.5", -1250),
        (".5", 50),
        ("0", 0),
        ("100.", 10000),
        ("2.5w", 2500000),
        ("1.5E3", 150000),
    ],
)
def test_parse_money(text: str, minor: int) -> None:
    assert parse_money(text) == Scaled(minor, False, parse_money(text).unit_given)


@pytest.mark.parametrize(
    "text",
    ["", "元", "约5万", "1,2", "1,2000", "12,34.5", "1.2.3", "5万5", "--5", "(-5)", "¥", "5 6", "1e999", "nan",
     "$5", "几千", "5元8角", "5整", "-¥-5", "1" * 70],
)  # fmt: skip
def test_rubbish_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_money(text)
    assert caught.value.code == "money.invalid"
    assert caught.value.data == {"value": text}


def test_a_column_in_wan_multiplies_unless_the_cell_says_its_own_unit() -> None:
    assert parse_money("86", factor=10000) == Scaled(86000000, False, False)
    assert parse_money("8.6万", factor=10000) == Scaled(8600000, False, True)
    assert parse_money("三万", factor=10000) == Scaled(3000000, False, True), "not 三亿"
    assert parse_money("三十", factor=10000) == Scaled(30000000, False, False)
    assert parse_money("860000元", factor=10000) == Scaled(86000000, False, True)


def test_half_a_fen_rounds_away_from_zero_and_is_told() -> None:
    assert parse_money("0.005") == Scaled(1, True)
    assert parse_money("-0.005") == Scaled(-1, True)
    assert parse_money("2.00499") == Scaled(200, True)
    assert parse_money("2.0000") == Scaled(200, False)


def test_too_large_is_its_own_code() -> None:
    assert parse_money("90071992547409.91").value == LARGEST
    for text in ("90071992547409.92", "99999999万亿", "1e60"):
        with pytest.raises(Unreadable) as caught:
            parse_money(text)
        assert caught.value.code == "number.too_large"


def test_numbers_have_no_currency() -> None:
    assert parse_scaled("1,280.5", 1) == Scaled(12805)
    assert parse_scaled("1.2万", 0) == Scaled(12000, False, True)
    assert parse_scaled("0.123456789", 6) == Scaled(123457, True)
    for text in ("¥5", "5元", "", "1,5"):
        with pytest.raises(Unreadable) as caught:
            parse_scaled(text, 2)
        assert caught.value.code == "number.invalid"


def test_cells_that_are_floats_mean_what_excel_shows() -> None:
    assert scale_float(0.1 + 0.2, 2) == Scaled(30)
    assert scale_float(1234567.895, 2) == Scaled(123456790, True)
    assert scale_float(8.6, 2, factor=10000) == Scaled(8600000)
    with pytest.raises(Unreadable):
        scale_float(float("nan"), 2)


@given(st.integers(-LARGEST, LARGEST), st.integers(0, 6))
def test_written_amounts_read_back(value: int, decimals: int) -> None:
    text = format_scaled(value, decimals)
    assert parse_scaled(text, decimals) == Scaled(value)
    assert Decimal(text).scaleb(decimals) == value
    assert parse_money(format_minor(value)).value == value


@given(st.decimals(-(10**9), 10**9, places=5), st.integers(0, 6))
def test_scaling_agrees_with_decimal_arithmetic(number: Decimal, decimals: int) -> None:
    scaled = parse_scaled(format(number, "f"), decimals)
    assert abs(Decimal(scaled.value).scaleb(-decimals) - number) <= Decimal("0.5").scaleb(-decimals)
    assert scaled.rounded == (Decimal(scaled.value).scaleb(-decimals) != number)


def test_format_minor() -> None:
    assert [format_minor(value) for value in (1280000, -5, 0, 100)] == ["12800.00", "-0.05", "0.00", "1.00"]
