"""Ledgers that are set up once per run and cloned per test: the kit `general`, one administrator, no records or some.

A clone takes milliseconds where a set-up takes a second. Catalogs of the same content are read, and their statements
built, once per worker: that is most of what opening a ledger costs. Workbooks are read in the process of the test (see
reader.py).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

from kehu.base.db import system
from kehu.base.db.tables import Tables, build_tables
from kehu.base.fields.base import FieldType
from kehu.base.schema.model import Catalog
from kehu.base.settings import Settings
from kehu.core.catalog import store
from kehu.features.importing import originals
from kehu.runtime import Runtime, SetUpRequest
from tests.support import postgres, reader, server
from tests.support.customers import customers, write_csv

KIT = "general"
FIRM = "宏远商贸"
ADMIN = "admin"
PASSWORD = "山高水长-2026"
TEMPLATE = "kehu_template"
WAIT_SECONDS = 300
CUSTOMERS = 3_000
STATEMENTS = 5_000


_read = store.load_catalog
_catalogs: dict[tuple[str, int, str], Catalog] = {}
_make_engine = sa.create_engine
_compiled: dict[str, _Compiled] = {}
_tables: dict[int, Tables] = {}  # by the identity of a catalog that lives as long as the run


def _load_once(connection: sa.Connection, version: int) -> Catalog:
    """`load_catalog`, once per database kind and content."""
    digest = hashlib.sha256()
    for table in (system.catalog_entity, system.catalog_field):
        for row in sorted(map(repr, connection.execute(sa.select(table)))):
            digest.update(row.encode())
    digest.update(repr(store.load_settings(connection)).encode())
    key = (connection.dialect.name, version, digest.hexdigest())
    if key not in _catalogs:
        _catalogs[key] = _read(connection, version)
    return _catalogs[key]


def _build_once(catalog: Catalog, types: Mapping[str, FieldType]) -> Tables:
    """`build_tables`, once per catalog of `_load_once`."""
    if id(catalog) not in _tables:
        _tables[id(catalog)] = build_tables(catalog, types)
    return _tables[id(catalog)]


class _Compiled(LRUCache[Any, Any]):
    """Compiled statements by what is stated alone: the dialects of all engines of a database kind are alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


def _create_engine(url: Any, **options: Any) -> sa.Engine:
    """`create_engine`, with the statements that were compiled for ledgers before it."""
    kind = str(url).partition(":")[0]
    compiled = _compiled.setdefault(kind, _Compiled(STATEMENTS))
    return _make_engine(url, execution_options={"compiled_cache": compiled}, **options)


vars(store).update(load_catalog=_load_once, build_tables=_build_once)
vars(originals).update(read_workbook=reader.read_workbook)
vars(sa).update(create_engine=_create_engine)


@contextmanager
def cloned(kind: str, data: Path) -> Iterator[Settings]:
    """Give the settings of a fresh clone in `data` on "sqlite" or "postgres"; it is closed and dropped afterwards."""
    template = _template(kind)
    shutil.copytree(template, data, dirs_exist_ok=True)
    settings = Settings(data=data)
    if kind == "sqlite":
        yield settings
        return
    with postgres.fresh_database(TEMPLATE) as url:
        yield replace(settings, database_url=url)


def cloned_with_customers(data: Path) -> Settings:
    """Give the settings of a fresh clone in `data` with 3,000 customers, imported from 客户台账.csv, on SQLite."""
    shutil.copytree(_once("template-customers", _fill), data, dirs_exist_ok=True)
    return Settings(data=data)


def _template(kind: str) -> Path:
    """Return the data folder of the run's template on a database."""

    def make(data: Path) -> None:
        _set_up(Settings(data=data, database_url=postgres.make_database(TEMPLATE) if kind == "postgres" else None))

    return _once(f"template-{kind}", make)


def _once(name: str, make: Callable[[Path], None]) -> Path:
    """Return a data folder of the run, made by the first worker that asks."""
    run = Path(os.environ[postgres.FOLDER])
    data, ready, failed = run / name, run / f"{name}.ready", run / f"{name}.failed"
    try:
        (run / f"{name}.claim").touch(exist_ok=False)
    except FileExistsError:
        _wait(ready, failed)
        return data
    try:
        make(data)
    except BaseException as error:
        failed.write_text(repr(error), encoding="utf-8")
        raise
    ready.touch()
    return data


def _fill(data: Path) -> None:
    shutil.copytree(_template("sqlite"), data)
    file = write_csv(data.with_name("客户台账.csv"), customers(CUSTOMERS))
    server.kehu("import", str(file), "--entity", "customer", data=data)


def _set_up(settings: Settings) -> None:
    with Runtime.open(settings, create=True) as runtime:
        runtime.set_up(SetUpRequest(kit=KIT, firm=FIRM, admin=ADMIN, password=PASSWORD))


def _wait(ready: Path, failed: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not ready.exists():
        if failed.exists():
            raise RuntimeError(f"the template ledger could not be made: {failed.read_text('utf-8')}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"the template ledger was not ready within {WAIT_SECONDS} s")
        time.sleep(0.05)
