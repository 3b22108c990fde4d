"""Proves the history: the chain over all transactions, and every record's digests from now back to its creation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.fields.base import Stored
from kehu.core.changesets.write import link, values_digest
from kehu.core.context import Ctx

EXAMPLES = 10
PORTION = 2_000


@dataclass(slots=True)
class Check:
    """One check of `kehu verify`."""

    name: str
    items: int = 0
    faults: int = 0
    examples: list[str] = field(default_factory=list)

    def fault(self, example: str) -> None:
        """Count a fault and keep the first few."""
        self.faults += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)

    def outward(self) -> dict[str, Any]:
        """The form of `kehu verify --json`."""
        return {"name": self.name, "items": self.items, "faults": self.faults, "examples": self.examples}


def verify_chain(ctx: Ctx) -> Check:
    """Recompute the hash of every transaction: nothing was inserted, removed, reordered or edited."""
    check = Check("changeset_chain")
    prev, expected = "", 1
    for row in _all_tx(ctx):
        check.items += 1
        if row.seq != expected or row.prev != prev:
            check.fault(f"tx {row.id}: seq {row.seq}, expected {expected}")
        if link(ctx, row.prev, row.seq, row.at, row.changeset, row.id, row.digest) != row.hash:
            check.fault(f"tx {row.id}: hash")
        elif _lines_digest(ctx, row.id) != row.digest:
            check.fault(f"tx {row.id}: changes")
        prev, expected = row.hash, row.seq + 1
    return check


def _all_tx(ctx: Ctx) -> Iterator[Any]:
    at = 0
    while True:
        rows = ctx.tx.execute(
            sa.select(system.tx).where(system.tx.c.seq > at).order_by(system.tx.c.seq).limit(PORTION)
        ).all()
        yield from rows
        if len(rows) < PORTION:
            return
        at = rows[-1].seq


def _lines_digest(ctx: Ctx, tx: int) -> str:
    change = system.change
    rows = ctx.tx.execute(
        sa.select(change.c.entity, change.c.record, change.c.op, change.c.digest)
        .where(change.c.tx == tx)
        .order_by(change.c.entity, change.c.record)
    )
    lines = "\n".join(f"{entity}|{record}|{op}|{digest or ''}" for entity, record, op, digest in rows)
    return hashlib.sha256(lines.encode()).hexdigest()


def verify_records(ctx: Ctx) -> Check:
    """Walk every record back from its live values: each state must have the digest that was stored for it."""
    check = Check("record_history")
    for entity, found in ctx.tables.of.items():
        if found.entity.system:
            continue
        at = 0
        while True:
            ids = _portion(ctx, entity, at)
            if not ids:
                break
            _walk(ctx, entity, ids, check)
            at = ids[-1]
    return check


def _portion(ctx: Ctx, entity: str, after: int) -> list[int]:
    """Ids of records that live or ever lived, in order."""
    table, change = ctx.tables[entity].table, system.change
    live = sa.select(table.c.id.label("id")).where(table.c.id > after).order_by(table.c.id).limit(PORTION)
    known = (
        sa.select(change.c.record.label("id"))
        .where(change.c.entity == entity, change.c.record > after)
        .distinct()
        .order_by(change.c.record)
        .limit(PORTION)
    )
    both = sa.union(live.subquery().select(), known.subquery().select()).subquery()
    return list(ctx.tx.execute(sa.select(both.c.id).order_by(both.c.id).limit(PORTION)).scalars())


def _walk(ctx: Ctx, entity: str, ids: list[int], check: Check) -> None:
    table = ctx.tables[entity]
    names = [column.name for column in table.base]
    state: dict[int, dict[str, Stored] | None] = dict.fromkeys(ids)
    for row in ctx.tx.execute(
        sa.select(table.table.c.id, *(table.table.c[n] for n in names)).where(among(ctx.dialect, table.table.c.id, ids))
    ):
        state[row[0]] = dict(zip(names, row[1:], strict=True))
    change, tx = system.change, system.tx
    rows = ctx.tx.execute(
        sa.select(change.c.record, change.c.op, change.c.before, change.c.digest, change.c.tx)
        .join(tx, tx.c.id == change.c.tx)
        .where(change.c.entity == entity, among(ctx.dialect, change.c.record, ids))
        .order_by(tx.c.seq.desc())
    )
    begun: set[int] = set()
    for id, op, before, digest, tx_id in rows:
        check.items += 1
        now = state[id]
        begun.add(id)
        if op == "delete":
            if now is not None:
                check.fault(f"{entity} {id}: tx {tx_id} deleted it, but it was there afterwards")
            state[id] = _image(names, before)
            continue
        if now is None or values_digest(ctx, entity, id, now) != digest:
            check.fault(f"{entity} {id}: not what tx {tx_id} wrote")
        state[id] = None if op == "create" else {**(now or {}), **orjson.loads(before or "{}")}
    for id in ids:
        if id not in begun:
            check.fault(f"{entity} {id}: has no history")
        elif state[id] is not None:
            check.fault(f"{entity} {id}: has no creation")


def _image(names: list[str], before: str | None) -> dict[str, Stored]:
    image: dict[str, Stored] = orjson.loads(before or "{}")
    return {name: image.get(name) for name in names}
