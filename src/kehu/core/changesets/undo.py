"""Undo: the change-set that takes another one back, or one record or field of it.

Walks backwards: what was created goes, what was changed returns to the value before unless somebody changed it
since, what was deleted comes back with its id. Conflicts are listed, the rest is undone. It works in portions of
records, so that an import of 100,000 rows is undone without holding the write lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among, among_named, ids_parameter
from kehu.base.db.query.run import compiled
from kehu.base.fields.base import Stored, layout
from kehu.core.changesets import write as door
from kehu.core.context import Ctx

# May this column of this record be written back by the actor? (entity, id, column name or None for the whole row)
Allowed = Callable[[str, int, str | None], bool]
# Where a portion of a change-set ended: transaction, entity, record.
Place = tuple[int, str, int]
TRANSACTIONS = 100  # so many are looked up at once
IDS = "kehu_ids"
LAST_ENTITY = "~"  # behind every key: nothing of a transaction is left
# Which of these records of an entity does the actor see?
Seen = Callable[[str, Iterable[int]], set[int]]


@dataclass(frozen=True, slots=True)
class UndoConflict:
    """Something that was not undone, and why: `changed_since`, `deleted_since`, `has_children`, `value_taken`,
    `not_allowed`, `exists`. `changeset` is the later one that stands in the way."""

    entity: str
    id: int
    field: str | None
    reason: str
    changeset: int | None = None


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Which fields that somebody changed since go back all the same: every one, or named ones as (entity, record,
    field), each with the later change-set that was seen in the way (None: whichever). Behind a still later change,
    which nobody has seen, a named field stays."""

    every: bool = False
    named: Mapping[tuple[str, int, str], int | None] = field(default_factory=dict[tuple[str, int, str], int | None])

    def overrules(self, entity: str, id: int, key: str, by: int | None) -> bool:
        """Whether the change of `by`, the last one to this field, gives way."""
        place = entity, id, key
        return self.every or (place in self.named and self.named[place] in (None, by))


NOTHING = TakeBack()


@dataclass(slots=True)
class Undone:
    """What an undo did, in records."""

    deleted: int = 0
    restored: int = 0
    reverted: int = 0
    conflicts: list[UndoConflict] = field(default_factory=list)

    def add(self, other: Undone) -> None:
        """Add the numbers of a further portion."""
        self.deleted += other.deleted
        self.restored += other.restored
        self.reverted += other.reverted
        self.conflicts.extend(other.conflicts)


@dataclass(slots=True)
class _Net:
    """What a change-set did to one record, all in all."""

    first_op: str
    last_op: str
    last_seq: int
    before: dict[str, Stored]


def portion(ctx: Ctx, changeset: int, after: Place | None, limit: int, *, newest_first: bool = False) -> list[Place]:
    """The next records of a change-set, transaction by transaction, each record once: where it was touched first
    (last, when the newest come first). Costs what the portion holds, however large the change-set is."""
    change, tx = system.change, system.tx
    other, its = change.alias("other"), tx.alias("its")
    found: list[Place] = []
    turn = sa.desc if newest_first else sa.asc
    while True:
        rest = tx.c.changeset == changeset
        if after is not None:
            rest &= tx.c.id <= after[0] if newest_first else tx.c.id >= after[0]
        ids = ctx.tx.execute(sa.select(tx.c.id).where(rest).order_by(turn(tx.c.id)).limit(TRANSACTIONS)).scalars().all()
        for id in ids:
            sooner = other.c.tx > id if newest_first else other.c.tx < id
            same = (other.c.entity == change.c.entity) & (other.c.record == change.c.record)
            # The offset keeps PostgreSQL from turning it round: to read all that the change-set did, for each record.
            touches = sa.select(other.c.tx).where(same, sooner).correlate(change).offset(0).subquery("touches")
            again = sa.select(sa.literal(1)).select_from(touches.join(its, its.c.id == touches.c.tx))
            again = again.where(its.c.changeset == changeset)
            rows = sa.select(change.c.entity, change.c.record).where(change.c.tx == id, ~sa.exists(again))
            if after is not None and after[0] == id:
                rows = rows.where(sa.tuple_(change.c.entity, change.c.record) > sa.tuple_(*after[1:]))
            rows = rows.order_by(change.c.entity, change.c.record).limit(limit - len(found))
            found.extend((id, entity, record) for entity, record in ctx.tx.execute(rows))
            if len(found) == limit:
                return found
            after = (id, LAST_ENTITY, 0)
        if len(ids) < TRANSACTIONS:
            return found


