"""Birthdays: by the solar or the Chinese calendar, with or without the year.

The value is a text: `1990-05-20`, `--05-20` without the year, `lunar:1990-04-26`, `lunar:--04-26`, `lunar:1990-L05-03`
for a day of a leap month. Beside it stand a sort key and the solar day of birth, which formulas read. A day that not
every year has is told when it is entered, with the day that stands for it (`settings.rule`: earlier or later).
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import ClassVar

from kehu.base.common.dates import parse_date
from kehu.base.common.lunar import LunarDay, Occurrence, Rule, longest, lunar_in, solar_in, to_solar
from kehu.base.common.problems import Unreadable
from kehu.base.common.text import narrow
from kehu.base.fields.base import (
    HOME,
    Column,
    FieldType,
    Output,
    Parsed,
    ParseEnv,
    Problem,
    Sorting,
    Stored,
    Value,
    refuse,
)
from kehu.base.fields.inputs import EMPTY, EXACT_OPERATORS, invalid, is_empty, shown
from kehu.base.schema.model import Field, Label

_VALUE = re.compile(r"(lunar:)?(\d{4}|-)-(L?)(\d{2})-(\d{2})", re.ASCII)
_SOLAR_YEARLESS = re.compile(r"(?:--)?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?[日号]?", re.ASCII)
_LUNAR = re.compile(r"(?:农历|阴历|旧历|lunar)[::]? ?(.+)", re.IGNORECASE)
_LUNAR_WORDS = re.compile(
    r"(?:(\d{4}|[〇零一二三四五六七八九]{4})年)? ?(闰)?(正|冬|腊|十?[一二]|[三四五六七八九十]|\d{1,2})月 ?(.{1,4})"
)
_LUNAR_DIGITS = re.compile(r"(?:(\d{4}|-)[-/.])?(闰|L|leap )?(\d{1,2})[-/.](\d{1,2})", re.ASCII | re.IGNORECASE)
_DIGITS = "〇一二三四五六七八九"
_MONTHS = ("", "正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")
_MONTH_OF = {**{word: n for n, word in enumerate(_MONTHS) if word}, "一": 1, "十一": 11, "十二": 12}
_TENS = ("初", "十", "廿", "三")
FIRST_YEAR = 1850


def day_word(day: int) -> str:
    """The word for a day of a lunar month: 初一, 十五, 廿六, 三十."""
    if day in (10, 20, 30):
        return {10: "初十", 20: "二十", 30: "三十"}[day]
    return f"{_TENS[day // 10]}{'十一二三四五六七八九'[day % 10]}"


_DAY_OF = {
    **{day_word(n): n for n in range(1, 31)},
    "廿": 20,
    "廿十": 20,
    **{f"二十{'一二三四五六七八九'[n - 1]}": 20 + n for n in range(1, 10)},
}


def next_birthday(value: str, today: date, rule: Rule = "earlier") -> Occurrence | None:
    """Return the first birthday from today on; None beyond the years of the Chinese calendar that are known."""
    found = _VALUE.fullmatch(value)
    if found is None:
        raise ValueError(value)
    lunar, month, day, leap = bool(found[1]), int(found[4]), int(found[5]), bool(found[3])
    for year in range(today.year - 1, today.year + 2):
        try:
            each = lunar_in(month, day, leap, year, rule) if lunar else solar_in(month, day, year, rule)
        except Unreadable:
            continue
        if each.day >= today:
            return each
    return None


class Birthday(FieldType):
    """Reads dates, 农历1990年四月廿六, 阴历四月廿六, 5月20日."""

    name = "birthday"
    label = Label("生日", "Birthday")
    widget = "birthday"
    output: ClassVar[Output] = "text"
    sorting: ClassVar[Sorting | None] = "pinyin"
    operators = EXACT_OPERATORS

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.column, "text"), Column(f"{field.column}__sort", "text"), self.formula_column(field))

    def formula_column(self, field: Field) -> Column:
        """Formulas (age) read the solar day of birth; empty without a year."""
        return Column(f"{field.column}__on", "date")

    def parse(self, field: Field, raw: object, env: ParseEnv) -> Parsed:
        if is_empty(raw):
            return EMPTY
        if not isinstance(raw, str):
            return invalid(raw, "date")
        text = narrow(raw)
        try:
            value = _read(text)
        except Unreadable as error:
            if error.code.startswith("lunar."):
                return refuse(error.code, value=shown(raw))
            return refuse("date.invalid", value=shown(raw), reason=error.code)
        on = _solar(value)
        if on is not None and (on.year < FIRST_YEAR or on > env.today + timedelta(days=1) > date(2001, 1, 1)):
            return refuse("birthday.out_of_range", value=shown(raw), first=FIRST_YEAR)
        return Parsed(value, _told(value, self.rule(field)))

    def rule(self, field: Field) -> Rule:
        """Which day stands for one that a year does not have."""
        return "later" if field.settings.get("rule") == "later" else "earlier"

    def operand(self, field: Field, op: str, raw: object, env: ParseEnv) -> Parsed:
        return Parsed(self.parse(field, raw, env).value) if isinstance(raw, str) else self.parse(field, raw, env)

    def store(self, field: Field, value: Value) -> tuple[Stored, ...]:
        if value is None:
            return (None, None, None)
        text = str(value)
        on = _solar(text)
        # Those without a year stand first, in the order of the calendar.
        return (
            text,
            on.isoformat() if on is not None else f"0000{text[-6:].replace('L', '-')}",
            on.isoformat() if on else None,
        )

    def load(self, field: Field, stored: Sequence[Stored]) -> Value:
        return stored[0]

    def dump(self, field: Field, value: Value) -> str | None:
        return None if value is None else str(value)

    def render(self, field: Field, value: Value, lang: str, timezone: str = HOME) -> str:
        if value is None:
            return ""
        lunar, year, leap, month, day = _split(str(value))
        if lang == "en":
            text = f"{year or '-'}-{'L' if leap else ''}{month:02d}-{day:02d}"
            return f"lunar {text}" if lunar else text
        if not lunar:
            return str(value) if year else f"{month}月{day}日"
        return f"农历{f'{year}年' if year else ''}{'闰' if leap else ''}{_MONTHS[month]}月{day_word(day)}"

    def tokens(self, field: Field, value: Value) -> tuple[str, ...]:
        return ()

    def check(self, field: Field) -> tuple[Problem, ...]:
        known = field.settings.get("rule", "earlier") in ("earlier", "later")
        return () if known else (Problem("settings.rule"),)

    def sample(self, field: Field, random: Random) -> str:
        year, month, day = random.randint(1950, 1999), random.randint(1, 12), random.randint(1, 28)
        return random.choice(
            (f"{year}-{month:02d}-{day:02d}", f"--{month:02d}-{day:02d}", f"lunar:{year}-{month:02d}-{day:02d}")
        )


def _split(value: str) -> tuple[bool, int | None, bool, int, int]:
    found = _VALUE.fullmatch(value)
    assert found is not None
    year = None if found[2] == "-" else int(found[2])
    return bool(found[1]), year, bool(found[3]), int(found[4]), int(found[5])


def _solar(value: str) -> date | None:
    lunar, year, leap, month, day = _split(value)
    if year is None:
        return None
    return to_solar(LunarDay(year, month, day, leap)) if lunar else date(year, month, day)


def _read(text: str) -> str:
    """Return the value that a text means. Raises Unreadable."""
    if found := _VALUE.fullmatch(text):
        return (
            _lunar(found[2], bool(found[3]), int(found[4]), int(found[5]))
            if found[1]
            else _day(found[2], int(found[4]), int(found[5]))
        )
    if found := _LUNAR.fullmatch(text):
        return _read_lunar(found[1])
    if found := _SOLAR_YEARLESS.fullmatch(text):
        return _day("-", int(found[1]), int(found[2]))
    return parse_date(text).isoformat()


def _read_lunar(text: str) -> str:
    if words := _LUNAR_WORDS.fullmatch(text):
        year, leap, month, day = words.groups()
        number = _DAY_OF.get(day) or (
            int(found[1]) if (found := re.fullmatch(r"(\d{1,2})[日号]?", day, re.ASCII)) else 0
        )
        if year is not None and not year.isdigit():
            year = "".join(str(_DIGITS.index(sign.replace("零", "〇"))) for sign in year)
        return _lunar(year or "-", bool(leap), _MONTH_OF.get(month) or (int(month) if month.isdigit() else 0), number)
    if digits := _LUNAR_DIGITS.fullmatch(text):
        return _lunar(digits[1] or "-", bool(digits[2]), int(digits[3]), int(digits[4]))
    day = parse_date(text)  # 农历 19900426: the digits are those of the Chinese calendar
    return _lunar(str(day.year), False, day.month, day.day)


def _day(year: str, month: int, day: int) -> str:
    try:
        date(2000 if year == "-" else int(year), month, day)
    except ValueError as error:
        raise Unreadable("date.invalid") from error
    return f"{year}-{month:02d}-{day:02d}"


def _lunar(year: str, leap: bool, month: int, day: int) -> str:
    if year != "-":
        to_solar(LunarDay(int(year), month, day, leap))
    elif not 1 <= day <= longest(month, leap):
        raise Unreadable("lunar.day")
    return f"lunar:{year}-{'L' if leap else ''}{month:02d}-{day:02d}"


def _told(value: str, rule: Rule) -> tuple[Problem, ...]:
    """Say which day stands for one that not every year has."""
    lunar, _, leap, month, day = _split(value)
    if lunar and leap:
        return (Problem(f"birthday.leap_month_{rule}", "warn", {"month": month}),)
    if lunar and day == 30:
        return (Problem(f"birthday.short_month_{rule}", "warn"),)
    if not lunar and (month, day) == (2, 29):
        return (Problem(f"birthday.leap_day_{rule}", "warn"),)
    return ()


birthday = Birthday()
