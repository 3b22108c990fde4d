"""Files on their way into records and out again: who may attach one, who may fetch one.

A file is attached by whoever sent it, or stays where it was; it may be fetched by whoever may read its field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from kehu.base.common.filetypes import HEAD, file_type, is_active
from kehu.base.errors import BadInput, FieldError, NotFound
from kehu.base.fields.base import Value
from kehu.base.schema.model import Entity
from kehu.core.context import Ctx
from kehu.core.files import service as files
from kehu.core.records import read

LARGEST = 50 << 20


def take(ctx: Ctx, content: bytes, name: str) -> dict[str, object]:
    """Keep an uploaded file until it is attached. Raises BadInput `file.active`, `file.empty`, `file.too_large`."""
    if not content:
        raise BadInput("file.empty", field="file")
    shown = files.clean_name(name)
    if is_active(content[:HEAD], shown):
        raise BadInput("file.active", field="file", name=shown)
    return about(files.save_file(ctx, content, name=shown, kind=files.ATTACHED, most=LARGEST), content[:HEAD])


def about(stored: files.StoredFile, head: bytes) -> dict[str, object]:
    """What a field keeps about a file."""
    return {
        "id": stored.id,
        "name": stored.name,
        "size": stored.size,
        "type": file_type(head),
        "sha256": stored.sha256,
    }


def settle(ctx: Ctx, entity: Entity, values: dict[str, Value], record: int | None) -> list[FieldError]:
    """Complete the values of file fields, in place; return errors for files that are not there or not the actor's."""
    errors: list[FieldError] = []
    for key, value in values.items():
        if entity.fields[key].value_type != "file" or not isinstance(value, tuple):
            continue
        held = _held(ctx, entity, key, record) if record is not None else {}
        made: list[str] = []
        for one in value:
            id = int(json.loads(one)["id"])
            known = held.get(id) or _own(ctx, id)
            if known is None:
                errors.append(FieldError(key, "file.unknown", {"field": key, "value": id}))
            else:
                made.append(json.dumps(known, ensure_ascii=False, separators=(",", ":")))
        values[key] = tuple(made) or None
    return errors


def fetch(ctx: Ctx, entity: str, record: int, field: str, id: int) -> tuple[str, str, Iterator[bytes]]:
    """Return name, media type and content of a file of a record. Raises NotFound for whatever one may not read."""
    one = ctx.catalog.entity(entity)
    if one is None or field not in one.fields or one.fields[field].value_type != "file":
        raise NotFound("file.missing")
    found = _held(ctx, one, field, record).get(id)
    if found is None:
        raise NotFound("file.missing")
    return str(found["name"]), str(found["type"]), files.attached_content(ctx, id)


def _held(ctx: Ctx, entity: Entity, field: str, record: int) -> Mapping[int, dict[str, object]]:
    """Files of a field that the actor may read, by id."""
    try:
        value = read.get(ctx, entity.key, record, fields=[field])[field]
    except (BadInput, NotFound):
        return {}
    return {int(one["id"]): one for one in value} if isinstance(value, list) else {}


def _own(ctx: Ctx, id: int) -> dict[str, object] | None:
    try:
        stored = files.get_file(ctx, id)
    except NotFound:
        return None
    if stored.kind != files.ATTACHED:
        return None
    return about(stored, next(files.attached_content(ctx, id), b"")[:HEAD])
