"""A catalog change waits for readers a few times, and for nothing else."""

from __future__ import annotations

import pytest

from kehu.base.errors import Conflict
from kehu.core.catalog import service


@pytest.mark.parametrize(("code", "busy", "tries"), [("catalog.busy", 4, 5), ("record.has_children", 1, 1)])
def test_busy_is_tried_again(monkeypatch: pytest.MonkeyPatch, code: str, busy: int, tries: int) -> None:
    monkeypatch.setattr(service, "PAUSE", 0)
    asked = 0

    def change() -> str:
        nonlocal asked
        asked += 1
        if asked <= busy:
            raise Conflict(code)
        return "done"

    if code == "catalog.busy":
        assert service.patiently(change) == "done"
    else:
        with pytest.raises(Conflict):
            service.patiently(change)
    assert asked == tries


def test_after_five_tries_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAUSE", 0)

    def change() -> None:
        raise Conflict("catalog.busy")

    with pytest.raises(Conflict, match=r"catalog\.busy"):
        service.patiently(change)
