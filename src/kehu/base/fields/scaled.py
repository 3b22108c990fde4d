"""Numbers without floats: 64-bit integers scaled by a fixed number of decimals per field.

Base of integer, number, percent and money. It must not round silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import ClassVar

from kehu.base.common.money import LARGEST, MAX_DECIMALS, Scaled, format_scaled, parse_scaled, scale_float
from kehu.base.common.problems import Unreadable
from kehu.base.fields import rules
from kehu.base.fields.base import (
    HOME,
    ColumnKind,
    FieldType,
    Output,
    Parsed,
    ParseEnv,
    Problem,
    Sorting,
    Stored,
    Value,
    refuse,
)
from kehu.base.fields.inputs import EMPTY, ORDER_OPERATORS, invalid, is_empty, shown
from kehu.base.schema.model import Field

FINE = MAX_DECIMALS
"""Operands are read with this many decimals, whatever the field keeps."""


def plain_text(scaled: int, decimals: int) -> str:
    """Write a scaled integer without zeros at the end: (125000, 4) gives "12.5"."""
    text = format_scaled(scaled, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(text: str) -> str:
    """Put commas between thousands."""
    whole, dot, rest = text.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{dot}{rest}"


class ScaledType(FieldType):
    """A decimal number. The value is the scaled integer; `settings.decimals` (0 to 6) fixes the scale."""

    kind: ClassVar[ColumnKind] = "int"
    widget = "number"
    output: ClassVar[Output] = "scaled_number"
    sorting: ClassVar[Sorting | None] = "value"
    operators = ORDER_OPERATORS
    rules = frozenset({"min", "max"})
    usual_decimals: ClassVar[int] = 2
    rounded: ClassVar[str] = "number.rounded"
    expects: ClassVar[str] = "number"

    def decimals(self, field: Field) -> int:
        """Digits after the point."""
        return int(field.settings.get("decimals", self.usual_decimals))

    def read(self, raw: object, decimals: int, env: ParseEnv) -> Scaled:
        """Read input with so many decimals. Raises Unreadable."""
        if isinstance(raw, bool):
            raise Unreadable("number.invalid")
        if isinstance(raw, int):
            return parse_scaled(str(raw), decimals, factor=env.factor)
        if isinstance(raw, float):
            return scale_float(raw, decimals, factor=env.factor)
        if isinstance(raw, str):
            return self.read_text(raw, decimals, env)
        raise Unreadable("number.invalid")

    def read_text(self, text: str, decimals: int, env: ParseEnv) -> Scaled:
        """Read a text with so many decimals. Raises Unreadable."""
        return parse_scaled(text, decimals, factor=env.factor)

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        decimals = self.decimals(field)
        try:
            found = self.read(raw, decimals, env)
        except Unreadable as error:
            return self.unreadable(raw, error)
        if found.rounded:
            kept = format_scaled(found.value, decimals)
            parsed = Parsed(found.value, (Problem(self.rounded, "warn", {"value": shown(raw), "kept": kept}),))
        else:
            parsed = Parsed(found.value)
        if "min" not in field.settings and "max" not in field.settings:
            return parsed
        return rules.with_problems(parsed, rules.of_number(field, self, found.value, decimals, shown(raw)))

    def operand(self, field: Field, op: str, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        decimals = self.decimals(field)
        try:
            if not self.read(raw, decimals, env).rounded:
                return Parsed(self.read(raw, decimals, env).value)
            exact = Decimal(self.read(raw, FINE, env).value).scaleb(decimals - FINE)
        except Unreadable as error:
            return self.unreadable(raw, error)
        # An operand between two kept values moves to the one that leaves the comparison true for the same records;
        # nothing equals it.
        if op in ("gte", "lt"):
            return Parsed(int(exact.to_integral_value(ROUND_CEILING)))
        if op in ("gt", "lte"):
            return Parsed(int(exact.to_integral_value(ROUND_FLOOR)))
        return invalid(raw, self.expects)

    def unreadable(self, raw: object, error: Unreadable) -> Parsed:
        """The refusal of an input that is no number, or too large a one."""
        if error.code == "number.too_large":
            return refuse("number.out_of_range", value=shown(raw), min=-LARGEST, max=LARGEST)
        return invalid(raw, self.expects)

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        return stored[0]

    def dump(self, field: Field, value: Value) -> int | float | str | None:
        """A JSON number."""
        if not isinstance(value, int):
            return None
        text = plain_text(value, self.decimals(field))
        return float(text) if "." in text else int(text)

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        return grouped(plain_text(value, self.decimals(field))) if isinstance(value, int) else ""

    def convert(self, old: FieldType, old_field: Field, value: Value, field: Field, env: ParseEnv) -> Parsed:
        if isinstance(old, ScaledType) and isinstance(value, int):
            # As a number, not as its text: 12.5 % becomes 0.125.
            return self.parse(
                field, plain_text(value, old.decimals(old_field)), ParseEnv("api", env.timezone, env.today)
            )
        return super().convert(old, old_field, value, field, env)

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def check(self, field: Field) -> tuple[Problem, ...]:
        decimals = field.settings.get("decimals", self.usual_decimals)
        if not isinstance(decimals, int) or isinstance(decimals, bool) or not 0 <= decimals <= MAX_DECIMALS:
            return (Problem("settings.decimals", data={"most": MAX_DECIMALS}),)
        return tuple(rules.check(field, self))
