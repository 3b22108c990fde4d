"""The day for which kept values hold: remembered in the ledger, moved by the tick and by computing everything."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.context import Ctx

DAY = "derived.day"  # row of kehu_meta


def known_day(ctx: Ctx) -> date | None:
    """Return the day for which all kept values hold, None in a ledger that never ticked."""
    found = ctx.tx.execute(sa.select(system.meta.c.value).where(system.meta.c.key == DAY)).scalar()
    return None if found is None else date.fromisoformat(found)


def mark_day(ctx: Ctx) -> None:
    """Note that all kept values hold for today."""
    today = ctx.parse_env().today.isoformat()
    known = known_day(ctx)
    if known is None:
        ctx.tx.execute(sa.insert(system.meta).values(key=DAY, value=today))
    elif known.isoformat() != today:
        ctx.tx.execute(sa.update(system.meta).where(system.meta.c.key == DAY).values(value=today))
