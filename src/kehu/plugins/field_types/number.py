"""Decimal numbers that are no money: quantities, days on average. `settings.decimals` 0 to 6, usually 2."""

from random import Random

from kehu.base.fields.scaled import ScaledType, plain_text
from kehu.base.schema.model import Field, Label


class Number(ScaledType):
    """A JSON number outside, a scaled integer inside."""

    name = "number"
    label = Label("数字", "Number")

    def sample(self, field: Field, random: Random) -> str:
        scale = 10 ** self.decimals(field)
        return plain_text(random.randint(0, 1000 * scale), self.decimals(field))


number = Number()
