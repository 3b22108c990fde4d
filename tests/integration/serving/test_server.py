"""The real server process: start, stop, kill, and a command line beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.server import PASSWORD, LedgerServer, kehu, serving

CONTENT = "客户名称,客户类别,手机\n" + "".join(f"客户{n:05d},个人,{13700000000 + n}\n" for n in range(1500))


@contextmanager
def sign_in(server: LedgerServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/api/v1", timeout=60, trust_env=False) as client:
        answer = client.post("/session", json={"name": server.admin, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-Kehu-CSRF"] = answer.json()["csrf"]
        yield client


def test_sigterm_ends_cleanly_also_with_open_streams(data_dir: Path) -> None:
    with serving(data_dir) as server, sign_in(server) as client:
        with client.stream("GET", "/events") as stream:
            assert stream.status_code == 200
            begun = time.monotonic()
            os.kill(server.process_id, signal.SIGTERM)
            for _ in stream.iter_raw():
                pass
        while time.monotonic() - begun < 10:
            try:
                client.get("/health")
            except httpx.TransportError:
                break
            time.sleep(0.1)
        assert time.monotonic() - begun < 10


def test_two_servers_cannot_open_one_folder(data_dir: Path) -> None:
    with serving(data_dir) as server:
        command = [sys.executable, "-m", "kehu", "--data", str(server.data), "--json"]
        second = subprocess.run([*command, "serve", "--port", "0"], capture_output=True, text=True, timeout=60)
        assert second.returncode == 5
        assert "server.runs" in second.stdout


def test_beside_a_running_server_the_command_line_works_through_it(data_dir: Path) -> None:
    """Small writes open the ledger themselves; large work is a job that the server runs; the stream tells of both."""
    with serving(data_dir) as server, sign_in(server) as client:
        heard: list[str] = []
        ready = threading.Event()

        def listen() -> None:
            try:
                with client.stream("GET", "/events", timeout=60) as stream:
                    ready.set()
                    for line in stream.iter_lines():
                        heard.append(line)
                        if sum(one.startswith("event: changes") for one in heard) >= 2:
                            return
            except httpx.TransportError:
                return

        listening = threading.Thread(target=listen)
        listening.start()
        assert ready.wait(20)
        kehu("create", "customer", "name=门店新客", "kind=person", "mobile=13700009999", data=data_dir)
        file = data_dir.parent / "客户.csv"
        file.write_text(CONTENT, encoding="utf-8")
        told = kehu("import", str(file), "--entity", "customer", data=data_dir)
        assert told["created"] == 1500
        listening.join(30)
        assert not listening.is_alive()
        assert '"entity":"customer"' in "".join(heard)
        items = client.get("/changesets?limit=2").json()["items"]
        assert [one["origin"] for one in items] == ["import", "command_line"]


def test_an_empty_folder_serves_the_first_run_page_once(data_dir: Path) -> None:
    with serving(data_dir, init=False) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.get("/api/v1/ready").json()["status"] == "setup"
        body = {"firm": "宏远商贸", "kit": "general", "admin": "admin", "password": PASSWORD}
        wrong = client.post("/api/v1/setup", json={**body, "code": "WRONG"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "setup.code")
        tries = [client.post("/api/v1/setup", json={**body, "code": f"CODE{n}"}).status_code for n in range(12)]
        assert tries[-1] == 429
        assert client.post("/api/v1/session", json={"name": "admin", "password": PASSWORD}).status_code == 401


def test_silent_connections_are_closed(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket
    from urllib.parse import urlsplit

    with serving(data_dir, init=False) as server:
        place = urlsplit(server.url)
        sockets = [socket.create_connection((str(place.hostname), int(place.port or 0))) for _ in range(20)]
        for n, one in enumerate(sockets):
            one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " if n % 2 else b"GET /api")
        assert httpx.get(f"{server.url}/api/v1/health", trust_env=False).status_code == 200
        until = time.monotonic() + 25
        for one in sockets:
            one.settimeout(max(0.1, until - time.monotonic()))
            try:
                assert one.recv(1000) == b""
            except ConnectionResetError:
                pass
            one.close()
        assert time.monotonic() < until
