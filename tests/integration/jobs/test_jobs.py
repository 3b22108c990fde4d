"""Jobs: each step's effect exactly once, whoever dies in between."""

from __future__ import annotations

import threading
import time
from builtins import id as builtins_id
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from kehu.base.db import system
from kehu.base.db.types import instant_text
from kehu.base.errors import BadInput, Conflict
from kehu.core.accounts.service import actor_of, add_account, disable_account
from kehu.core.context import Actor, Ctx
from kehu.core.jobs import claim as claiming
from kehu.core.jobs import pace
from kehu.core.jobs.run import Runner
from kehu.core.jobs.table import Job, Kind, StepResult, add_job, database_now, due_now, ensure_schedule, get_job
from kehu.features.diagnosis.service import diagnose
from kehu.runtime import Runtime

SYSTEM = Actor("system", None, "test")


def write_mark(ctx: Ctx, number: int) -> None:
    """An effect that shows when it happened twice: the key is unique."""
    ctx.tx.execute(sa.insert(system.meta).values(key=f"mark-{number}", value=ctx.actor.name))


def marks(runtime: Runtime) -> dict[str, str]:
    with runtime.read(SYSTEM) as ctx:
        rows = ctx.tx.execute(sa.select(system.meta.c.key, system.meta.c.value).where(system.meta.c.key.like("mark-%")))
        return {row.key: row.value for row in rows}


def counting(until: int, hook: Callable[[int], None] = lambda _: None) -> Kind:
    def step(ctx: Ctx, job: Job) -> StepResult:
        at = int(job.cursor or 0)
        hook(at)
        write_mark(ctx, at)
        return StepResult(done=at + 1, total=until, cursor=at + 1, finished=at + 1 == until, result={"sum": at + 1})

    return Kind(step)


def runner_of(runtime: Runtime, **kinds: Kind) -> Runner:
    return Runner(read=runtime.read, write=runtime.write, kinds=kinds, account=actor_of)


def add(runtime: Runtime, kind: str, who: Actor = SYSTEM, **args: Any) -> int:
    with runtime.write(who) as ctx:
        return add_job(ctx, kind, args)


def load(runtime: Runtime, id: int) -> Job:
    with runtime.read(SYSTEM) as ctx:
        found = get_job(ctx, id)
    assert found is not None
    return found


def end_lease(runtime: Runtime, id: int) -> None:
    """As if thirty seconds had passed since the holder died."""
    with runtime.write(SYSTEM) as ctx:
        past = instant_text(database_now(ctx.tx) - timedelta(seconds=1))
        ctx.tx.execute(sa.update(system.job).where(system.job.c.id == id).values(lease_until=past))


def no_waiting(runtime: Runtime) -> None:
    with runtime.write(SYSTEM) as ctx:
        ctx.tx.execute(sa.update(system.job).values(not_before=None))


def test_a_step_knows_how_long_the_one_before_held_others(runtime: Runtime) -> None:
    told: list[float] = []

    def step(ctx: Ctx, job: Job) -> StepResult:
        told.append(job.held)
        write_mark(ctx, len(told))
        return StepResult(done=len(told), cursor=len(told), finished=len(told) == 3)

    id = add(runtime, "timed")
    runner_of(runtime, timed=Kind(step)).run_all()
    assert load(runtime, id).state == "done"
    assert told[0] == 0.0
    assert all(seconds > 0.0 for seconds in told[1:])


def joining(until: int, contexts: list[Ctx], hook: Callable[[Ctx, int], None] = lambda _ctx, _at: None) -> Kind:
    def step(ctx: Ctx, job: Job) -> StepResult:
        at = int(job.cursor or 0)
        contexts.append(ctx)
        hook(ctx, at)
        write_mark(ctx, at)
        return StepResult(done=at + 1, cursor=at + 1, finished=at + 1 == until, joins=True)

    return Kind(step)


def test_where_one_writes_at_a_time_steps_share_a_transaction_while_nobody_waits(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "LONGEST_SECONDS", 60.0)
    contexts: list[Ctx] = []
    id = add(runtime, "join")
    runner_of(runtime, join=joining(4, contexts)).run_all()
    assert (load(runtime, id).state, load(runtime, id).done, len(marks(runtime))) == ("done", 4, 4)
    assert len({*map(builtins_id, contexts)}) == (4 if runtime.dialect.locks_rows else 1)


