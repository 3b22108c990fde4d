"""Headings of workbooks in comparable form, and what offices call the same thing (`synonyms.toml`)."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from kehu.base.common.text import normalize

_MARKS = re.compile(r"[\s\-_/\\.:;,*#()\[\]{}<>（）【】《》：；，、。·'\"“”]+")
_UNIT = re.compile(r"[(（\[【]\s*(?P<unit>[^)）\]】]{1,8})\s*[)）\]】]\s*$")
_FOREIGN = re.compile(
    r"美[元金]|港[元币]|欧元|英镑|日[元圆]|韩元|[(（\[【/ ](?:usd|hkd|eur|gbp|jpy|krw|us?\$|hk\$|€|£)\s*[)）\]】]?$",
    re.IGNORECASE,
)
MONEY_UNITS = {
    "元": 1, "人民币": 1, "人民币元": 1, "rmb": 1, "cny": 1, "¥": 1, "百元": 100, "千元": 1_000,
    "万元": 10_000, "万": 10_000, "百万元": 1_000_000, "百万": 1_000_000, "千万元": 10_000_000,
    "亿元": 100_000_000, "亿": 100_000_000,
}  # fmt: skip


@lru_cache(10_000)
def normal_title(title: str) -> str:
    """A heading without case, width, spaces, marks and unit, for comparison."""
    return _MARKS.sub("", _UNIT.sub("", normalize(title)).lower())


def numbered_title(title: str, n: int) -> str:
    """What the field of the n-th column with one heading is called: 备注2."""
    return title if n == 1 else f"{title}{n}"


def unit_factor(title: str) -> int | None:
    """The factor of a money unit at the end of a heading: 10000 for 金额(万元); None when none is named."""
    found = _UNIT.search(normalize(title))
    return factor_of(found["unit"]) if found else None


def names_foreign_money(title: str) -> bool:
    """Whether a heading names another currency than the ledger's: 海运费(USD), 金额（美元）."""
    return _FOREIGN.search(normalize(title)) is not None


def without_unit(title: str) -> str:
    """A heading without the unit of money at its end: 合同额 of 合同额(万元)."""
    return _UNIT.sub("", title).strip() or title if unit_factor(title) is not None else title


def factor_of(unit: str) -> int | None:
    """The factor of a word for a unit of money, 单位: and 人民币 in front of it left aside."""
    word = unit.strip().lower().removeprefix("单位").lstrip(":： ")
    return MONEY_UNITS.get(word, MONEY_UNITS.get(word.removeprefix("人民币")))


def synonyms(entity: str) -> dict[str, str]:
    """Normalised heading → target key. What stands first wins."""
    out: dict[str, str] = {}
    for key, words in _all().get(entity, {}).items():
        for word in words:
            out.setdefault(word, key)
    return out


@cache
def all_words() -> frozenset[str]:
    """Every heading that the list knows, of whatever entity."""
    return frozenset(word for targets in _all().values() for words in targets.values() for word in words)


@cache
def _all() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("synonyms.toml").read_text(encoding="utf-8"))
