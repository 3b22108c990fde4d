"""The ledger that is measured: the skew of real ones, and as true as one that people typed."""

from __future__ import annotations

import sqlalchemy as sa

from benchmarks import seed
from kehu.core.context import Ctx
from kehu.features.verification.service import verify
from kehu.runtime import Runtime

CUSTOMERS, ORDERS = 300, 2_000


def test_a_made_up_ledger_has_the_skew_of_real_ones_and_is_true(runtime: Runtime) -> None:
    seed.make(runtime, CUSTOMERS, ORDERS)
    with runtime.read(seed.SYSTEM) as ctx:
        rows = {key: ctx.tx.scalar(sa.text(f'select count(*) from "{key}"')) for key in seed.LOADED}
        assert rows == {
            "customer": CUSTOMERS,
            "contact": 2 * CUSTOMERS,
            "interaction": 2 * CUSTOMERS,
            "order": ORDERS,
            "order_line": ORDERS,
        }
        assert ctx.tx.scalar(sa.text("select name from customer where id = 1")) == seed.WALK_IN
        assert 0.04 < _share(ctx, 1) < 0.08
        assert 0.76 < _share(ctx, CUSTOMERS // 5) < 0.84
        first = "select count(distinct customer_id) from contact where is_primary = 1"
        assert ctx.tx.scalar(sa.text(first)) == CUSTOMERS
        assert not [check for check in verify(ctx)["checks"] if check["faults"]]


def _share(ctx: Ctx, customers: int) -> float:
    """The part of all orders that the first of the customers have."""
    some = sa.text('select count(*) from "order" where customer_id <= :n')
    return int(ctx.tx.execute(some, {"n": customers}).scalar_one()) / ORDERS
