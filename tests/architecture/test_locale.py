"""Both languages say everything: the same codes, the same placeholders, and a text for every code in the source."""

from __future__ import annotations

import re
import string
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.support.source import PACKAGE, called_name, nodes, text

LOCALE = PACKAGE / "locale"
LANGUAGES = ("zh_CN", "en")
# Where the code stands among the positional arguments of what carries one.
CARRIERS = {
    "BadInput": 0, "NotSignedIn": 0, "NotAllowed": 0, "NotFound": 0, "Conflict": 0, "TooMany": 0, "TooSlow": 0,
    "Unreachable": 0, "VerificationFailed": 0, "KehuError": 0, "refuse": 0, "Unreadable": 0, "FieldError": 1,
}  # fmt: skip
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
FORM = re.compile(r"\{(\w+):([^{}|]+)\|([^{}|]+)\}")
# What a limit of the program is called: always far above one.
LIMITS = {"least", "most", "limit"}
UNKIND = re.compile(r"系统异常|非法|(?<![申邀])请(?!求)")


@cache
def files(language: str) -> dict[str, dict[str, str]]:
    """Return area → code → sentence."""
    return {path.stem: _flat(path) for path in sorted((LOCALE / language).glob("*.toml"))}


def _flat(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}

    def visit(prefix: str, table: dict[str, object]) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                visit(f"{prefix}{key}.", value)
            else:
                assert isinstance(value, str), f"{path.name}: {prefix}{key} is no text"
                found[prefix + key] = value

    visit("", tomllib.loads(path.read_text("utf-8")))
    return found


def codes(language: str) -> dict[str, str]:
    """Return code → sentence over all areas."""
    return {code: sentence for area in files(language).values() for code, sentence in area.items()}


def placeholders(sentence: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def used_codes() -> dict[str, str]:
    """Return code → where, for every code that the source writes out."""
    found: dict[str, str] = {}
    for where, node in nodes():
        place = CARRIERS.get(called_name(node))
        arguments = getattr(node, "args", [])
        if place is not None and len(arguments) > place:
            code = text(arguments[place])
            if code and CODE.fullmatch(code):
                found[code] = where
    return found


def test_both_languages_have_the_same_areas_and_codes() -> None:
    chinese, english = files("zh_CN"), files("en")
    assert chinese.keys() == english.keys()
    for area in chinese:
        assert chinese[area].keys() == english[area].keys(), area


def test_both_languages_fill_in_the_same_things() -> None:
    chinese, english = codes("zh_CN"), codes("en")
    different = [code for code in chinese if placeholders(chinese[code]) != placeholders(english.get(code, ""))]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_has_two_texts(language: str) -> None:
    count = Counter(code for area in files(language).values() for code in area)
    assert [code for code, number in count.items() if number > 1] == []


def test_every_code_in_the_source_has_a_text() -> None:
    used = used_codes()
    assert len(used) > 10  # else this test looks in the wrong place
    missing = {code: where for code, where in used.items() if code not in codes("zh_CN")}
    assert missing == {}


def test_chinese_texts_are_chinese_and_kind() -> None:
    for code, sentence in codes("zh_CN").items():
        words = re.sub(r"\{.*?\}", "", sentence)  # nothing but values is Chinese by its stops
        assert re.search(r"[一-鿿]", words) or not re.search(r"\w", words), f"{code} is not Chinese: {sentence}"
        assert not UNKIND.search(sentence), f"{code}: say what happened and what to do: {sentence}"


def test_english_texts_tell_one_from_several() -> None:
    several = re.compile(r"\{(\w+)\} (?:of \S+ )?(?:hidden |required |background |sample )?[a-z]+s\b(?<! is)(?<! has)")
    numbers = {name for sentence in codes("en").values() for name, _, _ in FORM.findall(sentence)} - LIMITS
    assert {"count", "rows", "left", "seconds"} <= numbers
    for code, sentence in codes("en").items():
        stiff = [name for name in several.findall(sentence) if name in numbers]
        assert stiff == [], f"{code}: write {{count}} {{count:row|rows}}: {sentence}"


def test_a_form_stands_beside_its_number() -> None:
    for language in LANGUAGES:
        for code, sentence in codes(language).items():
            for name, one, several in FORM.findall(sentence):
                assert "{" + name + "}" in sentence, f"{code}: {sentence}"
                assert one != several, f"{code}: {sentence}"
            assert "|" not in FORM.sub("", sentence), f"{code}: {sentence}"


def test_english_texts_are_english() -> None:
    for code, sentence in codes("en").items():
        outside = re.sub(r"[「“\"'].*?[」”\"']|万?元", "", sentence)  # quotations and the unit of money may stay
        assert not re.search(r"[一-鿿]", outside), f"{code} is not English: {sentence}"
