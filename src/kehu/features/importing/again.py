"""What stands in several rows of a file: the names and numbers of those that say something of a field that gathers
(remarks, lists of words), and the rows that may say otherwise of a record than another one does.

Looked at as a whole, as such rows may lie far apart and the same file comes again: then a row says less than its record
holds, and means no correction. Reads texts of the file, no record.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
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


def contradicting(catalog: Catalog, work: Sequence[tuple[Sheet, Plan]]) -> dict[str, set[int]]:
    """Of each sheet the rows of which another one may be the same record and say otherwise: all that do so, and some
    that do not, as texts alone tell neither records nor values apart."""
    frames: dict[tuple[str, ...], list[pl.DataFrame]] = {}
    for sheet, plan in work:
        chosen = chosen_targets(catalog, plan.entity, plan.columns)
        at = {(place.path, place.field): column.index for column, place in chosen}
        for part in plan.parts:
            said = {
                name: pl.col(f"c{index}")
                for (path, name), index in at.items()
                if path == part.path and not gathers(part.entity.fields[name]) and name not in part.fill
            }
            said |= {name: pl.col(f"c{at[place]}") for name, place in part.linked.items() if place in at}
            if part.each or not said:
                continue
            for places in _telling(plan, part, at):
                about = (part.entity.key, *(f"{plan.part(path).entity.key}.{name}" for path, name in places))
                plain = [_plain(f"c{at[place]}", place[1]).alias(f" {key}") for key, place in enumerate(places)]
                cells = [cell.alias(name) for name, cell in said.items()]
                named = [f" {key}" for key in range(len(places))]
                frames.setdefault(about, []).extend(
                    frame.select("row", pl.lit(sheet.name).alias(" n"), *plain, *cells).drop_nulls(named)
                    for frame in sheet.blocks(sheet.header_row or 0)
                )
    found: dict[str, set[int]] = {sheet.name: set() for sheet, _ in work}
    for about, of in frames.items():
        rows = pl.concat(of, how="diagonal")
        told_by = [f" {key}" for key in range(len(about) - 1)]
        rows = rows.filter(pl.struct(told_by).is_duplicated())
        several = rows.group_by(told_by).agg(pl.exclude("row", " n").drop_nulls().n_unique())
        several = several.filter(pl.any_horizontal(pl.exclude(told_by) > 1))
        for n, row in rows.join(several, on=told_by, how="semi").select(" n", "row").iter_rows():
            found[n].add(row)
    return found


def _telling(plan: Plan, part: PartPlan, at: dict[tuple[str, str], int]) -> list[tuple[tuple[str, str], ...]]:
    """The columns by whose texts rows are the same record of a part: of one that hangs on another those of both."""
    own = _naming(plan, part, at)
    if not part.part.kind.same or part.above is None or all(path != part.path for path, _ in own):
        return [(place,) for place in own]
    return list(product(_naming(plan, plan.part(part.refs[part.above]), at), own))


def _plain(column: str, field: str) -> pl.Expr:
    """A text as it tells records apart: without spaces and signs, a name without the brackets and phone behind it."""
    text = pl.col(column).str.normalize("NFKC").str.to_lowercase().str.replace(r"\s*\([^()]*\)\s*$", "")
    text = text.str.replace_all(r"[\s\p{P}]", "")
    text = text.str.replace(r"\d{5,}$", "") if field == "name" else text
    return pl.when(text == "").then(None).otherwise(text)


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
