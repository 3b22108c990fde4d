"""What hangs on a record: of several relations the first records and how many there are, in one answer.

The page of a record shows two dozen such lists, most of them of entities that are never used. Each is read as every
list is, by `read.query`; nothing here reads records in a way of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from kehu.base.errors import BadInput, NotFound
from kehu.core.access.permissions import may, readable_fields
from kehu.core.context import Ctx
from kehu.core.records import read
from kehu.core.records.counts import unused_entities

MOST = 100
"""So many relations at once, and so many records of each."""


def related(ctx: Ctx, entity_key: str, id: int, asked: Mapping[str, Sequence[str]], *, limit: int) -> bytes:
    """Answer `{"relations": {key: as a query}}` for the relations asked for, each with the fields to show.

    Raises NotFound for a record out of sight, BadInput `field.unknown` for a relation that is not there for the caller.
    """
    entity = ctx.catalog.entity(entity_key)
    if entity is None or entity.system or not may(ctx, entity_key, "read"):
        raise NotFound("entity.unknown", entity=entity_key)
    if not read.visible(ctx, entity_key, [id]):
        raise NotFound("record.not_found", entity=entity_key, id=id)
    relations = ctx.catalog.reverses.get(entity_key, {})
    unused, answers = unused_entities(ctx), list[bytes]()
    for key, select in asked.items():
        relation = relations.get(key)
        other = ctx.catalog.entity(relation.entity) if relation is not None else None
        if relation is None or other is None or relation.field not in readable_fields(ctx, relation.entity):
            raise BadInput("field.unknown", field=key)
        body = {
            "select": list(select),
            "where": {"field": relation.field, "op": "eq", "value": id},
            "limit": limit,
            "count": "capped",
        }
        answer = read.query_unused if relation.entity in unused else read.query
        answers.append(orjson.dumps(key) + b":" + answer(ctx, relation.entity, body))
    return b'{"relations":{' + b",".join(answers) + b"}}"
