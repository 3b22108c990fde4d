"""The part of the read door that search uses: checks candidates on the records themselves, ranks and shows them.

Reads permitted fields of visible records only. A hit is one because of what its reader may see, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db.ids import among
from kehu.base.db.query.ast import Filter, Intent, Search, Shape
from kehu.base.db.query.compile import Reach
from kehu.base.db.query.handles import Handle, Source
from kehu.base.db.query.run import limited
from kehu.core.access.permissions import policy
from kehu.core.access.sight import Access
from kehu.core.context import Ctx
from kehu.core.search.classes import Indexed, permitted, sure_classes
from kehu.core.search.match import MatchKind, match_kind, matches, touches
from kehu.core.search.query import Asked, ask, candidates
from kehu.core.search.tokens import Query

CHECKED = 2_000  # so many candidates of a list are checked one by one
CAP = 500  # candidates per entity of the search over everything
PORTION = 500
SHOWN = 60  # characters of a matched text


@dataclass(slots=True)
class Found:
    """A record as search sees it: texts by where they stand, its name, when it was changed last."""

    id: int
    title: str = ""
    subtitle: str = ""
    changed: str = ""
    texts: list[tuple[Indexed, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that matches, and how well."""

    entity: str
    found: Found
    kind: MatchKind
    long: bool
    query: Query


def narrow(ctx: Ctx, reach: Reach, sights: Access, entity: str, intent: Intent) -> None:
    """Put the search text of a list into the intent's filter.

    Up to 2,000 candidates are checked on their records; beyond that the tokens are trusted, over classes that hold
    nothing the caller may not see.
    """
    assert intent.search is not None
    asked = ask(ctx, entity, intent.search)
    with limited(ctx.tx, ctx.dialect, lambda: entity, reach.seconds):
        ids = set(candidates(ctx, asked, cap=CHECKED + 1)) | set(candidates(ctx, asked, cap=CHECKED + 1, long=True))
        if len(ids) <= CHECKED:
            confirmed = sorted(one.id for one in _confirmed(ctx, reach, sights, asked, ids))
            search = Search("ids", (_slot(intent, orjson.dumps(confirmed).decode()),))
        else:
            sure = ask(ctx, entity, intent.search, sure_classes(policy(ctx), entity))
            texts = [text for text in (sure.short, sure.long) if text is not None]
            if sure.short is None:
                search = Search("ids", (_slot(intent, "[]"),))
            else:
                search = Search("tokens", tuple(_slot(intent, text) for text in texts))
    old = intent.shape
    intent.shape = Shape(Filter(old.filter.source, old.filter.where, search), old.select, old.sort)


def search_all(ctx: Ctx, reach: Reach, sights: Access, text: str, limit: int) -> list[dict[str, Any]]:
    """Search every entity that the caller sees: exact names, beginnings, words, then the rest, newest first; long texts
    come as a second group."""
    hits: list[Hit] = []
    with limited(ctx.tx, ctx.dialect, lambda: "search", reach.seconds):
        for entity in sorted(ctx.catalog.entities.values(), key=lambda one: one.position):
            if entity.system or not permitted(policy(ctx), entity.key):
                continue
            hits += _hits(ctx, reach, sights, ask(ctx, entity.key, text))
        hits.sort(key=lambda hit: hit.found.id, reverse=True)
        hits.sort(key=lambda hit: hit.found.changed, reverse=True)
        hits.sort(key=lambda hit: (hit.long, hit.kind))
        shown = hits[:limit]
        _subtitles(ctx, reach, sights, shown)
    return [_dump(hit) for hit in shown]


# --- one entity ------------------------------------------------------------------------------------------------------


def _hits(ctx: Ctx, reach: Reach, sights: Access, asked: Asked) -> list[Hit]:
    short = candidates(ctx, asked, cap=CAP)
    if len(short) == CAP:
        # The cap is arbitrary: names that begin with the text must not be missed because of it.
        short += _named(ctx, reach, sights, asked)
    found = _confirmed(ctx, reach, sights, asked, set(short), long=False)
    hits = [Hit(asked.entity, one, match_kind(asked.query, one.title), False, asked.query) for one in found]
    seen = {one.id for one in found}
    long = set(candidates(ctx, asked, cap=CAP, long=True)) - seen
    for one in _confirmed(ctx, reach, sights, asked, long):
        hits.append(Hit(asked.entity, one, MatchKind.OTHER, True, asked.query))
    return hits


def _named(ctx: Ctx, reach: Reach, sights: Access, asked: Asked) -> list[int]:
    """Ids of records whose title begins with the text as typed."""
    title = sights.title(asked.entity)
    source = sights.source(asked.entity)
    if source is None or not title or title[0].output != "text" or title[0].steps:
        return []
    frame = reach.builder().frame(source)
    value = frame.value(title[0])
    typed = asked.query.text.strip()
    begins = sa.and_(value >= typed, value < typed + chr(0x10FFFF))
    select = sa.select(frame.root.c.id).select_from(frame.from_()).where(begins, *frame.matches(Filter(source)))
    rows = ctx.tx.execute(select.order_by(value).limit(PORTION), {"v0": ctx.actor.id or 0})
    return [int(id) for id in rows.scalars()]


