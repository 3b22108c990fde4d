"""How much a long job does at once."""

from __future__ import annotations

from kehu.core.jobs.pace import FEWEST, HOLD_SECONDS, MOST, next_size


def test_a_step_that_kept_others_waiting_makes_the_next_smaller() -> None:
    assert next_size(800, 2 * HOLD_SECONDS) == 400
    assert next_size(800, HOLD_SECONDS / 8) == 1_600, "it grows no faster than twofold"
    assert next_size(800, 0.0) == 800, "nothing is known of the step before"
    assert next_size(120, 60.0) == FEWEST
    assert next_size(MOST, 0.001) == MOST
