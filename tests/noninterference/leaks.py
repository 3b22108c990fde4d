"""Leaks put into the program on purpose, one per kind that was seen elsewhere. The harness must catch every one.

Each is a flaw as a careless change could make it, switched on for one test. If one goes unnoticed, the harness is
blind there, and its silence about the program proves nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from kehu.base.db.query import compile as pages
from kehu.base.db.query import run
from kehu.base.db.query.ast import Filter, Shape
from kehu.base.db.query.handles import Source
from kehu.base.errors import Conflict, FieldError, KehuError, NotAllowed, NotFound
from kehu.base.fields import codes
from kehu.core.access import permissions, sight
from kehu.core.access.permissions import Policy
from kehu.core.access.roles import SYSTEM as ALL
from kehu.core.access.sight import Access
from kehu.core.context import Actor, Ctx
from kehu.core.records import history, log, read, read_search, trash, undo, write
from kehu.core.search import query as search_query
from kehu.plugins.field_types import bank_account
from tests.noninterference.operations import Op

Patch = pytest.MonkeyPatch
Chosen = Callable[[Op], bool]


@dataclass(frozen=True)
class Leak:
    """One flaw: for which role it shows, how it is put in, and which requests could notice it."""

    name: str
    role: str
    put_in: Callable[[Patch], None]
    chosen: Chosen
    remade: bool = False  # shows only in worlds that were made with it

    def __str__(self) -> str:
        return self.name


def forget() -> None:
    """Drop what the program remembers of rights and statements."""
    permissions._policies.clear()
    run._versions.clear()


def _everything(policy: Policy) -> Access:
    return Access(Policy((ALL,), policy.catalog, policy.tables, policy.types))


def _system(ctx: Ctx) -> Ctx:
    """The same unit of work with all rights."""
    return Ctx(
        ctx.tx,
        ctx.dialect,
        ctx.catalog,
        ctx.tables,
        ctx.types,
        Actor("system", None, "leak"),
        ctx.clock,
        ctx.keys,
        ctx.lang,
    )


def _opened(*uses: str) -> Callable[[Patch], None]:
    """Hidden fields may be named in these uses."""

    def put_in(patch: Patch) -> None:
        make = Access._make

        def leaky(self: Access, root: str, path: str, use: Any, named: bool) -> Any:
            made = make(self, root, path, use, named)
            return make(_everything(self.policy), root, path, use, named) if made is None and use in uses else made

        patch.setattr(Access, "_make", leaky)

    return put_in


def _search(patch: Patch) -> None:
    """The search looks into fields that are hidden."""
    _opened("search")(patch)
    honest = read_search.permitted

    def leaky(policy: Policy, entity: str) -> Any:
        return honest(_everything(policy).policy, entity)

    patch.setattr(read_search, "permitted", leaky)
    patch.setattr(search_query, "permitted", leaky)


def _count(patch: Patch) -> None:
    """Totals are taken before the row scope."""
    honest = pages.count

    def leaky(reach: Any, intent: Any, most: int | None = None) -> Any:
        old = intent.shape
        bare = Filter(Source(sight._MINT, old.filter.source.entity, None), old.filter.where, old.filter.search)
        intent.shape = Shape(bare, old.select, old.sort)
        found = honest(reach, intent, most)
        intent.shape = old
        return found

    patch.setattr(pages, "count", leaky)


def _etag(patch: Patch) -> None:
    """The revision is a digest over the whole row."""
    honest = read.get

    def leaky(ctx: Ctx, entity: str, id: int, **more: Any) -> Any:
        found = honest(ctx, entity, id, **more)
        whole = honest(_system(ctx), entity, id)
        return {**found, "revision": hashlib.sha256(repr(whole).encode()).hexdigest()}

    patch.setattr(read, "get", leaky)


def _forbidden(patch: Patch) -> None:
    """Hidden records are forbidden instead of missing."""
    honest = read.get

    def leaky(ctx: Ctx, entity: str, id: int, **more: Any) -> Any:
        try:
            return honest(ctx, entity, id, **more)
        except NotFound:
            if ctx.catalog.entity(entity) and read.visible(_system(ctx), entity, [id]):
                raise NotAllowed("not_allowed", action="read", entity=entity) from None
            raise

    patch.setattr(read, "get", leaky)


def _mask(patch: Patch) -> None:
    """The mask is as long as the value."""

    def leaky(text: str, head: int, tail: int) -> str:
        return text[:head] + "•" * (len(text) - head - tail) + text[-tail:]

    patch.setattr(codes, "mask_middle", leaky)
    patch.setattr(bank_account, "mask_middle", leaky)


def _taken(patch: Patch) -> None:
    """A taken value names the record that has it."""
    honest = write.create

    def leaky(ctx: Ctx, entity: str, given: Any, **more: Any) -> Any:
        try:
            with ctx.tx.begin_nested():
                return honest(ctx, entity, given, **more)
        except Conflict as error:
            where = {"field": "code", "op": "eq", "value": given.get("code")}
            holder = read.select_ids(_system(ctx), entity, where)
            name = read.titles(_system(ctx), entity, holder)
            raise Conflict(
                error.code, conflicts=[{"field": "code", "theirs": list(name.values())}], field="code"
            ) from None

    patch.setattr(write, "create", leaky)


def _conflict(patch: Patch) -> None:
    """Conflicts are worked out before it is asked whether the record may be seen."""
    honest = write.update

    def leaky(ctx: Ctx, entity: str, id: int, given: Any, **more: Any) -> Any:
        try:
            return honest(ctx, entity, id, given, **more)
        except NotFound:
            if more.get("revision") is None or not read.visible(_system(ctx), entity, [id]):
                raise
            found = read.get(_system(ctx), entity, id)
            told = [{"field": key, "theirs": found.get(key)} for key in given]
            raise Conflict("record.conflict", conflicts=told, revision=1) from None

    patch.setattr(write, "update", leaky)


def _error_text(patch: Patch) -> None:
    """The message about a link names the record that may not be linked."""
    honest = write.unknown_relations

    def leaky(ctx: Ctx, entity: Any, rows: Any) -> Any:
        rows = list(rows)
        told = []
        for error in honest(ctx, entity, rows):
            target = entity.fields[error.field].target
            value = int(str(error.data["value"]))
            name = read.titles(_system(ctx), target, [value]).get(value, value)
            told.append(FieldError(error.field, "value.invalid", {**error.data, "value": name}))
        return told

    patch.setattr(write, "unknown_relations", leaky)


def _history(patch: Patch) -> None:
    """History shows every field of a record that may be seen."""

    def leaky(ctx: Ctx, entity: str) -> Any:
        return [f for f in ctx.catalog.entities[entity].visible if f.derived is None or f.typed]

    patch.setattr(history, "_shown_fields", leaky)


def _label(patch: Patch) -> None:
    """Links show the name of whatever they lead to."""
    honest = Access._link

    def leaky(self: Access, entity: str, field: Any, hops: int) -> Any:
        return (
            None if honest(self, entity, field, hops) is None else honest(_everything(self.policy), entity, field, hops)
        )

    patch.setattr(Access, "_link", leaky)


def _old_label(patch: Patch) -> None:
    """History names the far end of links by its title, whoever may see it."""
    honest = read.titles
    patch.setattr(read, "titles", lambda ctx, entity, ids: honest(_system(ctx), entity, ids))


def _sets(patch: Patch) -> None:
    """The list of change-sets is not cut."""
    patch.setattr(log, "sees_some", lambda *_: True)


def _set_records(patch: Patch) -> None:
    """Change-sets show all their records."""
    patch.setattr(log, "visible_records", lambda _ctx, _entity, ids: set(ids))


def _set_result(patch: Patch) -> None:
    """The result of an undo counts what its author saw."""
    honest = log.may
    patch.setattr(log, "may", lambda ctx, entity, action: action == "undo_others" or honest(ctx, entity, action))


def _set_title(patch: Patch) -> None:
    """Titles of change-sets count all records."""
    patch.setattr(history, "COUNTS", frozenset())


def _undo(patch: Patch) -> None:
    """Undo looks at every record of a change-set."""
    patch.setattr(undo, "_visible", lambda _ctx, records: records)


def _undo_children(patch: Patch) -> None:
    """What points to a record is in the way of its undo, seen or not."""
    patch.setattr(undo, "_seen", lambda ctx: lambda entity, ids: read.visible(_system(ctx), entity, ids))


def _trash(patch: Patch) -> None:
    """回收站 shows what everybody deleted."""
    patch.setattr(history, "visible_images", lambda _ctx, _entity, images: set(images))
    assert trash.history is history


def _secret_guess(patch: Patch) -> None:
    """Writing a secret that is there already changes nothing, so a guess tells whether it is right."""
    honest = write.policy

    class Open:
        def __init__(self, of: Policy) -> None:
            self._of = of
            self.secrets = True

        def __getattr__(self, name: str) -> Any:
            return getattr(self._of, name)

    patch.setattr(write, "policy", lambda ctx: Open(honest(ctx)))


def _as_of(patch: Patch) -> None:
    """The past of a record is shown to whoever knows its id."""
    patch.setattr(history, "require_visible", lambda *_: None)


def _error_class(patch: Patch) -> None:
    """A bug answer for hidden records only."""
    honest = write.delete

    def leaky(ctx: Ctx, entity: str, ids: Any, **more: Any) -> Any:
        try:
            return honest(ctx, entity, ids, **more)
        except KehuError:
            if ctx.catalog.entity(entity) and read.visible(_system(ctx), entity, ids):
                raise NotAllowed("not_allowed", action="delete", entity=entity) from None
            raise

    patch.setattr(write, "delete", leaky)


def _asks(*operations: str, holds: str = "") -> Chosen:
    return lambda op: op.operation in operations and holds in str(op)


def _names(*members: str) -> Chosen:
    """Lists that name a single field in these members."""
    return lambda op: op.operation == "query_records" and {k for k, v in op.body.items() if v} == set(members)


def _unseen(*operations: str) -> Chosen:
    """Requests by a number, for records that are hidden or not there."""
    return lambda op: op.operation in operations and re.search(r"/\d+", op.path) is not None


def _new_export(op: Op) -> bool:
    """Exports of one hidden field, and the file that came of it."""
    return "{exports:last}" in op.path or (op.operation == "start_export" and len(op.body.get("select", ())) == 1)


LEAKS = (
    Leak("filter", "service", _opened("filter"), _asks("query_records", holds="opening_amount', 'op': 'gt'")),
    Leak("starts with", "service", _opened("filter"), _asks("query_records", holds="invoice_title', 'op': 'contains'")),
    Leak("sort", "service", _opened("sort"), _names("sort")),
    Leak("select", "service", _opened("select"), _names("select")),
    Leak("total count", "sales", _count, _asks("query_records", holds="'count': 'exact', 'limit': 2")),
    Leak("digest as revision", "service", _etag, _asks("get_record")),
    Leak("403 or 404", "sales", _forbidden, _unseen("get_record")),
    Leak("length of the mask", "sales", _mask, _asks("get_record", holds="customer"), remade=True),
    Leak("min and max", "service", _opened("measure"), _asks("aggregate_records", holds="amount")),
    Leak("group by", "service", _opened("group"), _asks("aggregate_records", holds="amount")),
    Leak("search", "service", _search, _asks("query_records", "search_everything", holds="宏远")),
    Leak("export", "service", _opened("export"), _new_export),
    Leak("taken value", "sales", _taken, _asks("create_record", holds="HT-TAKEN")),
    Leak("conflict with a hidden row", "sales", _conflict, _unseen("update_record")),
    Leak("history", "service", _history, _asks("record_history")),
    Leak("history of hidden rows", "sales", _as_of, _unseen("record_history", "get_record")),
    Leak("error text", "sales", _error_text, _asks("update_record", "create_record")),
    Leak("error class", "sales", _error_class, _unseen("delete_record")),
    Leak("list of change-sets", "sales", _sets, _asks("list_changesets", "get_changeset")),
    Leak("records of a change-set", "sales", _set_records, _asks("list_changesets", "get_changeset")),
    Leak("result of a change-set", "sales", _set_result, _asks("list_changesets", "get_changeset")),
    Leak("title of a change-set", "sales", _set_title, _asks("list_changesets", "record_history")),
    Leak("undo preview", "sales", _undo, _asks("list_changesets", "undo_changeset")),
    Leak("children in the way", "sales", _undo_children, _asks("list_changesets", "undo_changeset")),
    Leak("label of a link", "sales", _label, _asks("get_record", holds="customer")),
    Leak("label in the history", "sales", _old_label, _asks("record_history", holds="customer")),
    Leak("trash", "sales", _trash, _asks("list_trash")),
    Leak("guess of a secret", "sales", _secret_guess, _asks("update_record", holds="id_number")),
)
