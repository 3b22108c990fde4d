"""The only module that changes record rows.

It works on stored values that `core.records.write` has parsed, authorised and completed. It keeps the value before,
calls the observers, and at the end gives the transaction its place in the history: number, digest and chain.
It does not commit; `runtime` does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among, among_named, ids_parameter
from kehu.base.db.query.run import compiled
from kehu.base.db.rows import update_rows
from kehu.base.db.tables import EntityTable, index_name
from kehu.base.errors import Conflict, FieldError
from kehu.base.fields.base import Stored
from kehu.core.changesets.model import Change, Origin, Row, State, Title, Writing
from kehu.core.changesets.observers import Observer, Ready
from kehu.core.context import Ctx

WRITING = "changesets.writing"
OBSERVERS = "changesets.observers"
LOCKED = "changesets.locked"
IDS = "kehu_ids"
_LAST_TX = (  # PostgreSQL's index puts empty numbers first: it serves this order and not "nulls last"
    sa.select(system.tx.c.seq, system.tx.c.hash)
    .where(system.tx.c.seq.is_not(None))
    .order_by(system.tx.c.seq.desc())
    .limit(1)
)


def begin(
    ctx: Ctx,
    title: Title,
    *,
    origin: Origin,
    reason: str | None = None,
    undoes: int | None = None,
    changeset: int | None = None,
    state: State = "applied",
) -> Writing:
    """Open a change-set with its first transaction, or a further transaction of `changeset`.

    A unit of work has one open transaction; a second `begin` in it returns that one, so that use cases can be
    combined under the title of the outermost.
    """
    found = current(ctx)
    if found is not None:
        return found
    now = ctx.now()
    if changeset is None:
        changeset = ctx.dialect.allocate(ctx.tx, "changeset")[0]
        row = {
            "id": changeset,
            "actor": ctx.actor.label,
            "actor_id": ctx.actor.id,
            "origin": origin,
            "title": title.stored(),
            "reason": reason,
            "undoes": undoes,
            "state": state,
            "catalog_version": ctx.catalog.version,
            "created_at": now,
        }
        _add(ctx, system.changeset, row)
    tx = ctx.dialect.allocate(ctx.tx, "tx")[0]
    writing = Writing(changeset, tx, now, origin)
    ctx.memo[WRITING] = writing
    return writing


def current(ctx: Ctx) -> Writing | None:
    """The open transaction of this unit of work, if it has written anything."""
    return cast("Writing | None", ctx.memo.get(WRITING))


def _open(ctx: Ctx) -> Writing:
    writing = current(ctx)
    if writing is None:
        raise RuntimeError("write outside a change-set: call changesets.write.begin first")
    return writing


def set_state(ctx: Ctx, changeset: int, state: State, result: Mapping[str, object] | None = None) -> None:
    """Move the state of a change-set; `result` keeps its numbers for later readers."""
    values: dict[str, object] = {"state": state}
    if result is not None:
        values["result"] = orjson.dumps(result).decode()
    ctx.tx.execute(sa.update(system.changeset).where(system.changeset.c.id == changeset).values(values))


# --- the three steps -------------------------------------------------------------------------------------------------


def insert(
    ctx: Ctx,
    entity: str,
    rows: Sequence[Row],
    ids: Sequence[int],
    *,
    derived: Sequence[Row] | None = None,
    ready: Sequence[Ready | None] = (),
) -> None:
    """Insert records with the given ids. `rows` hold base columns; absent ones are empty.

    `created_at` and `created_by` may stand in a row too: that of a record which comes back keeps its birth.
    derived: for each record the derived columns that follow from its own values, known before the insert.
    ready: for each record what has been worked out of some of its columns.
    """
    if not rows:
        return
    writing = _open(ctx)
    table = ctx.tables[entity]
    birth = {"created_at": writing.at, "created_by": ctx.actor.id}
    columns = sorted({name for row in rows for name in row} - birth.keys())
    names = ["id", "rev", "updated_at", "updated_by", *birth, *columns]
    made = [
        (id, writing.tx, writing.at, ctx.actor.id, *(row.get(n, v) for n, v in birth.items()), *map(row.get, columns))
        for id, row in zip(ids, rows, strict=True)
    ]
    if derived is not None:
        further = sorted({name for row in derived for name in row})
        names += further
        made = [(*one, *map(row.get, further)) for one, row in zip(made, derived, strict=True)]
    with _unique(ctx, table):
        ctx.dialect.insert_rows(ctx.tx, table.name, names, made)
    touch = writing.touched.entity(entity)
    touch.ids.update(ids)
    touch.created.update(ids)
    locked(ctx, entity).update(ids)
    if derived is not None:
        touch.complete.update(ids)
    touch.ready.update((id, one) for id, one in zip(ids, ready, strict=False) if one is not None)
    touch.add_columns(None)
    changes = writing.changes.setdefault(entity, {})
    for id, row in zip(ids, rows, strict=True):
        after: dict[str, Stored] = {n: value for n, value in row.items() if value is not None and n not in birth}
        found = changes.get(id)
        if found is None:
            changes[id] = Change("create", after=after)
        else:  # deleted and inserted again in one transaction: an update of whatever differs
            changes[id] = Change("update", found.before, after)
        touch.inserted[id] = after  # the same dictionary: later updates of the record show in it


def update(ctx: Ctx, entity: str, rows: Mapping[int, Row]) -> set[int]:
    """Set base columns of live records; return the ids that really changed. Unknown ids are ignored."""
    if not rows:
        return set()
    writing = _open(ctx)
    table = ctx.tables[entity]
    columns = sorted({name for row in rows.values() for name in row})
    live = lock_rows(ctx, entity, rows.keys(), columns)
    parents = relation_columns(ctx, entity)
    touch = writing.touched.entity(entity)
    changes = writing.changes.setdefault(entity, {})
    groups: dict[tuple[str, ...], list[int]] = {}
    for id, row in rows.items():
        old = live.get(id)
        if old is None:
            continue
        moved = tuple(sorted(name for name, value in row.items() if old[name] != value))
        if not moved:
            continue
        groups.setdefault(moved, []).append(id)
        change = changes.setdefault(id, Change("update"))
        if change.op != "create":
            for name in moved:
                change.before.setdefault(name, old[name])
        if change.after is not None:
            for name in moved:
                change.after[name] = row[name]
        if id not in touch.created:
            kept = touch.before.setdefault(id, {})
            for name in moved:
                kept.setdefault(name, old[name])
        touch.ids.add(id)
        touch.complete.discard(id)
        touch.ready.pop(id, None)
        touch.add_columns(moved)
        for name in parents.intersection(moved):
            if isinstance(before := old[name], int):
                touch.parents.setdefault(name, set()).add(before)
    changed: set[int] = set()
    stamp: Row = {"rev": writing.tx, "updated_at": writing.at, "updated_by": ctx.actor.id}
    for moved, ids in groups.items():
        values = ((id, (*(rows[id][name] for name in moved), *stamp.values())) for id in ids)
        with _unique(ctx, table):
            update_rows(ctx.dialect, ctx.tx, table.name, (*moved, *stamp), values)
        changed.update(ids)
    return changed


def delete(ctx: Ctx, entity: str, ids: Iterable[int]) -> set[int]:
    """Remove live records; their image goes into the change-set. Returns the ids that were there."""
    writing = _open(ctx)
    table = ctx.tables[entity]
    names = ["created_at", "created_by", *(column.name for column in table.base)]
    derived = [column.name for column in table.derived]
    live = lock_rows(ctx, entity, ids, [*names, *derived])
    if not live:
        return set()
    ctx.tx.execute(sa.delete(table.table).where(among(ctx.dialect, table.table.c.id, live)))
    touch = writing.touched.entity(entity)
    touch.ids.update(live)
    touch.deleted.update(live)
    for id in live.keys() - touch.created:
        touch.before[id] = {**live[id], **touch.before.get(id, {})}
    for id in live:
        touch.inserted.pop(id, None)
        touch.ready.pop(id, None)
    touch.created.difference_update(live)
    touch.complete.difference_update(live)
    touch.add_columns(None)
    changes = writing.changes.setdefault(entity, {})
    parents = relation_columns(ctx, entity)
    for id, old in live.items():
        change = changes.get(id)
        if change is not None and change.op == "create":
            del changes[id]  # came and went in one transaction
        else:
            image: dict[str, Stored] = {n: old[n] for n in names if old[n] is not None}
            if change is not None:
                image.update(change.before)
            changes[id] = Change("delete", image)
        for name in parents:
            if isinstance(before := old[name], int):
                touch.parents.setdefault(name, set()).add(before)
    return set(live)


def lock_rows(ctx: Ctx, entity: str, ids: Iterable[int], columns: Sequence[str]) -> dict[int, dict[str, Stored]]:
    """Read columns of live records and keep others from changing them until the end of the transaction."""
    names = ("id", *(name for name in columns if name != "id"))
    found = {row[0]: dict(zip(names, row, strict=True)) for row in _rows(ctx, entity, ids, names, lock=True)}
    locked(ctx, entity).update(found)
    return found


def _rows(
    ctx: Ctx, entity: str, ids: Iterable[int], names: tuple[str, ...], *, lock: bool
) -> Sequence[tuple[Any, ...]]:
    """Columns of live records, by a statement that is kept."""

    def build() -> sa.Select[Any]:
        table = ctx.tables[entity].table
        chosen = sa.select(*(table.c[name] for name in names)).where(among_named(ctx.dialect, table.c.id, IDS))
        return chosen.order_by(table.c.id).with_for_update() if lock else chosen

    statement = compiled(ctx.dialect, ctx.tables, ("changesets.rows", entity, names, lock), build, same_plan=True)
    return statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, sorted(ids))})


def locked(ctx: Ctx, entity: str) -> set[int]:
    """Ids of records that nobody else can change before this transaction ends; whoever locks more adds them."""
    held: dict[str, set[int]] = ctx.memo.setdefault(LOCKED, {})  # type: ignore[assignment]
    return held.setdefault(entity, set())


def relation_columns(ctx: Ctx, entity: str) -> frozenset[str]:
    """Physical columns of an entity that hold ids of other records (stored ones, derived or not)."""
    memo = ("changesets.relations", ctx.catalog.version, entity)
    if memo not in ctx.memo:
        found = {
            placed.value[0].name
            for key, placed in ctx.tables[entity].layouts.items()
            if placed.value and ctx.types[ctx.tables[entity].entity.fields[key].value_type].output == "relation"
        }
        base = {column.name for column in ctx.tables[entity].base}
        ctx.memo[memo] = frozenset(found & base)
    return cast("frozenset[str]", ctx.memo[memo])


# --- flush and seal --------------------------------------------------------------------------------------------------


def flush(ctx: Ctx) -> None:
    """Bring derived values, list mirrors and search tokens up to what has been written so far."""
    writing = current(ctx)
    if writing is None or not writing.touched.entities:
        return
    touched = writing.touched
    writing.touched = type(touched)()
    for observer in cast("Sequence[Observer]", ctx.memo.get(OBSERVERS, ())):
        observer(ctx, touched)


def finish(ctx: Ctx) -> int | None:
    """Flush, store the changes and give the transaction its number in the history; return that number.

    Called once, as the last thing before COMMIT. Without changes the transaction leaves no trace but its change-set.
    """
    writing = current(ctx)
    if writing is None:
        return None
    flush(ctx)
    lines = _store_changes(ctx, writing)
    ctx.memo.pop(WRITING)
    if not lines:
        return None
    return _seal(ctx, writing, lines)


def _store_changes(ctx: Ctx, writing: Writing) -> list[str]:
    rows: list[tuple[Stored, ...]] = []
    lines: list[str] = []
    for entity, changes in sorted(writing.changes.items()):
        unknown = [id for id, change in changes.items() if change.op != "delete" and change.after is None]
        digests = record_digests(ctx, entity, unknown)
        digests.update(
            (id, values_digest(ctx, entity, id, change.after))
            for id, change in changes.items()
            if change.after is not None
        )
        for id, change in sorted(changes.items()):
            digest = digests.get(id)
            before = orjson.dumps(change.before).decode() if change.before else None
            rows.append((writing.tx, entity, id, change.op, before, digest))
            lines.append(f"{entity}|{id}|{change.op}|{digest or ''}")
    ctx.dialect.insert_rows(ctx.tx, "kehu_change", ("tx", "entity", "record", "op", "before", "digest"), rows)
    return lines


def record_digests(ctx: Ctx, entity: str, ids: Sequence[int]) -> dict[int, str]:
    """Keyed digests of the live values of records, base columns only."""
    if not ids:
        return {}
    table = ctx.tables[entity]
    names = tuple(column.name for column in table.base)
    found = _rows(ctx, entity, ids, ("id", *names), lock=False)
    return {row[0]: values_digest(ctx, entity, row[0], dict(zip(names, row[1:], strict=True))) for row in found}


def values_digest(ctx: Ctx, entity: str, id: int, values: Row) -> str:
    """Digest of one record's filled base columns."""
    filled = {name: value for name, value in values.items() if value is not None}
    return ctx.keys.digest(orjson.dumps([entity, id, filled], option=orjson.OPT_SORT_KEYS))


