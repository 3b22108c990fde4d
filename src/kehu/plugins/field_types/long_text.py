"""Text of several lines: remarks, contents of a talk. Not sortable; searched in an index of its own."""

from random import Random
from typing import ClassVar

from kehu.base.common.text import normalize_lines
from kehu.base.fields.base import Sorting
from kehu.base.fields.texts import TextType
from kehu.base.schema.model import Field, Label


class LongText(TextType):
    """Line breaks stay."""

    name = "long_text"
    label = Label("多行文本", "Long text")
    widget = "long_text"
    sorting: ClassVar[Sorting | None] = None
    longest = 100_000

    def normal(self, text: str) -> str:
        return normalize_lines(text)

    def sample(self, field: Field, random: Random) -> str:
        return random.choice(("推送V2.0版本更新说明\n客户期待新增模块", "功能优化及时，期待新增模块"))


long_text = LongText()
