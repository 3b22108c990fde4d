"""What happened to records: values before and after, under the rights of the reader.

The value after a change is the value before the next one on that column, or the live value. Fields without a handle
are left out, masked ones masked, related records shown by title only where visible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.common.messages import message
from kehu.base.db import system
from kehu.base.db.ids import among, among_named, ids_parameter
from kehu.base.db.query.run import Statement, compiled
from kehu.base.db.types import instant_text
from kehu.base.errors import NotFound
from kehu.base.fields.base import Stored, layout
from kehu.base.schema.model import Field
from kehu.core.changesets.model import Title
from kehu.core.context import Ctx
from kehu.core.records import read
from kehu.core.records.values import dump_value

Row = dict[str, Stored]
IDS = "kehu_ids"
COUNTS = frozenset({"count", "rows"})  # numbers of records in titles


@dataclass(frozen=True, slots=True)
class Diff:
    """One change of one record, with full rows before and after (None: did not exist)."""

    entity: str
    id: int
    op: str
    tx: int
    seq: int
    at: str
    changeset: int
    before: Mapping[str, Stored] | None
    after: Mapping[str, Stored] | None
    columns: frozenset[str]


def diffs(ctx: Ctx, entity: str, ids: Iterable[int], *, changeset: int | None = None) -> list[Diff]:
    """All changes of the given records (of one change-set, if named), newest first, without regard to rights."""
    names = tuple(column.name for column in ctx.tables[entity].base)
    asked = {IDS: ids_parameter(ctx.dialect, sorted(set(ids)))}
    state: dict[int, Row | None] = {}
    for row in _statement(ctx, ("history.rows", entity, names), lambda: _rows(ctx, entity, names)).fetch(ctx.tx, asked):
        state[row[0]] = dict(zip(names, row[1:], strict=True))
    rows = _statement(ctx, ("history.changes", entity), lambda: _changes(ctx, entity)).fetch(ctx.tx, asked)
    out: list[Diff] = []
    for id, op, text, tx_id, seq, at, of in rows:
        image: Row = orjson.loads(text) if text else {}
        after = state.get(id)
        if op == "create":
            before = None
        elif op == "delete":
            before = {**dict.fromkeys(names), **image}
        else:
            before = {**(after or {}), **image}
        if changeset is None or of == changeset:
            columns = frozenset(image) if op == "update" else frozenset(names)
            out.append(Diff(entity, id, op, tx_id, seq, at, of, before, after, columns))
        state[id] = before
    return out


def _rows(ctx: Ctx, entity: str, names: Sequence[str]) -> sa.Select[Any]:
    """The live rows of some records."""
    table = ctx.tables[entity].table
    wanted = (table.c.id, *(table.c[name] for name in names))
    return sa.select(*wanted).where(among_named(ctx.dialect, table.c.id, IDS))


def _changes(ctx: Ctx, entity: str) -> sa.Select[Any]:
    """All that happened to some records, newest first."""
    change, tx = system.change, system.tx
    wanted = (change.c.record, change.c.op, change.c.before, change.c.tx, tx.c.seq, tx.c.at, tx.c.changeset)
    chosen = sa.select(*wanted).join(tx, tx.c.id == change.c.tx)
    mine = among_named(ctx.dialect, change.c.record, IDS)
    return chosen.where(change.c.entity == entity, mine, tx.c.seq.is_not(None)).order_by(tx.c.seq.desc())


def _statement(ctx: Ctx, key: Hashable, build: Callable[[], sa.Select[Any]]) -> Statement:
    return compiled(ctx.dialect, ctx.tables, key, build, same_plan=True)


def as_of(ctx: Ctx, entity: str, id: int, at: datetime) -> dict[str, Any]:
    """The typed-in fields of a record as they were at a point in time, for who may see the record now.

    Derived values are not part of the history and are left out. Raises NotFound when it did not exist then.
    """
    require_visible(ctx, entity, id)
    when = instant_text(at)
    rows: Mapping[str, Stored] | None = None
    found = False
    for diff in diffs(ctx, entity, [id]):
        if diff.at <= when:
            rows, found = diff.after, True
            break
    if not found or rows is None:
        raise NotFound("record.not_found", entity=entity, id=id)
    shown = _shown_fields(ctx, entity)
    record = {one.key: dump_value(ctx, one, rows) for one in shown}
    label_links(ctx, [(one, record, one.key) for one in shown])
    return {"id": id, **record}


def require_visible(ctx: Ctx, entity: str, id: int) -> None:
    """Raise NotFound unless the actor sees the record, or saw it when it was deleted."""
    found = ctx.catalog.entity(entity)
    if found is None or found.system or not read.readable_fields(ctx, entity):
        raise NotFound("entity.unknown", entity=entity)
    if read.visible(ctx, entity, [id]) or visible_images(ctx, entity, deleted_images(ctx, entity, [id])):
        return
    raise NotFound("record.not_found", entity=entity, id=id)


def history(ctx: Ctx, entity: str, id: int, *, limit: int = 50, after: int | None = None) -> dict[str, Any]:
    """Changes of one record, newest first, as `{"items", "next"}`; `after` is the `next` of the page before."""
    require_visible(ctx, entity, id)
    found = [d for d in diffs(ctx, entity, [id]) if after is None or d.seq < after]
    page = found[:limit]
    sets = change_set_heads(ctx, {d.changeset for d in page})
    items = []
    shown = show(ctx, page)
    for diff, changes in zip(page, shown, strict=True):
        if diff.op == "update" and not changes:
            continue  # nothing in it that this reader may see
        items.append({**sets[diff.changeset], "op": diff.op, "seq": diff.seq, "at": diff.at, "changes": changes})
    return {"items": items, "next": page[-1].seq if len(found) > limit else None}


def show(ctx: Ctx, found: Sequence[Diff]) -> list[list[dict[str, Any]]]:
    """For each diff the list of `{"field", "before", "after"}` that the actor may see."""
    out: list[list[dict[str, Any]]] = []
    links: list[tuple[Field, dict[str, Any], str]] = []
    for diff in found:
        changes: list[dict[str, Any]] = []
        for one in _shown_fields(ctx, diff.entity):
            names = {column.name for column in layout(one, ctx.types).all}
            if not names & diff.columns:
                continue
            item = {
                "field": one.key,
                "before": dump_value(ctx, one, diff.before) if diff.before is not None else None,
                "after": dump_value(ctx, one, diff.after) if diff.after is not None else None,
            }
            if item["before"] is None and item["after"] is None:
                continue
            changes.append(item)
            links.extend([(one, item, "before"), (one, item, "after")])
        out.append(changes)
    label_links(ctx, links)
    # A link to records out of sight is as if it were not there, and so is its change.
    return [[item for item in changes if (item["before"], item["after"]) != (None, None)] for changes in out]


def now(ctx: Ctx, entity: str, ids: Iterable[int], keys: Iterable[str]) -> dict[int, dict[str, Any]]:
    """What records hold now, as histories show it: `{"label", "values": {field: value}}` by id. Secrets are masked,
    links labelled; records and fields out of the reader's sight are left out."""
    readable = read.readable_fields(ctx, entity)
    shown = [one for one in ctx.catalog.entities[entity].visible if one.key in readable and one.key in set(keys)]
    seen = read.visible(ctx, entity, ids)
    names = read.titles(ctx, entity, seen)
    columns = list(dict.fromkeys(column.name for one in shown for column in layout(one, ctx.types).all))
    found: dict[int, dict[str, Any]] = {}
    links: list[tuple[Field, dict[str, Any], str]] = []
    for id, row in read.stored(ctx, entity, seen, columns).items():
        values = {one.key: dump_value(ctx, one, row) for one in shown}
        links.extend((one, values, one.key) for one in shown)
        found[id] = {"label": names.get(id), "values": values}
    label_links(ctx, links)
    return found


