"""查重: who in the ledger has the same phone, code or name as what is being typed.

Answers what a person needs to know before saving, no more: a colleague's record is "exists" without id, one that
belongs to nobody is "pool". Fuzzy matching of names comes with the import of real workbooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from kehu.base.common.text import normalize
from kehu.base.db.ids import among
from kehu.base.errors import BadInput, NotFound
from kehu.base.fields.base import layout
from kehu.base.schema.model import Entity, Field
from kehu.core.access.permissions import may, writable_fields
from kehu.core.context import Ctx
from kehu.core.records import read

PHONES = ("cn_mobile", "phone")
SCORES = {"code": 1.0, "phone": 0.9, "name": 0.6}
MOST = 20


@dataclass(slots=True)
class _Candidate:
    score: float = 0.0
    reasons: list[str] = field(default_factory=list)


def candidates(ctx: Ctx, entity_key: str, given: Mapping[str, object]) -> list[dict[str, Any]]:
    """Records that share a phone, a code or the exact name with the input, best first, at most 20.

    Raises BadInput for fields that are not there or may not be set; values that do not parse match nothing.
    """
    entity = ctx.catalog.entity(entity_key)
    if entity is None or entity.system or not may(ctx, entity_key, "read"):
        raise NotFound("entity.unknown", entity=entity_key)
    writable = writable_fields(ctx, entity_key)
    for key in given:
        if key not in writable:
            raise BadInput("field.unknown", field=key)
    found: dict[int, _Candidate] = {}
    for reason, one, text in _clues(ctx, entity, given):
        for id in _holders(ctx, entity, reason, one, text):
            candidate = found.setdefault(id, _Candidate())
            if reason not in candidate.reasons:
                candidate.reasons.append(reason)
                candidate.score = max(candidate.score, SCORES[reason])
    best = sorted(found.items(), key=lambda item: (-item[1].score, -len(item[1].reasons), item[0]))[:MOST]
    seen = read.visible(ctx, entity_key, [id for id, _ in best])
    nobodys = _unowned(ctx, entity, [id for id, _ in best if id not in seen])
    return [
        {
            "id": id if id in seen else None,
            "score": one.score,
            "reasons": one.reasons,
            "visibility": "full" if id in seen else "pool" if id in nobodys else "exists",
        }
        for id, one in best
    ]


def _clues(ctx: Ctx, entity: Entity, given: Mapping[str, object]) -> list[tuple[str, Field, str]]:
    clues: list[tuple[str, Field, str]] = []
    for key, raw in given.items():
        one = entity.fields[key]
        reason = _reason(entity, one)
        if reason is None:
            continue
        parsed = ctx.types[one.value_type].parse(one, raw, ctx.parse_env())
        if isinstance(parsed.value, str):
            clues.append((reason, one, parsed.value))
    return clues


def _reason(entity: Entity, one: Field) -> str | None:
    if one.sensitive == "secret":
        return None
    if one.type in PHONES:
        return "phone"
    if one.search == "c" and one.key in ("code", "credit_code"):
        return "code"
    return "name" if one.key in entity.title else None


def _holders(ctx: Ctx, entity: Entity, reason: str, one: Field, text: str) -> list[int]:
    """Ids of records that hold the text: a phone in any phone field of the record or of its contacts."""
    if reason != "phone":
        return _equal(ctx, entity, one, text, "id")
    ids = [id for f in entity.fields.values() if f.type in PHONES for id in _equal(ctx, entity, f, text, "id")]
    link = ctx.catalog.reverses.get(entity.key, {}).get("contacts")
    if link is not None:
        child = ctx.catalog.entities[link.entity]
        parent = layout(child.fields[link.field], ctx.types).value[0].name
        ids += [id for f in child.fields.values() if f.type in PHONES for id in _equal(ctx, child, f, text, parent)]
    return ids


def _equal(ctx: Ctx, entity: Entity, one: Field, text: str, give: str) -> list[int]:
    if one.hidden or one.derived is not None:
        return []
    table = ctx.tables[entity.key].table
    column = table.c[layout(one, ctx.types).value[0].name]
    wanted = normalize(text)
    rows = ctx.tx.execute(sa.select(table.c[give]).where(column == wanted).limit(MOST * 5)).scalars()
    return [int(id) for id in rows if id is not None]


def _unowned(ctx: Ctx, entity: Entity, ids: list[int]) -> set[int]:
    owner = entity.fields.get("owner")
    if owner is None or not ids:
        return set()
    table = ctx.tables[entity.key].table
    column = table.c[layout(owner, ctx.types).value[0].name]
    return set(
        ctx.tx.execute(sa.select(table.c.id).where(among(ctx.dialect, table.c.id, ids), column.is_(None))).scalars()
    )
