"""One line of text, sorted by pinyin."""

from random import Random

from kehu.base.fields.texts import TextType
from kehu.base.schema.model import Field, Label

WORDS = ("上海宏远贸易有限公司", "重庆银行", "单雨桐", "Kehu 2.0", "协同办公系统")


class Text(TextType):
    """Names, titles, short remarks."""

    name = "text"
    label = Label("文本", "Text")

    def sample(self, field: Field, random: Random) -> str:
        return random.choice(WORDS)


text = Text()
