"""A link to a person who uses the ledger."""

from random import Random

from kehu.base.fields.base import Problem
from kehu.base.fields.inputs import EXACT_OPERATORS
from kehu.base.fields.links import LinkType
from kehu.base.schema.model import Field, Label


class User(LinkType):
    """The target is always the system entity `user`."""

    name = "user"
    label = Label("人员", "Person")
    widget = "user"
    operators = EXACT_OPERATORS | {"is_me"}

    def check(self, field: Field) -> tuple[Problem, ...]:
        return () if field.target == "user" else (Problem("settings.target"),)

    def sample(self, field: Field, random: Random) -> int:
        return random.randint(1, 50)


user = User()
