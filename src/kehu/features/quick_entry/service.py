"""What of a pasted text goes into which field that the caller may set. Reads nothing of the ledger but its catalog."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from kehu.base.errors import BadInput
from kehu.core.access.permissions import may, writable_fields
from kehu.core.context import Ctx
from kehu.features.quick_entry.recognise import LONGEST, Find, recognise, region_of


def read_text(ctx: Ctx, text: str) -> dict[str, Any]:
    """Fields found in a text, and what is left over. Raises BadInput for a text that is too long."""
    if len(text) > LONGEST:
        raise BadInput("quick_entry.too_long", field="text", most=LONGEST)
    finds, rest = recognise(text, ctx.parse_env().today)
    shown: list[Find] = []
    for find in finds:
        shown.append(find)
        if find.field == "detail" and (code := region_of(find.value)):
            shown.append(replace(find, field="region", value=code))
    return {"found": [asdict(find) for find in shown if _takes(ctx, find)], "rest": rest}


def _takes(ctx: Ctx, find: Find) -> bool:
    """Whether the field is there for the caller, who may make such a record."""
    if ctx.catalog.entity(find.entity) is None or not may(ctx, find.entity, "create"):
        return False
    return find.field in writable_fields(ctx, find.entity)
