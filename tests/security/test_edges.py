"""What stands before every handler: headers, host, origin, the page's token, cookies; and answers to bugs."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import orjson
import pytest

from kehu.core.records import read
from kehu.entry.api.app import openapi_bytes
from tests.support.ledgers import ADMIN, PASSWORD
from tests.support.town import Town

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
STREAM = "/api/v1/events"  # never ends


def addresses() -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of the OpenAPI document with ids filled in."""
    paths = orjson.loads(openapi_bytes())["paths"]
    return [
        (method.upper(), path.replace("{entity}", "customer").replace("{id}", "1"), operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path != STREAM
    ]


def safe(answer: httpx.Response) -> list[str]:
    """What is missing for a browser to be safe with this answer."""
    missing = [
        f"{name}: {answer.headers.get(name)}" for name, value in HEADERS.items() if answer.headers.get(name) != value
    ]
    policy = answer.headers.get("content-security-policy", "")
    if "frame-ancestors 'none'" not in policy or "default-src" not in policy:
        missing.append(f"content-security-policy: {policy}")
    if str(answer.url.path).startswith("/api/") and "cache-control" not in answer.headers:
        missing.append("cache-control")
    if "server" in answer.headers or "x-powered-by" in answer.headers:
        missing.append("says what it is made of")
    return missing


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_every_answer_has_the_headers(town: Town) -> None:
    wrong: list[str] = []

    def look(what: str, answer: httpx.Response) -> None:
        wrong.extend(f"{what} ({answer.status_code}): {one}" for one in safe(answer))

    for method, path, operation in addresses():
        body = {"json": {}} if "requestBody" in operation else {}
        look(f"admin {method} {path}", town.ask("admin", method, path, **body))
        look(f"nobody {method} {path}", town.ask(None, method, path, **body))
    for path in ("/", "/records/customer", "/assets/none.js", "/api/v1/none", "/api", "/../../etc/passwd", "/%2e%2e/x"):
        look(path, town.ask(None, "GET", f"http://localhost{path}" if path[0] != "/" else path))
    look("host", town.ask(None, "GET", "/health", headers={"Host": "evil.example"}))
    look("method", town.ask(None, "PUT", "/catalog"))
    look("media", town.ask("admin", "POST", "/views", content=b"x", headers={"Content-Type": "text/plain"}))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_has_a_policy_without_inline_scripts(town: Town) -> None:
    answer = town.loop.run_until_complete(town.client.get("/", headers={"Accept": "text/html"}))
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    scripts = next((p for p in policy.split(";") if p.strip().startswith("script-src")), policy)
    assert "unsafe" not in scripts
    assert "*" not in policy.replace("'none'", "")


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil@localhost",
        "localhost/x",
        "",
        "[::1",
        "a b",
    ],
)
def test_other_hosts_are_refused_before_anything(town: Town, host: str) -> None:
    answer = town.ask("admin", "GET", "/me", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "host.unknown")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_forwarded_headers_are_not_believed(town: Town) -> None:
    told = {"X-Forwarded-Host": "localhost", "Forwarded": "host=localhost", "Host": "evil.example"}
    assert town.ask("admin", "GET", "/me", headers=told).status_code == 400
    tries = [
        town.ask(
            None,
            "POST",
            "/session",
            json={"name": "谁", "password": "错的"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
        )
        for n in range(11)
    ]
    assert tries[-1].status_code == 429, "another address in a header must not give another eleven tries"
    assert int(tries[-1].headers["retry-after"]) > 0


def _signed_in(town: Town) -> tuple[str, str, httpx.Response]:
    """Cookie and token of a session of the administrator."""
    town.client.cookies.clear()
    answer = town.ask(None, "POST", "/session", json={"name": ADMIN, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"].partition(";")[0]
    town.client.cookies.clear()
    return cookie, answer.json()["csrf"], answer


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_cookie_is_for_this_site_and_no_script(town: Town) -> None:
    _, _, answer = _signed_in(town)
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert "secure" not in flags  # plain loopback
    safe_url = "https://localhost/api/v1/session"
    body = {"name": ADMIN, "password": PASSWORD}
    over_tls = town.loop.run_until_complete(
        town.client.post(safe_url, json=body, headers={"Origin": "https://localhost"})
    )
    assert "secure" in over_tls.headers["set-cookie"].lower()
    assert "max-age" in over_tls.headers["strict-transport-security"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_write_passes_without_the_pages_token_or_from_elsewhere(town: Town) -> None:
    """Every address that changes something, with a good cookie."""
    cookie, csrf, _ = _signed_in(town)
    before = town.content()
    wrong: list[str] = []
    for method, path, operation in addresses():
        if method == "GET" or path.endswith(("/session", "/setup")):
            continue
        more: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}
        if path.endswith("/imports"):
            more = {"files": {"file": ("a.csv", b"a\n1\n")}}
        for headers in (
            {},
            {"X-Kehu-CSRF": "guess"},
            {"X-Kehu-CSRF": csrf, "Origin": "https://evil.example"},
            {"X-Kehu-CSRF": csrf, "Origin": "null"},
            {"X-Kehu-CSRF": csrf, "Sec-Fetch-Site": "cross-site"},
            {"X-Kehu-CSRF": csrf, "Sec-Fetch-Site": "same-site"},
        ):
            answer = town.ask(None, method, path, headers={"Cookie": cookie, **headers}, **more)
            # A body of a wrong shape may be told before the token is looked at; it reaches no handler either.
            allowed = (403, 422) if len(headers) < 2 else (403,)
            if answer.status_code not in allowed:
                wrong.append(f"{method} {path} {headers}: {answer.status_code} {answer.text[:100]}")
    assert not wrong, "\n".join(wrong)
    assert town.content() == before


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_bug_is_told_by_a_number_and_nothing_else(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("身份证 110105197001010011 in /srv/kehu/ledger.db")

    monkeypatch.setattr(read, "get", broken)
    with caplog.at_level(logging.DEBUG):
        answer = town.ask("admin", "GET", f"/records/customer/{town.ids['mine']}")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    for secret in ("110105197001010011", "Traceback", "ledger.db", "RuntimeError"):
        assert secret not in answer.text
    assert "110105197001010011" not in caplog.text, "the log names places, never values"
    assert answer.json()["report"] in caplog.text
    assert not safe(answer)
