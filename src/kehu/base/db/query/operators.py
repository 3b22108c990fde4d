"""Turns one filter of the contract (field, operator, value) into tests on stored values.

Every operator becomes one of a few tests, negated or not, so that compiler and cache know little. Operands are
parsed by the field's type. Holds no SQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from kehu.base.common.dates import Within, day_start, format_instant, period
from kehu.base.common.problems import Unreadable
from kehu.base.common.text import fold_ascii
from kehu.base.common.workdays import NONE as NO_EXTRA
from kehu.base.common.workdays import Extra
from kehu.base.db.query.ast import Kind
from kehu.base.db.query.handles import Blind, Handle
from kehu.base.db.query.problems import wrong
from kehu.base.fields.base import ParseEnv, Stored, Unresolved
from kehu.base.formula.bounds import Bound, bounds, bounds_if_true
from kehu.base.formula.parse import parse

ALL = frozenset(
    "eq ne in not_in contains not_contains starts_with ends_with lt lte gt gte between empty not_empty within "
    "any_of all_of none_of under is_me".split()
)
EXACT = frozenset({"eq", "ne", "in", "not_in", "empty", "not_empty"})
# Operators that are the complement of another; these alone are fulfilled by an empty value (beside `empty`).
COMPLEMENT = {
    "ne": "eq",
    "not_in": "in",
    "not_contains": "contains",
    "none_of": "any_of",
    "not_empty": "empty",
}
LONGEST_LIST = 1000
LONGEST_TEXT = 1000
MOST_SPELLINGS = 64

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TEXT_TESTS: Mapping[str, Kind] = {"contains": "contains", "starts_with": "starts", "ends_with": "ends"}
_ORDER_TESTS: Mapping[str, Kind] = {"lt": "lt", "lte": "lte", "gt": "gt", "gte": "gte"}


@dataclass(frozen=True, slots=True)
class OperandEnv:
    """What reading an operand may depend on. `extra` gives the ledger's own working days, read when asked."""

    parse: ParseEnv
    blind: Blind | None = None
    extra: Callable[[], Extra] = lambda: NO_EXTRA
    # Code ranges (from including, to excluding) of a region by name or code; None when there is none.
    region: Callable[[str], Sequence[tuple[str, str]] | None] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One filter as a test: all values, or the caller's own id, and whether its complement is meant."""

    kind: Kind
    values: tuple[Stored, ...] = ()
    negated: bool = False
    me: bool = False


def read(handle: Handle, op: object, value: object, given: bool, env: OperandEnv, at: str) -> Reading:
    """Read one filter. `given` tells whether there was a value at all; `at` is its place for errors.

    Raises BadInput `operator.unknown`, `operator.unsupported`, or what the field type says about the value.
    """
    if not isinstance(op, str) or op not in ALL:
        raise wrong("operator.unknown", at=f"{at}.op", op=str(op)[:40])
    usable = EXACT if handle.mode == "exact" else handle.type.operators
    if op not in usable:
        raise wrong("operator.unsupported", field=handle.path, at=f"{at}.op", op=op)
    if op in ("empty", "not_empty", "is_me"):
        if given and value is not None:
            raise wrong("operator.no_value", field=handle.path, at=f"{at}.value", op=op)
        if op == "is_me":
            return Reading("eq", me=True)
        return Reading("empty", negated=op == "not_empty")
    if not given or value is None:
        raise wrong("operator.value_missing", field=handle.path, at=f"{at}.value", op=op)
    plain = COMPLEMENT.get(op, op)
    reading = _positive(handle, plain, value, env, f"{at}.value")
    return Reading(reading.kind, reading.values, op != plain, reading.me)


