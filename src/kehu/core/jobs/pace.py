"""How much a long job does at once: as much as keeps others from writing for a moment and no longer.

Larger portions cost less each record, and a commit writes every page of the indexes once that was touched since the
one before; smaller ones let people in sooner. So a portion is short, and where nobody waits several of them share a
transaction.
"""

from __future__ import annotations

import time

from kehu.base.db.dialects.base import Dialect

HOLD_SECONDS = 0.1  # how long one portion may keep others from writing, where one writes at a time
ROWS_SECONDS = 0.15  # the same where only those wait who want the same records, or a number of the same series
LONGEST_SECONDS = 0.15  # until then a portion may join a transaction; with 0.5 whoever comes waits twice as long
FIRST, FEWEST, MOST = 500, 100, 2_000  # records of a portion


def next_size(dialect: Dialect, before: int, held: float) -> int:
    """How many records the next portion takes, when the one before took so many and held others for so many seconds
    (0: nothing is known of it)."""
    most = ROWS_SECONDS if dialect.locks_rows else HOLD_SECONDS
    factor = min(2.0, most / held) if held else 1.0
    return max(FEWEST, min(MOST, int(before * factor)))


def goes_on(dialect: Dialect, began: float) -> bool:
    """Whether a further portion may join the transaction that `began` (time.monotonic) with those before it.

    Not where writers wait for each other row by row: nobody tells who waits for ours.
    """
    return not (dialect.locks_rows or dialect.writers.awaited) and time.monotonic() - began < LONGEST_SECONDS
