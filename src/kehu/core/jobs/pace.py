"""How much a step of a long job does at once: as much as keeps others from writing for a moment and no longer.

Larger portions cost less each record (a commit writes every page of the indexes once that it touched); smaller ones
let people in sooner.
"""

from __future__ import annotations

HOLD_SECONDS = 0.15  # how long one step may keep others from writing
FIRST, FEWEST, MOST = 500, 100, 2_000  # records of a step


def next_size(before: int, held: float) -> int:
    """How many records the next step takes, when the one before took so many and held others for so many seconds
    (0: nothing is known of it)."""
    factor = min(2.0, HOLD_SECONDS / held) if held else 1.0
    return max(FEWEST, min(MOST, int(before * factor)))
