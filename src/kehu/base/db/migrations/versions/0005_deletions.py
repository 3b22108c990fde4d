"""Deletions are found without reading all of the history: the recycle bin of a large ledger took seconds."""

from __future__ import annotations

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect


def upgrade(connection: sa.Connection, dialect: Dialect) -> None:
    """Index the deletions by themselves; they are few."""
    connection.execute(sa.text("create index i_kehu_change_deletion on kehu_change (entity, tx) where op = 'delete'"))