def undo_records(
    ctx: Ctx,
    changeset: int,
    records: Sequence[tuple[str, int]],
    *,
    allowed: Allowed,
    only_field: str | None = None,
    apply: bool = True,
    seen: Seen | None = None,
    take_back: TakeBack = NOTHING,
) -> Undone:
    """Take back what `changeset` did to `records`. With `apply` false nothing is written and the numbers are what
    would happen. The caller has opened the undoing change-set and settles derived values afterwards.

    take_back: what goes back although somebody changed it since.
    seen: what the actor may know of; links from other records are loosened instead of being in the way (None: all).
    """
    out = Undone()
    by_entity: dict[str, list[int]] = {}
    for entity, id in records:
        by_entity.setdefault(entity, []).append(id)
    for entity, ids in by_entity.items():
        if entity in ctx.tables.of:
            _undo_entity(ctx, changeset, entity, ids, allowed, only_field, apply, seen, take_back, out)
    return out


def _undo_entity(
    ctx: Ctx,
    changeset: int,
    entity: str,
    ids: Sequence[int],
    allowed: Allowed,
    only_field: str | None,
    apply: bool,
    seen: Seen | None,
    take_back: TakeBack,
    out: Undone,
) -> None:
    table = ctx.tables[entity]
    names = [column.name for column in table.base]
    nets = _net_effects(ctx, changeset, entity, ids)
    later = _later_changes(ctx, changeset, entity, nets)
    changed = {name for net in nets.values() for name in net.before}
    asked = [name for name in names if name in changed]  # of what was created only whether it is there
    live = door.lock_rows(ctx, entity, nets, asked) if apply else _read_rows(ctx, entity, nets, asked)
    wanted = _columns_of(ctx, entity, only_field)
    remove: list[int] = []
    revert: dict[int, dict[str, Stored]] = {}
    bring_back: dict[int, dict[str, Stored]] = {}
    for id, net in sorted(nets.items()):
        now = live.get(id)
        if net.first_op == "create":
            if now is not None and only_field is None:
                remove.append(id)
        elif now is None:
            if net.last_op == "delete" and not later.get(id):
                bring_back[id] = net.before
            else:
                out.conflicts.append(UndoConflict(entity, id, None, "deleted_since", _latest(later.get(id))))
        elif net.last_op == "delete":
            out.conflicts.append(UndoConflict(entity, id, None, "exists", _latest(later.get(id))))
        else:
            fields = table_fields(ctx, entity)
            row = _back(entity, id, net, now, later.get(id, []), wanted, allowed, take_back, fields, out)
            if row:
                revert[id] = row
    in_the_way, loose = _children_in_the_way(ctx, changeset, entity, remove, seen)
    out.conflicts.extend(UndoConflict(entity, id, None, "has_children") for id in in_the_way)
    kept = set(in_the_way)
    gone = [id for id in remove if id not in kept and _may(out, allowed, entity, id)]
    back = {id: row for id, row in bring_back.items() if _may(out, allowed, entity, id)}
    # What goes, or gets its old value back, in this very undo holds nothing that a returning record needs.
    freed: dict[int, Mapping[str, Stored]] = {id: {} for id in gone}
    _free_unique(ctx, entity, revert, freed, out)
    _free_unique(ctx, entity, back, {**freed, **revert}, out)
    out.deleted += len(gone)
    out.restored += len(back)
    out.reverted += len(revert)
    if apply:
        for other, child, column, parent in loose:
            if parent in gone:
                door.update(ctx, other, {child: {column: None}})
        door.delete(ctx, entity, gone)
        door.update(ctx, entity, revert)
        door.insert(ctx, entity, [_known(row, names) for row in back.values()], list(back))


