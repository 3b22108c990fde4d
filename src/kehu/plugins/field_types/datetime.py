"""Points in time: read in the ledger's time zone, kept and sent in UTC with milliseconds."""

import re
from datetime import UTC, timedelta
from datetime import datetime as instant_type
from random import Random
from typing import ClassVar
from zoneinfo import ZoneInfo

from kehu.base.common.dates import day_start, format_instant, parse_date, parse_datetime, parse_instant
from kehu.base.common.problems import Unreadable
from kehu.base.common.text import narrow
from kehu.base.fields import rules
from kehu.base.fields.base import HOME, ColumnKind, FieldType, Parsed, ParseEnv, Problem, Value, refuse
from kehu.base.fields.inputs import EMPTY, TIME_OPERATORS, invalid, is_empty, shown
from kehu.base.schema.model import Field, Label

HAS_TIME = re.compile(r"[:时点Tt]")
END_OF_DAY = timedelta(days=1) - timedelta(milliseconds=1)


class Datetime(FieldType):
    """Text on SQLite, `timestamptz` on PostgreSQL; above the driver always 2026-03-05T01:02:03.004Z."""

    name = "datetime"
    label = Label("日期时间", "Date and time")
    widget = "datetime"
    kind: ClassVar[ColumnKind] = "datetime"
    output = "datetime"
    operators = TIME_OPERATORS
    rules = frozenset({"min", "max"})

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        parsed = self._read(raw, env)
        if parsed.value is None or not field.settings:
            return parsed
        day = rules.day_of(str(parsed.value), env.timezone)
        return rules.with_problems(parsed, rules.of_day(field, day, env, shown(raw)))

    def _read(self, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        if not isinstance(raw, str):
            return invalid(raw, "datetime")
        try:
            return Parsed(format_instant(parse_datetime(raw, ZoneInfo(env.timezone))))
        except Unreadable as error:
            return refuse("date.invalid", value=shown(raw), reason=error.code)

    def operand(self, field: Field, op: str, raw: object, env: ParseEnv) -> Parsed:
        """A day without a time means the whole day: after it (gt) and up to it (lte) count from its end."""
        if op in ("gt", "lte") and isinstance(raw, str) and not is_empty(raw) and not HAS_TIME.search(narrow(raw)):
            try:
                return Parsed(format_instant(day_start(parse_date(raw), ZoneInfo(env.timezone)) + END_OF_DAY))
            except Unreadable as error:
                return refuse("date.invalid", value=shown(raw), reason=error.code)
        return self._read(raw, env)

    def dump(self, field: Field, value: Value) -> str | None:
        return None if value is None else str(value)

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        """Day and minutes in `timezone`; seconds when there are any."""
        if value is None:
            return ""
        local = parse_instant(str(value)).astimezone(ZoneInfo(timezone))
        return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def check(self, field: Field) -> tuple[Problem, ...]:
        return tuple(rules.check(field, self))

    def sample(self, field: Field, random: Random) -> str:
        made = instant_type(2023, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randint(0, 120_000_000))
        return format_instant(made)


datetime = Datetime()
