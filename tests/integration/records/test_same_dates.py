"""Dates and instants through the write door are the same texts on both databases: what is written again as it stands
is no change, and history, deletion and undo give back what was there."""

from __future__ import annotations

from kehu.core.records import history, read, undo, write
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS, content_of

GIVEN = {"name": "林晓岚", "kind": "person", "mobile": "13800000001", "opening_last_on": "2025-12-01"}


def test_the_same_date_again_is_no_change(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        made = write.create(ctx, "customer", GIVEN)
    (id,) = made.ids
    with runtime.write(BOSS) as ctx:
        task = write.create(ctx, "task", {"title": "回电", "customer": id, "due_at": "2026-03-05T01:00:00.000Z"})
    with runtime.write(BOSS) as ctx:
        again = write.update(ctx, "customer", id, {"opening_last_on": "2025-12-01"})
    with runtime.write(BOSS) as ctx:
        moment = write.update(ctx, "task", task.ids[0], {"due_at": "2026-03-05T01:00:00.000Z"})
    assert (again.revision, moment.revision) == (made.revision, task.revision)
    with runtime.read(BOSS) as ctx:
        assert [diff.op for diff in history.diffs(ctx, "customer", [id])] == ["create"]
        assert [diff.op for diff in history.diffs(ctx, "task", task.ids)] == ["create"]
        assert read.stored(ctx, "customer", [id], ["opening_last_on"]) == {id: {"opening_last_on": "2025-12-01"}}
        assert read.stored(ctx, "task", task.ids, ["due_at"]) == {task.ids[0]: {"due_at": "2026-03-05T01:00:00.000Z"}}


def test_a_deleted_record_comes_back_with_its_days_and_instants(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        id = write.create(ctx, "customer", GIVEN).ids[0]
    with runtime.write(BOSS) as ctx:
        write.create(ctx, "task", {"title": "回电", "customer": id, "due_at": "2026-03-05T01:00:00.000Z"})
    before = content_of(runtime)
    with runtime.write(BOSS) as ctx:
        gone = write.delete(ctx, "customer", [id])
    with runtime.write(BOSS) as ctx:
        assert undo.undo(ctx, gone.changeset)["conflicts"] == []
    assert content_of(runtime) == before
