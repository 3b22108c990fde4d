"""Multipart bodies with one file. The file stays in memory until it is encrypted: no plain copy ever touches a disk."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, BinaryIO

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from kehu.base.errors import BadInput
from kehu.entry.api.problems import BadRequest, WrongMedia

FIELDS = 20
FIELD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """What came in: the file, the name its sender gives it, and the other fields as text. Its taker closes the file."""

    source: BinaryIO
    filename: str
    fields: dict[str, str]


class _InMemory(MultiPartParser):
    spool_max_size = 1 << 40

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers, stream, max_files=1, max_fields=FIELDS, max_part_size=FIELD_BYTES)


def multipart(*fields: str) -> dict[str, Any]:
    """What the OpenAPI document says of a body with one file and these fields of text."""
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    schema = {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {"file": file, **{name: {"type": "string"} for name in fields}},
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


async def read_upload(request: Request) -> Upload:
    """Read a multipart body. Raises WrongMedia, BadRequest or BadInput naming `file`."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise WrongMedia("body.not_multipart")
    try:
        form = await _InMemory(request.headers, request.stream()).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise BadRequest("body.unreadable") from error
    try:
        return _upload(form)
    except BadInput:
        await form.close()
        raise


def _upload(form: FormData) -> Upload:
    found: UploadFile | None = None
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name != "file":
                raise BadInput("body.member_unknown", field=name)
            found = value
        elif "\x00" in value or name in fields:
            raise BadInput("body.wrong_type", field=name)
        else:
            fields[name] = value
    if found is None:
        raise BadInput("body.member_missing", field="file")
    return Upload(found.file, found.filename or "file", fields)
