"""The row of a run: who began it, what it is at, what it knows. Asks no right but whose run it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import NotFound
from kehu.core.context import Ctx

_run = system.import_run


def load(ctx: Ctx, id: int) -> dict[str, Any]:
    """The row of a run, `data` taken apart. Raises NotFound for runs of others, except to administrators."""
    row = ctx.tx.execute(sa.select(_run).where(_run.c.id == id)).mappings().first()
    own = row is not None and (
        ctx.actor.kind != "user" or row["actor_id"] == ctx.actor.id or "admin" in ctx.actor.roles
    )
    if row is None or not own:
        raise NotFound("import.not_found", id=id)
    return {**row, "data": orjson.loads(row["data"] or "{}")}


def save(ctx: Ctx, id: int, *, data: Mapping[str, Any] | None = None, **values: Any) -> None:
    """Keep what a run knows (`data`) and further columns."""
    if data is not None:
        values["data"] = dump(data)
    ctx.tx.execute(sa.update(_run).where(_run.c.id == id).values(values))


def dump(value: object) -> str:
    """A value as the columns of a run keep it."""
    return orjson.dumps(value).decode()


def row_count(data: Mapping[str, Any]) -> int:
    """How many rows the sheets of a run have."""
    return sum(int(sheet["rows"]) for sheet in data.get("sheets", []))
