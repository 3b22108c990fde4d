"""Any phone number: landline with area code and extension, 400, short service numbers, mobiles, foreign ones."""

from random import Random

from kehu.base.common.phones import phone as read_phone
from kehu.base.common.problems import Checked
from kehu.base.fields.base import ParseEnv
from kehu.base.fields.codes import CodeType
from kehu.base.schema.model import Field, Label


class Phone(CodeType):
    """Kept in reading form: 021-62881234-801."""

    name = "phone"
    label = Label("电话", "Phone")
    widget = "phone"
    digits = True

    def form(self, field: Field, text: str, env: ParseEnv) -> Checked:
        return read_phone(text)

    def sample(self, field: Field, random: Random) -> str:
        return f"021-6{random.randint(0, 9_999_999):07d}"


phone = Phone()
