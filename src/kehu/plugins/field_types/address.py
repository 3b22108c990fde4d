"""Postal addresses as one line of text. Taking them apart comes with the region they lie in."""

from random import Random

from kehu.base.fields.base import Value
from kehu.base.fields.codes import HIDDEN
from kehu.base.fields.texts import TextType
from kehu.base.schema.model import Field, Label


class Address(TextType):
    """Sorted by pinyin like any text; masked down to its first signs."""

    name = "address"
    label = Label("地址", "Address")
    widget = "address"

    def mask(self, field: Field, value: Value) -> str:
        text = str(value or "")
        return f"{text[:3]}{HIDDEN}" if len(text) > 8 else HIDDEN

    def sample(self, field: Field, random: Random) -> str:
        return f"杭州市西湖区文三路{random.randint(1, 500)}号{random.randint(1, 9)}幢"


address = Address()
