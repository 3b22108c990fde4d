"""Requests that make no sense: always a 4xx that names the place, never a 5xx."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kehu.base.errors import BadInput
from kehu.entry.api.security.bodies import DEPTH, check_data

JSON = {"Content-Type": "application/json"}
QUERY = "/api/v1/records/customer/query"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"select": [', 400, "json.unreadable"),
        (b"", 422, "input.invalid"),
        (b"[]", 422, "input.invalid"),
        (b"null", 422, "input.invalid"),
        (b'{"select": NaN}', 400, "json.unreadable"),
        (b'{"select": ["\\ud800"]}', 400, "json.unreadable"),
        (b'{"select": ["na\\u0000me"]}', 422, "text.unstorable"),
        (b'{"select": ["name"], "limit": 123456789012345678901234567890}', 422, "number.too_big"),
        (b'{"select": ["name"], "limit": 501}', 422, "input.invalid"),
        (b'{"select": ["name"], "limit": "5"}', 422, "input.invalid"),
        (b'{"select": ["name"], "colour": 1}', 422, "input.invalid"),
        (b"\xff\xfe{}", 400, "json.unreadable"),
    ],
)
def test_bodies_that_cannot_be_used(admin: httpx.Client, body: bytes, status: int, code: str) -> None:
    answer = admin.post(QUERY, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 422:
        assert all(one["message"] for one in answer.json()["errors"])


def test_unknown_members_are_named_with_their_place(admin: httpx.Client) -> None:
    body = {"select": ["name"], "sort": [{"field": "name", "direction": "up"}]}
    assert [one["field"] for one in admin.post(QUERY, json=body).json()["errors"]] == ["sort[0].direction"]


def test_nesting_over_the_limit_is_refused(admin: httpx.Client) -> None:
    deep: dict[str, Any] = {"field": "name", "op": "eq", "value": "x"}
    for _ in range(200):
        deep = {"not": deep}
    answer = admin.post(QUERY, json={"select": ["name"], "where": deep})
    assert (answer.status_code, answer.json()["code"]) == (422, "json.too_deep")


def test_a_body_over_the_limit_is_refused_before_it_is_read(admin: httpx.Client) -> None:
    answer = admin.post(QUERY, content=b'{"select": ["' + b"x" * (5 << 20) + b'"]}', headers=JSON)
    assert answer.status_code == 413


def test_other_media_addresses_methods_and_hosts(admin: httpx.Client) -> None:
    assert admin.post(QUERY, content=b"select=name", headers={"Content-Type": "text/plain"}).status_code == 415
    assert admin.get("/api/v1/nothing").json()["code"] == "http.not_found"
    assert admin.put("/api/v1/catalog").json()["code"] == "http.wrong_method"
    assert admin.get("/api/v1/changesets/abc").status_code == 422
    assert admin.get("/api/v1/changesets/99999999999999999999999").status_code == 422
    assert admin.get("/api/v1/changesets?limit=many").json()["errors"][0]["field"] == "limit"
    assert admin.get("/api/v1/changesets?colour=red").json()["errors"][0]["field"] == "colour"
    assert admin.get("/api/v1/me", headers={"Host": "evil.example"}).json()["code"] == "host.unknown"
    assert admin.get("/api/v1/records/%00/1").status_code in (400, 404)


def test_hidden_and_missing_look_alike(admin: httpx.Client) -> None:
    here = admin.get("/api/v1/records/customer/424242").json()
    there = admin.get("/api/v1/records/customer/424243").json()
    assert here == there
    assert here["status"] == 404


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in sorted(document["paths"].items())
        for method, operation in sorted(methods.items())
    ]


def test_nothing_made_from_the_openapi_document_gives_a_5xx(admin: httpx.Client) -> None:
    """Every operation with bodies and parameters that do not fit."""
    document = admin.get("/api/v1/openapi.json").json()
    assert len(operations(document)) > 30
    junk: list[Any] = [{}, [], "x", 7, None, {"x": {"y": [1, {"z": None}]}}, {"select": 1}, {"entity": {}, "data": []}]
    for method, path, operation in operations(document):
        if path.endswith(("/events", "/session")):
            continue
        for part in ("7", "0", "-1", "客户", "a" * 100):
            address = path.replace("{id}", part).replace("{entity}", "customer" if part == "7" else part)
            bodies = junk if "requestBody" in operation and part == "7" else [{}]
            for body in bodies:
                answer = admin.request(method, address, content=json.dumps(body), headers=JSON)
                assert answer.status_code < 500, (method, address, body, answer.text)
                if answer.status_code >= 400:
                    assert answer.headers["content-type"] == "application/problem+json", (method, address)
                    assert answer.json()["code"]


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e15, 1e15) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(where=plain)
def test_any_filter_is_answered_or_refused(where: Any) -> None:
    """What the guard lets through can be stored as JSON text by both databases."""
    holds_nul = "\\u0000" in json.dumps(where)
    with pytest.raises(BadInput, match=r"text\.unstorable") if holds_nul else nullcontext():
        check_data(where)


def test_the_depth_limit_counts_lists_and_objects_alike() -> None:
    data: Any = 1
    for n in range(DEPTH):
        data = [data] if n % 2 else {"a": data}
    check_data(data)
    with pytest.raises(BadInput) as refused:
        check_data([data])
    assert refused.value.code == "json.too_deep"
