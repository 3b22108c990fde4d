"""The rehearsal of one part: counts what would come and remembers it for the portions after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from kehu.base.fields.base import Stored
from kehu.base.fields.rules import day_of
from kehu.features.importing.doubles import NewRow
from kehu.features.importing.loading.changes import changes_of
from kehu.features.importing.loading.counting import count_known, count_new
from kehu.features.importing.loading.rows import PHONES, Group, Load, column_of, is_later, is_unnumbered
from kehu.features.importing.loading.telling import place_of
from kehu.features.importing.plan import PartPlan
from kehu.features.importing.splitting import BY_DAY, DAY
from kehu.features.importing.tally import Key
from kehu.features.importing.targets import joined


def rehearse(load: Load, part: PartPlan, creates: Sequence[Group], matched: Sequence[Group]) -> None:
    """Count what would become of the records of one part; the new ones are remembered for the portions after."""
    entity, seen = part.entity.key, load.rehearsal
    new: list[Group] = []
    for group in creates:
        if part.part.kind.same and cast(Key, group.key)[1] is None:
            group.id = 0
            continue
        group.id = seen.make()
        new.append(group)
        for (of, name), taken in seen.unique.items():
            if of == entity and (value := group.values.get(name)) is not None:
                taken[cast(Stored, value)] = group.id
        if group.key is None:
            continue
        seen.records(entity, part.told_by)[group.key] = [group.id]
        for names in load.plan.sought.get(entity, frozenset()) - {part.told_by}:
            fields = [part.entity.fields[name] for name in names]
            values = [group.values.get(one.key) for one in fields]
            by_day = entity == "order" and set(names) == set(BY_DAY)
            if by_day and not is_unnumbered(group):
                continue
            if values[0] is not None:
                told = tuple(
                    None if value is None
                    else day_of(str(value), load.zone) if by_day and one.key == DAY
                    else load.main(part.entity, one, value)
                    for one, value in zip(fields, values, strict=True)
                )  # fmt: skip
                seen.records(entity, names).setdefault(told, []).append(group.id)
    if "name" in part.entity.fields and (not part.path or entity == "customer"):
        _doubles(load, part, creates)
    if new:
        count_new(load, part, new)
    before = seen.touched.setdefault(entity, set())
    changed: set[int] = set()
    for group in matched if load.plan.on_match != "skip" else ():
        live = cast("Mapping[str, Stored]", group.live)
        changes = changes_of(load, part, group, set[int])
        if any(live.get(name) != value for name, value in changes.items()) or _waits(load, part, group):
            changed.add(cast(int, group.id))
    count_known(load, part, matched, changed, before)
    before |= changed


def _waits(load: Load, part: PartPlan, group: Group) -> bool:
    """Whether a known record is to be linked to one that other rows bring; where it is linked elsewhere, that is told
    as any other conflict."""
    live, fields, will = cast("Mapping[str, Stored]", group.live), part.entity.fields, False
    for row, bad in ((line.row.row, bad) for line in group.lines for bad in line.row.bad):
        if bad.target.path != part.path or not is_later(bad):
            continue
        name, outcome = bad.target.field, load.plan.outcome(bad.column, row)
        stands = live.get(column_of(load.ctx, fields[name]))
        will = will or stands is None or outcome == "take"
        if stands is not None:
            load.tally.find(f"conflict.{outcome}", **place_of(load.plan, row, bad), field=bad.target.key)
            load.rehearsal.conflicts.add(
                load.ctx, load.plan.sheet, bad.column, row, part.entity, name, cast(int, group.id), bad.text, outcome
            )
    return will


def _doubles(load: Load, part: PartPlan, creates: Sequence[Group]) -> None:
    """Tell of new records that may be there already, in the file or in the ledger."""
    people = joined(part.path, "contacts")
    rows = []
    for group in creates:
        said = group.lines[0].row.values.get(people, {}) if part.entity.key == "customer" else {}
        phones = [phone for key in PHONES if isinstance(phone := said.get(key), str)]
        rows.append(NewRow(group.lines[0].row.row, group.values, phones))
    for code, count, told in load.rehearsal.doubles.look(load.ctx, part.entity, load.plan.sheet, rows):
        load.tally.find(code, count, **told)
