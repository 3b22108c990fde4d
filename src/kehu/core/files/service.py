"""Files as rows: what was kept, by whom, under which name he knows it. Content is `storage`.

A file is readable by its author and by administrators (and by system work and the command line), never by others.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.errors import NotFound
from kehu.core.context import Ctx
from kehu.core.files.storage import Kept, Storage

STORAGE = "files.storage"
_file = system.file
_BAD = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One kept file. `name` is for people, `sealed` the name on disk; size in bytes of the plain content."""

    id: int
    name: str
    kind: str
    sealed: str
    size: int
    sha256: str
    actor_id: int | None


ATTACHED = "attached"


def storage_of(ctx: Ctx) -> Storage:
    """The storage of this ledger, handed in by `runtime`."""
    return cast(Storage, ctx.memo[STORAGE])


def working_place(ctx: Ctx) -> Path:
    """Where working files of this ledger lie, see `base.common.scratch`."""
    return storage_of(ctx).folder.parent / "tmp"


def save_file(ctx: Ctx, source: BinaryIO | bytes, *, name: str, kind: str, most: int | None = None) -> StoredFile:
    """Keep a file; `kind` says what for ("import", "export", "errors"). The row goes with the transaction."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    kept = storage_of(ctx).put(stream, most=most)
    if kind == ATTACHED:
        kept = _same_content(ctx, kept)
    id = ctx.dialect.allocate(ctx.tx, "file")[0]
    made = StoredFile(id, clean_name(name), kind, kept.name, kept.size, kept.sha256, ctx.actor.id)
    ctx.tx.execute(
        sa.insert(_file).values(
            id=id,
            name=made.name,
            kind=kind,
            sealed=kept.name,
            size=kept.size,
            sha256=kept.sha256,
            actor_id=ctx.actor.id,
            created_at=ctx.now(),
        )
    )
    return made


def get_file(ctx: Ctx, id: int) -> StoredFile:
    """Return a file that the caller may read. Raises NotFound `file.missing`, the same for absent and forbidden."""
    row = ctx.tx.execute(sa.select(_file).where(_file.c.id == id)).first()
    if row is not None:
        own = row.actor_id is not None and row.actor_id == ctx.actor.id
        if own or ctx.actor.kind != "user" or "admin" in ctx.actor.roles:
            return StoredFile(id, row.name, row.kind, row.sealed, row.size, row.sha256, row.actor_id)
    raise NotFound("file.missing")


def read_file(ctx: Ctx, id: int) -> Iterator[bytes]:
    """The plain content of a file that the caller may read. May be consumed after the unit of work."""
    return storage_of(ctx).read(get_file(ctx, id).sealed)


def _same_content(ctx: Ctx, kept: Kept) -> Kept:
    """Content that an attached file of the ledger already has is kept once."""
    same = sa.select(_file.c.sealed).where(
        _file.c.sha256 == kept.sha256, _file.c.size == kept.size, _file.c.kind == ATTACHED
    )
    sealed = ctx.tx.execute(same.order_by(_file.c.id).limit(1)).scalar()
    if sealed is None:
        return kept
    storage_of(ctx).remove(kept.name)
    return replace(kept, name=sealed)


def clean_name(name: str) -> str:
    """A file name that is safe to show and to offer for download: no path, no controls, at most 120 characters."""
    short = _BAD.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    if len(short) > 120:
        stem, dot, ending = short.rpartition(".")
        short = f"{stem[:110]}{dot}{ending[:9]}" if dot else short[:120]
    return short or "file"


def attached_content(ctx: Ctx, id: int) -> Iterator[bytes]:
    """The content of an attached file. Whether the caller may read it is asked by whoever knows its record."""
    sealed = ctx.tx.execute(sa.select(_file.c.sealed).where(_file.c.id == id, _file.c.kind == ATTACHED)).scalar()
    if sealed is None:
        raise NotFound("file.missing")
    return storage_of(ctx).read(sealed)
