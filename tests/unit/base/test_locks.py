"""The queue of writers: first come, first served, people before bulk work."""

from __future__ import annotations

import threading
import time

from kehu.base.db.locks import FairQueue


def _queue_up(queue: FairQueue, name: str, order: list[str], *, bulk: bool = False) -> threading.Thread:
    def work() -> None:
        with queue.hold(bulk=bulk):
            order.append(name)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.02)  # so that they arrive one after the other
    return thread


def test_as_many_are_in_as_there_are_places() -> None:
    queue, order = FairQueue(2), list[str]()
    with queue.hold():
        second = _queue_up(queue, "second", order)
        second.join(1)
        assert order == ["second"], "one place is free"
        with queue.hold():
            third = _queue_up(queue, "third", order)
            assert order == ["second"], "all places are taken"
        third.join(1)
        assert order == ["second", "third"]


def test_who_waits_is_served_in_the_order_of_arrival_and_bulk_work_last() -> None:
    queue, order = FairQueue(), list[str]()
    with queue.hold():
        bulk = _queue_up(queue, "bulk", order, bulk=True)
        people = [_queue_up(queue, name, order) for name in ("甲", "乙", "丙")]
        assert order == []
    for thread in (*people, bulk):
        thread.join(1)
    assert order == ["甲", "乙", "丙", "bulk"]


def test_an_error_gives_the_place_back() -> None:
    queue = FairQueue()
    for _ in range(2):
        try:
            with queue.hold():
                raise ValueError
        except ValueError:
            pass
    with queue.hold():
        pass
