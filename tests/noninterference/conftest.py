"""The common past of all worlds, once per database and run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.noninterference import worlds


@pytest.fixture(scope="session")
def pasts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, worlds.Past]]:
    from contextlib import ExitStack

    class Pasts(dict[str, worlds.Past]):
        def __missing__(self, kind: str) -> worlds.Past:
            folder = tmp_path_factory.mktemp(f"past-{kind}") / "ledger"
            folder.mkdir()
            self[kind] = stack.enter_context(worlds.past(kind, folder))
            return self[kind]

    with ExitStack() as stack:
        yield Pasts()


@pytest.fixture
def past(database_kind: str, pasts: dict[str, worlds.Past]) -> worlds.Past:
    """The common past on each database."""
    return pasts[database_kind]


@pytest.fixture
def sqlite_past(pasts: dict[str, worlds.Past]) -> worlds.Past:
    """The common past on SQLite, for what does not depend on the database."""
    return pasts["sqlite"]
