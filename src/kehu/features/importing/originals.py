"""Kept originals of imports: read again into a private folder, and whose they are. They lie in plain only while a
block runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.common import scratch
from kehu.base.db import system
from kehu.base.errors import NotFound
from kehu.core.context import Ctx
from kehu.core.files.service import get_file, read_file, working_place
from kehu.features.importing.edits import edited
from kehu.features.importing.reader.parent import read_workbook
from kehu.features.importing.reader.workbook import Sheet, Workbook

_run = system.import_run


@dataclass(frozen=True, slots=True)
class Original:
    """A kept file as people had it read. `folder` is for what is made of it; it goes with the block."""

    folder: Path
    path: Path
    book: Workbook


def applied(ctx: Ctx, changeset: int) -> dict[str, Any]:
    """The run that a change-set imported. Only its author and administrators may see it; NotFound otherwise."""
    row = ctx.tx.execute(sa.select(_run).where(_run.c.changeset == changeset)).mappings().first()
    own = row is not None and (
        ctx.actor.kind != "user" or row["actor_id"] == ctx.actor.id or "admin" in ctx.actor.roles
    )
    if row is None or not own or row["state"] != "applied":
        raise NotFound("export.layout_unknown", changeset=changeset)
    return {**row, "data": orjson.loads(row["data"] or "{}")}


@contextmanager
def original(ctx: Ctx, file: int, options: Mapping[str, Any]) -> Iterator[Original]:
    """The kept file with what people decided about it. Raises BadInput `import.*` when it can no longer be read."""
    found = taken_out(ctx, file)
    try:
        yield replace(found, book=edited(found.book, options))
    finally:
        shutil.rmtree(found.folder, ignore_errors=True)


@contextmanager
def private_folder(ctx: Ctx) -> Iterator[Path]:
    """A folder for what is made on the way; it goes with the block."""
    with scratch.folder(working_place(ctx)) as folder:
        yield folder


def taken_out(ctx: Ctx, file: int) -> Original:
    """A kept file and its workbook in a new private folder, which the caller removes. Raises BadInput `import.*`."""
    folder = scratch.new_folder(working_place(ctx))
    try:
        name = get_file(ctx, file).name
        upload = folder / "upload"
        with upload.open("wb") as out:
            for part in read_file(ctx, file):
                out.write(part)
        book = read_workbook(upload, workdir=folder / "blocks", filename=name)
        if {sheet.sheet for sheet in book.sheets} == {upload.stem}:  # a text table has no sheet names of its own
            book = replace(book, sheets=tuple(_renamed(sheet, Path(name).stem) for sheet in book.sheets))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Original(folder, upload, book)


def _renamed(sheet: Sheet, name: str) -> Sheet:
    return replace(sheet, sheet=name, name=name + sheet.name.removeprefix(sheet.sheet))


def tables(book: Workbook, stored: Sequence[Mapping[str, Any]]) -> list[str]:
    """The sheets of a workbook whose rows came in: no list to choose from may bring their words along."""
    taken = {str(one["name"]) for one in stored}
    return sorted({sheet.sheet for sheet in book.sheets if sheet.name in taken})


def alone(book: Workbook, sheet: str) -> bool:
    """Whether a sheet is one table, so that its rows can be told from what stands around them."""
    found = [one for one in book.sheets if one.sheet == sheet]
    return len(found) == 1 and bool(found[0].header_row) and not any(column.places for column in found[0].columns)
