"""From a checked formula to one SQL expression, the same steps in the same order on both databases.

Only standard SQL stands here; the steps that databases spell differently are `steps` and get their text in
`base.db.formula_sql`. Numbers are computed in 64-bit floats; the last step rounds half up to the scaled integer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa

from kehu.base.common.text import fold_ascii
from kehu.base.formula import steps
from kehu.base.formula.functions import Kind
from kehu.base.formula.types import Expr, Operand
from kehu.base.schema.model import Option

Sql = sa.ColumnElement[Any]

NUDGE = 2.0**49
"""A number is moved up by this part of itself before it is rounded: 100.49999999999999 is a half that floats missed."""
SAME = 5e-7
"""Computed numbers that differ by less are equal: no stored number has more than six decimals."""
WHOLE = 1e15
"""Floats from here on have no decimals to round."""
MOST_CHARACTERS = 20_000
ORDER: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a compiled formula finds its values: stored columns by field key, today, the ledger's time zone."""

    columns: Mapping[str, Sql]
    fields: Mapping[str, Operand]
    today: Sql
    timezone: str


def compile_formula(expr: Expr, result: Operand, source: Source) -> Sql:
    """Return the expression of the value as it is stored: scaled integer, key, 0/1, date, text without ""."""
    compiler = _Compiler(source)
    value = compiler.of(expr)
    match result.kind:
        case "number":
            scaled = value * number(result.scale) if result.scale != 1 else value
            return compiler.let(
                scaled,
                lambda v: sa.case(
                    (sa.func.abs(v) < number(9e18), sa.cast(_half_up(v), sa.BigInteger)),
                ),
            )
        case "boolean":
            return sa.case((sa.true(), 1), (sa.false(), 0), value=value)
        case "text":
            return sa.func.nullif(sa.func.substr(value, 1, MOST_CHARACTERS), "")
        case _:
            return value


def number(value: float) -> Sql:
    """A constant as a 64-bit float."""
    return sa.cast(sa.literal_column(repr(float(value))), sa.Double())


def text(value: str) -> Sql:
    """A constant text."""
    return sa.literal(value, sa.Text())


def label_of(key: Sql, options: tuple[Option, ...]) -> Sql:
    """The Chinese label of an option key; a key without option stays itself."""
    if not options:
        return key
    return sa.case(*((text(o.key), text(o.label.zh)) for o in options), value=key, else_=key)


def _half_up(v: Sql) -> Sql:
    return steps.Floor(v + sa.func.abs(v) / number(NUDGE) + number(0.5))


def _whole(v: Sql, rounded: Sql) -> Sql:
    return sa.case((sa.func.abs(v) >= number(WHOLE), v), else_=rounded)


def _floor(v: Sql) -> Sql:
    return _whole(v, steps.Floor(v))


def _truth(condition: Sql) -> Sql:
    return sa.func.coalesce(condition, sa.false(), type_=sa.Boolean())


