"""Brings converted rows into the ledger, portion by portion: match, create, update, children, kept texts.

The rehearsal runs the same code without the last step. Writes through `core.records.write` and the change-set door
only; the caller has opened the change-set and checks the right to import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, cast

import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among, among_values
from kehu.base.fields.base import Problem, Stored, Unresolved, Value, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.access.permissions import writable_fields
from kehu.core.changesets import write as door
from kehu.core.changesets.observers import Ready
from kehu.core.context import Ctx
from kehu.core.records import read
from kehu.core.records.naming import by_name
from kehu.core.records.values import store_value
from kehu.core.records.write import changed_columns, insert_values
from kehu.features.importing import children
from kehu.features.importing.cells import KEPT_ASIDE
from kehu.features.importing.convert import BadCell, RowValues, finding_code
from kehu.features.importing.kinds import propose_kind
from kehu.features.importing.mapping import ColumnMap
from kehu.features.importing.tally import Key, Rehearsal, Tally
from kehu.features.importing.targets import OPENING

OnMatch = Literal["update", "skip", "create"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows of one sheet come in."""

    entity: Entity
    sheet: str
    match: tuple[str, ...]
    on_match: OnMatch
    columns: tuple[ColumnMap, ...]
    amounts: tuple[tuple[ColumnMap, str, str], ...] = ()  # columns of money, with relation and field of their target


@dataclass(slots=True)
class BadRow:
    """A row for the error workbook: where it stood, the record it became, and what was wrong."""

    sheet: str
    row: int
    record: int | None
    reason: str | None
    cells: list[tuple[int, str, dict[str, object]]] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """Rows of a portion that are one record."""

    rows: list[RowValues]
    values: dict[str, Value]
    key: Key | None
    id: int | None = None
    live: Mapping[str, Stored] | None = None

    @property
    def ready(self) -> Ready | None:
        """What is ready of the record: of several rows nothing, and nothing of values that were left out."""
        row = self.rows[0]
        whole = len(self.rows) == 1 and len(self.values) == len(row.values.get("", ()))
        return row.ready if whole else None


@dataclass(slots=True)
class Portion:
    """What came of a portion."""

    bad: list[BadRow] = field(default_factory=list)
    created: dict[int, int] = field(default_factory=dict)  # new record → first row of the file that it came from


def load_portion(
    ctx: Ctx,
    plan: Plan,
    rows: Sequence[RowValues],
    tally: Tally,
    *,
    changeset: int | None,
    rehearsal: Rehearsal | None = None,
) -> Portion:
    """Bring rows in under `changeset`; with None only count, `rehearsal` then remembers the earlier portions."""
    out = Portion()
    entity = plan.entity
    resolve(ctx, entity, rows)
    tally.read += len(rows)
    _add_up(plan, rows, tally)
    writable = writable_fields(ctx, entity.key)
    naming, parents = _demands(plan)
    keys = _keys(ctx, plan)
    groups: dict[object, _Group] = {}
    for row in rows:
        own = cast("dict[str, Value]", {k: v for k, v in row.values.get("", {}).items() if k in writable})
        if (reason := _lacking(naming, parents, own)) is not None:
            _reject(plan, row, reason, tally, out)
            continue
        key = _key(ctx, plan, keys, own, row.ready)
        group = groups.get(key) if key is not None else None
        if group is None:
            groups[key if key is not None else object()] = _Group([row], own, key)
        else:
            group.rows.append(row)
            group.values.update(own)
    _match(ctx, plan, list(groups.values()))
    _refuse_taken(ctx, plan, groups, tally, out)
    creates = [g for g in groups.values() if g.id is None]
    matched = [g for g in groups.values() if g.id is not None]
    if changeset is None:
        rehearsal = rehearsal if rehearsal is not None else Rehearsal()
        _rehearse(ctx, plan, creates, matched, tally, rehearsal)
    else:
        _create(ctx, plan, creates, tally)
        _update(ctx, plan, matched, tally, changeset)
        alive = [g for g in groups.values() if g.id is not None]
        brought = [(cast(int, g.id), row) for g in alive for row in g.rows]
        children.bring(ctx, entity, brought, tally)
        _keep_texts(ctx, entity, alive, changeset)
    for group in groups.values():
        if group.id is not None and group.live is None:
            out.created[group.id] = group.rows[0].row
        for row in group.rows:
            _tell(ctx, plan, row, group.id, tally, out)
    return out


