"""Keeps the catalog in system tables and hands out its snapshot, re-read only when its version has moved.

A snapshot and the tables built from it are immutable and shared by all requests of a process. Nothing here judges a
catalog or changes entity tables; that is `service`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.dialects.base import Dialect
from kehu.base.db.query.run import standing
from kehu.base.db.tables import Tables, build_tables
from kehu.base.fields.base import FieldType
from kehu.base.schema.codec import entity_data, field_data, frozen, read_entity, read_field
from kehu.base.schema.diff import Diff
from kehu.base.schema.model import Catalog, Entity, Field, Settings, make_catalog
from kehu.core.catalog.system_entities import SYSTEM_FIELDS, USER, user_entity

KEPT_VERSIONS = 4
SETTINGS = "catalog.settings"  # row of kehu_meta


_VERSION = sa.select(system.catalog_version.c.version)  # built once: every request asks it


def current_version(connection: sa.Connection) -> int:
    """The version of the catalog as this transaction sees it."""
    return int(connection.execute(_VERSION).scalar_one())


class CatalogStore:
    """The snapshots of one process, the last few versions of them."""

    def __init__(self, types: Mapping[str, FieldType]) -> None:
        self._types = types
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[Catalog, Tables]] = OrderedDict()

    def snapshot(self, connection: sa.Connection, dialect: Dialect) -> tuple[Catalog, Tables]:
        """The catalog as this transaction sees it, with its tables."""
        return self.of_version(connection, int(standing(dialect, _VERSION).fetch(connection, {})[0][0]))

    def of_version(self, connection: sa.Connection, version: int) -> tuple[Catalog, Tables]:
        """The same where the transaction has just been told its version."""
        with self._lock:
            if (found := self._kept.get(version)) is not None:
                self._kept.move_to_end(version)
                return found
        while True:
            catalog = load_catalog(connection, version)
            # On PostgreSQL a writing transaction sees what others commit between two of its statements.
            now = current_version(connection)
            if now == version:
                break
            version = now
        made = (catalog, build_tables(catalog, self._types))
        with self._lock:
            kept = self._kept.setdefault(version, made)
            while len(self._kept) > KEPT_VERSIONS:
                self._kept.popitem(last=False)
        return kept

    def forget(self) -> None:
        """Drop all snapshots: after a restore, version numbers may mean something else."""
        with self._lock:
            self._kept.clear()


def load_catalog(connection: sa.Connection, version: int) -> Catalog:
    """Read the catalog from its tables."""
    fields: dict[str, list[Field]] = {}
    rows = system.catalog_field.c
    for entity, key, data in connection.execute(sa.select(rows.entity, rows.key, rows.data)):
        fields.setdefault(entity, []).append(read_field(key, orjson.loads(data)))
    entities: dict[str, Entity] = {}
    found = connection.execute(sa.select(system.catalog_entity.c.key, system.catalog_entity.c.data)).all()
    for key, data in found:
        entities[key] = with_system_fields(read_entity(key, orjson.loads(data), fields.get(key, ())))
    return assemble(version, entities, load_settings(connection))


def assemble(version: int, entities: Mapping[str, Entity], settings: Settings) -> Catalog:
    """Make the snapshot: entities in their order, `user` among them."""
    ordered = sorted((e for e in entities.values() if not e.system), key=lambda e: (e.position, e.key))
    return make_catalog(version, {e.key: e for e in ordered} | {USER: user_entity()}, settings)


def with_system_fields(entity: Entity) -> Entity:
    """The entity with created_at and its like, which every entity has."""
    fields = {k: f for k, f in entity.fields.items() if f.derived is None or f.derived.kind != "system"}
    fields.update({f.key: f for f in SYSTEM_FIELDS})
    return Entity(
        entity.key, entity.label, entity.table, MappingProxyType(fields), entity.title, entity.position,
        entity.own, entity.hidden, entity.system,
    )  # fmt: skip


def load_settings(connection: sa.Connection) -> Settings:
    """Settings of the ledger that belong to the catalog: firm, kit, timezone, currency, sections, reserved keys."""
    text = connection.execute(sa.select(system.meta.c.value).where(system.meta.c.key == SETTINGS)).scalar()
    settings: Settings = frozen(orjson.loads(text)) if text else MappingProxyType({})
    return settings


def save_settings(connection: sa.Connection, settings: Mapping[str, Any]) -> None:
    """Replace the settings. The caller moves the version."""
    connection.execute(sa.delete(system.meta).where(system.meta.c.key == SETTINGS))
    connection.execute(sa.insert(system.meta).values(key=SETTINGS, value=orjson.dumps(settings).decode()))


def save_diff(connection: sa.Connection, diff: Diff, *, changeset: int, tx: int) -> None:
    """Write what differs, with the image before each change."""
    images: list[dict[str, object]] = []
    for one in diff.entities:
        before = orjson.dumps(entity_data(one.old)).decode() if one.old else None
        images.append({"entity": one.key, "key": None, "before": before})
        connection.execute(sa.delete(system.catalog_entity).where(system.catalog_entity.c.key == one.key))
        if one.new is not None:
            data = orjson.dumps(entity_data(one.new)).decode()
            connection.execute(sa.insert(system.catalog_entity).values(key=one.key, data=data))
    rows = []
    for each in diff.fields:
        before = orjson.dumps(field_data(each.old)).decode() if each.old else None
        images.append({"entity": each.entity, "key": each.key, "before": before})
        if each.old is not None:
            table = system.catalog_field
            connection.execute(sa.delete(table).where(table.c.entity == each.entity, table.c.key == each.key))
        if each.new is not None:
            rows.append({"entity": each.entity, "key": each.key, "data": orjson.dumps(field_data(each.new)).decode()})
    if rows:
        connection.execute(sa.insert(system.catalog_field), rows)
    first = 1 + (connection.execute(sa.select(sa.func.max(system.catalog_change.c.id))).scalar() or 0)
    for place, image in enumerate(images):
        image |= {"id": first + place, "changeset": changeset, "tx": tx}
    if images:
        connection.execute(sa.insert(system.catalog_change), images)


def bump_version(connection: sa.Connection) -> int:
    """Move the version, as the last thing before the snapshot is used."""
    version = current_version(connection) + 1
    connection.execute(sa.update(system.catalog_version).values(version=version))
    return version
