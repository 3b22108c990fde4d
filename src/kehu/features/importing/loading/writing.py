"""Creates and updates the records of one part, through the write door only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

from kehu.base.fields.base import Stored, Value
from kehu.core.changesets import write as door
from kehu.core.records import numbering
from kehu.core.records.write import insert_values
from kehu.features.importing import own_numbers
from kehu.features.importing.beside import role_of
from kehu.features.importing.firms import OTHERWISE
from kehu.features.importing.headings import kind_of_place, option_of
from kehu.features.importing.loading.changes import changes_of
from kehu.features.importing.loading.counting import count_known, count_new
from kehu.features.importing.loading.known import touched
from kehu.features.importing.loading.rows import Group, Load, is_unnumbered, undated
from kehu.features.importing.plan import PartPlan
from kehu.features.importing.tally import Key
from kehu.features.importing.targets import gathers, joined

_MEASURES = (
    ("kilogram", re.compile("公斤|千克|kg", re.IGNORECASE)),
    ("ton", re.compile("吨")),
    ("catty", re.compile("斤")),
    ("lesson", re.compile("课时|课次|节数")),
)
"""What the heading of a quantity says of the unit, the first that fits."""


def create(load: Load, part: PartPlan, groups: Sequence[Group]) -> None:
    """Make the new records of one part and count them; the groups learn their ids."""
    groups = [group for group in groups if not part.part.kind.same or cast(Key, group.key)[1] is not None]
    if not groups:
        return
    ready = [g.ready if not part.path else None for g in groups]
    begin = {**undated(part), **part.part.kind.defaults, **_said_by_headings(load, part)}
    rows = [{**begin, **_said_by_quantity(part, g), **g.values} for g in groups]
    if part.entity.key == "contract" and part.path:  # a list of customers says the number of a contract, not its name
        rows = [{**row, "name": row.get("name") or row["code"]} for row in rows]
    made = insert_values(load.ctx, part.entity, rows, ready)
    born = load.out.created.setdefault(part.entity.key, {})
    for group, id in zip(groups, made, strict=True):
        group.id = id
        born[id] = group.lines[0].row.row
    if part.entity.key in (*OTHERWISE, "order"):
        open_ = [cast(int, group.id) for group in groups if is_unnumbered(group)]
        own_numbers.keep(load.tally.numbered, part.entity, open_)
    count_new(load, part, groups)


def _go_on(load: Load, part: PartPlan, group: Group, changed: Mapping[str, Stored]) -> None:
    """Let further rows of this portion that tell a record in another way add to what the others have said."""
    placed = load.ctx.tables[part.entity.key].layouts
    added = {one.name for name in group.values if gathers(part.entity.fields[name]) for one in placed[name].all}
    group.live = {**(group.live or {}), **{name: value for name, value in changed.items() if name in added}}
    group.further = True


def _said_by_headings(load: Load, part: PartPlan) -> dict[str, Value]:
    """What headings say of new records of a part that no cell says: addresses below 收货地址 are for deliveries,
    somebody below 财务联系人 does the accounts, of goods below 公斤数 so many kilograms are sold."""
    if part.entity.key == "product":
        sold = next((one for key, one in load.columns.items() if key.rpartition(".")[2] == "quantity"), None)
        units = part.entity.fields["unit"].options if "unit" in part.entity.fields else ()
        known = {option.key for option in units if not option.hidden}
        unit = next((key for key, said in _MEASURES if sold and said.search(sold.source)), None)
        return {"unit": unit} if unit in known else {}
    name, field = {"address": ("detail", "type"), "contact": ("name", "position")}.get(part.entity.key, ("", ""))
    column = load.columns.get(joined(part.path, name)) if name else None
    if column is None:
        return {}
    said = kind_of_place(part.entity.fields[field], column.source) if field == "type" else role_of(column.source)
    return {} if said is None else {field: said}


def _said_by_quantity(part: PartPlan, group: Group) -> dict[str, Value]:
    """The unit that stands behind the quantity of new goods: 10袋."""
    unit = part.entity.fields.get("unit") if part.entity.key == "product" else None
    told = (bad.problem for bad in group.lines[0].row.bad if bad.problem.code == "quantity.measured")
    key = next((option_of(unit, str(one.data["unit"])) for one in told), None) if unit is not None else None
    return {"unit": key} if key is not None else {}


def update(load: Load, part: PartPlan, groups: Sequence[Group]) -> None:
    """Change the known records of one part as people have decided, and count them."""
    if not groups:
        return
    rows: dict[int, dict[str, Stored]] = {}
    if load.plan.on_match != "skip":
        made = cache(lambda: touched(load, part, [cast(int, g.id) for g in groups]))
        for group in groups:
            id = cast(int, group.id)
            if id in rows:
                _go_on(load, part, group, rows[id])
            if changes := changes_of(load, part, group, made):
                rows.setdefault(id, {}).update(changes)
    numbering.note(load.ctx, part.entity, [g.values for g in groups if g.id in rows])
    counted = list(rows) if part.path else [cast(int, g.id) for g in groups]
    before = touched(load, part, counted) if counted else set()
    changed = door.update(load.ctx, part.entity.key, rows)
    count_known(load, part, groups, changed, before)
