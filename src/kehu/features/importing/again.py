"""Which names and numbers stand in several rows that say something of a field that gathers: remarks, lists of words.

Looked at as a whole, as such rows may lie far apart and the same file comes again: then a row says less than its record
holds, and means no correction. Reads texts of the file, no record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kehu.base.common.later import Later
from kehu.base.common.text import normalize_name
from kehu.base.schema.model import Catalog
from kehu.features.importing.firms import names_with_asides
from kehu.features.importing.mapping import chosen_targets
from kehu.features.importing.plan import PartPlan, Plan
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.targets import gathers

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

Again = dict[tuple[str, str], frozenset[str]]
"""By path and field the names that stand in several rows."""


def look(catalog: Catalog, work: Sequence[tuple[Sheet, Plan]]) -> list[dict[str, Again]]:
    """Of each sheet, by path of the part, what stands in several rows of all sheets."""
    frames: dict[tuple[str, str], list[pl.DataFrame]] = {}
    asked: list[dict[str, dict[tuple[str, str], tuple[str, str]]]] = []
    for sheet, plan in work:
        places = chosen_targets(catalog, plan.entity, plan.columns)
        at = {(place.path, place.field): column.index for column, place in places}
        of: dict[str, dict[tuple[str, str], tuple[str, str]]] = {}
        for part in plan.parts:
            said = [
                index
                for (path, name), index in at.items()
                if path == part.path and gathers(part.entity.fields[name]) and name not in part.part.kind.same
            ]
            if not said or part.each:
                continue
            for place in _naming(plan, part, at):
                entity = plan.part(place[0]).entity.key
                about = (part.entity.key, f"{entity}.{place[1]}")
                of.setdefault(part.path, {})[place] = about
                frames.setdefault(about, []).extend(_rows(sheet, at[place], said))
        asked.append(of)
    found = {about: _several(of) for about, of in frames.items()}
    return [{path: {at: found[about] for at, about in of.items()} for path, of in one.items()} for one in asked]


def _naming(plan: Plan, part: PartPlan, at: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
    """The columns whose texts name the records of a part; without such the columns of what it belongs to."""
    names = dict.fromkeys((*part.key[:1], *part.otherwise[:1], *part.part.kind.same, "name"))
    own = [
        (part.path, name)
        for name in names
        if (part.path, name) in at and part.entity.fields[name].value_type not in ("date", "datetime")
    ]
    if own or not part.refs:
        return own
    return [place for path in part.refs.values() for place in _naming(plan, plan.part(path), at)]


def _rows(sheet: Sheet, name: int, said: Sequence[int]) -> list[pl.DataFrame]:
    """The names of the rows that say something."""
    something = pl.any_horizontal(pl.col(f"c{index}").fill_null("").str.strip_chars() != "" for index in said)
    return [
        frame.filter(something).select(pl.col(f"c{name}").alias("name")).drop_nulls()
        for frame in sheet.blocks(sheet.header_row or 0)
    ]


def _several(frames: Sequence[pl.DataFrame]) -> frozenset[str]:
    if not frames:
        return frozenset()
    rows = pl.concat(frames)
    aside = names_with_asides(rows)
    rows = rows.with_columns(pl.col("name").replace(aside)) if aside else rows
    plain = pl.col("name").str.to_lowercase().str.replace_all(r"\s", "")
    rows = rows.with_columns(plain.alias("plain"))
    again = rows.filter(pl.col("plain").is_duplicated() & (pl.col("plain") != "")).unique("plain")
    return frozenset(map(normalize_name, again["name"].to_list()))
