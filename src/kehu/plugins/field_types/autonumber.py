"""Numbers that the ledger gives: 2023-TEC-001. The pattern is in `settings`; `core.records.numbering` counts.

A number that is given from outside is kept as it is.
"""

from random import Random
from typing import ClassVar

from kehu.base.common.text import narrow
from kehu.base.fields.base import Problem, Sorting
from kehu.base.fields.numbers import PatternFault, read_pattern
from kehu.base.fields.texts import TextType
from kehu.base.schema.model import Field, Label


class Autonumber(TextType):
    """`settings.pattern`, for instance {created:YYYY}-{industry.code}-{counter:3}."""

    name = "autonumber"
    label = Label("自动编号", "Automatic number")
    widget = "autonumber"
    sorting: ClassVar[Sorting | None] = "value"
    longest = 100

    def normal(self, text: str) -> str:
        return narrow(text)

    def check(self, field: Field) -> tuple[Problem, ...]:
        try:
            read_pattern(str(field.settings.get("pattern", "")))
        except PatternFault as fault:
            return (
                Problem("settings.pattern", data={"pattern": str(field.settings.get("pattern", "")), "at": str(fault)}),
            )
        return super().check(field)

    def sample(self, field: Field, random: Random) -> str:
        return f"{random.randint(2020, 2026)}-TEC-{random.randint(1, 999):03d}"


autonumber = Autonumber()
