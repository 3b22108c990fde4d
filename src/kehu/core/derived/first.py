"""Derived values of records about to be made, so that they are inserted with them instead of written a second time.

Only what follows from a record's own values, because nothing points at it yet; the rest is for `service` after the
insert. Reads nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from kehu.base.common.pinyin import sort_key
from kehu.base.fields.base import Stored
from kehu.core.context import Ctx
from kehu.core.derived.graph import Node, graph_of
from kehu.core.derived.statements import GIVEN, given_columns, statement

Row = Mapping[str, Stored]
MANY = 200


def first_values(ctx: Ctx, entity: str, ids: Sequence[int], rows: Sequence[Row], at: str) -> list[dict[str, Any]]:
    """Return the filled derived columns of records with these base columns, made at the instant `at`."""
    graph = graph_of(ctx)
    nodes = tuple(node for node in graph.own.get(entity, ()) if node.early and not node.empty)
    if not nodes:
        return [{} for _ in rows]
    wanted = given_columns(graph, nodes)
    if len(rows) >= MANY:  # what is empty in all of them costs nothing then
        # Filled by any portion so far: each other set of columns is a statement of its own, which costs 0.2 s to make.
        filled: set[str] = ctx.tables.keep(("derived.filled", entity), set)
        filled.update(*rows)
        wanted = tuple(name for name in wanted if name in filled or name == "created_at")
    given = [
        {"id": id, **{name: row[name] for name in wanted if name in row}} for id, row in zip(ids, rows, strict=True)
    ]
    if "created_at" in wanted:
        for row in given:
            row.setdefault("created_at", at)
    found = statement(ctx, graph, nodes, "given", "first", wanted).fetch(ctx.tx, {GIVEN: orjson.dumps(given).decode()})
    by_id = {row[0]: row for row in found}
    return [_columns(nodes, by_id[id]) for id in ids]


def _columns(nodes: Sequence[Node], row: Sequence[Any]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for node, value in zip(nodes, row[1:], strict=True):
        if value is None:
            continue
        filled[node.columns[0]] = value
        if len(node.columns) > 1:
            filled[node.columns[1]] = sort_key(value)
    return filled
