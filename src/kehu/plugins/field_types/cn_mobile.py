"""Mobile numbers of mainland China, kept as their 11 digits."""

from random import Random

from kehu.base.common.phones import mobile
from kehu.base.common.problems import Checked
from kehu.base.fields.base import ParseEnv
from kehu.base.fields.codes import CodeType
from kehu.base.schema.model import Field, Label


class CnMobile(CodeType):
    """Another length or beginning keeps the value out."""

    name = "cn_mobile"
    label = Label("手机", "Mobile (China)")
    widget = "phone"
    digits = True

    def form(self, field: Field, text: str, env: ParseEnv) -> Checked:
        return mobile(text)

    def sample(self, field: Field, random: Random) -> str:
        return f"138{random.randint(0, 99_999_999):08d}"


cn_mobile = CnMobile()
