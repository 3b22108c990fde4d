"""A follow-up is one change-set; quick entry, working days, people, tokens and crash reports over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.conftest import SignIn

BASE = "/api/v1"
PERSON = {"name": "江映雪", "kind": "person", "mobile": "19900007745"}


def _tasks(client: httpx.Client, customer: int) -> list[list[Any]]:
    where = {"field": "customer", "op": "eq", "value": customer}
    body = {"select": ["title", "status", "due_at"], "where": where, "sort": [{"field": "due_at"}]}
    rows: list[list[Any]] = client.post(f"{BASE}/records/task/query", json=body).json()["rows"]
    return [[id, title, status, due[:10]] for id, _, title, status, due in rows]


def test_r45_a_follow_up_opens_moves_and_completes_tasks_in_one_change_set(admin: httpx.Client) -> None:
    customer = admin.post(f"{BASE}/records/customer", json=PERSON).json()["id"]
    said = {"customer": customer, "content": "报价已发\n等回话", "channel": "wechat", "result": "interested"}
    first = admin.post(f"{BASE}/follow-ups", json=said | {"next_at": "2026-12-01T12:00:00+08:00"})
    assert first.status_code == 201, first.text
    task = first.json()["task"]
    assert _tasks(admin, customer) == [[task, "报价已发", "open", "2026-12-01"]]
    record = admin.get(f"{BASE}/records/customer/{customer}").json()["record"]
    assert record["next_follow_up"][:10] == "2026-12-01"
    again = admin.post(
        f"{BASE}/follow-ups", json=said | {"next_at": "2026-12-08T12:00:00+08:00", "next_action": "送样"}
    )
    assert again.json()["task"] == task, "the open one is moved"
    assert _tasks(admin, customer) == [[task, "送样", "open", "2026-12-08"]]
    done = admin.post(f"{BASE}/follow-ups", json=said | {"task": task, "next_at": "2026-12-15T12:00:00+08:00"}).json()
    assert [row[1:] for row in _tasks(admin, customer)] == [
        ["送样", "completed", "2026-12-08"],
        ["报价已发", "open", "2026-12-15"],
    ]
    undone = admin.post(f"{BASE}/changesets/{done['changeset']}/undo", json={}).json()
    assert undone["conflicts"] == []
    assert _tasks(admin, customer) == [[task, "送样", "open", "2026-12-08"]]
    assert admin.get(f"{BASE}/records/interaction/{done['interaction']}").status_code == 404


def test_a_follow_up_needs_the_rights_of_its_parts(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    customer = admin.post(f"{BASE}/records/customer", json=PERSON).json()["id"]
    said = {"customer": customer, "content": "来店", "result": "effective_contact"}
    stranger = sign_in(people("周以宁", "sales")).post(f"{BASE}/follow-ups", json=said)
    assert (stranger.status_code, stranger.json()["errors"][0]["field"]) == (422, "customer")
    service = sign_in(people("何知夏", "service")).post(
        f"{BASE}/follow-ups", json=said | {"next_at": "2026-12-01T12:00:00+08:00"}
    )
    assert (service.status_code, service.json()["task"]) == (201, None), "may not set tasks"
    assert sign_in(people("审计", "auditor")).post(f"{BASE}/follow-ups", json=said).status_code == 404
    assert admin.post(f"{BASE}/follow-ups", json=said | {"result": "没有这种"}).status_code == 422


def test_pasted_text_becomes_fields_of_this_ledger(admin: httpx.Client) -> None:
    text = "丽泽云杉咖啡的店长 江映雪\n手机 199 0000 7745\n地址 苏州工业园区星桂街 66 号 1 层"
    answer = admin.post(f"{BASE}/quick-entry", json={"text": text}).json()
    found = {f"{one['entity']}.{one['field']}": one for one in answer["found"]}
    assert found["customer.name"]["value"] == "丽泽云杉咖啡"
    assert found["address.region"]["value"] == "320576"
    mobile = found["customer.mobile"]
    assert (mobile["value"], text[mobile["start"] : mobile["end"]]) == ("19900007745", "199 0000 7745")
    assert admin.post(f"{BASE}/quick-entry", json={"text": "长" * 4001}).status_code == 422


def test_days_off_are_those_of_the_chinese_calendar(admin: httpx.Client) -> None:
    rest = admin.get(f"{BASE}/workdays?first=2026-02-13&last=2026-03-01").json()["rest"]
    assert "2026-02-17" in rest, "the spring festival"
    assert "2026-02-14" not in rest, "a Saturday that is worked"
    for query in ("first=2026-03-01&last=2026-02-01", "first=2026-01-01&last=2028-01-01", "first=x&last=2026-01-01"):
        assert admin.get(f"{BASE}/workdays?{query}").status_code == 422


def test_people_are_looked_after_by_administrators(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    made = admin.post(f"{BASE}/people", json={"name": "顾青禾", "role": "sales", "password": "春风又绿江南岸吗"})
    assert made.status_code == 201, made.text
    offered = {one["key"]: one["rows"] for one in admin.get(f"{BASE}/people").json()["roles"]}
    assert (offered["admin"], offered["sales"], offered["auditor"]) == ("all", "own", "none")
    id = made.json()["id"]
    client = sign_in("顾青禾", "春风又绿江南岸吗")
    assert client.get(f"{BASE}/me").json()["role_labels"] == [{"zh-CN": "销售", "en": "Sales"}]
    assert client.get(f"{BASE}/people").status_code == 403
    assert client.patch(f"{BASE}/people/{id}", json={"roles": ["admin"]}).status_code == 403
    assert admin.patch(f"{BASE}/people/{id}", json={"roles": ["manager"]}).json()["roles"] == ["manager"]
    assert client.get(f"{BASE}/me").json()["roles"] == ["manager"], "counts at once"
    assert admin.patch(f"{BASE}/people/{id}", json={"state": "disabled"}).json()["state"] == "disabled"
    assert client.get(f"{BASE}/me").status_code == 401
    assert admin.patch(f"{BASE}/people/{id}", json={"state": "active"}).json()["state"] == "active"
    own = admin.get(f"{BASE}/me").json()["user"]["id"]
    for change in ({"roles": ["sales"]}, {"state": "disabled"}):
        assert admin.patch(f"{BASE}/people/{own}", json=change).json()["code"] == "account.last_admin"


def test_a_token_is_told_once_and_ends(admin: httpx.Client, http: httpx.Client) -> None:
    secret = admin.post(f"{BASE}/tokens", json={"label": "收银程序", "days": 30}).json()["token"]
    head = {"Authorization": f"Bearer {secret}"}
    assert http.get(f"{BASE}/me", headers=head).status_code == 200
    assert http.post(f"{BASE}/tokens", json={"label": "再来", "days": 30}, headers=head).status_code == 403
    items = admin.get(f"{BASE}/tokens").json()["items"]
    assert [one["label"] for one in items] == ["收银程序"]
    assert secret not in str(items)
    assert admin.delete(f"{BASE}/tokens/{items[0]['id']}").status_code == 204
    assert admin.delete(f"{BASE}/tokens/{items[0]['id']}").status_code == 404
    assert http.get(f"{BASE}/me", headers=head).status_code == 401


def test_what_a_program_deletes_restores_and_writes_is_told_as_its_own(admin: httpx.Client, http: httpx.Client) -> None:
    secret = admin.post(f"{BASE}/tokens", json={"label": "收银程序", "days": 30}).json()["token"]
    head = {"Authorization": f"Bearer {secret}"}
    place = f"{BASE}/records/customer"
    body = {"name": "陈店", "kind": "person", "mobile": "13600136000"}
    id = http.post(place, json=body, headers=head).json()["id"]
    batch = {"update": [{"id": id, "set": {"remark": "常客"}}]}
    done = [
        http.post(f"{place}/batch", json=batch, headers=head),
        http.delete(f"{place}/{id}", headers=head),
        http.post(f"{place}/{id}/restore", headers=head),
    ]
    assert [one.status_code for one in done] == [200] * 3
    items = admin.get(f"{BASE}/changesets").json()["items"][:3]
    assert [(one["changeset"], one["origin"]) for one in items] == [
        (one.json()["changeset"], "api") for one in reversed(done)
    ]


def test_a_crash_report_keeps_places_and_no_words(admin: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    stack = "TypeError: 手机 13812345678\n  at draw (http://x/assets/record-a1.js:10:20)"
    with caplog.at_level(logging.ERROR, "kehu.page"):
        answer = admin.post(f"{BASE}/crash-reports", json={"path": "/today", "name": "TypeError", "stack": stack})
    assert answer.json()["report"] in caplog.text
    assert "/assets/record-a1.js:10:20" in caplog.text
    assert "138" not in caplog.text
