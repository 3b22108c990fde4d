"""Writes the token indexes: each record's tokens follow its fields, its contacts and its owner, in its transaction.

What a token is stands in `tokens`, which class a field has in `classes`, who owns a record in `core.access.scope`.
Secret fields have no tokens. Deleting a record removes its tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from kehu.base.db.ids import among, among_named, ids_parameter
from kehu.base.db.query.run import compiled
from kehu.base.fields.base import FieldType, Stored
from kehu.base.schema.model import Field
from kehu.core.access.scope import scope_for
from kehu.core.changesets.observers import EntityTouch, Ready, Touched
from kehu.core.changesets.verify import Check
from kehu.core.context import Ctx
from kehu.core.search.classes import CARRIED, CUSTOMER, Carried, carried, owner_token, searchable
from kehu.core.search.tokens import LONG, search_tokens

PORTION = 2_000
IDS = "kehu_ids"
Tokens = list[tuple[int, Sequence[str]]]
NOTHING = EntityTouch()
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Text:
    """One searchable field: its class and how to turn its column into texts."""

    kind: str
    field: Field
    type: FieldType
    column: str

    def tokens(self, stored: Stored) -> set[str]:
        value = self.type.load(self.field, (stored,))
        return search_tokens((self.kind, text) for text in self.type.tokens(self.field, value))


@dataclass(frozen=True)
class _Plan:
    """How to make the tokens of one entity."""

    entity: str
    texts: tuple[_Text, ...]
    owners: tuple[tuple[str, tuple[str, str] | None], ...]  # column, and (entity, column) behind it
    carried: Carried | None
    contact: tuple[_Text, ...]
    has_long: bool
    in_hand: bool  # tokens follow from base columns of the record alone (and from its contacts)

    @cached_property
    def by_column(self) -> Mapping[str, _Text]:
        """The texts of the entity itself by their column."""
        return {text.column: text for text in self.texts}

    @property
    def columns(self) -> frozenset[str]:
        """Columns of the entity itself that tokens are made from."""
        return frozenset({text.column for text in self.texts} | {column for column, _ in self.owners})


def refresh(ctx: Ctx, touched: Touched) -> None:
    """Bring the tokens of everything up to date that follows from what was touched."""
    wanted: dict[str, set[int]] = {}
    for key in {*touched.entities, *touched.derived}:
        plan = _plan(ctx, key)
        touch = touched.entities.get(key)
        ids = set(touched.derived.get(key, ())) if plan.columns & _derived_columns(ctx, key) else set()
        if touch is not None and (touch.columns is None or touch.columns & plan.columns):
            ids |= touch.ids
        wanted.setdefault(key, set()).update(ids)
        if touch is None:
            continue
        _follow_contacts(ctx, touched, key, wanted)
        _follow_owner(ctx, touched, key, wanted)
    for key, ids in sorted(wanted.items()):
        if ids:
            _put(ctx, _plan(ctx, key), sorted(ids), touched.entities.get(key, NOTHING))


def _follow_contacts(ctx: Ctx, touched: Touched, entity: str, wanted: dict[str, set[int]]) -> None:
    """A touched contact moves the tokens of its customer, and of the one that it left."""
    plan = _plan(ctx, CUSTOMER) if CUSTOMER in ctx.catalog.entities else None
    if plan is None or plan.carried is None or plan.carried.child != entity:
        return
    touch = touched.entities[entity]
    link = _column(ctx, entity, plan.carried.link)
    if touch.columns is not None and not touch.columns & {link, *(text.column for text in plan.contact)}:
        return

    def build() -> sa.Select[Any]:
        table = ctx.tables[entity].table
        return sa.select(table.c[link]).where(among_named(ctx.dialect, table.c.id, IDS), table.c[link].is_not(None))

    parents = compiled(ctx.dialect, ctx.tables, ("search.parents", entity), build, same_plan=True)
    found = parents.fetch(ctx.tx, _given(ctx, touch.ids))
    wanted.setdefault(CUSTOMER, set()).update((row[0] for row in found), touch.parents.get(link, ()))


def _follow_owner(ctx: Ctx, touched: Touched, entity: str, wanted: dict[str, set[int]]) -> None:
    """When records change hands, those whose scope goes through them follow."""
    touch = touched.entities[entity]
    ids = touch.ids - touch.created - touch.deleted
    for key in ctx.catalog.entities if ids else ():
        for column, through in _plan(ctx, key).owners:
            if through is None or through[0] != entity:
                continue
            if touch.columns is None or through[1] in touch.columns:
                table = ctx.tables[key].table
                children = sa.select(table.c.id).where(among(ctx.dialect, table.c[column], ids))
                wanted.setdefault(key, set()).update(ctx.tx.execute(children).scalars())


def _put(ctx: Ctx, plan: _Plan, ids: Sequence[int], touch: EntityTouch = NOTHING) -> None:
    tables = ctx.tables[plan.entity]
    if not plan.texts and plan.carried is None:
        return
    fresh = touch.created - touch.deleted
    for start in range(0, len(ids), PORTION):
        short, long = _tokens(ctx, plan, ids[start : start + PORTION], touch.inserted, touch.ready)
        ctx.dialect.put_tokens(ctx.tx, tables.search, short, fresh=fresh)
        if plan.has_long:
            ctx.dialect.put_tokens(ctx.tx, tables.search_long, long, fresh=fresh)


def _tokens(
    ctx: Ctx,
    plan: _Plan,
    ids: Sequence[int],
    inserted: Mapping[int, Mapping[str, Stored]] = MappingProxyType({}),
    ready: Mapping[int, Ready] = MappingProxyType({}),
) -> tuple[Tokens, Tokens]:
    """The tokens of records, of their short texts and of their long ones; none for those that are gone.

    inserted: base columns of some of the records, which then need not be read. ready: tokens that are there already.
    """
    texts, owners = plan.texts, [column for column, _ in plan.owners]
    rows: dict[int, Sequence[Stored]] = {}
    known: dict[int, Ready] = {}
    shorter: dict[int, set[str]] = {id: set() for id in ids}
    longer: dict[int, set[str]] = {id: set() for id in ids}
    if plan.in_hand:
        known = {id: ready[id] for id in ids if id in ready and id in inserted}
        for id, one in known.items():
            for name in (inserted[id].keys() & plan.by_column.keys()) - one.stored.keys():
                text = plan.by_column[name]
                _add(text, [((longer if text.kind[0] == LONG else shorter)[id], inserted[id][name])])
        names = [*(text.column for text in texts), *owners]
        rows = {id: [*map(inserted[id].get, names)] for id in ids if id in inserted and id not in known}
    if len(rows) + len(known) < len(ids):
        unknown = [id for id in ids if id not in rows and id not in known]
        key = ("search.reading", plan.entity)
        reading = compiled(ctx.dialect, ctx.tables, key, lambda: _reading(ctx, plan), same_plan=True)
        rows.update((id, row) for id, *row in reading.fetch(ctx.tx, _given(ctx, unknown)))
    for place, text in enumerate(texts):
        words = longer if text.kind[0] == LONG else shorter
        _add(text, [(words[id], stored) for id, row in rows.items() if (stored := row[place]) is not None])
    contacts = _contact_rows(ctx, plan, [*rows, *known])
    for place, text in enumerate(plan.contact, 1):
        _add(text, [(shorter[row[0]], row[place]) for row in contacts if row[place] is not None])
    split = len(texts)
    owned = {id: row[split:] for id, row in rows.items()}
    owned |= {id: [inserted[id].get(name) for name in owners] for id in known}
    short: Tokens = []
    long: Tokens = []
    for id in ids:
        belongs = {owner_token(owner) for owner in owned.get(id, ()) if isinstance(owner, int)}
        one_ready = known.get(id)
        for out, made, given in (
            (short, shorter[id], one_ready.short if one_ready is not None else ""),
            (long, longer[id], one_ready.long if one_ready is not None else ""),
        ):
            # A record without words is never searched for: its owner alone would find nothing.
            out.append((id, [*([given] if given else ()), *made, *belongs] if made or given else ()))
    return short, long


def _add(text: _Text, column: Iterable[tuple[set[str], Stored]]) -> None:
    """Add the tokens of a column's texts to those of their records; a text that comes again is cut up once."""
    known: dict[Stored, set[str]] = {}
    for words, stored in column:
        found = known.get(stored)
        if found is None:
            found = known[stored] = text.tokens(stored)
        words |= found


