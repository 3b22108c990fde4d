"""A link to one record of another entity."""

from random import Random

from kehu.base.fields.base import Problem
from kehu.base.fields.links import LinkType
from kehu.base.schema.model import Field, Label


class Relation(LinkType):
    """`settings`: target, reverse (its key seen from there), on_delete."""

    name = "relation"
    label = Label("关联", "Relation")

    def check(self, field: Field) -> tuple[Problem, ...]:
        if field.derived is None and not isinstance(field.settings.get("reverse"), str):
            return (*super().check(field), Problem("settings.reverse"))
        return super().check(field)

    def sample(self, field: Field, random: Random) -> int:
        return random.randint(1, 100_000)


relation = Relation()
