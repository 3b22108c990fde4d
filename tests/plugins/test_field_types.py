"""Every registered field type keeps the contract of `base.fields.base`, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.common.registry import load
from kehu.base.db.dialects import open_dialect
from kehu.base.db.tables import build_entity
from kehu.base.fields.base import FieldType, ParseEnv, Unresolved, base_columns, layout
from kehu.base.schema.model import Entity, Field, Label, Option

TYPES = load("kehu.plugins.field_types", FieldType)
EVERY = pytest.mark.parametrize("name", sorted(TYPES))
OPERATORS = frozenset(
    "eq ne in not_in contains not_contains starts_with ends_with lt lte gt gte between empty not_empty within "
    "any_of all_of none_of under is_me".split()
)
SETTINGS: dict[str, dict[str, Any]] = {
    "autonumber": {"pattern": "{created:YYYY}-{industry.code}-{counter:3}"},
    "relation": {"target": "customer", "reverse": "orders", "on_delete": "refuse"},
    "user": {"target": "user"},
}
OPTIONS = (
    Option("retail", Label("批发零售", "Wholesale and retail"), "RET"),
    Option("education", Label("教育", "Education"), "EDU"),
    Option("old", Label("旧行业", "Old industry"), hidden=True),
)
CELL, API = ParseEnv("cell"), ParseEnv("api")


def a_field(name: str, **more: Any) -> Field:
    """A field of the type, with what the type demands."""
    options = OPTIONS if name in ("select", "multi_select", "tags") else ()
    made = Field("size", Label("尺码", "Size"), name, "c_size", options=options)
    return replace(made, settings=MappingProxyType(SETTINGS.get(name, {})), **more)


def samples(name: str, count: int = 8) -> list[object]:
    """Inputs that the type makes up."""
    return [TYPES[name].sample(a_field(name), Random(seed)) for seed in range(count)]


@EVERY
def test_the_type_says_who_it_is(name: str) -> None:
    kind = TYPES[name]
    assert kind.label.zh
    assert kind.label.en
    assert kind.widget
    assert kind.operators <= OPERATORS
    assert {"empty", "not_empty"} <= kind.operators
    assert kind.check(a_field(name)) == ()


@EVERY
@pytest.mark.parametrize("source", ["api", "form", "cell"])
@pytest.mark.parametrize("raw", [None, "", "   "])
def test_nothing_is_empty_and_never_a_problem(name: str, source: Any, raw: object) -> None:
    field, kind = a_field(name), TYPES[name]
    parsed = kind.parse(field, raw, ParseEnv(source))
    assert parsed.value is None
    assert parsed.problems == ()
    assert set(kind.store(field, None)) == {None}
    assert kind.load(field, kind.store(field, None)) is None
    assert kind.dump(field, None) is None
    assert kind.render(field, None, "zh-CN") == ""
    assert kind.tokens(field, None) == ()


@EVERY
def test_samples_parse_store_load_and_dump(name: str) -> None:
    field, kind = a_field(name), TYPES[name]
    for raw in samples(name):
        parsed = kind.parse(field, raw, API)
        assert not parsed.refused, (raw, parsed.problems)
        assert parsed.value is not None
        assert not isinstance(parsed.value, Unresolved)
        stored = kind.store(field, parsed.value)
        assert len(stored) == len(kind.columns(field))
        assert kind.load(field, stored) == parsed.value
        json.dumps(kind.dump(field, parsed.value))
        again = kind.parse(field, kind.dump(field, parsed.value), API)
        assert again.value == parsed.value, "what is sent out must be taken back"
        assert all(isinstance(token, str) and token for token in kind.tokens(field, parsed.value))


@EVERY
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_what_a_person_reads_means_the_same_when_typed(name: str, lang: str) -> None:
    field, kind = a_field(name), TYPES[name]
    for raw in samples(name):
        value = kind.parse(field, raw, API).value
        assert not isinstance(value, Unresolved)
        text = kind.render(field, value, lang)
        assert text
        back = kind.parse(field, text, ParseEnv("form"))
        if kind.output == "datetime":
            assert str(back.value)[:16] == str(value)[:16]
        elif kind.output == "relation":
            assert back.value == Unresolved(str(value)), "who holds the ledger finds the record"
        elif name == "file":
            assert back.refused, "a name is no file"
        else:
            assert back.value == value


@EVERY
def test_operands_of_every_operator(name: str) -> None:
    field, kind = a_field(name), TYPES[name]
    raw = samples(name, 1)[0]
    one = raw[0] if isinstance(raw, list) else raw
    for op in sorted(kind.operators - {"empty", "not_empty", "is_me", "within", "between"}):
        parsed = kind.operand(field, op, one, API)
        assert not parsed.refused, (op, parsed.problems)
        assert parsed.value is not None
        value = kind.parse(field, raw, API).value
        if op == "eq":
            assert parsed.value == value


@EVERY
def test_text_of_another_kind_is_refused_or_read_but_never_breaks(name: str) -> None:
    field, kind = a_field(name), TYPES[name]
    hostile = ["\x00", "'; drop table customer; --", "＝1+1", "💥" * 400, "9" * 400, "-", "1e999", "NaN", "٣", "\ud800"]
    hostile += [True, -1, 2**70, 1.5, float("inf"), [], [[]], {}, {"id": "x"}, {"id": True}, [1, None]]  # type: ignore[list-item]
    for raw in hostile:
        for source in ("api", "form", "cell"):
            parsed = kind.parse(field, raw, ParseEnv(source))  # type: ignore[arg-type]
            if parsed.refused:
                assert parsed.value is None
                assert all("." in problem.code for problem in parsed.problems)
            elif not isinstance(parsed.value, Unresolved):
                stored = kind.store(field, parsed.value)
                assert all(c is None or isinstance(c, str | int) for c in stored)
                assert all(not isinstance(c, int) or abs(c) < 2**63 for c in stored)
                assert all(not isinstance(c, str) or (c.encode() and "\x00" not in c) for c in stored if c != "")


@EVERY
def test_masks_hide_value_and_length(name: str) -> None:
    field, kind = a_field(name, sensitive="secret"), TYPES[name]
    for raw in samples(name):
        value = kind.parse(field, raw, API).value
        assert not isinstance(value, Unresolved)
        text = kind.render(field, value, "zh-CN")
        mask = kind.mask(field, value)
        assert "•" in mask
        assert text not in mask
        assert len(mask.replace("•", "")) <= max(len(text) - 4, 0) or len(mask.replace("•", "")) <= len(text) / 2 + 8
    assert kind.blind(field, None) == ""


@EVERY
def test_reports_about_secrets_do_not_repeat_them(name: str) -> None:
    if name not in ("cn_id_card", "bank_account"):
        return
    field, kind = a_field(name, sensitive="secret"), TYPES[name]
    for raw in ("33010619900101123", 33010619900101123, "62220212345678901234567890123456789", "3301061990010112345X"):
        for source in ("api", "cell"):
            for problem in kind.parse(field, raw, ParseEnv(source)).problems:  # type: ignore[arg-type]
                assert str(raw) not in json.dumps(dict(problem.data))


@EVERY
@pytest.mark.parametrize("target", sorted(TYPES))
def test_conversion_to_any_type_gives_a_value_or_says_why_not(name: str, target: str) -> None:
    old, new = a_field(name), a_field(target)
    for raw in samples(name, 3):
        value = TYPES[name].parse(old, raw, API).value
        assert not isinstance(value, Unresolved)
        parsed = TYPES[target].convert(TYPES[name], old, value, new, CELL)
        if parsed.refused:
            assert parsed.problems
        elif not isinstance(parsed.value, Unresolved):
            TYPES[target].store(new, parsed.value)
        if name == target and name != "relation" and TYPES[name].output != "datetime":
            assert parsed.value == value


def test_columns_hold_what_types_store(database_url: str | None, data_dir: Path) -> None:
    """The typed round trip through real tables, strict ones on SQLite (R1, R66)."""
    dialect = open_dialect(url=database_url, file=data_dir / "types.db")
    fields = {name: replace(a_field(name), key=name, column=f"c_{name}") for name in TYPES}
    entity = Entity("thing", Label("物", "Thing"), "x_thing", MappingProxyType(fields), title=("text",))
    table = build_entity(entity, TYPES)
    try:
        with dialect.write() as connection:
            table.table.create(connection)
            for each in table.lists.values():
                each.create(connection)
        for seed in range(4):
            row: dict[str, Any] = {"id": seed + 1, "rev": 1, "created_at": "2026-03-05T01:02:03.004Z"}
            values = {}
            for name, field in fields.items():
                values[name] = TYPES[name].parse(field, TYPES[name].sample(field, Random(seed)), API).value
                stored = TYPES[name].store(field, values[name])  # type: ignore[arg-type]
                row.update(zip((c.name for c in layout(field, TYPES).value), stored, strict=True))
            with dialect.write() as connection:
                connection.execute(sa.insert(table.table).values(row))
                dialect.insert_rows(connection, table.name, list(row), [tuple({**row, "id": seed + 100}.values())])
            with dialect.read() as connection:
                for id in (seed + 1, seed + 100):
                    found = connection.execute(sa.select(table.table).where(table.table.c.id == id)).mappings().one()
                    assert found["created_at"] == row["created_at"]
                    for name, field in fields.items():
                        columns = [found[c.name] for c in layout(field, TYPES).value]
                        assert TYPES[name].load(field, columns) == values[name]
    finally:
        dialect.close()


def test_secret_and_derived_columns_follow_the_layout() -> None:
    secret = a_field("bank_account", sensitive="secret")
    assert [c.name for c in layout(secret, TYPES).all] == ["c_size__enc", "c_size__idx", "c_size__mask"]
    assert base_columns(secret, TYPES) == layout(secret, TYPES).secret
    assert [c.name for c in layout(a_field("relation"), TYPES).all] == ["c_size_id"]


# --- what single types read (C5, C6, C8) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("money", "12,800", 1280000),
        ("money", "￥1.28万", 1280000),
        ("money", "(12.50)", -1250),
        ("money", "12800.00", 1280000),
        ("money", 99.9, 9990),
        ("integer", "12.0", 12),
        ("number", "1,234.5", 123450),
        ("percent", "12.5%", 1250),
        ("date", "2026/3/5", "2026-03-05"),
        ("date", "2026年3月5日", "2026-03-05"),
        ("date", "20260305", "2026-03-05"),
        ("datetime", "2026-03-05 10:20", "2026-03-05T02:20:00.000Z"),
        ("datetime", "2026-03-05", "2026-03-04T16:00:00.000Z"),
        ("datetime", "2026-03-05T01:02:03+00:00", "2026-03-05T01:02:03.000Z"),
        ("boolean", "是", True),
        ("boolean", "否", False),
        ("select", "批发零售", "retail"),
        ("select", "wholesale AND retail", "retail"),
        ("select", "RET", "retail"),
        ("tags", "教育、通勤,批发零售;通勤", ("retail", "education", "通勤")),
        ("multi_select", "教育,批发零售", ("retail", "education")),
        ("text", "  上海　宏远（贸易）ＡＢＣ ", "上海 宏远（贸易）ABC"),
        ("long_text", "第一行\r\n第二行", "第一行\n第二行"),
        ("cn_mobile", "+86 138-0000-0001", "13800000001"),
        ("email", "Shen@Example.COM", "Shen@example.com"),
        ("url", "WWW.Example.com/a", "https://www.example.com/a"),
        ("rating", "★★★☆☆", 3),
        ("region", "浙江杭州西湖区", "330106"),
        ("region", "华东", "east_china"),
        ("region", "湖北襄樊", "420600"),
        ("birthday", "1990年5月20日", "1990-05-20"),
        ("birthday", "5月20日", "--05-20"),
        ("birthday", "农历1990年四月廿六", "lunar:1990-04-26"),
        ("birthday", "阴历 1990-04-26", "lunar:1990-04-26"),
        ("birthday", "农历腊月三十", "lunar:--12-30"),
        ("birthday", "农历一九九〇年闰五月初三", "lunar:1990-L05-03"),
        ("autonumber", " 2023-TEC-001 ", "2023-TEC-001"),
    ],
)
def test_what_people_write_is_read(name: str, raw: object, value: object) -> None:
    parsed = TYPES[name].parse(a_field(name), raw, CELL)
    assert parsed.value == value
    assert not parsed.refused


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("cn_mobile", "1380000", "mobile.length"),
        ("date", "5/3/23", "date.invalid"),
        ("date", "2026-02-30", "date.invalid"),
        ("datetime", "明天", "date.invalid"),
        ("money", "很多", "value.invalid"),
        ("integer", "2.5", "value.invalid"),
        ("integer", "1" + "0" * 30, "number.out_of_range"),
        ("select", "没有的行业", "value.invalid"),
        ("multi_select", "教育,没有", "value.invalid"),
        ("boolean", "也许", "value.invalid"),
        ("region", "西湖区", "value.invalid"),
        ("url", "javascript:alert(1)", "url.invalid"),
        ("rating", "6", "number.out_of_range"),
        ("birthday", "农历1991年闰五月初三", "lunar.leap_month"),
        ("birthday", "农历1990年四月三十", "lunar.day"),
        ("birthday", "1790-05-20", "birthday.out_of_range"),
        ("file", "合同.pdf", "value.invalid"),
        ("text", "长" * 501, "text.too_long"),
        ("tags", "词" * 61, "text.too_long"),
        ("cn_id_card", 330106199001011230, "number.cut"),
        ("bank_account", 6.222e18, "number.cut"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(name: str, raw: object, code: str) -> None:
    parsed = TYPES[name].parse(a_field(name), raw, CELL)
    assert [p.code for p in parsed.problems] == [code]
    assert parsed.value is None


@pytest.mark.parametrize(("raw", "name"), [("宏远", "relation"), ("周敏", "user")])
def test_names_of_records_are_for_who_holds_the_ledger(raw: str, name: str) -> None:
    kind, field = TYPES[name], a_field(name)
    assert kind.parse(field, raw, CELL).value == Unresolved(raw)
    assert [p.code for p in kind.parse(field, raw, API).problems] == ["value.invalid"]
    assert kind.parse(field, {"id": 7, "label": "x"}, API).value == 7
    assert kind.parse(field, "12", CELL).value == Unresolved("12"), "a number in a file may be a code"


def test_rounding_is_told() -> None:
    parsed = TYPES["money"].parse(a_field("money"), "0.005", API)
    assert parsed.value == 1
    assert [(p.code, p.severity) for p in parsed.problems] == [("money.rounded", "warn")]


def test_a_wrong_check_digit_warns_c9() -> None:
    parsed = TYPES["cn_id_card"].parse(a_field("cn_id_card"), "330106199001011230", API)
    assert parsed.value == "330106199001011230"
    assert {p.severity for p in parsed.problems} == {"warn"}


def test_papers_other_than_identity_cards_where_allowed() -> None:
    field = replace(a_field("cn_id_card"), settings=MappingProxyType({"papers": True}))
    assert TYPES["cn_id_card"].parse(field, "e12345678", API).value == "E12345678"
    assert TYPES["cn_id_card"].parse(a_field("cn_id_card"), "E12345678", API).refused


def test_days_as_bounds_of_instants() -> None:
    kind, field = TYPES["datetime"], a_field("datetime")
    assert kind.operand(field, "gte", "2026-03-05", API).value == "2026-03-04T16:00:00.000Z"
    assert kind.operand(field, "lte", "2026-03-05", API).value == "2026-03-05T15:59:59.999Z"
    assert kind.operand(field, "gt", "2026-03-05", API).value == "2026-03-05T15:59:59.999Z"
    assert kind.operand(field, "lt", "2026-03-05", API).value == "2026-03-04T16:00:00.000Z"


@given(st.decimals(min_value=-10_000, max_value=10_000, places=6), st.integers(-1_000_000, 1_000_000))
def test_operands_between_kept_values_keep_the_comparison_true(wanted: Any, kept: int) -> None:
    kind, field = TYPES["money"], a_field("money")
    amount = wanted.__class__(kept).scaleb(-2)
    truth = {"gt": amount > wanted, "gte": amount >= wanted, "lt": amount < wanted, "lte": amount <= wanted}
    for op, true in truth.items():
        operand = kind.operand(field, op, str(wanted), API).value
        assert isinstance(operand, int)
        answer = {"gt": kept > operand, "gte": kept >= operand, "lt": kept < operand, "lte": kept <= operand}[op]
        assert answer == true


@given(st.lists(st.sampled_from(["教育", "批发零售", "通勤", "米白", "Éclair", "🎈"]), max_size=6))
def test_equal_sets_of_tags_are_equal_bytes(words: list[str]) -> None:
    kind, field = TYPES["tags"], a_field("tags")
    one, other = kind.parse(field, words, API).value, kind.parse(field, list(reversed(words)), API).value
    assert kind.store(field, one) == kind.store(field, other)  # type: ignore[arg-type]


@given(st.text(max_size=80))
def test_stored_text_is_stable(text: str) -> None:
    kind, field = TYPES["text"], a_field("text")
    value = kind.parse(field, text, API).value
    assert kind.parse(field, value, API).value == value


def test_birthdays_that_some_years_lack_tell_what_stands_for_them() -> None:
    kind, field = TYPES["birthday"], a_field("birthday")
    later = replace(field, settings=MappingProxyType({"rule": "later"}))
    for raw, code in (
        ("1992-02-29", "leap_day"),
        ("农历1990年闰五月初三", "leap_month"),
        ("农历腊月三十", "short_month"),
    ):
        assert [(p.code, p.severity) for p in kind.parse(field, raw, API).problems] == [
            (f"birthday.{code}_earlier", "warn")
        ]
        assert kind.parse(later, raw, API).problems[0].code == f"birthday.{code}_later"


def test_birthdays_keep_the_solar_day_for_age_and_order() -> None:
    kind, field = TYPES["birthday"], a_field("birthday")
    assert kind.store(field, "lunar:1990-L05-03") == ("lunar:1990-L05-03", "1990-06-25", "1990-06-25")
    assert kind.store(field, "--05-20") == ("--05-20", "0000-05-20", None)
    assert kind.store(field, "lunar:--L05-03") == ("lunar:--L05-03", "0000-05-03", None)


def test_addresses_keep_their_region_where_asked() -> None:
    kind, field = TYPES["address"], a_field("address")
    asked = replace(field, settings=MappingProxyType({"region": True}))
    assert len(kind.columns(field)) == 2
    assert kind.store(asked, "浙江杭州西湖区文三路 478 号")[-1] == "330106"
    assert kind.store(asked, "西湖区文三路 478 号")[-1] is None, "there are several"
