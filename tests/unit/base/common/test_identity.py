"""Check digits warn, wrong lengths refuse; every number that was made right is found right."""

import csv
import lzma
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common import phones
from kehu.base.common.identity import bank_account, birth_date, credit_code, id_card, to_18

SPECIMEN = "440308199901101512"


def codes(text: str) -> list[str]:
    return [problem.code for problem in id_card(text).problems]


def test_id_cards() -> None:
    assert id_card(" 440308 19990110 1512 ").value == SPECIMEN
    assert codes(SPECIMEN) == []
    assert codes("440308199901101513") == ["id_card.check_digit"]
    assert codes("440308199901101000") == ["number.cut"]
    assert codes("440308199902301512")[0] == "id_card.birth_date"
    assert "id_card.region" in codes("990308199901101512")
    assert codes("610104620927690") == []
    assert birth_date(SPECIMEN) == date(1999, 1, 10)


def test_a_birthday_in_the_future_warns() -> None:
    assert [problem.code for problem in id_card(SPECIMEN, date(1999, 1, 9)).problems] == ["id_card.birth_date"]
    assert id_card(SPECIMEN, date(1999, 1, 10)).problems == ()


@pytest.mark.parametrize(
    ("text", "code", "digits"),
    [
        ("44030819990110151", "id_card.length", 17),
        ("护照 E1234", "id_card.invalid", None),
        ("", "id_card.invalid", None),
    ],
)
def test_refused_id_cards(text: str, code: str, digits: int | None) -> None:
    checked = id_card(text)
    assert not checked.ok
    assert (checked.problems[0].code, checked.problems[0].data.get("digits")) == (code, digits)


@given(
    st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999), st.sampled_from(["110101", "330106", "650109"])
)
def test_old_numbers_become_valid_new_ones(born: date, sequence: int, region: str) -> None:
    old = f"{region}{born:%y%m%d}{sequence:03d}"
    new = to_18(old)
    assert id_card(new).problems == ()
    assert birth_date(new) == birth_date(old) == born
    swapped = new[:15] + new[16] + new[15] + new[17:]
    assert swapped == new or id_card(swapped).problems != ()


def test_bank_accounts() -> None:
    assert bank_account("6222 0210 0112 3456 788").problems[0].code == "bank_account.check_digit"
    assert bank_account("4111-1111-1111-1111").value == "4111111111111111"
    assert bank_account("4111-1111-1111-1111").problems == ()
    assert bank_account("6222021001123456000").problems[0].code == "number.cut"
    assert bank_account("1001 2345 0900 6789 012").problems == ()  # an account of a firm has no check digit
    assert not bank_account("6222E+18").ok
    assert bank_account("123").problems[0].data == {"digits": 3}


def test_credit_codes() -> None:
    assert credit_code("91110000600007156d").value == "91110000600007156D"
    assert [problem.code for problem in credit_code("91110000600007156E").problems] == ["credit_code.check_digit"]
    assert credit_code("9111000060000715O6").problems[0].data == {"sign": "O"}
    assert credit_code("9111000060000715").problems[0].data == {"chars": 16}
    assert [problem.code for problem in credit_code("110000450027350").problems] == ["credit_code.old"]


@pytest.mark.data
def test_real_credit_codes_pass_and_irregular_ones_get_one_of_four_reasons(sample_files: Path) -> None:
    """Issue 4, part 5: 6,200 codes of firms pass; of 240 others each gets the right reason."""
    with lzma.open(sample_files / "companies" / "cn_companies_shared.csv.xz", "rt", encoding="utf-8-sig") as file:
        found = [row["统一社会信用代码"] for row in csv.DictReader(file)]
    assert len(found) == 6200
    assert [code for code in found if credit_code(code).problems] == []
    reasons = {
        "15-digit registration number": {"credit_code.old"},
        "bad check digit or characters": {"credit_code.check_digit", "credit_code.invalid"},
        "other length": {"credit_code.length"},
        "valid after upper-casing": {"credit_code.case"},
    }
    with (sample_files / "companies" / "irregular_codes_shared.csv").open(encoding="utf-8-sig") as other:
        rows = list(csv.DictReader(other))
    assert len(rows) == 240
    wrong = [r for r in rows if {p.code for p in credit_code(r["证照号码"]).problems} - reasons[r["reason"]]]
    assert wrong == []
    assert all(credit_code(row["证照号码"]).problems for row in rows)


@pytest.mark.data
def test_published_specimens_of_identity_cards(sample_files: Path) -> None:
    """A card of 18 signs, one of 15, and residence permits of 香港 and 台湾."""
    with (sample_files / "identifiers" / "resident_id_samples.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["number"], id_card(row["number"]).problems) for row in rows] == [(row["number"], ()) for row in rows]
    assert len(rows) == 4


@pytest.mark.data
def test_mobile_prefixes_and_area_codes_of_the_real_lists(sample_files: Path) -> None:
    """70 prefixes of operators and 324 area codes are numbers that people may have."""
    lines = (sample_files / "identifiers" / "telecom_operator.txt").read_text("utf-8").split("\n")
    prefixes = [line.split()[0] for line in lines if line.strip()]
    assert len(prefixes) == 70
    assert [one for one in prefixes if not phones.mobile(f"{one}00000008"[:11]).ok] == []
    lines = (sample_files / "identifiers" / "landline_phone_area_code.txt").read_text("utf-8").split("\n")
    codes = [line.split()[0] for line in lines if line.strip()]
    assert len(codes) == 324
    assert [one for one in codes if not phones.phone(f"{one}-{'8' * (11 - len(one))}").ok] == []
