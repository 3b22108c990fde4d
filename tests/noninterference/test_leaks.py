"""The harness must see: every leak that is put in on purpose is caught, and without it there is nothing to catch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest

from tests.noninterference import operations
from tests.noninterference.compare import Leak as Caught
from tests.noninterference.harness import Harness, opened
from tests.noninterference.leaks import LEAKS, Leak, forget
from tests.noninterference.test_worlds import APART
from tests.noninterference.worlds import Past

MOST = 250  # requests until a leak must have shown


class _Pairs(dict[str, Harness]):
    """One pair of worlds per role, for all leaks that do not change what is stored."""

    def __init__(self, past: Past, folder: Path, stack: ExitStack) -> None:
        super().__init__()
        self._make = lambda role: stack.enter_context(opened(past, folder, role, *APART[role]))

    def __missing__(self, role: str) -> Harness:
        self[role] = self._make(role)
        return self[role]


@pytest.fixture(scope="module")
def pairs(pasts: dict[str, Past], tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Pairs]:
    with ExitStack() as stack:
        yield _Pairs(pasts["sqlite"], tmp_path_factory.mktemp("pairs"), stack)


@pytest.fixture
def forgetful() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("leak", LEAKS, ids=str)
def test_r36_a_leak_put_in_is_caught(
    leak: Leak, pairs: _Pairs, sqlite_past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if leak.remade:
        leak.put_in(monkeypatch)
        with opened(sqlite_past, tmp_path, leak.role, *APART[leak.role]) as harness:
            _must_show(leak, harness)
        return
    harness = pairs[leak.role]
    before = list(islice(filter(leak.chosen, operations.reads(harness.shape)), 4))
    harness.run(before)  # the same requests are silent without the leak
    leak.put_in(monkeypatch)
    forget()
    for session in (harness.pairs.one, harness.pairs.two):
        session.next = None
    _must_show(leak, harness)


def _must_show(leak: Leak, harness: Harness) -> None:
    asked = list(islice(filter(leak.chosen, operations.reads(harness.shape)), MOST))
    assert asked, "no request could notice it"
    with pytest.raises(Caught):
        harness.run(asked)


def test_leaks_of_all_kinds() -> None:
    assert len({leak.name for leak in LEAKS}) == len(LEAKS) >= 16
