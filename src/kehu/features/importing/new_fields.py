"""新建字段: columns that no field takes become own fields of the ledger when people ask for it.

Chooses key and type from heading and cells; the catalog does the rest, as a change-set of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kehu.base.schema.model import Entity
from kehu.base.schema.naming import suggest_key
from kehu.core.catalog.service import apply_changes
from kehu.core.context import Ctx
from kehu.features.importing.reader.workbook import Column, Workbook

LONG = 60  # characters of a sample from which a text is long


def proposals(book: Workbook, sheets: Sequence[dict[str, Any]]) -> None:
    """Mark columns that nothing takes with the type of the field they would become (`new_field`), in place."""
    by_name = {sheet.name: sheet for sheet in book.sheets}
    for stored in sheets:
        for column, found in zip(stored["columns"], by_name[stored["name"]].columns, strict=True):
            if (
                column["field"] is None
                and column["reason"] in ("none", "double")
                and found.title
                and set(found.kinds) - {"0"}
            ):
                column["new_field"] = _type(found, column["samples"])


def create(ctx: Ctx, entity: Entity, sheets: Sequence[dict[str, Any]]) -> int:
    """Add the proposed fields and map their columns to them, in place; return how many. Raises NotAllowed."""
    made: dict[str, str] = {}
    changes: list[Mapping[str, Any]] = []
    taken = {*entity.fields, *ctx.catalog.reverses.get(entity.key, {})}
    for stored in sheets:
        for column in stored["columns"]:
            kind = column.get("new_field")
            if kind is None:
                continue
            title = str(column["source"])
            if title not in made:
                made[title] = suggest_key(title, taken)
                taken.add(made[title])
                change = {"op": "field.add", "entity": entity.key, "key": made[title], "type": kind}
                changes.append({**change, "label": {"zh-CN": title, "en": title}})
            column |= {"field": made[title], "reason": "given", "confidence": 1.0}
    if changes:
        apply_changes(ctx, changes)
    return len(changes)


def _type(column: Column, samples: Sequence[str]) -> str:
    filled = {kind for kind, count in column.kinds.items() if count and kind != "0"}
    if filled == {"n"}:
        return "number"
    if filled == {"d"}:
        return "date"
    return "long_text" if any(len(text) > LONG for text in samples) else "text"