def test_whoever_waits_is_let_in_before_the_next_step(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_SECONDS", 60.0)
    people: list[threading.Thread] = []

    def save() -> None:
        with runtime.write(Actor("system", None, "somebody")) as ctx:
            write_mark(ctx, 100)
            seen.append(len(marks(runtime)))

    def arrive(ctx: Ctx, at: int) -> None:
        if at != 1 or ctx.dialect.locks_rows:
            return  # there nobody waits
        people.append(threading.Thread(target=save))
        people[0].start()
        until = time.monotonic() + 20
        while not ctx.dialect.writers.awaited and time.monotonic() < until:
            time.sleep(0.005)

    seen: list[int] = []
    contexts: list[Ctx] = []
    id = add(runtime, "join")
    runner_of(runtime, join=joining(4, contexts, arrive)).run_all()
    for one in people:
        one.join(20)
    assert load(runtime, id).state == "done"
    if not runtime.dialect.locks_rows:
        assert seen == [2], "two steps were there, and not the others"
        assert contexts[0] is contexts[1]
        assert contexts[1] is not contexts[2]


def test_a_transaction_that_fails_takes_all_its_steps_back_and_the_job_with_them(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "LONGEST_SECONDS", 60.0)
    told: list[object] = []

    def refuse(_: Ctx, at: int) -> None:
        if at == 2:
            raise BadInput("input.invalid")

    kind = joining(4, [], refuse)
    id = add(runtime, "join")
    runner_of(
        runtime, join=Kind(kind.step, failed=lambda _ctx, job, _told: told.append((job.cursor, job.done)))
    ).run_all()
    kept = 2 if runtime.dialect.locks_rows else 0
    assert len(marks(runtime)) == kept
    assert (load(runtime, id).state, load(runtime, id).done) == ("failed", kept)
    assert told == [(kept or None, kept)], "whoever clears up learns what is really there"


def test_steps_run_to_the_end_each_once(runtime: Runtime) -> None:
    id = add(runtime, "count")
    assert runner_of(runtime, count=counting(5)).run_all() == 1
    job = load(runtime, id)
    assert (job.state, job.done, job.total, job.result) == ("done", 5, 5, {"sum": 5})
    assert len(marks(runtime)) == 5


def test_another_process_goes_on_where_a_dead_one_stood(runtime: Runtime) -> None:
    class Killed(BaseException):
        """Nothing of a process that dies gets to clean up."""

    def die(at: int) -> None:
        if at == 3:
            raise Killed

    id = add(runtime, "count")
    first = runner_of(runtime, count=counting(6, die))
    try:
        first.run_job(id)
    except Killed:
        pass
    assert (load(runtime, id).state, load(runtime, id).cursor) == ("running", 3)
    second = runner_of(runtime, count=counting(6))
    assert not second.run_job(id)  # the lease still stands
    end_lease(runtime, id)
    assert second.run_job(id)
    assert load(runtime, id).state == "done"
    assert len(marks(runtime)) == 6


def test_a_holder_that_lost_its_lease_writes_nothing_more(runtime: Runtime) -> None:
    """It only slept; somebody took over meanwhile."""
    id = add(runtime, "count")
    other = runner_of(runtime, count=counting(6))
    taken = False

    def sleepy(reading: object, job: Job) -> None:
        nonlocal taken
        if job.cursor == 2 and not taken:
            taken = True
            end_lease(runtime, id)
            assert other.run_job(id)

    slow = Kind(counting(6).step, before=sleepy)
    assert runner_of(runtime, count=slow).run_job(id)
    assert taken
    assert (load(runtime, id).state, load(runtime, id).done) == ("done", 6)
    assert len(marks(runtime)) == 6


def test_many_claim_at_once_and_each_job_has_one_holder(runtime: Runtime) -> None:
    ids = [add(runtime, "count") for _ in range(4)]
    got: list[int] = []

    def grab(name: str) -> None:
        for _ in range(4):
            with runtime.write(SYSTEM) as ctx:
                job = claiming.claim(ctx.tx, name, ["count"])
            if job is not None:
                got.append(job.id)

    threads = [threading.Thread(target=grab, args=(f"worker-{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ids


def test_a_poison_job_is_parked_after_five_tries(runtime: Runtime) -> None:
    told: list[dict[str, Any]] = []

    def explode(ctx: Ctx, job: Job) -> StepResult:
        write_mark(ctx, 1)
        raise ZeroDivisionError

    def failed(ctx: Ctx, job: Job, error: Any) -> None:
        told.append(dict(error))

    id = add(runtime, "bomb")
    runner = runner_of(runtime, bomb=Kind(explode, failed=failed))
    tries = 0
    while load(runtime, id).state != "failed":
        assert runner.run_job(id)
        tries += 1
        assert load(runtime, id).state != "running"
        no_waiting(runtime)
    assert tries == claiming.TRIES
    job = load(runtime, id)
    assert job.error is not None
    assert job.error["code"] == "job.crashed"
    assert [one["code"] for one in told] == ["job.crashed"]
    assert marks(runtime) == {}
    assert runner.run_all() == 0


def test_the_doctor_tells_of_a_job_that_crashed_and_not_of_one_that_was_refused(runtime: Runtime) -> None:
    def told() -> list[dict[str, Any]]:
        with runtime.read(SYSTEM) as ctx:
            return [one.data for one in diagnose(ctx, runtime.settings, ()) if one.code == "doctor.jobs_failed"]

    def refuse(ctx: Ctx, job: Job) -> StepResult:
        raise BadInput("import.empty")

    def explode(ctx: Ctx, job: Job) -> StepResult:
        raise ZeroDivisionError

    refused, crashed = add(runtime, "refused"), add(runtime, "bomb")
    runner = runner_of(runtime, refused=Kind(refuse), bomb=Kind(explode))
    assert runner.run_job(refused)
    assert load(runtime, refused).state == "failed"
    assert told() == [], "who brought it was told at once"
    for _ in range(claiming.TRIES):
        assert told() == [], "it is tried again"
        assert runner.run_job(crashed)
        no_waiting(runtime)
    assert told() == [{"count": 1}]


def test_a_job_that_kills_its_process_is_parked_too(runtime: Runtime) -> None:
    id = add(runtime, "count")
    for _ in range(claiming.TRIES):
        with runtime.write(SYSTEM) as ctx:
            assert claiming.claim(ctx.tx, "dies at once", ["count"]) is not None
        end_lease(runtime, id)
    assert runner_of(runtime, count=counting(2)).run_all() == 1
    job = load(runtime, id)
    assert (job.state, (job.error or {})["code"]) == ("failed", "job.parked")


def test_errors_that_time_cannot_cure_end_a_job_at_once_others_are_tried_again(runtime: Runtime) -> None:
    attempts: list[str] = []

    def wrong(ctx: Ctx, job: Job) -> StepResult:
        attempts.append("wrong")
        raise BadInput("import.no_table")

    def busy(ctx: Ctx, job: Job) -> StepResult:
        attempts.append("busy")
        if attempts.count("busy") < 3:
            raise Conflict("catalog.busy")
        return StepResult(finished=True)

    one, two = add(runtime, "wrong"), add(runtime, "busy")
    runner = runner_of(runtime, wrong=Kind(wrong), busy=Kind(busy))
    for _ in range(5):
        runner.run_all()
        no_waiting(runtime)
    assert attempts == ["wrong", "busy", "busy", "busy"]
    assert load(runtime, one).error == {"code": "import.no_table", "data": {}, "exit": 3}
    assert load(runtime, two).state == "done"


def test_a_job_runs_under_the_rights_of_its_author_as_they_are_then(runtime: Runtime) -> None:
    with runtime.write(SYSTEM) as ctx:
        account = add_account(ctx, "周以宁", ["manager"], password=None)
    author = Actor("user", account.id, account.name, account.roles)
    first, second = add(runtime, "count", author), add(runtime, "count", author)
    runner = runner_of(runtime, count=counting(1))
    assert runner.run_job(first)
    assert marks(runtime) == {"mark-0": "周以宁"}
    with runtime.write(SYSTEM) as ctx:
        disable_account(ctx, account)
    assert runner.run_job(second)
    assert (load(runtime, second).error or {})["code"] == "account.disabled"


def test_a_schedule_is_one_row_that_comes_back(runtime: Runtime) -> None:
    ran: list[int] = []

    def nightly(ctx: Ctx, job: Job) -> StepResult:
        ran.append(job.id)
        return StepResult(finished=True, again_in=86_400)

    runner = runner_of(runtime, nightly=Kind(nightly))
    for _ in range(3):
        with runtime.write(SYSTEM) as ctx:
            ensure_schedule(ctx, "nightly", {}, first=ctx.now_at() + timedelta(hours=1))
    assert runner.run_all() == 0
    with runtime.write(SYSTEM) as ctx:
        due_now(ctx, "nightly")
    assert runner.run_all() == 1
    assert runner.run_all() == 0
    with runtime.read(SYSTEM) as ctx:
        rows = ctx.tx.execute(sa.select(system.job.c.state).where(system.job.c.kind == "nightly")).scalars().all()
    assert (len(ran), rows) == (1, ["waiting"])


def test_a_runner_that_stops_gives_its_job_back(runtime: Runtime) -> None:
    id = add(runtime, "count")
    reached = threading.Event()
    runner = runner_of(runtime, count=counting(10_000, lambda at: reached.set() if at == 3 else None))
    runner.start(1)
    assert reached.wait(20)
    runner.stop(20)
    job = load(runtime, id)
    assert job.state == "waiting"
    assert job.attempts == 0
    assert len(marks(runtime)) == job.done


def test_a_clock_that_was_wrong_holds_no_job_back(runtime: Runtime) -> None:
    """A lease and a plan written while the clock was ahead by two months: done now, not in two months."""
    leased, planned = add(runtime, "count"), add(runtime, "count")
    with runtime.write(SYSTEM) as ctx:
        ahead = instant_text(database_now(ctx.tx) + timedelta(days=60))
        dead = {"state": "running", "lease_by": "dead:1:x", "lease_until": ahead}
        ctx.tx.execute(sa.update(system.job).where(system.job.c.id == leased).values(dead))
        ctx.tx.execute(sa.update(system.job).where(system.job.c.id == planned).values(not_before=ahead))
    runner = runner_of(runtime, count=Kind(lambda _ctx, _job: StepResult(finished=True)))
    assert runner.run_all() == 2
    assert {load(runtime, id).state for id in (leased, planned)} == {"done"}
