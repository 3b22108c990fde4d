"""Restores a backup into an empty ledger of either database: all of it or nothing.

The file is read once and proved before anything is touched. The tables are then filled in one transaction (on SQLite
in a file beside, which takes its place at the end). What is not in a backup is made again by `finish`, which belongs
to whoever can open a ledger.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.crypto.keys import Keyring
from kehu.base.db import migrations, system
from kehu.base.db.ddl import create_index
from kehu.base.db.dialects import Dialect, open_dialect
from kehu.base.db.dump import Dumped, drop_system, empty_table, make_table, tables_there
from kehu.base.errors import BadInput, Conflict
from kehu.base.fields.base import Column, Stored
from kehu.base.settings import Settings
from kehu.core.catalog.indexes import declared
from kehu.features.backup.format import BackupReader, Part, read_header
from kehu.features.backup.recovery import adopt, seal_key, stored_recovery

SET_UP = "ledger"  # row of kehu_meta of a ledger that was set up
Finish = Callable[[Settings], bool]


def restore(settings: Settings, file: Path, recovery_key: str | None = None, *, finish: Finish) -> dict[str, Any]:
    """Restore `file` into the empty ledger of `settings`; return {"data", "verified"}.

    recovery_key: as written down; without it the one in the configuration folder of this machine.
    finish: opens the restored ledger, makes derived tables again, verifies; returns whether all is well.
    Raises BadInput backup.* before anything changes, Conflict `ledger.exists` where a ledger is.
    """
    header = read_header(file)
    text = recovery_key or stored_recovery(header.ledger)
    if text is None:
        raise BadInput("backup.key_needed", field="recovery_key")
    reader = BackupReader(file, seal_key(text))
    if int(reader.check().get("schema", 0)) > migrations.newest():
        raise BadInput("backup.newer", file=str(file))
    _check_empty(settings)
    settings.make_folders()
    work = settings.tmp / f"restore-{secrets.token_hex(8)}"
    work.mkdir(mode=0o700)
    try:
        _fill(settings, reader, work, text)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {"data": str(settings.data), "verified": finish(settings)}


def _check_empty(settings: Settings) -> None:
    if settings.database_url is None and not settings.ledger_file.exists():
        return
    dialect = open_dialect(url=settings.database_url, file=settings.ledger_file)
    try:
        with dialect.read() as connection:
            _refuse_ledger(connection, settings)
    finally:
        dialect.close()


def _refuse_ledger(connection: sa.Connection, settings: Settings) -> None:
    if migrations.current(connection) == 0:
        return
    if connection.execute(sa.select(system.meta.c.key).where(system.meta.c.key == SET_UP)).first() is not None:
        raise Conflict("ledger.exists", folder=str(settings.data))


def _fill(settings: Settings, reader: BackupReader, work: Path, recovery: str) -> None:
    built = work / "ledger.db"
    dialect = open_dialect(url=settings.database_url, file=built)
    try:
        with dialect.write(bulk=True) as connection:
            _refuse_ledger(connection, settings)  # again, now that nobody else can set one up
            drop_system(connection)
            about = _load(connection, dialect, reader, work)
            _settle(connection)
            _place(settings, about, work, recovery)  # before the commit: files without rows harm nobody
    finally:
        dialect.close()
    if settings.database_url is None:
        for name in ("ledger.db-wal", "ledger.db-shm"):
            (settings.data / name).unlink(missing_ok=True)
        os.replace(built, settings.ledger_file)


def _load(connection: sa.Connection, dialect: Dialect, reader: BackupReader, work: Path) -> Mapping[str, Any]:
    """Make all tables and fill them; unpack files into the working folder."""
    about: Mapping[str, Any] = {}
    for part, content in reader.parts():
        if part.kind == "ledger":
            about = part.about
            for _rows in content:
                pass
            migrations.migrate(connection, dialect, until=int(about["schema"]))
        elif part.kind == "table":
            _load_table(connection, dialect, part, content)
        elif part.kind == "file":
            _load_file(work, str(part.about["name"]), content)
        else:
            raise BadInput("backup.newer", file=str(reader.path))
    there = dialect.series(connection)
    for name, last in about["series"].items():
        if name not in there:
            dialect.create_series(connection, name)
        if last > 0:
            dialect.raise_series(connection, name, last)
    _build_indexes(connection)
    return about


def _load_table(
    connection: sa.Connection, dialect: Dialect, part: Part, content: Iterator[Sequence[Sequence[Stored]]]
) -> None:
    columns = tuple(Column(name, kind) for name, kind in part.about["columns"])
    table = Dumped(str(part.about["name"]), str(part.about["kind"]), columns)
    if table.kind != "system":
        make_table(connection, dialect, table)
    elif table.name not in tables_there(connection):
        raise BadInput("backup.newer", file=table.name)
    elif table.name != system.meta.name:  # which holds the number of the system tables by now
        empty_table(connection, table.name)
    names = [column.name for column in columns]
    dialect.insert_rows(connection, table.name, names, (row for rows in content for row in rows))


def _load_file(work: Path, name: str, content: Iterator[bytes]) -> None:
    if len(name) != 32 or not all(c in "0123456789abcdef" for c in name):
        raise BadInput("backup.foreign", file=name)
    target = work / "files" / name[:2] / name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for piece in content:
            out.write(piece)


def _build_indexes(connection: sa.Connection) -> None:
    """Build what was ready; what was waiting to be built goes on waiting."""
    for index, state in declared(connection):
        if state == "ready":
            create_index(connection, index)


def _settle(connection: sa.Connection) -> None:
    """Give work that was running back to the queue: whoever held it is not here."""
    job = system.job
    connection.execute(
        sa.update(job).where(job.c.state == "running").values(state="waiting", lease_by=None, lease_until=None)
    )


def _place(settings: Settings, about: Mapping[str, Any], work: Path, recovery: str) -> None:
    """Put keys, files and settings where they belong."""
    keys = Keyring(str(about["keys"]["kid"]), base64.b64decode(about["keys"]["root"]))
    keys.save(work / "ledger.key")
    os.replace(work / "ledger.key", settings.key_file)
    adopt(settings.data, keys.kid, recovery)
    for file in sorted((work / "files").glob("*/*")):
        target = settings.files / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(file, target)
    if about["settings"] and not settings.settings_file.exists():
        lines = [f"{name} = {orjson.dumps(value).decode()}\n" for name, value in about["settings"].items()]
        settings.settings_file.write_text("".join(lines), encoding="utf-8")
