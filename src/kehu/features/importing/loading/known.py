"""Finds the records of the ledger that rows mean. It must not change them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kehu.base.common import spans
from kehu.base.common.dates import day_start, format_instant
from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.fields.base import Stored
from kehu.base.fields.rules import day_of
from kehu.core.access.permissions import readable_fields
from kehu.core.changesets import write as door
from kehu.core.context import Ctx
from kehu.core.records import comparing, matching
from kehu.core.records.values import load_value
from kehu.features.importing import own_numbers
from kehu.features.importing.firms import KEY
from kehu.features.importing.loading.rows import BY_NAME, BY_NUMBER, REACHED, Group, Load, column_of, is_firm, naming_of
from kehu.features.importing.plan import PartPlan
from kehu.features.importing.splitting import BY_DAY, DAY
from kehu.features.importing.tally import Key
from kehu.features.importing.targets import LATEST, OPENING, joined

Row = Mapping[str, Stored]
"""The stored columns of a record."""
Found = tuple[Group, Sequence[Row]]
"""A group and the live records that its key means."""


def match(load: Load, part: PartPlan, groups: Sequence[Group]) -> list[Group]:
    """Find the live record of each group; return further groups where rows mean several records."""
    more: list[Group] = []
    for group, lives in _lives(load, part, [g for g in groups if g.key is not None]):
        group.live, group.id = lives[0], int(lives[0]["id"] or 0)
        for live in lives[1:] if part.marks else ():
            more.append(Group(group.lines, group.values, group.key, int(live["id"] or 0), live, first=group.id))
    known = load.rehearsal.records(part.entity.key, part.told_by)
    for group in groups:  # those that an earlier portion of a rehearsal would have made
        if group.live is None and group.key is not None and (ids := known.get(group.key)):
            group.id = ids[0]
    return more


def _lives(load: Load, part: PartPlan, groups: Sequence[Group]) -> Iterator[Found]:
    """The live records that the keys of groups mean; of what has none, nothing comes."""
    if not groups:
        return
    wanted = _wanted(load, part, groups)
    numbered = [group for group in groups if cast(Key, group.key)[0] is BY_NUMBER]
    if numbered:
        yield from _by_id(load, part, numbered, wanted)
        groups = [group for group in groups if cast(Key, group.key)[0] is not BY_NUMBER]
    if part.part.kind.same or (part.each and part.above is not None):
        yield from _of_parents(load, part, groups, wanted)
    elif part.days:
        yield from _of_days(load, part, groups, wanted)
    else:
        yield from _by_key(load, part, groups, wanted)


def _by_id(load: Load, part: PartPlan, groups: Sequence[Group], wanted: Sequence[str]) -> Iterator[Found]:
    """The records that corrected rows name by their number in the ledger."""
    asked = {cast(int, cast(Key, group.key)[1]): group for group in groups}
    for id, row in matching.by_ids(load.ctx, part.entity.key, asked.keys(), wanted).items():
        yield asked[id], [row]


def _of_parents(load: Load, part: PartPlan, groups: Sequence[Group], wanted: Sequence[str]) -> Iterator[Found]:
    """Contacts, addresses and follow-ups of a known customer by what tells them apart; lines of an order, by which of
    those that say the same a row is."""
    ctx, entity, same = load.ctx, part.entity, part.part.kind.same
    names = [column_of(ctx, entity.fields[name]) for name in part.key]
    relation = column_of(ctx, entity.fields[str(part.above)])
    owners = {owner for g in groups if (owner := cast(int, cast(Key, g.key)[0])) > 0}
    known: dict[Key, list[Row]] = {}
    for owner, rows in matching.of_parents(ctx, entity.key, relation, owners, wanted).items():
        for row in rows:
            if not same:
                known.setdefault((owner, *(row[name] for name in names)), []).append(row)
                continue
            said = {key: load_value(ctx, entity.fields[key], row) for key in same}
            known.setdefault((owner, None), []).append(row)
            exact, day = (naming_of(said, part, load.zone, days=days) for days in (False, True))
            # Who says no day means the record that says the same: it got the day on which it came in.
            dayless = naming_of({k: v for k, v in said.items() if k != "occurred_at"}, part, load.zone)
            for naming in dict.fromkeys((exact, day, dayless)):
                known.setdefault((owner, naming), []).append(row)
    for group in groups:
        key = cast(Key, group.key)
        found = known.get(key[:-1] if part.each else key, [])
        nth = cast(int, key[-1]) if part.each else 0
        if len(found) > nth:
            yield group, found[nth:]


def _by_key(load: Load, part: PartPlan, groups: Sequence[Group], wanted: Sequence[str]) -> Iterator[Found]:
    """The records with the key of a row; where there is none, those that its name and phone may mean."""
    ctx, entity = load.ctx, part.entity
    names = [column_of(ctx, entity.fields[name]) for name in part.key]
    keyed = {key for g in groups if (key := cast(Key, g.key))[0] is not BY_NAME}
    given = {key for key in keyed if not any(isinstance(value, int) and value < 0 for value in key)}
    by_key = matching.by_values(ctx, entity.key, names, given, wanted) if given else {}
    anew = load.plan.on_match == "create" and not part.path
    if anew:
        ids = [int(row["id"] or 0) for rows in by_key.values() for row in rows]
        own = touched(load, part, ids)
        by_key = {key: found for key, rows in by_key.items() if (found := [r for r in rows if r["id"] in own])}
    for group in groups:
        if (lives := by_key.get(cast(Key, group.key))) is not None:
            yield group, lives
    if anew:
        return
    left = [g for g in groups if cast(Key, g.key) not in by_key]
    by_name, left = _by_name(load, part, left, wanted)
    yield from by_name
    yield from _only_of_the_name(load, part, [g for g in left if is_firm(part, g.values)], wanted)
    if part.otherwise:
        others = [g for g in left if not is_firm(part, g.values)]
        yield from _without_number(load, part, others, wanted)


def _of_days(load: Load, part: PartPlan, groups: Sequence[Group], wanted: Sequence[str]) -> Iterator[Found]:
    """The orders of customer and day of rows without a number: only those that came without one, too."""
    ctx, fields, zone = load.ctx, part.entity.fields, str(part.days)
    at = part.key.index(DAY)
    keys = [(cast(Key, group.key), group) for group in groups]
    asked = {(str(key[at]), id): group for key, group in keys if key[at] and (id := cast(int, key[1 - at])) > 0}
    if not asked:
        return
    day, customer, number = (column_of(ctx, fields[name]) for name in (*BY_DAY, "code"))
    elsewhere = column_of(ctx, fields["external_code"]) if "external_code" in fields else None
    further = [day, number, "created_at", *([elsewhere] if elsewhere else [])]
    first, last = (date.fromisoformat(of(one for one, _ in asked)) for of in (min, max))
    begin, end = (format_instant(day_start(one, ZoneInfo(zone))) for one in (first, last + timedelta(days=1)))
    owners = {owner for _, owner in asked}
    of = matching.of_parents(ctx, part.entity.key, customer, owners, [*wanted, *further], (day, begin, end))
    found: dict[tuple[str, int], list[dict[str, Stored]]] = {}
    for owner, rows in of.items():
        for row in rows:
            key = day_of(str(row[day]), zone), owner
            if key in asked and (elsewhere is None or row[elsewhere] is None):
                found.setdefault(key, []).append(row)
    if load.plan.on_match == "create" and not part.path:
        own = touched(load, part, [int(row["id"] or 0) for rows in found.values() for row in rows])
        found = {key: [row for row in rows if row["id"] in own] for key, rows in found.items()}
    # Those that this import has made are known to have no number, those before it the history knows.
    made = load.tally.numbered.get(part.entity.key, [])
    before = [row for rows in found.values() for row in rows if not spans.holds(made, int(row["id"] or 0))]
    free = own_numbers.unnumbered(ctx, part.entity, fields["code"], before, load.changeset, load.imports)
    for key, rows in found.items():
        lives = [row for row in rows if (id := int(row["id"] or 0)) in free or spans.holds(made, id)]
        if lives:
            yield asked[key], lives


def _by_name(
    load: Load, part: PartPlan, groups: Sequence[Group], wanted: Sequence[str]
) -> tuple[list[Found], list[Group]]:
    """The records of rows that leave the number open, by name and phone; and the groups that have none so. A record
    whose number the file gives to another row of the name is that row's."""
    fields = part.entity.fields
    opened = {key[1:]: g for g in groups if (key := cast(Key, g.key))[0] is BY_NAME}
    if not opened:
        return [], list(groups)
    number, *names = (column_of(load.ctx, fields[key]) for key in (*part.key, *part.otherwise))
    of = matching.by_values(load.ctx, part.entity.key, names, set(opened), [*wanted, number])
    found: list[Found] = []
    for key, group in opened.items():
        others = part.firms.numbers.get(str(key[0]), frozenset())
        if lives := [row for row in of.get(key, ()) if row[number] not in others]:
            found.append((group, lives))
    matched = {id(group) for group, _ in found}
    return found, [g for g in groups if id(g) not in matched]


