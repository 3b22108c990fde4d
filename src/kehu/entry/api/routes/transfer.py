"""Workbooks in and out: imports, exports, and the files that come of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import quote

import orjson
from fastapi import Query
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from kehu.base.db.query.parse import MOST_COLUMNS
from kehu.base.errors import BadInput, NotFound
from kehu.entry.api.caller import Caller, reply
from kehu.entry.api.doors import SIGNED_IN, Body, Doors, Id, Params, Who
from kehu.entry.api.routes.records import Sorting, Text
from kehu.entry.api.security.bodies import check_data
from kehu.entry.api.uploads import Upload, multipart, read_upload
from kehu.entry.api.waiting import wait_for
from kehu.features.backup import jobs as backups
from kehu.features.exporting import service as exporting
from kehu.features.importing import conflicts
from kehu.features.importing import service as importing

doors = Doors("transfer")

UPLOAD_LIMIT = importing.LARGEST_UPLOAD + (1 << 20)
_OBJECTS = ("map", "existing", "units", "dates", "header", "cells", "leave_out", "decide", "fill_down")


class ImportChange(Body):
    """Mapping and options of an import; what is left out stays."""

    entity: Text | None = None
    sheet: Text | None = None
    map: dict[str, str | None] | None = None
    existing: dict[str, Literal["overwrite", "fill", "keep"]] | None = None
    match: list[Text] | Text | None = None
    on_match: Literal["update", "skip", "create"] | None = None
    create_fields: bool | list[Text] | None = None
    units: dict[str, int] | None = None
    dates: dict[str, Literal["dmy", "mdy", "ymd"]] | None = None
    header: dict[str, int | None] | None = None
    cells: dict[str, dict[str, Text]] | None = None
    leave_out: dict[str, list[int]] | None = None
    fill_down: dict[str, bool] | None = None
    decide: dict[str, dict[Text, Literal["take", "keep"]]] | None = None


class ConflictsIn(Params):
    """Which of the cells that differ from the ledger: of a table, a column by its letters, with an outcome."""

    sheet: Annotated[str, Field(max_length=200)] | None = None
    column: Annotated[str, Field(max_length=3, pattern="^[A-Z]+$")] | None = None
    outcome: Literal["take", "keep"] | None = None
    after: Annotated[int, Field(ge=0, le=100_000)] = 0
    limit: Annotated[int, Field(ge=1, le=conflicts.MOST_SHOWN)] = 50


class ExportIn(Body):
    """What to export: a query, and the kind of file. `layout` is the change-set of an import: its workbook, with the
    records as they are now, gives the columns."""

    entity: Text
    format: Literal["xlsx", "csv", "vcf", "form"] = "xlsx"
    select: list[Text] | None = Field(default=None, max_length=MOST_COLUMNS)
    where: dict[str, Any] | None = None
    search: Text | None = None
    sort: list[Sorting] | None = Field(default=None, max_length=5)
    layout: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


@doors.add("POST", "/imports", SIGNED_IN, limit=UPLOAD_LIMIT, status=201, openapi_extra=multipart(*importing.OPTIONS))
async def start_import(caller: Who, request: Request) -> Response:
    """Take a workbook and begin to read it. The fields are the options of PATCH."""
    await run_in_threadpool(_known, caller)  # nobody unknown may send fifty megabytes
    upload = await read_upload(request)
    try:
        return await run_in_threadpool(_start, caller, upload)
    finally:
        upload.source.close()


@doors.add("GET", "/imports", SIGNED_IN)
def list_imports(caller: Who) -> Response:
    """The caller's newest imports, everybody's for administrators."""
    with caller.read() as ctx:
        return reply({"items": importing.runs(ctx)})


@doors.add("GET", "/imports/{id}/preview", SIGNED_IN)
def import_preview(caller: Who, id: Id) -> Response:
    """The tables that were found with their first rows."""
    with caller.read() as ctx:
        return reply(importing.preview(ctx, id))


@doors.add("GET", "/imports/{id}", SIGNED_IN)
def get_import(caller: Who, id: Id) -> Response:
    """Where an import stands."""
    with caller.read() as ctx:
        return reply(importing.status(ctx, id))


@doors.add("PATCH", "/imports/{id}", SIGNED_IN)
def change_import(caller: Who, id: Id, body: ImportChange) -> Response:
    """Change mapping or options; the rehearsal starts anew."""
    with caller.write() as ctx:
        answer = caller.answer(ctx, importing.configure(ctx, id, body.model_dump(exclude_unset=True)))
    caller.server.runner.wake()
    return answer


@doors.add("GET", "/imports/{id}/report", SIGNED_IN)
def import_report(caller: Who, id: Id) -> Response:
    """The report of the rehearsal; waits up to 30 seconds for it, then 202 with the state."""
    found = wait_for(caller, lambda ctx: importing.report(ctx, id))
    if found is not None:
        return reply(found)
    with caller.read() as ctx:
        return reply(importing.status(ctx, id), 202)


@doors.add("GET", "/imports/{id}/conflicts", SIGNED_IN)
def import_conflicts(caller: Who, id: Id, query: Annotated[ConflictsIn, Query()]) -> Response:
    """Cells of a checked import that differ from what the ledger holds, both values side by side."""
    with caller.read() as ctx:
        return reply(importing.conflicts_page(ctx, id, **query.model_dump()))


@doors.add("POST", "/imports/{id}/apply", SIGNED_IN, status=202)
def apply_import(caller: Who, id: Id) -> Response:
    """Bring a checked import into the ledger; it goes on in the background."""
    with caller.write() as ctx:
        answer = caller.answer(ctx, importing.apply(ctx, id), status=202)
    caller.server.runner.wake()
    return answer


@doors.add("GET", "/imports/{id}/errors.xlsx", SIGNED_IN)
def import_errors(caller: Who, id: Id) -> Response:
    """The workbook of rows that were rejected or lost a cell."""
    with caller.read() as ctx:
        found = importing.error_rows(ctx, id)
    if found is None:
        raise NotFound("import.no_errors")
    name, content = found
    return download(iter((content,)), name)


@doors.add("GET", "/imports/{id}/findings.xlsx", SIGNED_IN)
def import_findings(caller: Who, id: Id) -> Response:
    """What was noticed about the file, as a workbook."""
    with caller.read() as ctx:
        name, content = importing.findings_book(ctx, id)
    return download(iter((content,)), name)


@doors.add("POST", "/exports", SIGNED_IN, status=202)
def start_export(caller: Who, body: ExportIn) -> Response:
    """Begin an export."""
    with caller.write() as ctx:
        id = exporting.create(ctx, body.model_dump(exclude_unset=True))
        answer = caller.answer(ctx, exporting.status(ctx, id), status=202)
    caller.server.runner.wake()
    return answer


@doors.add("GET", "/exports/{id}", SIGNED_IN)
def get_export(caller: Who, id: Id) -> Response:
    """Where an export stands."""
    with caller.read() as ctx:
        return reply(exporting.status(ctx, id))


@doors.add("GET", "/exports/{id}/file", SIGNED_IN)
def export_file(caller: Who, id: Id) -> Response:
    """The finished file; waits up to 30 seconds for it."""
    wait_for(caller, lambda ctx: exporting.status(ctx, id)["state"] != "running" or None)
    with caller.read() as ctx:
        name, content = exporting.content(ctx, id)
    return download(content, name)


@doors.add("POST", "/backups", SIGNED_IN, status=202)
def start_backup(caller: Who) -> Response:
    """Begin a backup, for administrators."""
    with caller.write() as ctx:
        answer = caller.answer(ctx, backups.status(ctx, backups.create(ctx)), status=202)
    caller.server.runner.wake()
    return answer


@doors.add("GET", "/backups", SIGNED_IN)
def list_backups(caller: Who) -> Response:
    """The daily copies that lie on the server, for administrators."""
    with caller.read() as ctx:
        return reply(backups.list_daily(ctx))


@doors.add("GET", "/backups/{id}", SIGNED_IN)
def get_backup(caller: Who, id: Id) -> Response:
    """Where a backup stands."""
    with caller.read() as ctx:
        return reply(backups.status(ctx, id))


@doors.add("GET", "/backups/{id}/file", SIGNED_IN)
def backup_file(caller: Who, id: Id) -> Response:
    """The finished backup."""
    with caller.read() as ctx:
        name, content = backups.content(ctx, id)
    return download(content, name)


def download(content: Iterator[bytes], name: str) -> Response:
    """A file for saving, never for showing."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    return StreamingResponse(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"},
    )


