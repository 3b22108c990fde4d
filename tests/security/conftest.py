"""A ledger with one person of every role, asked over HTTP in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kehu.runtime import Runtime
from tests.support.town import Town, peopled


@pytest.fixture
def town(runtime: Runtime) -> Iterator[Town]:
    """One customer of the sales person, one of somebody else, and what hangs on them."""
    made = peopled(runtime)
    try:
        yield made
    finally:
        made.close()
