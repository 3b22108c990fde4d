"""Several words: those of the catalog by key, others as they were written."""

from random import Random

from kehu.base.fields.choices import ListType
from kehu.base.schema.model import Field, Label


class Tags(ListType):
    """A known word becomes its option's key, so that it may be renamed; any other word is kept literally."""

    name = "tags"
    label = Label("标签", "Tags")
    free = True

    def sample(self, field: Field, random: Random) -> list[str]:
        return random.sample(["通勤", "米白", "羊毛", "薰衣草精油", *(o.label.zh for o in field.options)], 2)


tags = Tags()
