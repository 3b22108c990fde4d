"""What a database must be able to do for Kehu. Keep it below twenty members."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

import sqlalchemy as sa

from kehu.base.db.locks import FairQueue
from kehu.base.fields.base import Stored


class Dialect(ABC):
    """One kind of database, opened."""

    name: ClassVar[str]
    locks_rows: ClassVar[bool]  # whether writers wait for each other row by row
    finds_one_row: ClassVar[bool]  # whether its token index tells quickly if one record matches
    knows_values: ClassVar[bool]  # whether its planner keeps statistics of how often a value occurs
    integrity_errors: ClassVar[tuple[type[Exception], ...]]  # of SQLAlchemy and of the driver itself
    engine: sa.Engine
    compiler: sa.engine.Dialect  # what statements for `run` are compiled with

    def __init__(self, writers: int = 1) -> None:
        self.writers = FairQueue(writers)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection whose statements all see the same state of the ledger."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @abstractmethod
    def write(self, *, bulk: bool = False) -> AbstractContextManager[sa.Connection]:
        """A connection in a writing transaction, committed at the end of the block."""

    def close(self) -> None:
        """Close all connections that nobody uses."""
        self.engine.dispose()

    @abstractmethod
    def run(self, connection: sa.Connection, sql: str, values: Sequence[Any], *, keep: bool = False) -> Any:
        """Run a compiled statement, past SQLAlchemy; return the driver's cursor. keep: its plan may be kept."""

    @contextmanager
    def by_index(self, connection: sa.Connection) -> Iterator[None]:
        """Answer what runs inside by an index wherever there is one, whatever the planner thinks of the whole table.
        One inside another does nothing more."""
        yield

    @abstractmethod
    def server_version(self, connection: sa.Connection) -> str:
        """Version text of the library or server that holds the ledger."""

    @abstractmethod
    def allocate(self, connection: sa.Connection, name: str, n: int = 1) -> Sequence[int]:
        """Take `n` new ids of the series `name`, ascending. Never given out twice."""

    @abstractmethod
    def create_series(self, connection: sa.Connection, name: str) -> None:
        """Make the series `name` for `allocate`, starting at 1."""

    @abstractmethod
    def raise_series(self, connection: sa.Connection, name: str, at_least: int) -> None:
        """Make the next id of the series greater than `at_least` (after a restore)."""

    @abstractmethod
    def series(self, connection: sa.Connection) -> dict[str, int]:
        """The last id given out of every series, 0 for none yet."""

    @abstractmethod
    def integrity(self, connection: sa.Connection) -> list[str] | None:
        """What is wrong inside the database file; None where the database cannot be asked."""

    @abstractmethod
    def commit_point(self, connection: sa.Connection) -> None:
        """Serialise from here to COMMIT, so that `seq` follows the order of commits."""

    @abstractmethod
    def lock_catalog(self, connection: sa.Connection) -> None:
        """Let one catalog change in at a time; raises Conflict `catalog.busy`."""

    @abstractmethod
    def time_limit(self, connection: sa.Connection, seconds: float) -> AbstractContextManager[None]:
        """Stop statements of the block after `seconds` with `StatementTimeout`; inside another, that one's seconds may
        hold."""

    @abstractmethod
    def unique_violation(self, error: Exception) -> str | None:
        """Name of the unique index (SQLite: `table.column`) that an integrity error is about, else None."""

    @abstractmethod
    def build_index(self, name: str, table: str, columns: Sequence[str], *, unique: bool) -> None:
        """Build an index outside any transaction, without blocking writers where the database can."""

    @abstractmethod
    def insert_rows(
        self, connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Stored]]
    ) -> None:
        """Insert many rows of plain stored values, the fastest way the database has."""

    @abstractmethod
    def create_search(self, connection: sa.Connection, table: str) -> None:
        """Create the token index of an entity."""

    @abstractmethod
    def renew_search(self, connection: sa.Connection) -> None:
        """Give token indexes made by an earlier version the settings of new ones."""

    @abstractmethod
    def drop_search(self, connection: sa.Connection, table: str) -> None:
        """Remove the token index of an entity."""

    @abstractmethod
    def put_tokens(
        self,
        connection: sa.Connection,
        table: str,
        rows: Sequence[tuple[int, Sequence[str]]],
        *,
        fresh: Collection[int] = (),
    ) -> None:
        """Replace the tokens of records; an empty list removes the record from the index.

        Each text of a list is a token, or several with a space between.
        fresh: records that have no tokens yet.
        """

    @abstractmethod
    def token_rows(self, connection: sa.Connection, table: str) -> Iterator[tuple[int, str]]:
        """Yield (record, token) of every entry of a token index, in no order. Slow: for proofs, never for queries."""


class StatementTimeout(Exception):
    """A statement ran into `Dialect.time_limit`."""
