"""A test's ledger is set up, on the database it says, and nobody else's."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.context import Actor
from kehu.runtime import Runtime

TESTER = Actor("system", None, "test")


@pytest.mark.parametrize("round_number", [1, 2])
def test_each_test_gets_a_ledger_of_its_own(runtime: Runtime, database_kind: str, round_number: int) -> None:
    assert runtime.dialect.name == database_kind
    assert runtime.is_set_up()
    with runtime.write(TESTER) as ctx:
        assert "customer" in ctx.catalog.entities
        # A second test in the same database would meet the row of the first.
        ctx.tx.execute(sa.insert(system.meta).values(key="mine", value=str(round_number)))