def implied(handle: Handle, reading: Reading, env: OperandEnv) -> tuple[Bound, ...]:
    """What a test on a value that is computed from today implies for the days that it is computed from."""
    assert handle.formula is not None
    formula, today = parse(handle.formula), env.parse.today
    numbers = [value for value in reading.values if isinstance(value, int)]
    if len(numbers) != len(reading.values) or not numbers:
        return ()
    if handle.output == "boolean":
        return bounds_if_true(formula, today) if reading.kind == "eq" and numbers == [1] else ()
    if handle.output not in ("int", "scaled_text", "scaled_number"):
        return ()
    scale = 10**handle.decimals
    low, high = min(numbers) / scale, max(numbers) / scale
    match reading.kind:
        case "eq" | "ranges":
            return bounds(formula, low, high, today)
        case "gt" | "gte":
            return bounds(formula, low, None, today)
        case "lt" | "lte":
            return bounds(formula, None, high, today)
        case _:
            return ()


def _positive(handle: Handle, op: str, value: object, env: OperandEnv, at: str) -> Reading:
    if op in ("eq", "in", "any_of", "all_of"):
        items = _items(handle, value, at) if op != "eq" else [value]
        return _one_of(handle, op, items, env, at)
    if op in _TEXT_TESTS:
        text = _operand(handle, op, value, env, at)
        if not isinstance(text, str):
            raise wrong("operator.value_missing", field=handle.path, at=at, op=op)
        return Reading(_TEXT_TESTS[op], (fold_ascii(text),))
    if op in _ORDER_TESTS:
        return Reading(_ORDER_TESTS[op], (_operand(handle, op, value, env, at),))
    if op == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise wrong("operator.two_values", field=handle.path, at=at, op=op)
        low = _operand(handle, "gte", value[0], env, f"{at}[0]")
        high = _operand(handle, "lte", value[1], env, f"{at}[1]")
        return Reading("ranges", (low, _after(handle, high)))
    if op == "within":
        return Reading("ranges", _within(handle, value, env, at))
    return Reading("ranges", _under(handle, value, env, at))


def _items(handle: Handle, value: object, at: str) -> Sequence[object]:
    if not isinstance(value, list) or not value:
        raise wrong("operator.list", field=handle.path, at=at)
    if len(value) > LONGEST_LIST:
        raise wrong("query.too_many", at=at, limit=LONGEST_LIST, found=len(value))
    return value


def _one_of(handle: Handle, op: str, items: Sequence[object], env: OperandEnv, at: str) -> Reading:
    places = [f"{at}[{n}]" for n in range(len(items))] if op != "eq" else [at]
    if handle.output == "datetime" and handle.mode == "plain" and all(_is_day(item) for item in items):
        # A day without a time means the whole day.
        bounds: list[Stored] = []
        for item, place in zip(items, places, strict=True):
            first = _operand(handle, "gte", item, env, place)
            bounds += (first, _after(handle, _operand(handle, "lte", item, env, place)))
        return Reading("ranges", tuple(bounds))
    parsed = [_operand(handle, op, item, env, place) for item, place in zip(items, places, strict=True)]
    if handle.mode == "exact":
        if env.blind is None:
            raise wrong("operator.unsupported", field=handle.path, at=at, op=op)
        return Reading("eq", tuple(env.blind(handle, str(value)) for value in parsed))
    if op in ("any_of", "all_of"):
        return Reading("any_of" if op == "any_of" else "all_of", tuple(dict.fromkeys(parsed)))
    if handle.output == "text" and handle.sorting != "option":
        return _same_text([str(value) for value in parsed])
    return Reading("eq", tuple(dict.fromkeys(parsed)))


def _same_text(texts: Sequence[str]) -> Reading:
    """Equal but for ASCII case. Few spellings are listed, so that an index serves; else the column is folded."""
    letters = sum(c.isascii() and c.isalpha() for text in texts for c in text)
    spellings = {text for one in texts for text in _spellings(one)} if 2**letters <= MOST_SPELLINGS else set()
    if spellings:
        return Reading("eq", tuple(sorted(spellings)))
    return Reading("folded", tuple(dict.fromkeys(fold_ascii(text) for text in texts)))


