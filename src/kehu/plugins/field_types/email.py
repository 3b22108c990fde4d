"""Mail addresses; the domain in lower case."""

from random import Random

from kehu.base.common.phones import email as read_email
from kehu.base.common.problems import Checked
from kehu.base.fields.base import ParseEnv, Value
from kehu.base.fields.codes import HIDDEN, CodeType
from kehu.base.schema.model import Field, Label


class Email(CodeType):
    """Shown masked by its domain only."""

    name = "email"
    label = Label("邮箱", "E-mail")
    widget = "email"

    def form(self, field: Field, text: str, env: ParseEnv) -> Checked:
        return read_email(text)

    def mask(self, field: Field, value: Value) -> str:
        _, at, domain = str(value or "").partition("@")
        return f"{HIDDEN}{at}{domain}"

    def sample(self, field: Field, random: Random) -> str:
        return f"shen{random.randint(1, 999)}@example.com"


email = Email()
