"""Pinyin keys put Chinese names into the order people expect, the same on every database."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kehu.base.common.pinyin import KEY_BYTES, all_syllables, is_han, sort_key, spelled, syllables

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("张伟", "zhang wei"),
        ("曾国强", "zeng guo qiang"),
        ("单雨桐", "shan yu tong"),
        ("仇和", "qiu he"),
        ("解晓东", "xie xiao dong"),
        ("区志强", "ou zhi qiang"),
        ("查良镛", "zha liang yong"),
        ("任正非", "ren zheng fei"),
        ("华罗庚", "hua luo geng"),
        ("尉迟恭", "yu chi gong"),
        ("单氏餐饮管理公司", "shan shi can yin guan li gong si"),
        ("单位", "dan wei"),
        ("解放路", "jie fang lu"),
        ("重庆长江啤酒", "chong qing chang jiang pi jiu"),
        ("长沙银行", "chang sha yin hang"),
        ("宏远商行", "hong yuan shang hang"),
        ("行知音乐教育", "xing zhi yin yue jiao yu"),
        ("厦门航空", "xia men hang kong"),
        ("绿叶", "lv ye"),
        ("ABC（上海）公司", "abc shang hai gong si"),
        ("360度全景", "360 du quan jing"),
        ("", ""),
    ],
)
def test_sort_key(name: str, key: str) -> None:
    assert sort_key(name) == key


@pytest.mark.parametrize(
    ("name", "sound"),
    [("商机", "shangji sj"), ("重要事件", "zhongyaoshijian zysj"), ("VIP 客户", "vipkehu vipkh"), ("Vehicles", "")],
)
def test_a_name_is_spelled_as_people_type_it(name: str, sound: str) -> None:
    assert spelled(name) == sound


def test_order_is_digits_letters_then_others() -> None:
    ordered = ["3M公司", "abc公司", "西安", "先锋", "阿里", "🍎果业", "あさひ", "……"]
    expected = ["3M公司", "阿里", "abc公司", "西安", "先锋", "……", "あさひ", "🍎果业"]
    assert sorted(ordered, key=lambda name: sort_key(name).encode()) == expected


def test_both_readings_of_a_surname_are_offered() -> None:
    assert syllables("单雨桐")[0] == ("shan", "dan")
    assert set(syllables("曾国强")[0]) == {"zeng", "ceng"}
    assert set(syllables("盖晓东")[0]) == {"gai", "ge"}
    assert syllables("宏a行") == [("hong",), (), ("xing", "hang")]


def test_syllables_are_plain_letters() -> None:
    assert {"zhang", "lv", "nve", "er", "a"} <= all_syllables()
    assert all(each.isascii() and each.islower() for each in all_syllables())


TEXTS = st.text(alphabet=st.sampled_from("张曾单解行长乐重庆银上海aZ9 （，🍎あ尉迟") | st.characters(), max_size=60)


@example("' '")
@given(TEXTS)
def test_keys_are_short_lower_case_and_stable(text: str) -> None:
    clean = text.encode("utf-8", "ignore").decode()
    key = sort_key(clean)
    assert len(key.encode()) <= KEY_BYTES
    assert key == key.strip(" ")
    assert not any("A" <= letter <= "Z" for letter in key)
    assert sort_key(clean.replace(" ", "  ")) == key
    assert bool(key) == bool(clean.strip())
    assert len(syllables(clean)) == len(clean)


@given(st.lists(st.sampled_from("安伟张王李赵刘陈杨黄周吴"), min_size=2, max_size=6))
def test_first_character_decides(chars: list[str]) -> None:
    keys = [sort_key(f"{char}伟民") for char in sorted(chars, key=lambda c: syllables(c)[0])]
    assert all(first <= second for first, second in pairwise(keys))


def test_the_packaged_file_is_what_the_script_makes() -> None:
    done = subprocess.run([sys.executable, ROOT / "tools" / "data" / "make_pinyin.py", "--check"], check=False)
    assert done.returncode == 0


def test_han_means_chinese_characters_only() -> None:
    assert all(is_han(char) for char in "张〇㐂𠮷")
    assert not any(is_han(char) for char in "aあ，1🍎")