def _only_of_the_name(load: Load, part: PartPlan, groups: Sequence[Group], wanted: Sequence[str]) -> Iterator[Found]:
    """Firms whose row or whose record leaves open what tells them apart: the only firm of exactly this name is
    meant, unless the file itself knows several of it. Of two in the ledger nobody can tell which one."""
    entity, told = part.entity, part.firms
    named: dict[Stored, list[Group]] = {}
    for group in groups:
        name = load.main(entity, entity.fields["name"], group.values.get("name"))
        if name is not None and (name not in told.several or part.otherwise):
            named.setdefault(name, []).append(group)
    if not named:
        return
    columns = {key: column_of(load.ctx, entity.fields[key]) for key in dict.fromkeys((*part.key, *KEY, "kind"))}
    of = matching.by_values(
        load.ctx,
        entity.key,
        [columns["name"]],
        {(one,) for one in named},
        [*wanted, *columns.values(), "created_at"],
    )
    numbered: list[tuple[Group, Row]] = []
    for name, of_name in named.items():
        known = of.get((name,), ())
        firms = [row for row in known if row[columns["kind"]] == "enterprise"]
        for group in of_name:
            phone = group.values.get("mobile")
            said = None if phone is None else load.main(entity, entity.fields["mobile"], phone)
            by_row = bool(part.otherwise) and group.values.get(part.key[0]) is not None
            same = [row for row in known if said is not None and row[columns["mobile"]] == said]
            if by_row and same:
                pair = str(name), cast("str | None", said)
                sure = pair not in told.shared and (pair not in told.mixed or name in told.number)
                if len(same) == 1 and sure:
                    numbered.append((group, same[0]))
                continue
            if len(firms) != 1 or name in told.several:
                continue
            held = firms[0]
            if said is not None and held[columns["mobile"]] not in (None, said):
                continue
            if by_row:
                numbered.append((group, held))
            elif not part.otherwise or held[columns[part.key[0]]] not in told.numbers.get(str(name), ()):
                yield group, firms
    yield from _give_numbers(load, part, numbered)


