"""Sets of numbers as spans say the same as sets."""

from __future__ import annotations

from random import Random

from kehu.base.common import spans


def test_numbers_that_lie_side_by_side_are_one_span() -> None:
    assert spans.spans_of([7, 1, 3, 2, 9, 8, 2]) == [[1, 3], [7, 9]]
    assert spans.spans_of([]) == []


def test_putting_in_and_taking_out_keeps_spans_and_set_alike() -> None:
    random = Random(20260129)
    found: spans.Spans = []
    known: set[int] = set()
    for _ in range(4_000):
        one = random.randrange(120)
        if random.random() < 0.6:
            spans.add(found, one)
            known.add(one)
        else:
            spans.discard(found, one)
            known.discard(one)
        assert found == spans.spans_of(known)
    assert [spans.holds(found, one) for one in range(-1, 121)] == [one in known for one in range(-1, 121)]