# --- before matching -------------------------------------------------------------------------------------------------


def resolve(ctx: Ctx, entity: Entity, rows: Sequence[RowValues]) -> None:
    """Replace texts that name records or users by ids, in place; what stays unknown is left out.

    A record is named by its code or its title, a user by his name. Ambiguous names stay unknown.
    """
    for key in [one.key for one in entity.fields.values() if one.target is not None]:
        waiting: list[tuple[dict[str, Value | Unresolved], str]] = []
        for row in rows:
            own = row.values.get("", {})
            if isinstance(value := own.get(key), Unresolved):
                waiting.append((own, value.text))
                del own[key]
        if waiting:
            found = by_name(ctx, str(entity.fields[key].target), {text for _, text in waiting})
            for own, text in waiting:
                if text in found:
                    own[key] = found[text]
    if entity.key == "customer":
        default = next((o for o in entity.fields["kind"].options if not o.hidden), None)
        for row in rows:
            own = row.values.setdefault("", {})
            if own.get("kind") is None and (kind := propose_kind(row.values) or (default and default.key)):
                own["kind"] = kind


def _demands(plan: Plan) -> tuple[list[str], list[str]]:
    """Fields of which a row needs one (what names or matches it), and relations of which it needs all."""
    fields = plan.entity.fields
    naming = [key for key in plan.entity.title if key in fields and not fields[key].read_only]
    parents = [f.key for f in fields.values() if f.type == "relation" and f.required == "always" and f.derived is None]
    # Without the first match field a row has no key: a phone alone does not tell whose it is.
    return [*naming, *plan.match[:1]], parents


def _lacking(naming: Sequence[str], parents: Sequence[str], own: Mapping[str, Value]) -> str | None:
    """Why a row cannot come in at all: nothing names it, or the record it belongs to is not there."""
    if all(own.get(key) is None for key in naming):
        return "row.without_name"
    if any(own.get(key) is None for key in parents):
        return "row.without_parent"
    return None


def _keys(ctx: Ctx, plan: Plan) -> list[tuple[Field, str]]:
    """The match fields, each with the column that tells its values apart; none when rows are never matched."""
    names = plan.match if plan.on_match != "create" else ()
    return [(plan.entity.fields[name], _columns(ctx, plan.entity.fields[name])) for name in names]


def _key(
    ctx: Ctx, plan: Plan, keys: Sequence[tuple[Field, str]], own: Mapping[str, Value], ready: Ready | None
) -> Key | None:
    """The stored values of the match fields; None when the first is empty or rows are never matched.

    Further fields may be empty and then match empty ones: 王芳 without a phone is not 王芳 with one.
    """
    if not keys or own.get(keys[0][0].key) is None:
        return None
    parts: list[Stored] = []
    for one, column in keys:
        value = own.get(one.key)
        if ready is not None and column in ready.stored:
            parts.append(ready.stored[column])
            continue
        parts.append(None if value is None else store_value(ctx, plan.entity, one, 0, value)[column])
    return tuple(parts)


def _columns(ctx: Ctx, one: Field) -> str:
    placed = layout(one, ctx.types)
    return placed.secret[1].name if placed.secret else (placed.typed or placed.value)[0].name


def _match(ctx: Ctx, plan: Plan, groups: Sequence[_Group]) -> None:
    """Find the live record of each group among those the actor sees: one statement, then exact comparison."""
    keyed = [g for g in groups if g.key is not None]
    if not keyed:
        return
    table = ctx.tables[plan.entity.key]
    names = [_columns(ctx, plan.entity.fields[name]) for name in plan.match]
    base = [column.name for column in table.base]
    extra = [c.name for key in OPENING.values() if (p := table.layouts.get(key)) for c in p.value]
    taken = list(dict.fromkeys(["id", *base, *names, *extra]))
    wanted = [table.table.c[name] for name in taken]
    given = {cast(Key, g.key) for g in keyed}
    conditions = [_one_of(ctx, table.table.c[name], {key[n] for key in given}) for n, name in enumerate(names)]
    columns = [table.table.c[name] for name in names]
    by_key: dict[Key, int] = {}
    # Keys only: of a common name there may be thousands.
    for id, *parts in ctx.tx.execute(
        sa.select(table.table.c.id, *columns).where(*conditions).order_by(table.table.c.id)
    ):
        if (key := tuple(parts)) in given:
            by_key.setdefault(key, id)
    if not by_key:
        return
    visible = read.visible(ctx, plan.entity.key, list(by_key.values()))
    matched = ctx.tx.execute(sa.select(*wanted).where(among(ctx.dialect, table.table.c.id, visible)))
    lives: dict[int, dict[str, Any]] = {row[0]: dict(zip(taken, row, strict=True)) for row in matched}
    for group in keyed:
        live = lives.get(by_key.get(cast(Key, group.key), 0))
        if live is not None:
            group.id, group.live = live["id"], live


