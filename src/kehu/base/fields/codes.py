"""Base of the field types whose text has a form of its own: phones, mail addresses, identity and bank numbers.

The form is checked by a function of `base.common`; this file turns its report into that of the field contract, and
masks so that neither length nor more than a few signs show.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from kehu.base.common.problems import Checked
from kehu.base.common.problems import Problem as Found
from kehu.base.common.text import narrow
from kehu.base.fields import rules
from kehu.base.fields.base import Parsed, ParseEnv, Problem, Severity, Sorting, Value
from kehu.base.fields.inputs import EMPTY, invalid, is_empty
from kehu.base.fields.texts import TextType
from kehu.base.schema.model import Field

HIDDEN = "••••"


def mask_middle(text: str, head: int, tail: int) -> str:
    """Keep some signs at both ends and hide the rest behind a fixed number of dots."""
    if len(text) < head + tail + 4:
        return HIDDEN
    return f"{text[:head]}{HIDDEN}{text[len(text) - tail :]}"


class CodeType(TextType):
    """A text with a form. Sorted by its bytes; equal means equal after normalising."""

    sorting: ClassVar[Sorting | None] = "value"
    rules = TextType.rules | {"format", "check_digit"}
    longest = 200

    @abstractmethod
    def form(self, field: Field, text: str, env: ParseEnv) -> Checked:
        """Normalise and check."""

    def normal(self, text: str) -> str:
        return narrow(text)

    def judge(self, field: Field, text: str, env: ParseEnv) -> Parsed:
        checked = self.form(field, text, env)
        problems = (Problem(p.code, _severity(field, p), p.data) for p in checked.problems)
        return rules.with_problems(Parsed(checked.value or None), problems)

    def operand(self, field: Field, op: str, raw: object, env: ParseEnv) -> Parsed:
        """A whole value is brought into stored form; a part is taken as it is."""
        if is_empty(raw):
            return EMPTY
        if not isinstance(raw, str):
            return invalid(raw, "text")
        if op in ("eq", "ne", "in", "not_in"):
            checked = self.form(field, narrow(raw), env)
            if checked.ok:
                return Parsed(checked.value)
        return Parsed(narrow(raw) or None)

    def mask(self, field: Field, value: Value) -> str:
        return mask_middle(str(value or ""), 3, 4)


def _severity(field: Field, found: Found) -> Severity:
    """How strict a field is about what a form has found; a remark stays one."""
    if found.severity == "refuse":
        return rules.severity(field, "format")
    if found.code.endswith((".check_digit", "number.cut")):
        return rules.severity(field, "check_digit")
    return found.severity
