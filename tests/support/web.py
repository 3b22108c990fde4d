"""A ledger behind its HTTP interface, served by a thread of this process, and people who use it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from kehu.core.accounts.service import add_account
from kehu.core.context import Actor
from kehu.entry.api.serve import Serving
from kehu.runtime import Runtime
from tests.support.ledgers import ADMIN, PASSWORD

SETTING_UP = Actor("system", None, "test")
READY_SECONDS = 30.0
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody; to make one that knows the usual firms takes 20 ms


@dataclass(frozen=True, slots=True)
class Site:
    """Where the ledger is served, and how to come in."""

    url: str
    runtime: Runtime
    serving: Serving

    def visitor(self, **headers: str) -> httpx.Client:
        """A browser of somebody who has not signed in. Nothing of the environment (proxies) plays a part."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False, verify=NO_TLS)

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD) -> httpx.Client:
        """Sign somebody in, with a browser of his own."""
        client = self.visitor()
        answer = client.post("/api/v1/session", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        client.headers["X-Kehu-CSRF"] = answer.json()["csrf"]
        return client

    def add_person(self, name: str, role: str) -> str:
        """Add an account with a role; return its name."""
        with self.runtime.write(SETTING_UP) as ctx:
            add_account(ctx, name, [role], password=PASSWORD)
        return name


@contextmanager
def served(runtime: Runtime) -> Iterator[Site]:
    """Serve an open ledger on a free port of the loopback until the block ends."""
    ready = threading.Event()
    serving = Serving(runtime, host="127.0.0.1", port=0, ready=lambda _url, _code: ready.set())
    thread = threading.Thread(target=serving.run, name="test-server")
    thread.start()
    try:
        assert ready.wait(READY_SECONDS), "the server was not ready in time"
        yield Site(serving.url, runtime, serving)
    finally:
        serving.stop()
        thread.join(20)
        assert not thread.is_alive(), "the server did not end"
