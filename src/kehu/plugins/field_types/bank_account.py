"""Bank accounts and cards, kept as digits. Problems never repeat the number."""

from random import Random

from kehu.base.common.identity import bank_account as read_account
from kehu.base.common.problems import Checked
from kehu.base.fields.base import ParseEnv, Value
from kehu.base.fields.codes import CodeType, mask_middle
from kehu.base.fields.inputs import EXACT_OPERATORS
from kehu.base.schema.model import Field, Label


class BankAccount(CodeType):
    """A card with a wrong check digit warns; accounts of firms have none."""

    name = "bank_account"
    label = Label("银行账户", "Bank account")
    widget = "secret"
    operators = EXACT_OPERATORS
    digits = True
    longest = 60

    def form(self, field: Field, text: str, env: ParseEnv) -> Checked:
        return read_account(text)

    def mask(self, field: Field, value: Value) -> str:
        return mask_middle(str(value or ""), 0, 4)

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def sample(self, field: Field, random: Random) -> str:
        return f"3310{random.randint(0, 10**11):012d}"


bank_account = BankAccount()
