"""Every operation of the OpenAPI document is asked in both worlds, or says why not: no address is unwatched."""

from __future__ import annotations

from tests.noninterference.harness import offered
from tests.noninterference.operations import EXEMPT, MAKERS


def test_r36_every_operation_is_watched() -> None:
    assert offered() - MAKERS.keys() - EXEMPT.keys() == set()


def test_exemptions_have_a_reason_and_an_operation() -> None:
    assert EXEMPT.keys() <= offered()
    assert not EXEMPT.keys() & MAKERS.keys()
    assert all(len(reason) > 20 for reason in EXEMPT.values())
