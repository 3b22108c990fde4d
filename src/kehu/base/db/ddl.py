"""Physical changes that follow from the catalog: tables, columns, indexes of entities. Never of system tables.

Runs inside the writing transaction, so that a catalog change is whole or not at all. Columns are only added here;
dropping them is a purge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

from kehu.base.db.dialects.base import Dialect
from kehu.base.db.tables import SYSTEM_NAMES, EntityTable, index_name
from kehu.base.schema.model import Field


@dataclass(frozen=True, slots=True)
class Index:
    """An index as the catalog keeps it. `fields` as declared: a leading `=` serves equality of a text only."""

    name: str
    entity: str
    table: str
    columns: tuple[str, ...]
    fields: tuple[str, ...]
    unique: bool = False


def create_entity(connection: sa.Connection, dialect: Dialect, table: EntityTable) -> None:
    """Create everything physical of a new entity but its indexes."""
    table.table.create(connection)
    for each in table.lists.values():
        each.create(connection)
    dialect.create_series(connection, table.name)
    dialect.create_search(connection, table.search)
    dialect.create_search(connection, table.search_long)


def add_field(connection: sa.Connection, table: EntityTable, key: str) -> bool:
    """Add the columns of a field, and its list table, where they are not there yet; return whether they were there."""
    placed = table.layouts.get(key)
    if placed is None:
        return True
    there = {c["name"] for c in sa.inspect(connection).get_columns(table.name)}
    for column in placed.all:
        if column.name not in there:
            made = CreateColumn(table.column(column.name)).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f'alter table "{table.name}" add column {made}')
    if key in table.lists and not sa.inspect(connection).has_table(table.lists[key].name):
        table.lists[key].create(connection)
    return all(column.name in there for column in placed.all)


def drop_field(connection: sa.Connection, table: EntityTable, key: str) -> None:
    """Remove the columns of a field for good, and its list table. Its indexes must be gone."""
    placed = table.layouts.get(key)
    for column in placed.all if placed is not None else ():
        connection.exec_driver_sql(f'alter table "{table.name}" drop column "{column.name}"')
    if key in table.lists:
        table.lists[key].drop(connection)


def drop_entity(connection: sa.Connection, dialect: Dialect, table: EntityTable) -> None:
    """Remove everything physical of an entity for good; its id series stays, ids are never given twice."""
    for each in table.lists.values():
        each.drop(connection)
    dialect.drop_search(connection, table.search)
    dialect.drop_search(connection, table.search_long)
    table.table.drop(connection)


def create_index(connection: sa.Connection, index: Index) -> None:
    """Build an index inside the transaction: for tables that are new or small."""
    columns = ", ".join(f'"{column}"' for column in index.columns)
    unique = "unique " if index.unique else ""
    connection.exec_driver_sql(f'create {unique}index if not exists "{index.name}" on "{index.table}" ({columns})')


def drop_index(connection: sa.Connection, name: str) -> None:
    """Remove an index."""
    connection.exec_driver_sql(f'drop index if exists "{name}"')


def field_indexes(table: EntityTable, field: Field) -> list[Index]:
    """The indexes that a field needs by itself: of a relation, and the unique one."""
    placed = table.layouts.get(field.key)
    if placed is None:
        return []
    made: list[Index] = []
    if field.value_type in ("relation", "user") and placed.value:
        columns = (placed.value[0].name,)
        made.append(Index(index_name(table.name, columns), table.entity.key, table.name, columns, (field.key,)))
    if field.unique:
        columns = ((placed.secret[1] if placed.secret else placed.value[0]).name,)
        name = index_name(table.name, columns, unique=True)
        made.append(Index(name, table.entity.key, table.name, columns, (field.key,), unique=True))
    return made


def sort_index(table: EntityTable, fields: Sequence[str]) -> Index:
    """The index that serves a filter on all but the last field and a sort by the last one.

    Ends with the id, which breaks ties; a text is sorted by its sort key and then itself.
    """
    columns: list[str] = []
    for place, key in enumerate(fields):
        names = _columns(table, key.removeprefix("="))
        last = place == len(fields) - 1
        columns += reversed(names[:2]) if last and not key.startswith("=") else names[:1]
    if not fields[-1].startswith("="):
        columns.append("id")
    named = tuple(dict.fromkeys(columns))
    return Index(index_name(table.name, named), table.entity.key, table.name, named, tuple(fields))


def _columns(table: EntityTable, key: str) -> list[str]:
    if key in SYSTEM_NAMES:
        return [key]
    placed = table.layouts[key]
    columns = placed.secret[1:2] or placed.value
    if not columns:
        raise ValueError(f"{table.entity.key}.{key} is computed when read and cannot be indexed")
    return [column.name for column in columns]


def duplicates(connection: sa.Connection, index: Index, limit: int = 20) -> list[tuple[int, ...]]:
    """Groups of record ids that share a value which is to be unique, at most `limit` groups of ten."""
    table = sa.table(index.table, *(sa.column(c) for c in ("id", *index.columns)))
    columns = [table.c[c] for c in index.columns]
    filled = [column.is_not(None) for column in columns]
    twice = (
        sa.select(*columns)
        .where(*filled)
        .group_by(*columns)
        .having(sa.func.count() > 1)
        .order_by(*columns)
        .limit(limit)
    )
    groups: list[tuple[int, ...]] = []
    for values in connection.execute(twice.order_by(*columns).limit(limit)).all():
        same = [column == value for column, value in zip(columns, values, strict=True)]
        ids = connection.execute(sa.select(table.c.id).where(*same).order_by(table.c.id).limit(10)).scalars()
        groups.append(tuple(ids))
    return groups


def all_indexes(table: EntityTable, standard: Iterable[Sequence[str]] = ()) -> list[Index]:
    """Indexes of an entity: those its fields need, then the standard ones, each name once."""
    made = [index for field in table.entity.fields.values() for index in field_indexes(table, field)]
    made += [sort_index(table, fields) for fields in standard]
    return list({index.name: index for index in made}.values())
