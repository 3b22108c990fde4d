"""The part of the read door that search uses: checks candidates on the records themselves, ranks and shows them.

Reads permitted fields of visible records only. A hit is one because of what its reader may see, nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import functions as fn
from kehu.base.db.ids import among_named, ids_parameter
from kehu.base.db.query.ast import Filter, Intent, Search, Shape
from kehu.base.db.query.compile import Reach, page
from kehu.base.db.query.cursor import Place
from kehu.base.db.query.handles import Handle, Source
from kehu.base.db.query.run import compiled, limited
from kehu.core.access.permissions import policy
from kehu.core.access.sight import Access
from kehu.core.context import Ctx
from kehu.core.records import planning
from kehu.core.records.counts import unused_entities
from kehu.core.search.classes import Indexed, permitted, sure_classes
from kehu.core.search.match import MatchKind, match_kind, matches, met, touches
from kehu.core.search.query import Asked, ask, candidates, is_common, sample
from kehu.core.search.tokens import Query, spellings

CHECKED = 500  # so many candidates of a list are checked one by one
LISTED = 5_000  # hits that a list takes by their ids
SIFTED = (40, 340)  # records of a list that are checked for a page of a search with more hits: at first, and at most
CAP = 100  # candidates per entity of the search over everything
OWN = 5_000  # own rows among which names are looked for; whoever has more finds them soon in the order of names
NAMES = 50
IDS = "kehu_ids"
SHOWN = 60  # characters of a matched text


@dataclass(slots=True)
class Found:
    """A candidate: what it is called, when it was changed last, how well its title matches; its texts once loaded."""

    asked: Asked
    id: int
    title: str
    changed: str
    kind: MatchKind
    long: bool
    subtitle: str = ""
    texts: list[tuple[Indexed, str]] = field(default_factory=list)


def narrow(ctx: Ctx, reach: Reach, sights: Access, entity: str, intent: Intent) -> None:
    """Put the search text of a list into the intent's filter.

    Up to 500 candidates are checked on their records, unless the tokens say all; beyond that the tokens are trusted,
    over classes that hold nothing the caller may not see.
    """
    assert intent.search is not None
    asked = ask(ctx, entity, intent.search)
    with limited(ctx.tx, ctx.dialect, lambda: entity, reach.seconds), ctx.dialect.by_index(ctx.tx):
        if ctx.catalog.entities[entity].system:
            search = _listed(intent, _of_name(ctx, reach, sights, asked))
        else:
            search = _of_index(ctx, reach, sights, intent, asked)
    old = intent.shape
    intent.shape = Shape(Filter(old.filter.source, old.filter.where, search), old.select, old.sort)


def _of_index(ctx: Ctx, reach: Reach, sights: Access, intent: Intent, asked: Asked) -> Search:
    ids = _both(ctx, asked)
    if ids is not None and not asked.sure and len(ids) <= CHECKED:
        return _listed(intent, _confirmed(ctx, reach, sights, asked, ids))
    if asked.open:
        return _trusted(ctx, intent, asked, ids)
    sure = ask(ctx, asked.entity, asked.query.text, sure_classes(policy(ctx), asked.entity))
    return _trusted(ctx, intent, sure, _both(ctx, sure))


def _of_name(ctx: Ctx, reach: Reach, sights: Access, asked: Asked) -> dict[int, str]:
    """Those whose name matches, of records that stand in no index: the people of the ledger, who are few."""
    source, title = sights.source(asked.entity), sights.title(asked.entity)
    if source is None or not title:
        return {}

    def build() -> sa.Select[Any]:
        frame = reach.builder().frame(source)
        select = sa.select(frame.root.c.id, frame.title(title)).select_from(frame.from_())
        return select.where(*frame.matches(Filter(source)))

    statement = compiled(ctx.dialect, ctx.tables, ("search.people", reach.sight, source, title), build)
    typed = asked.query.text.strip().lower()
    rows = [(int(id), str(name or "")) for id, name in statement.fetch(ctx.tx, {"v0": ctx.actor.id or 0})]
    return {id: name for id, name in rows if typed in name.lower() or matches(asked.query, [("n", name)])}


def _trusted(ctx: Ctx, intent: Intent, asked: Asked, ids: Collection[int] | None) -> Search:
    """A search by tokens alone: few hits are put in order; of many (None), the order is walked until a page is full."""
    if ids is not None and not planning.met_soon(ctx, intent, len(ids)):
        return _listed(intent, ids)
    slots = tuple(_slot(intent, one.whole) for one in (asked.short, asked.long) if one is not None)
    if asked.short is None or not planning.walkable(ctx, intent.shape):
        return Search("tokens", slots)
    return Search("each" if ctx.dialect.finds_one_row else "walk", slots)


def sifted(ctx: Ctx, reach: Reach, sights: Access, entity: str, intent: Intent, place: Place | None) -> Intent:
    """The page after `place` of a search with so many hits that its order is walked: the records of the list are
    checked one after the other until the page is full, and the intent returned asks for these.

    The intent itself where hits are too rare for that, and where they are few enough to be looked up anyway.
    """
    search, shape = intent.shape.filter.search, intent.shape
    if search is None or search.kind != "walk" or intent.search is None or intent.at is not None:
        return intent
    if shape.filter.source.scope is not None:
        return intent  # rows of one's own lie scattered: reading them costs more than looking up all hits
    asked, kept, seen = ask(ctx, entity, intent.search), list[int](), 0
    plain = Shape(Filter(shape.filter.source, shape.filter.where), (), shape.sort)
    portion, most = SIFTED
    while portion:
        found = page(reach, replace(intent, shape=plain, limit=portion), place)
        ids = [int(orjson.loads(row)[0]) for row in found.rows]
        confirmed = _confirmed(ctx, reach, sights, asked, ids)
        kept += [id for id in ids if id in confirmed]
        seen += len(ids)
        if len(kept) > intent.limit or found.next is None:
            shown = replace(intent, shape=shape, values=list(intent.values))
            search = _listed(shown, kept[: intent.limit + 1])
            shown.shape = Shape(Filter(shape.filter.source, shape.filter.where, search), shape.select, shape.sort)
            shown.drive = planning.drive(ctx, shown)
            return shown
        if len(kept) * most < intent.limit * seen:
            break  # at this rate the page would not get full
        # As many as the page lacks at this rate, and half as many again.
        portion = min(most - seen, -(-3 * seen * (intent.limit + 1 - len(kept)) // (2 * len(kept))))
        place = found.next
    return intent


def _both(ctx: Ctx, asked: Asked) -> set[int] | None:
    """What is found among short and long texts; None where that is more than a list takes by its ids."""
    both = [(asked, False), (asked, True)]
    samples = sample(ctx, both)
    if is_common(samples, LISTED):
        return None
    found: set[int] = set()
    for (one, long), seen in zip(both, samples, strict=True):
        found.update(candidates(ctx, one, cap=LISTED + 1, long=long, seen=seen))
    return found if len(found) <= LISTED else None


def _listed(intent: Intent, ids: Collection[int]) -> Search:
    intent.hits = len(ids)
    return Search("ids", (_slot(intent, orjson.dumps(sorted(ids)).decode()),))


def search_all(ctx: Ctx, reach: Reach, sights: Access, text: str, limit: int) -> list[dict[str, Any]]:
    """Search every entity that the caller sees: exact names, beginnings, words, then the rest, newest first; long texts
    come as a second group.

    Candidates are ranked by their titles first; only as many are checked on their records as are shown.
    """
    entities, unused = sorted(ctx.catalog.entities.values(), key=lambda one: one.position), unused_entities(ctx)
    used = [one.key for one in entities if not one.system and one.key not in unused]
    every = [ask(ctx, key, text) for key in used if permitted(policy(ctx), key)]
    with limited(ctx.tx, ctx.dialect, lambda: "search", reach.seconds), ctx.dialect.by_index(ctx.tx):
        ranked = _ranked(_candidates(ctx, reach, sights, every))
        hits = list(islice(_checked(ctx, reach, sights, ranked, limit), limit))
        if len(hits) < limit:
            seen = {(one.asked.entity, one.id) for one in hits}
            later = _ranked(_long(ctx, reach, sights, every))
            later = [one for one in later if (one.asked.entity, one.id) not in seen]
            hits += islice(_checked(ctx, reach, sights, later, limit), limit - len(hits))
        _subtitles(ctx, reach, sights, hits)
    return [_dump(hit) for hit in hits]


def people(ctx: Ctx, reach: Reach, sights: Access, text: str, limit: int) -> list[dict[str, Any]]:
    """The people of the ledger whose name matches, as `{"id", "name", "met"}`: the best match first, then by name."""
    asked = ask(ctx, "user", text)
    with limited(ctx.tx, ctx.dialect, lambda: "user", reach.seconds):
        found = _of_name(ctx, reach, sights, asked)
    best = sorted(found, key=lambda id: (match_kind(asked.query, found[id]), found[id], id))[:limit]
    return [{"id": id, "name": found[id], "met": met(asked.query, "n", found[id])} for id in best]


# --- candidates ------------------------------------------------------------------------------------------------------


def _candidates(ctx: Ctx, reach: Reach, sights: Access, every: Sequence[Asked]) -> Iterator[Found]:
    for asked, seen in zip(every, sample(ctx, [(asked, False) for asked in every]), strict=True):
        ids = candidates(ctx, asked, cap=CAP, seen=seen)
        if len(ids) == CAP:
            # The cap is arbitrary: names that begin with the text must not be missed because of it.
            ids += _named(ctx, reach, sights, asked)
        yield from _titled(ctx, reach, sights, asked, ids, long=False)


def _long(ctx: Ctx, reach: Reach, sights: Access, every: Sequence[Asked]) -> Iterator[Found]:
    for asked, seen in zip(every, sample(ctx, [(asked, True) for asked in every]), strict=True):
        yield from _titled(ctx, reach, sights, asked, candidates(ctx, asked, cap=CAP, long=True, seen=seen), long=True)


def _ranked(found: Iterable[Found]) -> list[Found]:
    """The best first: by kind of match, then the latest change."""
    ranked = sorted(found, key=lambda one: (one.changed, one.id), reverse=True)
    ranked.sort(key=lambda one: one.kind)
    return ranked


def _titled(ctx: Ctx, reach: Reach, sights: Access, asked: Asked, ids: Collection[int], *, long: bool) -> list[Found]:
    """Those of the candidates that the caller sees, with what they are called."""
    source = sights.source(asked.entity)
    if source is None or not ids:
        return []

    def build() -> sa.Select[Any]:
        frame = reach.builder("ids").frame(source)
        title, changed = frame.title(sights.title(source.entity)), fn.instant_text(frame.root.c.updated_at)
        conditions = frame.matches(Filter(source))
        select = sa.select(frame.root.c.id, title, changed).select_from(frame.from_())
        return select.where(among_named(ctx.dialect, frame.root.c.id, IDS), *conditions)

    statement = compiled(
        ctx.dialect,
        ctx.tables,
        ("search.titles", reach.sight, source, sights.title(source.entity)),
        build,
        same_plan=True,
    )
    query = asked.query
    return [
        Found(asked, id, str(title), changed or "", MatchKind.OTHER if long else match_kind(query, str(title)), long)
        for id, title, changed in statement.fetch(ctx.tx, _given(ctx, sorted(set(ids))))
    ]


def _named(ctx: Ctx, reach: Reach, sights: Access, asked: Asked) -> list[int]:
    """Ids of records whose title begins with the text as typed, or as it is spelled."""
    title, source = sights.title(asked.entity), sights.source(asked.entity)
    if source is None or not title or title[0].output != "text" or title[0].steps or title[0].mode != "plain":
        return []
    own: list[int] | None = None
    if source.scope is not None:
        own = candidates(ctx, asked, cap=OWN)
        own = None if len(own) == OWN else own
    typed = asked.query.text.strip()
    places = [(0, typed)]
    if len(title[0].columns) > 1:
        places += [(1, spelled) for spelled in spellings(typed)]
    found: list[int] = []
    for place, begin in places:
        given = {**_given(ctx, own or ()), "begin": begin, "end": begin + chr(0x10FFFF), "limit": NAMES}
        key = ("search.names", reach.sight, source, title[0], place, own is None)

        def build(place: int = place) -> sa.Select[Any]:
            return _names(ctx, reach, source, title[0], place, own)

        statement = compiled(ctx.dialect, ctx.tables, key, build, same_plan=True)
        found += [int(row[0]) for row in statement.fetch(ctx.tx, given)]
    return found


def _names(ctx: Ctx, reach: Reach, source: Source, title: Handle, place: int, own: list[int] | None) -> sa.Select[Any]:
    """The first records in the order of a title's column (the text, or its spelling) that begin with something."""
    frame = reach.builder().frame(source)
    value = frame.root.c[title.columns[place]]
    begins = [value >= sa.bindparam("begin", type_=fn.TEXT), value < sa.bindparam("end", type_=fn.TEXT)]
    if own is not None:
        begins.append(among_named(ctx.dialect, frame.root.c.id, IDS))
    select = sa.select(frame.root.c.id).select_from(frame.from_()).where(*begins, *frame.matches(Filter(source)))
    return select.order_by(value).limit(fn.given_number("limit"))


