"""kill -9 at random moments, while imports, bulk edits, undo, catalog changes and single saves go on at once."""

from __future__ import annotations

import random
import time

from torture.place import Outcome, Place
from torture.work import Bulk, Catalog, Imports, Singles, Work, seed, working

ROWS = 1_200  # more than one portion of a bulk edit
FILE = 700


def kills(
    place: Place, times: int, *, rows: int = ROWS, file: int = FILE, longest: float | None = None
) -> list[Outcome]:
    """Kill the server `times` times; a new one goes on each time. One outcome per kind of work that was in flight.

    longest: seconds that a server may live with its work; without it, twice what importing one file takes alone here.
    """
    random_ = random.Random(7)
    begun = time.monotonic()
    single, bulk, undo, files, catalog = (
        Outcome(f"kill -9: {what}", place.db)
        for what in ("single saves", "bulk edits", "undo", "imports", "catalog changes")
    )
    bulks = Bulk(bulk, undo, rows)
    works: list[Work] = [Singles(single), bulks, Imports(files, file), Catalog(catalog)]
    with place.serving() as server:
        importing = time.monotonic()
        seed(place, server, rows)
        longest = longest or max(1.5, 2 * (time.monotonic() - importing))
    for _ in range(times):
        with place.serving() as server, working(works, server):
            time.sleep(random_.uniform(0.05, longest))
            undoing = bulks.undoing()
            for work in works:
                if work.busy:
                    (undo if work is bulks and undoing else work.outcome).times += 1
            server.kill()
    with place.serving() as server:
        for work in works:
            work.settle(server)
        place.wait_for_jobs()
    for work in works:
        work.check(place)
    dirty = place.dirty()
    outcomes = [single, bulk, undo, files, catalog]
    for outcome in outcomes:
        outcome.dirty, outcome.seconds = dirty, time.monotonic() - begun
    files.dirty += place.working_files()  # cells in plain that a killed process has left
    return outcomes
