"""Unified social credit codes of firms (GB 32100)."""

from random import Random

from kehu.base.common.identity import credit_code
from kehu.base.common.problems import Checked
from kehu.base.fields.base import ParseEnv
from kehu.base.fields.codes import CodeType
from kehu.base.schema.model import Field, Label


class CnCreditCode(CodeType):
    """A wrong check digit warns."""

    name = "cn_credit_code"
    label = Label("统一社会信用代码", "Unified social credit code")
    digits = True

    def form(self, field: Field, text: str, env: ParseEnv) -> Checked:
        return credit_code(text)

    def sample(self, field: Field, random: Random) -> str:
        return random.choice(("91310000MA1FL4B24C", "310101000012345"))


cn_credit_code = CnCreditCode()
