"""Identity numbers. Checked as 身份证 only where the record says that it is one; other papers are kept as text.

Problems never repeat the number: reports and logs must not hold what the ledger encrypts.
"""

from random import Random

from kehu.base.common.identity import id_card, to_18
from kehu.base.common.problems import Checked
from kehu.base.fields.base import ParseEnv, Value
from kehu.base.fields.codes import CodeType, mask_middle
from kehu.base.fields.inputs import EXACT_OPERATORS
from kehu.base.schema.model import Field, Label

OTHER_PAPERS = range(5, 31)


class CnIdCard(CodeType):
    """A wrong check digit warns. `settings.papers` allows numbers of other papers (passports) in the field."""

    name = "cn_id_card"
    label = Label("身份证号", "ID number (China)")
    widget = "secret"
    operators = EXACT_OPERATORS
    digits = True
    longest = 40

    def form(self, field: Field, text: str, env: ParseEnv) -> Checked:
        checked = id_card(text, env.today if env.today.year > 2000 else None)
        foreign = field.settings.get("papers") and not checked.ok and not text.isdigit()
        if foreign and len(text) in OTHER_PAPERS and text.isascii() and text.replace("-", "").isalnum():
            return Checked(text.upper())
        return checked

    def mask(self, field: Field, value: Value) -> str:
        return mask_middle(str(value or ""), 4, 4)

    def blind(self, field: Field, value: Value) -> str:
        text = str(value or "")
        return to_18(text) if text[:15].isdigit() and len(text) in (15, 18) else text

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def sample(self, field: Field, random: Random) -> str:
        born = f"199{random.randint(0, 9)}0{random.randint(1, 9)}1{random.randint(0, 9)}"
        body = f"330106{born}{random.randint(0, 999):03d}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


cn_id_card = CnIdCard()
