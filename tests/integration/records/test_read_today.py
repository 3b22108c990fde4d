"""Lists filtered by values of today: the same rows with and without the bounds on stored days, and an index serves."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from kehu.base.db.query import operators
from kehu.core.context import Actor, Ctx
from kehu.core.records import read, write
from kehu.runtime import Runtime
from tests.support.reading import BOSS, ReadLedger, answer
from tests.support.statements import noted

ROOT = Actor("command_line", None, "root")
TESTS = [
    *({"field": "age", "op": op, "value": n} for op in ("eq", "ne", "lt", "lte", "gt", "gte") for n in (0, 1, 30, 44)),
    {"field": "age", "op": "between", "value": [18, 40]},
    {"field": "age", "op": "in", "value": [5, 30, 31]},
    {"field": "age", "op": "empty"},
    {"not": {"field": "age", "op": "gte", "value": 30}},
    {"or": [{"field": "age", "op": "lt", "value": 3}, {"field": "age", "op": "gt", "value": 60}]},
]  # fmt: skip


def _ids(ctx: Ctx, entity: str, where: Mapping[str, Any]) -> list[int]:
    body = {"select": [], "where": where, "limit": 500}
    return [row[0] for row in answer(read.query(ctx, entity, body))["rows"]]


def test_bounds_take_no_row_away(read_ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    with read_ledger.reading(BOSS) as ctx:
        bounded = [_ids(ctx, "customer", test) for test in TESTS]
        counts = {len(ids) for ids in bounded}
        assert len(counts) > 3, "the tests tell nothing apart"
        monkeypatch.setattr(operators, "implied", lambda *_: ())
        assert bounded == [_ids(ctx, "customer", test) for test in TESTS]


def test_what_is_overdue_is_found_by_the_index_of_the_day(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    with runtime.write(ROOT) as ctx:
        contact = {"name": "张伟", "mobile": "13900139000"}
        made = write.create(ctx, "customer", {"name": "上海宏远贸易", "kind": "enterprise", "contacts": [contact]})
        customer = made.ids[0]
        today = ctx.parse_env().today
        ordered = (today - timedelta(days=60)).isoformat()
        for days, amount in itertools.product((None, -40, -1, 0, 1, 40), ("128.00", "0", None)):
            due = None if days is None else (today + timedelta(days=days)).isoformat()
            order = {"customer": customer, "ordered_on": ordered, "due_on": due, "amount": amount}
            write.create(ctx, "order", {key: value for key, value in order.items() if value is not None})
    overdue: dict[str, Any] = {"field": "is_overdue", "op": "eq", "value": True}
    cases: list[dict[str, Any]] = [overdue, {"not": overdue}, {**overdue, "value": False}]
    with runtime.read(ROOT) as ctx:
        with noted(ctx.dialect) as ran:
            found = _ids(ctx, "order", overdue)
        assert len(found) == 2, "due forty days and one day ago, unpaid"
        sql, values = next((sql, values) for sql, values in ran if "due_on" in sql)
        if ctx.dialect.knows_values:  # eighteen rows are read whole; the question is whether the index could serve
            ctx.tx.execute(sa.text("set local enable_seqscan = off"))
            ctx.tx.execute(sa.text("set local enable_indexscan = off"))
            explained = ctx.dialect.run(ctx.tx, f"explain {sql}", values).fetchall()
        else:
            unordered = sql.replace("ORDER BY t1.", "ORDER BY +t1.")
            explained = ctx.dialect.run(ctx.tx, f"explain query plan {unordered}", values).fetchall()
        assert "i_order__due_on" in "\n".join(str(row[-1]) for row in explained), explained
        bounded = [_ids(ctx, "order", where) for where in cases]
        monkeypatch.setattr(operators, "implied", lambda *_: ())
        assert bounded == [_ids(ctx, "order", where) for where in cases]
