"""Addresses of web pages: http and https only, as pages make links of them."""

import re
from random import Random

from kehu.base.common.problems import Checked, Problem
from kehu.base.fields.base import ParseEnv
from kehu.base.fields.codes import CodeType
from kehu.base.schema.model import Field, Label

_WITH_SCHEME = re.compile(r"(https?)://([^\s/?#@]+)([^\s]*)", re.IGNORECASE)
_HOST = re.compile(r"[^\s/?#@:]+\.[^\s/?#@:]{2,}(?::\d{1,5})?|localhost(?::\d{1,5})?")


class Url(CodeType):
    """Without a scheme https is meant; the name of the host is in lower case."""

    name = "url"
    label = Label("网址", "Web address")
    widget = "url"
    longest = 1000

    def form(self, field: Field, text: str, env: ParseEnv) -> Checked:
        found = _WITH_SCHEME.fullmatch(text if "://" in text else f"https://{text}")
        if found is None or not _HOST.fullmatch(found[2]):
            return Checked(text, (Problem("url.invalid", "refuse", {"value": text[:60]}),))
        return Checked(f"{found[1].lower()}://{found[2].lower()}{found[3]}")

    def sample(self, field: Field, random: Random) -> str:
        return f"https://www.example.com/{random.randint(1, 99)}"


url = Url()