def _confirmed(
    ctx: Ctx, reach: Reach, sights: Access, asked: Asked, ids: Iterable[int], *, long: bool = True
) -> list[Found]:
    """Candidates that the caller sees and that match by texts that the caller sees."""
    texts = [one for one in permitted(policy(ctx), asked.entity) if long or not one.long]
    source = sights.source(asked.entity)
    confirmed: list[Found] = []
    wanted = sorted(ids)
    for start in range(0, len(wanted), PORTION):
        part = wanted[start : start + PORTION]
        if source is not None:
            found = _load(ctx, reach, sights, source, texts, part)
            confirmed += [
                one for one in found if matches(asked.query, [(text.kind, value) for text, value in one.texts])
            ]
    return confirmed


def _load(
    ctx: Ctx, reach: Reach, sights: Access, source: Source, texts: Sequence[Indexed], ids: Sequence[int]
) -> list[Found]:
    """Visible records with their permitted texts."""
    own = [(one, sights.handle(source.entity, one.field, "search")) for one in texts if one.through is None]
    handles = [(one, handle) for one, handle in own if handle is not None]
    frame = reach.builder().frame(source)
    values = [frame.value(handle) for _, handle in handles]
    title = frame.title(sights.title(source.entity))
    conditions = frame.matches(Filter(source))
    select = sa.select(frame.root.c.id, title, frame.root.c.updated_at, *values).select_from(frame.from_())
    select = select.where(among(ctx.dialect, frame.root.c.id, ids), *conditions)
    found: dict[int, Found] = {}
    for id, name, changed, *contents in ctx.tx.execute(select, {"v0": ctx.actor.id or 0}):
        one = found[int(id)] = Found(int(id), str(name), changed=str(changed or ""))
        for (text, handle), content in zip(handles, contents, strict=True):
            one.texts += [(text, value) for value in _texts(handle, content)]
    by_link: dict[tuple[str, str], list[Indexed]] = {}
    for text in texts:
        if text.through is not None:
            by_link.setdefault(text.through, []).append(text)
    for (entity, link), through in by_link.items():
        _load_through(ctx, reach, sights, entity, link, through, found)
    return list(found.values())


def _load_through(
    ctx: Ctx,
    reach: Reach,
    sights: Access,
    entity: str,
    link: str,
    texts: Sequence[Indexed],
    found: dict[int, Found],
) -> None:
    """Texts of visible records that point to the found ones."""
    source, pointing = sights.source(entity), sights.handle(entity, link, "search")
    if source is None or pointing is None or not found:
        return
    handles = [(one, handle) for one in texts if (handle := sights.handle(entity, one.field, "search")) is not None]
    frame = reach.builder().frame(source)
    target = frame.value(pointing)
    values = [frame.value(handle) for _, handle in handles]
    conditions = frame.matches(Filter(source))
    select = sa.select(target, *values).select_from(frame.from_()).where(among(ctx.dialect, target, found), *conditions)
    for id, *contents in ctx.tx.execute(select, {"v0": ctx.actor.id or 0}):
        for (text, handle), content in zip(handles, contents, strict=True):
            found[int(id)].texts += [(text, value) for value in _texts(handle, content)]


def _texts(handle: Handle, content: object) -> tuple[str, ...]:
    """The texts of a stored value as the index holds them."""
    if not isinstance(content, str):
        return ()
    return handle.type.tokens(handle.field, handle.type.load(handle.field, [content]))


# --- showing hits ----------------------------------------------------------------------------------------------------


def _subtitles(ctx: Ctx, reach: Reach, sights: Access, hits: Sequence[Hit]) -> None:
    """Say below a hit what it belongs to: its customer, else its code."""
    by_entity: dict[str, list[Found]] = {}
    for hit in hits:
        by_entity.setdefault(hit.entity, []).append(hit.found)
    for entity, found in by_entity.items():
        source = sights.source(entity)
        title = {handle.path for handle in sights.title(entity)}
        handles = [sights.handle(entity, key, "select") for key in ("customer", "code", "mobile") if key not in title]
        handle = next((one for one in handles if one is not None and one.mode == "plain"), None)
        if source is None or handle is None:
            continue
        frame = reach.builder().frame(source)
        shown = frame.text(handle)
        conditions = frame.matches(Filter(source))
        select = sa.select(frame.root.c.id, shown).select_from(frame.from_())
        select = select.where(among(ctx.dialect, frame.root.c.id, [one.id for one in found]), *conditions)
        texts = {int(id): str(text or "") for id, text in ctx.tx.execute(select, {"v0": ctx.actor.id or 0})}
        for one in found:
            one.subtitle = texts.get(one.id, "")


def _dump(hit: Hit) -> dict[str, Any]:
    matched = [
        {"field": _place(text), "text": _snippet(hit.query, value)}
        for text, value in hit.found.texts
        if touches(hit.query, text.kind, value)
    ]
    return {
        "entity": hit.entity,
        "id": hit.found.id,
        "title": hit.found.title,
        "subtitle": hit.found.subtitle,
        "matched": matched,
    }


def _place(text: Indexed) -> str:
    return text.field if text.through is None else f"{text.through[0]}.{text.field}"


def _snippet(query: Query, value: str) -> str:
    """The part of a long text around the first thing found in it."""
    if len(value) <= SHOWN:
        return value
    lower = value.lower()
    places = [at for chunk in query.chunks for run in chunk if (at := lower.find(run.text)) >= 0]
    start = max(0, min(places, default=0) - SHOWN // 3)
    end = start + SHOWN
    return f"{'…' if start else ''}{value[start:end]}{'…' if end < len(value) else ''}"


def _slot(intent: Intent, value: str) -> int:
    intent.values.append(value)
    return len(intent.values) - 1
