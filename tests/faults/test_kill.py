"""kill -9 at random moments: nothing acknowledged is lost, nothing is doubled, and the ledger proves it.

A few kills in the daily run, many with KEHU_TORTURE=1.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kehu.base.settings import Settings
from kehu.core.records import read
from kehu.features.verification.service import verify
from kehu.runtime import Runtime
from tests.support.ledger_state import BOSS
from tests.support.ledgers import ADMIN, PASSWORD
from tests.support.server import LedgerServer, serving

KILLS = 60 if os.environ.get("KEHU_TORTURE") else 2
ROWS = 1_500


@contextlib.contextmanager
def server(settings: Settings) -> Iterator[LedgerServer]:
    """Serve the ledger; the block may kill the process."""
    with serving(settings.data, database_url=settings.database_url, init=False) as found:
        yield found


@contextlib.contextmanager
def signed_in(found: LedgerServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{found.url}/api/v1", timeout=30) as client:
        answer = client.post("/session", json={"name": ADMIN, "password": PASSWORD})
        answer.raise_for_status()
        client.headers["X-Kehu-CSRF"] = answer.json()["csrf"]
        yield client


def kill(found: LedgerServer) -> None:
    os.kill(found.process_id, signal.SIGKILL)


def proof(settings: Settings) -> None:
    with Runtime.open(settings) as runtime, runtime.read(BOSS) as ctx:
        found = verify(ctx)
    assert found["ok"], [c for c in found["checks"] if c["faults"]]


def test_single_writes_survive_kills(ledger_settings: Settings) -> None:
    random_ = random.Random(7)
    acknowledged: dict[int, str] = {}
    asked = 0
    for _ in range(KILLS):
        with server(ledger_settings) as found, signed_in(found) as client:
            ends = time.monotonic() + random_.uniform(0.3, 1.2)
            with contextlib.suppress(httpx.TransportError):
                while True:
                    asked += 1
                    name = f"客户{asked:05}"
                    if time.monotonic() > ends:
                        kill(found)
                    body = {"name": name, "kind": "person", "mobile": "13800000001"}
                    answer = client.post("/records/customer", json=body)
                    assert answer.status_code == 201, answer.text
                    acknowledged[answer.json()["id"]] = name
    assert acknowledged
    with Runtime.open(ledger_settings) as runtime, runtime.read(BOSS) as ctx:
        stored = {row[0]: row[2] for row in read.rows(ctx, "customer", {"select": ["name"]})}
    lost = {id: name for id, name in acknowledged.items() if stored.get(id) != name}
    assert lost == {}
    assert len(set(stored.values())) == len(stored), "something was written twice"
    assert len(stored) - len(acknowledged) <= KILLS, "at most the write in flight at each kill"
    proof(ledger_settings)


def test_an_import_goes_on_after_kills_and_is_never_doubled(ledger_settings: Settings, tmp_path: Path) -> None:
    random_ = random.Random(11)
    lines = ["客户名称,手机,备注", *(f"客户{n:05},139{n:08},第 {n} 行" for n in range(ROWS))]
    with server(ledger_settings) as found, signed_in(found) as client:
        files = {"file": ("客户.csv", "\n".join(lines).encode(), "text/csv")}
        run = client.post("/imports", files=files, data={"entity": "customer"}).json()["id"]
        state = wait(client, run, {"checked"})
        assert state["state"] == "checked", state
        assert client.post(f"/imports/{run}/apply").status_code == 202
        time.sleep(random_.uniform(0.1, 0.6))
        kill(found)
    for _ in range(KILLS - 1):
        with server(ledger_settings) as found:
            time.sleep(random_.uniform(0.1, 1.0))
            kill(found)
    with server(ledger_settings) as found, signed_in(found) as client:
        state = wait(client, run, {"applied", "failed"})
        assert state["state"] == "applied", state
        assert state["result"]["by_entity"]["customer"] == {"created": ROWS, "updated": 0}
        count = client.post("/records/customer/query", json={"select": ["name"], "count": "exact", "limit": 1}).json()
        assert count["count"] == {"value": ROWS, "exact": True}
        undone = client.post(f"/changesets/{state['changeset']}/undo", json={})
        assert undone.status_code in (200, 202), undone.text
        if undone.status_code == 202:
            until = time.monotonic() + 60
            while client.get(f"/changesets/{state['changeset']}").json()["state"] != "undone":
                assert time.monotonic() < until
                time.sleep(0.2)
        count = client.post("/records/customer/query", json={"select": ["name"], "count": "exact", "limit": 1}).json()
        assert count["count"]["value"] == 0
    proof(ledger_settings)


def wait(client: httpx.Client, run: int, states: set[str]) -> dict[str, Any]:
    """Poll an import until it is in one of the states."""
    until = time.monotonic() + 120
    while True:
        found: dict[str, Any] = client.get(f"/imports/{run}").json()
        if found["state"] in states | {"failed"}:
            return found
        if time.monotonic() > until:
            pytest.fail(f"the import is still {found}")
        time.sleep(0.1)
