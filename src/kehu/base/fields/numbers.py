"""Patterns of automatic numbers, as `settings.pattern` of a field holds them. Counting is `core.records.numbering`.

Words in braces: `{created:YYYY}` the day of filing, `{field:YYYYMMDD}` a date or instant of the record,
`{field.code}` the code of a chosen option or of a related record, `{field}` a text, and last `{counter:3}`, with
at least so many digits. One counter runs per text before it. `settings.otherwise` says what stands for an empty
field: a text, or {"by": field, value: text, …}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

CREATED = "created"
DATE_FORMS: Mapping[str, str] = {"YYYY": "%Y", "YYYYMM": "%Y%m", "YYYYMMDD": "%Y%m%d", "YY": "%y", "YYMM": "%y%m"}
MOST_DIGITS = 15

_PART = re.compile(r"\{([^{}]*)\}|([^{}]+)")
_WORD = re.compile(r"([a-z][a-z0-9_]*)(?:\.(code))?(?::([A-Z]+|\d{1,2}))?")


class PatternFault(ValueError):
    """A pattern that cannot be used; the text is the part that is wrong."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part before the counter. `text` is literal; else `field` with a date `form`, or `code` of its option."""

    text: str = ""
    field: str = ""
    form: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart."""

    parts: tuple[Part, ...]
    digits: int


def read_pattern(text: str) -> Pattern:
    """Take a pattern apart. Raises PatternFault."""
    parts: list[Part] = []
    at = 0
    digits = 0
    for found in _PART.finditer(text):
        if found.start() != at or digits:
            raise PatternFault(text[at:])
        at = found.end()
        if found[2] is not None:
            parts.append(Part(text=found[2]))
            continue
        word = _WORD.fullmatch(found[1])
        if word is None:
            raise PatternFault(found[0])
        name, code, form = word[1], word[2], word[3] or ""
        if name == "counter" and not code and form.isdigit() and 1 <= int(form) <= 9:
            digits = int(form)
        elif form in DATE_FORMS and not code:
            parts.append(Part(field=name, form=form))
        elif not form and name != CREATED:
            parts.append(Part(field=name, code=code is not None))
        else:
            raise PatternFault(found[0])
    if at != len(text) or not digits:
        raise PatternFault(text[at:] or text)
    return Pattern(tuple(parts), digits)


def number_form(pattern: Pattern, codes: Mapping[str, frozenset[str]]) -> re.Pattern[str]:
    """An expression that tells whether a given number fits: group 1 is what stands before the counter, 2 the counter.

    `codes` names the texts that a part with `code` may become, by field; any text where it is not named.
    """
    before = ""
    for part in pattern.parts:
        if part.text:
            before += re.escape(part.text)
        elif part.form:
            before += rf"\d{{{len(part.form)}}}"
        elif part.code and part.field not in codes:
            before += ".+?"
        elif part.code:
            before += "(?:" + "|".join(re.escape(code) for code in sorted(codes.get(part.field, ()))) + ")"
        else:
            before += ".+?"
    return re.compile(rf"({before})(\d{{{pattern.digits},{MOST_DIGITS}}})", re.ASCII)