def _seal(ctx: Ctx, writing: Writing, lines: Sequence[str]) -> int:
    entities = {entity: len(changes) for entity, changes in writing.changes.items() if changes}
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    ctx.dialect.commit_point(ctx.tx)
    last = compiled(ctx.dialect, ctx.tables, "changesets.last", lambda: _LAST_TX, same_plan=True).fetch(ctx.tx, {})
    seq, prev = (last[0][0] + 1, last[0][1]) if last else (1, "")
    row = {
        "id": writing.tx,
        "changeset": writing.changeset,
        "seq": seq,
        "at": writing.at,
        "entities": orjson.dumps(entities).decode(),
        "digest": digest,
        "prev": prev,
        "hash": link(ctx, prev, seq, writing.at, writing.changeset, writing.tx, digest),
    }
    _add(ctx, system.tx, row)
    return int(seq)


def _add(ctx: Ctx, table: sa.TableClause, row: Mapping[str, object]) -> None:
    statement = compiled(
        ctx.dialect, ctx.tables, ("changesets.add", table.name), lambda: sa.insert(table).values(dict.fromkeys(row))
    )
    statement.execute(ctx.tx, row)


def link(ctx: Ctx, prev: str, seq: int, at: str, changeset: int, tx: int, digest: str) -> str:
    """The chain's hash of one transaction. Keyed, so that nobody without the key file can forge a chain."""
    return ctx.keys.digest(f"{prev}|{seq}|{at}|{changeset}|{tx}|{digest}".encode())


@contextmanager
def _unique(ctx: Ctx, table: EntityTable) -> Iterator[None]:
    """Turn a broken unique index into a conflict that names the field, never the other record."""
    try:
        yield
    except ctx.dialect.integrity_errors as error:
        name = ctx.dialect.unique_violation(error)
        if name is None:
            raise
        field = unique_field(table, name)
        wrong = FieldError(field, "value.taken", {"field": field})
        raise Conflict("value.taken", field=field, errors=(wrong,)) from error


def unique_field(table: EntityTable, name: str) -> str:
    """Key of the field whose unique index `name` is (an index name, or `table.column` as SQLite says it)."""
    for key, placed in table.layouts.items():
        for column in placed.all:
            if name in (f"{table.name}.{column.name}", index_name(table.name, (column.name,), unique=True)):
                return key
    return "id"