class _Compiler:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.names = (f"q{n}" for n in count(1))

    def of(self, one: Expr) -> Sql:
        method: Callable[[Expr], Sql] = getattr(self, f"do_{one.op}")
        return method(one)

    def all(self, one: Expr) -> list[Sql]:
        return [self.of(arg) for arg in one.args]

    def let(self, value: Sql, body: Callable[[Sql], Sql]) -> Sql:
        """Compute `value` once and use it several times in `body`."""
        if isinstance(value, sa.Column | sa.BindParameter) or getattr(value, "is_literal", False):
            return body(value)
        return self.let_all((value,), lambda names: body(names[0]))

    def let_all(self, values: tuple[Sql, ...], body: Callable[[tuple[Sql, ...]], Sql]) -> Sql:
        alias = next(self.names)
        names = tuple(sa.literal_column(f"{alias}.v{n}", value.type) for n, value in enumerate(values))
        return steps.Let(sa.literal_column(alias), body(names), *values)

    # Leaves

    def do_literal(self, one: Expr) -> Sql:
        match one.kind:
            case "number":
                assert isinstance(one.value, float)
                return number(one.value)
            case "boolean":
                return sa.true() if one.value else sa.false()
            case "date":
                return steps.DateValue(text(str(one.value)))
            case _:
                return text(str(one.value))

    def do_null(self, one: Expr) -> Sql:
        return steps.null(one.kind)

    def do_field(self, one: Expr) -> Sql:
        column = self.source.columns[str(one.value)]
        if one.kind == "boolean":
            return column != sa.literal_column("0")
        if one.kind != "number":
            return column
        scale = self.source.fields[str(one.value)].scale
        as_float: Sql = sa.cast(column, sa.Double())
        return as_float / number(scale) if scale != 1 else as_float

    def do_today(self, one: Expr) -> Sql:
        return self.source.today

    # Numbers

    def do_neg(self, one: Expr) -> Sql:
        return -self.of(one.args[0])

    def do_add(self, one: Expr) -> Sql:
        return steps.Plus(*self.all(one))

    def do_sum(self, one: Expr) -> Sql:
        return steps.Plus(*(sa.func.coalesce(part, number(0.0)) for part in self.all(one)))

    def do_sub(self, one: Expr) -> Sql:
        a, b = self.all(one)
        return a - b

    def do_mul(self, one: Expr) -> Sql:
        a, b = self.all(one)
        return a * b

    def do_div(self, one: Expr) -> Sql:
        a, b = self.all(one)
        return a / (b if one.args[1].op == "literal" else sa.func.nullif(b, number(0.0), type_=sa.Double()))

    def do_pow(self, one: Expr) -> Sql:
        a, b = self.all(one)
        return self.let_all((a, b), lambda names: steps.Power(*names))

    def do_abs(self, one: Expr) -> Sql:
        return sa.func.abs(self.of(one.args[0]), type_=sa.Double())

    def do_int(self, one: Expr) -> Sql:
        return self.let(self.of(one.args[0]), lambda v: _floor(v + sa.func.abs(v) / number(NUDGE)))

    def do_mod(self, one: Expr) -> Sql:
        a, b = self.all(one)
        return self.let_all(
            (a, b),
            lambda n: sa.case(
                (n[1] != number(0.0), n[0] - n[1] * _floor(n[0] / n[1])),
            ),
        )

    def _rounded(self, one: Expr, up: Callable[[Sql], Sql]) -> Sql:
        """Round the size of a number, then give the sign back."""
        assert isinstance(one.value, float)
        digits = one.value
        value, factor = self.of(one.args[0]), number(10.0 ** abs(digits))
        moved = value * factor if digits >= 0 else value / factor

        def body(v: Sql) -> Sql:
            rounded = sa.case((v < number(0.0), -up(-v)), else_=up(v))
            return _whole(v, rounded) / factor if digits >= 0 else _whole(v, rounded) * factor

        return self.let(moved, body)

    def do_round(self, one: Expr) -> Sql:
        return self._rounded(one, _half_up)

    def do_rounddown(self, one: Expr) -> Sql:
        return self._rounded(one, lambda v: steps.Floor(v + v / number(NUDGE)))

    def do_roundup(self, one: Expr) -> Sql:
        return self._rounded(one, lambda v: -steps.Floor(v / number(NUDGE) - v))

    def do_min(self, one: Expr) -> Sql:
        return steps.Least(*self.all(one))

    def do_max(self, one: Expr) -> Sql:
        return steps.Greatest(*self.all(one))

    # Conditions

    def truth(self, one: Expr) -> Sql:
        return _truth(self.of(one))

    def do_and(self, one: Expr) -> Sql:
        return sa.and_(*(self.truth(arg) for arg in one.args))

    def do_or(self, one: Expr) -> Sql:
        return sa.or_(*(self.truth(arg) for arg in one.args))

    def do_not(self, one: Expr) -> Sql:
        return steps.Not(self.truth(one.args[0]))

    def do_isblank(self, one: Expr) -> Sql:
        value, kind = self.of(one.args[0]), one.args[0].kind
        if kind == "text":
            return sa.func.coalesce(value, "") == ""
        if kind == "tags":
            return sa.func.coalesce(value, "[]") == "[]"
        return value.is_(None)

    def do_compare(self, one: Expr) -> Sql:
        a, b = self.all(one)
        kind = one.args[0].kind
        if one.value in ORDER:
            if kind == "text":
                a, b = sa.func.nullif(steps.Lower(a), ""), sa.func.nullif(steps.Lower(b), "")
            if kind == "number":
                # a < b is a - b < -SAME, so that 0.1 + 0.2 is not below 0.3.
                edge = SAME if one.value in (">", "<=") else -SAME
                return _truth(ORDER[str(one.value)](a - b, number(edge)))
            return _truth(ORDER[str(one.value)](a, b))
        same = self.same(a, b, kind, constant="literal" in (one.args[0].op, one.args[1].op))
        return same if one.value == "=" else steps.Not(same)

    def same(self, a: Sql, b: Sql, kind: Kind, *, constant: bool) -> Sql:
        """Whether two values are equal; two empties are, an empty and a value are not."""
        if kind == "text":
            return steps.Lower(sa.func.coalesce(a, "")) == steps.Lower(sa.func.coalesce(b, ""))
        if kind != "number":
            return a.is_not_distinct_from(b)
        if constant:
            return _truth(sa.func.abs(a - b) < number(SAME))
        return self.let_all(
            (a, b),
            lambda n: sa.func.coalesce(
                sa.func.abs(n[0] - n[1]) < number(SAME), sa.and_(n[0].is_(None), n[1].is_(None)), type_=sa.Boolean()
            ),
        )

    def do_in(self, one: Expr) -> Sql:
        return self.with_subject(one, lambda subject, cases: sa.or_(*cases))

    def with_subject(self, one: Expr, body: Callable[[Sql, list[Sql]], Sql]) -> Sql:
        """Compare the first argument with each constant in `value`."""
        assert isinstance(one.value, tuple)
        labels, kind = one.value, one.args[0].kind

        def cases(subject: Sql) -> Sql:
            literals = (number(v) if isinstance(v, float) else text(v) for v in labels)
            return body(subject, [self.same(subject, each, kind, constant=True) for each in literals])

        return self.let(self.of(one.args[0]), cases)

    def do_switch(self, one: Expr) -> Sql:
        *results, otherwise = [self.of(arg) for arg in one.args[1:]]
        if one.args[0].kind == "number":
            return self.with_subject(
                one, lambda subject, cases: sa.case(*zip(cases, results, strict=True), else_=otherwise)
            )
        # One look at the subject instead of one comparison each: there may be dozens of cases.
        assert isinstance(one.value, tuple)
        subject, labels = self.of(one.args[0]), [str(label) for label in one.value]
        if one.args[0].kind == "text":
            subject, labels = steps.Lower(sa.func.coalesce(subject, "")), [fold_ascii(label) for label in labels]
        pairs = zip(map(text, labels), results, strict=True)
        return sa.case(*pairs, value=subject, else_=otherwise)

    def do_if(self, one: Expr) -> Sql:
        *steps_, otherwise = one.args
        pairs = zip(steps_[0::2], steps_[1::2], strict=True)
        return sa.case(*((self.truth(test), self.of(value)) for test, value in pairs), else_=self.of(otherwise))

    def do_coalesce(self, one: Expr) -> Sql:
        parts = self.all(one)
        if one.kind == "text":
            parts = [sa.func.nullif(part, "") for part in parts]
        return sa.func.coalesce(*parts, steps.null(one.kind))

    # Texts

    def do_join(self, one: Expr) -> Sql:
        return steps.Join(*(sa.func.coalesce(part, "") for part in self.all(one)))

    def do_text_of(self, one: Expr) -> Sql:
        inner = one.args[0]
        match inner.kind:
            case "number":
                return self.number_text(inner)
            case "boolean":
                return sa.case((sa.true(), text("是")), (sa.false(), text("否")), value=self.of(inner))
            case "select":
                value = self.of(inner)
                return self.let(value, lambda v: label_of(v, inner.options))
            case "date":
                return steps.DateText(self.of(inner))
            case "datetime":
                return self.let(self.of(inner), lambda at: steps.LocalMinute(at, self.zone()))
            case _:
                options = self.source.fields[str(inner.value)].options
                return steps.ListText(self.of(inner), label_of(sa.literal_column("e.value", sa.Text()), options))

    def number_text(self, inner: Expr) -> Sql:
        """A number as people write it, without zeros at the end: 12800.5."""
        if inner.op == "field":
            scale = int(self.source.fields[str(inner.value)].scale)
            scaled = self.source.columns[str(inner.value)]
        else:
            scale = 10**6
            scaled = self.let(
                self.of(inner) * number(1e6),
                lambda v: sa.case((sa.func.abs(v) < number(9e18), sa.cast(_half_up(v), sa.BigInteger))),
            )

        def body(n: Sql) -> Sql:
            one = sa.literal_column(str(scale), sa.BigInteger())
            size = sa.func.abs(n, type_=sa.BigInteger())
            whole = sa.cast(size // one, sa.Text())
            if scale == 1:
                return sa.case((n < 0, steps.Join(text("-"), whole)), else_=whole)
            rest = sa.func.rtrim(sa.func.substr(sa.cast(one + size % one, sa.Text()), 2), "0")
            return steps.Join(
                sa.case((n < 0, text("-")), else_=text("")),
                whole,
                sa.case((size % one == 0, text("")), else_=steps.Join(text("."), rest)),
            )

        return self.let(scaled, lambda n: sa.case((n.is_not(None), body(n))))

    def do_len(self, one: Expr) -> Sql:
        return sa.cast(sa.func.length(sa.func.coalesce(self.of(one.args[0]), "")), sa.Double())

    def do_left(self, one: Expr) -> Sql:
        value, length = self.all(one)
        return sa.func.substr(sa.func.coalesce(value, ""), 1, steps.Length(length))

    def do_right(self, one: Expr) -> Sql:
        value, length = self.all(one)
        return self.let_all(
            (sa.func.coalesce(value, ""), steps.Length(length)),
            lambda n: sa.func.substr(n[0], steps.Greatest(sa.func.length(n[0]) - n[1], sa.literal_column("0")) + 1),
        )

    def do_mid(self, one: Expr) -> Sql:
        value, start, length = self.all(one)
        begin = steps.Greatest(steps.Length(start), sa.literal_column("1"))
        return sa.func.substr(sa.func.coalesce(value, ""), begin, steps.Length(length))

    def do_upper(self, one: Expr) -> Sql:
        return steps.Upper(self.of(one.args[0]))

    def do_lower(self, one: Expr) -> Sql:
        return steps.Lower(self.of(one.args[0]))

    def do_trim(self, one: Expr) -> Sql:
        return sa.func.trim(self.of(one.args[0]))

    # Dates

    def do_date_of(self, one: Expr) -> Sql:
        return self.let(self.of(one.args[0]), lambda at: steps.LocalDate(at, self.zone()))

    def zone(self) -> Sql:
        return sa.literal_column(f"'{self.source.timezone}'")

    def do_year(self, one: Expr) -> Sql:
        return steps.YearOf(self.of(one.args[0]))

    def do_month(self, one: Expr) -> Sql:
        return steps.MonthOf(self.of(one.args[0]))

    def do_day(self, one: Expr) -> Sql:
        return steps.DayOf(self.of(one.args[0]))

    def do_days(self, one: Expr) -> Sql:
        later, earlier = self.all(one)
        return steps.DayNumber(later) - steps.DayNumber(earlier)

    def do_add_days(self, one: Expr) -> Sql:
        day, shift = self.all(one)
        return self.let_all((day, shift), lambda n: self.day(steps.DayNumber(n[0]) + _floor(n[1])))

    def day(self, number_of_day: Sql) -> Sql:
        """The date with this number, empty outside the years 1 to 9999."""
        first, last = number(-719_162.0), number(2_932_896.0)
        return self.let(number_of_day, lambda n: sa.case((n.between(first, last), steps.FromDays(n))))

    def do_minutes(self, one: Expr) -> Sql:
        later, earlier = self.all(one)
        return _floor((steps.SecondNumber(later) - steps.SecondNumber(earlier)) / number(60.0))

    def do_add_minutes(self, one: Expr) -> Sql:
        at, shift = self.all(one)
        most = number(10_000_000.0)  # nineteen years

        def body(n: tuple[Sql, ...]) -> Sql:
            return sa.case((n[1].between(-most, most), steps.AddMinutes(n[1], n[0])))

        return self.let_all((at, _floor(shift)), body)

    def do_edate(self, one: Expr) -> Sql:
        day, shift = self.all(one)

        def body(n: tuple[Sql, ...]) -> Sql:
            months = steps.YearOf(n[0]) * number(12.0) + steps.MonthOf(n[0]) - number(1.0) + n[1]
            inside = months.between(number(12.0), number(119_999.0))
            return sa.case((inside, steps.AddMonths(n[0], n[1])))

        return self.let(shift, lambda v: self.let_all((day, _floor(v)), body))

    def do_date(self, one: Expr) -> Sql:
        year, month, day = self.all(one)

        def body(n: tuple[Sql, ...]) -> Sql:
            inside = n[0].between(number(12.0), number(119_999.0))
            return sa.case((inside, self.day(steps.DayNumber(steps.FirstOfMonth(n[0])) + n[1])))

        def counted(n: tuple[Sql, ...]) -> Sql:
            # As in Excel month 13 is January of the next year and day 0 the last of the month before.
            months = _floor(n[0]) * number(12.0) + _floor(n[1]) - number(1.0)
            return self.let_all((months, _floor(n[2]) - number(1.0)), body)

        return self.let_all((year, month, day), counted)

    def do_datedif(self, one: Expr) -> Sql:
        unit = str(one.value)
        return self.let_all(tuple(self.all(one)), lambda n: sa.case((n[0] <= n[1], self.between(n[0], n[1], unit))))

    def between(self, a: Sql, b: Sql, unit: str) -> Sql:
        if unit == "D":
            return steps.DayNumber(b) - steps.DayNumber(a)
        short = sa.case((steps.DayOf(b) < steps.DayOf(a), number(1.0)), else_=number(0.0))
        years = steps.YearOf(b) - steps.YearOf(a)
        months = years * number(12.0) + steps.MonthOf(b) - steps.MonthOf(a) - short
        whole_years = steps.Floor(months / number(12.0))
        match unit:
            case "M":
                return months
            case "Y":
                return whole_years
            case "YM":
                return months - number(12.0) * whole_years
            case "MD":
                return steps.DayNumber(b) - steps.DayNumber(steps.AddMonths(a, months))
            case _:
                return steps.DayNumber(b) - steps.DayNumber(steps.AddMonths(a, number(12.0) * whole_years))
