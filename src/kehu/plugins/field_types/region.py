"""An administrative division of China by GB/T 2260, kept as its code, so that `under` is a range."""

from random import Random
from typing import ClassVar

from kehu.base.common.regions import exists, full_label, label, resolve
from kehu.base.fields.base import HOME, FieldType, Output, Parsed, ParseEnv, Sorting, Value
from kehu.base.fields.inputs import EMPTY, EXACT_OPERATORS, as_text, invalid, is_empty
from kehu.base.schema.model import Field, Label


class Region(FieldType):
    """Input is a code or a name with as many levels as it needs; sorted in the order of the codes."""

    name = "region"
    label = Label("省市区", "Region")
    widget = "region"
    output: ClassVar[Output] = "text"
    sorting: ClassVar[Sorting | None] = "value"
    operators = EXACT_OPERATORS | {"under"}

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        text = as_text(raw, env)
        code = None if text is None else resolve(text)
        return invalid(raw, "region") if code is None or not exists(code) else Parsed(code)

    def dump(self, field: Field, value: Value) -> str | None:
        return None if value is None else str(value)

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        """The full Chinese name, which `parse` reads back; divisions have no other."""
        return "" if value is None else full_label(str(value)) or str(value)

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return () if value is None else (full_label(str(value)), label(str(value)))

    def sample(self, field: Field, random: Random) -> str:
        return random.choice(("浙江杭州西湖区", "江苏省苏州市昆山市", "上海浦东新区", "武汉洪山区", "北京海淀区"))


region = Region()
