"""Which saved views came with which change of the catalog, so that undoing it takes them along and a newer version of
a kit does not bring back what the firm has deleted. Knows nothing of what a view holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.context import Ctx

GIVEN = "catalog.views"  # row of kehu_meta


@dataclass(frozen=True, slots=True)
class Given:
    """A view that was given. `name` is its Chinese label: the name by which the kit knows it."""

    entity: str
    name: str
    view: int
    changeset: int


def given_views(ctx: Ctx) -> list[Given]:
    """All views that were ever given and not taken back."""
    text = ctx.tx.execute(sa.select(system.meta.c.value).where(system.meta.c.key == GIVEN)).scalar()
    return [Given(**one) for one in orjson.loads(text)] if text is not None else []


def note_views(ctx: Ctx, views: list[Given]) -> None:
    """Remember views that were given now."""
    _keep(ctx, [*given_views(ctx), *views])


def take_back_views(ctx: Ctx, changeset: int) -> int:
    """Delete the views that came with a change-set and that nobody has changed since; return how many."""
    given = given_views(ctx)
    back = [one.view for one in given if one.changeset == changeset]
    if not back:
        return 0
    _keep(ctx, [one for one in given if one.changeset != changeset])
    untouched = sa.and_(system.view.c.id.in_(back), system.view.c.rev == 1)
    return ctx.tx.execute(sa.delete(system.view).where(untouched)).rowcount


def _keep(ctx: Ctx, views: list[Given]) -> None:
    rows: list[dict[str, Any]] = [
        {"entity": one.entity, "name": one.name, "view": one.view, "changeset": one.changeset} for one in views
    ]
    ctx.tx.execute(sa.delete(system.meta).where(system.meta.c.key == GIVEN))
    ctx.tx.execute(sa.insert(system.meta).values(key=GIVEN, value=orjson.dumps(rows).decode()))
