"""Physical tables of one catalog version, built once per version when first used, and never changed.

Translates entities and fields into SQLAlchemy tables and plain tuples of column names. The only place that
knows the names of an entity's table, its search indexes and its list tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from threading import Lock
from types import MappingProxyType
from typing import Any, TypeVar

import sqlalchemy as sa

from kehu.base.db.types import column_type
from kehu.base.fields.base import SYSTEM_COLUMNS, Column, FieldType, Layout, base_columns, layout
from kehu.base.schema.model import Catalog, Entity, Field

# On SQLite ids are rowids; AUTOINCREMENT is not needed because `Dialect.allocate` never gives an id twice.
MOST_KEPT = 1_000
T = TypeVar("T")
_BUILDING = Lock()
SYSTEM_NAMES = tuple(column.name for column in SYSTEM_COLUMNS)


@dataclass(frozen=True, slots=True)
class EntityTable:
    """Everything physical about one entity."""

    entity: Entity
    layouts: Mapping[str, Layout]
    base: tuple[Column, ...]  # columns that input reaches: history, digests and undo cover exactly these
    derived: tuple[Column, ...]  # kept columns that follow from others
    listed: Mapping[str, str]  # field key → name of its list table
    _built: list[tuple[sa.Table, Mapping[str, sa.Table]]] = dataclass_field(default_factory=list, repr=False)

    @property
    def table(self) -> sa.Table:
        """The main table."""
        return self._tables()[0]

    @property
    def lists(self) -> Mapping[str, sa.Table]:
        """Field key → (id, value) rows of tags and multi-selects."""
        return self._tables()[1]

    def _tables(self) -> tuple[sa.Table, Mapping[str, sa.Table]]:
        """Built when first asked for: most work touches few of the entities, and a table costs milliseconds."""
        if not self._built:
            with _BUILDING:
                if not self._built:
                    metadata = sa.MetaData()
                    lists = {key: list_table(name, metadata) for key, name in self.listed.items()}
                    columns = (*SYSTEM_COLUMNS, *(c for one in self.layouts.values() for c in one.all))
                    self._built.append((main_table(self.name, columns, metadata), MappingProxyType(lists)))
        return self._built[0]

    @property
    def name(self) -> str:
        """Physical name of the main table; also the name of its id series."""
        return self.entity.table

    @property
    def search(self) -> str:
        """Token index of names, phones, codes and short texts."""
        return f"s_{self.entity.table}"

    @property
    def search_long(self) -> str:
        """Token index of long texts."""
        return f"sx_{self.entity.table}"

    def column(self, name: str) -> sa.Column[object]:
        """A physical column by name."""
        return self.table.c[name]


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of one catalog version."""

    version: int
    of: Mapping[str, EntityTable]
    _kept: dict[object, Any] = dataclass_field(default_factory=dict, compare=False, repr=False)

    def keep(self, key: object, build: Callable[[], T]) -> T:
        """Return what was built under `key` for this version: statements, which cost more to build than to run."""
        found: T | None = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = build()
        return found

    def __getitem__(self, entity: str) -> EntityTable:
        return self.of[entity]


def is_list(field: Field, types: Mapping[str, FieldType]) -> bool:
    """Whether values of the field are lists, kept as JSON text and mirrored into a list table for filters."""
    return field.sensitive != "secret" and types[field.value_type].listed


def build_entity(entity: Entity, types: Mapping[str, FieldType]) -> EntityTable:
    """Lay out the tables of one entity. Hidden fields keep their columns."""
    layouts: dict[str, Layout] = {}
    base: list[Column] = []
    derived: list[Column] = []
    listed: dict[str, str] = {}
    for field in entity.fields.values():
        if field.derived is not None and field.derived.kind == "system":
            continue
        placed = layout(field, types)
        layouts[field.key] = placed
        from_people = base_columns(field, types)
        base.extend(from_people)
        derived.extend(c for c in placed.all if c not in from_people)
        if placed.value and is_list(field, types):
            listed[field.key] = f"l_{entity.table}__{field.column}"
    return EntityTable(entity, MappingProxyType(layouts), tuple(base), tuple(derived), MappingProxyType(listed))


def main_table(name: str, columns: Iterable[Column], metadata: sa.MetaData) -> sa.Table:
    """The main table of an entity."""
    made: list[sa.Column[Any]] = [
        sa.Column(c.name, column_type(c), primary_key=c.name == "id", autoincrement=False, quote=True) for c in columns
    ]
    return sa.Table(name, metadata, *made, quote=True, sqlite_strict=True, postgresql_with={"fillfactor": 85})


def list_table(name: str, metadata: sa.MetaData) -> sa.Table:
    """The table that mirrors one field whose values are lists."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", column_type(Column("id", "int")), primary_key=True, autoincrement=False),
        sa.Column("value", column_type(Column("value", "text")), primary_key=True),
        sa.Index(f"{name}_value", "value", "id"),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )


def build_tables(catalog: Catalog, types: Mapping[str, FieldType]) -> Tables:
    """Lay out all tables of a snapshot."""
    built = {key: build_entity(entity, types) for key, entity in catalog.entities.items()}
    return Tables(catalog.version, MappingProxyType(built))


def index_name(table: str, columns: tuple[str, ...], *, unique: bool = False) -> str:
    """Name of an index; at most 63 bytes, PostgreSQL's limit for names."""
    name = f"{'u' if unique else 'i'}_{table}__{'__'.join(columns)}"
    if len(name) <= 63:
        return name
    return f"{name[:50]}_{sum(ord(c) * 31**i for i, c in enumerate(name)) % 10**11:011d}"