def _without_number(load: Load, part: PartPlan, groups: Sequence[Group], wanted: Sequence[str]) -> Iterator[Found]:
    """Persons and products whose number the ledger does not know: by name and phone the only one is meant, if it
    has no number of its own, and the file does not give these to another row, too."""
    entity, told, readable = part.entity, part.firms, readable_fields(load.ctx, part.entity.key)
    names = [key for key in part.otherwise if key == "name" or key in readable]
    asked: dict[Key, Group] = {}
    for group in groups:
        values = [group.values.get(key) for key in names]
        if group.values.get(part.key[0]) is None or values[0] is None:
            continue
        key: Key = tuple(
            None if value is None else load.main(entity, entity.fields[name], value)
            for name, value in zip(names, values, strict=True)
        )
        pair = str(key[0]), cast("str | None", key[1] if len(key) > 1 else None)
        if pair not in told.shared and pair not in told.mixed and (len(names) > 1 or pair[0] not in told.several):
            asked.setdefault(key, group)
    if not asked:
        return
    columns = [column_of(load.ctx, entity.fields[key]) for key in names]
    mobile = column_of(load.ctx, entity.fields["mobile"]) if "mobile" in entity.fields and len(names) == 1 else ""
    beside = [one for one in (mobile, columns[0], column_of(load.ctx, entity.fields[part.key[0]]), "created_at") if one]
    of = matching.by_values(load.ctx, entity.key, columns, set(asked), [*wanted, *beside])
    numbered: list[tuple[Group, Row]] = []
    for key, group in asked.items():
        rows = of.get(key, ())
        phone = group.values.get("mobile")
        said = load.main(entity, entity.fields["mobile"], phone) if mobile and phone is not None else None
        if len(rows) == 1 and (said is None or rows[0][mobile] in (None, said)):
            numbered.append((group, rows[0]))
    yield from _give_numbers(load, part, numbered)