def _known(caller: Caller) -> None:
    with caller.read():
        pass


def _start(caller: Caller, upload: Upload) -> Response:
    options = _options(upload.fields)
    with caller.write() as ctx:
        id = importing.create(ctx, upload.source, upload.filename, options)
        answer = caller.answer(ctx, importing.status(ctx, id), status=201)
    caller.server.runner.wake()
    return answer


def _options(fields: dict[str, str]) -> dict[str, Any]:
    """Options of an import as form fields: objects as JSON, `match` and `create_fields` also plain."""
    found: dict[str, Any] = {}
    for name, text in fields.items():
        if name not in importing.OPTIONS:
            raise BadInput("body.member_unknown", field=name)
        if not text:
            continue
        if name in _OBJECTS or (name in ("match", "create_fields") and text.startswith("[")):
            try:
                found[name] = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise BadInput("body.wrong_type", field=name) from error
            check_data(found[name])
        elif name == "match":
            found[name] = [one.strip() for one in text.split(",") if one.strip()]
        elif name == "create_fields":
            found[name] = text.lower() in ("true", "1", "yes", "on")
        else:
            found[name] = text
    try:
        return ImportChange.model_validate(found).model_dump(exclude_unset=True)
    except ValidationError as error:
        wrong = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise BadInput("body.wrong_type", field=wrong) from error