def _spellings(text: str) -> list[str]:
    parts = [(c.lower(), c.upper()) if c.isascii() and c.isalpha() else (c,) for c in text]
    return ["".join(found) for found in product(*parts)]


def _operand(handle: Handle, op: str, raw: object, env: OperandEnv, at: str) -> Stored:
    """Parse one operand into its stored form; the plain text of a secret field. Never empty."""
    if isinstance(raw, str) and len(raw) > LONGEST_TEXT:
        raise wrong("query.too_many", at=at, limit=LONGEST_TEXT, found=len(raw))
    parsed = handle.type.operand(handle.field, op, raw, env.parse)
    for problem in parsed.problems:
        if problem.severity == "refuse":
            raise wrong(problem.code, at=at, **{**problem.data, "field": handle.path})
    value = parsed.value
    if isinstance(value, Unresolved):
        raise wrong("value.invalid", field=handle.path, at=at, value=value.text)
    if isinstance(value, tuple):
        value = value[0] if len(value) == 1 else None
    if value is None:
        raise wrong("operator.value_missing", field=handle.path, at=at, op=op)
    if handle.mode == "exact":
        return handle.type.blind(handle.field, value)
    if isinstance(value, bool):
        return int(value)
    return value


def _is_day(raw: object) -> bool:
    return isinstance(raw, str) and _DAY.fullmatch(raw.strip()) is not None


def _after(handle: Handle, value: Stored) -> Stored:
    """The next greater stored value, so that ranges exclude their end."""
    if isinstance(value, int):
        return value + 1
    text = str(value)
    if handle.output == "date":
        return (date.fromisoformat(text) + timedelta(days=1)).isoformat()
    if handle.output == "datetime":
        from_ms = date.fromisoformat(text[:10])
        milliseconds = (
            ((int(text[11:13]) * 60 + int(text[14:16])) * 60 + int(text[17:19])) * 1000 + int(text[20:23]) + 1
        )
        days, rest = divmod(milliseconds, 86_400_000)
        seconds, rest = divmod(rest, 1000)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
        return f"{(from_ms + timedelta(days=days)).isoformat()}T{clock}Z"
    return f"{text}\x01"


def _within(handle: Handle, value: object, env: OperandEnv, at: str) -> tuple[Stored, Stored]:
    if not isinstance(value, dict):
        raise wrong("query.type", at=at, expected="object")
    for key in value:
        if key not in ("period", "unit", "n"):
            raise wrong("query.member_unknown", at=f"{at}.{key}", member=str(key))
    try:
        within = Within(value.get("period"), value.get("unit"), value.get("n", 1))  # type: ignore[arg-type]
        extra = env.extra() if within.unit == "workday" else NO_EXTRA
        first, end = period(within, env.parse.today, extra)
    except (Unreadable, TypeError, OverflowError) as error:
        data = error.data if isinstance(error, Unreadable) else {}
        code = error.code if isinstance(error, Unreadable) else "within.invalid"
        raise wrong(code, at=at, **{**data, "field": handle.path}) from error
    if handle.output == "datetime":
        zone = ZoneInfo(env.parse.timezone)
        return format_instant(day_start(first, zone)), format_instant(day_start(end, zone))
    return first.isoformat(), end.isoformat()


def _under(handle: Handle, value: object, env: OperandEnv, at: str) -> tuple[Stored, ...]:
    items = value if isinstance(value, list) else [value]
    bounds: list[Stored] = []
    for item in items[:LONGEST_LIST]:
        found = env.region(item) if env.region is not None and isinstance(item, str) else None
        if not found:
            raise wrong("value.invalid", field=handle.path, at=at, value=str(item)[:60], expects="region")
        for low, high in found:
            bounds += (low, high)
    if not bounds:
        raise wrong("operator.list", field=handle.path, at=at)
    return tuple(bounds)
