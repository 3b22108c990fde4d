"""Makes backups: from one snapshot, every table as neutral rows, the files as they lie, the keys, the settings.

The whole file is sealed by a key that follows from the ledger's recovery key, so the keys of the ledger inside are
wrapped and a copy that lies around tells nothing. What can be made again (search tokens) is not in it; what means
nothing elsewhere (sessions, heartbeats) neither. Restoring is `restore`, doing it in the background is `jobs`.
"""

from __future__ import annotations

import base64
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import sqlalchemy as sa

from kehu import __version__
from kehu.base.common.clock import Clock
from kehu.base.crypto.keys import Keyring
from kehu.base.db import migrations, system
from kehu.base.db.dialects import Dialect
from kehu.base.db.dump import Dumped, Kinds, dumped_tables, rows_of
from kehu.base.db.types import instant_text
from kehu.base.errors import BadInput, NotAllowed
from kehu.base.fields.base import SYSTEM_COLUMNS, ColumnKind, layout
from kehu.base.schema.codec import read_field
from kehu.core.access.permissions import may
from kehu.core.context import Ctx
from kehu.core.files.service import storage_of
from kehu.core.files.storage import Storage
from kehu.features.backup.format import BackupWriter
from kehu.features.backup.recovery import own_seal

# Left out: id series travel apart, the rest is about processes and people at work right now.
SKIPPED = ("kehu_counter", "kehu_process", "kehu_session", "kehu_login_try", "kehu_idempotency")
KIND, DAILY = "backup", "backup_daily"
# Rows that stay behind: the work of making this very backup, and the number of the system tables.
LEFT_OUT = {"kehu_job": ("kind", (KIND, DAILY)), "kehu_meta": ("key", ("schema",))}
KEPT_SETTINGS = ("hosts", "lang")  # not the address of the database: the restored ledger lies elsewhere
PIECE = 256 * 1024


def backup(ctx: Ctx, path: Path) -> dict[str, Any]:
    """Write a backup of the ledger as this unit of work sees it; return file, sha256, records and seconds.

    ctx: a reading unit of work. Everything goes into the file whoever asks, so it needs a right of its own.
    """
    check_allowed(ctx)
    data = storage_of(ctx).folder.parent
    return write_backup(
        ctx.tx, ctx.dialect, data=data, keys=ctx.keys, clock=ctx.clock, path=path, kinds=column_kinds(ctx)
    )


def check_allowed(ctx: Ctx) -> None:
    """Refuse everybody whose role does not have the right to the whole ledger."""
    if not may(ctx, None, "backup"):
        raise NotAllowed("backup.not_allowed")


def write_backup(
    connection: sa.Connection,
    dialect: Dialect,
    *,
    data: Path,
    keys: Keyring,
    clock: Clock,
    path: Path,
    kinds: Kinds,
) -> dict[str, Any]:
    """Write a backup from a connection that reads one snapshot, also of a ledger that waits for its migration."""
    started = time.monotonic()
    if path.is_dir():
        raise BadInput("backup.unwritable", file=str(path), reason="is a directory")
    seal = own_seal(data, keys.kid)
    storage = Storage(data / "files", keys)
    found = dumped_tables(connection, kinds, skip=SKIPPED)
    about = {
        "schema": migrations.current(connection),
        "series": dialect.series(connection),
        "keys": {"kid": keys.kid, "root": base64.b64encode(keys.root).decode()},
        "settings": _settings(data),
        "database": dialect.name,
    }
    records = 0
    made_at = instant_text(clock.now())
    with BackupWriter(path, seal, ledger=keys.kid, made_at=made_at, program=__version__) as out:
        out.add_rows("ledger", about, ())
        for table in found:
            rows = out.add_rows("table", _about(table), rows_of(connection, table, without=LEFT_OUT.get(table.name)))
            records += rows if table.kind == "entity" else 0
        for name in connection.execute(sa.select(system.file.c.sealed).order_by(system.file.c.id)).scalars():
            file = storage.path(name)
            if file.exists():  # else somebody removed it since the snapshot
                out.add_bytes("file", {"name": name}, _pieces(file))
        digest = out.close()
    return {"file": str(path), "sha256": digest, "records": records, "seconds": round(time.monotonic() - started, 2)}


def backup_before_migration(
    dialect: Dialect, *, data: Path, keys: Keyring, clock: Clock, kinds: Kinds = MappingProxyType({})
) -> dict[str, Any]:
    """Write `DATA/backups/before-NNNN-….kehu` before system tables change; the caller calls it in no transaction."""
    with dialect.read() as connection:
        at = migrations.current(connection)
        name = f"before-{migrations.newest():04d}-{clock.now():%Y%m%d-%H%M%S}.kehu"
        folder = data / "backups"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = write_backup(connection, dialect, data=data, keys=keys, clock=clock, path=folder / name, kinds=kinds)
        return {**made, "schema": at}


def column_kinds(ctx: Ctx) -> dict[str, dict[str, ColumnKind]]:
    """Kinds of the columns of all entities, those too that a change of type left behind for undo."""
    kinds: dict[str, dict[str, ColumnKind]] = {}
    for table in ctx.tables.of.values():
        columns = [*SYSTEM_COLUMNS, *(column for placed in table.layouts.values() for column in placed.all)]
        kinds[table.name] = {column.name: column.kind for column in columns}
    change = system.catalog_change.c
    formerly = sa.select(change.entity, change.key, change.before).where(change.key.is_not(None))
    for entity, key, before in ctx.tx.execute(formerly.where(change.before.is_not(None))):
        if entity in ctx.tables.of:
            for column in layout(read_field(key, orjson.loads(before)), ctx.types).all:
                kinds[ctx.tables[entity].name].setdefault(column.name, column.kind)
    return kinds


def _about(table: Dumped) -> dict[str, Any]:
    columns = [[column.name, column.kind] for column in table.columns]
    return {"name": table.name, "kind": table.kind, "columns": columns}


def _settings(data: Path) -> Mapping[str, Any]:
    try:
        found = tomllib.loads((data / "settings.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: found[name] for name in KEPT_SETTINGS if name in found}


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece
