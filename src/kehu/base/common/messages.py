"""Sentences by code, from `kehu/locale/<language>/<area>.toml`, each file one area, zh_CN first and en second.

A lookup never fails: without a text the code itself comes out, without a datum its name in braces. Nothing here
knows which codes exist; a test checks that both languages are complete.

`{count:cell is|cells are}` in a text stands for one of two words: the first when `count` is one, else the second. The
number itself has its own place before it: "{count} {count:cell is|cells are} empty".
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

FOLDERS = {"zh-CN": "zh_CN", "en": "en"}
ORDER = ("zh-CN", "en")


@dataclass(frozen=True, slots=True)
class Told:
    """A datum that is itself a text by code: "no space left" in the middle of a sentence. `otherwise` is used when
    no language has the code."""

    code: str
    otherwise: str = ""

    def __str__(self) -> str:
        return self.otherwise or self.code


@cache
def texts(lang: str) -> Mapping[str, str]:
    """All sentences of a language by code."""
    found: dict[str, str] = {}
    folder = files("kehu") / "locale" / FOLDERS[lang]
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            found.update(_flat("", tomllib.loads(file.read_text(encoding="utf-8"))))
    return MappingProxyType(found)


def message(code: str, lang: str = "zh-CN", /, **data: object) -> str:
    """Return the sentence for `code` in `lang`, filled with `data`; the code when nothing is known about it."""
    for one in (lang, *ORDER):
        if one in FOLDERS and (text := texts(one).get(code)) is not None:
            return _FORMAT.vformat(text, (), {name: _told(value, lang) for name, value in data.items()})
    return code


def explained(code: str, lang: str, data: Mapping[str, object]) -> str:
    """The sentence for a problem: that of its `reason`, where that says more (5/3/23 is a date, of an unclear day)."""
    reason = data.get("reason")
    return message(reason if isinstance(reason, str) and has_text(reason, lang) else code, lang, **data)


def _told(value: object, lang: str) -> object:
    if isinstance(value, Mapping) and lang in value:  # a label, in both languages
        return value[lang]
    if not isinstance(value, Told):
        return value
    found = message(value.code, lang)
    return str(value) if found == value.code else found


def has_text(code: str, lang: str) -> bool:
    """Whether `lang` itself has a sentence for `code`."""
    return code in texts(lang)


def _flat(prefix: str, table: Mapping[str, object]) -> dict[str, str]:
    # "a.b" = "…" and [a] b = "…" are the same code.
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found.update(_flat(f"{prefix}{key}.", value))
        else:
            found[f"{prefix}{key}"] = str(value)
    return found


class _Forgiving(string.Formatter):
    """Fills what it can; data come from callers and files, so attributes and indexes are never followed."""

    def get_field(self, field_name: str, args: object, kwargs: Mapping[str, object]) -> tuple[object, str]:
        if field_name not in kwargs:
            return "{" + field_name + "}", field_name
        value = kwargs[field_name]
        if isinstance(value, (list, tuple)):
            value = ", ".join(str(one) for one in value)
        return "" if value is None else value, field_name

    def format_field(self, value: object, format_spec: str) -> str:
        one, bar, several = format_spec.partition("|")
        if bar:
            return one if str(value) == "1" else several
        try:
            return str(format(value, format_spec))
        except (ValueError, TypeError):
            return str(value)


_FORMAT = _Forgiving()
