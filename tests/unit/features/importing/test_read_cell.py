"""A cell becomes a value as an office means it; what is not clear is refused, and nothing is pretended."""

from typing import Any

import pytest

from kehu.base.common import registry
from kehu.base.fields.base import FieldType, Parsed, ParseEnv
from kehu.base.schema.model import Field, Label, Option
from kehu.features.importing.cells import Read, more_values, read_cell, rounding

TYPES = registry.load("kehu.plugins.field_types", FieldType)
ENV = ParseEnv("cell")


def field(kind: str, key: str = "x", **more: Any) -> Field:
    return Field(key=key, column=key, label=Label("字段", "Field"), type=kind, **more)


def read(kind: str, text: str, cell: str = "t", key: str = "x", path: str = "", **more: Any) -> Any:
    one = field(kind, key, **more)
    return read_cell(one, TYPES[kind], text, cell, ENV, path=path)


def value(*args: Any, **more: Any) -> Any:
    return read(*args, **more).value


def codes(parsed: Any) -> list[str]:
    return [problem.code for problem in parsed.problems]


@pytest.mark.parametrize("text", ["无", "/", "-", "--", "—", "——", "暂无", "N/A", "（空白）", "  "])
def test_words_for_nothing_are_nothing(text: str) -> None:
    for kind in ("text", "date", "money", "cn_mobile", "number"):
        parsed = read(kind, text)
        assert (parsed.value, parsed.problems) == (None, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("✓", True), ("√", True), ("是", True), ("Y", True), ("1", True), ("TRUE", True),
     ("×", False), ("否", False), ("无", False), ("/", None)],
)  # fmt: skip
def test_ticks_and_words_are_yes_or_no(text: str, expected: bool | None) -> None:
    assert value("boolean", text) is expected


def test_days_as_serial_numbers_of_either_calendar() -> None:
    one = field("date")
    assert value("date", "44990", "n") == "2023-03-05"
    assert read_cell(one, TYPES["date"], "43528", "n", ENV, date1904=True).value == "2023-03-05"
    assert value("date", "20230305", "n") == "2023-03-05"
    assert codes(read("date", "44990", "t")) == ["date.invalid"], "in a text it may be anything"
    assert codes(read("date", "2023", "n")) == ["date.invalid"]


def test_an_ambiguous_day_is_asked_and_never_guessed() -> None:
    for text in ("5/3/23", "05/03/2023", "23.5.3"):
        parsed = read("date", text)
        assert parsed.value is None
        assert parsed.problems[0].data["reason"] == "date.ambiguous"


@pytest.mark.parametrize(
    ("kind", "text", "cell", "cut"),
    [
        ("cn_id_card", "330106199003071000", "n", True),
        ("cn_id_card", "3.30106E+17", "t", True),
        ("cn_id_card", "330106199003071000", "t", True),
        ("cn_id_card", "110101199003074530", "t", False),
        ("bank_account", "6222021234567890000", "n", True),
        ("text", "1234567890123450", "t", False),
        ("money", "1234567890123456", "n", False),
    ],
)
def test_numbers_that_excel_has_cut_are_told(kind: str, text: str, cell: str, cut: bool) -> None:
    assert ("number.cut" in codes(read(kind, text, cell))) is cut
    if cut:
        assert value(kind, text, cell) is None


def test_units_in_the_cell_win_over_the_heading() -> None:
    assert value("money", "1.5万") == 1_500_000
    assert value("money", "８６００元") == 860_000
    assert value("money", "壹万贰仟元整") == 1_200_000
    assert value("percent", "15%") == 1500


def test_several_phones_in_a_cell() -> None:
    parsed = read("cn_mobile", "138 0013 8000 / 0571-88001234", key="mobile")
    assert isinstance(parsed, Read)
    assert (parsed.value, parsed.more) == ("13800138000", (("", "office_phone", "0571-88001234"),))
    three = read("cn_mobile", "13800138000、13900139000、13700137000", key="mobile")
    assert (three.value, three.problems[0].data["rest"]) == ("13800138000", "13900139000、13700137000")
    assert three.more == (("", "office_phone", "13900139000"), ("", "remark", "其他电话：13700137000"))
    row: dict[str, dict[str, Any]] = {"": {"remark": "老客户"}}
    assert more_values(row, three)
    assert more_values(row, three), "said twice it stands there once"
    assert row[""] == {"remark": "老客户\n其他电话：13700137000", "office_phone": "13900139000"}
    assert value("cn_mobile", "021-62881234；13800138000", key="mobile") == "13800138000"
    assert value("cn_mobile", "１３８００１３８０００") == "13800138000"


