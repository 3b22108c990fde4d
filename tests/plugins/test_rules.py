"""Every field type honours the rules that it names, in each way of input, and judges a field's settings (C8, C9)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.messages import message
from kehu.base.fields.base import ParseEnv
from kehu.base.fields.rules import LIMITS
from kehu.core.records.comparing import Pair, broken
from tests.plugins.test_field_types import EVERY, SETTINGS, TYPES, a_field

SOURCES = ("api", "form", "cell")
TODAY = date(2026, 11, 28)
MISSHAPEN = {
    "cn_mobile": "1380000", "phone": "没有号码", "email": "lina", "url": "javascript:alert(1)",
    "cn_id_card": "3301", "cn_credit_code": "9131", "bank_account": "62x",
}  # fmt: skip
WRONG_DIGIT = {
    "cn_id_card": "330106199001011230", "cn_credit_code": "91310000MA1FL4B24D", "bank_account": "6222020200112233440",
}  # fmt: skip


def ruled(name: str, **settings: Any) -> Any:
    return a_field(name).__class__(**{
        **{key: getattr(a_field(name), key) for key in ("key", "label", "type", "column", "options")},
        "settings": {**SETTINGS.get(name, {}), **settings},
    })  # fmt: skip


def breaking(name: str) -> dict[str, tuple[dict[str, Any], object]]:
    """For each rule of a type: settings, and an input that breaks it."""
    kind = TYPES[name]
    raw = kind.sample(a_field(name), Random(1))
    days = kind.output in ("date", "datetime")
    made: dict[str, tuple[dict[str, Any], object]] = {}
    for rule in kind.rules:
        if rule in LIMITS:
            limit: object = (
                ("2999-01-01" if rule == "min" else "1900-01-01") if days else 10**9 * (1 if rule == "min" else -1)
            )
            made[rule] = {rule: limit}, raw
        elif rule == "format":
            if name in MISSHAPEN:
                made[rule] = {}, MISSHAPEN[name]
        elif rule == "check_digit":
            if name in WRONG_DIGIT:
                made[rule] = {}, WRONG_DIGIT[name]
        else:
            made[rule] = {"min_length": {rule: 400}, "max_length": {rule: 1}, "regex": {rule: "[^\\s\\S]"}}[rule], raw
    return made


@EVERY
@pytest.mark.parametrize("source", SOURCES)
def test_a_rule_refuses_or_warns_as_the_field_says(name: str, source: Any) -> None:
    kind, env = TYPES[name], ParseEnv(source, today=TODAY)
    for rule, (settings, raw) in breaking(name).items():
        usual = ruled(name, **settings)
        assert kind.check(usual) == (), rule
        parsed = kind.parse(usual, raw, env)
        assert parsed.problems, rule
        assert parsed.refused is (rule != "check_digit"), rule
        assert (parsed.value is None) is parsed.refused
        for level in ("refuse", "warn"):
            told = kind.parse(ruled(name, **settings, severity={rule: level}), raw, env)
            assert told.refused is (level == "refuse"), (rule, level)
            assert (told.value is None) is told.refused
        for problem in parsed.problems:
            for lang in ("zh-CN", "en"):
                sentence = message(problem.code, lang, **problem.data)
                assert sentence != problem.code
                assert "{" not in sentence


@EVERY
def test_a_lax_value_can_be_stored_and_read_again(name: str) -> None:
    kind = TYPES[name]
    for rule, (settings, raw) in breaking(name).items():
        field = ruled(name, **settings, severity={rule: "warn"})
        value = kind.parse(field, raw, ParseEnv("api", today=TODAY)).value
        assert not isinstance(value, type(None))
        assert kind.load(field, kind.store(field, value)) == value  # type: ignore[arg-type]
        assert kind.parse(field, kind.dump(field, value), ParseEnv("api", today=TODAY)).value == value  # type: ignore[arg-type]


@EVERY
def test_rules_bind_what_is_kept_and_not_what_is_asked_for(name: str) -> None:
    kind = TYPES[name]
    for rule, (settings, raw) in breaking(name).items():
        if rule in LIMITS:
            assert not kind.operand(ruled(name, **settings), "eq", raw, ParseEnv("api", today=TODAY)).refused


@EVERY
@pytest.mark.parametrize(
    "settings",
    [
        {"severity": {"nothing": "warn"}}, {"severity": {"min": "maybe"}}, {"severity": "warn"},
        {"min": "viel"}, {"max": True}, {"min": 3, "max": 2}, {"min": "2026-02-30"},
        {"min_length": 0}, {"max_length": "3"}, {"min_length": 5, "max_length": 3},
        {"regex": "("}, {"regex": "(\\d)\\1"}, {"regex": 4}, {"regex": "x" * 300}, {"regex": "x", "regex_hint": 4},
    ],
)  # fmt: skip
def test_settings_that_make_no_rule_are_refused(name: str, settings: dict[str, Any]) -> None:
    kind = TYPES[name]
    rule = next(iter(settings))
    if not kind.rules or (rule != "severity" and rule not in kind.rules):
        return
    found = kind.check(ruled(name, **settings))
    assert found, settings
    assert all("{" not in message(problem.code, "en", **problem.data) for problem in found)


def test_a_regex_meets_the_whole_text_in_linear_time() -> None:
    text, api = TYPES["text"], ParseEnv("api")
    field = ruled(
        "text", regex="[A-Z]{2}\\d{4}", regex_hint={"zh-CN": "两个字母加四位数字", "en": "two letters, four digits"}
    )
    assert text.parse(field, "KH2026", api).value == "KH2026"
    for raw in ("KH20261", "xKH2026", "kh2026", "KH2026\nKH2026"):
        parsed = text.parse(field, raw, api)
        assert [p.code for p in parsed.problems] == ["text.regex"]
        assert "四位数字" in message("text.regex", "zh-CN", **parsed.problems[0].data)
        assert "four digits" in message("text.regex", "en", **parsed.problems[0].data)
    assert text.parse(ruled("text", regex="(a+)+"), "a" * 499 + "!", api).refused, "no expression can hang the server"


def test_today_moves_with_the_clock() -> None:
    field = ruled("date", max="today")
    kind = TYPES["date"]
    assert kind.parse(field, "2026-11-28", ParseEnv(today=TODAY)).value == "2026-11-28"
    assert kind.parse(field, "2026-11-29", ParseEnv(today=TODAY)).refused
    assert not kind.parse(field, "2026-11-29", ParseEnv(today=TODAY + timedelta(days=1))).refused
    moment = ruled("datetime", max="today")
    assert not TYPES["datetime"].parse(moment, "2026-11-28 23:59", ParseEnv(today=TODAY)).refused
    assert TYPES["datetime"].parse(moment, "2026-11-29 00:00", ParseEnv(today=TODAY)).refused


LEVELS = st.sampled_from(["refuse", "warn"])


@given(
    st.decimals(-1000, 1000, places=2), st.decimals(-1000, 1000, places=2), st.decimals(-1000, 1000, places=2), LEVELS
)
def test_limits_of_numbers_agree_with_plain_comparison(a: Decimal, b: Decimal, value: Decimal, level: str) -> None:
    least, most = sorted((a, b))
    for name in ("number", "money"):
        field = ruled(name, min=float(least), max=float(most), severity={"min": level, "max": level})
        for source in SOURCES:
            parsed = TYPES[name].parse(field, str(value), ParseEnv(source))
            assert bool(parsed.problems) is not (least <= value <= most)
            assert parsed.refused is (bool(parsed.problems) and level == "refuse")


@given(
    st.dates(date(1901, 1, 1), date(2190, 1, 1)),
    st.dates(date(1901, 1, 1), date(2190, 1, 1)),
    st.sampled_from(["min", "max"]),
    LEVELS,
)
def test_days_are_compared_with_limits_and_with_each_other(one: date, two: date, rule: Any, level: str) -> None:
    fits = one >= two if rule == "min" else one <= two
    field = ruled("date", **{rule: two.isoformat()}, severity={rule: level})
    parsed = TYPES["date"].parse(field, one.isoformat(), ParseEnv())
    assert (not parsed.problems) is fits
    pair = Pair(
        ruled("date", **{rule: {"field": "other"}}, severity={rule: level}),
        rule,
        a_field("date").__class__("other", field.label, "date", "other"),
    )
    found = list(broken([pair], {"size": one.isoformat(), "other": two.isoformat()}))
    assert (not found) is fits
    assert all(problem.severity == level for _, problem in found)
    assert list(broken([pair], {"size": one.isoformat(), "other": None})) == []
