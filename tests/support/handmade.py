"""Ledgers with a catalog made by hand, for tests of core that need no kit: tables, a context, rows put in directly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from kehu.base.common.clock import FixedClock
from kehu.base.common.registry import load
from kehu.base.crypto.keys import Keyring
from kehu.base.db.dialects import Dialect, open_dialect
from kehu.base.db.tables import Tables, build_tables
from kehu.base.fields.base import FieldType
from kehu.base.schema.model import Catalog, Derived, Entity, Field, Label, Option, make_catalog
from kehu.core.changesets.observers import Touched
from kehu.core.context import Actor, Ctx

TYPES: Mapping[str, FieldType] = load("kehu.plugins.field_types", FieldType)
NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
Row = dict[str, Any]


def option(key: str, label: str) -> Option:
    """An option with one label for both languages."""
    return Option(key, Label(label, label))


def plain(key: str, kind: str, **more: Any) -> Field:
    """A field that people fill."""
    return Field(key, Label(key, key), kind, key, **more)


def derived(
    key: str, kind: str, value_type: str, how: dict[str, Any], *, read_time: bool = False, **more: Any
) -> Field:
    """A formula, rollup, lookup or rule; `how` are the settings of its derivation."""
    made = Derived(kind, value_type, how, read_time)  # type: ignore[arg-type]
    return Field(key, Label(key, key), kind, key, derived=made, **more)


def entity(key: str, *fields: Field, **more: Any) -> Entity:
    """An entity whose table has its key as name."""
    return Entity(key, Label(key, key), key, {field.key: field for field in fields}, **more)


class Handmade:
    """One ledger: open it, put rows in, look at them."""

    def __init__(self, url: str | None, folder: Path, *entities: Entity, version: int = 1) -> None:
        self.dialect: Dialect = open_dialect(url=url, file=folder / "ledger.db")
        self.catalog: Catalog = make_catalog(version, {one.key: one for one in entities})
        self.tables: Tables = build_tables(self.catalog, TYPES)
        self.clock = FixedClock(NOW)
        self.keys = Keyring("00000001", bytes(32))
        with self.dialect.write() as tx:
            for made in self.tables.of.values():
                made.table.metadata.create_all(tx)
            self._indexes(tx)
            for one in entities:
                if not sa.inspect(tx).has_table(self.tables[one.key].search):
                    self.dialect.create_search(tx, self.tables[one.key].search)
                    self.dialect.create_search(tx, self.tables[one.key].search_long)
            if not sa.inspect(tx).has_table("kehu_meta"):
                tx.exec_driver_sql("create table kehu_meta (key text primary key, value text)")

    def _indexes(self, tx: sa.Connection) -> None:
        for key, one in self.catalog.entities.items():
            for field in one.fields.values():
                if field.type == "relation":
                    name = f"i_{one.table}__{field.column}_id"
                    tx.exec_driver_sql(
                        f'create index if not exists "{name}" on "{self.tables[key].name}" ("{field.column}_id")'
                    )

    @contextmanager
    def write(self) -> Iterator[Ctx]:
        """A unit of work that writes."""
        with self.dialect.write() as tx:
            yield self.ctx(tx)

    def ctx(self, tx: sa.Connection) -> Ctx:
        """What functions of core take first."""
        return Ctx(
            tx, self.dialect, self.catalog, self.tables, TYPES, Actor("system", None, "test"), self.clock, self.keys
        )

    def insert(self, ctx: Ctx, key: str, rows: Iterable[Row]) -> None:
        """Put rows in as they are stored, without any door."""
        table = self.tables[key].table
        for row in rows:
            ctx.tx.execute(table.insert().values(**{"rev": 1, "created_at": "2026-01-01T00:00:00.000Z", **row}))

    def rows(self, ctx: Ctx, key: str, *columns: str) -> dict[int, tuple[Any, ...]]:
        """The stored values of some columns by id."""
        table = self.tables[key].table
        chosen = [table.c[name] for name in columns]
        return {row[0]: tuple(row[1:]) for row in ctx.tx.execute(sa.select(table.c.id, *chosen).order_by(table.c.id))}

    def close(self) -> None:
        """Give the connections back."""
        self.dialect.close()


class Touching:
    """Changes rows as the write door does and notes what it touched: ids, columns, former parents."""

    def __init__(self, ledger: Handmade, ctx: Ctx) -> None:
        self.ledger, self.ctx, self.touched = ledger, ctx, Touched()

    def insert(self, key: str, *rows: Row) -> None:
        """Create records."""
        self.ledger.insert(self.ctx, key, rows)
        touch = self.touched.entity(key)
        touch.ids.update(row["id"] for row in rows)
        touch.created.update(row["id"] for row in rows)
        touch.add_columns(None)

    def update(self, key: str, id: int, **values: Any) -> None:
        """Set columns of one record."""
        table = self.ledger.tables[key].table
        touch = self.touched.entity(key)
        self._note_parents(key, id, values)
        if id not in touch.created:
            touch.before[id] = {**self._row(key, id, values), **touch.before.get(id, {})}
        self.ctx.tx.execute(table.update().where(table.c.id == id).values(values))
        touch.ids.add(id)
        touch.add_columns(values)

    def delete(self, key: str, id: int) -> None:
        """Remove one record."""
        tables = self.ledger.tables[key]
        touch = self.touched.entity(key)
        self._note_parents(key, id, [column.name for column in tables.base])
        if id not in touch.created:
            every = [column.name for column in (*tables.base, *tables.derived)]
            touch.before[id] = {**self._row(key, id, every), **touch.before.get(id, {})}
        self.ctx.tx.execute(tables.table.delete().where(tables.table.c.id == id))
        touch.ids.add(id)
        touch.deleted.add(id)
        touch.created.discard(id)
        touch.add_columns(None)

    def _row(self, key: str, id: int, columns: Iterable[str]) -> Row:
        table = self.ledger.tables[key].table
        chosen = sa.select(*(table.c[name] for name in columns)).where(table.c.id == id)
        return dict(self.ctx.tx.execute(chosen).mappings().one())

    def _note_parents(self, key: str, id: int, columns: Iterable[str]) -> None:
        table = self.ledger.tables[key].table
        touch = self.touched.entity(key)
        for name in columns:
            if name.endswith("_id"):
                before = self.ctx.tx.execute(sa.select(table.c[name]).where(table.c.id == id)).scalar()
                if before is not None:
                    touch.parents.setdefault(name, set()).add(before)
