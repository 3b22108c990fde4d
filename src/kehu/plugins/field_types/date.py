"""Days without a time: 2026-03-05."""

from datetime import date as day_type
from datetime import timedelta
from random import Random
from typing import ClassVar

from kehu.base.common.dates import parse_date
from kehu.base.common.problems import Unreadable
from kehu.base.fields import rules
from kehu.base.fields.base import ColumnKind, FieldType, Parsed, ParseEnv, Problem, Value, refuse
from kehu.base.fields.inputs import EMPTY, TIME_OPERATORS, invalid, is_empty, shown
from kehu.base.schema.model import Field, Label


class Date(FieldType):
    """ISO text on SQLite, `date` on PostgreSQL, text above the driver."""

    name = "date"
    label = Label("日期", "Date")
    widget = "date"
    kind: ClassVar[ColumnKind] = "date"
    output = "date"
    operators = TIME_OPERATORS
    rules = frozenset({"min", "max"})

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        parsed = self.operand(field, "eq", raw, env)
        if parsed.value is None or not field.settings:
            return parsed
        return rules.with_problems(parsed, rules.of_day(field, str(parsed.value), env, shown(raw)))

    def operand(self, field: Field, op: str, raw: object, env: ParseEnv) -> Parsed:
        """Any day may be asked for, whatever limits the field has."""
        if is_empty(raw):
            return EMPTY
        if not isinstance(raw, str):
            return invalid(raw, "date")
        try:
            return Parsed(parse_date(raw).isoformat())
        except Unreadable as error:
            return refuse("date.invalid", value=shown(raw), reason=error.code)

    def dump(self, field: Field, value: Value) -> str | None:
        return None if value is None else str(value)

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def check(self, field: Field) -> tuple[Problem, ...]:
        return tuple(rules.check(field, self))

    def sample(self, field: Field, random: Random) -> str:
        return (day_type(2023, 1, 1) + timedelta(days=random.randint(0, 1400))).isoformat()


date = Date()
