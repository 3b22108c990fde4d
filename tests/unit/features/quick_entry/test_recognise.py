"""What a pasted message, signature or card says, and what it does not say."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.features.quick_entry.recognise import recognise, region_of

FRIDAY = date(2026, 11, 20)
WORDS = (
    "13800001234",
    "上海市",
    "公司",
    "地址：",
    "张",
    "对花生过敏",
    "下周二",
    "\n",
    " ",
    "1号",
    "a@b.cn",
    "店长",
    "，",
    "☎",
    "91310115",
)


def values(text: str) -> dict[str, str]:
    finds, _ = recognise(text, FRIDAY)
    return {f"{find.entity}.{find.field}": find.value for find in finds}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "丽泽云杉咖啡的店长 江映雪\n手机 199 0000 7745\n地址 苏州工业园区星桂街 66 号 1 层\n"
                "下周二上午送样，她怕太酸，对花生过敏\n说是小周介绍的"
            ),
            {
                "customer.name": "丽泽云杉咖啡",
                "contact.name": "江映雪",
                "contact.position": "店长",
                "customer.mobile": "19900007745",
                "address.detail": "苏州工业园区星桂街 66 号 1 层",
                "task.due_at": "2026-11-24",
                "safety_note.items": "花生",
                "customer.source": "referral",
            },
        ),
        (
            (
                "张三丰 销售总监\n上海宏远贸易有限公司\nTel: 021-62881234-801  Mobile:+86 199-1234-5678\n"
                "E-mail: zhangsf@hongyuan.example.cn\n地址：上海市浦东新区张江路88号3幢201室\nwww.hongyuan.example.cn"
            ),
            {
                "customer.name": "上海宏远贸易有限公司",
                "contact.name": "张三丰",
                "contact.position": "销售总监",
                "customer.mobile": "19912345678",
                "customer.office_phone": "021-62881234-801",
                "customer.email": "zhangsf@hongyuan.example.cn",
                "customer.website": "www.hongyuan.example.cn",
                "address.detail": "上海市浦东新区张江路88号3幢201室",
            },
        ),
        (
            "你好，我是宁波海硯船舶配件有限公司的王建国，电话19900001234，微信同号",
            {
                "customer.name": "宁波海硯船舶配件有限公司",
                "contact.name": "王建国",
                "customer.mobile": "19900001234",
                "customer.wechat": "19900001234",
            },
        ),
        ("对方要含税价，再说", {}),
        ("您好", {}),
    ],
)
def test_fields_are_found_where_they_stand(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected


def test_what_fits_nothing_is_left_over() -> None:
    _, rest = recognise("李明 19900001111，她怕太酸，手机：", FRIDAY)
    assert rest == ["她怕太酸"]


def test_the_division_of_an_address_is_the_smallest_it_begins_with() -> None:
    assert region_of("上海市浦东新区张江路88号") == "310115"
    assert region_of("张江路88号") is None


@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=40).map("".join))
def test_any_text_is_read_without_overlaps(text: str) -> None:
    finds, _ = recognise(text, FRIDAY)
    ends = 0
    for find in finds:
        assert ends <= find.start <= find.end <= len(text)
        assert find.value
        ends = find.end


def test_a_hostile_text_takes_no_time() -> None:
    started = time.process_time()
    for piece in ("张区路", "公司对1", "1", "a@a.", "联系人", "号 "):
        recognise((piece * 4000)[:4000], FRIDAY)
    assert time.process_time() - started < 3


def test_a_name_directly_behind_a_title_is_found_but_to_be_confirmed() -> None:
    finds, rest = recognise("丽泽云杉咖啡的店长江映雪，手机 138 0000 7745", FRIDAY)
    (name,) = (find for find in finds if (find.entity, find.field) == ("contact", "name"))
    assert (name.value, name.sure) == ("江映雪", False)
    assert rest == []
    assert "contact.name" not in values("王经理让李会计周三来")
