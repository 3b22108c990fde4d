"""Base of the field types whose values are options of the field, and the look-up of an option by what people write.

Records keep option keys; labels live in the catalog. Works on the field alone, without a ledger.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from kehu.base.common.text import fold_ascii, narrow, normalize
from kehu.base.fields.base import HOME, FieldType, Output, Parsed, ParseEnv, Problem, Sorting, Stored, Value, refuse
from kehu.base.fields.inputs import EMPTY, LIST_OPERATORS, as_text, invalid, is_empty
from kehu.base.schema.model import Field, Option

MOST_VALUES = 100
LONGEST_WORD = 60

_SEPARATORS = re.compile(r"[,，、;；|\n\r]+")
_known: dict[int, tuple[tuple[Option, ...], Mapping[str, Option]]] = {}


def find_option(field: Field, text: str) -> Option | None:
    """Return the option that `text` names by key, label in either language or code. Hidden ones are found last."""
    return _names(field.options).get(fold_ascii(narrow(text)))


def _names(options: tuple[Option, ...]) -> Mapping[str, Option]:
    """All names of the options. Kept per tuple: catalogs are immutable and imports ask a million times."""
    kept = _known.get(id(options))
    if kept is not None and kept[0] is options:
        return kept[1]
    names: dict[str, Option] = {}
    ordered = sorted(options, key=lambda o: o.hidden)
    by_place = zip(*((o.key, o.label.zh, o.label.en, o.code or "") for o in ordered), strict=True)
    for place in by_place:  # all keys first, then all Chinese labels, …
        for option, text in zip(ordered, place, strict=True):
            if name := fold_ascii(narrow(text)):
                names.setdefault(name, option)
    if len(_known) > 2000:
        _known.clear()
    _known[id(options)] = (options, names)
    return names


def option_label(field: Field, key: str, lang: str) -> str:
    """The label of an option; a key that is no option is shown as it is."""
    option = field.option(key)
    return key if option is None else option.label.of(lang)


class ListType(FieldType):
    """Several words per record, kept as canonical JSON text: options in their order, then other words by code point."""

    widget = "tags"
    output: ClassVar[Output] = "json"
    sorting: ClassVar[Sorting | None] = None
    operators = LIST_OPERATORS
    listed: ClassVar[bool] = True
    free: ClassVar[bool] = False  # whether words that are no option are kept

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        words: list[object]
        if isinstance(raw, list | tuple):
            words = list(raw)
        else:
            text = as_text(raw, env)
            if text is None or env.source == "api":
                return invalid(raw, "list")
            words = list(_SEPARATORS.split(text))
        found: list[str] = []
        for word in words:
            if is_empty(word):
                continue
            parsed = self.word(field, word)
            if parsed.refused:
                return parsed
            if isinstance(parsed.value, str):
                found.append(parsed.value)
        if len(found) > MOST_VALUES:
            return refuse("list.too_long", limit=MOST_VALUES, length=len(found))
        return Parsed(self.canonical(field, found))

    def word(self, field: Field, raw: object) -> Parsed:
        """Parse one word of a list."""
        if not isinstance(raw, str):
            return invalid(raw, "text")
        option = find_option(field, raw)
        if option is not None:
            return Parsed(option.key)
        text = normalize(raw)
        if not self.free:
            return invalid(raw, "option")
        if len(text) > LONGEST_WORD:
            return refuse("text.too_long", limit=LONGEST_WORD, length=len(text))
        return Parsed(text or None)

    def canonical(self, field: Field, words: Sequence[str]) -> tuple[str, ...] | None:
        """Each word once, in the order that makes equal sets equal bytes."""
        order = {option.key: place for place, option in enumerate(field.options)}
        return tuple(sorted(set(words), key=lambda w: (order.get(w, len(order)), w))) or None

    def operand(self, field: Field, op: str, raw: object, env: ParseEnv) -> Parsed:
        return EMPTY if is_empty(raw) else self.word(field, raw)

    def store(self, field: Field, value: Value) -> tuple[Stored, ...]:
        if value is None:
            return (None,)
        return (
            json.dumps(list(value) if isinstance(value, tuple) else [value], ensure_ascii=False, separators=(",", ":")),
        )

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        text = stored[0]
        return tuple(json.loads(text)) if isinstance(text, str) else None

    def dump(self, field: Field, value: Value) -> list[str] | None:
        return list(value) if isinstance(value, tuple) else None

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        words = value if isinstance(value, tuple) else ()
        return ("; " if lang == "en" else "、").join(option_label(field, word, lang) for word in words)

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        words = value if isinstance(value, tuple) else ()
        return tuple(
            dict.fromkeys(
                text for w in words for text in (option_label(field, w, "zh-CN"), option_label(field, w, "en"))
            )
        )

    def check(self, field: Field) -> tuple[Problem, ...]:
        return () if field.options or self.free else (Problem("options.missing"),)
