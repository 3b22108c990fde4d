"""Secret values on their way out: masks for most, the value for those with the right, and a note of every such read.

Nothing here decides rights; handles already carry the decision.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.query.handles import Handle
from kehu.core.context import Ctx

_KEY = "secret_reads"


@dataclass(frozen=True, slots=True)
class SecretRead:
    """Somebody read a secret value."""

    entity: str
    record: int
    field: str


def reveal(ctx: Ctx, handle: Handle, content: object) -> object:
    """Open a cell made by a sealed handle ("id|ciphertext") and note the read."""
    if not isinstance(content, str):
        return None
    number, _, sealed = content.partition("|")
    record = int(number)
    plain = ctx.keys.decrypt(sealed, aad=f"{handle.entity}|{handle.columns[0]}|{record}")
    reads(ctx).append(SecretRead(handle.entity, record, handle.field.key))
    return orjson.loads(plain) if handle.type.output == "json" else plain


def reads(ctx: Ctx) -> list[SecretRead]:
    """Secret values read in this unit of work and not written to the log yet."""
    found = ctx.memo.setdefault(_KEY, [])
    assert isinstance(found, list)
    return found


def log_reads(ctx: Ctx, noted: list[SecretRead]) -> None:
    """Write reads of secret values to the log. Needs a writing transaction; call it after the read has ended."""
    if not noted:
        return
    ids = ctx.dialect.allocate(ctx.tx, "secret_read", len(noted))
    ctx.tx.execute(
        sa.insert(system.secret_read),
        [
            {
                "id": id,
                "actor": ctx.actor.label,
                "entity": read.entity,
                "record": read.record,
                "field": read.field,
                "at": ctx.now(),
            }
            for id, read in zip(ids, noted, strict=True)
        ],
    )
    noted.clear()