@pytest.mark.parametrize(
    "text", ["沈亦舟 13800138000", "沈亦舟（13800138000）", "13800138000 沈亦舟", "沈亦舟:138-0013-8000"]
)
def test_a_name_with_its_phone_is_parted(text: str) -> None:
    parsed = read("cn_mobile", text, key="mobile", path="contacts")
    assert (parsed.value, parsed.more) == ("13800138000", (("contacts", "name", "沈亦舟"),))
    if text[0] == "沈":
        named = read("text", text, key="name", path="contacts")
        assert (named.value, named.more) == ("沈亦舟", (("contacts", "mobile", "13800138000"),))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0571-87654321", "0571-87654321"),
        ("（0571）65221234", "0571-65221234"),
        ("65221234", "65221234"),
        ("0512-65221234转801", "0512-65221234-801"),
        ("400-820-8820", "400-820-8820"),
    ],
)
def test_issue4_2_a_fixed_line_in_a_column_of_mobiles_becomes_the_office_phone(text: str, number: str) -> None:
    parsed = read("cn_mobile", text, key="mobile")
    assert (parsed.value, parsed.more, codes(parsed)) == (None, (("", "office_phone", number),), ["cell.parted"])
    with_name = read("cn_mobile", f"陈老板：{text}", key="mobile") if text[0] == "0" else None
    if with_name is not None:
        assert with_name.more == (("", "office_phone", number), ("contacts", "name", "陈老板"))
    assert read("cn_mobile", text, key="guarantor_phone").refused, "beside it there is no office phone"


@pytest.mark.parametrize("text", ["138000", "12345", "1381234567", "110101199003074530", "95588"])
def test_what_is_neither_mobile_nor_fixed_line_is_refused(text: str) -> None:
    parsed = read("cn_mobile", text, key="mobile")
    assert (parsed.value, type(parsed)) == (None, Parsed)
    assert parsed.refused


def test_several_numbers_of_which_one_is_wechat_too_or_none_is_a_mobile() -> None:
    chat = read("cn_mobile", "13600001234；13500001234（微信同号）", key="mobile")
    assert chat.value == "13600001234"
    assert chat.more == (("", "office_phone", "13500001234"), ("", "wechat", "13500001234"))
    lines = read("cn_mobile", "0571-88880000、0571-88880001", key="mobile")
    assert lines.value is None
    assert lines.more == (("", "office_phone", "0571-88880000"), ("", "remark", "其他电话：0571-88880001"))
    office = read("phone", "0571-88880000、0571-88880001", key="office_phone")
    assert (office.value, office.more) == ("0571-88880000", (("", "remark", "其他电话：0571-88880001"),))


def test_what_a_cell_gives_beside_its_value_is_not_lost_where_another_value_stands() -> None:
    parsed = read("cn_mobile", "王经理（采购）13800138000", key="mobile")
    assert parsed.more == (("contacts", "name", "王经理"), ("contacts", "position", "采购"))
    row: dict[str, dict[str, Any]] = {"contacts": {"name": "李强"}, "": {"office_phone": "0571-88001234"}}
    assert more_values(row, parsed)
    assert more_values(row, read("cn_mobile", "0571-87654321", key="mobile"))
    assert row == {
        "contacts": {"name": "李强", "position": "采购", "remark": "其他联系人：王经理"},
        "": {"office_phone": "0571-88001234", "remark": "其他电话：0571-87654321"},
    }


@pytest.mark.parametrize("words", ["(微信同号)", "（微信）", " 微信同号", "(同微信)", "/wx"])
def test_a_number_that_is_wechat_too_makes_no_contact_of_that_name(words: str) -> None:
    parsed = read("cn_mobile", f"13800138000{words}", key="mobile")
    assert (parsed.value, parsed.more) == ("13800138000", (("", "wechat", "13800138000"),))
    assert codes(parsed) == ["cell.parted"]


def test_names_with_figures_stay_whole() -> None:
    for text in ("第 7231 家", "7-ELEVEN 便利店", "上海宏远 2 部"):
        assert value("text", text, key="name") == text


def test_an_option_with_the_word_customer() -> None:
    options = (Option("customer", Label("成交", "Customer")), Option("lost", Label("流失", "Lost")))
    assert value("select", "成交客户", options=options) == "customer"
    assert codes(read("select", "沉睡客户", options=options)) == ["value.invalid"]


@pytest.mark.parametrize("text", ["A", "a级", "Ａ类", "A类客户", "A 等"])
def test_issue4_2_a_letter_is_a_grade_with_its_word_behind_it(text: str) -> None:
    options = (Option("a", Label("A", "A")), Option("b", Label("B", "B")))
    assert value("select", text, options=options) == "a"
    assert codes(read("select", "C级", options=options)) == ["value.invalid"]


def test_errors_are_told_and_empty() -> None:
    assert codes(read("text", "#REF!", "e")) == ["value.invalid"]


def test_what_rounding_takes_is_exact() -> None:
    parsed = read("money", "129.696", "n")
    assert (parsed.value, codes(parsed)) == (12970, ["money.rounded"])
    assert str(rounding("129.696", 1, "129.70")) == "-0.004"
    assert str(rounding("1.23456", 10_000, "12345.60")) == "0.00000"


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("5/3/23", "dmy", "2023-03-05"),
        ("5/3/23", "mdy", "2023-05-03"),
        ("23-3-5", "ymd", "2023-03-05"),
        ("5.3.1998", "dmy", "1998-03-05"),
        ("5/3/98", "dmy", "1998-03-05"),
        ("2023年3月5日", "mdy", "2023-03-05"),
        ("3/25/2023", "dmy", "2023-03-25"),
    ],
)
def test_issue4_2_dates_of_two_readings_are_read_as_somebody_has_said(text: str, order: str, day: str) -> None:
    one = field("date")
    assert read_cell(one, TYPES["date"], text, "t", ENV, order=order).value == day
    asked = read_cell(one, TYPES["date"], text, "t", ENV)
    assert asked.value in (None, day)
