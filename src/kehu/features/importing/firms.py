"""What a file says of the numbers and phones of its records, looked at as a whole: a row that leaves the phone or the
number of a firm open means the firm that has it elsewhere in the file, wherever that row stands.

Only firms: two persons of one name are two. Reads texts of the file, no record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kehu.base.common.later import Later
from kehu.base.fields.base import FieldType, ParseEnv
from kehu.base.schema.model import Entity
from kehu.features.importing.asides import BEHIND, of_customer
from kehu.features.importing.cells import EMPTY_WORDS, is_of_firm, read_cell
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.reader.workbook import Sheet
from kehu.features.importing.targets import joined

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

KEY = ("name", "mobile")
"""The key of customers whose second field a row may leave open."""
NUMBERS = (("code",), ("credit_code",))
"""Keys that rows often leave open, as not every customer has such a number."""
OTHERWISE = {"customer": (KEY, ("name",)), "product": (("name",),)}
"""What tells the record of such a row: the first whose fields the file gives."""
Pair = tuple[str, str | None]
"""The name and the phone of a row."""


@dataclass(frozen=True, slots=True)
class Firms:
    """By name, as the ledger keeps it. `phone`: the only one that the file gives, where some row gives none; `several`:
    the names that stand with different numbers, or without one with different phones; `number`: the only one that the
    file gives where some row gives none, and the phones beside it; `numbers`: all that the file gives there or of
    several; `shared`: name and phone of rows with different numbers, `mixed`: of rows with and without a number."""

    phone: Mapping[str, str] = field(default_factory=dict)
    several: frozenset[str] = frozenset()
    number: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    numbers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shared: frozenset[Pair] = frozenset()
    mixed: frozenset[Pair] = frozenset()


def look(
    entity: Entity,
    types: Mapping[str, FieldType],
    env: ParseEnv,
    key: Sequence[str],
    tables: Sequence[tuple[Sheet, str, Sequence[ColumnMap]]],
) -> Firms:
    """Look through sheets with the path of the records that `key` tells apart, and their columns."""
    number = key[0] if key in NUMBERS else None
    frames = [frame for sheet, path, columns in tables for frame in _frames(sheet, path, columns, number)]
    if not frames:
        return Firms()
    told, called = pl.col("number"), pl.col("phone")
    rows = pl.concat(frames).drop_nulls("name")
    if entity.key == "customer" and (aside := names_with_asides(rows)):
        his = pl.col("name").is_in(list(aside)) & pl.col("alone")
        rows = rows.with_columns(
            pl.col("name").replace(aside).alias("name"), pl.when(~his).then(pl.col("phone")).alias("phone")
        )
    known = (
        rows.group_by("name", maintain_order=True)
        .agg(
            told.drop_nulls().unique().alias("numbers"),
            called.drop_nulls().unique().alias("phones"),
            called.filter(told.is_not_null()).drop_nulls().unique().alias("beside"),
            told.is_null().any().alias("unnumbered"),
            called.is_null().any().alias("open"),
        )
        .with_columns(pl.col("phones").list.len().alias("n"), pl.col("numbers").list.len().alias("of"))
        .filter(
            pl.when(pl.col("of") == 0)
            .then((pl.col("n") > 1) | (pl.col("open") & (pl.col("n") == 1)))
            .otherwise((pl.col("of") > 1) | pl.col("unnumbered"))
        )
    )
    phone: dict[str, str] = {}
    several: set[str] = set()
    one_number: dict[str, tuple[str, frozenset[str]]] = {}
    numbers: dict[str, frozenset[str]] = {}
    for text, given, phones, beside, unnumbered in known.select(
        "name", "numbers", "phones", "beside", "unnumbered"
    ).iter_rows():
        name = _read(entity, types, env, "name", text)
        if name is None:
            continue
        if found := _all(entity, types, env, number, given) if number is not None else frozenset():
            if unnumbered or len(found) > 1:
                numbers[name] = numbers.get(name, frozenset()) | found
            theirs = _all(entity, types, env, "mobile", beside)
            if len(found) == 1:
                one_number[name] = next(iter(found)), theirs
            if len(found) > 1 or (theirs and _all(entity, types, env, "mobile", phones) - theirs):
                several.add(name)
            continue
        found = _all(entity, types, env, "mobile", phones)
        if found and (len(found) > 1 or phone.setdefault(name, *found) not in found):
            several.add(name)
    shared, mixed = _doubtful(entity, types, env, rows) if number is not None else (frozenset(), frozenset())
    return Firms(
        {name: one for name, one in phone.items() if name not in several},
        frozenset(several),
        one_number,
        numbers,
        shared,
        mixed,
    )


def names_with_asides(rows: pl.DataFrame) -> dict[str, str]:
    """The names behind which somebody stands in brackets, and the firms that they name without him."""
    texts = rows.filter(pl.col("name").str.contains(BEHIND))["name"].unique().to_list()
    found = {text: of_customer(text.strip()) for text in texts}
    return {text: one.name for text, one in found.items() if one is not None and one.sure and not one.position}


def _doubtful(
    entity: Entity, types: Mapping[str, FieldType], env: ParseEnv, rows: pl.DataFrame
) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """Name and phone of rows that do not tell which number theirs is: they stand with several, or also without one."""
    found = (
        rows.with_columns(pl.col("phone").str.replace_all(r"[\s\-]", ""))
        .group_by("name", "phone")
        .agg(pl.col("number").drop_nulls().n_unique().alias("of"), pl.col("number").is_null().any().alias("unnumbered"))
        .filter((pl.col("of") > 1) | ((pl.col("of") == 1) & pl.col("unnumbered")))
    )
    shared: set[Pair] = set()
    mixed: set[Pair] = set()
    for name, phone, of in found.select("name", "phone", "of").iter_rows():
        text = _read(entity, types, env, "name", name)
        if text is not None:
            said = _read(entity, types, env, "mobile", phone) if phone is not None else None
            (shared if of > 1 else mixed).add((text, said))
    return frozenset(shared), frozenset(mixed)


def _all(
    entity: Entity, types: Mapping[str, FieldType], env: ParseEnv, key: str, texts: Sequence[str]
) -> frozenset[str]:
    return frozenset(value for one in texts if (value := _read(entity, types, env, key, one)) is not None)


def _read(entity: Entity, types: Mapping[str, FieldType], env: ParseEnv, key: str, text: str) -> str | None:
    one = entity.fields[key]
    kind = types[one.value_type]
    value = read_cell(one, kind, text, "t", env, of=entity.key).value
    return str(kind.main(one, value)) if isinstance(value, str) else None


def _frames(sheet: Sheet, path: str, columns: Sequence[ColumnMap], number: str | None) -> list[pl.DataFrame]:
    """Name, phone and number of each row: the phone of a contact whose name a row leaves open is the firm's."""
    places = {one.target: f"c{one.index}" for one in columns if one.target}
    name, mobile = (places.get(joined(path, key)) for key in KEY)
    told = places.get(joined(path, number)) if number is not None else None
    if name is None or (mobile is None if number is None else told is None):
        return []
    contact = joined(path, "contacts")
    person, theirs = places.get(joined(contact, "name")), places.get(joined(contact, "mobile"))
    phone = _said(mobile) if mobile else pl.lit(None, pl.String)
    if mobile and person and theirs:
        phone = pl.coalesce(phone, pl.when(_said(person).is_null()).then(_said(theirs)))
    numbers = _said(told) if told else pl.lit(None, pl.String)
    at = next((one for one in columns if one.target == joined(path, "mobile")), None)
    free = pl.lit(value=at is not None and not is_of_firm(at.source))
    for one in (person, theirs):
        free = free & _said(one).is_null() if one else free
    return [
        frame.select(_said(name).alias("name"), phone.alias("phone"), numbers.alias("number"), free.alias("alone"))
        for frame in sheet.blocks(sheet.header_row or 0)
    ]


def _said(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text.is_null() | (text == "") | text.is_in(sorted(EMPTY_WORDS))).then(None).otherwise(text)
