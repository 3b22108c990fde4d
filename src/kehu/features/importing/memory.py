"""Mappings that this ledger has applied, found again by the headings of a sheet: next month's file needs no work.

Reads the runs that were applied, newest first; keeps nothing of its own. It returns headings and field keys only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.context import Ctx
from kehu.features.importing.columns import Existing
from kehu.features.importing.errors_book import is_returned
from kehu.features.importing.reader.header import ID_TITLE, REASON_TITLE
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.synonyms import normal_title

LOOKED_BACK = 200
"""So many applied runs are remembered."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was decided for a sheet with these headings: its entity, the target of each heading (None: none), what the
    columns do to known records where that is not to go over them, and how people said that amounts (how many 元 one
    is) and dates like 5/3/23 (dmy, mdy, ymd) are read."""

    entity: str
    fields: Mapping[str, str | None]
    chosen: bool = False  # whether somebody has said the entity
    existing: Mapping[str, Existing] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)


def signature(titles: Iterable[str]) -> str:
    """What makes the headings of two sheets the same: their words in order, marks and units left aside, and the columns
    that rows to correct have got from us."""
    said = list(titles)
    ours = (REASON_TITLE, ID_TITLE) if is_returned(said) else ()
    words = [word for title in said if title not in ours and (word := normal_title(title))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


def recall(ctx: Ctx, sheets: Sequence[Sheet]) -> dict[str, Remembered]:
    """The newest applied mapping of each sheet's headings, by the name of the sheet."""
    wanted: dict[str, list[str]] = {}
    for one in sheets:
        wanted.setdefault(signature(column.title for column in one.columns), []).append(one.name)
    run = system.import_run
    found: dict[str, Remembered] = {}
    stored = ctx.tx.execute(
        sa.select(run.c.data).where(run.c.state == "applied").order_by(run.c.id.desc()).limit(LOOKED_BACK)
    ).scalars()
    for text in stored:
        data: dict[str, Any] = orjson.loads(text or "{}")
        for sheet in data.get("sheets", ()):
            names = wanted.pop(signature(_title(column) for column in sheet["columns"]), None)
            if names is not None:
                fields = _fields(sheet["columns"])
                existing: dict[str, Existing] = {
                    title: said
                    for column in sheet["columns"]
                    if (title := _title(column)) and (said := column.get("existing", "overwrite")) != "overwrite"
                }
                options = data.get("options", {})
                entity = str(sheet.get("entity") or data["entity"])
                titles = {_title(column) for column in sheet["columns"]} - {""}
                units, dates = (
                    {title: said for title, said in (options.get(name) or {}).items() if title in titles}
                    for name in ("units", "dates")
                )
                chosen = options.get("entity") is not None
                found |= dict.fromkeys(names, Remembered(entity, fields, chosen, existing, units, dates))
        if not wanted:
            break
    return found


def _fields(columns: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """The target of each heading; of one that stands twice for different things (two columns 手机) nothing is known."""
    found: dict[str, set[str | None]] = {}
    for column in columns:
        if _decided(column):
            found.setdefault(_title(column), set()).add(column["field"])
    return {title: next(iter(fields)) for title, fields in found.items() if len(fields) == 1}


def _title(column: Mapping[str, Any]) -> str:
    """The heading of a column; columns without one are stored under their letters."""
    return "" if column["source"] == column["letters"] else str(column["source"])


def _decided(column: Mapping[str, Any]) -> bool:
    """Whether a column's target says something: a field, or that somebody has left the column out."""
    return bool(_title(column)) and (column["field"] is not None or column["reason"] in ("given", "remembered"))
