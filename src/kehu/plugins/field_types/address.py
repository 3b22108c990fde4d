"""Postal addresses as one line of text, with the division they lie in beside it.

`settings.region` keeps the code of the division in a column of its own; a derived field of kind `part` reads it.
"""

from collections.abc import Sequence
from random import Random

from kehu.base.common.addresses import split_address
from kehu.base.fields.base import Column, Problem, Stored, Value
from kehu.base.fields.codes import HIDDEN
from kehu.base.fields.texts import TextType
from kehu.base.schema.model import Field, Label


class Address(TextType):
    """Sorted by pinyin like any text; masked down to its first signs."""

    name = "address"
    label = Label("地址", "Address")
    widget = "address"

    def columns(self, field: Field) -> tuple[Column, ...]:
        region = self.part_column(field, "region")
        return super().columns(field) + ((region,) if region is not None else ())

    def part_column(self, field: Field, part: str) -> Column | None:
        return Column(f"{field.column}__region", "text") if part == "region" and field.settings.get("region") else None

    def store(self, field: Field, value: Value) -> tuple[Stored, ...]:
        stored = super().store(field, value)
        if self.part_column(field, "region") is None:
            return stored
        return (*stored, None if value is None else split_address(str(value)).region)

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        return stored[0]

    def mask(self, field: Field, value: Value) -> str:
        text = str(value or "")
        return f"{text[:3]}{HIDDEN}" if len(text) > 8 else HIDDEN

    def check(self, field: Field) -> tuple[Problem, ...]:
        wrong = not isinstance(field.settings.get("region", False), bool)
        return (*super().check(field), *((Problem("settings.region"),) if wrong else ()))

    def sample(self, field: Field, random: Random) -> str:
        return f"杭州市西湖区文三路{random.randint(1, 500)}号{random.randint(1, 9)}幢"


address = Address()
