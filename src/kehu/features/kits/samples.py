"""Puts the sample records of a kit into a ledger through the write door, as one change-set that can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from kehu.core.accounts.service import add_account, find_account
from kehu.core.changesets.model import Title
from kehu.core.changesets.write import begin
from kehu.core.context import Ctx
from kehu.core.records import write
from kehu.features.kits.service import load_samples

ROLE = "sales"


def add_samples(ctx: Ctx, kit: str) -> dict[str, int]:
    """Make the samples of a kit; return how many records of each entity. People become accounts without a password."""
    begin(ctx, Title(code="title.samples"), origin="setup")
    made: dict[str, int] = {}
    counts: Counter[str] = Counter()
    today = ctx.clock.today(ZoneInfo(ctx.catalog.timezone))
    for record in load_samples(kit, today):
        entity = str(record["entity"])
        values: dict[str, Any] = _resolved(ctx, record["values"], made)
        written = write.create(ctx, entity, values)
        counts[entity] += 1
        if "ref" in record:
            made[str(record["ref"])] = written.ids[0]
    return dict(counts)


def _resolved(ctx: Ctx, value: Any, made: Mapping[str, int]) -> Any:
    """Replace {"ref": …} and {"user": …} by ids, all the way down."""
    if isinstance(value, list):
        return [_resolved(ctx, one, made) for one in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"ref"}:
        return made[value["ref"]]
    if set(value) == {"user"}:
        name = str(value["user"])
        account = find_account(ctx.tx, name) or add_account(ctx, name, [ROLE], password=None)
        return account.id
    return {key: _resolved(ctx, one, made) for key, one in value.items()}