def _one_of(ctx: Ctx, column: sa.ColumnElement[Any], values: set[Stored]) -> sa.ColumnElement[bool]:
    found = among_values(ctx.dialect, column, values)
    return sa.or_(found, column.is_(None)) if None in values else found


def _refuse_taken(ctx: Ctx, plan: Plan, groups: dict[object, _Group], tally: Tally, out: Portion) -> None:
    """Reject new rows whose unique value another record holds."""
    table = ctx.tables[plan.entity.key]
    for one in plan.entity.fields.values():
        if not one.unique or one.hidden or one.read_only:
            continue
        column = table.table.c[_columns(ctx, one)]
        values = {cast(Stored, v) for g in groups.values() if (v := g.values.get(one.key)) is not None}
        if not values:
            continue
        taken = sa.select(column, table.table.c.id).where(among_values(ctx.dialect, column, values))
        holders: dict[Value, int] = {row[0]: row[1] for row in ctx.tx.execute(taken)}
        for name, group in list(groups.items()):
            value = group.values.get(one.key)
            if value is None:
                continue
            if value in holders and holders[value] != group.id:
                for row in group.rows:
                    _reject(plan, row, "value.taken", tally, out)
                del groups[name]
            elif group.id is None:
                holders[value] = -1  # the next new row with this value is refused


# --- writing ---------------------------------------------------------------------------------------------------------


def _create(ctx: Ctx, plan: Plan, groups: Sequence[_Group], tally: Tally) -> None:
    if not groups:
        return
    made = insert_values(ctx, plan.entity, [g.values for g in groups], [g.ready for g in groups])
    for group, id in zip(groups, made, strict=True):
        group.id = id
    tally.count(plan.entity.key, "created", len(groups))


def _update(ctx: Ctx, plan: Plan, groups: Sequence[_Group], tally: Tally, changeset: int) -> None:
    if not groups:
        return
    touched = _already_touched(ctx, plan.entity.key, [cast(int, g.id) for g in groups], changeset)
    rows = {cast(int, g.id): _changes(ctx, plan, g) for g in groups} if plan.on_match == "update" else {}
    changed = door.update(ctx, plan.entity.key, rows)
    for group in groups:
        if group.id in touched:
            continue  # counted under created or updated by an earlier row
        if group.id in changed:
            tally.count(plan.entity.key, "updated")
        else:
            tally.skipped += 1


def _changes(ctx: Ctx, plan: Plan, group: _Group) -> dict[str, Stored]:
    live = cast("Mapping[str, Stored]", group.live)
    values = dict(group.values)
    if "kind" in values and not any(c.target == "kind" for c in plan.columns):
        del values["kind"]  # only proposed: what stands in the ledger is better known
    for opening, kept in OPENING.items():
        given = values.get(opening)
        if isinstance(given, int) and kept in plan.entity.fields:
            total = live.get(layout(plan.entity.fields[kept], ctx.types).value[0].name) or 0
            before = live.get(_columns(ctx, plan.entity.fields[opening])) or 0
            values[opening] = given - (int(total) - int(before))
    return changed_columns(ctx, plan.entity, cast(int, group.id), values, live)


def _already_touched(ctx: Ctx, entity: str, ids: Sequence[int], changeset: int) -> set[int]:
    change, tx = system.change, system.tx
    stored = ctx.tx.execute(
        sa.select(change.c.record)
        .join(tx, tx.c.id == change.c.tx)
        .where(change.c.entity == entity, among(ctx.dialect, change.c.record, ids), tx.c.changeset == changeset)
    ).scalars()
    writing = door.current(ctx)
    here = writing.changes.get(entity, {}).keys() if writing is not None else set()
    return set(stored) | (set(ids) & set(here))


