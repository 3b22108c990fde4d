"""A plain evaluator of checked formulas: the reference that both databases are compared with.

Follows the same steps in the same order with Python's floats, dates and texts, and shares no code with the compiler.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kehu.base.formula.types import Expr, Operand

EPOCH = date(1970, 1, 1)


class Evaluator:
    """`values` are stored values by field key: scaled integers, keys, 0/1, dates as text, lists as JSON text parsed."""

    def __init__(self, values: Mapping[str, Any], fields: Mapping[str, Operand], today: str, zone: str) -> None:
        self.values, self.fields = values, fields
        self.today, self.zone = date.fromisoformat(today), ZoneInfo(zone)

    def stored(self, expr: Expr, result: Operand) -> Any:
        value = self.of(expr)
        if value is None:
            return None
        match result.kind:
            case "number":
                v = value * result.scale if result.scale != 1 else value
                return int(self.half_up(v)) if abs(v) < 9e18 else None
            case "boolean":
                return int(value)
            case "text":
                return value[:20_000] or None
            case "date":
                return value.isoformat()
            case _:
                return value

    @staticmethod
    def half_up(v: float) -> float:
        return float(math.floor(v + abs(v) / 2.0**49 + 0.5))

    @staticmethod
    def floor(v: float) -> float:
        return v if abs(v) >= 1e15 else float(math.floor(v))

    def of(self, e: Expr) -> Any:
        return getattr(self, f"do_{e.op}")(e)

    def all(self, e: Expr) -> list[Any]:
        return [self.of(one) for one in e.args]

    def do_literal(self, e: Expr) -> Any:
        return date.fromisoformat(str(e.value)) if e.kind == "date" else e.value

    def do_null(self, e: Expr) -> Any:
        return None

    def do_field(self, e: Expr) -> Any:
        value = self.values.get(str(e.value))
        if value is None:
            return None
        match e.kind:
            case "number":
                return float(value) / self.fields[str(e.value)].scale
            case "boolean":
                return value != 0
            case "date":
                return date.fromisoformat(value)
            case "datetime":
                return datetime.fromisoformat(value)
            case _:
                return value

    def do_today(self, e: Expr) -> Any:
        return self.today

    def do_neg(self, e: Expr) -> Any:
        (a,) = self.all(e)
        return None if a is None else -a

    def do_add(self, e: Expr) -> Any:
        total, *rest = self.all(e)
        for one in rest:
            total = None if total is None or one is None else total + one
        return total

    def do_sum(self, e: Expr) -> Any:
        total, *rest = [one or 0.0 for one in self.all(e)]
        for one in rest:
            total = total + one
        return total

    def _two(self, e: Expr, step: Any) -> Any:
        a, b = self.all(e)
        return None if a is None or b is None else step(a, b)

    def do_sub(self, e: Expr) -> Any:
        return self._two(e, lambda a, b: a - b)

    def do_mul(self, e: Expr) -> Any:
        return self._two(e, lambda a, b: a * b)

    def do_div(self, e: Expr) -> Any:
        return self._two(e, lambda a, b: a / b if b else None)

    def do_pow(self, e: Expr) -> Any:
        def power(a: float, b: float) -> Any:
            if a == 0:
                return 0.0 if b > 0 else None
            if a < 0 and b != math.floor(b):
                return None
            return a**b if abs(b * math.log(abs(a))) < 138 else None

        return self._two(e, power)

    def do_abs(self, e: Expr) -> Any:
        (a,) = self.all(e)
        return None if a is None else abs(a)

    def do_int(self, e: Expr) -> Any:
        (a,) = self.all(e)
        return None if a is None else self.floor(a + abs(a) / 2.0**49)

    def do_mod(self, e: Expr) -> Any:
        return self._two(e, lambda a, b: a - b * self.floor(a / b) if b else None)

    def _rounded(self, e: Expr, up: Any) -> Any:
        (a,) = self.all(e)
        if a is None:
            return None
        digits = float(e.value)  # type: ignore[arg-type]
        factor = 10.0 ** abs(digits)
        v = a * factor if digits >= 0 else a / factor
        whole = v if abs(v) >= 1e15 else -up(-v) if v < 0 else up(v)
        return whole / factor if digits >= 0 else whole * factor

    def do_round(self, e: Expr) -> Any:
        return self._rounded(e, self.half_up)

    def do_rounddown(self, e: Expr) -> Any:
        return self._rounded(e, lambda v: float(math.floor(v + v / 2.0**49)))

    def do_roundup(self, e: Expr) -> Any:
        return self._rounded(e, lambda v: -float(math.floor(v / 2.0**49 - v)))

    def do_min(self, e: Expr) -> Any:
        return min((one for one in self.all(e) if one is not None), default=None)

    def do_max(self, e: Expr) -> Any:
        return max((one for one in self.all(e) if one is not None), default=None)

    def do_and(self, e: Expr) -> Any:
        return all(self.all(e))

    def do_or(self, e: Expr) -> Any:
        return any(self.all(e))

    def do_not(self, e: Expr) -> Any:
        return not self.of(e.args[0])

    def do_isblank(self, e: Expr) -> Any:
        return self.of(e.args[0]) in (None, "", [])

    def same(self, a: Any, b: Any, kind: str) -> bool:
        if kind == "text":
            return self.fold(a or "") == self.fold(b or "")
        if a is None or b is None:
            return a is b
        return abs(a - b) < 5e-7 if kind == "number" else bool(a == b)

    @staticmethod
    def fold(text: str) -> str:
        return "".join(c.lower() if c.isascii() else c for c in text)

    def do_compare(self, e: Expr) -> Any:
        a, b = self.all(e)
        kind = e.args[0].kind
        if e.value in ("=", "<>"):
            return self.same(a, b, kind) == (e.value == "=")
        if kind == "text":
            a, b = self.fold(a or "") or None, self.fold(b or "") or None
        if a is None or b is None:
            return False
        if kind == "text":  # the databases compare bytes
            a, b = a.encode(), b.encode()
        if kind == "number":
            a, b = a - b, 5e-7 if e.value in (">", "<=") else -5e-7
        return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[str(e.value)]

    def do_in(self, e: Expr) -> Any:
        a = self.of(e.args[0])
        return any(self.same(a, one, e.args[0].kind) for one in e.value)  # type: ignore[union-attr]

    def do_switch(self, e: Expr) -> Any:
        a = self.of(e.args[0])
        *results, otherwise = e.args[1:]
        for label, result in zip(e.value, results, strict=True):  # type: ignore[arg-type]
            if self.same(a, label, e.args[0].kind):
                return self.of(result)
        return self.of(otherwise)

    def do_if(self, e: Expr) -> Any:
        *steps, otherwise = e.args
        for test, value in zip(steps[0::2], steps[1::2], strict=True):
            if self.of(test):
                return self.of(value)
        return self.of(otherwise)

    def do_coalesce(self, e: Expr) -> Any:
        return next((one for one in self.all(e) if one not in (None, "")), None)

    def do_join(self, e: Expr) -> Any:
        return "".join(one or "" for one in self.all(e))

    def do_text_of(self, e: Expr) -> Any:
        inner = e.args[0]
        value = self.of(inner)
        if value is None:
            return None
        match inner.kind:
            case "number":
                if inner.op == "field":
                    scale = int(self.fields[str(inner.value)].scale)
                    scaled = self.values[str(inner.value)]
                else:
                    scale = 10**6
                    if abs(value * 1e6) >= 9e18:
                        return None
                    scaled = int(self.half_up(value * 1e6))
                whole, rest = divmod(abs(scaled), scale)
                tail = str(scale + rest)[1:].rstrip("0")
                return ("-" if scaled < 0 else "") + str(whole) + ("." + tail if tail else "")
            case "boolean":
                return "是" if value else "否"
            case "select":
                return next((o.label.zh for o in inner.options if o.key == value), value)
            case "date":
                return value.isoformat()
            case "datetime":
                return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"
            case _:
                labels = {o.key: o.label.zh for o in self.fields[str(inner.value)].options}
                return "、".join(labels.get(one, one) for one in value)

    @staticmethod
    def length(n: float | None) -> int:
        return int(max(0, min(1_000_000, n or 0)))

    def do_len(self, e: Expr) -> Any:
        return float(len(self.of(e.args[0]) or ""))

    def do_left(self, e: Expr) -> Any:
        text, n = self.all(e)
        return (text or "")[: self.length(n)]

    def do_right(self, e: Expr) -> Any:
        text, n = self.all(e)
        text = text or ""
        return text[max(len(text) - self.length(n), 0) :]

    def do_mid(self, e: Expr) -> Any:
        text, start, n = self.all(e)
        begin = max(self.length(start), 1) - 1
        return (text or "")[begin : begin + self.length(n)]

    def do_upper(self, e: Expr) -> Any:
        text = self.of(e.args[0])
        return None if text is None else "".join(c.upper() if c.isascii() else c for c in text)

    def do_lower(self, e: Expr) -> Any:
        text = self.of(e.args[0])
        return None if text is None else self.fold(text)

    def do_trim(self, e: Expr) -> Any:
        text = self.of(e.args[0])
        return None if text is None else text.strip(" ")

    def do_date_of(self, e: Expr) -> Any:
        at = self.of(e.args[0])
        return None if at is None else at.astimezone(self.zone).date()

    def _part(self, e: Expr, name: str) -> Any:
        day = self.of(e.args[0])
        return None if day is None else float(getattr(day, name))

    def do_year(self, e: Expr) -> Any:
        return self._part(e, "year")

    def do_month(self, e: Expr) -> Any:
        return self._part(e, "month")

    def do_day(self, e: Expr) -> Any:
        return self._part(e, "day")

    def do_days(self, e: Expr) -> Any:
        return self._two(e, lambda later, earlier: float((later - earlier).days))

    @staticmethod
    def day(n: float) -> Any:
        return EPOCH + timedelta(days=int(n)) if -719_162 <= n <= 2_932_896 else None

    def do_minutes(self, e: Expr) -> Any:
        return self._two(
            e, lambda later, earlier: float((int(later.timestamp() // 1) - int(earlier.timestamp() // 1)) // 60)
        )

    def do_add_minutes(self, e: Expr) -> Any:
        def later(at: Any, n: float) -> Any:
            return at + timedelta(minutes=self.floor(n)) if abs(self.floor(n)) <= 10_000_000 else None

        return self._two(e, later)

    def do_add_days(self, e: Expr) -> Any:
        return self._two(e, lambda day, n: self.day((day - EPOCH).days + self.floor(n)))

    def months(self, day: date, n: float) -> Any:
        index = day.year * 12 + day.month - 1 + n
        if not 12 <= index <= 119_999:
            return None
        year, month = divmod(int(index), 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))

    def do_edate(self, e: Expr) -> Any:
        return self._two(e, lambda day, n: self.months(day, self.floor(n)))

    def do_date(self, e: Expr) -> Any:
        parts = self.all(e)
        if None in parts:
            return None
        year, month, day = (self.floor(part) for part in parts)
        index = year * 12 + month - 1
        if not 12 <= index <= 119_999:
            return None
        first = date(int(index) // 12, int(index) % 12 + 1, 1)
        return self.day((first - EPOCH).days + day - 1)

    def do_datedif(self, e: Expr) -> Any:
        a, b = self.all(e)
        if a is None or b is None or a > b:
            return None
        months = (b.year - a.year) * 12 + b.month - a.month - (b.day < a.day)
        match e.value:
            case "D":
                return float((b - a).days)
            case "M":
                return float(months)
            case "Y":
                return float(months // 12)
            case "YM":
                return float(months % 12)
            case "MD":
                return float((b - self.months(a, months)).days)
            case _:
                return float((b - self.months(a, months // 12 * 12)).days)
