"""The read door: the only module that selects record rows. Everything goes through the caller's sights.

Answers leave as bytes that the database made; only revealed secrets and exports pass through Python. Never writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.common import regions
from kehu.base.common.workdays import Extra
from kehu.base.db import system
from kehu.base.db.formula_sql import formula_expression
from kehu.base.db.ids import among_named, ids_parameter
from kehu.base.db.query import compile as pages
from kehu.base.db.query import cursor as cursors
from kehu.base.db.query.aggregate import figures, parse_aggregate
from kehu.base.db.query.ast import Filter, Intent, Shape
from kehu.base.db.query.compile import Reach
from kehu.base.db.query.frames import Frame
from kehu.base.db.query.handles import Handle, Step, Use
from kehu.base.db.query.operators import OperandEnv
from kehu.base.db.query.parse import parse_query, read_search_text
from kehu.base.db.query.problems import wrong
from kehu.base.db.query.run import SECONDS, compiled, limited
from kehu.base.errors import NotFound
from kehu.base.fields.base import Stored
from kehu.base.schema.model import Entity
from kehu.core.access.masking import reveal
from kehu.core.access.permissions import policy
from kehu.core.access.permissions import readable_fields as _readable_fields
from kehu.core.access.sight import Access, access
from kehu.core.context import Ctx
from kehu.core.records import counts, planning, read_search

NO_INDEX_NEEDED = 10_000
MOST_IDS = 5_000
IDS = "kehu_ids"
MOST_HITS = 100

readable_fields = _readable_fields


def query(ctx: Ctx, entity: str, body: object) -> bytes:
    """Answer a query (`contract.md` section 2): JSON with columns, rows, next and count.

    Raises NotFound `entity.unknown`, BadInput naming the place, TooSlow `query.slow`.
    """
    intent = parse(ctx, entity, body)
    reach = _reach(ctx)
    intent.drive = planning.drive(ctx, intent)
    place = _place(ctx, intent)
    with limited(ctx.tx, ctx.dialect, lambda: pages.missing_index(intent.shape), reach.seconds):
        shown = read_search.sifted(ctx, reach, access(ctx), entity, intent, place)
        found = pages.page(reach, shown, place)
        count = _counted(ctx, reach, intent, found, first=place is None and not intent.at)
    rows = _opened(ctx, intent.shape.select, found.rows)
    following = _cursor(ctx, intent, found.next)
    return _answered(intent, rows, following, count)


def query_unused(ctx: Ctx, entity: str, body: object) -> bytes:
    """Answer a query of an entity that has no records (`counts.unused_entities`). Raises as `query`."""
    intent = parse(ctx, entity, body)
    return _answered(intent, [], None, None if intent.count == "none" else {"value": 0, "exact": True})


def _answered(intent: Intent, rows: Sequence[str], following: str | None, count: dict[str, Any] | None) -> bytes:
    head = orjson.dumps({"columns": intent.columns})[:-1]
    tail = orjson.dumps({"next": following, "count": count})[1:]
    return b"".join((head, b',"rows":[', ",".join(rows).encode(), b"],", tail))


def _counted(ctx: Ctx, reach: Reach, intent: Intent, found: pages.Page, *, first: bool) -> dict[str, Any] | None:
    if intent.count == "none":
        return None
    if first and found.next is None:
        return {"value": len(found.rows), "exact": True}  # the first page is all there is
    if intent.count == "exact":
        return {"value": counts.exact_count(ctx, reach, intent), "exact": True}
    number, exact = counts.capped_count(ctx, reach, intent)
    return {"value": number, "exact": exact}


def aggregate(ctx: Ctx, entity: str, body: object) -> bytes:
    """Answer an aggregate: JSON with columns, rows, and total (the figures over all records, groups null).

    Raises as `query`.
    """
    asked = parse_aggregate(body, access(ctx), entity, operand_env(ctx), ctx.actor.id)
    if asked.search is not None:
        found = Intent(Shape(asked.shape.filter, ()), asked.values, search=asked.search)
        read_search.narrow(ctx, _reach(ctx), access(ctx), entity, found)
        asked.shape = replace(asked.shape, filter=pages.looked_up(found.shape.filter))
    rows, total = figures(_reach(ctx), asked, ctx.catalog.timezone)
    head = orjson.dumps({"columns": asked.columns})[:-1]
    return b"".join((head, b',"rows":[', ",".join(rows).encode(), b'],"total":', total.encode(), b"}"))


def get(ctx: Ctx, entity: str, id: int, *, fields: Sequence[str] | None = None) -> dict[str, Any]:
    """One record as JSON values: id, revision and the visible fields (or `fields`; secret ones are then plain for
    who may see them). Raises NotFound `record.not_found`."""
    body: dict[str, object] = {"where": {"field": "id", "op": "eq", "value": id}, "limit": 1}
    if fields is not None:
        body["select"] = list(fields)
    if not 0 < id < 2**63:
        raise NotFound("record.not_found", entity=entity, id=id)
    intent = parse(ctx, entity, body)
    found = pages.page(_reach(ctx, seconds=None), intent, None)
    if not found.rows:
        raise NotFound("record.not_found", entity=entity, id=id)
    row = orjson.loads(_opened(ctx, intent.shape.select, found.rows)[0])
    return dict(zip(intent.columns, row, strict=True))


def rows(ctx: Ctx, entity: str, body: object, *, batch: int = 500, use: Use = "export") -> Iterator[list[Any]]:
    """All rows of a query in its order, as JSON values (id, revision, then the selected fields). Has no time limit.

    `limit`, `after`, `at` and `count` of the body do not matter. For exports; consume it inside the transaction.
    """
    intent = parse(ctx, entity, body, use=use)
    for found in pages.walk(_reach(ctx, seconds=None), intent, batch):
        for row in _opened(ctx, intent.shape.select, found):
            yield orjson.loads(row)


def columns(ctx: Ctx, entity: str, body: object, *, use: Use = "export") -> tuple[Handle, ...]:
    """The handles that a query selects, in order: labels and types for exports."""
    return parse(ctx, entity, body, use=use).shape.select


def select_ids(ctx: Ctx, entity: str, where: object = None, search: str | None = None) -> list[int]:
    """Ids of all records that the caller sees and a filter names, ascending. For bulk work; has no time limit."""
    intent = parse(ctx, entity, {"where": where, "search": search, "select": []})
    return pages.ids(_reach(ctx, seconds=None), intent.shape.filter, _values(intent))


def visible(ctx: Ctx, entity: str, ids: Iterable[int]) -> set[int]:
    """Which of these records are there and visible to the caller."""
    wanted = _wanted(ids)
    seen: set[int] = set()
    source = access(ctx).source(entity)
    if source is None:
        return seen

    def build() -> sa.Select[Any]:
        frame = _reach(ctx).builder("ids").frame(source)
        conditions = frame.matches(Filter(source))
        select = sa.select(frame.root.c.id).select_from(frame.from_())
        return select.where(among_named(ctx.dialect, frame.root.c.id, IDS), *conditions)

    statement = compiled(ctx.dialect, ctx.tables, ("visible", policy(ctx).key, source), build, same_plan=True)
    for part in wanted:
        found = statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, part), "v0": ctx.actor.id or 0})
        seen.update(row[0] for row in found)
    return seen


def titles(ctx: Ctx, entity: str, ids: Iterable[int]) -> dict[int, str]:
    """What names these records, as far as the caller may see; records out of sight are left out."""
    found: dict[int, str] = {}
    sights = access(ctx)
    source = sights.source(entity)
    if source is None:
        return found
    reach, title = _reach(ctx), sights.title(entity)

    def build() -> sa.Select[Any]:
        frame = reach.builder().frame(source)
        select = sa.select(frame.root.c.id, frame.title(title)).select_from(frame.from_())
        return select.where(among_named(ctx.dialect, frame.root.c.id, IDS), *frame.matches(Filter(source)))

    statement = compiled(ctx.dialect, ctx.tables, ("titles", reach.sight, source, title), build, same_plan=True)
    for part in _wanted(ids):
        rows = statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, part), "v0": ctx.actor.id or 0})
        found.update((int(id), str(text)) for id, text in rows)
    return found


def search_all(ctx: Ctx, text: str, limit: int = 20) -> bytes:
    """Search everything that the caller sees: `{"hits": [{"entity", "id", "title", "subtitle", "matched"}],
    "people": [{"id", "name", "met"}]}`; `met` are the places of the characters that were found.

    Raises BadInput for a text that is too long or a limit outside 1 to 100, TooSlow.
    """
    typed = read_search_text(text, "q")
    if not 1 <= limit <= MOST_HITS:
        raise wrong("query.range", at="limit", least=1, most=MOST_HITS)
    if typed is None:
        return orjson.dumps({"hits": [], "people": []})
    reach, sights = _reach(ctx), access(ctx)
    people = read_search.people(ctx, reach, sights, typed, limit)
    return orjson.dumps({"hits": read_search.search_all(ctx, reach, sights, typed, limit), "people": people})


def stored(ctx: Ctx, entity: str, ids: Iterable[int], columns: Sequence[str]) -> dict[int, dict[str, Stored]]:
    """Stored columns of records, by id, whoever asks. For rules of the program (a default that follows from the
    customer), never for an answer."""

    def build() -> sa.Select[Any]:
        table = ctx.tables[entity].table
        chosen = sa.select(table.c.id, *(table.c[name] for name in columns))
        return chosen.where(among_named(ctx.dialect, table.c.id, IDS))

    statement = compiled(ctx.dialect, ctx.tables, ("read.stored", entity, tuple(columns)), build)
    found: dict[int, dict[str, Stored]] = {}
    for part in _wanted(ids):
        rows = statement.fetch(ctx.tx, {IDS: ids_parameter(ctx.dialect, part)})
        found.update((row[0], dict(zip(columns, row[1:], strict=True))) for row in rows)
    return found


def sees_all_rows(ctx: Ctx, entity: str | Entity) -> bool:
    """Whether the caller sees every row of an entity."""
    key = entity if isinstance(entity, str) else entity.key
    return policy(ctx).sees(key) and policy(ctx).scope(key) is None


# --- for neighbours in core ------------------------------------------------------------------------------------------


def parse(ctx: Ctx, entity: str, body: object, *, use: Use = "select", sights: Access | None = None) -> Intent:
    """Read a query body with the caller's sights into an intent, its search box resolved."""
    intent = parse_query(body, sights or access(ctx), entity, operand_env(ctx), ctx.actor.id, use=use)
    kept = tuple(handle for handle in intent.shape.select if handle.path not in ("id", "revision"))
    shape = Shape(intent.shape.filter, kept, intent.shape.sort)
    intent.shape, intent.columns = shape, ("id", "revision", *(handle.path for handle in kept))
    if intent.search is not None:
        read_search.narrow(ctx, _reach(ctx), sights or access(ctx), entity, intent)
    return intent


