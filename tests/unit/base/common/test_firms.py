"""Names of firms that are one, and names that are two (issue 4 section 4)."""

from __future__ import annotations

import csv
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.firms import likeness, take_apart

FIRM = "杭州宏远科技有限公司"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (FIRM, ("杭州", "宏远科技", "宏远", "有限公司")),
        ("宏远科技（杭州）有限公司", ("杭州", "宏远科技", "宏远", "有限公司")),
        ("浙江省杭州市宏远科技集团股份有限公司", ("浙江", "宏远科技", "宏远", "集团股份有限公司")),
        ("北京长江贸易（集团）有限责任公司", ("北京", "长江贸易", "长江", "有限责任公司")),
        ("大同市金牛房地产开发有限公司", ("大同", "金牛房地产开发", "金牛", "有限公司")),  # 金牛 is a place too
        ("苏州恒岚合伙企业(有限合伙)", ("苏州", "恒岚", "恒岚", "合伙企业")),
        ("张伟", ("", "张伟", "张伟", "")),
        ("有限公司", ("", "有限公司", "有限公司", "")),
    ],
)
def test_a_name_comes_apart(text: str, parts: tuple[str, ...]) -> None:
    name = take_apart(text)
    assert (name.place, name.core, name.brand, name.form) == parts


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (" 杭州宏远科技 有限公司", "name"),
        ("宏远科技有限责任公司", "name_alike"),
        ("宏远科技（杭州）有限公司", "name_alike"),
        ("宏远", "short_name"),
        ("杭州鸿远科技有限公司", "homophone"),
        ("杭州宏远技科有限公司", None),  # four characters are too few to call it a slip
        ("杭州宏达科技有限公司", None),
        ("杭州宏远贸易有限公司", None),
        ("王芳", None),
    ],
)
def test_likeness_has_a_reason(other: str, reason: str | None) -> None:
    found = likeness(take_apart(FIRM), take_apart(other))
    assert (found and found[1]) == reason
    assert likeness(take_apart(other), take_apart(FIRM)) == found


def test_other_places_and_plain_people_count_less() -> None:
    def score(one: str, other: str) -> float:
        return (likeness(take_apart(one), take_apart(other)) or (0.0, ""))[0]

    assert score("杭州宏远科技有限公司", "上海宏远科技有限公司") < score("杭州宏远科技有限公司", "宏远科技公司")
    assert score("张伟", "张炜") < score("张伟", "张伟") < score(FIRM, FIRM) < 1
    assert score("上海好众锦实业有限公司", "上海众好锦实业有限公司") > 0.6


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_compare_alike_from_both_sides(one: str, other: str) -> None:
    a, b = take_apart(one), take_apart(other)
    assert likeness(a, b) == likeness(b, a)
    if a.whole:
        assert likeness(a, a) is not None


def test_6200_firms_are_told_apart_and_their_variants_found(sample_files: Path) -> None:
    """Counted on real names: at most one pair of two firms in a thousand names, variants found in 99 of 100."""
    with lzma.open(sample_files / "companies" / "cn_companies_shared.csv.xz", "rt", encoding="utf-8") as file:
        names = list(dict.fromkeys(row["企业名称"] for row in csv.DictReader(file)))[::4]
    parts = [take_apart(name) for name in names]
    cores: dict[str, list[int]] = {}
    for place, name in enumerate(parts):
        cores.setdefault(name.core, []).append(place)
    wrong = sum(len(same) - 1 for same in cores.values())
    assert wrong <= len(names) / 1000 + 1
    plain = [name for name in parts if name.place + name.core + name.form == name.whole]
    assert len(plain) > len(names) / 2
    for variants in (
        [name.core for name in plain],
        [f"{name.core}（{name.place}）{name.form}" for name in plain],
        [name.whole.replace("有限公司", "有限责任公司") for name in plain],
    ):
        alike = (likeness(a, take_apart(b)) or (0.0, "") for a, b in zip(plain, variants, strict=True))
        assert sum(score >= 0.45 for score, _ in alike) >= 0.99 * len(plain)
