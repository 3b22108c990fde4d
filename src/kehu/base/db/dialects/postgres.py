"""PostgreSQL through psycopg 3."""

from __future__ import annotations

import itertools
import select
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import sqlalchemy as sa
from psycopg import RawCursor
from psycopg import errors as pg_errors
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import TimestamptzLoader
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from kehu.base.db.dialects.base import Dialect, StatementTimeout
from kehu.base.db.types import instant_text
from kehu.base.errors import Conflict
from kehu.base.fields.base import Stored

COMMIT_LOCK = 0x4B45_4855_0001  # "KEHU" 1
CATALOG_LOCK = 0x4B45_4855_0002
LOCK_TRIES = 5
WRITERS = 4  # at work at once in one process; the others wait for their turn without a connection
FEW_VALUES = 2_000  # up to so many, one statement is quicker than a COPY, which takes three turns
FEW_RECORDS = 20
MOST_PLANS = 200  # kept by a connection
WANTED = "kehu_wanted"  # what a connection's transaction is to be set to, and
TOLD = "kehu_told"  # what the server has been told of it: None where that is not known
USUAL = {"statement_timeout": "0", "enable_seqscan": "on", "plan_cache_mode": "auto"}
# Nor a plan for the very values: to plan a look at thirty indexes takes longer than the look.
BY_INDEX = {"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}
BEGIN = "begin isolation level repeatable read read only"
PATIENCE = 10.0  # seconds for a server to end a transaction that has written nothing
ON_REQUEST = 2**31  # runs after which the driver would prepare a statement unasked


class PostgresDialect(Dialect):
    """A ledger in one database of a PostgreSQL server."""

    name: ClassVar[str] = "postgres"
    locks_rows: ClassVar[bool] = True
    finds_one_row: ClassVar[bool] = True
    knows_values: ClassVar[bool] = True
    integrity_errors: ClassVar[tuple[type[Exception], ...]] = (sa.exc.IntegrityError, pg_errors.IntegrityError)

    def __init__(self, url: str) -> None:
        super().__init__(WRITERS)
        self.engine = _engine(url, isolation_level="READ COMMITTED")
        # Begins and ends its transactions here, in fewer turns than SQLAlchemy and the driver.
        self._reading = _engine(
            url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, pool_reset_on_return=None
        )
        event.listen(self._reading, "before_cursor_execute", lambda connection, *_: self._tell(connection))
        # Parameters written as the server writes them: nothing to translate on each run.
        self.compiler = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self._reading.connect() as connection:
            connection.info.update({WANTED: {}, TOLD: USUAL})
            driver: Any = connection.connection.driver_connection
            driver.execute(BEGIN)
            try:
                yield connection
            finally:
                if not connection.invalidated and not _end(driver):
                    connection.invalidate()

    @contextmanager
    def write(self, *, bulk: bool = False) -> Iterator[sa.Connection]:
        with self.writers.hold(bulk=bulk), self.engine.connect() as connection, connection.begin():
            connection.info.update({WANTED: {}, TOLD: USUAL})
            yield connection

    def run(self, connection: sa.Connection, sql: str, values: Sequence[Any], *, keep: bool = False) -> Any:
        self._tell(connection)
        cursor: Any = RawCursor(connection.connection.driver_connection)  # type: ignore[arg-type]
        return cursor.execute(sql, values, prepare=keep)

    def close(self) -> None:
        super().close()
        self._reading.dispose()

    def server_version(self, connection: sa.Connection) -> str:
        return str(connection.exec_driver_sql("show server_version").scalar_one())

    def allocate(self, connection: sa.Connection, name: str, n: int = 1) -> Sequence[int]:
        raw: Any = connection.connection.driver_connection
        with raw.cursor() as cursor:
            cursor.execute("select nextval(%s::regclass) from generate_series(1, %s)", (f'"id_{name}"', n))
            return sorted(row[0] for row in cursor.fetchall())

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
        self.run(connection, "select pg_advisory_xact_lock($1)", (COMMIT_LOCK,))

    def lock_catalog(self, connection: sa.Connection) -> None:
        for _ in range(LOCK_TRIES):
            if connection.exec_driver_sql("select pg_try_advisory_xact_lock(%s)", (CATALOG_LOCK,)).scalar_one():
                connection.exec_driver_sql("set local lock_timeout = '1s'")
                return
            time.sleep(0.2)
        raise Conflict("catalog.busy")

    @contextmanager
    def time_limit(self, connection: sa.Connection, seconds: float) -> Iterator[None]:
        try:
            with self._set(connection, {"statement_timeout": str(int(seconds * 1000))}):
                yield
        except (sa.exc.OperationalError, pg_errors.QueryCanceled) as error:
            cause = error.orig if isinstance(error, sa.exc.OperationalError) else error
            if isinstance(cause, pg_errors.QueryCanceled):
                raise StatementTimeout from error
            raise

    @contextmanager
    def by_index(self, connection: sa.Connection) -> Iterator[None]:
        with self._set(connection, BY_INDEX):
            yield

    @contextmanager
    def _set(self, connection: sa.Connection, wanted: Mapping[str, str]) -> Iterator[None]:
        """Have the server set like this while the block runs, where a block around it has not set the same already.
        It is told before the next statement, so that what the end of a transaction takes back needs no turn."""
        info = connection.info
        outside = info[WANTED]
        info[WANTED] = {**wanted, **outside}
        writes = connection.engine is not self._reading
        try:
            if writes:  # by cursors of the driver's own too
                self._tell(connection)
            yield
        except BaseException:
            info[TOLD] = None  # a savepoint that is rolled back takes settings back
            raise
        finally:
            info[WANTED] = outside
        if writes:
            self._tell(connection)

    def _tell(self, connection: sa.Connection) -> None:
        told = connection.info.get(TOLD, USUAL)
        wanted = {**USUAL, **connection.info.get(WANTED, {})}
        if wanted != told:
            news = wanted if told is None else {key: value for key, value in wanted.items() if told[key] != value}
            connection.info[TOLD] = wanted
            self.run(connection, "; ".join(f"set local {key} = {value}" for key, value in news.items()), ())

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
        ahead = iter(rows)
        few = list(itertools.islice(ahead, FEW_VALUES // len(columns) + 1))
        with raw.cursor() as cursor:
            if len(few) * len(columns) <= FEW_VALUES:
                if few:
                    _insert(cursor, f'insert into "{table}" ({names}) values', few)
                return
            with cursor.copy(f'copy "{table}" ({names}) from stdin') as copy:
                for row in itertools.chain(few, ahead):
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
        # Tokens hold no quotes and no backslashes.
        filled = [(id, "'" + " ".join(tokens).replace(" ", "' '") + "'") for id, tokens in rows if tokens]
        with raw.cursor() as cursor:
            if len(rows) <= FEW_RECORDS:
                if emptied := [id for id, tokens in rows if not tokens and id not in fresh]:
                    cursor.execute(f'delete from "{table}" where id = any(%s)', (emptied,))
                if filled:
                    put = "on conflict (id) do update set tok = excluded.tok"
                    _insert(cursor, f'insert into "{table}" (id, tok) values', filled, put)
                return
            if known := [id for id, _ in rows if id not in fresh]:
                cursor.execute(f'delete from "{table}" where id = any(%s)', (known,))
            if filled:
                with cursor.copy(f'copy "{table}" (id, tok) from stdin') as copy:
                    for row in filled:
                        copy.write_row(row)

    def token_rows(self, connection: sa.Connection, table: str) -> Iterator[tuple[int, str]]:
        rows = connection.exec_driver_sql(f'select id, unnest(tsvector_to_array(tok)) from "{table}"')
        yield from ((row[0], row[1]) for row in rows)


def _engine(url: str, **options: Any) -> sa.Engine:
    # Last in, first out: the connection used last has the tables' descriptions and the kept plans at hand.
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=12,
        max_overflow=20,
        pool_use_lifo=True,
        connect_args={"prepare_threshold": ON_REQUEST},
        **options,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "checkout", _on_checkout)
    return engine


def _insert(cursor: Any, beginning: str, rows: Sequence[Sequence[Stored]], end: str = "") -> None:
    """Insert a few rows by one statement."""
    marks = f"({', '.join(['%s'] * len(rows[0]))})"
    cursor.execute(f"{beginning} {', '.join([marks] * len(rows))} {end}", [value for row in rows for value in row])


class _Day(Loader):
    """A date as the text in which it is stored elsewhere: statements past SQLAlchemy's types read it too."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode()


class _Instant(TimestamptzLoader):
    """An instant as the text in which it is stored elsewhere."""

    def load(self, data: Buffer) -> Any:
        return instant_text(super().load(data))


def _on_connect(connection: Any, _record: object) -> None:
    connection.prepared_max = MOST_PLANS
    connection.adapters.register_loader("date", _Day)
    connection.adapters.register_loader("timestamptz", _Instant)
    with connection.cursor() as cursor:
        # A plan is kept of what asks to be prepared, which finds its rows by ids. All else is planned for its values:
        # generic plans are up to a thousand times slower on skewed data.
        cursor.execute("set plan_cache_mode = auto; set timezone = 'UTC'; set datestyle = 'ISO'; set jit = off")
    connection.commit()


def _end(connection: Any) -> bool:
    """End a transaction that has written nothing, and do not wait for the server to say so: whoever takes the
    connection next hears it. Tells whether the connection can be used again."""
    pgconn = connection.pgconn
    if pgconn.transaction_status not in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        return False
    try:
        pgconn.send_query(b"commit")
        return bool(pgconn.flush() == 0)
    except pg_errors.OperationalError:
        return False


def _on_checkout(connection: Any, _record: object, _proxy: object) -> None:
    """Notice a server that has gone away, without asking it: a healthy one says nothing unasked."""
    try:
        pgconn = connection.pgconn
        if pgconn.transaction_status == TransactionStatus.ACTIVE:  # `_end` has not heard
            ended = False
            while not ended:
                while pgconn.is_busy():
                    if not _readable(connection, PATIENCE):
                        raise sa.exc.InvalidatePoolError
                    pgconn.consume_input()
                ended = pgconn.get_result() is None
        silent = not _readable(connection, 0)
    except (pg_errors.OperationalError, OSError, ValueError):  # closed on our side
        silent = False
    if not silent:
        raise sa.exc.InvalidatePoolError


def _readable(connection: Any, seconds: float) -> bool:
    """Whether the server has said something, within so many seconds."""
    if not hasattr(select, "poll"):
        return bool(select.select([connection.fileno()], [], [], seconds)[0])
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(int(seconds * 1000)))
