"""One main contact and one default address per customer, whatever is changed, taken back, merged or put back."""

from __future__ import annotations

import random

import pytest

from kehu.base.errors import KehuError
from kehu.core.context import Ctx
from kehu.core.records import read, undo, write
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS


def make(runtime: Runtime, contacts: int) -> tuple[int, list[int]]:
    with runtime.write(BOSS) as ctx:
        people = [{"name": f"联系人{n}", "mobile": f"1380000{n:04}"} for n in range(contacts)]
        id = write.create(ctx, "customer", {"name": "宏远贸易", "kind": "enterprise", "contacts": people}).ids[0]
        return id, read.select_ids(ctx, "contact", {"field": "customer", "op": "eq", "value": id})


def marked(ctx: Ctx, customer: int) -> dict[int, bool]:
    found = read.rows(
        ctx, "contact", {"select": ["is_primary"], "where": {"field": "customer", "op": "eq", "value": customer}}
    )
    return {row[0]: bool(row[2]) for row in found}


def test_undo_of_a_main_contact_leaves_one_and_what_was_chosen_since(runtime: Runtime) -> None:
    customer, (first, second, third) = make(runtime, 3)
    with runtime.write(BOSS) as ctx:
        chosen = write.update(ctx, "contact", second, {"is_primary": True}).changeset
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "contact", third, {"is_primary": True})
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, chosen)
    with runtime.read(BOSS) as ctx:
        assert marked(ctx, customer) == {first: False, second: False, third: True}, "who was chosen later stays"


@pytest.mark.parametrize("seed", range(12))
def test_one_contact_is_the_main_one_whatever_happens(runtime: Runtime, seed: int) -> None:
    chance = random.Random(seed)
    customers = [make(runtime, chance.randint(1, 4))[0] for _ in range(2)]
    done: list[int] = []
    story: list[str] = []
    for _ in range(25):
        customer = chance.choice(customers)
        try:
            with runtime.write(BOSS) as ctx:
                held = list(marked(ctx, customer))
                what = chance.choice(["mark", "mark", "unmark", "add", "delete", "move", "undo", "undo", "one", "back"])
                story.append(f"{what} {customer} {held}")
                one = chance.choice(held) if held else 0
                if what == "undo" and done:
                    undo.undo(ctx, chance.choice(done))
                elif what == "one" and done and one:
                    undo.undo(ctx, chance.choice(done), record=("contact", one))
                elif what == "add":
                    given = {"name": "新人", "customer": customer, "is_primary": chance.random() < 0.5}
                    done.append(write.create(ctx, "contact", given).changeset)
                elif what == "delete" and one:
                    done.append(write.delete(ctx, "contact", [one]).changeset)
                elif what == "move" and one:
                    done.append(write.update(ctx, "contact", one, {"customer": chance.choice(customers)}).changeset)
                elif what in ("mark", "unmark") and one:
                    done.append(write.update(ctx, "contact", one, {"is_primary": what == "mark"}).changeset)
        except KehuError:
            continue
        with runtime.read(BOSS) as ctx:
            for each in customers:
                marks = marked(ctx, each)
                assert sum(marks.values()) == min(1, len(marks)), (story, marks)
