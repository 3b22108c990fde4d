"""Formulas give the same stored value on SQLite, on PostgreSQL and in a plain evaluator."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.db.formula_sql import check_formula, formula_expression, operand, operands
from kehu.base.formula.parse import MAX_DEPTH, FormulaError, field_keys, parse
from kehu.base.schema.model import Entity, Field
from tests.integration.conftest import Make
from tests.support.formulas import Evaluator
from tests.support.handmade import TYPES, Handmade, derived, entity, option, plain

TODAY, ZONE = "2026-03-05", "Asia/Shanghai"
STATUS = (option("draft", "草稿"), option("active", "进行中"), option("done", "已完成"))
LOOKS = (option("quiet", "安静"), option("window", "靠窗"))
FIELDS = (
    plain("quantity", "number", settings={"decimals": 3}),
    plain("price", "money"),
    plain("discount", "percent"),
    plain("count", "integer"),
    plain("name", "text"),
    plain("note", "long_text"),
    plain("born", "date"),
    plain("due", "date"),
    plain("at", "datetime"),
    plain("vip", "boolean"),
    plain("status", "select", options=STATUS),
    plain("wishes", "tags", options=LOOKS),
)
Values = dict[str, Any]
LINE: Values = {
    "quantity": 1500, "price": 67, "discount": 1000, "count": 3, "name": "张伟", "note": None, "born": "1988-02-29",
    "due": "2026-03-01", "at": "2026-03-04T17:30:00.000Z", "vip": 1, "status": "active", "wishes": '["window","素食"]',
}  # fmt: skip
NOTHING: Values = dict.fromkeys(LINE)


def with_formula(text: str, kind: str, **more: Any) -> tuple[Entity, Field]:
    field = derived("f", "formula", kind, {"text": text}, read_time="TODAY" in text, **more)
    return entity("line", *FIELDS, field), field


def reference(text: str, kind: str, values: Values, **more: Any) -> Any:
    one, field = with_formula(text, kind, **more)
    known = operands(one, TYPES, field_keys(parse(text)))
    plain_values = {**values, "wishes": None if values["wishes"] is None else json.loads(values["wishes"])}
    return Evaluator(plain_values, known, TODAY, ZONE).stored(check_formula(one, field, TYPES), operand(field, TYPES))


def in_database(ledger: Handmade, text: str, kind: str, **more: Any) -> list[Any]:
    one, field = with_formula(text, kind, **more)
    table = ledger.tables["line"].table
    value = formula_expression(one, field, table, TODAY, TYPES, ZONE)
    with ledger.dialect.read() as tx:
        return list(tx.execute(sa.select(value).select_from(table).order_by(table.c.id)).scalars())


def ledger_of(make: Make, *rows: Values) -> Handmade:
    ledger = make(entity("line", *FIELDS))
    with ledger.write() as ctx:
        ledger.insert(ctx, "line", [{"id": n + 1, **row} for n, row in enumerate(rows)])
    return ledger


EXPECTED: list[tuple[str, str, Any]] = [
    # The half that floats miss: 1.5 * 0.67 = 1.005 is 1.01 yuan.
    ("[quantity]*[price]", "money", 101),
    ("[quantity]*[price]*(1-[discount])", "money", 90),
    ("-[price]*1.5", "money", -100),
    ("[price]/0.0", "money", FormulaError),
    ("[price]/([count]-3)", "money", None),
    ("[price]/[count]", "money", 22),
    ("2^10", "integer", 1024),
    ("-2^2", "integer", 4),
    ("(-8)^(1/3)", "number", None),
    ("10^400", "number", None),
    ("[count]^[count]", "integer", 27),
    ("5%*200", "number", 1000),
    ("0.1+0.2=0.3", "boolean", 1),
    ("1.1*1.1<1.21", "boolean", 0),
    ('"客户"&[name]&":"&[count]', "text", "客户张伟:3"),
    ('[note]&""', "text", None),
    ('[price]&""', "text", "0.67"),
    ("[quantity]&[discount]&[count]/8", "text", "1.50.10.375"),
    ('[status]&"/"&[vip]&"/"&[born]&"/"&[at]&"/"&[wishes]', "text", "进行中/是/1988-02-29/2026-03-05 01:30/靠窗、素食"),
    ('IF([note]<>"",[note],[name])', "text", "张伟"),
    ('IF([status]="进行中",1,0)', "integer", 1),
    ('IF("done"=[status],1,0)', "integer", 0),
    ('IN([status],"进行中","已完成")', "boolean", 1),
    ('SWITCH([status],"草稿","A","进行中","B","C")', "text", "B"),
    ("CHOOSE([count],1,2,9)", "integer", 9),
    ("CHOOSE(0.5,1,2)", "integer", None),
    ('IFS([count]>5,"多",[count]>2,"中",TRUE,"少")', "text", "中"),
    ('IFS([count]>5,"多","少")', "text", "少"),
    ('IF([count]>5,"")', "text", None),
    ("COALESCE([note],[name])", "text", "张伟"),
    ("FIRST([due],[born])", "date", "2026-03-01"),
    ("ISBLANK([note])", "boolean", 1),
    ("ISBLANK([wishes])", "boolean", 0),
    ("AND([vip],NOT([count]<3),OR(FALSE,TRUE))", "boolean", 1),
    ("ROUND(2.5,0)", "integer", 3),
    ("ROUND(-2.5,0)", "integer", -3),
    ("ROUND(1.005,2)", "money", 101),
    ("ROUND(1250,-2)", "integer", 1300),
    ("ROUNDUP(1.1*100,0)", "integer", 110),
    ("ROUNDDOWN(-1.29,1)", "money", -120),
    ("INT(-1.5)", "integer", -2),
    ("INT(4.35*100)", "integer", 435),
    ("MOD(-7,3)", "integer", 2),
    ("ABS(-[price])", "money", 67),
    ("SUM([price],[count],[price])", "money", 434),
    ("MIN([count],[price],9)", "money", 67),
    ("MAX([due],[born])", "date", "2026-03-01"),
    ("LEN([name])", "integer", 2),
    ('LEFT("客户台账",2)&RIGHT("客户台账",1)&MID("客户台账",2,2)', "text", "客户账户台"),
    ('RIGHT("ab",5)&LEFT("ab",-1)', "text", "ab"),
    ('UPPER("aé张")&LOWER("AÉ")&TRIM("  x ")', "text", "Aé张aÉx"),
    ('"abc"="ABC"', "boolean", 1),
    ("DATE(2024,14,0)", "date", "2025-01-31"),
    ("DATE(99999,1,1)", "date", None),
    ("YEAR([born])*10000+MONTH([born])*100+DAY([born])", "integer", 19880229),
    ("DAY([at])", "integer", 5),
    ('DATEDIF([born],[due],"Y")', "integer", 38),
    ('DATEDIF([born],[due],"M")', "integer", 456),
    ('DATEDIF([born],[due],"YM")', "integer", 0),
    ('DATEDIF([born],[due],"MD")', "integer", 1),
    ('DATEDIF([born],[due],"YD")', "integer", 1),
    ('DATEDIF([due],[born],"D")', "integer", None),
    ("EDATE([born],12)", "date", "1989-02-28"),
    ("DAYS([due],[born])", "integer", 13880),
    ("MINUTES(ADDMINUTES([at],90.9),[at])", "integer", 90),
    ("MINUTES([at],ADDMINUTES([at],1))", "integer", -1),
    ("ADDMINUTES([at],-1440)<[at]", "boolean", 1),
    ("ADDMINUTES([at],1/0.0000001*10)", "datetime", None),
    ("[due]-[born]+1", "integer", 13881),
    ("[due]+30", "date", "2026-03-31"),
    ("[due]-1", "date", "2026-02-28"),
    ("[due]+9999999", "date", None),
    ('[due]>"2026-02-28"', "boolean", 1),
    ("[at]>[due]", "boolean", 1),
    ("TODAY()-[due]", "integer", 4),
    ('DATEDIF([born],TODAY(),"Y")', "integer", 38),
    ("[price]*1000000*1000000*1000000*1000", "money", None),
    ("（1＋2）×3", "integer", 9),
    ("=1<>2", "boolean", 1),
]


def test_formulas_give_what_excel_users_expect(make: Make) -> None:
    ledger = ledger_of(make, LINE, NOTHING)
    for text, kind, expected in EXPECTED:
        if expected is FormulaError:
            with pytest.raises(FormulaError):
                in_database(ledger, text, kind)
            continue
        found = in_database(ledger, text, kind)
        assert found == [reference(text, kind, LINE), reference(text, kind, NOTHING)], text
        assert found[0] == expected, text


def test_an_option_may_be_named_by_its_label_and_is_stored_by_its_key(make: Make) -> None:
    ledger = ledger_of(make, LINE, NOTHING)
    text = 'IF([count]>2,"已完成",IF(ISBLANK([count]),"draft",[status]))'
    assert in_database(ledger, text, "select", options=STATUS) == ["done", "draft"]


LARGEST = [
    ("IF([price]>1," * (MAX_DEPTH - 3) + "1" + ",2)" * (MAX_DEPTH - 3), "integer"),
    ("ROUND(" * (MAX_DEPTH - 1) + "[price]" + ",1)" * (MAX_DEPTH - 1), "money"),
    ("MAX(" * (MAX_DEPTH - 1) + "[price]" + ",1)" * (MAX_DEPTH - 1), "money"),
    ("SWITCH(" * (MAX_DEPTH - 1) + "[count]" + ",3,1,2)" * (MAX_DEPTH - 1), "integer"),
    ("MOD(" * 6 + "[price]" + ",7)" * 6, "money"),
    ("[price]/(1+" * 8 + "1" + ")" * 8, "money"),
    ("&".join(["[price]"] * 120), "long_text"),
    ("[price]+" * 298 + "1", "money"),
    ("DATEDIF([born],[born]+" + "+".join(["[count]"] * 200) + ',"M")', "integer"),
    ("EDATE(" * (MAX_DEPTH - 1) + "[born]" + ",[count])" * (MAX_DEPTH - 1), "date"),
    ("IF(" * (MAX_DEPTH - 3) + "[vip]" + ",[vip],FALSE)" * (MAX_DEPTH - 3), "boolean"),
]


@pytest.mark.parametrize(("text", "kind"), LARGEST)
def test_the_largest_formulas_compile_small_and_run(make: Make, text: str, kind: str) -> None:
    ledger = ledger_of(make, LINE, NOTHING)
    one, field = with_formula(text, kind)
    table = ledger.tables["line"].table
    value = formula_expression(one, field, table, TODAY, TYPES, ZONE)
    assert len(str(sa.select(value).compile(ledger.dialect.engine))) < 100 * len(text)  # nothing doubles per level
    assert in_database(ledger, text, kind) == [reference(text, kind, LINE), reference(text, kind, NOTHING)]


NUMBERS = st.integers(-10_000_000, 10_000_000)
ROWS = st.fixed_dictionaries(
    {
        "quantity": st.none() | NUMBERS,
        "price": st.none() | NUMBERS,
        "discount": st.none() | st.integers(0, 10_000),
        "count": st.none() | st.integers(-50, 50),
        "name": st.none() | st.sampled_from(["张伟", "Zhang", "zhang", "😀 客户", "O'Neil %s", "单于"]),
        "note": st.none() | st.just("三折起，%d 份；\\d"),
        "born": st.none() | st.dates().map(str),
        "due": st.none() | st.sampled_from(["2024-02-29", "2026-03-05", "1999-12-31"]),
        "at": st.none()
        | st.sampled_from(["2026-03-04T15:59:59.999Z", "2026-03-04T16:00:00.000Z", "1991-07-01T16:30:00.000Z"]),
        "vip": st.sampled_from([None, 0, 1]),
        "status": st.sampled_from([None, "draft", "active", "done"]),
        "wishes": st.sampled_from([None, "[]", '["quiet"]', '["window","a\\"b"]']),
    }
)


def numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        st.builds(lambda pair, op: f"({pair[0]}{op}{pair[1]})", two, st.sampled_from("+-*/")),
        st.builds(lambda a, n: f"ROUND({a},{n})", inner, st.integers(-2, 4)),
        st.builds(lambda a, f: f"{f}({a})", inner, st.sampled_from(["ABS", "INT", "ROUNDUP", "ROUNDDOWN", "-"])),
        st.builds(
            lambda pair, f: f"{f}({pair[0]},{pair[1]})", two, st.sampled_from(["MIN", "MAX", "SUM", "MOD", "COALESCE"])
        ),
        st.builds(
            lambda pair, op: f"IF({pair[0]}{op}{pair[1]},{pair[0]},[count])",
            two,
            st.sampled_from(["<", "<=", "=", "<>"]),
        ),
        st.builds(lambda a: f"LEN({a}&[name])", inner),
        st.builds(lambda a: f"SWITCH({a},1,2,0,{a},7)", inner),
        st.builds(
            lambda a, u: f'DATEDIF([due]-{a},[born],"{u}")', inner, st.sampled_from(["Y", "M", "D", "YM", "MD", "YD"])
        ),
        st.builds(lambda a: f"DAYS(EDATE([born],{a}),DATE({a},{a},{a}))", inner),
    )


LEAVES = st.sampled_from(
    ["[quantity]", "[price]", "[discount]", "[count]", "1", "0.3", "12", "YEAR([born])", "DAY([at])"]
)
FORMULAS = st.recursive(LEAVES, numbers, max_leaves=8)
PARTS = [
    *("[name]", "[note]", "[status]", "[wishes]", "[vip]", "[born]", "[at]", "[price]", "[discount]/3"),
    *("LEFT([name],[count])", "RIGHT([name],[count])", "MID([note],[count],2)", "UPPER([name])"),
    *('IF([name]<"zi","前","后")', 'IF(IN([name],"ZHANG"),"=","")', 'IF([wishes]="","空","有")'),
]
TEXTS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("&".join)


def test_both_databases_and_the_plain_evaluator_agree(make: Make) -> None:
    ledger = make(entity("line", *FIELDS))
    table = ledger.tables["line"].table

    @given(st.lists(ROWS, min_size=1, max_size=3), FORMULAS, TEXTS)
    def agree(rows: list[Values], formula: str, text: str) -> None:
        with ledger.write() as ctx:
            ctx.tx.execute(table.delete())
            ledger.insert(ctx, "line", [{"id": n + 1, **row} for n, row in enumerate(rows)])
        for source, kind in ((formula, "money"), (text, "long_text")):
            expected = [reference(source, kind, row) for row in rows]
            assert in_database(ledger, source, kind) == expected, source

    agree()
