"""Workbooks that are being worked on: read once per process into a private folder, gone when the work is done.

The kept original is encrypted; cells lie here in plain only while a run is read and checked. Converted rows of a
checked run wait sealed for its application, for a while. After a crash the folder is swept and the original is read
again.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kehu.core.context import Ctx
from kehu.core.files.service import storage_of
from kehu.features.importing.ahead import Ahead, Lost
from kehu.features.importing.convert import Converter, RowValues, taken
from kehu.features.importing.errors_book import record_numbers
from kehu.features.importing.mapping import chosen_targets
from kehu.features.importing.originals import taken_out
from kehu.features.importing.plan import Plan, number
from kehu.features.importing.reader.workbook import Sheet, Workbook

MANY_ROWS = 2_000  # from so many on a process of its own converts them
REST_SECONDS = 1_800.0  # how long the rows of a checked run wait for its application
MOST_AT_REST = 4


@dataclass(slots=True)
class _Open:
    folder: Path
    workbook: Workbook
    cells: bool = True  # whether the workbook's cells are still there
    feed: Feed | None = None
    ahead: Ahead | None = None
    work: list[tuple[Sheet, Plan]] | None = None
    stamp: object = None  # what the rows in `ahead` were converted by
    resting: float | None = None  # since when


_open: dict[tuple[str, int], _Open] = {}
_guard = threading.Lock()


def workbook(ctx: Ctx, run: int, file: int, *, cells: bool = True) -> Workbook:
    """The workbook of a run, read now unless this process has it open; `cells`: with what is in it."""
    return _get(ctx, run, file, cells=cells).workbook


def _get(ctx: Ctx, run: int, file: int, *, cells: bool) -> _Open:
    key = (str(storage_of(ctx).folder), run)
    with _guard:
        found = _open.get(key)
    if found is not None and cells and not found.cells:
        close(ctx, run)
        found = None
    if found is None:
        found = _read(ctx, file)
        with _guard:
            _open[key] = found
    found.resting = None
    return found


def _read(ctx: Ctx, file: int) -> _Open:
    found = taken_out(ctx, file)
    found.path.unlink()  # its cells lie beside it
    return _Open(found.folder, found.book)


def close(ctx: Ctx, run: int) -> None:
    """Forget a run's workbook and remove what lay on disk."""
    with _guard:
        found = _open.pop((str(storage_of(ctx).folder), run), None)
    if found is not None:
        _end(found)


def rest(ctx: Ctx, run: int) -> None:
    """Let the converted rows of a checked run wait for its application; its cells go, and what has waited long."""
    key, now = (str(storage_of(ctx).folder), run), time.monotonic()
    with _guard:
        found = _open.get(key)
        whole = found is not None and found.ahead is not None and found.ahead.complete
        gone = [key] if found is not None and not whole else []
        if found is not None and whole:
            found.resting, found.cells, found.feed = now, False, None
            shutil.rmtree(found.folder / "blocks", ignore_errors=True)
        resting = sorted(((one.resting, name) for name, one in _open.items() if one.resting is not None), reverse=True)
        gone += [name for n, (since, name) in enumerate(resting) if n >= MOST_AT_REST or now - since > REST_SECONDS]
        ended = [_open.pop(name) for name in gone]
    for one in ended:
        _end(one)


def close_all(files: Path) -> None:
    """Forget the workbooks of the ledger with these files, and end what converts them: the ledger is closed."""
    with _guard:
        ended = [_open.pop(key) for key in [*_open] if key[0] == str(files)]
    for one in ended:
        _end(one)


def _end(found: _Open) -> None:
    if found.ahead is not None:
        found.ahead.close()
    shutil.rmtree(found.folder, ignore_errors=True)


