"""Formulas are read like Excel's, within limits, and a mistake is told with its position (R44)."""

from __future__ import annotations

import time

import pytest

from kehu.base.formula.parse import MAX_DEPTH, MAX_NODES, FormulaError, field_keys, parse, reads_today


def shape(text: str) -> str:
    """The tree as text, to compare precedence."""

    def show(node: object) -> str:
        op, value, args = node.op, node.value, node.args  # type: ignore[attr-defined]
        name = str(value) if not args else op if op != "call" else str(value)
        return name if not args else f"{name}({','.join(show(arg) for arg in args)})"

    return show(parse(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1+2*3", "+(1.0,*(2.0,3.0))"),
        ("(1+2)*3", "*(+(1.0,2.0),3.0)"),
        ("-2^2", "^(neg(2.0),2.0)"),  # as in Excel, the sign binds closer
        ("2^3^2", "^(^(2.0,3.0),2.0)"),
        ('1+2&"a"=[b]', "=(&(+(1.0,2.0),a),b)"),
        ("5%", "/(5.0,100.0)"),
        ("1+2+3+[a]", "+(1.0,2.0,3.0,a)"),  # a chain is one node
        ("1-2-3", "-(-(1.0,2.0),3.0)"),
        ('if([a]<>"",true,FALSE())', "IF(<>(a,),True,False)"),
        ("=  SUM([a]， [b]；1)", "SUM(a,b,1.0)"),
        ("（1＋2）×3≥4", ">=(*(+(1.0,2.0),3.0),4.0)"),
        ('"说""好""了"', '说"好"了'),
        ("“中文引号”", "中文引号"),
        ("[ 空格 ]", "空格"),
    ],
)
def test_precedence_and_spelling_are_those_of_excel(text: str, expected: str) -> None:
    assert shape(text) == expected


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("", "formula.empty", 1),
        ("  =  ", "formula.empty", 1),
        ("1+", "formula.unfinished", 2),
        ("IF([a],1", "formula.unfinished", 8),
        ("=1 2", "formula.syntax", 4),
        ("[a]+客户", "formula.character", 5),
        ('[a]&"x', "formula.character", 5),
        ("amount*2", "formula.bare_name", 1),
        ("1+1234567890123456", "formula.number_too_long", 3),
        ("IF(1,)", "formula.syntax", 6),
    ],
)
def test_a_mistake_is_told_with_its_position(text: str, code: str, at: int) -> None:
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert (refused.value.code, refused.value.data["at"]) == (code, at)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1+" * 5000 + "1", "formula.too_long"),
        ("1+" * MAX_NODES + "1", "formula.too_many_parts"),
        ("-" * (MAX_DEPTH + 1) + "1", "formula.too_deep"),
        ("ABS(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1), "formula.too_deep"),
        ("(" * 3999, "formula.unfinished"),
        ("[" * 4000, "formula.character"),
        ('"' * 3999, "formula.character"),
        ("IF(" * 1300, "formula.unfinished"),
    ],
)
def test_no_text_can_keep_the_server_busy(text: str, code: str) -> None:
    begin = time.monotonic()
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert refused.value.code == code
    assert time.monotonic() - begin < 2


def test_brackets_alone_are_not_depth_and_long_sums_are_not_deep() -> None:
    assert parse("(" * 1500 + "1" + ")" * 1500).op == "number"
    assert parse("+".join(["1"] * 500)).depth == 2


def test_the_fields_and_today_are_found() -> None:
    node = parse('IF([a]>1,[b],DATEDIF([a],TODAY(),"Y"))')
    assert field_keys(node) == {"a", "b"}
    assert reads_today(node)
    assert not reads_today(parse('"TODAY()"'))