def _given(ctx: Ctx, ids: Sequence[int]) -> dict[str, Any]:
    return {IDS: ids_parameter(ctx.dialect, ids), "v0": ctx.actor.id or 0}


# --- checking on the records -----------------------------------------------------------------------------------------


def _checked(ctx: Ctx, reach: Reach, sights: Access, ranked: Sequence[Found], portion: int) -> Iterator[Found]:
    """Those of the candidates that really match, in their order, with their texts; looks no further than is asked."""
    for start in range(0, len(ranked), portion):
        part = ranked[start : start + portion]
        for asked in {id(one.asked): one.asked for one in part}.values():
            some = {one.id: one for one in part if one.asked is asked}
            for one, texts in _texts_of(ctx, reach, sights, asked, some, long=part[0].long).items():
                some[one].texts = texts
        yield from (one for one in part if one.asked.sure or _matches(one.asked, one.texts))


def _confirmed(ctx: Ctx, reach: Reach, sights: Access, asked: Asked, ids: Collection[int]) -> set[int]:
    """Candidates that the caller sees and that match by texts that the caller sees."""
    found = _texts_of(ctx, reach, sights, asked, ids, long=True)
    return {id for id, texts in found.items() if _matches(asked, texts)}


def _matches(asked: Asked, texts: Sequence[tuple[Indexed, str]]) -> bool:
    return matches(asked.query, [(text.kind, value) for text, value in texts])


