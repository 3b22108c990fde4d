"""Percentages, kept as the fraction that formulas calculate with: 12.5 % is 0.125.

JSON carries the fraction. A person types and reads points: 12.5 and 12.5% mean the same in a form. In a workbook a
number without the sign is the fraction that a percent cell holds, unless it is greater than 1.
"""

from random import Random

from kehu.base.common.money import Scaled, parse_scaled
from kehu.base.common.text import narrow
from kehu.base.fields.base import HOME, ParseEnv, Value
from kehu.base.fields.scaled import ScaledType, grouped, plain_text
from kehu.base.schema.model import Field, Label


class Percent(ScaledType):
    """`settings.decimals` are those of the fraction, usually 4: 0.1250."""

    name = "percent"
    label = Label("百分比", "Percent")
    widget = "percent"
    usual_decimals = 4
    expects = "percent"

    def read_text(self, text: str, decimals: int, env: ParseEnv) -> Scaled:
        plain = narrow(text)
        points = plain.endswith("%")
        if points:
            plain = plain[:-1].rstrip()
        elif env.source == "form":
            points = True
        elif env.source == "cell":
            points = abs(parse_scaled(plain, 2).value) > 100
        if not points:
            return parse_scaled(plain, decimals)
        # Points have two digits less behind the point than their fraction.
        if decimals >= 2:
            return parse_scaled(plain, decimals - 2)
        whole = parse_scaled(plain, 2).value
        step = 10 ** (4 - decimals)
        return Scaled((abs(whole) + step // 2) // step * (1 if whole >= 0 else -1), rounded=whole % step != 0)

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        if not isinstance(value, int):
            return ""
        decimals = self.decimals(field)
        points = value if decimals >= 2 else value * 10 ** (2 - decimals)
        return f"{grouped(plain_text(points, max(decimals - 2, 0)))}%"

    def sample(self, field: Field, random: Random) -> str:
        return f"{random.randint(0, 100)}%"


percent = Percent()
