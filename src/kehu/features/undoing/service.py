"""One way to undo whatever a change-set did: to records, or to the catalog itself."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import Conflict, NotAllowed
from kehu.core.access.permissions import may
from kehu.core.catalog import service as catalog
from kehu.core.catalog.given import take_back_views
from kehu.core.changesets.undo import NOTHING, TakeBack
from kehu.core.context import Ctx
from kehu.core.jobs.table import add_job
from kehu.core.records import undo as records


def undo_any(
    ctx: Ctx,
    changeset: int,
    *,
    preview: bool = False,
    record: tuple[str, int] | None = None,
    field: str | None = None,
    take_back: TakeBack = NOTHING,
) -> dict[str, Any]:
    """Take a change-set back; answers as `kehu undo`. take_back: values that go back although changed since.

    Raises as `core.records.undo` and `core.catalog.service` do, and Conflict `undo.kit` for the kit that it began
    with, to whoever may change the catalog.
    """
    origin = ctx.tx.execute(sa.select(system.changeset.c.origin).where(system.changeset.c.id == changeset)).scalar()
    images = sa.select(system.catalog_change.c.id).where(system.catalog_change.c.changeset == changeset).limit(1)
    if origin not in ("catalog", "undo") or record is not None or ctx.tx.execute(images).first() is None:
        done = records.undo(ctx, changeset, preview=preview, record=record, field=field, take_back=take_back)
        if origin == "catalog" and record is None and not preview:
            take_back_views(ctx, changeset)  # a newer kit may bring nothing else
        return done
    records.require_changeset(ctx, changeset)
    if not may(ctx, None, "catalog"):
        raise NotAllowed("catalog.not_allowed")
    if changeset == ctx.tx.execute(sa.select(sa.func.min(system.catalog_change.c.changeset))).scalar():
        raise Conflict("undo.kit")  # everything stands on it
    numbers: dict[str, Any] = {"deleted": 0, "restored": 0, "reverted": 0}
    done = catalog.undo(ctx, changeset, preview=preview)
    numbers |= {"reverted": done["reverted"], "preview": done["preview"]} if preview else {}
    if preview:
        return {"changeset": None, "undoes": changeset, **numbers, "conflicts": done["conflicts"]}
    take_back_views(ctx, changeset)
    if done.get("indexes_pending"):
        add_job(ctx, "indexes", {})
    return {"changeset": done["changeset"], "undoes": changeset, **numbers, "conflicts": done["conflicts"]}