def _texts_of(
    ctx: Ctx, reach: Reach, sights: Access, asked: Asked, ids: Collection[int], *, long: bool
) -> dict[int, list[tuple[Indexed, str]]]:
    """Permitted texts of the visible ones among some records."""
    source = sights.source(asked.entity)
    if source is None or not ids:
        return {}
    by_link: dict[tuple[str, str] | None, list[Indexed]] = {None: []}
    for text in permitted(policy(ctx), asked.entity):
        if long or not text.long:
            by_link.setdefault(text.through, []).append(text)
    found = dict(_load(ctx, reach, sights, source, None, by_link.pop(None), sorted(ids)))
    for through, texts_ in by_link.items():
        assert through is not None
        pointing = sights.source(through[0])
        if pointing is not None and found:
            for id, texts in _load(ctx, reach, sights, pointing, through[1], texts_, list(found)):
                found[id] += texts
    return found


def _load(
    ctx: Ctx,
    reach: Reach,
    sights: Access,
    source: Source,
    link: str | None,
    texts: Sequence[Indexed],
    ids: Sequence[int],
) -> Iterator[tuple[int, list[tuple[Indexed, str]]]]:
    """Texts of visible records with these ids, or of those whose relation `link` points to one of them."""
    own = [(one, sights.handle(source.entity, one.field, "search")) for one in texts]
    handles = [(one, handle) for one, handle in own if handle is not None]
    pointing = None if link is None else sights.handle(source.entity, link, "search")
    if link is not None and pointing is None:
        return

    def build() -> sa.Select[Any]:
        frame = reach.builder("ids").frame(source)
        id = frame.root.c.id if pointing is None else frame.root.c[pointing.columns[0]]
        values = [frame.value(handle) for _, handle in handles]
        conditions = frame.matches(Filter(source))
        return sa.select(id, *values).select_from(frame.from_()).where(among_named(ctx.dialect, id, IDS), *conditions)

    key = ("search.texts", reach.sight, source, pointing, tuple(handle for _, handle in handles))
    statement = compiled(ctx.dialect, ctx.tables, key, build, same_plan=True)
    for id, *contents in statement.fetch(ctx.tx, _given(ctx, ids)):
        found: list[tuple[Indexed, str]] = []
        for (text, handle), content in zip(handles, contents, strict=True):
            if isinstance(content, str):
                found += [(text, value) for value in _texts(handle, content)]
        yield int(id), found


