"""What a file says of the phones of its firms, looked at as a whole: a firm is known by name and phone, and a row that
leaves the phone open means the firm that has it elsewhere in the file, wherever that row stands.

Only firms: two persons of one name are two. Reads texts of the file, no record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kehu.base.common.later import Later
from kehu.base.fields.base import FieldType, ParseEnv
from kehu.base.schema.model import Entity
from kehu.features.importing.cells import EMPTY_WORDS, read_cell
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.targets import joined

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

KEY = ("name", "mobile")
"""The key of customers whose second field a row may leave open."""


@dataclass(frozen=True, slots=True)
class Firms:
    """By name, as the ledger keeps it. `phone`: the only one that the file gives, where some row gives none; `several`:
    the names that stand with different phones."""

    phone: Mapping[str, str] = field(default_factory=dict)
    several: frozenset[str] = frozenset()


def look(
    entity: Entity,
    types: Mapping[str, FieldType],
    env: ParseEnv,
    tables: Sequence[tuple[Sheet, str, Sequence[ColumnMap]]],
) -> Firms:
    """Look through sheets with the path of their customers and their columns."""
    frames = [frame for sheet, path, columns in tables for frame in _frames(sheet, path, columns)]
    if not frames:
        return Firms()
    known = (
        pl.concat(frames)
        .drop_nulls("name")
        .group_by("name", maintain_order=True)
        .agg(pl.col("phone").drop_nulls().unique().alias("phones"), pl.col("phone").is_null().any().alias("open"))
        .with_columns(pl.col("phones").list.len().alias("n"))
        .filter((pl.col("n") > 1) | (pl.col("open") & (pl.col("n") == 1)))
    )
    phone: dict[str, str] = {}
    several: set[str] = set()
    for text, phones in known.select("name", "phones").iter_rows():
        name = _read(entity, types, env, "name", text)
        found = {value for one in phones if (value := _read(entity, types, env, "mobile", one)) is not None}
        if name is None or not found:
            continue
        if len(found) > 1 or phone.setdefault(name, *found) not in found:
            several.add(name)
    return Firms({name: one for name, one in phone.items() if name not in several}, frozenset(several))


def _read(entity: Entity, types: Mapping[str, FieldType], env: ParseEnv, key: str, text: str) -> str | None:
    one = entity.fields[key]
    kind = types[one.value_type]
    value = read_cell(one, kind, text, "t", env).value
    return str(kind.main(one, value)) if isinstance(value, str) else None


def _frames(sheet: Sheet, path: str, columns: Sequence[ColumnMap]) -> list[pl.DataFrame]:
    """Name and phone of each row: the number of a contact whose name a row leaves open is the firm's."""
    places = {one.target: f"c{one.index}" for one in columns if one.target}
    name, mobile = (places.get(joined(path, key)) for key in KEY)
    if name is None or mobile is None:
        return []
    contact = joined(path, "contacts")
    person, theirs = places.get(joined(contact, "name")), places.get(joined(contact, "mobile"))
    phone = _said(mobile)
    if person and theirs:
        phone = pl.coalesce(phone, pl.when(_said(person).is_null()).then(_said(theirs)))
    return [
        frame.select(_said(name).alias("name"), phone.alias("phone")) for frame in sheet.blocks(sheet.header_row or 0)
    ]


def _said(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text.is_null() | (text == "") | text.is_in(sorted(EMPTY_WORDS))).then(None).otherwise(text)