def _given(ctx: Ctx, ids: Iterable[int]) -> dict[str, object]:
    return {IDS: ids_parameter(ctx.dialect, ids)}


def _reading(ctx: Ctx, plan: _Plan) -> sa.Select[Any]:
    """Select what tokens are made from of the records among `IDS`."""
    table = ctx.tables[plan.entity].table
    source: sa.FromClause = table
    owners: list[sa.ColumnElement[Any]] = []
    for column, through in plan.owners:
        if through is None:
            owners.append(table.c[column])
            continue
        # Only two columns of a wide table: an alias of all of them costs more than the query.
        name = ctx.tables[through[0]].name
        other = sa.table(name, sa.column("id", sa.BigInteger()), sa.column(through[1], sa.BigInteger())).alias()
        source = source.outerjoin(other, other.c.id == table.c[column])
        owners.append(other.c[through[1]])
    columns = [table.c[text.column] for text in plan.texts]
    return sa.select(table.c.id, *columns, *owners).select_from(source).where(among_named(ctx.dialect, table.c.id, IDS))


def _contact_rows(ctx: Ctx, plan: _Plan, ids: Sequence[int]) -> Sequence[Sequence[Any]]:
    """The searched columns of the records' contacts, each behind the id of the record that carries them."""
    if plan.carried is None or not plan.contact:
        return ()
    child = plan.carried

    def build() -> sa.Select[Any]:
        table = ctx.tables[child.child].table
        link = table.c[_column(ctx, child.child, child.link)]
        columns = [table.c[text.column] for text in plan.contact]
        return sa.select(link, *columns).where(among_named(ctx.dialect, link, IDS))

    contacts = compiled(ctx.dialect, ctx.tables, ("search.contacts", plan.entity), build, same_plan=True)
    return contacts.fetch(ctx.tx, _given(ctx, ids))


