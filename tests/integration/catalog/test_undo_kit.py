"""The kit a ledger began with cannot be pulled from under it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import Conflict
from kehu.features.undoing.service import undo_any
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS


def test_the_first_catalog_change_is_not_undone(runtime: Runtime) -> None:
    with runtime.read(BOSS) as ctx:
        first = ctx.tx.execute(sa.select(sa.func.min(system.changeset.c.id))).scalar_one()
    with pytest.raises(Conflict, match=r"undo\.kit"), runtime.write(BOSS) as ctx:
        undo_any(ctx, first)
    with runtime.read(BOSS) as ctx:
        assert ctx.catalog.entity("customer") is not None