def _known(row: Mapping[str, Stored], names: Iterable[str]) -> dict[str, Stored]:
    """The columns of an image that the table still has (others were purged)."""
    allowed = {*names, "created_at", "created_by"}
    return {name: value for name, value in row.items() if name in allowed}


def _net_effects(ctx: Ctx, changeset: int, entity: str, ids: Sequence[int]) -> dict[int, _Net]:
    change, tx = system.change, system.tx
    rows = ctx.tx.execute(
        sa.select(change.c.record, change.c.op, change.c.before, tx.c.seq)
        .join(tx, tx.c.id == change.c.tx)
        .where(tx.c.changeset == changeset, change.c.entity == entity, among(ctx.dialect, change.c.record, ids))
        .order_by(tx.c.seq)
    )
    nets: dict[int, _Net] = {}
    for id, op, before, seq in rows:
        image: dict[str, Stored] = orjson.loads(before) if before else {}
        net = nets.get(id)
        if net is None:
            nets[id] = _Net(op, op, seq, image)
        else:
            net.last_op, net.last_seq = op, seq
            for name, value in image.items():  # the earliest value before wins
                net.before.setdefault(name, value)
    return nets


def _later_changes(
    ctx: Ctx, changeset: int, entity: str, nets: Mapping[int, _Net]
) -> dict[int, list[tuple[int, dict[str, Stored]]]]:
    """Changes of other change-sets after this one's last, by record, oldest first, as (change-set, before)."""
    if not nets:
        return {}
    change, tx = system.change, system.tx
    rows = ctx.tx.execute(
        sa.select(change.c.record, tx.c.seq, tx.c.changeset, change.c.before)
        .join(tx, tx.c.id == change.c.tx)
        .where(
            change.c.entity == entity,
            among(ctx.dialect, change.c.record, nets),
            tx.c.seq > min(net.last_seq for net in nets.values()),
            tx.c.changeset != changeset,
        )
        .order_by(tx.c.seq)
    )
    found: dict[int, list[tuple[int, dict[str, Stored]]]] = {}
    for id, seq, other, before in rows:
        if seq > nets[id].last_seq:
            found.setdefault(id, []).append((other, orjson.loads(before) if before else {}))
    return found


def _latest(later: Sequence[tuple[int, object]] | None) -> int | None:
    return later[-1][0] if later else None


def _back(
    entity: str,
    id: int,
    net: _Net,
    now: Mapping[str, Stored],
    later: Sequence[tuple[int, Mapping[str, Stored]]],
    wanted: frozenset[str] | None,
    allowed: Allowed,
    take_back: TakeBack,
    fields: Mapping[str, str],
    out: Undone,
) -> dict[str, Stored]:
    """Columns to set back, column by column; conflicts are told once per field."""
    row: dict[str, Stored] = {}
    told: set[str] = set()
    for name, before in net.before.items():
        if name not in now or (wanted is not None and name not in wanted):
            continue
        if now[name] == before:
            continue  # it stands again already, whoever saw to that
        touching = [(other, image) for other, image in later if name in image]
        # Our value after is the value before the next change; if the column holds it again, nobody is overruled.
        ours = touching[0][1][name] if touching else now[name]
        overruled = now[name] == ours or take_back.overrules(entity, id, fields[name], _latest(touching))
        reason = "changed_since" if not overruled else "" if allowed(entity, id, name) else "not_allowed"
        if not reason:
            row[name] = before
        elif fields[name] not in told:
            told.add(fields[name])
            out.conflicts.append(UndoConflict(entity, id, fields[name], reason, _latest(touching)))
    return {name: value for name, value in row.items() if fields[name] not in told}


def table_fields(ctx: Ctx, entity: str) -> dict[str, str]:
    """Physical column → field key."""
    return {column.name: key for key, placed in ctx.tables[entity].layouts.items() for column in placed.all}


def _columns_of(ctx: Ctx, entity: str, only_field: str | None) -> frozenset[str] | None:
    if only_field is None:
        return None
    placed = ctx.tables[entity].layouts.get(only_field)
    return frozenset(column.name for column in placed.all) if placed else frozenset()


