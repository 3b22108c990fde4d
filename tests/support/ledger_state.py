"""The whole content of a ledger as plain data, to compare before and after."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kehu.core.context import Actor, Ctx
from kehu.runtime import Runtime

# An undo is a change of its own: who touched a record last moves, what it holds does not.
LEFT_OUT = {"rev", "updated_at", "updated_by"}
BOSS = Actor("system", None, "test")


def content(ctx: Ctx) -> dict[str, dict[int, dict[str, Any]]]:
    """Every stored column of every record, derived ones included, by entity and id."""
    out: dict[str, dict[int, dict[str, Any]]] = {}
    for key, found in ctx.tables.of.items():
        if found.entity.system:
            continue
        rows = ctx.tx.execute(sa.select(found.table).order_by(found.table.c.id)).mappings()
        out[key] = {row["id"]: {name: row[name] for name in row if name not in LEFT_OUT} for row in rows}
    return out


def content_of(runtime: Runtime) -> dict[str, dict[int, dict[str, Any]]]:
    """The content of an open ledger."""
    with runtime.read(BOSS) as ctx:
        return content(ctx)
