"""SQLite through `sqlcipher3` (plain files; the one SQLite library that opens the ledger in this process)."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlcipher3 import dbapi2 as driver

from kehu.base.db.dialects.base import Dialect, StatementTimeout
from kehu.base.errors import Unreachable
from kehu.base.fields.base import Stored
from kehu.base.formula.steps import power

# The WAL-reset bug that can corrupt a file was fixed in 3.51.3.
OLDEST = (3, 51, 3)
PRAGMAS = (
    "journal_mode=wal",
    "synchronous=full",  # an acknowledged write survives a power cut
    "busy_timeout=30000",
    "foreign_keys=on",
    "trusted_schema=off",
    "cell_size_check=on",
    "secure_delete=on",  # a blanked or purged value does not linger in free pages
    # Pages, 125 MB: a page that is written often goes back to the file once. With 8000, importing 100,000 rows took
    # 72 s instead of 57, undoing them 36 instead of 25.
    "wal_autocheckpoint=32000",
)
READER_CACHE, WRITER_CACHE = 4, 32  # MiB a connection; what a reader misses, the system's cache has

# What the driver has no adapter for it looks up anew for each value, about 1 µs each: a row of 150 columns holds mostly
# None. These give back what they are given.
driver.register_adapter(type(None), {}.get)
driver.register_adapter(bool, int)
driver.register_adapter(bytes, bytes)


class SqliteDialect(Dialect):
    """A ledger in one file."""

    name: ClassVar[str] = "sqlite"
    locks_rows: ClassVar[bool] = False
    finds_one_row: ClassVar[bool] = False
    knows_values: ClassVar[bool] = False
    integrity_errors: ClassVar[tuple[type[Exception], ...]] = (sa.exc.IntegrityError, driver.IntegrityError)

    def __init__(self, file: Path) -> None:
        super().__init__()
        if driver.sqlite_version_info < OLDEST:
            raise Unreachable("database.too_old", found=driver.sqlite_version, needed="3.51.3")
        self.file = file
        if not file.exists():
            file.touch(mode=0o600)  # its companions (-wal, -shm) take the mode over
        self.engine = self._engine(READER_CACHE, 12, "BEGIN")
        # The pages that the only writer holds stay true: a reader's are dropped with each commit of another's.
        self._writing = self._engine(WRITER_CACHE, 1, "BEGIN IMMEDIATE")
        self.compiler = self.engine.dialect

    def _engine(self, cache: int, size: int, begin: str) -> sa.Engine:
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: self._connect(cache),
            module=driver,
            poolclass=sa.pool.QueuePool,
            pool_size=size,
            max_overflow=20,
            pool_use_lifo=True,
        )
        # The driver's own transaction handling would let DDL survive a rollback and give readers no stable snapshot.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    def _connect(self, cache: int) -> Any:
        connection = driver.connect(str(self.file), check_same_thread=False, isolation_level=None, timeout=30.0)
        for pragma in (*PRAGMAS, f"cache_size={-1024 * cache}"):
            connection.execute(f"pragma {pragma}").fetchall()
        connection.create_function("kehu_power", 2, power, deterministic=True)
        return connection

    @contextmanager
    def write(self, *, bulk: bool = False) -> Iterator[sa.Connection]:
        with self.writers.hold(bulk=bulk), self._writing.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        super().close()
        self._writing.dispose()

    def run(self, connection: sa.Connection, sql: str, values: Sequence[Any], *, keep: bool = False) -> Any:
        cursor: Any = connection.connection.cursor()
        return cursor.execute(sql, values)

    def server_version(self, connection: sa.Connection) -> str:
        return str(connection.exec_driver_sql("select sqlite_version()").scalar_one())

    def allocate(self, connection: sa.Connection, name: str, n: int = 1) -> Sequence[int]:
        raw: Any = connection.connection.driver_connection
        sql = 'update "kehu_counter" set "value" = "value" + ? where "name" = ? returning "value"'
        last = int(raw.execute(sql, (n, name)).fetchall()[0][0])
        return range(last - n + 1, last + 1)

    def create_series(self, connection: sa.Connection, name: str) -> None:
        connection.exec_driver_sql('insert into "kehu_counter" ("name", "value") values (?, 0)', (name,))

    def raise_series(self, connection: sa.Connection, name: str, at_least: int) -> None:
        connection.exec_driver_sql(
            'update "kehu_counter" set "value" = max("value", ?) where "name" = ?', (at_least, name)
        )

    def series(self, connection: sa.Connection) -> dict[str, int]:
        return {row[0]: row[1] for row in connection.exec_driver_sql('select "name", "value" from "kehu_counter"')}

    def integrity(self, connection: sa.Connection) -> list[str] | None:
        rows = connection.exec_driver_sql("pragma integrity_check(20)").scalars()
        return [str(row) for row in rows if row != "ok"]

    def commit_point(self, connection: sa.Connection) -> None:
        """One writer at a time already: nothing to do."""

    def lock_catalog(self, connection: sa.Connection) -> None:
        """`BEGIN IMMEDIATE` already holds the only write lock."""

    @contextmanager
    def time_limit(self, connection: sa.Connection, seconds: float) -> Iterator[None]:
        raw: Any = connection.connection.driver_connection
        ends, worked = time.monotonic() + seconds, time.thread_time() + seconds / 2

        def over() -> int:
            # A statement that got no processor is not slow: the machine is busy with something else.
            return int(time.monotonic() > ends and time.thread_time() > worked)

        raw.set_progress_handler(over, 50_000)
        try:
            yield
        except (sa.exc.OperationalError, driver.OperationalError) as error:
            if "interrupted" in str(error):
                raise StatementTimeout from error
            raise
        finally:
            raw.set_progress_handler(None, 0)

    def unique_violation(self, error: Exception) -> str | None:
        # SQLite names the columns of a plain index and the index itself only for expressions.
        cause = error.orig if isinstance(error, sa.exc.IntegrityError) else error
        found = re.search(r"UNIQUE constraint failed: (?:index '([^']+)'|(\S+))", str(cause))
        return None if found is None else found[1] or found[2]

    def build_index(self, name: str, table: str, columns: Sequence[str], *, unique: bool) -> None:
        quoted = ", ".join(f'"{column}"' for column in columns)
        with self.write(bulk=True) as connection:
            connection.exec_driver_sql(
                f'create {"unique " if unique else ""}index if not exists "{name}" on "{table}" ({quoted})'
            )

    def insert_rows(
        self, connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Stored]]
    ) -> None:
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        raw: Any = connection.connection.driver_connection
        raw.executemany(f'insert into "{table}" ({names}) values ({marks})', rows)

    def create_search(self, connection: sa.Connection, table: str) -> None:
        connection.exec_driver_sql(
            f'create virtual table "{table}" using fts5'
            "(tok, content='', contentless_delete=1, detail=none, tokenize='ascii')"
        )
        _merge_late(connection, table)

    def renew_search(self, connection: sa.Connection) -> None:
        tables = "select name from sqlite_master where type = 'table' and sql like 'create virtual table%using fts5%'"
        for table in connection.exec_driver_sql(tables).scalars().all():
            _merge_late(connection, table)

    def drop_search(self, connection: sa.Connection, table: str) -> None:
        connection.exec_driver_sql(f'drop table if exists "{table}"')

    def put_tokens(
        self,
        connection: sa.Connection,
        table: str,
        rows: Sequence[tuple[int, Sequence[str]]],
        *,
        fresh: Collection[int] = (),
    ) -> None:
        raw: Any = connection.connection.driver_connection
        raw.executemany(f'delete from "{table}" where rowid = ?', [(id,) for id, _ in rows if id not in fresh])
        raw.executemany(
            f'insert into "{table}" (rowid, tok) values (?, ?)',
            [(id, " ".join(tokens)) for id, tokens in rows if tokens],
        )

    def token_rows(self, connection: sa.Connection, table: str) -> Iterator[tuple[int, str]]:
        view = f"{table}_rows"
        connection.exec_driver_sql(f'drop table if exists temp."{view}"')
        connection.exec_driver_sql(f"create virtual table temp.\"{view}\" using fts5vocab(main, '{table}', instance)")
        try:
            for row in connection.exec_driver_sql(f'select doc, term from temp."{view}"'):
                yield row[0], row[1]
        finally:
            connection.exec_driver_sql(f'drop table temp."{view}"')


def _merge_late(connection: sa.Connection, table: str) -> None:
    # From 10 % deleted on (the default) each commit merges segments anew: undoing an import took twice as long.
    connection.exec_driver_sql(f'insert into "{table}" ("{table}", rank) values (\'deletemerge\', 40)')
