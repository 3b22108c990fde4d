"""Base of the field types that keep one line of text, with its sort key where people sort by it.

Normalises on entry; compares and indexes what it stored. It must not know which texts mean what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from kehu.base.common.pinyin import sort_key
from kehu.base.common.text import normalize
from kehu.base.fields import rules
from kehu.base.fields.base import Column, FieldType, Output, Parsed, ParseEnv, Problem, Sorting, Stored, Value, refuse
from kehu.base.fields.inputs import EMPTY, TEXT_OPERATORS, as_text, digits_cut, invalid, is_empty
from kehu.base.schema.model import Field


class TextType(FieldType):
    """One line of text. `sorting = "pinyin"` adds the column `f__sort`."""

    widget = "text"
    output: ClassVar[Output] = "text"
    sorting: ClassVar[Sorting | None] = "pinyin"
    operators = TEXT_OPERATORS
    rules = frozenset({"min_length", "max_length", "regex"})
    longest: ClassVar[int] = 500
    digits: ClassVar[bool] = False  # a code of digits: a number that a spreadsheet has cut must not get in

    def columns(self, field: Field) -> tuple[Column, ...]:
        main = Column(field.column, "text")
        return (main, Column(f"{field.column}__sort", "text")) if self.sorting == "pinyin" else (main,)

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        text = as_text(raw, env)
        if text is None:
            # Reports about a secret value must not hold it.
            return invalid("" if field.sensitive == "secret" else raw, "text")
        if self.digits and env.source == "cell" and digits_cut(raw):
            return refuse("number.cut")
        text = self.normal(text)
        if not text:
            return EMPTY
        if len(text) > self.longest:
            return refuse("text.too_long", limit=self.longest, length=len(text))
        parsed = self.judge(field, text, env)
        if parsed.value is None or not field.settings:  # most fields of large imports: no rules, no work
            return parsed
        return rules.with_problems(parsed, rules.of_text(field, str(parsed.value)))

    def normal(self, text: str) -> str:
        """The text in stored form."""
        return normalize(text)

    def judge(self, field: Field, text: str, env: ParseEnv) -> Parsed:
        """Check a normalised, filled text."""
        return Parsed(text)

    def operand(self, field: Field, op: str, raw: object, env: ParseEnv) -> Parsed:
        # A part of a value need not be a whole one: 138 finds phones, @example finds addresses.
        if is_empty(raw):
            return EMPTY
        if not isinstance(raw, str):
            return invalid(raw, "text")
        return Parsed(self.normal(raw) or None)

    def store(self, field: Field, value: Value) -> tuple[Stored, ...]:
        text = None if value is None else str(value)
        if self.sorting == "pinyin":
            return (text, None if text is None else sort_key(text))
        return (text,)

    def main(self, field: Field, value: Value) -> Stored:
        return None if value is None else str(value)

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        return stored[0]

    def dump(self, field: Field, value: Value) -> str | None:
        return None if value is None else str(value)

    def check(self, field: Field) -> tuple[Problem, ...]:
        limit = field.settings.get("max_length", 1)
        if isinstance(limit, int) and limit > self.longest:
            return (Problem("settings.max_length", data={"limit": self.longest}),)
        return tuple(rules.check(field, self))
