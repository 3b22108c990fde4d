"""Ledgers of entities that a test writes by hand, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kehu.base.schema.model import Entity
from tests.support.handmade import Handmade

Make = Callable[..., Handmade]


@pytest.fixture
def make(database_url: str | None, data_dir: Path) -> Iterator[Make]:
    """Makes ledgers of entities; closes them at the end."""
    made: list[Handmade] = []

    def build(*entities: Entity, version: int = 1) -> Handmade:
        made.append(Handmade(database_url, data_dir, *entities, version=version))
        return made[-1]

    yield build
    for one in made:
        one.close()
