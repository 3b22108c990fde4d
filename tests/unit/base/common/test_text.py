"""Texts that look equal are equal after normalising, and normalising twice changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.text import fold_ascii, narrow, normalize, normalize_lines, normalize_name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  上海宏远贸易有限公司\u3000", "上海宏远贸易有限公司"),
        ("ＡＢＣ－１２３", "ABC-123"),
        ("张\u3000 \u00a0 伟", "张 伟"),
        ("\ufeff李\u200b娜\x00", "李娜"),
        ("宏远（集团）有限公司，上海：分部", "宏远（集团）有限公司，上海：分部"),
        ("cafe\u0301", "caf\u00e9"),
        ("第一行\n第二行\t完", "第一行 第二行 完"),
        ("zhang＠163．com", "zhang@163.com"),
        ("👨\u200d👩\u200d👧 一家", "👨\u200d👩\u200d👧 一家"),
        ("", ""),
    ],
)
def test_normalize(typed: str, stored: str) -> None:
    assert normalize(typed) == stored


def test_lines_stay_in_long_texts() -> None:
    assert (
        normalize_lines("\n 电话沟通，\r\n\r\n下周 再约  \r\u3000备注：无\n\n") == " 电话沟通，\n\n下周 再约\n 备注：无"
    )


def test_lone_surrogates_become_storable() -> None:
    assert normalize("坏\ud800字").encode("utf-8") == "坏?字".encode()


@given(st.text())
def test_normalize_is_idempotent_and_clean(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert once == once.strip() or not once.isascii()
    assert not set(once) & set("\n\x00\u3000")
    assert "  " not in once
    assert normalize_lines(normalize_lines(text)) == normalize_lines(text)


def test_fold_ascii_leaves_other_scripts() -> None:
    assert fold_ascii("ABCÄЖ上") == "abcÄЖ上"


def test_narrow_reads_chinese_brackets() -> None:
    assert narrow("（５，０００）：元") == "(5,000):元"


def test_equal_names_meet_and_others_do_not() -> None:
    name = normalize_name("上海宏远（贸易）有限公司")
    assert normalize_name("上海宏远(贸易) 有限公司 ") == name
    assert normalize_name("ＫＦＣ·上海") == normalize_name("kfc 上海")
    assert normalize_name("上海弘远（贸易）有限公司") != name
    assert normalize_name("——") != normalize_name("……")
