"""`kehu verify` finds what was changed behind the ledger's back, and names where; a sound ledger has no faults."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.context import Actor, Ctx
from kehu.features.verification.service import files, verify
from kehu.runtime import Runtime
from tests.support import ledgers
from tests.support.ledger_samples import fill

SYSTEM = Actor("system", None, "测试")
REQUIRED = {"changeset_chain", "record_history", "rollups", "formulas", "search_index", "catalog_columns", "counters"}
Fault = Callable[[Ctx], object]


def put(entity: str, id: int, **values: object) -> Fault:
    """Change stored columns as somebody with the database in his hands would."""

    def do(ctx: Ctx) -> object:
        table = ctx.tables[entity].table
        return ctx.tx.execute(sa.update(table).where(table.c.id == id).values(values))

    return do


def sql(text: str) -> Fault:
    return lambda ctx: ctx.tx.execute(sa.text(text))


def change_before(ctx: Ctx) -> object:
    change = system.change
    chosen = (change.c.entity == "customer", change.c.record == 1, change.c.op == "update")
    return ctx.tx.execute(sa.update(change).where(*chosen).values(before='{"remark":"编的"}'))


def drop_tokens(ctx: Ctx) -> object:
    return ctx.dialect.put_tokens(ctx.tx, ctx.tables["customer"].search, [(1, ())])


def lose_ids(ctx: Ctx) -> object:
    if ctx.dialect.name == "sqlite":
        return ctx.tx.execute(sa.text("update kehu_counter set value = 1 where name = 'customer'"))
    return ctx.tx.execute(sa.text("select setval('id_customer', 1)"))


def drop_an_index(ctx: Ctx) -> object:
    chosen = sa.select(system.catalog_index.c.name).where(system.catalog_index.c.state == "ready")
    name = ctx.tx.execute(chosen.order_by(system.catalog_index.c.name).limit(1)).scalar_one()
    return ctx.tx.execute(sa.text(f'drop index "{name}"'))


FAULTS: dict[str, tuple[str, Fault, str]] = {
    "a name edited": ("record_history", put("customer", 1, name="上海虹远"), "customer 1"),
    "a record slipped in": (
        "record_history",
        lambda ctx: ctx.tx.execute(
            sa.insert(ctx.tables["product"].table).values(id=1000, rev=1, code="X", name="私货", type="product")
        ),
        "product 1000: has no history",
    ),
    "a record taken away": ("record_history", sql("delete from contact where id = 2"), "contact 2"),
    "a value before edited": ("record_history", change_before, "customer 1"),
    "a digest edited": ("changeset_chain", sql("update kehu_change set digest = 'x' where op = 'create'"), "tx"),
    "a time edited": (
        "changeset_chain",
        sql("update kehu_tx set at = '2020-01-01T00:00:00.000Z' where seq = 2"),
        "hash",
    ),
    "a transaction removed": ("changeset_chain", sql("delete from kehu_tx where seq = 2"), "expected 2"),
    "a change removed": ("changeset_chain", sql("delete from kehu_change where op = 'delete'"), "changes"),
    "a roll-up edited": ("rollups", put("order", 1, lines_amount=1), "order 1: lines_amount"),
    "a formula edited": ("formulas", put("customer", 2, contact_method="13900000000"), "customer 2: contact_method"),
    "tokens lost": ("search_index", drop_tokens, "customer 1"),
    "a dangling relation": ("relations", put("contact", 1, customer_id=999), "contact 1: customer"),
    "a list row lost": ("lists", sql('delete from "l_customer__tags"'), "customer 1: tags"),
    "a list row added": ("lists", sql("insert into \"l_customer__tags\" values (2, '编的')"), "customer 2: tags"),
    "an id series set back": ("counters", lose_ids, "customer"),
    "a numbering set back": ("counters", sql("update kehu_number set value = 0"), "customer.code"),
    "an index dropped": ("catalog_columns", drop_an_index, "no index"),
    "a column dropped": ("catalog_columns", sql("alter table safety_note drop column updated_by"), "updated_by"),
}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def sound(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A filled ledger; tests change it in transactions that they roll back."""
    if request.param == "postgres":
        request.getfixturevalue("postgres_server")
    folder = tmp_path_factory.mktemp(f"sound-{request.param}")
    with ledgers.cloned(request.param, folder / "ledger") as settings, Runtime.open(settings) as runtime:
        fill(runtime)
        yield runtime


class _Back(Exception):
    """Ends a transaction without its effect."""


def test_a_sound_ledger_has_no_faults(sound: Runtime) -> None:
    with sound.read(SYSTEM) as ctx:
        found = verify(ctx)
    assert found["ok"], found
    names = {check["name"] for check in found["checks"]}
    assert names >= REQUIRED
    assert names & {"sqlite_integrity", "relations"}
    counted = {check["name"]: check["items"] for check in found["checks"]}
    assert all(counted.values()), f"a check looked at nothing: {counted}"


@pytest.mark.parametrize("name", FAULTS)
def test_each_planted_fault_is_found_by_its_check(sound: Runtime, name: str) -> None:
    check, fault, example = FAULTS[name]
    with contextlib.suppress(_Back), sound.write(SYSTEM) as ctx:
        fault(ctx)
        found = verify(ctx)
        raise _Back
    assert not found["ok"]
    told = next(one for one in found["checks"] if one["name"] == check)
    assert told["faults"] >= 1
    assert any(example in line for line in told["examples"]), told


def test_a_lost_file_is_found(sound: Runtime) -> None:
    file = next(path for path in sound.settings.files.glob("*/*") if path.is_file())
    file.rename(file.with_suffix(".away"))
    try:
        with sound.read(SYSTEM) as ctx:
            told = files(ctx)
    finally:
        file.with_suffix(".away").rename(file)
    assert (told.faults, told.examples) == (1, ["file 1: missing"])
