"""Processes tell each other which records their people have open."""

from __future__ import annotations

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect
from kehu.base.db.types import Text


def upgrade(connection: sa.Connection, dialect: Dialect) -> None:
    """Give the list of living processes a place for it."""
    kind = Text().compile(dialect=connection.dialect)
    connection.execute(sa.text(f"alter table kehu_process add column open {kind}"))
