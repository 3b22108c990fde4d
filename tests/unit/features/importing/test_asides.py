"""Who stands in brackets behind a name, and what only looks like it."""

from __future__ import annotations

import pytest

from kehu.features.importing.asides import Aside, of_contact, of_customer


@pytest.mark.parametrize(
    ("text", "name", "person"),
    [
        ("宏远物流有限公司（张师傅）", "宏远物流有限公司", "张师傅"),
        ("杭州鸿图建材有限公司(李会计)", "杭州鸿图建材有限公司", "李会计"),
        ("宏远(北京)贸易有限公司（王总）", "宏远(北京)贸易有限公司", "王总"),
        ("张记面馆（小王）", "张记面馆", "小王"),
        ("宏远物流有限公司（欧阳经理）", "宏远物流有限公司", "欧阳经理"),
    ],
)
def test_somebody_who_is_called_so_stands_behind_a_firm(text: str, name: str, person: str) -> None:
    assert of_customer(text) == Aside(name, person)


@pytest.mark.parametrize(
    "text",
    [
        "宏远（北京）贸易有限公司",
        "老周五金（个体）",
        "杭州微明花店（老客户）",
        "杭州鸿图建材有限公司（城西店）",
        "宏远物流有限公司（江苏）",
        "宏远物流有限公司（余杭）",
        "鸿图装饰有限公司（施工）",
        "鸿图装饰有限公司（项目经理）",
        "宏远物流有限公司（老赖）",
        "宏远物流有限公司（万达）",
        "宏远物流有限公司（马总介绍）",
        "海底捞火锅店（黄龙店）",
        "宏远物流有限公司（财务）",
        "王强（外地）",
        "李总（别墅）",
        "宏远物流有限公司",
    ],
)
def test_what_is_a_part_of_the_name_stays_there(text: str) -> None:
    assert of_customer(text) is None


@pytest.mark.parametrize("text", ["张记面馆（张伟）", "宏远物流有限公司（张江）", "周伟（爸爸）", "周小伟（家长）"])
def test_what_may_be_somebody_is_only_told(text: str) -> None:
    found = of_customer(text)
    assert found is not None
    assert not found.sure


def test_of_a_person_the_kin_stands_behind_him() -> None:
    assert of_customer("周小伟（妈妈李娜）") == Aside("周小伟", "李娜", "妈妈")
    assert of_customer("周小伟（李娜妈妈）") is None, "she may be the mother of 李娜"


@pytest.mark.parametrize(
    ("text", "position"),
    [("周伟（爸爸）", "爸爸"), ("李娜(妈妈)", "妈妈"), ("王芳（老板娘）", "老板娘"), ("李强（采购）", "采购")],
)
def test_what_a_contact_is_stands_behind_him(text: str, position: str) -> None:
    assert of_contact(text) == Aside(text[:2], position=position)


@pytest.mark.parametrize("text", ["王芳（外地）", "宏远公司（财务）", "王芳（138）", "（妈妈）"])
def test_other_words_behind_a_contact_stay(text: str) -> None:
    assert of_contact(text) is None
