"""What a field asks of its values beyond their form, as data in its settings: one member per rule.

    min, max                a number, a day or "today"; or {"field": key}: not below, not above another field
    min_length, max_length  signs of a text
    regex                   the whole text fits; `regex_hint` says in both languages what is wanted
    severity                {rule: "refuse" | "warn"}, where it is not the usual one

Field types name the rules they know, and besides `format` and `check_digit`, which judge what a type has read itself.
Usually all refuse but the check digit. It must not look at other fields: a limit that names one is checked where
records are written (`core.records.comparing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic_core import SchemaError, SchemaValidator, core_schema

from kehu.base.fields.base import Parsed, ParseEnv, Problem, Severity
from kehu.base.schema.codec import label_data, read_label
from kehu.base.schema.model import Field

if TYPE_CHECKING:
    from kehu.base.fields.base import FieldType

LIMITS = ("min", "max")
LENGTHS = ("min_length", "max_length")
OF_VALUES = (*LIMITS, *LENGTHS, "regex")
LONGEST_REGEX = 200
CODES = frozenset(
    {"text.too_short", "text.too_long", "text.regex", "number.out_of_range", "number.too_low", "number.too_high"}
    | {"date.too_early", "date.too_late"}
)
"""What is told of values that break a rule of their field's settings."""


def severity(field: Field, rule: str) -> Severity:
    """Whether breaking a rule keeps a value out or is only told."""
    said = field.settings.get("severity", {}).get(rule)
    return said if said in ("refuse", "warn") else "warn" if rule == "check_digit" else "refuse"


def broken(field: Field, rule: str, code: str, **data: object) -> Problem:
    """A broken rule, as strict as the field wants it."""
    return Problem(code, severity(field, rule), data)


def with_problems(parsed: Parsed, problems: Iterable[Problem]) -> Parsed:
    """What was read together with the rules that it breaks; nothing when one of them refuses."""
    found = (*parsed.problems, *problems)
    if found == parsed.problems:
        return parsed
    return Parsed(None if any(p.severity == "refuse" for p in found) else parsed.value, found)


def other(field: Field, rule: str) -> str | None:
    """The key of the field that a limit names, None for a limit of its own."""
    limit = field.settings.get(rule)
    return str(limit["field"]) if isinstance(limit, Mapping) and "field" in limit else None


# --- texts -----------------------------------------------------------------------------------------------------------


def of_text(field: Field, text: str) -> Iterator[Problem]:
    """The rules that a text breaks. Secrets have rules too: their problems repeat no text."""
    settings = field.settings
    least, most = settings.get("min_length"), settings.get("max_length")
    if least is not None and len(text) < least:
        yield broken(field, "min_length", "text.too_short", limit=least, length=len(text))
    if most is not None and len(text) > most:
        yield broken(field, "max_length", "text.too_long", limit=most, length=len(text))
    if (regex := settings.get("regex")) is not None and not _expression(regex).isinstance_python(text):
        hint = settings.get("regex_hint")
        yield broken(field, "regex", "text.regex", hint=label_data(read_label(hint)) if hint else regex)


@lru_cache(maxsize=512)
def _expression(regex: str) -> SchemaValidator:
    """The expression as an automaton without backtracking: whatever people write, a text takes linear time."""
    return SchemaValidator(core_schema.str_schema(pattern=f"^(?:{regex})$", regex_engine="rust-regex"))


# --- numbers and days ------------------------------------------------------------------------------------------------


def of_number(field: Field, kind: FieldType, value: int, decimals: int, shown: str) -> Iterator[Problem]:
    """The limits that a scaled number is beyond."""
    exact = Decimal(value).scaleb(-decimals)
    limits = {rule: _number(field.settings.get(rule)) for rule in LIMITS}
    least, most = limits["min"], limits["max"]
    low, high = least is not None and exact < least, most is not None and exact > most
    if not low and not high:
        return
    said = {
        rule: kind.render(field, int(limit.scaleb(decimals)), "zh-CN")
        for rule, limit in limits.items()
        if limit is not None
    }
    code = "number.out_of_range" if len(said) == 2 else "number.too_low" if low else "number.too_high"
    yield broken(field, "min" if low else "max", code, value=shown, **said)


def _number(limit: object) -> Decimal | None:
    return Decimal(str(limit)) if isinstance(limit, int | float) and not isinstance(limit, bool) else None


def of_day(field: Field, day: str, env: ParseEnv, shown: str) -> Iterator[Problem]:
    """The limits that a day is beyond."""
    least, most = _day(field, "min", env), _day(field, "max", env)
    if least is not None and day < least:
        yield broken(field, "min", "date.too_early", value=shown, limit=least)
    if most is not None and day > most:
        yield broken(field, "max", "date.too_late", value=shown, limit=most)


def day_of(instant: str, timezone: str) -> str:
    """The day of an instant, as limits mean it."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(timezone)).date().isoformat()


def _day(field: Field, rule: str, env: ParseEnv) -> str | None:
    limit = field.settings.get(rule)
    if limit == "today":
        return env.today.isoformat()
    return limit if isinstance(limit, str) else None


# --- settings --------------------------------------------------------------------------------------------------------


def check(field: Field, kind: FieldType) -> Iterator[Problem]:
    """Say what is wrong with the rules in the settings of a field."""
    settings = field.settings
    days = kind.output in ("date", "datetime")
    for rule in LIMITS if "min" in kind.rules else ():
        if other(field, rule) is None and not _is_limit(settings.get(rule), days):
            yield Problem("settings.day" if days else "settings.limit", data={"setting": rule})
    for rule in LENGTHS if "min_length" in kind.rules else ():
        length = settings.get(rule, 1)
        if isinstance(length, bool) or not isinstance(length, int) or length < 1:
            yield Problem("settings.length", data={"setting": rule})
    low, high = (settings.get(rule) for rule in (LENGTHS if "min_length" in kind.rules else LIMITS))
    if type(low) is type(high) and isinstance(low, int | float | str) and "today" not in (low, high) and low > high:  # type: ignore[operator]
        yield Problem("settings.range", data={"least": low, "most": high})
    if "regex" in kind.rules and "regex" in settings:
        yield from _check_regex(field)
    said = settings.get("severity", {})
    if not isinstance(said, Mapping) or any(
        rule not in kind.rules or level not in ("refuse", "warn") for rule, level in said.items()
    ):
        yield Problem("settings.severity", data={"rules": "、".join(sorted(kind.rules)) or "-"})


def _is_limit(limit: object, days: bool) -> bool:
    if limit is None:
        return True
    if not days:
        return _number(limit) is not None
    try:
        return limit == "today" or (isinstance(limit, str) and date.fromisoformat(limit).isoformat() == limit)
    except ValueError:
        return False


def _check_regex(field: Field) -> Iterator[Problem]:
    regex, hint = field.settings["regex"], field.settings.get("regex_hint")
    try:
        if not isinstance(regex, str) or not 0 < len(regex) <= LONGEST_REGEX:
            raise ValueError(regex)
        _expression(regex)
        if hint is not None:
            read_label(hint)
    except (SchemaError, ValueError):
        yield Problem("settings.regex", data={"regex": str(regex)[:LONGEST_REGEX], "most": LONGEST_REGEX})
