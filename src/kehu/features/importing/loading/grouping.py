"""Lays rows of a portion together that are one record, and says by what each record is told apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from kehu.base.fields.base import Stored, Value
from kehu.base.schema.model import Field
from kehu.core.access.permissions import writable_fields
from kehu.features.importing.loading.gathering import add_row
from kehu.features.importing.loading.rows import (
    BY_NAME,
    BY_NUMBER,
    Group,
    Line,
    Load,
    careful,
    column_of,
    is_firm,
    naming_of,
)
from kehu.features.importing.loading.telling import reject
from kehu.features.importing.plan import PartPlan, copied_values, says
from kehu.features.importing.splitting import DAY
from kehu.features.importing.tally import Key


def group_rows(load: Load, part: PartPlan, lines: Sequence[Line]) -> list[Group]:
    """The records that rows of a portion tell of, the values of the same one laid together."""
    writable = writable_fields(load.ctx, part.entity.key)
    keys = [(part.entity.fields[name], column_of(load.ctx, part.entity.fields[name])) for name in part.key]
    linked = writable | set(part.parents)
    first = part.fill | careful(load, part)
    below = [other for _, other in part.part.refs if other.startswith(f"{part.path}." if part.path else "")]
    groups: dict[object, Group] = {}
    for line in lines:
        if not says(line.row, part) and not any(other in line.ids for other in below):
            continue
        given = copied_values(part, line.row, line.row.values.get(part.path, {}))
        own = cast("dict[str, Value]", {k: v for k, v in given.items() if k in writable})
        own |= {name: line.ids[other] for name, other in part.part.refs if other in line.ids and name in linked}
        if part.above is not None and part.above not in own:
            if not part.path:
                reject(load.plan, line, "row.without_parent", load.tally, load.out)
            continue
        if _nameless(load, part, own, line):
            continue
        if line.row.record is None:
            _as_elsewhere(load, part, own, writable)
        key = _key(load, part, keys, own, line)
        group = groups.get(key) if key is not None else None
        if group is None:
            groups[key if key is not None else object()] = Group([line], own, key)
        else:
            add_row(load, part, group, line, own, first)
    return list(groups.values())


def _as_elsewhere(load: Load, part: PartPlan, own: dict[str, Value], writable: Collection[str]) -> None:
    """Give a firm the number and the phone that the file has for it elsewhere: all its rows are one firm."""
    firms = part.firms
    if not is_firm(part, own) or own.get("name") is None or not (firms.phone or firms.number):
        return
    name = str(load.main(part.entity, part.entity.fields["name"], own.get("name")))
    phone = own.get("mobile")
    if part.otherwise and own.get(part.key[0]) is None and part.key[0] in writable and name in firms.number:
        number, phones = firms.number[name]
        if phone is None or not phones or phone in phones:
            own[part.key[0]] = number
    elif phone is None and "mobile" in writable and name in firms.phone:
        own["mobile"] = firms.phone[name]


def _nameless(load: Load, part: PartPlan, own: Mapping[str, Value], line: Line) -> bool:
    """Whether a row says something of a record that it does not name; this is told, the row comes in without it."""
    if part.needed or part.each or part.part.kind.same or any(own.get(key) is not None for key in part.naming):
        return False
    label = part.entity.fields[part.entity.title[0]].label.of(load.ctx.lang)
    load.tally.find("required.missing", sheet=load.plan.sheet, row=line.row.row, column=label)
    return True


def _key(
    load: Load, part: PartPlan, keys: Sequence[tuple[Field, str]], own: Mapping[str, Value], line: Line
) -> Key | None:
    """What tells the record of a row; None when nothing does, or rows are never matched.

    A corrected row that was sent back tells its record by number, whatever else has been mended in it.
    Further fields than the first may be empty and then match empty ones: 王芳 without a phone is not 王芳 with one.
    """
    if not part.path and line.row.record is not None:
        return BY_NUMBER, line.row.record
    if part.part.kind.same:
        return cast(int, own[str(part.above)]), naming_of(own, part, load.zone)
    if load.plan.on_match == "create" and not part.path and load.plan.numbered is None:
        return None
    if not part.each and (not keys or own.get(keys[0][0].key) is None):
        return _name_key(load, part, own)
    ready = line.row.ready if not part.path else None
    parts: list[Stored] = [cast(int, own[part.above])] if part.each and part.above is not None else []
    for one, column in keys:
        value = own.get(one.key)
        if part.days and one.key == DAY:
            parts.append(part.telling(DAY, value))
        elif ready is not None and column in ready.stored:
            parts.append(ready.stored[column])
        else:
            parts.append(None if value is None else load.main(part.entity, one, value))
    return (*parts, line.row.nth) if part.each else tuple(parts)


def _name_key(load: Load, part: PartPlan, own: Mapping[str, Value]) -> Key | None:
    """What tells the record of a row that leaves its number open; None when nothing does."""
    fields = [(part.entity.fields[key], own.get(key)) for key in part.otherwise]
    if not fields or fields[0][1] is None:
        return None
    return BY_NAME, *(None if value is None else load.main(part.entity, one, value) for one, value in fields)
