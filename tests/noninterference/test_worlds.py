"""B1: nobody learns a hidden value through any address. Two worlds, one role, the same answers to the byte."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.noninterference import operations, policy
from tests.noninterference.harness import Harness, opened
from tests.noninterference.worlds import Past

TORTURE = os.environ.get("KEHU_HYPOTHESIS") == "torture"
NAMES = ("上海宏远贸易有限公司", "张伟工作室", "宏远老板", "长江新客户", "王蕾", "茅台专卖")
AMOUNTS = ("1", "50", "100", "8888", "120000.50", "9999999")

rows = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "mobile": st.sampled_from(("13800138000", "13500135000", "13911112222")),
        "owned": st.booleans(),
        "amount": st.sampled_from(AMOUNTS),
        "hung": st.booleans(),
        "deleted": st.booleans(),
    }
)
place = st.sampled_from((None, 0, 1))
numbers = st.integers(0, 2)
sales = st.fixed_dictionaries(
    {
        "rows": st.lists(rows, min_size=1, max_size=4),
        "parent": place,
        "referrer": place,
        "task": place,
        "credit": st.sampled_from(AMOUNTS),
        "days": st.integers(1, 90),
        "number": numbers,
        "mixed": st.integers(0, 3),
        "in_the_way": st.booleans(),
        "views": st.integers(0, 2),
    }
)
cells = st.fixed_dictionaries(
    {
        "amount": st.sampled_from(AMOUNTS),
        "limit": st.sampled_from(AMOUNTS),
        "text": st.sampled_from(NAMES),
        "habit": st.sampled_from(("prepayment", "monthly_settlement", "instalments")),
        "days": st.integers(1, 90),
        "due": st.sampled_from(("2026-01-01", "2026-03-05", "2026-12-31")),
        "number": numbers,
    }
)
payments = st.fixed_dictionaries(
    {"of": numbers, "order": st.booleans(), "amount": st.sampled_from(AMOUNTS), "deleted": st.booleans()}
)
service = st.fixed_dictionaries(
    {
        "cells": st.lists(cells, min_size=3, max_size=3),
        "payments": st.lists(payments, max_size=4),
        "mixed": st.integers(0, 2),
        "views": st.integers(0, 2),
    }
)
SECRETS = {"sales": sales, "service": service}


def _row(name: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "mobile": "13800138000",
        "owned": True,
        "amount": amount,
        "hung": True,
        "deleted": False,
        **more,
    }


def _cells(amount: str, limit: str, text: str, habit: str, days: int, due: str, number: int) -> dict[str, Any]:
    return {"amount": amount, "limit": limit, "text": text, "habit": habit, "days": days, "due": due, "number": number}


# One pair per role that differs in every hidden place at once.
APART: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sales": (
        {
            "rows": [_row("茅台专卖", "8888"), _row("宏远老板", "50", hung=False, deleted=True)],
            "parent": 0, "referrer": None, "task": 0, "credit": "8888", "days": 7, "number": 0, "mixed": 1,
            "in_the_way": True, "views": 2,
        },
        {
            "rows": [
                _row("张伟工作室", "1"), _row("长江新客户", "120000.50"), _row("王蕾", "3", owned=False, hung=False),
            ],
            "parent": None, "referrer": 1, "task": None, "credit": "1", "days": 60, "number": 1, "mixed": 3,
            "in_the_way": False, "views": 0,
        },
    ),
    "service": (
        {
            "cells": [_cells(*one) for one in (
                ("8888", "1", "宏远老板", "prepayment", 5, "2026-01-01", 0),
                ("1", "50", "王蕾", "instalments", 30, "2026-12-31", 1),
                ("100", "8888", "茅台专卖", "prepayment", 9, "2026-03-05", 2),
            )],
            "payments": [
                {"of": 0, "order": True, "amount": "8888", "deleted": False},
                {"of": 1, "order": False, "amount": "1", "deleted": True},
            ],
            "mixed": 0, "views": 1,
        },
        {
            "cells": [_cells(*one) for one in (
                ("50", "120000.50", "长江新客户", "monthly_settlement", 60, "2026-12-31", 2),
                ("8888", "1", "茅台专卖", "prepayment", 5, "2026-01-01", 0),
                ("9999999", "100", "王蕾", "instalments", 90, "2026-01-01", 1),
            )],
            "payments": [{"of": 2, "order": True, "amount": "50", "deleted": False}],
            "mixed": 2, "views": 0,
        },
    ),
}  # fmt: skip


def thinned(found: list[operations.Op], kind: str) -> list[operations.Op]:
    """One request in so many of each operation, others on each database; everything under torture."""
    if TORTURE:
        return found
    left, kept = dict.fromkeys(SHARE, 0), []
    for op in found:
        n = left.get(op.operation, 0)
        left[op.operation] = n + 1
        share = SHARE.get(op.operation, 1)
        if n % share == (share // 2 if kind == "postgres" else 0):
            kept.append(op)
    return kept


# Which part of the requests an ordinary run makes.
SHARE = {
    "query_records": 101,
    "aggregate_records": 23,
    "get_record": 7,
    "record_history": 7,
    "get_changeset": 6,
    "undo_changeset": 7,
    "update_record": 3,
    "list_trash": 3,
    "restore_record": 3,
    "delete_record": 3,
    "bulk_change": 3,
}


@pytest.mark.parametrize("role", policy.ROLES)
def test_r36_two_worlds_answer_alike(past: Past, tmp_path: Path, role: str) -> None:
    with opened(past, tmp_path, role, *APART[role]) as harness:
        harness.run(thinned(operations.reads(harness.shape), past.kind))
        harness.run(operations.changes(harness.shape))
        harness.run(op for op in thinned(operations.reads(harness.shape), past.kind) if op.operation in AFTERWARDS)
        if past.kind == "sqlite":  # the other database gets another part of the requests
            _saw_enough(harness)


AFTERWARDS = ("get_record", "record_history", "list_changesets", "get_changeset", "list_trash")


def _saw_enough(harness: Harness) -> None:
    """A harness that is only ever refused proves nothing."""
    silent = {op for op in harness.asked if not harness.passed[op]}
    never = {"change_catalog", "get_import", "change_import", "import_report", "apply_import", "import_errors"}
    never |= {"import_preview", "import_conflicts", "import_findings", "list_versions"}
    never |= {"start_backup", "get_backup", "backup_file", "change_view", "delete_view", "bulk_change"}
    never |= {"list_backups", "list_people", "add_person", "change_person", "end_token", "get_file"}
    assert silent <= never, f"never answered: {silent - never}"


@pytest.mark.parametrize("role", policy.ROLES)
@settings(max_examples=400 if TORTURE else 1)
@given(data=st.data())
def test_r36_random_worlds_answer_alike(past: Past, tmp_path: Path, role: str, data: st.DataObject) -> None:
    one, two = data.draw(SECRETS[role]), data.draw(SECRETS[role])
    seed = data.draw(st.integers(1, 1_000_000))
    with opened(past, tmp_path, role, one, two, seed) as harness:
        pool = operations.reads(harness.shape) + 20 * operations.changes(harness.shape)
        random = Random(seed)
        harness.run([operations.Op("list_changesets", "GET", "/changesets?limit=200")])
        for _ in range(4 if TORTURE else 1):
            ops = [random.choice(pool) for _ in range(random.randint(1, 12))]
            note("\n".join(str(op) for op in ops))
            harness.run(ops)


@pytest.mark.parametrize("role", policy.ROLES)
def test_r36_the_catalog_names_nothing_hidden(sqlite_past: Past, tmp_path: Path, role: str) -> None:
    with opened(sqlite_past, tmp_path, role, *APART[role]) as harness:
        from kehu.core.catalog.describe import describe
        from tests.noninterference.worlds import SYSTEM

        with harness.pairs.one.ledger.runtime.read(SYSTEM) as ctx:
            everything = describe(ctx)
        assert not policy.leaked_names(role, everything, harness.shape.shown)
        fields = {f["key"] for e in everything["entities"] for f in e["fields"]}
        assert {"opening_amount", "credit_limit", "bank_account"} <= fields
