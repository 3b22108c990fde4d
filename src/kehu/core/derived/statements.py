"""The statements that bring kept values of one entity up to date, or compare them; compiled once and kept.

One statement per entity and set of fields, for any number of records: the new values are computed in one pass, and
only rows where something differs are written. `rev` and `updated_at` stay: derived values have no history.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Literal

import sqlalchemy as sa

from kehu.base.db.ids import among_named, given_rows
from kehu.base.db.query.run import Statement, compile_statement
from kehu.base.schema.model import Entity
from kehu.core.context import Ctx
from kehu.core.derived.conditions import day_values
from kehu.core.derived.formulas import expression
from kehu.core.derived.graph import Graph, Node
from kehu.core.derived.paths import Parent

IDS, FIRST, LAST, GIVEN = "kehu_ids", "kehu_first", "kehu_last", "kehu_given"
KEPT_STATEMENTS = 400
By = Literal["ids", "range", "given"]
Purpose = Literal["update", "compare", "first"]


def today_values(ctx: Ctx) -> dict[str, str]:
    """The parameters for today."""
    return day_values(ctx.parse_env().today, ctx.catalog.timezone)


def statement(
    ctx: Ctx, graph: Graph, nodes: tuple[Node, ...], by: By, purpose: Purpose, given: tuple[str, ...] = ()
) -> Statement:
    """Return the kept statement for some fields of one entity.

    update: returns (id, then each text with its sort key) of the rows that changed.
    compare: returns (id, then 1 for each field that differs) of the rows where one does.
    first: returns (id, then each value) of rows about to be made, whose columns `given` come as objects (`GIVEN`).
    """
    key = (ctx.dialect.name, tuple(node.key for node in nodes), nodes[0].entity, by, purpose, given)
    with graph.lock:
        found = graph.statements.get(key)
        if isinstance(found, Statement):
            graph.statements.move_to_end(key)
            return found
    made = _build(ctx, graph, nodes, by, purpose, given)
    with graph.lock:
        graph.statements[key] = made
        while len(graph.statements) > KEPT_STATEMENTS:
            graph.statements.popitem(last=False)
    return made


def _build(
    ctx: Ctx, graph: Graph, nodes: tuple[Node, ...], by: By, purpose: Purpose, given: tuple[str, ...]
) -> Statement:
    model = graph.model
    entity = model.entity(nodes[0].entity)
    table = model.tables[entity.key].table
    new = _values(ctx, graph, entity, nodes, by, given)
    if purpose == "first":
        return compile_statement(ctx.dialect, sa.select(new.c.id, *(new.c[f"v{n}"] for n, _ in enumerate(nodes))))
    differs = [table.c[node.columns[0]].is_distinct_from(new.c[f"v{n}"]) for n, node in enumerate(nodes)]
    made: sa.Update | sa.Select[Any]
    if purpose == "update":
        back = [table.c[name] for node in nodes if len(node.columns) > 1 for name in node.columns[:2]]
        made = (
            sa.update(table)
            .values({node.columns[0]: new.c[f"v{n}"] for n, node in enumerate(nodes)})
            .where(table.c.id == new.c.id, sa.or_(*differs))
            .returning(table.c.id, *back)
        )
    else:
        flags = [sa.case((each, 1), else_=0) for each in differs]
        both = table.join(new, table.c.id == new.c.id)
        made = sa.select(table.c.id, *flags).select_from(both).where(sa.or_(*differs))
    return compile_statement(ctx.dialect, made, same_plan=by == "ids")


def _values(ctx: Ctx, graph: Graph, entity: Entity, nodes: tuple[Node, ...], by: By, given: tuple[str, ...]) -> sa.CTE:
    """The new values `v0` … of the fields, layer by layer: each layer reads what the one below has computed."""
    model = graph.model
    table = model.tables[entity.key].table
    row: sa.FromClause = table.alias("p") if by != "given" else _given(ctx, table, given)
    columns: dict[str, sa.ColumnElement[Any]] = {
        column.name: row.c[column.name] if column.name in row.c else sa.cast(sa.null(), column.type)
        for column in table.columns
    }
    names = count(1)
    made: sa.CTE | None = None
    for layer in sorted({node.layer for node in nodes}):
        parent = Parent(columns, (row,) if made is None else (row, made), new=by == "given")
        values = [
            expression(model, parent, entity, entity.fields[node.key], names).label(f"v{n}")
            for n, node in enumerate(nodes)
            if node.layer == layer
        ]
        if by == "given":
            # What was given is handed on from layer to layer: joining it again would build an index each time.
            chosen = sa.select(*(row if made is None else made).c, *values)
        elif made is None:
            chosen = sa.select(row.c.id, *values).where(_which(ctx, row.c.id, by))
        else:
            chosen = sa.select(*made.c, *values).select_from(made.join(row, row.c.id == made.c.id))
        # Without MATERIALIZED both databases may compute a value once to compare and once to write it.
        made = chosen.cte(f"new{layer}").prefix_with("MATERIALIZED")
        columns = {name: made.c[name] if by == "given" and name in made.c else c for name, c in columns.items()}
        for n, node in enumerate(nodes):
            if node.layer <= layer:
                columns[node.columns[0]] = made.c[f"v{n}"]
    assert made is not None
    return made


def _given(ctx: Ctx, table: sa.Table, names: tuple[str, ...]) -> sa.CTE:
    """The rows about to be made."""
    rows = given_rows(ctx.dialect, GIVEN, [table.c.id, *(table.c[name] for name in names)])
    # Without MATERIALIZED each use of a column would take it from its text again.
    return rows.cte("given").prefix_with("MATERIALIZED")


def given_columns(graph: Graph, nodes: tuple[Node, ...]) -> tuple[str, ...]:
    """The typed columns of its own that the fields of a record read."""
    derived = {column.name for column in graph.model.tables[nodes[0].entity].derived}
    read = {name for node in nodes for each in node.reads if not each.route for name in each.columns}
    return tuple(sorted(read - derived))


def _which(ctx: Ctx, id: sa.ColumnElement[Any], by: By) -> sa.ColumnElement[bool]:
    if by == "range":
        first = sa.bindparam(FIRST, type_=sa.BigInteger())
        return id.between(first, sa.bindparam(LAST, type_=sa.BigInteger()))
    return among_named(ctx.dialect, id, IDS)
