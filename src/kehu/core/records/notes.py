"""What stood in the cells of an imported workbook that could not be read, for as long as the cell is empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kehu.base.common.messages import message
from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.errors import NotFound
from kehu.core.access.permissions import may, readable_fields
from kehu.core.context import Ctx
from kehu.core.records import read

MOST = 500


def cell_notes(ctx: Ctx, entity_key: str, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The kept texts of these records as `{"id", "field", "text", "message"}`.

    Of records and fields out of sight there are none; the text of a secret field stays sealed (None).
    """
    entity = ctx.catalog.entity(entity_key)
    if entity is None or entity.system or not may(ctx, entity_key, "read"):
        raise NotFound("entity.unknown", entity=entity_key)
    seen = read.visible(ctx, entity_key, ids)
    if not seen:
        return []
    table = system.cell_note
    rows = ctx.tx.execute(
        sa.select(table.c.record, table.c.field, table.c.text, table.c.code)
        .where(table.c.entity == entity_key, among(ctx.dialect, table.c.record, seen))
        .order_by(table.c.record, table.c.field)
    )
    fields = readable_fields(ctx, entity_key)
    found: list[dict[str, Any]] = []
    for id, name, text, code in rows:
        one = entity.fields.get(name)
        if one is None or one.hidden or name not in fields:
            continue
        told = message(code, ctx.lang, field=name, label=one.label.of(ctx.lang), value=text)
        secret = one.sensitive == "secret"
        found.append({"id": id, "field": name, "text": None if secret else text, "message": "" if secret else told})
    return found
