"""One follow-up in one change-set: the interaction, the task it answers, and the task for the next time.

A next date opens a task of type 跟进, or moves the open one that the customer already has, so that nobody stands twice
on the page 今日. It must not write around `core.records.write`: every part needs the caller's own rights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from kehu.base.schema.codec import thawed
from kehu.base.schema.model import Catalog
from kehu.core.access.permissions import may
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Origin, Title
from kehu.core.context import Ctx
from kehu.core.records import read, write

LONGEST_TITLE = 60


def follow_up(
    ctx: Ctx,
    given: Mapping[str, object],
    *,
    next_at: str | None = None,
    next_action: str | None = None,
    task: int | None = None,
    origin: Origin = "form",
) -> dict[str, Any]:
    """Record an interaction; complete `task`; open or move the follow-up task when there is a next date.

    Returns change-set, interaction and the task for the next time (None: no date, or no right to set tasks).
    Raises as `core.records.write.create`.
    """
    door.begin(ctx, Title(code="title.follow_up"), origin=origin)
    values = {**given, **({"next_follow_up": next_at} if next_at else {})}
    if next_action:
        values["next_action"] = next_action
    made = write.create(ctx, "interaction", values, origin=origin)
    if task is not None:
        write.update(ctx, "task", task, {"status": "completed"}, origin=origin)
    opened = None
    if next_at and may(ctx, "task", "create") and may(ctx, "task", "update"):
        about = (next_action or str(given.get("content", ""))).strip().splitlines()
        title = (about[0] if about else "")[:LONGEST_TITLE]
        opened = _move(ctx, given.get("customer"), next_at, next_action, origin)
        if opened is None:
            new = {"customer": given.get("customer"), "title": title, "due_at": next_at, "origin": "interaction"}
            opened = write.create(ctx, "task", {**new, "type": "follow_up"}, origin=origin).ids[0]
    writing = door.current(ctx)
    assert writing is not None
    return {"changeset": writing.changeset, "interaction": made.ids[0], "task": opened}


def follow_up_tasks(catalog: Catalog) -> dict[str, Any] | None:
    """Which tasks are follow-ups: those that `customer.next_follow_up` of this ledger reads. None: it reads none."""
    field = catalog.entities["customer"].fields.get("next_follow_up")
    if field is None or field.derived is None:
        return None
    tasks = [key for key, reverse in catalog.reverses["customer"].items() if reverse.entity == "task"]
    for source in thawed(field.derived.settings).get("sources", ()):
        if source["path"] in tasks and "where" in source:
            where: dict[str, Any] = source["where"]
            return where
    return None


def _move(ctx: Ctx, customer: object, due: str, title: str | None, origin: Origin) -> int | None:
    """Move the customer's open follow-up task; None when there is none that the caller sees."""
    counted = follow_up_tasks(ctx.catalog)
    if counted is None:
        return None
    where = [{"field": "customer", "op": "eq", "value": customer}, counted]
    body = {"select": ["id"], "where": {"and": where}, "sort": [{"field": "due_at", "order": "asc"}], "limit": 1}
    rows = orjson.loads(read.query(ctx, "task", body))["rows"]
    if not rows:
        return None
    found = int(rows[0][0])
    write.update(ctx, "task", found, {"due_at": due, **({"title": title} if title else {})}, origin=origin)
    return found
