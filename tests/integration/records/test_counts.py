"""Counts are remembered, and never longer than they hold; stopped lists are told by the doctor."""

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


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The entities whose records were counted, one after the other."""
    found: list[str] = []
    honest = pages.count

    def noted(reach: Any, intent: Any, most: int | None = None) -> int:
        found.append(intent.shape.filter.source.entity)
        return honest(reach, intent, most)

    monkeypatch.setattr(pages, "count", noted)
    return found


def count(runtime: Runtime, entity: str, **body: Any) -> int:
    with runtime.read(ADMIN) as ctx:
        # Beyond the first page: a first page that holds everything is its own count.
        asked = {"select": [], "limit": 1, "at": 1, "count": "exact", **body}
        found = orjson.loads(read.query(ctx, entity, asked))
        return int(found["count"]["value"])


def test_core_17_counts_hold_until_something_they_read_is_written(runtime: Runtime, counted: list[str]) -> None:
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


def test_core_17_that_all_records_are_more_than_the_cap_holds_until_too_many_are_gone(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, counted: list[str]
) -> None:
    monkeypatch.setattr("kehu.core.records.counts.CAP", 3)
    monkeypatch.setattr("kehu.core.records.counts.SPARE", 3)

    def capped(**body: Any) -> dict[str, Any]:
        with runtime.read(ADMIN) as ctx:
            asked = {"select": [], "limit": 1, "count": "capped", **body}
            return dict(orjson.loads(read.query(ctx, "product", asked))["count"])

    ids = []
    for number in range(6):
        with runtime.write(ADMIN) as ctx:
            ids += write.create(ctx, "product", {"name": f"办公椅 {number}", "code": f"P-{number}"}).ids
    more, three = {"value": 3, "exact": False}, {"value": 3, "exact": True}
    assert [capped(), capped()] == [more, more]
    assert counted == ["product"], "the second time nothing is counted"
    assert capped(where={"field": "name", "op": "contains", "value": "椅"}) == more
    with runtime.write(ADMIN) as ctx:
        write.update(ctx, "product", ids[0], {"name": "折叠椅"})
    with runtime.write(ADMIN) as ctx:
        write.create(ctx, "customer", {"name": "张伟", "kind": "person", "mobile": "13900139000"})
    counted.clear()
    assert capped() == more
    assert counted == [], "one of six was written, and a customer is no product"
    for id in ids[:3]:
        with runtime.write(ADMIN) as ctx:
            write.delete(ctx, "product", [id])
        assert capped() == (three if id == ids[2] else more)
    assert capped() == three
    with runtime.write(ADMIN) as ctx:
        write.create(ctx, "product", {"name": "书架", "code": "P-7"})
    assert capped() == more


def test_issue_5_the_doctor_lists_shapes_that_were_stopped(runtime: Runtime) -> None:
    for _ in range(2):
        with pytest.raises(TooSlow), runtime.read(ADMIN):
            raise TooSlow("query.slow", index="customer (credit_limit)", seconds=2.0)
    with runtime.read(ADMIN) as ctx:
        told = [one.data for one in diagnose(ctx, runtime.settings, []) if one.code == "doctor.slow"]
    assert [(one["index"], one["count"]) for one in told] == [("customer (credit_limit)", 2)]
