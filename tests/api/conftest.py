"""A served ledger for every test of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from kehu.runtime import Runtime
from tests.support.web import Site, served

SignIn = Callable[..., httpx.Client]


@pytest.fixture
def site(runtime: Runtime) -> Iterator[Site]:
    """The ledger, served."""
    with served(runtime) as site:
        yield site


@pytest.fixture
def http(site: Site) -> Iterator[httpx.Client]:
    """Nobody yet."""
    with site.visitor() as client:
        yield client


@pytest.fixture
def sign_in(site: Site) -> Iterator[SignIn]:
    """Sign somebody in with a browser of his own."""
    clients: list[httpx.Client] = []

    def sign_in(*who: str) -> httpx.Client:
        clients.append(site.sign_in(*who))
        return clients[-1]

    yield sign_in
    for client in clients:
        client.close()


@pytest.fixture
def admin(sign_in: SignIn) -> httpx.Client:
    """The administrator, signed in."""
    return sign_in()


@pytest.fixture
def people(site: Site) -> Callable[..., str]:
    """Add an account with a role; return its name."""
    return site.add_person
