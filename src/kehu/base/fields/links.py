"""Base of the field types that point to a record: relation and user.

A value is the id of the target. Names and codes from files stay `Unresolved`: only who holds the ledger can look
them up, and check that an id exists and may be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from kehu.base.common.text import normalize
from kehu.base.fields.base import (
    Column,
    ColumnKind,
    FieldType,
    Output,
    Parsed,
    ParseEnv,
    Problem,
    Sorting,
    Stored,
    Unresolved,
    Value,
)
from kehu.base.fields.inputs import EMPTY, EXACT_OPERATORS, as_text, invalid, is_empty
from kehu.base.schema.model import Field

LARGEST_ID = 2**63 - 1


class LinkType(FieldType):
    """One record of another entity; the column is `f_id`."""

    kind: ClassVar[ColumnKind] = "int"
    widget = "relation"
    output: ClassVar[Output] = "relation"
    sorting: ClassVar[Sorting | None] = "relation"
    operators = EXACT_OPERATORS

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(f"{field.column}_id", "int"),)

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        if isinstance(raw, dict):
            raw = raw.get("id")
        if isinstance(raw, int) and not isinstance(raw, bool) and env.source != "cell":
            return Parsed(raw) if 0 < raw <= LARGEST_ID else invalid(raw, "record")
        text = as_text(raw, env)
        return invalid(raw, "record") if text is None or env.source == "api" else Parsed(Unresolved(normalize(text)))

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        return stored[0]

    def dump(self, field: Field, value: Value) -> int | None:
        """The id; the label beside it is joined by who reads."""
        return None if value is None else int(str(value))

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def convert(self, old: FieldType, old_field: Field, value: Value, field: Field, env: ParseEnv) -> Parsed:
        if isinstance(old, LinkType) and old_field.target == field.target:
            return Parsed(value)
        text = old.render(old_field, value, "zh-CN", env.timezone)
        return Parsed(Unresolved(text)) if text else EMPTY

    def check(self, field: Field) -> tuple[Problem, ...]:
        if field.target is None:
            return (Problem("settings.target"),)
        if field.settings.get("on_delete", "empty") not in ("take_along", "empty", "refuse"):
            return (Problem("settings.on_delete"),)
        return ()