def operand_env(ctx: Ctx) -> OperandEnv:
    """What operands of filters may depend on."""

    def blind(handle: Handle, plain: str) -> str:
        return ctx.keys.blind(plain, place=f"{handle.entity}|{handle.columns[0]}")

    return OperandEnv(ctx.parse_env(), blind, lambda: own_workdays(ctx), _region)


def own_workdays(ctx: Ctx) -> Extra:
    """The ledger's own table of working days."""
    table = system.workday
    found = ctx.tx.execute(sa.select(table.c.day, table.c.works))
    return {date.fromisoformat(str(day)): bool(works) for day, works in found}


def _region(text: str) -> Sequence[tuple[str, str]] | None:
    code = regions.resolve(text)
    return None if code is None else regions.under(code)


def _reach(ctx: Ctx, seconds: float | None = SECONDS) -> Reach:
    env = ctx.parse_env()
    today = env.today.isoformat()

    def computed(frame: Frame, handle: Handle, steps: tuple[Step, ...]) -> sa.ColumnElement[Any]:
        entity = ctx.catalog.entities[handle.entity]
        return formula_expression(entity, handle.field, frame.at(steps), today, ctx.types, env.timezone)

    return Reach(ctx.tx, ctx.dialect, ctx.tables, policy(ctx).key, seconds, computed, today)


