"""Undo takes back exactly what a change-set did, on both databases, and says what it could not."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from kehu.base.errors import Conflict, NotFound
from kehu.core.changesets import undo as engine
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.changesets.undo import TakeBack
from kehu.core.context import Ctx
from kehu.core.jobs import pace
from kehu.core.records import bulk, read, trash, undo, write
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS, content_of

NAMES = ["上海宏远贸易有限公司", "林晓岚", "苏州恒岚精密机械有限公司", "王芳", "单雄信", "重庆长江商行", "😀 emoji 店"]
Customer = dict[str, Any]


def customer(ctx: Ctx, name: str, **more: Any) -> write.Written:
    return write.create(ctx, "customer", {"name": name, "kind": "person", "mobile": "13800000001", **more})


def test_r36_a_creation_with_contacts_is_undone_and_redone(runtime: Runtime) -> None:
    before = content_of(runtime)
    with runtime.write(BOSS) as ctx:
        made = write.create(
            ctx,
            "customer",
            {
                "name": "上海宏远贸易有限公司",
                "kind": "enterprise",
                "contacts": [{"name": "沈亦舟", "mobile": "13900000001"}, {"name": "顾长青", "mobile": "13900000002"}],
            },
        )
    after = content_of(runtime)
    assert len(after["contact"]) == 2
    with runtime.write(BOSS) as ctx:
        result = undo.undo(ctx, made.changeset)
    assert (result["deleted"], result["conflicts"]) == (3, [])
    assert content_of(runtime) == before
    with runtime.write(BOSS) as ctx:
        assert undo.undo(ctx, result["changeset"])["restored"] == 3
    assert content_of(runtime) == after


def states(ctx: Ctx, *changesets: int) -> list[str]:
    return [undo.require_changeset(ctx, one)["state"] for one in changesets]


def test_undo_redo_undo_leaves_the_first_set_undone(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        chain = [customer(ctx, "林晓岚").changeset]
    for told in (["undone", "applied"], ["applied", "undone", "applied"], ["undone", "applied", "undone", "applied"]):
        with runtime.write(BOSS) as ctx:
            chain.append(undo.undo(ctx, chain[-1])["changeset"])
            assert states(ctx, *chain) == told


def test_the_undo_of_a_part_says_nothing_about_the_whole_set(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        id = customer(ctx, "林晓岚", remark="老客户").ids[0]
    with runtime.write(BOSS) as ctx:
        first = write.update(ctx, "customer", id, {"remark": "新备注", "occupation": "设计师"}).changeset
    with runtime.write(BOSS) as ctx:
        part = undo.undo(ctx, first, record=("customer", id), field="remark")["changeset"]
    with runtime.write(BOSS) as ctx:
        back = undo.undo(ctx, part)["changeset"]
    with runtime.write(BOSS) as ctx:
        again = undo.undo(ctx, back)["changeset"]
        assert states(ctx, first, part, back, again) == ["applied", "applied", "undone", "applied"]
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, first)
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, again)
        assert states(ctx, first) == ["undone"]


def test_an_update_is_undone_field_by_field(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        id = customer(ctx, "林晓岚", remark="老客户").ids[0]
    with runtime.write(BOSS) as ctx:
        changed = write.update(ctx, "customer", id, {"remark": "新备注", "occupation": "设计师"})
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, changed.changeset, record=("customer", id), field="remark")
    with runtime.read(BOSS) as ctx:
        record = read.get(ctx, "customer", id)
    assert (record["remark"], record["occupation"]) == ("老客户", "设计师")


def test_what_somebody_changed_since_is_a_named_conflict(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        id = customer(ctx, "林晓岚", remark="一").ids[0]
    with runtime.write(BOSS) as ctx:
        first = write.update(ctx, "customer", id, {"remark": "二", "occupation": "教师"})
    with runtime.write(BOSS) as ctx:
        second = write.update(ctx, "customer", id, {"remark": "三"})
    with runtime.write(BOSS) as ctx:
        (told,) = undo.undo(ctx, first.changeset, preview=True)["conflicts"]
    beside = ("label", "before", "after", "now", "by")
    assert [told[key] for key in beside] == ["林晓岚", "一", "二", "三", BOSS.name], "side by side"
    with runtime.write(BOSS) as ctx:
        result = undo.undo(ctx, first.changeset)
    assert result["reverted"] == 1
    assert result["conflicts"] == [
        {"entity": "customer", "id": id, "field": "remark", "reason": "changed_since", "changeset": second.changeset}
    ]
    with runtime.read(BOSS) as ctx:
        record = read.get(ctx, "customer", id)
    assert (record["remark"], record["occupation"]) == ("三", None)


def test_each_conflict_is_decided_as_it_was_seen(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        id = customer(ctx, "林晓岚", remark="一", occupation="教师").ids[0]
    with runtime.write(BOSS) as ctx:
        first = write.update(ctx, "customer", id, {"remark": "二", "occupation": "医生", "tags": ["重点客户"]})
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"remark": "三", "occupation": "律师", "tags": []})
    with runtime.read(BOSS) as ctx:
        conflicts = undo.undo(ctx, first.changeset, preview=True)["conflicts"]
    assert {one["field"] for one in conflicts} == {"remark", "occupation"}, "tags stand as they stood before"
    seen = {(one["entity"], one["id"], one["field"]): one["changeset"] for one in conflicts}
    remark, occupation = ("customer", id, "remark"), ("customer", id, "occupation")
    with runtime.read(BOSS) as ctx:
        some = undo.undo(ctx, first.changeset, preview=True, take_back=TakeBack(named={remark: seen[remark]}))
    assert (some["reverted"], [one["field"] for one in some["conflicts"]]) == (1, ["occupation"])
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", id, {"remark": "四"})  # nobody has seen this yet
    with runtime.write(BOSS) as ctx:
        done = undo.undo(ctx, first.changeset, take_back=TakeBack(named=seen))
    assert [one["field"] for one in done["conflicts"]] == ["remark"]
    with runtime.read(BOSS) as ctx:
        record = read.get(ctx, "customer", id)
    assert (record["remark"], record["occupation"]) == ("四", "教师")
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, done["changeset"])
    with runtime.write(BOSS) as ctx:
        done = undo.undo(ctx, first.changeset, take_back=TakeBack(named={remark: None, occupation: None}))
    assert done["conflicts"] == []
    with runtime.read(BOSS) as ctx:
        record = read.get(ctx, "customer", id)
    assert (record["remark"], record["occupation"]) == ("一", "教师")


def test_an_undo_in_the_background_keeps_to_what_was_decided(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "AT_ONCE", 1)
    monkeypatch.setattr(undo, "PORTION", 2)
    with runtime.write(BOSS) as ctx:
        ids = [customer(ctx, name, remark="一").ids[0] for name in NAMES[:5]]
    with runtime.write(BOSS) as ctx:
        first = bulk.bulk(ctx, "customer", ids=ids, set_={"remark": "二"})["changeset"]
    with runtime.write(BOSS) as ctx:
        for id in ids[1:]:
            write.update(ctx, "customer", id, {"remark": "三"})
    named = {("customer", id, "remark"): None for id in ids[3:]}
    with runtime.write(BOSS) as ctx:
        by = undo.undo(ctx, first, take_back=TakeBack(named=named))["changeset"]
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        assert [read.get(ctx, "customer", id)["remark"] for id in ids] == ["一", "三", "三", "一", "一"]
        result = undo.require_changeset(ctx, by)["result"]
    assert (result["reverted"], sorted(one["id"] for one in result["conflicts"])) == (3, ids[1:3])


def test_what_cannot_be_taken_back_stays_a_conflict_whatever_is_decided(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        ids = [customer(ctx, name, remark="一").ids[0] for name in ("林晓岚", "王芳")]
    with runtime.write(BOSS) as ctx:
        first = bulk.bulk(ctx, "customer", ids=ids, set_={"remark": "二"})["changeset"]
    with runtime.write(BOSS) as ctx:
        write.update(ctx, "customer", ids[0], {"remark": "三"})
        write.delete(ctx, "customer", [ids[1]])
    with runtime.write(BOSS) as ctx:
        refused = engine.undo_records(
            ctx,
            first,
            [("customer", ids[0])],
            allowed=lambda _entity, _id, _column: False,
            apply=False,
            take_back=TakeBack(every=True),
        )
        assert [one.reason for one in refused.conflicts] == ["not_allowed"], "a decision gives nobody a right"
        done = undo.undo(ctx, first, take_back=TakeBack(every=True))
    assert done["reverted"] == 1
    assert [(one["id"], one["reason"]) for one in done["conflicts"]] == [(ids[1], "deleted_since")]


def test_a_creation_with_a_later_child_stays(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        made = customer(ctx, "林晓岚")
    with runtime.write(BOSS) as ctx:
        write.create(ctx, "order", {"customer": made.ids[0], "amount": "100.00"})
    with runtime.write(BOSS) as ctx:
        result = undo.undo(ctx, made.changeset)
    assert (result["deleted"], [c["reason"] for c in result["conflicts"]]) == (0, ["has_children"])


def test_deleted_records_lie_in_the_recycle_bin_and_come_back_with_their_children(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        made = write.create(
            ctx,
            "customer",
            {
                "name": "苏州恒岚精密机械有限公司",
                "kind": "enterprise",
                "contacts": [{"name": "顾长青", "mobile": "13900000002"}],
            },
        )
    before = content_of(runtime)
    with runtime.write(BOSS) as ctx:
        write.delete(ctx, "customer", made.ids)
    assert content_of(runtime)["contact"] == {}
    with runtime.read(BOSS) as ctx:
        bin_ = trash.trash(ctx, "customer")
        assert [(item["id"], item["title"]) for item in bin_["items"]] == [(made.ids[0], "苏州恒岚精密机械有限公司")]
        with pytest.raises(NotFound):
            read.get(ctx, "customer", made.ids[0])
    with runtime.write(BOSS) as ctx:
        trash.restore(ctx, "customer", made.ids[0])
    assert content_of(runtime) == before
    with runtime.read(BOSS) as ctx:
        assert trash.trash(ctx, "customer")["items"] == []


def test_the_recycle_bin_reads_deletions_and_not_all_of_the_history(runtime: Runtime) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:
        asked.append((sql, values))

    with runtime.read(BOSS) as ctx:
        sa.event.listen(ctx.tx, "before_cursor_execute", note)
        try:
            trash.trash(ctx, "customer")
        finally:
            sa.event.remove(ctx.tx, "before_cursor_execute", note)
        sql, values = next((sql, values) for sql, values in asked if "'delete'" in sql)
        if runtime.dialect.name == "postgres":
            ctx.tx.exec_driver_sql("set local enable_seqscan = off")  # a small table is read as it lies
        explain = "explain" if ctx.dialect.knows_values else "explain query plan"
        plan = " ".join(str(row) for row in ctx.tx.exec_driver_sql(f"{explain} {sql}", values))
    assert "i_kehu_change_deletion" in plan


def test_an_order_keeps_its_customer_from_being_deleted(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        made = customer(ctx, "林晓岚")
        write.create(ctx, "order", {"customer": made.ids[0], "amount": "100.00"})
    before = content_of(runtime)
    with pytest.raises(Conflict, match="has_children"), runtime.write(BOSS) as ctx:
        write.delete(ctx, "customer", made.ids)
    assert content_of(runtime) == before
    with runtime.write(BOSS) as ctx:
        free = customer(ctx, "王芳", mobile="13800000002").ids[0]
    with pytest.raises(Conflict) as refused, runtime.write(BOSS) as ctx:
        bulk.bulk(ctx, "customer", ids=[*made.ids, free], delete=True)
    assert refused.value.data["records"] == "林晓岚"


def test_a_bulk_edit_is_one_change_set_and_is_undone(runtime: Runtime) -> None:
    with runtime.write(BOSS) as ctx:
        ids = [customer(ctx, name, mobile=f"1380000{n:04}").ids[0] for n, name in enumerate(NAMES)]
    before = content_of(runtime)
    with runtime.write(BOSS) as ctx:
        people = {"field": "kind", "op": "eq", "value": "person"}
        done = bulk.bulk(ctx, "customer", where=people, set_={"tags": ["重点客户"]})
    assert done["affected"] == len(ids)
    with runtime.write(BOSS) as ctx:
        assert undo.undo(ctx, done["changeset"])["reverted"] == len(ids)
    assert content_of(runtime) == before


def failing_second(work: Any) -> Any:
    """The same work, but the second time it is refused."""
    calls = []

    def do(*given: Any, **more: Any) -> Any:
        calls.append(None)
        if len(calls) == 2:
            raise NotFound("entity.unknown", entity="customer")
        return work(*given, **more)

    return do


def test_a_bulk_edit_that_ends_before_its_time_says_so_and_is_undone(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk.pace, "next_size", lambda *_: 3)
    with runtime.write(BOSS) as ctx:
        ids = [customer(ctx, name, remark="一").ids[0] for name in NAMES]
    with runtime.write(BOSS) as ctx:
        changeset = bulk.bulk(ctx, "customer", ids=ids, set_={"remark": "二"})["changeset"]
    with monkeypatch.context() as patched:
        patched.setattr(bulk, "_apply", failing_second(bulk._apply))
        patched.setattr(pace, "goes_on", lambda *_: False)
        runtime.runner().run_all()
    with runtime.write(BOSS) as ctx:
        assert undo.require_changeset(ctx, changeset)["state"] == "failed"
        assert [read.get(ctx, "customer", id)["remark"] for id in ids] == ["二"] * 3 + ["一"] * 4
        assert undo.undo(ctx, changeset)["reverted"] == 3
    with runtime.read(BOSS) as ctx:
        assert undo.require_changeset(ctx, changeset)["state"] == "undone"
        assert {read.get(ctx, "customer", id)["remark"] for id in ids} == {"一"}


def test_an_undo_that_ends_before_its_time_can_be_asked_for_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "AT_ONCE", 1)
    monkeypatch.setattr(undo.pace, "next_size", lambda *_: 3)
    with runtime.write(BOSS) as ctx:
        kept = customer(ctx, "周以宁", remark="一").ids[0]
    before = content_of(runtime)
    with runtime.write(BOSS) as ctx:
        first = door.begin(ctx, Title(text="一批"), origin="api").changeset
        for name in NAMES:
            customer(ctx, name)
        write.update(ctx, "customer", kept, {"remark": "二"})
    with runtime.write(BOSS) as ctx:
        by = undo.undo(ctx, first)["changeset"]
    with monkeypatch.context() as patched:
        patched.setattr(engine, "undo_records", failing_second(engine.undo_records))
        patched.setattr(pace, "goes_on", lambda *_: False)
        runtime.runner().run_all()
    with runtime.write(BOSS) as ctx:
        states = [undo.require_changeset(ctx, id)["state"] for id in (first, by)]
        assert states == ["applied", "failed"]
        again = undo.undo(ctx, first)
        assert again["state"] == "undoing"
    runtime.runner().run_all()
    with runtime.read(BOSS) as ctx:
        assert undo.require_changeset(ctx, first)["state"] == "undone"
        assert undo.require_changeset(ctx, again["changeset"])["result"]["conflicts"] == []
    assert content_of(runtime) == before


def test_portions_hold_each_record_once_and_read_no_more_than_they_hold(runtime: Runtime) -> None:
    """However large a change-set is, each portion of it costs the same."""
    with runtime.write(BOSS) as ctx:
        first = customer(ctx, NAMES[0])
    for name in NAMES[1:]:
        with runtime.write(BOSS) as ctx:
            door.begin(ctx, Title(code="title.bulk"), origin="bulk", changeset=first.changeset)
            customer(ctx, name)
            write.update(ctx, "customer", first.ids[0], {"remark": name})
    with runtime.read(BOSS) as ctx:
        for newest_first in (False, True):
            whole = engine.portion(ctx, first.changeset, None, 100, newest_first=newest_first)
            assert len({place[1:] for place in whole}) == len(whole) == len(NAMES)
            assert [place[0] for place in whole] == sorted((place[0] for place in whole), reverse=newest_first)
            pieces: list[engine.Place] = []
            while piece := engine.portion(
                ctx, first.changeset, pieces[-1] if pieces else None, 2, newest_first=newest_first
            ):
                pieces += piece
            assert pieces == whole


TEXTS = st.sampled_from(["", "备注一", "a_b%c", "😀", "行长", "  空格  "])
ACTS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(NAMES), TEXTS),
    st.tuples(st.just("update"), st.integers(0, 9), TEXTS),
    st.tuples(st.just("order"), st.integers(0, 9), st.integers(-500, 99_999)),
    st.tuples(st.just("tags"), st.integers(0, 9), st.lists(st.sampled_from(["重点客户", "甲", "乙"]), max_size=3)),
    st.tuples(st.just("contact"), st.integers(0, 9), st.sampled_from(NAMES)),
    st.tuples(st.just("delete"), st.integers(0, 9), st.just("")),
)


def act(ctx: Ctx, what: tuple[Any, ...]) -> None:
    """Do one thing to a record that is there, or nothing when there is none."""
    kind, which, value = what
    if kind == "create":
        customer(ctx, which, remark=value)
        return
    ids = read.select_ids(ctx, "customer")
    if not ids:
        return
    id = ids[which % len(ids)]
    if kind == "update":
        write.update(ctx, "customer", id, {"remark": value, "occupation": value[:2]})
    elif kind == "order":
        write.create(ctx, "order", {"customer": id, "amount": str(value)})
    elif kind == "tags":
        write.update(ctx, "customer", id, {"tags": value})
    elif kind == "contact":
        write.create(ctx, "contact", {"customer": id, "name": value, "mobile": "13900000009"})
    elif not read.select_ids(ctx, "order", {"field": "customer", "op": "eq", "value": id}):
        write.delete(ctx, "customer", [id])


@settings(max_examples=12)
@given(first=st.lists(ACTS, max_size=6), then=st.lists(ACTS, min_size=1, max_size=6))
def test_r36_undo_of_apply_is_nothing(runtime: Runtime, first: list[Any], then: list[Any]) -> None:
    """undo(apply(x)) == x, and the undo of the undo is apply(x) again."""
    for what in first:
        with runtime.write(BOSS) as ctx:
            act(ctx, what)
    before = content_of(runtime)
    changeset = None
    with runtime.write(BOSS) as ctx:
        for what in then:
            act(ctx, what)
        writing = write.door.current(ctx)
        changeset = writing.changeset if writing is not None else None
    if changeset is None:
        return
    after = content_of(runtime)
    with runtime.write(BOSS) as ctx:
        result = undo.undo(ctx, changeset)
    assert result["conflicts"] == []
    assert content_of(runtime) == before
    with runtime.write(BOSS) as ctx:
        again = undo.undo(ctx, result["changeset"])
    assert again["conflicts"] == []
    assert content_of(runtime) == after


CHOICES = st.sampled_from(["X", "S", "L", "M", ""])
LATER = st.lists(st.tuples(st.integers(0, 2), CHOICES, CHOICES, st.booleans()), max_size=6)


@settings(max_examples=12)
@given(touched=st.sets(st.integers(0, 2), min_size=1), later=LATER)
def test_r36_taking_back_all_that_was_changed_since_is_nothing(
    runtime: Runtime, touched: set[int], later: list[tuple[int, str, str, bool]]
) -> None:
    """undo(later(apply(x)), take all back) == x where `later` touched what `apply` did, and redo is later(apply(x))."""
    with runtime.write(BOSS) as ctx:
        ids = [customer(ctx, f"客户{n}", remark="X", occupation="X").ids[0] for n in range(3)]
    before = content_of(runtime)
    set_ = {"remark": "S", "occupation": "S", "tags": ["重点客户"]}
    with runtime.write(BOSS) as ctx:
        changeset = bulk.bulk(ctx, "customer", ids=[ids[n] for n in touched], set_=set_)["changeset"]
    for which, remark, occupation, tagged in later:
        if which in touched:
            tags = ["重点客户", "大客户"] if tagged else []
            with runtime.write(BOSS) as ctx:
                write.update(ctx, "customer", ids[which], {"remark": remark, "occupation": occupation, "tags": tags})
    after = content_of(runtime)
    with runtime.write(BOSS) as ctx:
        done = undo.undo(ctx, changeset, take_back=TakeBack(every=True))
    assert done["conflicts"] == []
    assert content_of(runtime) == before
    with runtime.write(BOSS) as ctx:
        assert undo.undo(ctx, done["changeset"])["conflicts"] == []
    assert content_of(runtime) == after
