"""Indexes from saved views: proposed, built by a job, used; what the kit's lists begin with is used too. By EXPLAIN."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.catalog import proposals
from kehu.core.catalog.indexes import declared
from kehu.core.context import Actor, Ctx
from kehu.core.records import read, write
from kehu.features.diagnosis.service import diagnose
from kehu.features.views import service as views
from kehu.runtime import Runtime
from tests.support.statements import noted

BOSS = Actor("command_line", None, "boss")
ROWS = 3_000
HIGH = {"field": "intention_level", "op": "eq", "value": "high"}
BY_LIMIT = [{"field": "credit_limit", "order": "desc"}]
VIEW = {"select": ["name"], "where": {"and": [HIGH]}, "sort": BY_LIMIT}


@pytest.fixture
def filled(runtime: Runtime) -> Runtime:
    rng = random.Random(7)
    levels = [option.key for option in _entity(runtime).fields["intention_level"].options]
    with runtime.write(BOSS) as ctx:
        rows = [
            {"name": f"上海宏远贸易{n}", "kind": "enterprise", "mobile": f"139{n:08}",
             "credit_limit": rng.randrange(10**7), "intention_level": rng.choice(levels),
             "opening_amount": rng.randrange(10**7),
             "opening_last_on": f"2025-{1 + n % 12:02}-{1 + n % 28:02}"}
            for n in range(ROWS)
        ]  # fmt: skip
        write.door.begin(ctx, write.Title(text="客户"), origin="import")
        write.insert_values(ctx, ctx.catalog.entities["customer"], rows)
    with runtime.write(BOSS) as ctx:
        if ctx.dialect.knows_values:
            ctx.tx.execute(sa.text("analyze"))
    return runtime


def _entity(runtime: Runtime) -> Any:
    with runtime.read(BOSS) as ctx:
        return ctx.catalog.entities["customer"]


def _plan(ctx: Ctx, body: Mapping[str, Any]) -> str:
    """How the database reads a list, in its own words."""
    with noted(ctx.dialect) as ran:
        read.query(ctx, "customer", body)
    explain = "explain" if ctx.dialect.knows_values else "explain query plan"
    plans = []
    for sql, values in ran:
        if "LIMIT" in sql.upper() and '"customer"' in sql:
            # SQLite does not plan an EXPLAIN again that it has kept, whatever indexes have come since.
            asked = f"{explain} {sql} /* {random.random()} */"
            plans += [str(row[-1]) for row in ctx.dialect.run(ctx.tx, asked, values).fetchall()]
    assert plans, "no list was read"
    return "\n".join(plans)


def _without_index(plan: str) -> bool:
    """Whether the customers of the page are looked for by reading all of them, or sorted when they are found."""
    return re.search(r"Seq Scan on customer t1\b|SCAN t1(?! USING)", plan) is not None


def test_the_standard_lists_of_the_kit_use_their_indexes(filled: Runtime) -> None:
    with filled.read(BOSS) as ctx:
        names = {index.name: index for index, state in declared(ctx.tx, "customer") if state == "ready"}
        for field in ("name", "total_amount", "last_cooperation_on", "updated_at"):
            plan = _plan(ctx, {"select": ["name"], "limit": 50, "sort": [{"field": field, "order": "desc"}]})
            used = [name for name in names if re.search(rf"\b{name}\b", plan)]
            assert any(names[name].fields == (field,) for name in used), plan
            assert not _without_index(plan), plan
        plan = _plan(ctx, {"select": ["name"], "limit": 50, "sort": [{"field": "email", "order": "desc"}]})
        assert _without_index(plan), "a list without an index is seen as one"


@pytest.mark.parametrize(
    ("layout", "asked"),
    [
        ({"as": "board", "by": "intention_level"}, {"select": ["code"], "where": HIGH, "sort": BY_LIMIT}),
        ({"group": "intention_level"}, {"select": ["mobile"], "where": HIGH, "sort": BY_LIMIT}),
    ],
)
def test_a_board_and_a_grouped_list_get_an_index_for_their_parts(
    filled: Runtime, layout: dict[str, str], asked: dict[str, Any]
) -> None:
    with filled.read(BOSS) as ctx:
        index = proposals.missing(ctx, "customer", {"select": ["name"], "sort": BY_LIMIT, "layout": layout})
        assert index is not None
        assert index.columns == ("intention_level", "credit_limit", "id")
        assert _without_index(_plan(ctx, {**asked, "limit": 30}))
        assert (
            proposals.missing(ctx, "customer", {"select": ["name"], "layout": {"as": "board", "by": "no.such"}}) is None
        )
    with filled.write(BOSS) as ctx:
        views.create_view(ctx, "customer", "意向", {"select": ["name"], "sort": BY_LIMIT, "layout": layout})
    filled.runner().run_all()
    with filled.read(BOSS) as ctx:
        assert index.name in _plan(ctx, {**asked, "limit": 30}), "each column of the board"


def test_a_saved_view_gets_its_index_from_a_job_and_uses_it(filled: Runtime) -> None:
    with filled.read(BOSS) as ctx:
        assert _without_index(_plan(ctx, {**VIEW, "limit": 50}))
    with filled.write(BOSS) as ctx:
        views.create_view(ctx, "customer", "意向高的大客户", VIEW)
        views.create_view(ctx, "customer", "同样的一个", VIEW)
    filled.runner().run_all()
    with filled.read(BOSS) as ctx:
        made = [(i, s) for i, s in declared(ctx.tx, "customer") if i.columns[:2] == ("intention_level", "credit_limit")]
        assert [state for _, state in made] == ["ready"], "one index for two views"
        plan = _plan(ctx, {**VIEW, "limit": 50})
        assert made[0][0].name in plan, plan
        assert not _without_index(plan), plan


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        ({"sort": [{"field": "total_amount"}]}, None),  # the kit's own
        ({"sort": [{"field": "credit_limit"}]}, ("credit_limit", "id")),
        ({"where": HIGH, "sort": BY_LIMIT}, ("intention_level", "credit_limit", "id")),
        ({"where": {"or": [HIGH, HIGH]}, "sort": BY_LIMIT}, ("credit_limit", "id")),
        ({"where": {"and": [HIGH, {"not": HIGH}]}}, ("intention_level",)),
        ({"where": {"field": "credit_days", "op": "gte", "value": 30}}, ("credit_days", "id")),
        ({"where": {"field": "owner", "op": "is_me"}}, None),  # every relation has one
        ({"where": {"field": "owner.name", "op": "eq", "value": "周以宁"}}, None),
        ({"where": {"field": "bank_account", "op": "eq", "value": "62"}}, None),  # secret
        ({"sort": [{"field": "remark"}]}, None),  # too long for an index
        ({"sort": [{"field": "owner"}]}, None),  # by a name that stands elsewhere
        ({"search": "宏远", "sort": BY_LIMIT}, None),
        ({"layout": {"group": "owner"}, "sort": BY_LIMIT}, ("credit_limit", "id")),  # by a name that stands elsewhere
        ({"layout": {"as": "calendar", "by": "intention_level"}, "sort": BY_LIMIT}, ("credit_limit", "id")),
        ({"layout": {"as": "board", "by": "intention_level"}}, ("intention_level",)),
        ({"layout": {"as": "board", "by": "no.such"}}, None),
        ({"layout": ["board"]}, None),
        ({"where": "?", "sort": [{"field": ["x"]}]}, None),
        ({}, None),
    ],
)
def test_what_a_view_is_served_by(runtime: Runtime, data: dict[str, Any], columns: tuple[str, ...] | None) -> None:
    with runtime.read(BOSS) as ctx:
        found = proposals.missing(ctx, "customer", data)
        assert (found.columns if found is not None else None) == columns


def test_there_is_an_end_to_indexes_and_doctor_tells(runtime: Runtime) -> None:
    fields = ["credit_limit", "credit_days", "opening_amount", "intention_level", "created_at", "kind", "industry"]
    fields += ["opening_last_on", "completeness"]
    with runtime.write(BOSS) as ctx:
        assert proposals.has_room(ctx, "customer")
        for field in fields:
            views.create_view(ctx, "customer", f"按 {field}", {"sort": [{"field": field}]})
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        assert not proposals.has_room(ctx, "customer")
        made = {index.fields for index, state in declared(ctx.tx, "customer") if state == "ready"}
        assert sum((field,) in made for field in fields) > 4, "the kit's own leave room for those of several views"
        told = [one.data for one in diagnose(ctx, runtime.settings, ()) if one.code == "doctor.view_without_index"]
        assert told, "some of nine did not fit"
        assert all(one["most"] == proposals.MOST for one in told)
        jobs = ctx.tx.execute(sa.select(sa.func.count()).select_from(system.job)).scalar_one()
    with runtime.write(BOSS) as ctx:
        views.create_view(ctx, "customer", "又一个", {"sort": [{"field": "opening_count"}]})
        assert ctx.tx.execute(sa.select(sa.func.count()).select_from(system.job)).scalar_one() == jobs
        assert orjson.loads(ctx.tx.execute(sa.select(system.view.c.data)).scalars().first() or "")["sort"]
