"""`python -m torture.clocked`: the program with a clock that is wrong by as many seconds as a file says.

The machine's clock is behind both: the clock of the process, and the database's time by which jobs are leased.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from kehu.base.common.clock import SystemClock
from kehu.core.jobs import claim, table
from kehu.entry.cli.main import main

FILE = "TORTURE_CLOCK"


def _wrong() -> timedelta:
    return timedelta(seconds=float(Path(os.environ[FILE]).read_text("ascii")))


def _put_wrong() -> None:
    right, of_database = SystemClock.now, table.database_now

    def now(self: SystemClock) -> datetime:
        return right(self) + _wrong()

    def database_now(connection: sa.Connection) -> datetime:
        return of_database(connection) + _wrong()

    SystemClock.now = now  # type: ignore[method-assign]
    for module in (table, claim):  # each calls it by its own name
        vars(module)["database_now"] = database_now


if __name__ == "__main__":
    _put_wrong()
    sys.exit(main())