# --- everything ------------------------------------------------------------------------------------------------------


def rebuild(ctx: Ctx, entities: Iterable[str] | None = None, told: Told | None = None) -> int:
    """Make all tokens of some entities (or of all) again; return how many records were read.

    told: hears now and then how many records are done, of how many.
    """
    keys = sorted(ctx.catalog.entities if entities is None else entities)
    total = sum(_size(ctx, key) for key in keys) if told is not None else 0
    done = 0
    for key in keys:
        for ids in _portions(ctx, key):
            _put(ctx, _plan(ctx, key), ids)
            done += len(ids)
            if told is not None:
                told(done, total)
    return done


def with_classes(ctx: Ctx, letters: str) -> list[str]:
    """The entities whose records have tokens of texts of these behaviours (the letters of `tokens`)."""
    found = []
    for key in sorted(ctx.catalog.entities):
        plan = _plan(ctx, key)
        if any(text.kind[0] in letters for text in (*plan.texts, *plan.contact)):
            found.append(key)
    return found


def rebuild_after(ctx: Ctx, entity: str, after: int, *, most: int, empty: bool) -> int | None:
    """Make the tokens of the next `most` records or so; return the last one's id, None when all are done.

    empty: the indexes hold nothing of them yet, so that nothing need be taken out.
    """
    done, plan = 0, _plan(ctx, entity)
    for ids in _portions(ctx, entity, after):
        _put(ctx, plan, ids, EntityTouch(created=set(ids)) if empty else NOTHING)
        done += len(ids)
        if done >= most:
            return ids[-1]
    return None


