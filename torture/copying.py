"""Backups taken while many write, restored elsewhere and compared with what was promised before they began."""

from __future__ import annotations

import time
from pathlib import Path

from kehu.base.settings import Settings
from torture.place import Outcome, Place, command_line
from torture.work import Singles, checked, working


def backups(place: Place, target: Settings, *, writers: int, times: int) -> Outcome:
    """Back up `times` times under load; restore the last one into `target`, an empty place on either database."""
    outcome = Outcome(f"backup beside {writers} writers", place.db, note=f"restored into {target.database}")
    begun = time.monotonic()
    singles = [Singles(Outcome("", place.db), f"戊{n}") for n in range(writers)]
    file = Path(f"{target.data}.kehu")
    with place.serving() as server:
        with working(singles, server):
            for _ in range(times):
                time.sleep(1.0)
                promised = {name: id for one in singles for name, id in list(one.made.items())}
                file.unlink(missing_ok=True)
                command_line(place.settings, "backup", str(file))
                outcome.times += 1
        for one in singles:
            one.settle(server)
    outcome = checked(place, outcome, singles, begun)
    target.data.mkdir(exist_ok=True)
    if command_line(target, "restore", str(file))["verified"] is not True:
        outcome.errors["restored ledger not verified"] += 1
    file.unlink()
    copy = Place(target)
    found = copy.customers()
    outcome.lost += sum(found.get(id, ("",))[0] != name for name, id in promised.items())
    outcome.doubled += len(found) - len({name for name, _ in found.values()})
    outcome.dirty += copy.dirty()
    outcome.seconds = time.monotonic() - begun
    return outcome
