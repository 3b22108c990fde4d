"""Counts what has become of records and rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

from kehu.features.importing.loading.rows import Group, Line, Load
from kehu.features.importing.loading.telling import glimpse_of
from kehu.features.importing.plan import PartPlan


def count_new(load: Load, part: PartPlan, groups: Sequence[Group]) -> None:
    """Count new records, and the rows of the sheet itself that make them."""
    load.tally.count(part.entity.key, "created", len(groups))
    for group in groups if not part.path else ():
        group.lines[0].outcome = "created"
        merge_lines(load, group.lines[1:], group.lines[0])


def count_known(
    load: Load, part: PartPlan, groups: Sequence[Group], changed: Collection[int], before: Collection[int]
) -> None:
    """Count known records as updated once, and what has become of the rows of the sheet itself. `before`: those
    that this import has made or changed already."""
    entity = part.entity.key
    new = {id for group in groups if (id := cast(int, group.id)) in changed and id not in before}
    if new:
        load.tally.count(entity, "updated", len(new))
    if part.path:
        return
    lines: dict[int, list[Line]] = {}
    moved: set[int] = set()
    for group in groups:
        id = cast(int, group.first or group.id)
        lines.setdefault(id, []).extend(group.lines if group.first is None else ())
        if group.id in changed:
            moved.add(id)
    for id, of in lines.items():
        if not of:
            continue
        first, *further = of
        first.outcome = load.tally.matched(entity, id, changed=id in moved, before=id in before)
        if first.outcome == "merged":
            merge_lines(load, [first, *further], None)
        else:
            merge_lines(load, further, first)


def merge_lines(load: Load, lines: Sequence[Line], first: Line | None) -> None:
    """Tell of rows that mean the record of an earlier one, which is `first` when it stands in the same portion."""
    for line in lines:
        line.outcome = "merged"
        if load.plan.numbered is not None:
            continue  # it is a line of its own
        told: dict[str, Any] = {"sheet": load.plan.sheet, "row": line.row.row, "text": glimpse_of(line.row)}
        if first is not None:
            told["problem"] = ["row.same_as", {"row": first.row.row}]
        load.tally.find("row.merged", **told)
