"""Sets of whole numbers as spans, first and last of each: numbers that lie side by side take the place of two.

A span list is sorted, its spans neither meet nor touch; as plain JSON it may be kept between the steps of a job.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Spans = list[list[int]]


def spans_of(numbers: Iterable[int]) -> Spans:
    """The spans of some numbers."""
    found: Spans = []
    for one in sorted(set(numbers)):
        if found and found[-1][1] == one - 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    return found


def holds(spans: Spans, number: int) -> bool:
    """Whether a number is among them."""
    at = bisect_right(spans, number, key=_first) - 1
    return at >= 0 and number <= spans[at][1]


def add(spans: Spans, number: int) -> None:
    """Put a number among them."""
    if holds(spans, number):
        return
    at = bisect_left(spans, number, key=_first)
    left = at > 0 and spans[at - 1][1] == number - 1
    right = at < len(spans) and spans[at][0] == number + 1
    if left and right:
        spans[at - 1][1] = spans.pop(at)[1]
    elif left:
        spans[at - 1][1] = number
    elif right:
        spans[at][0] = number
    else:
        spans.insert(at, [number, number])


def discard(spans: Spans, number: int) -> None:
    """Take a number out if it is among them."""
    if not holds(spans, number):
        return
    at = bisect_right(spans, number, key=_first) - 1
    first, last = spans[at]
    spans[at : at + 1] = [one for one in ([first, number - 1], [number + 1, last]) if one[0] <= one[1]]


def _first(span: list[int]) -> int:
    return span[0]