def shown_keys(ctx: Ctx, entity: str) -> frozenset[str]:
    """The fields whose values and changes the reader may be told."""
    return frozenset(one.key for one in _shown_fields(ctx, entity))


def _shown_fields(ctx: Ctx, entity: str) -> list[Field]:
    readable = read.readable_fields(ctx, entity)
    fields = ctx.catalog.entities[entity].visible
    return [f for f in fields if f.key in readable and (f.derived is None or f.typed)]


def label_links(ctx: Ctx, links: Sequence[tuple[Field, dict[str, Any], str]]) -> None:
    """Turn ids of related records, given as (field, holder, key), into `{"id", "label"}`; what the actor may not see
    becomes None."""
    wanted: dict[str, set[int]] = defaultdict(set)
    places: list[tuple[str, int, dict[str, Any], str]] = []
    for one, item, key in links:
        value = item[key]
        id = value.get("id") if isinstance(value, dict) else value
        if one.target is not None and isinstance(id, int):
            wanted[one.target].add(id)
            places.append((one.target, id, item, key))
    titles = {target: read.titles(ctx, target, ids) for target, ids in wanted.items()}
    for target, id, item, key in places:
        label = titles[target].get(id)
        item[key] = None if label is None else {"id": id, "label": label}


def change_set_heads(ctx: Ctx, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Who, when, where from and title of change-sets, by id."""
    table = system.changeset
    heads = _statement(ctx, "history.heads", lambda: sa.select(table).where(among_named(ctx.dialect, table.c.id, IDS)))
    found = heads.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, sorted(set(ids)))})
    rows = [dict(zip(table.c.keys(), row, strict=True)) for row in found]
    return {
        row["id"]: {
            "changeset": row["id"],
            "at": row["created_at"],
            "actor": row["actor"],
            "origin": row["origin"],
            "title": title_text(ctx, row["title"], row["id"]),
            "reason": row["reason"],
            "state": row["state"],
            "undoes": row["undoes"],
        }
        for row in rows
    }


def title_text(ctx: Ctx, stored: str, changeset: int) -> str:
    """The title of a change-set in the reader's language. Numbers in it count what the reader sees."""
    title = Title.load(stored)
    if title.text:
        return title.text
    data = dict(title.data)
    entity = ctx.catalog.entities.get(str(data.get("entity", "")))
    if entity is not None:
        counted = data.keys() & COUNTS
        if counted and not read.sees_all_rows(ctx, entity):
            data.update(dict.fromkeys(counted, len(_seen_in(ctx, changeset, entity.key))))
        data["entity"] = entity.label.of(ctx.lang)
    return message(title.code or "title.none", ctx.lang, **data)


def _seen_in(ctx: Ctx, changeset: int, entity: str) -> set[int]:
    """Records of a change-set that the reader sees, deleted ones included."""
    change, tx = system.change, system.tx
    rows = ctx.tx.execute(
        sa.select(change.c.record)
        .join(tx, tx.c.id == change.c.tx)
        .where(tx.c.changeset == changeset, change.c.entity == entity)
        .distinct()
    )
    ids = set(rows.scalars())
    seen = read.visible(ctx, entity, ids)
    return seen | visible_images(ctx, entity, deleted_images(ctx, entity, ids - seen))


# --- deleted records -------------------------------------------------------------------------------------------------


def deleted_images(ctx: Ctx, entity: str, ids: Iterable[int]) -> dict[int, Row]:
    """The last image of records that are deleted and not back."""
    table = ctx.tables[entity].table
    live = set(ctx.tx.execute(sa.select(table.c.id).where(among(ctx.dialect, table.c.id, ids))).scalars())
    change, tx = system.change, system.tx
    rows = ctx.tx.execute(
        sa.select(change.c.record, change.c.before)
        .join(tx, tx.c.id == change.c.tx)
        .where(change.c.entity == entity, change.c.op == "delete", among(ctx.dialect, change.c.record, ids))
        .order_by(tx.c.seq)
    )
    return {id: orjson.loads(text or "{}") for id, text in rows if id not in live}


def visible_images(ctx: Ctx, entity: str, images: Mapping[int, Row]) -> set[int]:
    """Which deleted records the actor would see, judged by what they held: own ones, or those of a visible customer."""
    if read.sees_all_rows(ctx, entity):
        return set(images)
    fields = ctx.catalog.entities[entity].fields
    out: set[int] = set()
    if "owner" in fields and entity == "customer":
        column = layout(fields["owner"], ctx.types).value[0].name
        return {id for id, row in images.items() if row.get(column) == ctx.actor.id}
    for key, target in (("assignee", None), ("customer", "customer")):
        one = fields.get(key)
        if one is None or one.derived is not None:
            continue
        column = layout(one, ctx.types).value[0].name
        if target is None:
            out.update(id for id, row in images.items() if row.get(column) == ctx.actor.id)
            continue
        parents = {p for row in images.values() if isinstance(p := row.get(column), int)}
        seen = read.visible(ctx, target, parents)
        seen |= visible_images(ctx, target, deleted_images(ctx, target, parents - seen))
        out.update(id for id, row in images.items() if row.get(column) in seen)
    return out
