"""The statements that a database is asked while a block runs, for tests that ask it how it would answer them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kehu.base.db.dialects.base import Dialect


@contextmanager
def noted(dialect: Dialect) -> Iterator[list[tuple[str, Any]]]:
    """Give SQL text and values of what the compiled statements inside the block ask, in their order."""
    ran: list[tuple[str, Any]] = []
    run = dialect.run

    def note(connection: Any, sql: str, values: Any, *, keep: bool = False) -> Any:
        ran.append((sql, values))
        return run(connection, sql, values, keep=keep)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dialect, "run", note)
        yield ran
