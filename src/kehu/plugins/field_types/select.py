"""One option of a list. Records keep the key; any label or code may be typed."""

from random import Random
from typing import ClassVar

from kehu.base.fields.base import HOME, FieldType, Parsed, ParseEnv, Problem, Sorting, Value
from kehu.base.fields.choices import find_option, option_label
from kehu.base.fields.inputs import EMPTY, EXACT_OPERATORS, as_text, invalid, is_empty
from kehu.base.schema.model import Field, Label


class Select(FieldType):
    """Sorted in the order of the options."""

    name = "select"
    label = Label("单选", "Choice")
    widget = "select"
    sorting: ClassVar[Sorting | None] = "option"
    operators = EXACT_OPERATORS

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        text = as_text(raw, env)
        option = None if text is None else find_option(field, text)
        return invalid(raw, "option") if option is None else Parsed(option.key)

    def dump(self, field: Field, value: Value) -> str | None:
        return None if value is None else str(value)

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        return "" if value is None else option_label(field, str(value), lang)

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return (
            () if value is None else (option_label(field, str(value), "zh-CN"), option_label(field, str(value), "en"))
        )

    def check(self, field: Field) -> tuple[Problem, ...]:
        return () if field.options else (Problem("options.missing"),)

    def sample(self, field: Field, random: Random) -> str:
        return random.choice(field.options).label.zh


select = Select()