class Feed:
    """Hands out converted rows in file order from a place on; keeps its place between steps."""

    def __init__(
        self,
        ctx: Ctx,
        work: list[tuple[Sheet, Plan]],
        place: tuple[int, int],
        ahead: Ahead | None = None,
        *,
        ready: bool = False,
    ) -> None:
        self._work = work
        self.place = place  # (position in the work, last row handed out)
        self._ahead, self._ready = ahead, ready
        self._converters = {
            at: Converter(
                ctx.types,
                ctx.parse_env("cell"),
                taken(ctx.catalog, chosen_targets(ctx.catalog, plan.entity, plan.columns)),
            )
            for at, (_, plan) in enumerate(work)
            if at >= place[0]
        }
        self._rows = self._numbered()

    def anew(self, ctx: Ctx) -> Feed:
        """The same rows from the first one on."""
        return Feed(ctx, self._work, (0, 0), self._ahead)

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

    def _numbered(self) -> Iterator[tuple[int, Plan, RowValues]]:
        """The rows from the place on, told apart from those before them that say the same."""
        start, last = self.place
        at = -1
        for place, plan, row in self._iterate(start, last):
            if place != at:
                at, seen, records = place, dict[int, int](), record_numbers(self._work[place][0])
            number(plan, [row], seen)
            row.record = records.get(row.row)
            if place > start or row.row > last:
                yield place, plan, row

    def _iterate(self, start: int, last: int) -> Iterator[tuple[int, Plan, RowValues]]:
        for at, (sheet, plan) in enumerate(self._work):
            if at < start:
                continue
            # Who counts rows that say the same has to begin at the first.
            after = max(last if at == start and plan.numbered is None else 0, sheet.header_row or 0)
            if self._ahead is not None:
                try:
                    # What is ready was worked out for the entity of the first sheet.
                    same = plan.entity is self._work[0][1].entity
                    for row in self._converted(self._ahead, at, after, ready=self._ready and same):
                        yield at, plan, row
                        after = row.row
                    continue
                except Lost:
                    self._ahead = None  # on with what it has left undone
            for frame in sheet.blocks(after):
                for row in self._converters[at].rows(frame):
                    yield at, plan, row

    def _converted(self, ahead: Ahead, at: int, after: int, *, ready: bool) -> Iterator[RowValues]:
        block = 1
        while (last := ahead.last_row(at, block)) is not None:
            if last > after:
                yield from (row for row in ahead.rows(at, block, ready=ready) if row.row > after)
            block += 1


def _before(
    first: tuple[int, Plan, RowValues], rest: Iterator[tuple[int, Plan, RowValues]]
) -> Iterator[tuple[int, Plan, RowValues]]:
    yield first
    yield from rest


def rehearsing(ctx: Ctx, run: int, file: int, work: list[tuple[Sheet, Plan]], stamp: object) -> Feed:
    """The feed of a rehearsal. The rows of a large run are converted by a process of its own, and kept."""
    found = _get(ctx, run, file, cells=True)
    if found.ahead is not None:
        found.ahead.close()
        found.ahead = None
    if sum(sheet.n_data for sheet, _ in work) >= MANY_ROWS:
        folder = found.folder / "rows"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        tables = [
            (sheet, taken(ctx.catalog, chosen_targets(ctx.catalog, plan.entity, plan.columns))) for sheet, plan in work
        ]
        found.ahead = Ahead(folder, work[0][1].entity, ctx.parse_env("cell"), tables)
        found.work, found.stamp = work, stamp
    return Feed(ctx, work, (0, 0), found.ahead)


def feed(
    ctx: Ctx,
    run: int,
    file: int,
    work: Callable[[Workbook], list[tuple[Sheet, Plan]]],
    place: tuple[int, int],
    stamp: object,
) -> Feed:
    """The feed of a run at a place: the one in hand when it stands there, else one over rows that were converted by
    the same `stamp`, else a new one."""
    found = _get(ctx, run, file, cells=False)
    if found.feed is not None and found.feed.place == place:
        return found.feed
    if found.ahead is not None and found.work is not None and found.stamp == stamp:
        found.feed = Feed(ctx, found.work, place, found.ahead, ready=True)
    else:
        found = _get(ctx, run, file, cells=True)
        found.feed = Feed(ctx, work(found.workbook), place)
    return found.feed
