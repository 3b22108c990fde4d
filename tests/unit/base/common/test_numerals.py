"""Numbers in Chinese words are read exactly or not at all."""

import csv
import json
import lzma
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common import numerals
from kehu.base.common.dates import parse_date
from kehu.base.common.money import format_minor, parse_money
from kehu.base.common.problems import Unreadable

FIGURES, PLACES = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟")


def capital(value: int) -> str:
    """Write a whole number below 10**12 as a cheque does."""
    if value == 0:
        return "零"
    out, zero = "", False
    for place, large in ((2, "亿"), (1, "万"), (0, "")):
        group = value // 10 ** (4 * place) % 10_000
        if not group:
            zero = bool(out)
            continue
        text = ""
        for power in (3, 2, 1, 0):
            digit = group // 10**power % 10
            if digit:
                text += ("零" if zero and (out or text) else "") + FIGURES[digit] + PLACES[power]
                zero = False
            else:
                zero = bool(out or text)
        out += text + large
        zero = zero or group % 10 == 0
    return out


@given(st.integers(0, 10**12 - 1), st.integers(0, 9), st.integers(0, 9))
def test_what_a_cheque_says_is_read_back(whole: int, jiao: int, fen: int) -> None:
    text = capital(whole) + "元" + (f"{FIGURES[jiao]}角" if jiao else "") + (f"{FIGURES[fen]}分" if fen else "") + "整"
    assert numerals.money(text) == Decimal(whole) + Decimal(jiao) / 10 + Decimal(fen) / 100
    assert parse_money(text).value == whole * 100 + jiao * 10 + fen


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("六十四万零一百四十三元一角七分", "640143.17"),
        ("壹万二千三百四十五元", "12345"),
        ("三百万", "3000000"),
        ("肆佰叁拾萬", "4300000"),
        ("十块三毛", "10.30"),
        ("人民币壹拾元整", "10"),
        ("两千零五元", "2005"),
    ],
)
def test_amounts_in_words(text: str, value: str) -> None:
    assert parse_money(text).value == int(Decimal(value) * 100)


@pytest.mark.parametrize(
    "text", ["三五百块", "几十万块", "三百多元", "一万二", "三百五", "二十五万三千二百泰铢", "十几元", "百元", "元"]
)
def test_no_amount_is_guessed(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_money(text)


@pytest.mark.data
def test_published_amounts_are_read_where_they_are_exact_and_ours(sample_files: Path) -> None:
    cases = json.loads((sample_files / "cn_text_parse" / "money_cases_a.json").read_text("utf-8"))
    read, refused = 0, 0
    for text, wanted in cases:
        exact = wanted["definition"] == "accurate" and wanted["case"] == "元"
        try:
            value = parse_money(text).value
        except Unreadable:
            refused += 1
            assert not exact, text
        else:
            read += 1
            assert exact, text
            assert Decimal(value) / 100 == Decimal(wanted["num"])
    assert (read, refused) == (6, 26)


@pytest.mark.data
def test_the_30_usual_ways_of_writing_capital(sample_files: Path) -> None:
    """Issue 4, part 5: 14 are 元, 16 are other currencies or nothing and are refused; the units are read by hand."""
    with (sample_files / "companies" / "capital_formats_top30.csv").open(encoding="utf-8-sig") as file:
        examples = [row["example"] for row in csv.DictReader(file)]
    read: dict[str, str] = {}
    for text in examples:
        try:
            read[text] = format_minor(parse_money(text).value)
        except Unreadable:
            continue
    assert len(examples) == 30
    assert list(read.values()) == [
        "9800000.00", "50000.00", "943000.00", "1400000.00", "10000000.00", "30000.00", "121000.00", "0.00",
        "150000.00", "8850000.00", "3000000.00", "6000000.00", "565000.00", "1051920.00",
    ]  # fmt: skip
    assert not any(word in text for text in read for word in ("美", "港", "日元", "欧"))


@pytest.mark.data
def test_published_texts_of_time_are_never_read_as_a_wrong_day(sample_files: Path) -> None:
    """Of 65 texts like 下周三 or 五月廿二 a cell reads none: they need the day on which they were said."""
    with lzma.open(sample_files / "cn_text_parse" / "time_cases_a.json.xz", "rt", encoding="utf-8") as file:
        texts = [case[1] for case in json.load(file)]
    read = []
    for text in texts:
        try:
            read.append((text, parse_date(text).isoformat()))
        except Unreadable:
            continue
    assert (len(texts), read) == (65, [])


@pytest.mark.parametrize(
    "text",
    [
        "2023-3-5", "2023.3.5", "2023/03/05", "2023年3月5日", "二〇二三年三月五日", "二零二三年三月五号",
        "20230305", "２０２３年３月５日",
        "2023年03月05日 星期日", "5 Mar 2023", "2023-03-05 00:00:00",
    ],
)  # fmt: skip
def test_a_day_in_every_spelling_of_an_office(text: str) -> None:
    assert parse_date(text).isoformat() == "2023-03-05"


@pytest.mark.parametrize(
    ("text", "iso"),
    [("二〇二三年十二月三十一日", "2023-12-31"), ("二〇二三年二十月五日", None), ("一九九八年十月十日", "1998-10-10")],
)
def test_days_in_words(text: str, iso: str | None) -> None:
    if iso is None:
        with pytest.raises(Unreadable):
            parse_date(text)
    else:
        assert parse_date(text).isoformat() == iso
