"""How the read door uses statements: compiled once per shape, stopped in time, as wide as a catalog can get."""

from __future__ import annotations

from typing import Any

import pytest

from kehu.base.db.query import run
from kehu.base.db.query.ast import Filter, Intent, Order, Shape
from kehu.base.db.query.run import limited
from kehu.base.errors import TooSlow
from kehu.core.access.sight import access
from kehu.core.records import planning, read
from tests.support.reading import BOSS, ZHOU, ReadLedger, answer

WIDE = ["name", "stage", "limit", "rate", "share", "visits", "born", "seen", "vip", "tags", "owner", "parent", "age"]


def test_a_shape_is_compiled_once_whatever_its_values(read_ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    compile_one = run.compile_statement

    def counted(*arguments: Any, same_plan: bool) -> run.Statement:
        made.append(arguments)
        return compile_one(*arguments, same_plan=same_plan)

    monkeypatch.setattr(run, "compile_statement", counted)

    def page(actor: Any, amount: str, **more: Any) -> Any:
        body = {"select": ["visits"], "where": {"field": "limit", "op": "gt", "value": amount}, **more}
        with read_ledger.reading(actor) as ctx:
            return answer(read.query(ctx, "customer", body))["rows"]

    first = page(BOSS, "-200")
    compiled = len(made)
    assert compiled > 0
    assert page(BOSS, "0.50") != first
    assert page(BOSS, "0.50", limit=1) == page(BOSS, "0.50")[:1]
    assert len(made) == compiled, "other values and limits, the same statement"
    own = page(ZHOU, "-200")
    assert len(made) > compiled, "another sight, another statement"
    assert own != first


def test_a_statement_that_runs_too_long_stops_and_names_the_index(read_ledger: ReadLedger) -> None:
    endless = "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r"
    with pytest.raises(TooSlow) as caught, read_ledger.reading(BOSS) as ctx:
        with limited(ctx.tx, ctx.dialect, lambda: "customer (limit)", 0.2):
            ctx.tx.exec_driver_sql(endless)
    assert (caught.value.code, caught.value.data["index"]) == ("query.slow", "customer (limit)")
    with read_ledger.reading(BOSS) as ctx:
        assert answer(read.query(ctx, "customer", {"limit": 1}))["rows"], "the connection goes on"


def test_rows_wider_than_a_function_call_of_postgresql(read_ledger: ReadLedger) -> None:
    select = (WIDE * 12)[:150]
    with read_ledger.reading(BOSS) as ctx:
        narrow = answer(read.query(ctx, "customer", {"select": WIDE}))["rows"]
        wide = answer(read.query(ctx, "customer", {"select": select}))["rows"]
    assert [row[: 2 + len(WIDE)] for row in wide] == narrow
    assert all(row[2:][n] == row[2:][n % len(WIDE)] for row in wide for n in range(150))


@pytest.mark.parametrize("entity", ["customer", "order"])
@pytest.mark.parametrize("forced", ["scope", "sort"])
def test_core_13_what_is_read_first_changes_no_answer(
    read_ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch, entity: str, forced: str
) -> None:
    def walked(drive: str | None) -> list[Any]:
        monkeypatch.setattr(planning, "drive", lambda ctx, intent: drive)
        found: list[Any] = []
        for key in ("amount", "code") if entity == "order" else ("limit", "name", "stage", "born"):
            for order in ("asc", "desc"):
                body: dict[str, Any] = {"select": [], "sort": [{"field": key, "order": order}], "limit": 7}
                while True:
                    with read_ledger.reading(ZHOU) as ctx:
                        page = answer(read.query(ctx, entity, body))
                    found += page["rows"]
                    body["after"] = page["next"]
                    if page["next"] is None:
                        break
        return found

    assert walked(forced) == walked(None)


def test_core_13_few_rows_of_ones_own_are_read_first(read_ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    def drives(actor: Any) -> set[str | None]:
        with read_ledger.reading(actor) as ctx:
            found = set()
            for key, field in (("customer", "limit"), ("order", "amount")):
                source, handle = access(ctx).source(key), access(ctx).handle(key, field, "sort")
                assert source is not None
                assert handle is not None
                found.add(planning.drive(ctx, Intent(Shape(Filter(source), (), (Order(handle),)))))
            return found

    assert drives(ZHOU) == {None}, "in a small table any way is quick"
    monkeypatch.setattr(planning, "SMALL", 0)
    monkeypatch.setattr(planning, "SHARE", 1)
    with read_ledger.reading(ZHOU) as ctx:
        planned = None if ctx.dialect.knows_values else "scope"
    assert drives(ZHOU) == {planned}
    assert drives(BOSS) == {None}, "who sees all rows has none to begin with"
    monkeypatch.setattr(planning, "_indexes", lambda ctx, shape: [["limit", "id"], ["amount", "id"]])
    monkeypatch.setattr(planning, "SHARE", 1_000_000)
    assert drives(ZHOU) == {None if planned is None else "sort"}