def _values(intent: Intent) -> dict[str, Any]:
    return {f"v{n}": value for n, value in enumerate(intent.values)}


def _wanted(ids: Iterable[int]) -> Iterator[list[int]]:
    unique = sorted({id for id in ids if 0 < id < 2**63})
    for start in range(0, len(unique), MOST_IDS):
        yield unique[start : start + MOST_IDS]


def _opened(ctx: Ctx, select: Sequence[Handle], lines: list[str]) -> list[str]:
    """Rows with their secret cells opened where the handles allow it."""
    sealed = [(n + 2, handle) for n, handle in enumerate(select) if handle.mode == "sealed"]
    if not sealed:
        return lines
    opened: list[str] = []
    for line in lines:
        row = orjson.loads(line)
        for n, handle in sealed:
            row[n] = reveal(ctx, handle, row[n])
        opened.append(orjson.dumps(row).decode())
    return opened


# --- cursors ---------------------------------------------------------------------------------------------------------


def _who(ctx: Ctx) -> str:
    return f"{ctx.actor.kind}:{ctx.actor.id}:{policy(ctx).key}"


def _place(ctx: Ctx, intent: Intent) -> cursors.Place | None:
    if intent.at is not None and intent.at > NO_INDEX_NEEDED and not planning.walkable(ctx, intent.shape):
        raise wrong("at.too_far", at="at", limit=NO_INDEX_NEEDED, index=pages.missing_index(intent.shape))
    if intent.after is None:
        return None
    belongs = cursors.mark(intent.shape, _who(ctx))
    return cursors.decode(intent.after, version=ctx.catalog.version, belongs=belongs, key=ctx.keys.subkey("cursor"))


def _cursor(ctx: Ctx, intent: Intent, place: cursors.Place | None) -> str | None:
    if place is None:
        return None
    belongs = cursors.mark(intent.shape, _who(ctx))
    return cursors.encode(place, version=ctx.catalog.version, belongs=belongs, key=ctx.keys.subkey("cursor"))
