"""How much a long job does at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kehu.base.db.dialects.base import Dialect
from kehu.base.db.dialects.postgres import PostgresDialect
from kehu.base.db.dialects.sqlite import SqliteDialect
from kehu.core.jobs.pace import FEWEST, HOLD_SECONDS, MOST, ROWS_SECONDS, next_size


@pytest.fixture(params=["sqlite", "postgres"])
def dialect(request: pytest.FixtureRequest, tmp_path: Path) -> Dialect:
    if request.param == "sqlite":
        return SqliteDialect(tmp_path / "ledger.db")
    return PostgresDialect("postgresql://nobody@localhost/none")  # never connected


def test_a_step_that_kept_others_waiting_makes_the_next_smaller(dialect: Dialect) -> None:
    most = ROWS_SECONDS if dialect.locks_rows else HOLD_SECONDS
    assert next_size(dialect, 800, 2 * most) == 400
    assert next_size(dialect, 800, most / 8) == 1_600, "it grows no faster than twofold"
    assert next_size(dialect, 800, 0.0) == 800, "nothing is known of the step before"
    assert next_size(dialect, 120, 60.0) == FEWEST
    assert next_size(dialect, MOST, 0.001) == MOST