def _size(ctx: Ctx, entity: str) -> int:
    if ctx.catalog.entities[entity].system:
        return 0
    number: int = ctx.tx.execute(sa.select(sa.func.count()).select_from(ctx.tables[entity].table)).scalar_one()
    return number


def verify(ctx: Ctx) -> Check:
    """Compare every index with what it should hold."""
    check = Check("search_index")
    for key in sorted(ctx.catalog.entities):
        plan = _plan(ctx, key)
        if ctx.catalog.entities[key].system or (not plan.texts and plan.carried is None):
            continue
        tables = ctx.tables[key]
        short: dict[int, int] = {}
        long: dict[int, int] = {}
        for ids in _portions(ctx, key):
            check.items += len(ids)
            for wanted, rows in zip((short, long), _tokens(ctx, plan, ids), strict=True):
                wanted.update((id, _sum(tokens)) for id, tokens in rows if tokens)
        for name, wanted in ((tables.search, short), (tables.search_long, long)):
            found: dict[int, int] = {}
            for id, token in ctx.dialect.token_rows(ctx.tx, name):
                found[id] = found.get(id, 0) + hash(token)
            for id in sorted(found.keys() | wanted.keys()):
                if found.get(id) != wanted.get(id):
                    check.fault(f"{key} {id}: {name}")
    return check


def _sum(tokens: Iterable[str]) -> int:
    """A number by which two sets of tokens differ; the index is read back in no order."""
    return sum(map(hash, tokens))


def _portions(ctx: Ctx, entity: str, after: int = 0) -> Iterator[list[int]]:
    if ctx.catalog.entities[entity].system:
        return
    table = ctx.tables[entity].table
    while True:
        chosen = sa.select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(PORTION)
        ids = list(ctx.tx.execute(chosen).scalars())
        if not ids:
            return
        yield ids
        after = ids[-1]


# --- plans -----------------------------------------------------------------------------------------------------------


def _plan(ctx: Ctx, entity: str) -> _Plan:
    """The plan of an entity, kept per catalog version."""
    return ctx.tables.keep(("search.plan", entity), lambda: _make_plan(ctx, entity))


def _make_plan(ctx: Ctx, entity: str) -> _Plan:
    one = ctx.catalog.entities[entity]
    texts = tuple(_text(ctx, entity, kind, field) for kind, field in searchable(one))
    scope = None if one.system or one.hidden else scope_for(ctx.catalog, ctx.types, one, "own")
    owners = [(rule.column, rule.through[0] if rule.through else None) for rule in (scope.rules if scope else ())]
    with_children = carried(ctx.catalog, entity)
    contact = (
        tuple(_text(ctx, with_children.child, CARRIED[f.search], f) for f in with_children.fields)
        if with_children is not None
        else ()
    )
    base = {column.name for column in ctx.tables[entity].base}
    in_hand = base.issuperset(t.column for t in texts) and all(
        through is None and column in base for column, through in owners
    )
    has_long = any(t.kind[0] == LONG for t in texts)
    return _Plan(entity, texts, tuple(owners), with_children, contact, has_long, in_hand)


def _text(ctx: Ctx, entity: str, kind: str, field: Field) -> _Text:
    return _Text(kind, field, ctx.types[field.value_type], _column(ctx, entity, field))


def _column(ctx: Ctx, entity: str, field: Field) -> str:
    return ctx.tables[entity].layouts[field.key].value[0].name


def _derived_columns(ctx: Ctx, entity: str) -> set[str]:
    return {column.name for column in ctx.tables[entity].derived}