def _give_numbers(load: Load, part: PartPlan, found: Sequence[tuple[Group, Row]]) -> Iterator[Found]:
    """Of rows with a number that the ledger does not know and the records that they may mean: those records that
    have no number of their own are meant, and get it. This is told once of each."""
    entity, one = part.entity, part.entity.fields[part.key[0]]
    column, named = column_of(load.ctx, one), column_of(load.ctx, entity.fields["name"])
    if not found:
        return
    rows = [live for _, live in found]
    free = own_numbers.unnumbered(load.ctx, entity, one, rows, load.changeset, load.imports)
    for group, live in found:
        id, number = int(live["id"] or 0), load.main(entity, one, group.values[one.key])
        given = load.rehearsal.given.get((entity.key, id))
        others = part.firms.numbers.get(str(live[named]), frozenset())
        if id not in free or given not in (None, number) or live[column] in others:
            continue
        if given is None:
            load.rehearsal.given[(entity.key, id)] = number
            row, name = group.lines[0].row, group.values.get("name")
            load.tally.find("row.numbered", sheet=load.plan.sheet, row=row.row, text=f"{number} {name}")
        yield group, [live]


def _wanted(load: Load, part: PartPlan, groups: Sequence[Group]) -> list[str]:
    """The columns of known records that matter to what the groups say of them."""
    entity, layouts = part.entity, load.ctx.tables[part.entity.key].layouts
    of = {pair_key for pair in comparing.pairs(load.ctx, entity) for pair_key in pair.keys}
    given = of.union(*(g.values.keys() for g in groups), part.key, part.part.kind.same, OPENING.values())
    if part.entity.key == "customer" and any(one.path in load.paths for one in load.plan.children(part.path)):
        given |= {*REACHED, "remark"}  # see take_unnamed
    if load.plan.coming:
        links = (key for key, one in entity.fields.items() if one.target in load.plan.coming)
        given |= {key for key in links if joined(part.path, key) in load.columns}
    unique = (key for key, one in entity.fields.items() if one.unique)
    keys = [key for key in dict.fromkeys((*sorted(given), *LATEST.values(), *unique)) if key in layouts]
    return list(dict.fromkeys(column.name for key in keys for column in layouts[key].all))


def touched(load: Load, part: PartPlan, ids: Sequence[int]) -> set[int]:
    """Which records the change-set has made or changed already."""
    return touched_by(load.ctx, part.entity.key, ids, load.changeset) if load.changeset is not None else set()


def touched_by(ctx: Ctx, entity: str, ids: Collection[int], changeset: int) -> set[int]:
    """Which records of an entity a change-set that is being written has made or changed already."""
    change, tx = system.change, system.tx
    stored = ctx.tx.execute(
        sa.select(change.c.record)
        .join(tx, tx.c.id == change.c.tx)
        .where(
            change.c.entity == entity,
            among(ctx.dialect, change.c.record, ids),
            tx.c.changeset == changeset,
        )
    ).scalars()
    writing = door.current(ctx)
    here = writing.changes.get(entity, {}).keys() if writing is not None else set()
    return set(stored) | (set(ids) & set(here))
