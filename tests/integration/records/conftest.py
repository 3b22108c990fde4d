"""One small ledger per test module and database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import postgres
from tests.support.reading import ReadLedger, fill


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def read_ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadLedger]:
    """A ledger of `tests.support.reading` with made-up records; tests of a module share it and only read."""
    folder = tmp_path_factory.mktemp("read")
    if request.param == "sqlite":
        yield from _made(None, folder)
        return
    request.getfixturevalue("postgres_server")
    with postgres.fresh_database() as url:
        yield from _made(url, folder)


def _made(url: str | None, folder: Path) -> Iterator[ReadLedger]:
    made = ReadLedger(url, folder)
    for key, records in fill(7).items():
        made.put(key, records)
    yield made
    made.close()
