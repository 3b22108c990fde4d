"""A ledger on disk, a real server over it, a client that is signed in, and a bare connection for the work by hand."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from kehu.base.settings import Settings
from kehu.runtime import Runtime, SetUpRequest

PASSWORD = "山高水长-2026"
START_SECONDS = 60


@dataclass
class House:
    """One ledger under measurement."""

    settings: Settings
    tokens: dict[str, str]
    rows: int
    url: str = ""
    process_id: int = 0

    def client(self, who: str = "admin") -> Client:
        """A client with a connection of its own."""
        return Client(self.url, self.tokens[who])


class Client:
    """HTTP over one kept connection, with as little of its own as Python allows."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def raw(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> tuple[int, bytes]:
        """Send a request; return status and body."""
        headers = {**self._headers, "Content-Type": kind} if kind else self._headers
        self._connection.request(method, f"/api/v1{path}", body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def call(self, method: str, path: str, data: object = None) -> Any:
        """Send JSON, expect JSON and success."""
        status, raw = self.raw(method, path, None if data is None else json.dumps(data).encode())
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {raw[:500].decode('utf-8', 'replace')}")
        return json.loads(raw) if raw else None

    def upload(self, path: str, file: Path, fields: dict[str, str]) -> Any:
        """Send a file as multipart form."""
        mark = uuid.uuid4().hex
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        head = "".join(parts) + (
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + file.read_bytes() + f"\r\n--{mark}--\r\n".encode()
        status, raw = self.raw("POST", path, body, f"multipart/form-data; boundary={mark}")
        if status >= 400:
            raise RuntimeError(f"upload: {status} {raw[:500].decode('utf-8', 'replace')}")
        return json.loads(raw)

    def wait(self, path: str, states: Sequence[str], seconds: float = 3600) -> Any:
        """Ask until `state` is one of these."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.call("GET", path)
            if found["state"] in states:
                return found
            if found["state"] == "failed":
                raise RuntimeError(f"{path} failed: {found.get('error')}")
            time.sleep(0.05)
        raise TimeoutError(path)


def new_ledger(settings: Settings) -> Runtime:
    """Make a ledger with the kit `general`."""
    os.environ.setdefault("KEHU_CONFIG", str(settings.data.with_name("config")))
    runtime = Runtime.open(settings, create=True)
    runtime.set_up(SetUpRequest(kit="general", admin="admin", password=PASSWORD, firm="宏远商贸"))
    return runtime


@contextmanager
def serving(house: House) -> Iterator[float]:
    """Run `kehu serve` over the ledger; gives the seconds from its start to its first answered page."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("KEHU_")}
    env |= {"KEHU_DATA": str(house.settings.data), "KEHU_CONFIG": os.environ["KEHU_CONFIG"], "KEHU_LANG": "zh-CN"}
    if house.settings.database_url:
        env["KEHU_DATABASE_URL"] = house.settings.database_url
    log = house.settings.data.with_name("server.log")
    started = time.perf_counter()
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "kehu", "serve", "--port", "0", "--json"],
            env=env, stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.strip():
                raise RuntimeError(f"kehu serve did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
            house.url, house.process_id = json.loads(line)["url"].rstrip("/"), process.pid
            first = http.client.HTTPConnection(urlsplit(house.url).netloc, timeout=START_SECONDS)
            first.request("GET", "/")
            first.getresponse().read()
            yield time.perf_counter() - started
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()  # type: ignore[union-attr]


class ByHand:
    """The database as somebody would use it who writes SQL himself: the driver, one connection, no layers."""

    def __init__(self, house: House) -> None:
        from kehu.base.db.dialects import open_dialect

        self._dialect = open_dialect(url=house.settings.database_url, file=house.settings.ledger_file)
        self._pooled = self._dialect.engine.connect()
        self._raw: Any = self._pooled.connection.driver_connection
        self.postgres = house.settings.database_url is not None
        self._pooled.rollback()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Fetch all rows of a statement written with ? marks."""
        cursor = self._raw.cursor()
        cursor.execute(sql.replace("%", "%%").replace("?", "%s") if self.postgres else sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.close()
        if self.postgres:
            self._raw.rollback()
        return found

    def do(self, sql: str) -> None:
        """Run a statement and commit it."""
        self._raw.execute(sql)
        self.commit()

    def begin(self) -> None:
        """Begin a writing transaction."""
        if not self.postgres:
            self._raw.execute("begin immediate")

    def commit(self) -> None:
        """Commit."""
        if self.postgres or self._raw.in_transaction:
            self._raw.commit()

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Insert ready tuples the fastest way, in one transaction."""
        self.begin()
        self._dialect.insert_rows(self._pooled, table, columns, rows)  # type: ignore[arg-type]
        self.commit()

    def roll_back(self) -> None:
        """Take back what the transaction did."""
        self._raw.rollback()

    def database(self, name: str) -> str:
        """Make another database on the same server of PostgreSQL in place of an earlier one; return its address."""
        url = self._dialect.engine.url.set(drivername="postgresql")
        with self._dialect.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f'drop database if exists "{name}"')
            connection.exec_driver_sql(f'create database "{name}"')
        return url.set(database=name).render_as_string(hide_password=False)

    def run(self, sql: str) -> None:
        """Run a statement inside the transaction."""
        self._raw.execute(sql)

    def copy_of(self, table: str, copy: str) -> None:
        """Make an empty table with the columns and indexes of another."""
        if self.postgres:
            self.do(f'create table "{copy}" (like "{table}" including all)')
            return
        made = self.rows("select sql from sqlite_master where type = 'table' and name = ?", (table,))[0][0]
        self.do(made.replace(f'CREATE TABLE "{table}"', f'CREATE TABLE "{copy}"').replace(
            f"CREATE TABLE {table} ", f'CREATE TABLE "{copy}" '))  # fmt: skip
        for (index,) in self.rows("select sql from sqlite_master where type = 'index' and tbl_name = ?", (table,)):
            if index:
                changed = index.replace(f'on "{table}"', f'on "{copy}"').replace('index "', 'index "hand_')
                self.do(changed.replace('INDEX "', 'INDEX "hand_'))

    def close(self) -> None:
        """Give the connection back."""
        self._pooled.close()
        self._dialect.close()


def columns_of(connection: sa.Connection, table: str) -> list[str]:
    """Names of a table's columns."""
    return [str(column["name"]) for column in sa.inspect(connection).get_columns(table)]
