"""Exact counts are remembered, and never longer than they hold; stopped lists are told by the doctor."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from kehu.base.db.query import compile as pages
from kehu.base.errors import TooSlow
from kehu.core.context import Actor
from kehu.core.records import read, write
from kehu.features.diagnosis.service import diagnose
from kehu.runtime import Runtime

ADMIN = Actor("user", 1, "admin", ("admin",))


def count(runtime: Runtime, entity: str, **body: Any) -> int:
    with runtime.read(ADMIN) as ctx:
        # Beyond the first page: a first page that holds everything is its own count.
        asked = {"select": [], "limit": 1, "at": 1, "count": "exact", **body}
        found = orjson.loads(read.query(ctx, entity, asked))
        return int(found["count"]["value"])


def test_core_17_counts_hold_until_something_they_read_is_written(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    honest = pages.count

    def noted(reach: Any, intent: Any, *, exact: bool) -> tuple[int, bool]:
        counted.append(intent.shape.filter.source.entity)
        return honest(reach, intent, exact=exact)

    monkeypatch.setattr(pages, "count", noted)
    with runtime.write(ADMIN) as ctx:
        customer = write.create(ctx, "customer", {"name": "李娜", "kind": "person", "mobile": "13800138000"}).ids[0]
    rich = {"field": "total_amount", "op": "gte", "value": "10"}
    for _ in range(2):
        assert count(runtime, "customer") == 1
        assert count(runtime, "customer", where=rich) == 0
        assert count(runtime, "product") == 0
    assert counted == ["customer", "customer", "product"], "the second time nothing is counted"
    with runtime.write(ADMIN) as ctx:
        order = {"customer": customer, "status": "completed", "lines": [{"description": "办公椅", "unit_price": "50"}]}
        write.create(ctx, "order", order)
    assert count(runtime, "customer", where=rich) == 1, "an order moves what its customer has bought"
    counted.clear()
    assert count(runtime, "product") == 0
    assert counted == [], "no product follows from an order"
    with runtime.write(ADMIN) as ctx:
        write.create(ctx, "customer", {"name": "张伟", "kind": "person", "mobile": "13900139000"})
        assert orjson.loads(read.query(ctx, "customer", {"select": [], "count": "exact"}))["count"]["value"] == 2
    assert count(runtime, "customer") == 2


def test_issue_5_the_doctor_lists_shapes_that_were_stopped(runtime: Runtime) -> None:
    for _ in range(2):
        with pytest.raises(TooSlow), runtime.read(ADMIN):
            raise TooSlow("query.slow", index="customer (credit_limit)", seconds=2.0)
    with runtime.read(ADMIN) as ctx:
        told = [one.data for one in diagnose(ctx, runtime.settings, []) if one.code == "doctor.slow"]
    assert [(one["index"], one["count"]) for one in told] == [("customer (credit_limit)", 2)]