def _rehearse(
    ctx: Ctx, plan: Plan, creates: Sequence[_Group], matched: Sequence[_Group], tally: Tally, rehearsal: Rehearsal
) -> None:
    owners = rehearsal.owners
    brought: list[tuple[int, RowValues]] = []
    for group in creates:
        owner = owners.get(group.key) if group.key is not None else None
        if owner is None:
            owner = rehearsal.make()
            tally.count(plan.entity.key, "created")
            if group.key is not None:
                owners[group.key] = owner
        brought += [(owner, row) for row in group.rows]
    for group in matched:
        key, id = cast(Key, group.key), cast(int, group.id)
        brought += [(id, row) for row in group.rows]
        if key in owners:
            continue
        owners[key] = id
        live = cast("Mapping[str, Stored]", group.live)
        changes = _changes(ctx, plan, group) if plan.on_match == "update" else {}
        if any(live.get(name) != value for name, value in changes.items()):
            tally.count(plan.entity.key, "updated")
        else:
            tally.skipped += 1
    children.bring(ctx, plan.entity, brought, tally, rehearsed=rehearsal.children)


# --- telling ---------------------------------------------------------------------------------------------------------


def _add_up(plan: Plan, rows: Sequence[RowValues], tally: Tally) -> None:
    """Add up the columns of money, and what rounding to minor units has taken from them."""
    for column, reverse, name in plan.amounts:
        kept = sum(v for row in rows if isinstance(v := row.values.get(reverse, {}).get(name), int))
        more = sum((bad.rounded() for row in rows for bad in row.bad if bad.column is column), Decimal(0))
        tally.add(plan.sheet, column.source, kept, more)


def _reject(plan: Plan, row: RowValues, reason: str, tally: Tally, out: Portion) -> None:
    tally.rejected += 1
    tally.find(reason, sheet=plan.sheet, row=row.row)
    out.bad.append(BadRow(plan.sheet, row.row, None, reason, [_cell(b) for b in row.bad]))


def _cell(bad: BadCell) -> tuple[int, str, dict[str, object]]:
    return bad.column.index, bad.problem.code, dict(bad.problem.data)


def _tell(ctx: Ctx, plan: Plan, row: RowValues, record: int | None, tally: Tally, out: Portion) -> None:
    emptied = []
    for bad in row.bad:
        one = ctx.catalog.entities[bad.target.entity].fields[bad.target.field]
        tally.find(
            finding_code(one, bad.problem),
            sheet=plan.sheet,
            row=row.row,
            cell=bad.column.cell(row.row),
            column=bad.column.source,
            text=bad.text if one.sensitive != "secret" else ctx.types[one.value_type].mask(one, bad.text),
        )
        if bad.problem.severity == "refuse" or bad.problem.code in KEPT_ASIDE:
            emptied.append(bad)
    if emptied:
        out.bad.append(BadRow(plan.sheet, row.row, record, None, [_cell(b) for b in emptied]))


def _keep_texts(ctx: Ctx, entity: Entity, groups: Sequence[_Group], changeset: int) -> None:
    """Keep the original text of cells that were left empty, under the field's rights and encryption."""
    notes: dict[tuple[int, str], tuple[str, Problem]] = {}
    for group in groups:
        for row in group.rows:
            for bad in row.bad:
                if not bad.target.reverse and bad.problem.severity == "refuse":
                    notes[(cast(int, group.id), bad.target.field)] = (bad.text, bad.problem)
    if not notes:
        return
    ids = {id for id, _ in notes}
    table = system.cell_note
    fields = sorted({name for _, name in notes})
    ctx.tx.execute(
        sa.delete(table).where(
            table.c.entity == entity.key, among(ctx.dialect, table.c.record, ids), table.c.field.in_(fields)
        )
    )
    ctx.tx.execute(
        sa.insert(table),
        [
            {
                "entity": entity.key,
                "record": id,
                "field": name,
                "text": _note_text(ctx, entity, name, id, text),
                "code": problem.code,
                "changeset": changeset,
            }
            for (id, name), (text, problem) in notes.items()
        ],
    )


def _note_text(ctx: Ctx, entity: Entity, name: str, id: int, text: str) -> str:
    if entity.fields[name].sensitive != "secret":
        return text
    return ctx.keys.encrypt(text, aad=f"{entity.key}|{name}|note|{id}")
