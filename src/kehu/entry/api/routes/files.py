"""Files of records: sent first, then attached by writing the record; fetched through the record they hang in."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kehu.base.errors import BadInput
from kehu.core.records import attached
from kehu.entry.api.caller import Caller
from kehu.entry.api.doors import SIGNED_IN, Doors, Id, Key, Who
from kehu.entry.api.uploads import Upload, multipart, read_upload

doors = Doors("files")


@doors.add("POST", "/files", SIGNED_IN, limit=attached.LARGEST + (1 << 20), status=201, openapi_extra=multipart())
async def send_file(caller: Who, request: Request) -> Response:
    """Keep a file; the answer is what a file field takes. Pages, programs and the like are refused by their content."""
    await run_in_threadpool(_known, caller)
    upload = await read_upload(request)
    try:
        return await run_in_threadpool(_take, caller, upload)
    finally:
        upload.source.close()


@doors.add("GET", "/records/{entity}/{id}/files/{field}/{file}", SIGNED_IN)
def get_file(caller: Who, entity: Key, id: Id, field: Key, file: Id) -> Response:
    """The content of an attached file, for saving."""
    with caller.read() as ctx:
        name, kind, content = attached.fetch(ctx, entity, id, field, file)
    return saved(content, name, kind)


def saved(content: Iterator[bytes], name: str, kind: str = "application/octet-stream") -> Response:
    """A file for saving, never for showing."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(content, media_type=kind, headers=headers)


def _known(caller: Caller) -> None:
    with caller.read():
        pass


def _take(caller: Caller, upload: Upload) -> Response:
    if upload.fields:
        raise BadInput("body.member_unknown", field=next(iter(upload.fields)))
    content = upload.source.read(attached.LARGEST + 1)
    with caller.write() as ctx:
        return caller.answer(ctx, attached.take(ctx, content, upload.filename), status=201)
