"""New records are inserted with their derived values; these are what computing them afterwards would have given."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from kehu.base.schema.model import Entity
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.context import Ctx
from kehu.core.derived import service as derived
from kehu.core.derived import verify
from kehu.core.records.write import insert_values, settle
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS


def made_up(ctx: Ctx, entity: Entity, n: int, **links: int) -> list[dict[str, Any]]:
    """Values of records with some of their fields filled, parsed from samples."""
    random, env = Random(20260305), ctx.parse_env()
    rows = []
    for _ in range(n):
        row: dict[str, Any] = dict(links)
        for one in entity.visible:
            if one.read_only or one.target is not None or one.unique or random.random() < 0.4:
                continue
            kind = ctx.types[one.value_type]
            row[one.key] = kind.parse(one, kind.sample(one, random), env).value
        rows.append(row)
    return rows


@pytest.mark.parametrize("n", [30, 250])  # few rows carry all columns, many only those that are filled
def test_r8_new_records_come_with_the_derived_values_that_verify_computes(runtime: Runtime, n: int) -> None:
    computed: dict[str, int] = {}
    bring = derived._bring

    def counting(ctx: Ctx, graph: Any, nodes: Any, ids: Any) -> set[int]:
        computed[nodes[0].entity] = computed.get(nodes[0].entity, 0) + len(ids)
        return bring(ctx, graph, nodes, ids)

    with runtime.write(BOSS) as ctx, pytest.MonkeyPatch.context() as patch:
        patch.setattr(derived, "_bring", counting)
        door.begin(ctx, Title(text="新客户"), origin="import")
        entities = ctx.catalog.entities
        customers = insert_values(ctx, entities["customer"], made_up(ctx, entities["customer"], n))
        insert_values(ctx, entities["product"], made_up(ctx, entities["product"], n))
        settle(ctx)
        assert "customer" not in computed, "a new customer was written a second time"
        for key in ("contact", "address", "interaction", "order", "payment", "contract"):
            insert_values(ctx, entities[key], made_up(ctx, entities[key], n, customer=customers[0]))
        door.update(ctx, "customer", {customers[1]: {"opening_amount": 12_300, "mobile": None}})
        settle(ctx)
        assert computed["customer"] > 0, "children and edits still reach the customer"
        faults = [(check.name, check.faults, check.examples) for check in verify(ctx) if check.faults]
        assert faults == []
