"""`kehu verify`: computes everything again that the ledger keeps, compares, and tells what differs.

Reads only, as the ledger's own work: rights play no part. Faults name entities, ids and fields, never values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from kehu.base.db import system
from kehu.base.db.dump import columns_there, indexes_there, tables_there, type_word
from kehu.base.db.tables import EntityTable
from kehu.base.fields.base import SYSTEM_COLUMNS
from kehu.core.catalog.indexes import declared
from kehu.core.changesets.verify import Check, verify_chain, verify_records
from kehu.core.context import Ctx
from kehu.core.derived.service import verify as verify_derived
from kehu.core.files.service import storage_of
from kehu.core.records.numbering import counter_name, highest, numbered
from kehu.core.search.index import verify as verify_search


def verify(ctx: Ctx) -> dict[str, Any]:
    """Run all checks over one state of the ledger; return {"ok", "checks": [{"name", "items", …}]}."""
    checks = [
        *_integrity(ctx),
        catalog_columns(ctx),
        relations(ctx),
        verify_chain(ctx),
        verify_records(ctx),
        *verify_derived(ctx),
        lists(ctx),
        verify_search(ctx),
        counters(ctx),
        files(ctx),
    ]
    return {"ok": not any(check.faults for check in checks), "checks": [check.outward() for check in checks]}


def _integrity(ctx: Ctx) -> Iterator[Check]:
    wrong = ctx.dialect.integrity(ctx.tx)
    if wrong is None:  # the server watches its own files
        return
    check = Check(f"{ctx.dialect.name}_integrity", items=1)
    for line in wrong:
        check.fault(line)
    yield check


def catalog_columns(ctx: Ctx) -> Check:
    """Everything the catalog speaks of is in the database: tables, columns with their types, indexes."""
    check = Check("catalog_columns")
    there = tables_there(ctx.tx)
    for entity, table in ctx.tables.of.items():
        extra = () if table.entity.system else (table.search, table.search_long)
        for name in (table.name, *extra, *(each.name for each in table.lists.values())):
            check.items += 1
            if name not in there:
                check.fault(f"{entity}: no table {name}")
        if table.name in there:
            found = columns_there(ctx.tx, table.name)
            wanted = [*SYSTEM_COLUMNS, *(column for placed in table.layouts.values() for column in placed.all)]
            for column in wanted:
                check.items += 1
                if found.get(column.name) != type_word(ctx.tx, column):
                    check.fault(f"{entity}: column {column.name} is {found.get(column.name) or 'missing'}")
    found_indexes: dict[str, set[str]] = {}
    for index, state in declared(ctx.tx):
        check.items += 1
        if index.table not in found_indexes:
            found_indexes[index.table] = indexes_there(ctx.tx, index.table) if index.table in there else set()
        if state == "ready" and index.name not in found_indexes[index.table]:
            check.fault(f"{index.entity}: no index {index.name}")
    return check


def relations(ctx: Ctx) -> Check:
    """Every id in a relation belongs to a record that is there."""
    check = Check("relations")
    for entity, table in ctx.tables.of.items():
        for key, placed in table.layouts.items():
            field = table.entity.fields[key]
            target = ctx.tables.of.get(field.target or "")
            if target is None or not placed.value or ctx.types[field.value_type].output != "relation":
                continue
            column = table.column(placed.value[0].name)
            other = sa.table(quoted_name(target.name, True), sa.column("id", sa.Integer())).alias("target")
            filled = sa.select(sa.func.count()).select_from(table.table).where(column.is_not(None))
            check.items += ctx.tx.execute(filled).scalar_one()
            dangling = (
                sa.select(table.table.c.id)
                .where(column.is_not(None), ~sa.exists().where(other.c.id == column))
                .order_by(table.table.c.id)
            )
            for id in ctx.tx.execute(dangling).scalars():
                check.fault(f"{entity} {id}: {key}")
    return check


def lists(ctx: Ctx) -> Check:
    """The mirrors of tags and multi-selects say the same as the records."""
    check = Check("lists")
    for entity, table in ctx.tables.of.items():
        for key, mirror in table.lists.items():
            kept = _kept_lists(ctx, table, table.layouts[key].value[0].name)
            rows = ctx.tx.execute(sa.select(mirror.c.id, mirror.c.value).order_by(mirror.c.id, mirror.c.value))
            mirrored = ((id, value) for id, value in rows)
            for id in _differing(kept, mirrored, check):
                check.fault(f"{entity} {id}: {key}")
    return check


def _kept_lists(ctx: Ctx, table: EntityTable, column: str) -> Iterator[tuple[int, str]]:
    rows = ctx.tx.execute(
        sa.select(table.table.c.id, table.column(column))
        .where(table.column(column).is_not(None))
        .order_by(table.table.c.id)
    )
    for id, text in rows:
        for value in sorted(set(orjson.loads(str(text))), key=str.encode):
            yield id, value


def _differing(left: Iterable[tuple[int, str]], right: Iterable[tuple[int, str]], check: Check) -> list[int]:
    """Ids at which two ordered streams differ."""
    found: dict[int, None] = {}
    ours, theirs = iter(left), iter(right)
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        check.items += 1
        if one == other:
            one, other = next(ours, None), next(theirs, None)
        elif other is None or (one is not None and _place(one) < _place(other)):
            assert one is not None
            found[one[0]] = None
            one = next(ours, None)
        else:
            found[other[0]] = None
            other = next(theirs, None)
    return list(found)


def _place(pair: tuple[int, str]) -> tuple[int, bytes]:
    return pair[0], pair[1].encode()


def counters(ctx: Ctx) -> Check:
    """No id or number that is in use can be given out again."""
    check = Check("counters")
    series = ctx.dialect.series(ctx.tx)
    there = tables_there(ctx.tx)
    for name, last in sorted(series.items()):
        table = f"kehu_{name}"
        if table in there:
            id: sa.ColumnClause[int] = sa.column("id", sa.Integer())
            rows = sa.table(quoted_name(table, True), id)
            _compare(check, name, ctx.tx.execute(sa.select(sa.func.max(id)).select_from(rows)).scalar(), last)
    change = system.change.c
    for entity, found in ctx.tables.of.items():
        if found.entity.system:
            continue
        if found.name not in series:
            check.fault(f"{entity}: no series of ids")
            continue
        live = ctx.tx.execute(sa.select(sa.func.max(found.table.c.id))).scalar()
        ever = ctx.tx.execute(sa.select(sa.func.max(change.record)).where(change.entity == entity)).scalar()
        _compare(check, entity, max(live or 0, ever or 0), series[found.name])
        _numbers(ctx, found, check)
    return check


def _numbers(ctx: Ctx, table: EntityTable, check: Check) -> None:
    number = system.number.c
    for field in numbered(table.entity):
        column = table.column(table.layouts[field.key].value[0].name)
        name = counter_name(table.entity, field)
        found = ctx.tx.execute(sa.select(number.prefix, number.value).where(number.field == name))
        kept = {prefix: value for prefix, value in found}  # noqa: C416 rows are no pairs to the type checker
        texts = ctx.tx.execute(sa.select(column).where(column.is_not(None))).scalars()
        for prefix, n in sorted(highest(table.entity, field, (str(text) for text in texts)).items()):
            _compare(check, f"{name} {prefix}", n, kept.get(prefix, 0))


def _compare(check: Check, name: str, used: int | None, last: int) -> None:
    check.items += 1
    if (used or 0) > last:
        check.fault(f"{name}: {used} is in use, the counter is at {last}")


def files(ctx: Ctx) -> Check:
    """Every kept file is there."""
    check = Check("files")
    storage = storage_of(ctx)
    for id, sealed in ctx.tx.execute(sa.select(system.file.c.id, system.file.c.sealed).order_by(system.file.c.id)):
        check.items += 1
        if not storage.path(sealed).exists():
            check.fault(f"file {id}: missing")
    return check
