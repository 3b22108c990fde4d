"""What the plain parsers of this folder report: a code, its data, and whether it refuses or only warns.

`base/common` sits below `base/errors`, so its parsers raise `Unreadable`; field types turn it into a
field error. It must not hold user text: the sentence for a code lives in the locale files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["refuse", "warn"]
Datum = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a value: `refuse` keeps the value out, `warn` lets it in with a mark."""

    code: str
    severity: Severity
    data: Mapping[str, Datum] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """A normalised text and what was found about it."""

    value: str
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """True when nothing refuses the value (warnings may exist)."""
        return all(problem.severity != "refuse" for problem in self.problems)


class Unreadable(ValueError):
    """A text that cannot be read as the wanted kind of value; `code` and `data` choose the sentence."""

    def __init__(self, code: str, **data: Datum) -> None:
        super().__init__(code)
        self.code = code
        self.data: dict[str, Datum] = data
