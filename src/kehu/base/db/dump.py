"""Physical tables as neutral rows, for backups: which tables there are, their columns, their rows, making them again.

Values are the same on both databases: whole numbers, text, ISO dates and instants, null. It reads what stands in the
database and not what the catalog says, so that nothing is left out. It knows no file format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from kehu.base.db import system
from kehu.base.db.dialects.base import Dialect
from kehu.base.db.tables import list_table, main_table
from kehu.base.db.types import column_type, instant_text
from kehu.base.fields.base import Column, ColumnKind, Stored

SYSTEM = "kehu_"
PORTION = 1_000
Kinds = Mapping[str, Mapping[str, ColumnKind]]


@dataclass(frozen=True, slots=True)
class Dumped:
    """One table: its name, what it is, its columns in order."""

    name: str
    kind: str  # "system" | "entity" | "list"
    columns: tuple[Column, ...]


def dumped_tables(connection: sa.Connection, kinds: Kinds, *, skip: Sequence[str] = ()) -> list[Dumped]:
    """Every table of the ledger but those named in `skip`, system tables first. Token indexes are not among them.

    kinds: of the columns of entities, by table, where the caller knows them: SQLite cannot tell a date from a text.
    """
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    entities = sorted(entity_tables(connection) & there)
    found = [Dumped(n, "system", ()) for n in sorted(there) if n.startswith(SYSTEM) and n not in skip]
    found += [Dumped(name, "entity", ()) for name in entities]
    found += [Dumped(n, "list", ()) for e in entities for n in sorted(there) if n.startswith(f"l_{e}__")]
    return [Dumped(one.name, one.kind, _columns(inspector, one.name, kinds.get(one.name, {}))) for one in found]


def entity_tables(connection: sa.Connection) -> set[str]:
    """Names of the main tables that the catalog's rows speak of, hidden entities included."""
    rows = connection.execute(sa.select(system.catalog_entity.c.data)).scalars()
    return {str(orjson.loads(row)["table"]) for row in rows}


def rows_of(
    connection: sa.Connection, table: Dumped, *, without: tuple[str, Sequence[str]] | None = None
) -> Iterator[list[Stored]]:
    """All rows of a table in neutral values, read piece by piece. An entity's come in the order of ids.

    without: a column and the values whose rows are left out.
    """
    names = [quoted_name(column.name, True) for column in table.columns]
    source = sa.table(quoted_name(table.name, True), *(sa.column(name) for name in names))
    statement = sa.select(*(source.c[name] for name in names))
    if without is not None:
        statement = statement.where(source.c[without[0]].not_in(without[1]))
    if table.kind == "entity":
        statement = statement.order_by(source.c.id)
    options = {"stream_results": True, "yield_per": PORTION}
    for row in connection.execute(statement, execution_options=options):
        yield [_neutral(value) for value in row]


def make_table(connection: sa.Connection, dialect: Dialect, table: Dumped) -> None:
    """Create the table of an entity or list as it was, with its token indexes, without other indexes and series."""
    metadata = sa.MetaData()
    if table.kind == "list":
        list_table(table.name, metadata).create(connection)
        return
    main_table(table.name, table.columns, metadata).create(connection)
    dialect.create_search(connection, f"s_{table.name}")
    dialect.create_search(connection, f"sx_{table.name}")


def columns_there(connection: sa.Connection, name: str) -> dict[str, str]:
    """The columns that a table has in the database, with their types as `type_word` says them."""
    return {str(c["name"]): _word(connection, c["type"]) for c in sa.inspect(connection).get_columns(name)}


def type_word(connection: sa.Connection, column: Column) -> str:
    """The type that a column must have in this database."""
    return _word(connection, column_type(column))


def tables_there(connection: sa.Connection) -> set[str]:
    """Names of all tables in the database."""
    return set(sa.inspect(connection).get_table_names())


def indexes_there(connection: sa.Connection, table: str) -> set[str]:
    """Names of the indexes of a table."""
    return {str(index["name"]) for index in sa.inspect(connection).get_indexes(table)}


def empty_table(connection: sa.Connection, name: str) -> None:
    """Delete all rows of a table."""
    connection.execute(sa.delete(sa.table(quoted_name(name, True))))


def drop_system(connection: sa.Connection) -> None:
    """Remove the system tables and id series of a database on which no ledger was ever set up."""
    inspector = sa.inspect(connection)
    metadata = sa.MetaData()
    for name in inspector.get_table_names():
        if name.startswith(SYSTEM):
            sa.Table(name, metadata).drop(connection)
    for name in inspector.get_sequence_names() if connection.dialect.supports_sequences else ():
        if name.startswith("id_"):
            connection.execute(sa.schema.DropSequence(sa.Sequence(name)))


def _columns(inspector: sa.Inspector, name: str, known: Mapping[str, ColumnKind]) -> tuple[Column, ...]:
    found = inspector.get_columns(name)
    return tuple(Column(str(c["name"]), known.get(c["name"]) or _kind(c["type"])) for c in found)


def _kind(type: sa.types.TypeEngine[Any]) -> ColumnKind:
    if isinstance(type, sa.DateTime):
        return "datetime"
    if isinstance(type, sa.Date):
        return "date"
    return "int" if isinstance(type, sa.Integer) else "text"


def _word(connection: sa.Connection, type: sa.types.TypeEngine[Any]) -> str:
    return type.compile(dialect=connection.dialect).split(" COLLATE ")[0].upper()


def _neutral(value: Any) -> Stored:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a value that has no neutral form: {type(value).__name__}")
