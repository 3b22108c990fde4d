"""Whole numbers: counts, days, points."""

from random import Random
from typing import ClassVar

from kehu.base.fields.base import Output, Parsed, ParseEnv, Problem
from kehu.base.fields.inputs import invalid
from kehu.base.fields.scaled import ScaledType
from kehu.base.schema.model import Field, Label


class Integer(ScaledType):
    """No decimals; 2.5 is refused, not rounded, while 12.0 from a spreadsheet is 12."""

    name = "integer"
    label = Label("整数", "Integer")
    output: ClassVar[Output] = "int"
    usual_decimals = 0
    expects = "integer"

    def decimals(self, field: Field) -> int:
        return 0

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        parsed = super().parse(field, raw, env)
        return invalid(raw, self.expects) if any(p.code == self.rounded for p in parsed.problems) else parsed

    def check(self, field: Field) -> tuple[Problem, ...]:
        return (
            super().check(field)
            if not field.settings.get("decimals")
            else (Problem("settings.decimals", data={"most": 0}),)
        )

    def sample(self, field: Field, random: Random) -> int:
        return random.randint(int(field.settings.get("min", 0)), int(field.settings.get("max", 400)))


integer = Integer()
