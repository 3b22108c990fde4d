"""The contract of a field type, and which physical columns a field occupies.

A field type is one file in `plugins/field_types/`. It works on three forms of a value:
*input* (JSON from the API, text of a cell or form), *value* (canonical Python, see `Value`), and *stored*
(what stands in the columns). It never touches a database and builds no SQL: `output`, `sorting` and
`operators` tell `base.db.query` which expressions fit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from random import Random
from typing import Any, ClassVar, Literal

from kehu.base.schema.model import Field, Label

ColumnKind = Literal["text", "int", "date", "datetime"]
Stored = str | int | None  # dates "2026-03-05", datetimes "2026-03-05T01:02:03.004Z" (UTC), tags as JSON text
Value = str | int | bool | tuple[str, ...] | None

HOME = "Asia/Shanghai"
"""The time zone of a ledger that says nothing else."""

# How the compiler turns the main column into JSON.
Output = Literal[
    "text",  # JSON string
    "int",  # JSON number
    "scaled_text",  # scaled integer → decimal string, e.g. money "12800.00"
    "scaled_number",  # scaled integer → JSON number
    "boolean",  # 0/1 → true/false
    "date",
    "datetime",
    "json",  # the column holds JSON text (tags)
    "relation",  # id → {"id", "label"}
]
Sorting = Literal["value", "pinyin", "option", "relation"]
Severity = Literal["refuse", "warn"]


@dataclass(frozen=True, slots=True)
class Column:
    """One physical column of a field."""

    name: str
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a value: `refuse` keeps it out, `warn` lets it in and tells."""

    code: str
    severity: Severity = "refuse"
    data: Mapping[str, object] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Text that names a record or user and must be looked up by whoever holds the ledger."""

    text: str


@dataclass(frozen=True, slots=True)
class ParseEnv:
    """What parsing may depend on. `source`: "api" (JSON), "form" (typed text), "cell" (workbook cell)."""

    source: Literal["api", "form", "cell"] = "api"
    timezone: str = HOME
    today: date = date(2000, 1, 1)
    factor: int = 1  # unit of the column: 10000 for 万元


@dataclass(frozen=True, slots=True)
class Parsed:
    """Result of parsing: the value, or nothing with the problems that keep it out; a value may come with warnings."""

    value: Value | Unresolved = None
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether some problem keeps the value out."""
        return any(p.severity == "refuse" for p in self.problems)


def refuse(code: str, **data: object) -> Parsed:
    """Return a parse result that keeps the input out."""
    return Parsed(None, (Problem(code, "refuse", data),))


class FieldType(ABC):
    """One kind of value. Stateless; one instance per process. Fields carry the settings."""

    name: ClassVar[str]
    label: ClassVar[Label]
    widget: ClassVar[str]
    output: ClassVar[Output] = "text"
    sorting: ClassVar[Sorting | None] = "value"
    operators: ClassVar[frozenset[str]]
    kind: ClassVar[ColumnKind] = "text"
    listed: ClassVar[bool] = False
    """Whether values are lists of words, mirrored into a table for filters."""
    rules: ClassVar[frozenset[str]] = frozenset()
    """The rules of `base.fields.rules` that fields of this type may have."""

    def columns(self, field: Field) -> tuple[Column, ...]:
        """Columns of a plain value; the first holds it, others (such as `f__sort`) serve it."""
        return (Column(field.column, self.kind),)

    def formula_column(self, field: Field) -> Column:
        """The column that formulas, roll-ups and their filters read; the main one unless a type keeps another."""
        return self.columns(field)[0]

    def part_column(self, field: Field, part: str) -> Column | None:
        """The column that holds a part of the value, for derived fields of kind `part`; None when there is none."""
        return None

    @abstractmethod
    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        """Turn input into a value. `None` and `""` are empty and never a problem."""

    def store(self, field: Field, value: Value) -> tuple[Stored, ...]:
        """Turn a value into the contents of `columns(field)`, in their order."""
        if isinstance(value, bool):
            return (int(value),)
        if isinstance(value, tuple):
            raise TypeError(f"{self.name} must override store() for lists")
        return (value,)

    def main(self, field: Field, value: Value) -> Stored:
        """The content of the first of `columns(field)` alone: what tells values apart, without what serves them."""
        return self.store(field, value)[0]

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        """Turn the contents of `columns(field)` back into the value."""
        return stored[0]

    @abstractmethod
    def dump(self, field: Field, value: Value) -> Any:
        """Turn a value into its JSON form, the same as the compiled SQL gives."""

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        """Turn a value into the text a person reads; "" when empty. Only instants look at `timezone`."""
        dumped = self.dump(field, value)
        return "" if dumped is None else str(dumped)

    def operand(self, field: Field, op: str, raw: object, env: ParseEnv) -> Parsed:
        """Parse one operand of a filter; the default is the parse of a value.

        Lists (in, any_of …) are parsed element by element; `between` asks for its ends as `gte` and `lte`.
        """
        return self.parse(field, raw, env)

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        """Texts to be indexed for search under the field's class."""
        return (value,) if isinstance(value, str) else ()

    def convert(self, old: FieldType, old_field: Field, value: Value, field: Field, env: ParseEnv) -> Parsed:
        """Take over a value of another type; the default goes through its text."""
        text = old.render(old_field, value, "zh-CN", env.timezone)
        return self.parse(field, text, ParseEnv("cell", env.timezone, env.today, env.factor))

    def mask(self, field: Field, value: Value) -> str:
        """The text shown to those who may not see the value; must hold `•` and hide the length."""
        return "••••"

    def blind(self, field: Field, value: Value) -> str:
        """The text whose keyed hash is the blind index of a secret value."""
        return "" if value is None else str(value)

    def check(self, field: Field) -> tuple[Problem, ...]:
        """Say what is wrong with the settings of a field of this type."""
        return ()

    @abstractmethod
    def sample(self, field: Field, random: Random) -> object:
        """Make up an input that parses, for conformance tests and samples."""


SYSTEM_COLUMNS: tuple[Column, ...] = (
    Column("id", "int"),
    Column("rev", "int"),
    Column("created_at", "datetime"),
    Column("updated_at", "datetime"),
    Column("created_by", "int"),
    Column("updated_by", "int"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """All physical columns of one field.

    value: what the value type stores, kept also when derived. typed: where a typed value waits beside a derived one.
    secret: the three columns of an encrypted field; then `value` is empty. read_time fields have no columns.
    """

    value: tuple[Column, ...] = ()
    typed: tuple[Column, ...] = ()
    secret: tuple[Column, ...] = ()

    @property
    def all(self) -> tuple[Column, ...]:
        """Every column, in a stable order."""
        return (*self.value, *self.typed, *self.secret)


def layout(field: Field, types: Mapping[str, FieldType]) -> Layout:
    """Return the columns of a field. `types` maps field type names to field types."""
    if field.derived is not None and field.derived.read_time:
        return Layout()
    if field.sensitive == "secret":
        names = (f"{field.column}__enc", f"{field.column}__idx", f"{field.column}__mask")
        return Layout(secret=tuple(Column(name, "text") for name in names))
    value = types[field.value_type].columns(field)
    if field.typed:
        # A typed value needs only its main column: what serves it (sort keys) is kept beside the result.
        return Layout(value=value, typed=(Column(f"{field.column}__typed", value[0].kind),))
    return Layout(value=value)


def base_columns(field: Field, types: Mapping[str, FieldType]) -> tuple[Column, ...]:
    """Columns that people's input reaches: covered by history and digests; the rest is derived."""
    columns = layout(field, types)
    if field.derived is not None:
        return columns.typed
    return columns.all
