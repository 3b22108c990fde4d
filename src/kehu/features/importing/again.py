"""What stands in several rows of a file: the names and numbers of those that say something of a field that gathers
(remarks, lists of words), and the rows that may say otherwise of a record than another one does.

Looked at as a whole, as such rows may lie far apart and the same file comes again: then a row says less than its record
holds, and means no correction. Reads texts of the file, no record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from kehu.base.common.later import Later
from kehu.base.common.text import normalize_name
from kehu.base.schema.model import Catalog, Entity
from kehu.features.importing.firms import names_with_asides
from kehu.features.importing.mapping import chosen_targets
from kehu.features.importing.plan import PartPlan, Plan
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.splitting import Split, row_parts
from kehu.features.importing.targets import gathers, joined

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

IN_ROWS = ("contacts", "addresses", "interactions")
"""Of what a list of customers may bring several of one customer in rows below each other."""
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


def in_rows(catalog: Catalog, entity: Entity, sheet: Sheet, split: Split) -> list[dict[str, Any]]:
    """The parts of a sheet, marked (`rows`) those of which one customer has several in rows below each other: so they
    are to go out again."""
    at = {one.target: f"c{one.index}" for one in split.columns if one.target and one.reason != "joined"}
    name = at.get("name") if entity.key == "customer" else None
    kinds = {part.path: part.kind for part in row_parts(catalog, entity, split.columns) if part.path in IN_ROWS}
    told = {
        path: [at[key] for field in kind.same if (key := joined(path, field)) in at] for path, kind in kinds.items()
    }
    columns = sorted({one for of in told.values() for one in of})
    if name is None or not columns or not sheet.block_rows:
        return split.parts
    rows = pl.concat(frame.select(_plain(name, "name").alias("name"), *columns) for frame in sheet.blocks())
    rows = rows.filter((pl.col("name") != "") & pl.col("name").is_duplicated())
    of = rows.group_by("name").agg((pl.col(one).replace("", None).drop_nulls().n_unique() > 1) for one in columns)
    return [{**part, "rows": any(of[one].any() for one in told.get(part["path"], ()))} for part in split.parts]


def contradicting(catalog: Catalog, work: Sequence[tuple[Sheet, Plan]]) -> dict[str, set[int]]:
    """Of each sheet the rows of which another one may be the same record and say otherwise: all that do so, and some
    that do not, as texts alone tell neither records nor values apart."""
    frames: dict[tuple[str, ...], list[pl.DataFrame]] = {}
    for sheet, plan in work:
        chosen = chosen_targets(catalog, plan.entity, plan.columns)
        at = {(place.path, place.field): column.index for column, place in chosen}
        asked = [(part, said, places) for part, said in _saying(plan, at) for places in _telling(plan, part, at)]
        if not asked or not sheet.block_rows:
            continue
        marks = _marks(
            sheet,
            {at[place]: place[1] for *_, places in asked for place in places},
            {index for _, said, _ in asked for index in said.values()},
        )
        for part, said, places in asked:
            about = (part.entity.key, *(f"{plan.part(path).entity.key}.{name}" for path, name in places))
            keys = [f"k{at[place]}" for place in places]
            rows = marks.drop_nulls(keys).select(
                "row",
                pl.lit(sheet.name).alias(" sheet"),
                pl.struct(keys).hash().alias(" key"),
                *(pl.col(f"c{index}").alias(name) for name, index in said.items()),
            )
            frames.setdefault(about, []).append(rows)
    found: dict[str, set[int]] = {sheet.name: set() for sheet, _ in work}
    for of in frames.values():
        rows = pl.concat(of, how="diagonal")
        rows = rows.filter(pl.col(" key").is_duplicated())
        several = rows.group_by(" key").agg(pl.exclude("row", " sheet").drop_nulls().n_unique())
        several = several.filter(pl.any_horizontal(pl.exclude(" key") > 1))
        for name, row in rows.join(several, on=" key", how="semi").select(" sheet", "row").iter_rows():
            found[name].add(row)
    return found


def _saying(plan: Plan, at: dict[tuple[str, str], int]) -> Iterator[tuple[PartPlan, dict[str, int]]]:
    """The parts of which rows say what only one of them can say, with the columns of these fields."""
    for part in plan.parts:
        said = {
            name: index
            for (path, name), index in at.items()
            if path == part.path and not gathers(part.entity.fields[name]) and name not in part.fill
        }
        said |= {name: at[place] for name, place in part.linked.items() if place in at}
        if said and not part.each:
            yield part, said


def _marks(sheet: Sheet, names: Mapping[int, str], said: Collection[int]) -> pl.DataFrame:
    """The cells of all rows as numbers of 8 bytes: of the columns in `names` (with their fields) by which records are
    told apart, of those in `said` as they stand."""
    texts = [_plain(f"c{index}", field).alias(f"k{index}") for index, field in names.items()]
    texts += [pl.col(f"c{index}") for index in sorted(said)]
    marks = [
        pl.when(pl.col(name) != "").then(pl.col(name).hash()).alias(name)
        for name in (one.meta.output_name() for one in texts)
    ]
    return pl.concat(frame.select("row", *texts).select("row", *marks) for frame in sheet.blocks(sheet.header_row or 0))


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
    return text.str.replace(r"\d{5,}$", "") if field == "name" else text


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