def _texts(handle: Handle, content: str) -> tuple[str, ...]:
    """The texts of a stored value as the index holds them."""
    return handle.type.tokens(handle.field, handle.type.load(handle.field, [content]))


# --- showing hits ----------------------------------------------------------------------------------------------------


def _subtitles(ctx: Ctx, reach: Reach, sights: Access, hits: Sequence[Found]) -> None:
    """Say below a hit what it belongs to: its customer, else its code."""
    by_entity: dict[str, list[Found]] = {}
    for hit in hits:
        by_entity.setdefault(hit.asked.entity, []).append(hit)
    for entity, found in by_entity.items():
        source = sights.source(entity)
        title = {handle.path for handle in sights.title(entity)}
        handles = [sights.handle(entity, key, "select") for key in ("customer", "code", "mobile") if key not in title]
        handle = next((one for one in handles if one is not None and one.mode == "plain"), None)
        if source is None or handle is None:
            continue
        texts = dict(_shown(ctx, reach, source, handle, sorted(one.id for one in found)))
        for one in found:
            one.subtitle = str(texts.get(one.id) or "")


def _shown(ctx: Ctx, reach: Reach, source: Source, handle: Handle, ids: Sequence[int]) -> Sequence[tuple[Any, ...]]:
    """One field of records as text."""

    def build() -> sa.Select[Any]:
        frame = reach.builder("ids").frame(source)
        text = frame.text(handle)
        conditions = frame.matches(Filter(source))
        select = sa.select(frame.root.c.id, text).select_from(frame.from_())
        return select.where(among_named(ctx.dialect, frame.root.c.id, IDS), *conditions)

    statement = compiled(ctx.dialect, ctx.tables, ("search.shown", reach.sight, source, handle), build, same_plan=True)
    return statement.fetch(ctx.tx, _given(ctx, ids))


def _dump(hit: Found) -> dict[str, Any]:
    query = hit.asked.query
    matched = []
    for text, value in hit.texts:
        if touches(query, text.kind, value):
            shown = _snippet(query, value)
            matched.append({"field": _place(text), "text": shown, "met": met(query, text.kind, shown)})
    return {
        "entity": hit.asked.entity,
        "id": hit.id,
        "title": hit.title,
        "subtitle": hit.subtitle,
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
