"""Several options of a list."""

from random import Random

from kehu.base.fields.choices import ListType
from kehu.base.schema.model import Field, Label


class MultiSelect(ListType):
    """Words that are no option are refused."""

    name = "multi_select"
    label = Label("多选", "Choices")
    widget = "multi_select"

    def sample(self, field: Field, random: Random) -> list[str]:
        return [option.label.zh for option in random.sample(field.options, random.randint(1, len(field.options)))]


multi_select = MultiSelect()
