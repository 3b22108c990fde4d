"""Amounts of money in the ledger's currency, kept in minor units (分), shown and sent as decimal text in 元."""

from random import Random
from typing import ClassVar

from kehu.base.common.money import Scaled, format_minor, parse_money
from kehu.base.fields.base import HOME, Output, ParseEnv, Problem, Value
from kehu.base.fields.scaled import ScaledType, grouped
from kehu.base.schema.model import Field, Label


class Money(ScaledType):
    """Always two decimals; the multi-currency columns come when a field needs them."""

    name = "money"
    label = Label("金额", "Money")
    widget = "money"
    output: ClassVar[Output] = "scaled_text"
    rounded = "money.rounded"
    expects = "money"

    def decimals(self, field: Field) -> int:
        return 2

    def read_text(self, text: str, decimals: int, env: ParseEnv) -> Scaled:
        return parse_money(text, factor=env.factor, decimals=decimals)

    def dump(self, field: Field, value: Value) -> str | None:
        return format_minor(value) if isinstance(value, int) else None

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        return grouped(format_minor(value)) if isinstance(value, int) else ""

    def check(self, field: Field) -> tuple[Problem, ...]:
        if field.settings.get("decimals", 2) != 2:
            return (Problem("settings.decimals", data={"most": 2}),)
        return super().check(field)

    def sample(self, field: Field, random: Random) -> str:
        return format_minor(random.randint(0, 50_000_000))


money = Money()
