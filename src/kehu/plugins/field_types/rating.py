"""A mark from 1 to `settings.max`, usually 5."""

from random import Random

from kehu.base.common.text import narrow
from kehu.base.fields.base import Parsed, ParseEnv, Problem, refuse
from kehu.base.fields.inputs import invalid
from kehu.base.fields.scaled import ScaledType
from kehu.base.schema.model import Field, Label


class Rating(ScaledType):
    """Whole numbers; ★★★☆☆ and 4星 are read too."""

    name = "rating"
    label = Label("评分", "Rating")
    widget = "rating"
    output = "int"
    rules = frozenset()
    expects = "integer"

    def decimals(self, field: Field) -> int:
        return 0

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if isinstance(raw, str):
            text = narrow(raw)
            stars = text.count("★")
            raw = str(stars) if stars and set(text) <= {"★", "☆"} else text.removesuffix("星").removesuffix("分")
        parsed = super().parse(field, raw, env)
        if any(p.code == self.rounded for p in parsed.problems):
            return invalid(raw, self.expects)
        most = int(field.settings.get("max", 5))
        if isinstance(parsed.value, int) and not 1 <= parsed.value <= most:
            return refuse("number.out_of_range", value=str(parsed.value), min=1, max=most)
        return parsed

    def check(self, field: Field) -> tuple[Problem, ...]:
        most = field.settings.get("max", 5)
        return (
            () if isinstance(most, int) and 2 <= most <= 10 else (Problem("settings.limit", data={"setting": "max"}),)
        )

    def sample(self, field: Field, random: Random) -> int:
        return random.randint(1, int(field.settings.get("max", 5)))


rating = Rating()
