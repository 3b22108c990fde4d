"""What a known record gets from the rows that mean it, and what is told where the two differ. It writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from kehu.base.fields.base import Stored, Unresolved, Value, layout
from kehu.base.schema.model import Entity
from kehu.core.records.write import changed_columns
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.loading.gathering import comes_again, covers, held, together
from kehu.features.importing.loading.rows import Group, Load, column_of, value_column, whole_day, with_lines
from kehu.features.importing.plan import PartPlan
from kehu.features.importing.targets import LATEST, OPENING, gathers, joined


def changes_of(load: Load, part: PartPlan, group: Group, made: Callable[[], set[int]]) -> dict[str, Stored]:
    """The columns that a known record gets. `made` tells which records this change-set has made or changed before;
    asked only where the ledger is contradicted."""
    ctx, live = load.ctx, cast("Mapping[str, Stored]", group.live)
    # Whom a follow-up was with is written down with it: a list that names both later does not know that.
    told = part.refs.keys() & {*part.key, *(part.linked if part.part.kind.same else ())}
    values = {
        key: value for key, value in group.values.items() if key not in told and not _leaves(load, part, group, key)
    }
    if part.entity.key == "customer":
        if "kind" in values and load.plan.column(part.path, "kind") is None:
            del values["kind"]  # only proposed: what stands in the ledger is better known
        for opening, kept in OPENING.items():
            given = values.get(opening)
            if isinstance(given, int) and kept in part.entity.fields:
                total = live.get(layout(part.entity.fields[kept], ctx.types).value[0].name) or 0
                before = live.get(column_of(ctx, part.entity.fields[opening])) or 0
                values[opening] = given - (int(total) - int(before))
                if not values[opening] and live.get(column_of(ctx, part.entity.fields[opening])) is None:
                    del values[opening]  # nothing came before what the ledger holds
        for opening, kept in LATEST.items():
            day, known = values.get(opening), live.get(value_column(ctx, part.entity, kept))
            earlier = isinstance(day, str) and isinstance(known, str) and day < known
            if day == known or (earlier and live.get(column_of(ctx, part.entity.fields[opening])) is None):
                values.pop(opening, None)  # the ledger knows of that or of later business
    below = "\n".join(group.below)
    remark = column_of(ctx, part.entity.fields["remark"]) if below or "remark" in values else ""
    if below and live.get(remark) == with_lines(values.get("remark"), below):
        values.pop("remark", None)  # it came in with all this before
        below = ""
    for name in list(values):
        one, value = part.entity.fields[name], values[name]
        if value is None or one.sensitive == "secret":
            continue
        if load.holds(part.entity, one, value, live):
            del values[name]  # the most usual case: nothing to work out
            continue
        if gathers(one) and covers(held(load, part, one, live), value) and _is_one_of_several(part, group):
            del values[name]  # the rest of what the record holds came from other rows
            continue
        stored = load.stored(part.entity, one, value)
        if all(live.get(column) == kept for column, kept in stored.items()):
            del values[name]
        elif name in part.part.kind.same and one.value_type == "datetime":
            if whole_day(value, load.zone) == whole_day(live.get(column_of(ctx, one)), load.zone, always=True):
                del values[name]  # the file says the day, the ledger knows the hour
        elif one.typed and all(live.get(column) is None for column in stored):
            if live.get(value_column(ctx, part.entity, name)) in stored.values():
                del values[name]  # it follows from the rest already, nobody need have typed it
    said = values.get("remark") is None or any(
        line.row.values.get(part.path, {}).get("remark") is not None for line in group.lines
    )
    if values.get("remark") and not (said and joined(part.path, "remark") in load.columns):
        stands = live.get(remark)
        if isinstance(stands, str):  # what a cell had too much goes below what stands there
            values["remark"] = with_lines(stands, str(values["remark"]))
    for name in part.fill & values.keys():
        if live.get(column_of(ctx, part.entity.fields[name])) is not None:
            del values[name]
    changes: dict[str, Stored] = {}
    for name, value in values.items():
        column = load.columns.get(joined(part.path, name))
        if column is None or value is None or name in group.nobodys or (name == "remark" and not said):
            changes |= changed_columns(ctx, part.entity, cast(int, group.id), {name: value}, live)
        else:
            changes |= _differing(load, part, group, column, name, value, made)
    if below:
        text = with_lines(changes.get(remark, live.get(remark)), below)
        changes |= changed_columns(ctx, part.entity, cast(int, group.id), {"remark": text}, live)
    return changes


def _differing(
    load: Load, part: PartPlan, group: Group, column: ColumnMap, name: str, value: Value, made: Callable[[], set[int]]
) -> dict[str, Stored]:
    """What becomes of a field for which a file gives another value than its record holds: filled when it is empty,
    else as people have decided; each such cell is counted. What an earlier row of the file has brought in is
    nobody's own yet: further rows may fill it, add to it, or say otherwise."""
    ctx, entity, id = load.ctx, part.entity, cast(int, group.id)
    live = cast("Mapping[str, Stored]", group.live)
    if _is_empty(load, entity, name, live):
        drop = column.existing == "keep" and id not in made()
        return {} if drop else changed_columns(ctx, entity, id, {name: value}, live)
    one, changes = entity.fields[name], dict[str, Stored]()
    several = gathers(one) and one.sensitive != "secret"
    stands, said = held(load, part, one, live) if several else None, cast(Value, None)
    for line in group.lines:
        own = value if len(group.lines) == 1 else line.row.values.get(part.path, {}).get(name)
        if own is None or isinstance(own, Unresolved) or load.leaves(part.path, name, line.row.row):
            continue
        new = value if name in OPENING else own  # an opening value is the difference to what has come since
        if not (changed := changed_columns(ctx, entity, id, {name: new}, live)):
            continue
        if one.sensitive != "secret" and all(live.get(at) == before for at, before in changed.items()):
            said = together(load, one, said, own) if several else None
            continue
        row = line.row.row
        outcome = load.plan.outcome(column, row)
        if outcome == "take" and part.key[:1] == (name,) and (entity.key, id) in load.rehearsal.given:
            changes = changed  # of a number that the ledger gave; that this row gives it one is told already
            continue
        if id not in made():
            place = column.cell(row)
            told: dict[str, Any] = {"sheet": load.plan.sheet, "row": row, "cell": place, "column": column.source}
            load.tally.find(f"conflict.{outcome}", **told, field=column.target)
        if load.changeset is None:
            given = line.row.values.get(part.path, {}).get(name, own)
            load.rehearsal.conflicts.add(
                ctx, load.plan.sheet, column, row, entity, name, id, cast(Value, given), outcome
            )
        if outcome == "take":
            changes, said = changed, together(load, one, said, own) if several else None
    if changes and several:  # of a record that this file has made or changed before, nothing is taken away
        whole = together(load, one, stands, said) if group.further or id in made() else said
        changes = changed_columns(ctx, entity, id, {name: whole}, live) if whole != stands else {}
    return changes


def _leaves(load: Load, part: PartPlan, group: Group, name: str) -> bool:
    """Whether none of the rows that say something of a field is the one that stands."""
    said = [line.row.row for line in group.lines if line.row.values.get(part.path, {}).get(name) is not None]
    return bool(said) and all(load.leaves(part.path, name, row) for row in said)


def _is_one_of_several(part: PartPlan, group: Group) -> bool:
    return any(comes_again(part, line.row) for line in group.lines)


def _is_empty(load: Load, entity: Entity, name: str, live: Mapping[str, Stored]) -> bool:
    """Whether the ledger has nothing of its own to say: an opening value is part of a total."""
    seen = entity.fields.get(OPENING.get(name, name), entity.fields[name])
    stands = live.get(layout(seen, load.ctx.types).value[0].name if name in OPENING else column_of(load.ctx, seen))
    return stands is None or (name in OPENING and not stands)
