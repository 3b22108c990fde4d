"""Brings converted rows into the ledger, portion by portion: each row is split into its parts, each part matched,
created or updated, those that others refer to first.

A customer with contact and address, an order with customer, lines and products: one way for all of them. The rehearsal
runs the same code without the last step. Writes through `core.records.write` and the change-set door only; the caller
has opened the change-set and checks the right to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from kehu.core.access.permissions import may
from kehu.core.context import Ctx
from kehu.features.importing import own_numbers
from kehu.features.importing.convert import RowValues
from kehu.features.importing.loading.claims import Claims
from kehu.features.importing.loading.counting import merge_lines
from kehu.features.importing.loading.grouping import group_rows
from kehu.features.importing.loading.known import match
from kehu.features.importing.loading.refusing import leave_out_contradicting, refuse_taken, without_shown
from kehu.features.importing.loading.rehearsing import rehearse
from kehu.features.importing.loading.resolving import forget_lost, lacking, lay_together, resolve
from kehu.features.importing.loading.rows import Group, Left, Line, Load, Portion
from kehu.features.importing.loading.telling import add_up, keep_texts, reject, tell, tell_not_allowed
from kehu.features.importing.loading.unnamed import take_unnamed
from kehu.features.importing.loading.writing import create, update
from kehu.features.importing.plan import PartPlan, Plan
from kehu.features.importing.tally import Rehearsal, Tally


def load_portion(
    ctx: Ctx,
    plan: Plan,
    rows: Sequence[RowValues],
    tally: Tally,
    *,
    changeset: int | None,
    rehearsal: Rehearsal | None = None,
    imports: own_numbers.Imports | None = None,
    left: Left | None = None,
    claims: Claims | None = None,
) -> Portion:
    """Bring rows in under `changeset`; with None only count, `rehearsal` then remembers the earlier portions. `imports`
    keeps what has been read of earlier imports from portion to portion. `left`: what does not stand, as `claims` of an
    earlier rehearsal have found."""
    out = Portion()
    resolve(ctx, plan, rows)
    lay_together(ctx, plan, rows)
    forget_lost(ctx, plan, rows)
    tally.read += len(rows)
    add_up(plan, rows, tally)
    lines = [Line(row) for row in rows]
    for line in lines:
        if (reason := lacking(plan, line.row)) is not None:
            reject(plan, line, reason, tally, out)
    kept = imports if imports is not None else {}
    load = Load(ctx, plan, tally, out, changeset, rehearsal if rehearsal is not None else Rehearsal(), kept, left or {})
    for part in plan.parts:
        groups = _part(load, part, [line for line in lines if not line.rejected])
        if claims is not None:
            claims.note(load, part, groups)
    if changeset is not None:
        keep_texts(ctx, plan, lines, changeset)
    for line in lines:
        tally.rows[line.outcome] += 1
        if not line.rejected:
            tell(ctx, plan, line, tally, out)
    return out


def _part(load: Load, part: PartPlan, lines: Sequence[Line]) -> list[Group]:
    """Match, create and update the records of one part; `lines` learn what they have become."""
    ctx, key = load.ctx, part.entity.key
    if part.path and not may(ctx, key, "create"):
        tell_not_allowed(load, part, lines)
        return []
    groups = group_rows(load, part, lines)
    known = match(load, part, groups)
    if key == "customer":
        for child in load.plan.children(part.path):
            take_unnamed(load, part, child, groups)
    groups = without_shown(load, part, groups)
    groups = refuse_taken(load, part, [*groups, *known])
    leave_out_contradicting(load, part, groups)
    creates = [g for g in groups if g.id is None]
    if part.marks:
        for group in creates:
            for line in group.lines:
                reject(load.plan, line, "row.without_parent", load.tally, load.out)
        groups, creates = [g for g in groups if g.id is not None], []
    matched = [g for g in groups if g.live is not None]
    if load.changeset is None:
        rehearse(load, part, creates, matched)
    else:
        create(load, part, creates)
        update(load, part, matched)
    if not part.path and load.changeset is None:  # records that earlier portions would have made
        met = {g.id for g in creates}
        merge_lines(load, [line for g in groups if g.live is None and g.id not in met for line in g.lines], None)
    for group in groups:
        for line in group.lines if group.id else ():
            line.ids[part.path] = cast(int, group.id)
    return groups
