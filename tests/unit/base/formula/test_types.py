"""What does not fit together in a formula is refused when it is written, with the place (R44)."""

from __future__ import annotations

import pytest

from kehu.base.formula.parse import FormulaError, parse
from kehu.base.formula.steps import power
from kehu.base.formula.types import Operand, check
from kehu.base.schema.model import Label, Option

GRADES = (Option("a", Label("战略客户", "Strategic")), Option("b", Label("普通客户", "Ordinary")))
FIELDS = {
    "amount": Operand("number", 100.0),
    "name": Operand("text"),
    "born": Operand("date"),
    "at": Operand("datetime"),
    "vip": Operand("boolean"),
    "grade": Operand("select", 1.0, GRADES),
    "other": Operand("select", 1.0, GRADES[:1]),
    "tags": Operand("tags"),
    "owner": Operand("relation"),
}
NUMBER = Operand("number", 100.0)
GRADE = Operand("select", 1.0, GRADES)


@pytest.mark.parametrize(
    ("text", "result", "code", "at"),
    [
        ("[nothing]+1", NUMBER, "formula.unknown_field", 1),
        ("VLOOKUP([amount])", NUMBER, "formula.unknown_function", 1),
        ("ROUND(1,2,3)", NUMBER, "formula.wrong_count", 1),
        ("TODAY(1)", Operand("date"), "formula.wrong_count", 1),
        ("[name]*2", NUMBER, "formula.needs_number", 1),
        ("1+[born]", NUMBER, "formula.needs_number", 3),
        ("[born]", NUMBER, "formula.needs_number", 1),
        ("[amount]", Operand("date"), "formula.needs_date", 1),
        ("IF([amount],1,2)", NUMBER, "formula.needs_boolean", 4),
        ("[owner]&1", Operand("text"), "formula.needs_text", 1),
        ('[amount]="很多"', Operand("boolean"), "formula.not_comparable", 9),
        ("[vip]>[vip]", Operand("boolean"), "formula.no_order", 6),
        ('[grade]<"战略客户"', Operand("boolean"), "formula.no_order", 8),
        ('[grade]="金牌"', Operand("boolean"), "formula.unknown_option", 9),
        ('"金牌"', GRADE, "formula.unknown_option", 1),
        ("[grade]", Operand("select", 1.0, GRADES[:1]), "formula.other_options", 1),
        ("[name]", GRADE, "formula.needs_select", 1),
        ('[born]>"昨天"', Operand("boolean"), "formula.date", 8),
        ("ROUND([amount],[amount])", NUMBER, "formula.digits", 16),
        ("ROUND([amount],0.5)", NUMBER, "formula.digits", 16),
        ('DATEDIF([born],[at],"W")', NUMBER, "formula.unit", 21),
        ("IN([grade],[other])", Operand("boolean"), "formula.constant_needed", 12),
        ("IN([born],1)", Operand("boolean"), "formula.no_cases", 11),
        ("IF([vip],1,[born])", NUMBER, "formula.mixed_kinds", 1),
        ("MAX([name],[name])", NUMBER, "formula.no_order", 1),
        ("[amount]/0", NUMBER, "formula.zero", 9),
        ("*".join(["[amount]"] * 20), NUMBER, "formula.numbers_too_large", 126),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(text: str, result: Operand, code: str, at: int) -> None:
    with pytest.raises(FormulaError) as refused:
        check(parse(text), FIELDS, result)
    assert (refused.value.code, refused.value.data["at"]) == (code, at)


def test_options_and_dates_are_resolved_when_the_formula_is_written() -> None:
    one = check(parse('IF([grade]="Strategic","普通客户",[grade])'), FIELDS, GRADE)
    assert [step.value for step in one.walk() if step.op == "literal"] == ["a", "b"]
    assert check(parse('[born]>="2026-03-05"'), FIELDS, Operand("boolean")).args[1].kind == "date"


def test_a_select_that_meets_a_text_is_read_by_its_label() -> None:
    one = check(parse("[grade]=[name]"), FIELDS, Operand("boolean"))
    assert [step.op for step in one.args] == ["text_of", "field"]


def test_powers_stay_within_what_floats_hold() -> None:
    assert power(2.0, 10.0) == 1024.0
    assert power(-8.0, 3.0) == -512.0
    assert power(0.0, 2.0) == 0.0
    assert [power(0.0, 0.0), power(0.0, -1.0), power(-8.0, 0.5), power(10.0, 400.0), power(None, 1.0)] == [None] * 5
