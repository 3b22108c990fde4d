"""Answers of the read door as a table for a person at a terminal: headings in his language, Chinese counted as wide.

Programs ask with --json and never come here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from kehu.base.common.messages import message
from kehu.core.context import Ctx
from kehu.core.records import read
from kehu.features.exporting.service import heading, maker

WIDEST = 40  # of a column; what is longer is cut, with a mark
Make = Callable[[Any], str]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[bool] = ()) -> str:
    """Lines with the cells below their headings; `right`: columns of numbers."""
    lines = [[_cut(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    aligned = [*right, *(False for _ in widths[len(right) :])]
    shown = [
        "  ".join(_padded(cell, size, to_right) for cell, size, to_right in zip(line, widths, aligned, strict=True))
        for line in lines
    ]
    shown.insert(1, "  ".join("-" * size for size in widths))
    return "\n".join(line.rstrip() for line in shown)


def width(text: str) -> int:
    """How many places of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def records(ctx: Ctx, entity: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """The page of a query: numbers and the selected fields, then how many there are and how to go on."""
    asked = {"select": body["select"]} if body.get("select") else {}
    handles = read.columns(ctx, entity, asked, use="select")
    makes = [_shown(ctx, maker(ctx, handle)) for handle in handles]
    heads = [message("table.id", ctx.lang), *(heading(ctx, handle) for handle in handles)]
    rows = [
        [str(row[0]), *("" if cell is None else make(cell) for make, cell in zip(makes, row[2:], strict=True))]
        for row in answer["rows"]
    ]
    numbers = [True, *(handle.type.name in _NUMBERS and handle.mode == "plain" for handle in handles)]
    lines = [table(heads, rows, right=numbers) if rows else message("table.none", ctx.lang)]
    if answer.get("count"):
        lines.append(message("table.rows", ctx.lang, count=answer["count"]["value"]))
    if answer.get("next"):
        lines.append(message("table.more", ctx.lang, after=answer["next"]))
    return "\n".join(lines)


_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_NUMBERS = frozenset({"integer", "number", "money", "percent"})


def figures(ctx: Ctx, entity: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """The figures of an aggregate, a line for each group, and below them those over all."""
    fields = [group["field"] for group in body["group"]]
    groups = read.columns(ctx, entity, {"select": fields}, use="group") if fields else ()
    heads, makes = [], []
    for group, handle in zip(body["group"], groups, strict=True):
        heads.append(heading(ctx, handle))
        makes.append(str if "by" in group else _shown(ctx, maker(ctx, handle)))
    for measure in body["measures"]:
        named = read.columns(ctx, entity, {"select": [measure["field"]]}, use="measure") if "field" in measure else ()
        op = message(f"table.{measure['op']}", ctx.lang)
        heads.append(" ".join([*(heading(ctx, one) for one in named), op]))
    empty = message("table.empty", ctx.lang)
    rows = [
        [
            *(empty if cell is None else make(cell) for make, cell in zip(makes, row, strict=False)),
            *(_figure(cell) for cell in row[len(makes) :]),
        ]
        for row in answer["rows"]
    ]
    if makes and answer.get("total"):
        total = answer["total"][-len(body["measures"]) :]
        rows.append([message("table.total", ctx.lang), *("" for _ in makes[1:]), *map(_figure, total)])
    return table(heads, rows, right=[*(False for _ in makes), *(True for _ in body["measures"])])


def change_sets(ctx: Ctx, answer: Mapping[str, Any]) -> str:
    """Change-sets, the newest first: number, time, who, what, of how many records."""
    zone = ZoneInfo(ctx.catalog.timezone)
    heads = [message(f"table.{name}", ctx.lang) for name in ("changeset", "at", "actor", "title", "records")]
    rows = [
        [
            str(one["changeset"]),
            _moment(datetime.fromisoformat(one["at"]), zone),
            str(one["actor"]),
            one["title"] + ("" if one["state"] == "applied" else f" ({_state(ctx, one['state'])})"),
            str(sum(one["records"].values())),
        ]
        for one in answer["items"]
    ]
    lines = [table(heads, rows, right=[True, False, False, False, True]) if rows else message("table.none", ctx.lang)]
    if answer.get("next"):
        lines.append(message("table.more", ctx.lang, after=answer["next"]))
    return "\n".join(lines)


def _state(ctx: Ctx, state: str) -> str:
    return message(f"table.state.{state}", ctx.lang)


def _shown(ctx: Ctx, make: Callable[[Any], Any]) -> Make:
    zone = ZoneInfo(ctx.catalog.timezone)

    def shown(cell: Any) -> str:
        value = make(cell)
        if isinstance(value, datetime):
            return _moment(value, zone)
        return f"{value:,}" if isinstance(value, Decimal) else str(value)

    return shown


def _moment(value: datetime, zone: ZoneInfo) -> str:
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _figure(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"{Decimal(text):,}" if _NUMBER.fullmatch(text) else text


def _cut(cell: str) -> str:
    text = " ".join(cell.split())
    if width(text) <= WIDEST:
        return text
    while width(text) > WIDEST - 1:
        text = text[:-1]
    return f"{text}…"


def _padded(cell: str, size: int, to_right: bool) -> str:
    gap = " " * (size - width(cell))
    return gap + cell if to_right else cell + gap
