"""Workbooks that are being worked on: read once per process into a private folder, gone when the work is done.

The kept original is encrypted; what lies here is plain and lives only while a run is read, checked or applied.
After a crash the folder is swept and the original is read again.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kehu.core.context import Ctx
from kehu.core.files.service import get_file, read_file, storage_of
from kehu.features.importing.convert import Converter, RowValues
from kehu.features.importing.load import Plan
from kehu.features.importing.mapping import chosen_targets
from kehu.features.importing.reader.parent import read_workbook
from kehu.features.importing.reader.workbook import Sheet, Workbook


@dataclass(slots=True)
class _Open:
    folder: Path
    workbook: Workbook
    feed: Feed | None = None


_open: dict[tuple[str, int], _Open] = {}
_guard = threading.Lock()


def workbook(ctx: Ctx, run: int, file: int) -> Workbook:
    """The workbook of a run, read now unless this process has it open."""
    return _get(ctx, run, file).workbook


def _get(ctx: Ctx, run: int, file: int) -> _Open:
    key = (str(storage_of(ctx).folder), run)
    with _guard:
        found = _open.get(key)
    if found is None:
        found = _read(ctx, file)
        with _guard:
            _open[key] = found
    return found


def _read(ctx: Ctx, file: int) -> _Open:
    parent = storage_of(ctx).folder.parent / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="import-", dir=parent))
    try:
        name = get_file(ctx, file).name
        upload = folder / "upload"
        with upload.open("wb") as out:
            for part in read_file(ctx, file):
                out.write(part)
        book = read_workbook(upload, workdir=folder / "blocks", filename=name)
        upload.unlink()
        if {sheet.sheet for sheet in book.sheets} == {upload.stem}:  # a text table has no sheet names of its own
            book = replace(book, sheets=tuple(_renamed(sheet, Path(name).stem) for sheet in book.sheets))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _Open(folder, book)


def _renamed(sheet: Sheet, name: str) -> Sheet:
    return replace(sheet, sheet=name, name=name + sheet.name.removeprefix(sheet.sheet))


def close(ctx: Ctx, run: int) -> None:
    """Forget a run's workbook and remove what lay on disk."""
    with _guard:
        found = _open.pop((str(storage_of(ctx).folder), run), None)
    if found is not None:
        shutil.rmtree(found.folder, ignore_errors=True)


def close_all() -> None:
    """Forget all workbooks: the server stops."""
    with _guard:
        found = list(_open.values())
        _open.clear()
    for one in found:
        shutil.rmtree(one.folder, ignore_errors=True)


class Feed:
    """Hands out converted rows in file order from a place on; keeps its place between steps."""

    def __init__(self, ctx: Ctx, work: list[tuple[Sheet, Plan]], place: tuple[int, int]) -> None:
        self._work = work
        self.place = place  # (position in the work, last row handed out)
        self._rows = self._iterate(ctx)

    def take(self, n: int) -> tuple[Plan, list[RowValues]] | None:
        """The next up to `n` rows of one sheet; None at the end."""
        out: list[RowValues] = []
        plan: Plan | None = None
        while len(out) < n:
            got = next(self._rows, None)
            if got is None:
                break
            at, of, row = got
            if plan is not None and of is not plan:
                self._rows = _before(got, self._rows)
                break
            plan = of
            out.append(row)
            self.place = (at, row.row)
        return (plan, out) if plan is not None else None

    def _iterate(self, ctx: Ctx) -> Iterator[tuple[int, Plan, RowValues]]:
        start, last = self.place
        for at, (sheet, plan) in enumerate(self._work):
            if at < start:
                continue
            converter = Converter(ctx, chosen_targets(ctx.catalog, plan.entity, plan.columns))
            after = last if at == start else 0
            for frame in sheet.blocks(max(after, sheet.header_row or 0)):
                for row in converter.rows(frame):
                    yield at, plan, row


def _before(
    first: tuple[int, Plan, RowValues], rest: Iterator[tuple[int, Plan, RowValues]]
) -> Iterator[tuple[int, Plan, RowValues]]:
    yield first
    yield from rest


def feed(ctx: Ctx, run: int, file: int, work: Callable[[], list[tuple[Sheet, Plan]]], place: tuple[int, int]) -> Feed:
    """The feed of a run at a place: the one in hand when it stands there, else a new one over `work`."""
    found = _get(ctx, run, file)
    if found.feed is None or found.feed.place != place:
        found.feed = Feed(ctx, work(), place)
    return found.feed
