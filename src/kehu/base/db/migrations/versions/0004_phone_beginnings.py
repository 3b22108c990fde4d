"""Tokens of phones got one of their first three digits: an index made before is built again when the ledger opens."""

from __future__ import annotations

import sqlalchemy as sa

from kehu.base.db.dialects.base import Dialect


def upgrade(connection: sa.Connection, dialect: Dialect) -> None:
    """Say so where there is a ledger; an empty database has no index yet."""
    connection.execute(
        sa.text(
            "insert into kehu_meta (key, value) select 'search', 'old' from kehu_meta where key = 'ledger'"
            " and not exists (select 1 from kehu_meta where key = 'search')"
        )
    )
