"""Every address says who may call it, and holds to it."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from kehu.entry.api.app import BASE, bare_app
from kehu.entry.api.doors import MARK, PUBLIC, SIGNED_IN, Doors, check_doors
from tests.support.web import Site

PUBLIC_ADDRESSES = {
    ("GET", f"{BASE}/certificate.crt"),
    ("GET", f"{BASE}/health"),
    ("GET", f"{BASE}/kits"),
    ("GET", f"{BASE}/ready"),
    ("POST", f"{BASE}/session"),
    ("POST", f"{BASE}/setup"),
}


def test_exactly_these_addresses_are_public() -> None:
    found = {
        (method, str(getattr(route, "path", "")))
        for route in bare_app().routes
        for method in getattr(route, "methods", None) or ()
        if getattr(getattr(route, "endpoint", None), MARK, None) == PUBLIC and str(route.path).startswith("/api")  # type: ignore[attr-defined]
    }
    assert found == PUBLIC_ADDRESSES


def test_an_address_without_a_policy_stops_the_server_from_starting() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/forgotten", lambda: {"secret": 1})
    with pytest.raises(RuntimeError, match="forgotten"):
        check_doors(app)


def test_strangers_are_turned_away_everywhere(http: httpx.Client) -> None:
    """Before anything of the body is looked at."""
    for route in bare_app().routes:
        for method in getattr(route, "methods", None) or ():
            path = str(getattr(route, "path", ""))
            if getattr(getattr(route, "endpoint", None), MARK, None) != SIGNED_IN:
                continue
            address = path.replace("{id}", "1").replace("{entity}", "customer")
            for headers in ({}, {"Authorization": "Bearer kehu_made-up"}, {"Cookie": "kehu_session=made-up"}):
                body = b"{" if not headers else b"{}"
                sent = {"Content-Type": "application/json", **headers}
                answer = http.request(method, address, content=body, headers=sent)
                allowed = (401,) if not headers else (401, 415, 422)  # a shape may be refused before a guess is checked
                assert answer.status_code in allowed, (method, address, answer.status_code, answer.text)


def test_a_handler_that_never_asks_who_calls_gives_no_answer(site: Site, http: httpx.Client) -> None:
    doors = Doors("test")

    @doors.add("GET", "/careless", SIGNED_IN)
    async def careless() -> object:
        from kehu.entry.api.caller import reply

        return reply({"secret": 1})

    app = site.serving.app
    doors.open(app.router, BASE)
    app.router.routes.insert(0, app.router.routes.pop())
    answer = http.get(f"{BASE}/careless", headers={"Authorization": "Bearer kehu_made-up"})
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_every_answer_has_the_headers_that_keep_browsers_safe(http: httpx.Client, admin: httpx.Client) -> None:
    for client, address in (
        (http, f"{BASE}/health"),
        (http, f"{BASE}/nothing"),
        (admin, f"{BASE}/catalog"),
        (http, "/"),
    ):
        headers = client.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert admin.get(f"{BASE}/me").headers["cache-control"] == "no-store"
