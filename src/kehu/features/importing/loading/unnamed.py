"""What rows say of a contact, an address or a follow-up without naming it goes to the customer, and is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from kehu.base.fields.base import Problem, Unresolved, Value
from kehu.base.schema.model import Label
from kehu.core.access.permissions import may, writable_fields
from kehu.core.records import matching
from kehu.features.importing.cells import MORE_PHONES
from kehu.features.importing.convert import BadCell, RowValues
from kehu.features.importing.loading.rows import PHONES, REACHED, Group, Load, column_of, with_lines
from kehu.features.importing.plan import PartPlan
from kehu.features.importing.targets import Target, is_contact, numbered

UNKEPT = "cell.unkept"


def take_unnamed(load: Load, part: PartPlan, child: PartPlan, groups: Sequence[Group]) -> None:
    """Give customers what rows say of a contact, an address or a follow-up without naming it: phones and mail are
    theirs, the rest stands in the remark. Of a sheet that names none the one is meant that the ledger knows."""
    path, same = child.path, child.part.kind.same
    waiting = [
        (group, line.row, theirs)
        for group in groups
        for line in group.lines
        if (theirs := line.row.values.get(path))
        and all(theirs.get(key) is None for key in same)
        and any(value is not None for value in theirs.values())
    ]
    if not waiting:
        return
    known: Mapping[int, object] = {}
    if not any(load.plan.column(path, key) for key in same) and numbered(path) == 1:
        relation = column_of(load.ctx, child.entity.fields[str(child.above)])
        ids = {group.id for group, _, _ in waiting if group.id is not None and group.id > 0}
        known = matching.of_parents(load.ctx, child.entity.key, relation, ids, ["id"])
    writable = writable_fields(load.ctx, part.entity.key) if may(load.ctx, child.entity.key, "create") else ()
    for group, row, theirs in waiting:
        given = {key for key, value in theirs.items() if value is not None and not isinstance(value, Unresolved)}
        if group.id in known:
            given &= REACHED if group.values.get("kind") == "person" else set()
        if not given:
            continue
        skipped = group.id is not None and load.plan.on_match == "skip"
        for key in sorted(given, key=lambda key: (key not in REACHED, key)):
            value = cast(Value, theirs.pop(key))
            place = key if is_contact(path) and key in REACHED else "remark"
            kept = not skipped and place in writable and _keep(load, part, child, group, place, key, value)
            _tell_unnamed(load, part, child, row, key, value, kept=kept)
        row.ready = None


def _keep(load: Load, part: PartPlan, child: PartPlan, group: Group, place: str, key: str, value: Value) -> bool:
    """Give a customer what a row says of nobody: a number where it has none, all else below its remark."""
    one = child.entity.fields[key]
    text = load.ctx.types[one.value_type].render(one, value, "zh-CN")
    if place != "remark":
        live, own = group.live or {}, part.entity.fields[place]
        held = live.get(column_of(load.ctx, own)) is not None
        if group.values.get(place) == value or (held and load.holds(part.entity, own, value, live)):
            return True
        if group.values.get(place) is None and not held:
            group.values[place] = value
            group.nobodys.add(place)
            return True
        text = f"{MORE_PHONES if key in PHONES else ''}{value}"
        if "remark" not in writable_fields(load.ctx, part.entity.key):
            return False
    elif key != "remark":
        whose = child.entity.label.zh
        text = f"{one.label.zh if one.label.zh.startswith(whose) else whose + one.label.zh}：{text}"
    if group.live is None:
        group.values["remark"] = with_lines(group.values.get("remark"), str(text))
    else:
        group.below.append(str(text))
    return True


def _tell_unnamed(
    load: Load, part: PartPlan, child: PartPlan, row: RowValues, key: str, value: Value, *, kept: bool
) -> None:
    """Tell of a cell that says something of a contact, an address or a follow-up that its row does not name.
    Numbers in a sheet without names are those of the customer anyway."""
    named = any(load.plan.column(child.path, same) is not None for same in child.part.kind.same)
    column = load.plan.column(child.path, key)
    if column is None and not kept and key in PHONES:  # a landline in a column of mobiles, or a second number
        column = next((one for name in PHONES if (one := load.plan.column(child.path, name)) is not None), None)
    if column is None or (kept and key in REACHED and not named):
        return
    label, f = child.entity.fields[child.part.kind.same[-1]].label, child.entity.fields[key]
    whose = child.entity.label if is_contact(child.path) else Label("", "")
    what = {"zh-CN": f"{whose.zh}{label.zh}", "en": f"{whose.en} {label.en}".strip().lower()}
    text = load.ctx.types[f.value_type].render(f, value, load.ctx.lang)
    problem = Problem("cell.unnamed", "warn", {"what": what}) if kept else Problem(UNKEPT, "refuse", {"what": what})
    place = Target(str(column.target), child.entity.key, key, child.path)
    row.bad.append(BadCell(column, place, text, problem))
