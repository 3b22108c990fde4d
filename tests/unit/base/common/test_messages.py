"""Sentences by code: filled, in both languages, and never a crash."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.messages import explained, message, texts


def test_a_sentence_in_both_languages() -> None:
    assert message("sign_in.too_many", "zh-CN", seconds=7) == "试得太多，等 7 秒再试"
    assert message("sign_in.too_many", "en", seconds=7) == "Too many tries. Wait 7 seconds"


def test_a_reason_that_says_more_is_what_is_said() -> None:
    told = {"value": "5/3/23", "reason": "date.ambiguous"}
    assert explained("date.invalid", "zh-CN", told) == "「5/3/23」分不清年月日，写成 2026-03-05 这样"
    assert explained("date.invalid", "en", told).startswith("Year, month and day cannot be told apart in “5/3/23”")
    odd = explained("date.invalid", "zh-CN", {"value": "不详", "reason": "no.such.code"})
    assert odd == explained("date.invalid", "zh-CN", {"value": "不详"}) == "「不详」不是日期，写成 2026-03-05 这样"


def test_what_is_unknown_or_missing_shows_instead_of_crashing() -> None:
    assert message("no.such.code", "zh-CN") == "no.such.code"
    assert message("sign_in.too_many", "fr", seconds=1) == "试得太多，等 1 秒再试"
    assert "{seconds}" in message("sign_in.too_many", "zh-CN")
    assert message("account.taken", "zh-CN", name=None) == "已经有叫「」的账号，换一个名字"
    assert "admin, sales" in message("role.unknown", "zh-CN", value="x", known=["admin", "sales"])


def test_one_is_told_from_several() -> None:
    assert message("finding.date.invalid", "en", count=1).startswith("1 cell is not a date;")
    assert message("finding.date.invalid", "en", count=2).startswith("2 cells are not dates;")
    assert message("finding.date.invalid", "en", count=0).startswith("0 cells are not dates;")
    assert message("finding.import.hidden_rows", "en", count="1") == "1 hidden row was imported too"
    assert message("finding.import.hidden_rows", "en", count="1,200") == "1,200 hidden rows were imported too"


def test_data_cannot_reach_into_objects() -> None:
    assert "{" in message("account.taken", "zh-CN", name="{name.__class__}")


@given(
    st.sampled_from(sorted(texts("zh-CN"))), st.dictionaries(st.text(max_size=9), st.none() | st.text() | st.integers())
)
def test_no_sentence_crashes_whatever_the_data(code: str, data: dict[str, object]) -> None:
    for lang in ("zh-CN", "en"):
        assert message(code, lang, **data)
