"""Divisions are found under the names people write, and "under" is a range of codes."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common import regions


def below(code: str) -> list[str]:
    found = [code]
    for part in regions.parts(code):
        found += below(part)
    return found


ALL = [code for top in regions.parts() for code in below(top)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("330106", "330106"),
        ("浙江省杭州市西湖区", "330106"),
        ("杭州西湖区", "330106"),
        ("浙江 / 杭州 / 西湖", "330106"),
        ("中国浙江省杭州", "330100"),
        ("浙江", "330000"),
        ("33", "330000"),
        ("330106003000", "330106"),
        ("华东", "east_china"),
        ("华东地区", "east_china"),
        ("华东-上海", "310000"),
        ("east_china", "east_china"),
        ("北京市市辖区朝阳区", "110105"),
        ("北京朝阳", "110105"),
        ("110100", "110000"),
        ("上海浦东新区", "310115"),
        ("内蒙古赤峰", "150400"),
        ("新疆维吾尔自治区", "650000"),
        ("延边", "222400"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("海南", "460000"),
        ("大理", "532900"),
        ("湖北仙桃", "429004"),
        ("东莞", "441900"),
        ("浙江余姚市", "330281"),
        ("香港", "810000"),
        ("台湾省", "710000"),
        ("港澳台", "hk_macao_taiwan"),
        ("江苏苏州工业园区", "320571"),
        ("杭州市下城区", "330105"),  # dissolved in 2021
        ("湖北襄樊", "420600"),
        ("四平市公主岭市", "220184"),
    ],
)
def test_resolve(text: str, code: str) -> None:
    if code == "320571":
        code = next(each for each in regions.parts("320500") if regions.label(each) == "苏州工业园区")
    assert regions.resolve(text) == code


@pytest.mark.parametrize(
    "text", ["", "西湖区", "朝阳", "鼓楼", "火星", "浙江省西湖区文三路", "999999", "110", "区", "市辖区", "a"]
)
def test_what_is_unclear_is_nothing(text: str) -> None:
    assert regions.resolve(text) is None


def test_labels_and_path() -> None:
    assert regions.path("330106") == ("east_china", "330000", "330100", "330106")
    assert regions.full_label("330106") == "浙江省杭州市西湖区"
    assert regions.full_label("110105") == "北京市朝阳区"
    assert regions.label("east_china") == regions.full_label("east_china") == "华东"
    assert regions.path("000000") == ()
    assert [regions.path(code)[0] for code in ("360100", "810000")] == ["east_china", "hk_macao_taiwan"]
    assert regions.label("000000") == ""
    assert regions.exists("330103")
    assert regions.is_former("330103")
    assert "330103" not in regions.parts("330100")


def test_the_tree_is_whole() -> None:
    assert regions.parts() == tuple(regions.LARGE)
    provinces = [code for large in regions.parts() for code in regions.parts(large)]
    assert len(provinces) == 34
    assert len(ALL) == len(set(ALL)) > 3200


@given(st.sampled_from(ALL))
def test_under_holds_exactly_the_divisions_below(code: str) -> None:
    ranges = regions.under(code)
    assert {each for each in ALL if any(low <= each < end for low, end in ranges)} == set(below(code))


@given(st.sampled_from([code for code in ALL if code not in regions.LARGE]))
def test_every_full_name_resolves_to_its_own_code(code: str) -> None:
    assert regions.resolve(regions.full_label(code)) == code


@pytest.mark.data
def test_county_names_of_the_real_list_resolve(sample_files: Path) -> None:
    with (sample_files / "divisions" / "areas.csv").open(encoding="utf-8-sig", newline="") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    lost = [code for code in codes if regions.resolve(code) is None]
    assert lost == ["620201"]  # 嘉峪关市 as its own only part


@pytest.mark.data
def test_abolished_names_of_the_real_list_lead_to_what_they_became(sample_files: Path) -> None:
    """Issue 4, part 5: 120 changes since 2002. What the list calls the new places by no name of theirs proves nothing;
    of the others all are found."""
    lines = (sample_files / "address" / "location_change.txt").read_text("utf-8").strip().split("\n")
    counts: Counter[str] = Counter()
    for line in lines:
        before, after = line.split("=>")
        wanted = regions.resolve("".join(after.split("\t")))
        found = regions.resolve("".join(before.split("\t")[2::2]))
        counts["unnamed" if wanted is None else "open" if found is None else "right" if found == wanted else line] += 1
    assert counts == {"right": 110, "unnamed": 10}
