"""Leaves out what must not come in: values that are taken, records that only repeat what is shown, contradictions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

from kehu.base.fields.base import Problem, Stored, Value
from kehu.core.access.permissions import readable_fields
from kehu.core.records import comparing, matching
from kehu.core.records.defaults import fill_defaults
from kehu.features.importing.convert import BadCell, finding_code
from kehu.features.importing.loading.rows import Group, Load, column_of, undated, value_column
from kehu.features.importing.loading.telling import reject
from kehu.features.importing.plan import PartPlan
from kehu.features.importing.targets import Target, joined


def refuse_taken(load: Load, part: PartPlan, groups: list[Group]) -> list[Group]:
    """Reject new rows whose unique value another record holds. Of what hangs on the record of a row only that is left
    out, and its cell told: a number of a contract that belongs to another customer."""
    for one in part.entity.fields.values():
        if not one.unique or one.hidden or one.read_only:
            continue
        column = column_of(load.ctx, one)
        new = [g for g in groups if g.live is None or g.live.get(column) != g.values.get(one.key)]
        values = {cast(Stored, v) for g in new if (v := g.values.get(one.key)) is not None}
        if not values:
            continue
        seen = load.rehearsal.unique.setdefault((part.entity.key, one.key), {})  # by earlier portions of a rehearsal
        holders = {**seen, **matching.holders(load.ctx, part.entity.key, column, values)}
        kept = []
        for group in groups:
            value = cast(Stored, group.values.get(one.key))
            if value is not None and value in holders and holders[value] != group.id:
                if part.part.kind.same:
                    _tell_of(load, part, group, one.key, Problem("value.taken", "refuse", {}))
                    continue
                for line in group.lines:
                    reject(load.plan, line, "value.taken", load.tally, load.out)
                continue
            if value is not None and group.id is None:
                holders[value] = 0  # the next new row with this value is refused
            kept.append(group)
        groups = kept
    return groups


def without_shown(load: Load, part: PartPlan, groups: list[Group]) -> list[Group]:
    """Leave out new records that only repeat what a field of their parent shows already: a flag that is up."""
    shown_by, above = part.part.kind.shown_by, part.above
    owner = load.ctx.catalog.entities[str(part.entity.fields[above].target)] if above else part.entity
    if not shown_by or shown_by not in readable_fields(load.ctx, owner.key):
        return groups
    one, (same,) = owner.fields[shown_by], part.part.kind.same
    ids = {id for g in groups if g.live is None and isinstance(id := g.values.get(str(above)), int) and id > 0}
    name = value_column(load.ctx, owner, shown_by)
    rows = matching.by_ids(load.ctx, owner.key, ids, [name]) if ids else {}
    kind = load.ctx.types[one.value_type]
    up = {id: cast(Sequence[str], kind.load(one, [row[name]]) or ()) for id, row in rows.items()}
    shown = {(id, said) for id, words in up.items() for said in words}
    return [g for g in groups if g.live is not None or (g.values.get(str(above)), g.values.get(same)) not in shown]


def leave_out_contradicting(load: Load, part: PartPlan, groups: Sequence[Group]) -> None:
    """Leave out and tell of values that contradict another of their record: an end before its start."""
    of = comparing.pairs(load.ctx, part.entity)
    whole = _with_defaults(load, part, groups, {key for pair in of for key in pair.keys})
    for place, group in enumerate(groups if of else ()):
        if group.live is not None and load.plan.on_match == "skip":
            continue
        live = comparing.stored_values(load.ctx, of, group.live or {})
        final = {name: _stands(load, part, group, name, held) for name, held in live.items()}
        if place in whole:
            final = {name: whole[place].get(name) for name in final}
        for pair, problem in comparing.broken(of, final):
            mine = [key for key in (pair.field.key, pair.other.key) if final[key] == group.values.get(key)]
            if not mine or all(final[key] == live[key] for key in mine):
                continue  # it stands so in the ledger already
            _tell_of(load, part, group, mine[0], problem)
            if problem.severity == "refuse":
                group.values.pop(mine[0])


def _with_defaults(
    load: Load, part: PartPlan, groups: Sequence[Group], names: Collection[str]
) -> dict[int, dict[str, Value]]:
    """What new records that say something of these fields will hold, by place: their defaults too, all at once."""
    new = {
        place: {**undated(part), **group.values}
        for place, group in enumerate(groups)
        if group.id is None and any(group.values.get(name) is not None for name in names)
    }
    fill_defaults(load.ctx, part.entity, list(new.values()))
    return new


def _stands(load: Load, part: PartPlan, group: Group, name: str, held: object) -> object:
    """The value that a field has when a row has come in."""
    given, column = group.values.get(name), load.columns.get(joined(part.path, name))
    if given is None:
        return held
    taken = column is None or load.plan.outcome(column, group.lines[0].row.row) == "take"
    return given if held is None or (taken and name not in part.fill) else held


def _tell_of(load: Load, part: PartPlan, group: Group, name: str, problem: Problem) -> None:
    """Mark the cells that gave a value; without such a cell only the row is told."""
    one, column = part.entity.fields[name], load.columns.get(joined(part.path, name))
    for line in group.lines:
        if column is None:
            load.tally.find(finding_code(one, problem), sheet=load.plan.sheet, row=line.row.row)
        elif line.row.values.get(part.path, {}).get(name) is not None:
            text = load.ctx.types[one.value_type].render(one, group.values[name], load.ctx.lang)
            place = Target(str(column.target), part.entity.key, name, part.path)
            line.row.bad.append(BadCell(column, place, text, problem))
