"""Which of the records that a file names are its own: the referrer of one customer stands further down in the list.

Looked at as a whole before anything comes in, so that the rehearsal need not call unknown what the import will make.
Reads texts of the file, no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kehu.base.common.later import Later
from kehu.base.common.text import normalize
from kehu.base.schema.model import Catalog
from kehu.features.importing.firms import names_with_asides
from kehu.features.importing.mapping import chosen_targets
from kehu.features.importing.plan import Plan
from kehu.features.importing.reader.workbook import Sheet

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")


def look(catalog: Catalog, work: Sequence[tuple[Sheet, Plan]]) -> Mapping[str, frozenset[str]]:
    """By entity the names and numbers that a relation of some row gives and that a row of the file brings."""
    naming: dict[str, list[tuple[Sheet, int]]] = {}
    asked: dict[str, list[tuple[Sheet, int]]] = {}
    for sheet, plan in work:
        parts = {part.path: part for part in plan.parts}
        for column, place in chosen_targets(catalog, plan.entity, plan.columns):
            part, one = parts[place.path], catalog.entities[place.entity].fields[place.field]
            if one.target is not None and place.field not in part.parents:
                asked.setdefault(one.target, []).append((sheet, column.index))
            elif place.field in ("code", "name", *part.entity.title) and not part.marks:
                naming.setdefault(place.entity, []).append((sheet, column.index))
    return {entity: _texts(columns) & _texts(naming[entity]) for entity, columns in asked.items() if entity in naming}


def _texts(columns: Iterable[tuple[Sheet, int]]) -> frozenset[str]:
    """What stands in columns, names also without who stands in brackets behind them."""
    found: set[str] = set()
    for sheet, index in columns:
        for frame in sheet.blocks(sheet.header_row or 0):
            texts = frame.select(pl.col(f"c{index}").str.strip_chars().alias("name")).drop_nulls().unique()
            found.update(texts["name"].to_list(), names_with_asides(texts).values())
    return frozenset(normalize(text) for text in found if text)
