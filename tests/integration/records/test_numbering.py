"""Numbers are unique and gap-free, given ones are kept and move their counter (C1, C2, C3)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from kehu.base.common.clock import FixedClock
from kehu.base.errors import Conflict
from kehu.base.fields.numbers import PatternFault, number_form, read_pattern
from kehu.base.settings import Settings
from kehu.core.context import Actor
from kehu.core.records import write
from kehu.runtime import Runtime

TESTER = Actor("system", None, "test")


@pytest.fixture
def in_2023(ledger_settings: Settings) -> Runtime:
    """The ledger in the last minutes of 2022 by UTC, which is 2023 in Shanghai."""
    opened = Runtime.open(ledger_settings, clock=FixedClock(datetime(2022, 12, 31, 23, 30, tzinfo=UTC)))
    yield opened  # type: ignore[misc]
    opened.close()


def add(runtime: Runtime, **values: object) -> str:
    with runtime.write(TESTER) as ctx:
        given = {"name": "上海宏远", "kind": "enterprise", "industry": "信息技术",
                 "contacts": [{"name": "李娜", "mobile": "13800000001"}], **values}  # fmt: skip
        (id,) = write.create(ctx, "customer", given).ids
        table = ctx.tables["customer"].table
        return str(ctx.tx.execute(sa.select(table.c.code).where(table.c.id == id)).scalar_one())


def test_customer_numbers_follow_year_and_industry_r6(in_2023: Runtime) -> None:
    assert add(in_2023) == "2023-TEC-001"
    assert add(in_2023) == "2023-TEC-002"
    assert add(in_2023, industry=None) == "2023-OTH-001"
    person = {"kind": "person", "mobile": "13800000002", "contacts": [], "industry": None}
    assert add(in_2023, **person) == "2023-PER-001"
    assert add(in_2023, **{**person, "industry": "教育"}) == "2023-EDU-001"
    with pytest.raises(Conflict):
        add(in_2023, code="2023-TEC-001")
    assert add(in_2023) == "2023-TEC-003", "a number that was refused is not lost"


def test_given_numbers_are_kept_and_move_the_counter(in_2023: Runtime) -> None:
    assert add(in_2023, code="2023-TEC-017") == "2023-TEC-017"
    assert add(in_2023) == "2023-TEC-018"
    assert add(in_2023, code="KH88") == "KH88"
    assert add(in_2023, code="2023-XYZ-500") == "2023-XYZ-500"
    assert add(in_2023) == "2023-TEC-019"
    assert add(in_2023, code="2023-TEC-999") == "2023-TEC-999"
    assert add(in_2023) == "2023-TEC-1000"


def test_a_number_that_somebody_edits_moves_the_counter_too(in_2023: Runtime) -> None:
    add(in_2023)
    with in_2023.write(TESTER) as ctx:
        write.update(ctx, "customer", 1, {"code": "2023-TEC-040"})
    assert add(in_2023) == "2023-TEC-041"


def test_order_numbers_count_per_day_of_the_order(in_2023: Runtime) -> None:
    add(in_2023)
    codes = []
    with in_2023.write(TESTER) as ctx:
        table = ctx.tables["order"].table
        for at in ("2023-10-20T01:00:00+08:00", "2023-10-20T23:59:00+08:00", "2023-10-21T00:01:00+08:00"):
            (id,) = write.create(ctx, "order", {"customer": 1, "ordered_on": at, "owner": None}).ids
            codes.append(ctx.tx.execute(sa.select(table.c.code).where(table.c.id == id)).scalar_one())
    assert codes == ["2023102001", "2023102002", "2023102101"]


def test_sixteen_at_once_leave_no_gap(in_2023: Runtime) -> None:
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: add(in_2023), range(16)))
    assert sorted(codes) == [f"2023-TEC-{n:03d}" for n in range(1, 17)]


def test_a_rolled_back_number_is_given_again(in_2023: Runtime) -> None:
    def power_cut() -> None:
        with in_2023.write(TESTER) as ctx:
            write.create(ctx, "customer", {"name": "走了", "kind": "person", "mobile": "13800000003"})
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        power_cut()
    assert add(in_2023, kind="person", industry=None, contacts=[], mobile="13800000003") == "2023-PER-001"


@pytest.mark.parametrize(
    "bad", ["", "KH", "{counter}", "{counter:3}-x", "{created}{counter:3}", "{Nope:3}{counter:2}", "{"]
)
def test_patterns_that_cannot_count_are_refused(bad: str) -> None:
    with pytest.raises(PatternFault):
        read_pattern(bad)


def test_only_whole_numbers_of_the_pattern_fit() -> None:
    form = number_form(read_pattern("{created:YYYY}-{industry.code}-{counter:3}"), {"industry": frozenset({"TEC"})})
    assert form.fullmatch("2023-TEC-1234")
    for other in (
        "2023-TEC-12",
        "2023-XXX-123",
        "23-TEC-123",
        "2023-TEC-123x",
        "2023-TEC-" + "1" * 16,
        "２０２３-TEC-123",
    ):
        assert not form.fullmatch(other)
