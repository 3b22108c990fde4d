"""PostgreSQL through psycopg 3."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import sqlalchemy as sa
from psycopg import errors as pg_errors
from sqlalchemy import event

from kehu.base.db.dialects.base import Dialect, StatementTimeout
from kehu.base.errors import Conflict
from kehu.base.fields.base import Stored

COMMIT_LOCK = 0x4B45_4855_0001  # "KEHU" 1
CATALOG_LOCK = 0x4B45_4855_0002
LOCK_TRIES = 5


class PostgresDialect(Dialect):
    """A ledger in one database of a PostgreSQL server."""

    name: ClassVar[str] = "postgres"
    locks_rows: ClassVar[bool] = True
    finds_one_row: ClassVar[bool] = True
    knows_values: ClassVar[bool] = True
    integrity_errors: ClassVar[tuple[type[Exception], ...]] = (sa.exc.IntegrityError, pg_errors.IntegrityError)

    def __init__(self, url: str) -> None:
        super().__init__()
        parsed = sa.make_url(url).set(drivername="postgresql+psycopg")
        # Prepared statements would keep plans of tables that a catalog change has altered.
        self.engine = sa.create_engine(
            parsed, pool_size=12, max_overflow=20, connect_args={"prepare_threshold": None}, pool_pre_ping=True
        )
        event.listen(self.engine, "connect", _on_connect)
        self._snapshot = self.engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self._snapshot.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, bulk: bool = False) -> Iterator[sa.Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def server_version(self, connection: sa.Connection) -> str:
        return str(connection.exec_driver_sql("show server_version").scalar_one())

    def allocate(self, connection: sa.Connection, name: str, n: int = 1) -> Sequence[int]:
        rows = connection.exec_driver_sql(
            "select nextval(%s::regclass) from generate_series(1, %s)", (f'"id_{name}"', n)
        )
        return sorted(row[0] for row in rows)

    def create_series(self, connection: sa.Connection, name: str) -> None:
        connection.exec_driver_sql(f'create sequence "id_{name}"')

    def raise_series(self, connection: sa.Connection, name: str, at_least: int) -> None:
        connection.exec_driver_sql(
            f'select setval(\'"id_{name}"\', greatest(%s, (select last_value from "id_{name}")))', (max(at_least, 1),)
        )

    def series(self, connection: sa.Connection) -> dict[str, int]:
        rows = connection.exec_driver_sql(
            "select substr(sequencename, 4), coalesce(last_value, 0) from pg_sequences"
            " where schemaname = current_schema() and starts_with(sequencename, 'id_')"
        )
        return {row[0]: row[1] for row in rows}

    def integrity(self, connection: sa.Connection) -> list[str] | None:
        return None

    def commit_point(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql("select pg_advisory_xact_lock(%s)", (COMMIT_LOCK,))

    def lock_catalog(self, connection: sa.Connection) -> None:
        for _ in range(LOCK_TRIES):
            if connection.exec_driver_sql("select pg_try_advisory_xact_lock(%s)", (CATALOG_LOCK,)).scalar_one():
                connection.exec_driver_sql("set local lock_timeout = '1s'")
                return
            time.sleep(0.2)
        raise Conflict("catalog.busy")

    @contextmanager
    def time_limit(self, connection: sa.Connection, seconds: float) -> Iterator[None]:
        connection.exec_driver_sql(f"set local statement_timeout = {int(seconds * 1000)}")
        try:
            yield
        except (sa.exc.OperationalError, pg_errors.QueryCanceled) as error:
            cause = error.orig if isinstance(error, sa.exc.OperationalError) else error
            if isinstance(cause, pg_errors.QueryCanceled):
                raise StatementTimeout from error
            raise
        connection.exec_driver_sql("set local statement_timeout = 0")

    def unique_violation(self, error: Exception) -> str | None:
        cause = error.orig if isinstance(error, sa.exc.IntegrityError) else error
        return cause.diag.constraint_name if isinstance(cause, pg_errors.UniqueViolation) else None

    def build_index(self, name: str, table: str, columns: Sequence[str], *, unique: bool) -> None:
        quoted = ", ".join(f'"{column}"' for column in columns)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # A build that was cut off leaves an invalid index behind.
            invalid = connection.exec_driver_sql(
                "select not indisvalid from pg_index where indexrelid = to_regclass(%s)", (f'"{name}"',)
            ).scalar()
            if invalid:
                connection.exec_driver_sql(f'drop index concurrently if exists "{name}"')
            connection.exec_driver_sql(
                f'create {"unique " if unique else ""}index concurrently if not exists "{name}" on "{table}" ({quoted})'
            )

    def insert_rows(
        self, connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Stored]]
    ) -> None:
        names = ", ".join(f'"{column}"' for column in columns)
        raw: Any = connection.connection.driver_connection
        with raw.cursor() as cursor, cursor.copy(f'copy "{table}" ({names}) from stdin') as copy:
            for row in rows:
                copy.write_row(row)

    def create_search(self, connection: sa.Connection, table: str) -> None:
        connection.exec_driver_sql(f'create table "{table}" (id bigint primary key, tok tsvector not null)')
        connection.exec_driver_sql(f'create index "{table}_tok" on "{table}" using gin (tok)')

    def renew_search(self, connection: sa.Connection) -> None:
        """Its token indexes have no settings of their own."""

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
        with raw.cursor() as cursor:
            if known := [id for id, _ in rows if id not in fresh]:
                cursor.execute(f'delete from "{table}" where id = any(%s)', (known,))
            filled = [(id, " ".join(tokens).replace(" ", "' '")) for id, tokens in rows if tokens]
            if not filled:
                return
            with cursor.copy(f'copy "{table}" (id, tok) from stdin') as copy:
                for id, joined in filled:
                    copy.write_row((id, f"'{joined}'"))  # tokens hold no quotes and no backslashes

    def token_rows(self, connection: sa.Connection, table: str) -> Iterator[tuple[int, str]]:
        rows = connection.exec_driver_sql(f'select id, unnest(tsvector_to_array(tok)) from "{table}"')
        yield from ((row[0], row[1]) for row in rows)


def _on_connect(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        # Generic plans of parameterised statements are up to a thousand times slower on skewed data.
        cursor.execute("set plan_cache_mode = force_custom_plan; set timezone = 'UTC'; set jit = off")
    connection.commit()
