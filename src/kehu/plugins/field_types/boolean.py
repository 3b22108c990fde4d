"""Yes or no, or not known."""

from collections.abc import Sequence
from random import Random
from typing import ClassVar

from kehu.base.common.text import fold_ascii, narrow
from kehu.base.fields.base import HOME, ColumnKind, FieldType, Output, Parsed, ParseEnv, Stored, Value
from kehu.base.fields.inputs import EMPTY, EXACT_OPERATORS, invalid, is_empty
from kehu.base.schema.model import Field, Label

YES = frozenset({"true", "yes", "y", "1", "是", "有", "对", "√", "✓", "☑", "v", "t"})
NO = frozenset({"false", "no", "n", "0", "否", "无", "不是", "没有", "×", "✗", "☐", "x", "f"})


class Boolean(FieldType):
    """0 and 1 on both databases."""

    name = "boolean"
    label = Label("是/否", "Yes or no")
    widget = "boolean"
    kind: ClassVar[ColumnKind] = "int"
    output: ClassVar[Output] = "boolean"
    operators = EXACT_OPERATORS

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        if isinstance(raw, bool):
            return Parsed(raw)
        word = fold_ascii(narrow(str(raw))) if isinstance(raw, str) or env.source != "api" else ""
        if word in YES:
            return Parsed(True)
        return Parsed(False) if word in NO else invalid(raw, "boolean")

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        return None if stored[0] is None else bool(stored[0])

    def dump(self, field: Field, value: Value) -> bool | None:
        return None if value is None else bool(value)

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        if value is None:
            return ""
        return (("No", "Yes") if lang == "en" else ("否", "是"))[bool(value)]

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def sample(self, field: Field, random: Random) -> bool:
        return random.random() < 0.5


boolean = Boolean()
