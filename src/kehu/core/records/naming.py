"""Finds records by what people call them: their code or their title. For cells of workbooks and the command line."""

from __future__ import annotations

from collections.abc import Iterable

from kehu.base.common.text import normalize
from kehu.core.context import Ctx
from kehu.core.records import read

PORTION = 500


def by_name(ctx: Ctx, entity: str, texts: Iterable[str]) -> dict[str, int]:
    """Return text → id for texts that name exactly one record the caller sees; codes go before names."""
    return {text: min(ids) for text, ids in named(ctx, entity, texts).items() if len(ids) == 1}


def named(ctx: Ctx, entity: str, texts: Iterable[str]) -> dict[str, set[int]]:
    """Return text → the records that it may mean, as far as the caller sees them; codes go before names."""
    texts = list(texts)
    found: dict[str, set[int]] = {}
    holder = ctx.catalog.entities[entity]
    keys = [key for key in dict.fromkeys(("code", *holder.title, "name")) if key in read.readable_fields(ctx, entity)]
    keys = [key for key in keys if ctx.types[holder.fields[key].value_type].output == "text"]
    for key in keys:
        wanted = {normalize(text): text for text in texts if len(found.get(text, ())) != 1}
        for part in _portions(sorted(wanted)):
            hits: dict[str, set[int]] = {}
            body = {"select": [key], "where": {"field": key, "op": "in", "value": part}}
            for id, _revision, value in read.rows(ctx, entity, body, use="select"):
                hits.setdefault(str(value), set()).add(int(id))
            found.update({wanted[text]: ids for text, ids in hits.items() if text in wanted})
    return found


def _portions(texts: list[str]) -> Iterable[list[str]]:
    return (texts[start : start + PORTION] for start in range(0, len(texts), PORTION))
