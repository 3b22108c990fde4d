"""Cells become text and kind without losing or inventing anything."""

# ruff: noqa: DTZ001  workbooks know no time zones
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.features.importing.reader.cells import (
    column_letters,
    datetime_text,
    encode_cell,
    encode_column,
    is_long_number,
    number_text,
)
from kehu.features.importing.reader.sheetscan import column_number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.5, "12.5"),
        (13800138000.0, "13800138000"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (1e-05, "0.00001"),
        (999999999999999.0, "999999999999999"),
        (1234567890123456.0, "1234567890123456"),
        (110101199003071234.0, "110101199003071000"),
        (1e300, "1e+300"),
        (-60.704000000000010, "-60.704"),
    ],
)
def test_numbers_read_as_excel_shows_them(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e29, max_value=1e29))
def test_a_number_keeps_fifteen_digits(value: float) -> None:
    text = number_text(value)
    assert abs(float(text) - value) <= abs(value) * 1e-14
    if abs(value) > 1e-20 or value == 0:
        assert "e" not in text
        assert not text.endswith(".0")


@given(st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1))
def test_whole_numbers_stay_exact(value: int) -> None:
    assert number_text(float(value)) == str(value)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9999, 12, 30)))
def test_datetimes_are_rounded_to_milliseconds(moment: datetime) -> None:
    assert abs(datetime.fromisoformat(datetime_text(moment)) - moment) <= timedelta(milliseconds=0.5)


CELLS = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(["", " ", "#N/A", "#REF!", "#1 宏远", "TRUE", "12.50", "上海"]),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(timedelta(days=-50), timedelta(days=50)),
)
UNIFORM = st.one_of(
    *(st.lists(each, min_size=1, max_size=8) for each in (st.text(max_size=4), st.floats(), st.dates()))
)


@given(st.one_of(st.lists(CELLS, min_size=1, max_size=8), UNIFORM))
def test_a_column_is_its_cells(values: list) -> None:
    texts, kinds = encode_column(values)
    full = kinds * len(values) if len(kinds) == 1 else kinds
    assert list(zip(texts, full, strict=True)) == [encode_cell(value) for value in values]


def test_kinds() -> None:
    assert encode_cell("13800138000") == ("13800138000", "t")
    assert encode_cell("　 ") == (None, "0")
    assert encode_cell("#N/A") == ("#N/A", "e")
    assert encode_cell(float("inf")) == ("#NUM!", "e")
    assert encode_cell(False) == ("FALSE", "b")
    assert encode_cell(date(2026, 3, 5)) == ("2026-03-05", "d")
    assert encode_cell(datetime(2026, 3, 5, 14, 29, 59, 999_999)) == ("2026-03-05T14:30:00", "d")
    assert encode_cell(time(8, 30)) == ("08:30:00", "t")
    assert encode_cell(timedelta(hours=-1, minutes=-5)) == ("-01:05:00", "t")


def test_long_numbers() -> None:
    assert is_long_number("110101199003071000")
    assert not is_long_number("999999999999999")
    assert not is_long_number("0.12345678901234567")


@given(st.integers(0, 20_000))
def test_letters_and_numbers_of_columns_agree(index: int) -> None:
    assert column_number(column_letters(index)) == index + 1