def _may(out: Undone, allowed: Allowed, entity: str, id: int) -> bool:
    if allowed(entity, id, None):
        return True
    out.conflicts.append(UndoConflict(entity, id, None, "not_allowed"))
    return False


def _children_in_the_way(
    ctx: Ctx, changeset: int, entity: str, ids: Sequence[int], seen: Seen | None
) -> tuple[list[int], list[tuple[str, int, str, int]]]:
    """Created records that hold live children which the change-set did not create itself; and links, as (entity,
    record, column, parent), from records out of the actor's sight, which may be emptied: a conflict would tell of them.
    """
    held: dict[int, None] = {}
    loose: list[tuple[str, int, str, int]] = []
    if not ids:
        return [], loose
    links = [
        (other.key, one, layout(one, ctx.types).value[0].name)
        for other in ctx.catalog.entities.values()
        for one in other.fields.values()
        if one.target == entity and one.derived is None and not other.system
    ]
    if not links:
        return [], loose

    def build() -> sa.Executable:
        return sa.union_all(*(_children(ctx, n, key, column) for n, (key, _, column) in enumerate(links)))

    statement = compiled(ctx.dialect, ctx.tables, ("undo.children", entity), build)
    given = {IDS: ids_parameter(ctx.dialect, ids), "changeset": changeset}
    by_link: dict[int, list[tuple[int, int]]] = {}
    for n, id, of in statement.fetch(ctx.tx, given):
        by_link.setdefault(int(n), []).append((int(id), int(of)))
    for n, found in sorted(by_link.items()):
        key, one, column = links[n]
        known = {id for id, _ in found}
        if seen is not None and one.settings.get("on_delete", "empty") == "empty":
            known = seen(key, known)
        held.update((of, None) for id, of in found if id in known)
        loose.extend((key, id, column, of) for id, of in found if id not in known)
    return list(held), loose


def _children(ctx: Ctx, link: int, entity: str, column: str) -> sa.Select[Any]:
    """(`link`, record, parent) of the records of an entity that point by `column` at one of the named ids and that the
    change-set has neither created nor turned there: those go or turn back along with it."""
    change, tx, child = system.change, system.tx, ctx.tables[entity].table
    made = change.join(tx, tx.c.id == change.c.tx)
    own = sa.select(sa.literal(1)).select_from(made).where(
        change.c.entity == entity,
        change.c.record == child.c.id,
        (change.c.op == "create") | change.c.before.contains(f'"{column}":', autoescape=True),
        tx.c.changeset == sa.bindparam("changeset", type_=sa.BigInteger()),
    )  # fmt: skip
    below = among_named(ctx.dialect, child.c[column], IDS)
    return sa.select(sa.literal_column(str(link)), child.c.id, child.c[column]).where(below, ~sa.exists(own))


def _free_unique(
    ctx: Ctx,
    entity: str,
    rows: Mapping[int, dict[str, Stored]],
    freed: Mapping[int, Mapping[str, Stored]],
    out: Undone,
) -> None:
    """Leave out unique values that another record has taken meanwhile; tell them.

    freed: records that are written before these, with the values that they get; without one they are gone.
    """
    table = ctx.tables[entity]
    for one in table.entity.fields.values():
        if not one.unique or not rows:
            continue
        name = layout(one, ctx.types).all[0].name
        values = {value: id for id, row in rows.items() if (value := row.get(name)) is not None}
        if not values:
            continue
        column = table.table.c[name]
        taken = ctx.tx.execute(sa.select(column, table.table.c.id).where(column.in_(list(values))))
        for value, holder in taken:
            id = values[value]
            let_go = holder in freed and (not freed[holder] or freed[holder].get(name, value) != value)
            if holder != id and not let_go:
                rows[id].pop(name)
                out.conflicts.append(UndoConflict(entity, id, one.key, "value_taken"))


def _read_rows(ctx: Ctx, entity: str, ids: Iterable[int], columns: Sequence[str]) -> dict[int, dict[str, Stored]]:
    table = ctx.tables[entity].table
    statement = sa.select(table.c.id, *(table.c[name] for name in columns)).where(among(ctx.dialect, table.c.id, ids))
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in ctx.tx.execute(statement)}
