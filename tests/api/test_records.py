"""Records over HTTP: shapes of the contract, conflicts, repeated requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kehu.base.errors import Unreachable
from kehu.core.records import write
from tests.api.conftest import SignIn
from tests.support.web import SETTING_UP, Site

BASE = "/api/v1/records/customer"
FIRM = {"name": "上海宏远贸易有限公司", "kind": "enterprise", "contacts": [{"name": "王磊", "mobile": "13812345678"}]}
PERSON = {"name": "林晓岚", "kind": "person", "mobile": "13900001111"}


def test_create_read_change_delete_restore(admin: httpx.Client) -> None:
    made = admin.post(BASE, json=FIRM)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    assert made.headers["location"] == f"{BASE}/{id}"
    assert {"id", "revision", "changeset", "record", "warnings"} == set(made.json())
    found = admin.get(f"{BASE}/{id}")
    assert found.headers["etag"] == f'"{made.json()["revision"]}"'
    assert found.json()["record"]["contact_name"] == "王磊"
    changed = admin.patch(f"{BASE}/{id}", json={"remark": "老客户"}, headers={"If-Match": found.headers["etag"]})
    assert changed.json()["record"]["remark"] == "老客户"
    assert admin.delete(f"{BASE}/{id}").json()["record"] is None
    assert admin.get(f"{BASE}/{id}").status_code == 404
    assert [one["id"] for one in admin.get("/api/v1/trash?entity=customer").json()["items"]] == [id]
    back = admin.post(f"{BASE}/{id}/restore", json={})
    assert back.status_code == 200
    assert admin.get(f"{BASE}/{id}").json()["record"]["remark"] == "老客户"
    items = admin.get(f"{BASE}/{id}/history").json()["items"]
    assert {"changeset", "at", "actor", "origin", "title", "changes"} <= set(items[0])


def test_what_hangs_on_a_record_comes_in_one_answer_as_the_lists_tell_it(admin: httpx.Client) -> None:
    firm, other = (admin.post(BASE, json={**FIRM, "name": name}).json()["id"] for name in ("宏远贸易", "别家"))
    for name in ("周宁", "吴一帆"):
        admin.post("/api/v1/records/contact", json={"name": name, "customer": firm, "mobile": "13812340000"})
    asked = {"relations": {"contacts": ["name", "mobile"], "orders": ["code"]}, "limit": 2}
    told = admin.post(f"{BASE}/{firm}/related", json=asked).json()["relations"]
    assert list(told) == ["contacts", "orders"]
    where = {"field": "customer", "op": "eq", "value": firm}
    listed = {"select": ["name", "mobile"], "where": where, "limit": 2, "count": "capped"}
    assert told["contacts"] == admin.post("/api/v1/records/contact/query", json=listed).json()
    assert (len(told["contacts"]["rows"]), told["contacts"]["count"]) == (2, {"value": 3, "exact": True})
    nothing = {"select": ["code"], "where": where, "limit": 2, "count": "capped"}
    assert told["orders"] == admin.post("/api/v1/records/order/query", json=nothing).json(), "no order was ever written"
    assert (told["orders"]["rows"], told["orders"]["count"]) == ([], {"value": 0, "exact": True})
    admin.post("/api/v1/records/order", json={"customer": firm})
    now = admin.post(f"{BASE}/{firm}/related", json=asked).json()["relations"]["orders"]
    assert now == admin.post("/api/v1/records/order/query", json=nothing).json()
    assert len(now["rows"]) == 1
    alone = admin.post(f"{BASE}/{other}/related", json=asked).json()["relations"]["contacts"]
    assert alone["count"]["value"] == 1
    for address, body, status in (
        (f"{BASE}/{firm}/related", {"relations": {"nonsense": []}}, 422),
        (f"{BASE}/{firm}/related", {"relations": {"contacts": ["nonsense"]}}, 422),
        (f"{BASE}/9999/related", asked, 404),
        ("/api/v1/records/nonsense/1/related", asked, 404),
    ):
        assert admin.post(address, json=body).status_code == status


def test_two_editors_merge_or_meet_in_a_conflict(admin: httpx.Client) -> None:
    id = admin.post(BASE, json=PERSON).json()["id"]
    old = admin.get(f"{BASE}/{id}").headers["etag"]
    assert admin.patch(f"{BASE}/{id}", json={"name": "林晓兰"}, headers={"If-Match": old}).status_code == 200
    assert admin.patch(f"{BASE}/{id}", json={"remark": "改了别的"}, headers={"If-Match": old}).status_code == 200
    lost = admin.patch(f"{BASE}/{id}", json={"name": "林小岚"}, headers={"If-Match": old})
    assert lost.status_code == 409
    assert lost.json()["conflicts"] == [{"field": "name", "base": "林晓岚", "theirs": "林晓兰", "yours": "林小岚"}]
    assert admin.patch(f"{BASE}/{id}", json={"name": "x"}, headers={"If-Match": "seven"}).status_code == 422


def test_the_same_key_gives_the_first_answer_and_makes_one_record(admin: httpx.Client) -> None:
    headers = {"Idempotency-Key": "页面第一次点保存"}
    assert admin.post(BASE, json=PERSON, headers={"Idempotency-Key": "x" * 201}).status_code == 422
    headers = {"Idempotency-Key": "save-1"}
    first = admin.post(BASE, json=PERSON, headers=headers)
    again = admin.post(BASE, json=PERSON, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = admin.post(BASE, json={**PERSON, "name": "别人"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other")
    counted = admin.post(f"{BASE}/query", json={"select": ["name"], "count": "exact"}).json()
    assert counted["count"] == {"value": 1, "exact": True}


def test_a_key_means_nothing_after_a_day(admin: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Idempotency-Key": "save-3"}
    first = admin.post(BASE, json=PERSON, headers=headers)
    monkeypatch.setattr("kehu.entry.api.caller.KEEP", timedelta(seconds=-1))
    second = admin.post(BASE, json={**PERSON, "name": "周小舟", "mobile": "13700137000"}, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["id"] != first.json()["id"]


def test_a_refused_request_leaves_its_key_free(admin: httpx.Client) -> None:
    headers = {"Idempotency-Key": "save-2"}
    assert admin.post(BASE, json={"kind": "person"}, headers=headers).status_code == 422
    assert admin.post(BASE, json=PERSON, headers=headers).status_code == 201


def test_undo_over_http_takes_back_what_was_made(admin: httpx.Client) -> None:
    changeset = admin.post(BASE, json=FIRM).json()["changeset"]
    rehearsed = admin.post(f"/api/v1/changesets/{changeset}/undo", json={"preview": True}).json()
    assert (rehearsed["changeset"], rehearsed["deleted"]) == (None, 2)
    done = admin.post(f"/api/v1/changesets/{changeset}/undo")
    assert done.status_code == 200
    assert (done.json()["undoes"], done.json()["deleted"], done.json()["conflicts"]) == (changeset, 2, [])
    sets = "/api/v1/changesets"
    for narrow, found in {
        "origin=undo": [done.json()["changeset"]],
        "origin=form&entity=contact": [changeset],
        "entity=order": [],
        "origin=form&actor=999": [],
        "until=2020-01-01T00:00:00%2B08:00": [],
        "since=2020-01-01T00:00:00%2B08:00&origin=form": [changeset],
    }.items():
        assert [one["changeset"] for one in admin.get(f"{sets}?{narrow}").json()["items"]] == found, narrow
    assert admin.get(f"{sets}?since=gestern").status_code == 422
    assert admin.post(f"{BASE}/query", json={"select": ["name"]}).json()["rows"] == []


def test_conflicts_of_an_undo_are_decided_one_by_one(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    id = admin.post(BASE, json={**PERSON, "remark": "一", "occupation": "教师"}).json()["id"]

    def change(client: httpx.Client, **values: object) -> int:
        revision = admin.get(f"{BASE}/{id}").json()["revision"]
        answer = client.patch(f"{BASE}/{id}", json=values, headers={"If-Match": f'"{revision}"'})
        return int(answer.json()["changeset"])

    first = change(admin, remark="二", occupation="医生")
    later = change(sign_in(people("周以宁", "manager")), remark="三", occupation="律师")
    here = f"/api/v1/changesets/{first}/undo"
    told = admin.post(here, json={"preview": True}).json()["conflicts"]
    assert {one["field"]: (one["changeset"], one["before"], one["now"]) for one in told} == {
        "remark": (later, "一", "三"),
        "occupation": (later, "教师", "律师"),
    }
    decided = [{"entity": "customer", "id": id, "field": "occupation", "changeset": later}]
    rehearsed = admin.post(here, json={"preview": True, "take_back": decided}).json()
    done = admin.post(here, json={"take_back": decided}).json()
    for answer in (rehearsed, done):
        assert (answer["reverted"], [one["field"] for one in answer["conflicts"]]) == (1, ["remark"])
    record = admin.get(f"{BASE}/{id}").json()["record"]
    assert (record["remark"], record["occupation"]) == ("三", "教师")
    assert admin.post(here, json={"take_back": True}).json()["conflicts"] == []
    assert admin.get(f"{BASE}/{id}").json()["record"]["remark"] == "一"
    for wrong in ("yes", 1, [{"entity": "customer", "id": id}], [[id]], {"all": True}, [{**decided[0], "id": "1"}]):
        assert admin.post(here, json={"take_back": wrong}).status_code == 422, wrong


def test_all_that_is_wrong_with_a_body_is_told_at_once_with_its_place(admin: httpx.Client) -> None:
    body = {
        "nome": "错",
        "mobile": "12",
        "total_amount": "1",
        "contacts": [{"name": "王磊", "colour": 1}, {"mobile": "x"}],
    }
    refused = admin.post(BASE, json={"name": "上海宏远贸易有限公司", "kind": "enterprise", **body}).json()
    told = {one["field"]: one["code"] for one in refused["errors"]}
    assert told.keys() == {"nome", "mobile", "total_amount", "contacts[0].colour", "contacts[1].mobile"}
    assert (told["nome"], told["total_amount"]) == ("field.unknown", "field.derived")
    lacking = admin.post(
        BASE, json={**FIRM, "contacts": [{"name": "王磊", "mobile": "13812345678"}, {"mobile": "13812345679"}]}
    )
    assert [one["field"] for one in lacking.json()["errors"]] == ["contacts[1].name"]
    ids = [admin.post(BASE, json={**PERSON, "name": name}).json()["id"] for name in ("林晓岚", "王芳")]
    emptied = admin.post(f"{BASE}/bulk", json={"ids": ids, "set": {"name": None}}).json()
    assert [one["field"] for one in emptied["errors"]] == ["name"]


def test_an_order_fills_its_summary_and_due_date(admin: httpx.Client) -> None:
    id = admin.post(BASE, json={**FIRM, "credit_days": 30}).json()["id"]
    lines = [{"description": name, "quantity": 1, "unit_price": "9.90"} for name in ("龙井", "毛尖", "普洱")]
    body = {"customer": id, "ordered_on": "2026-03-05T23:30:00+08:00", "lines": lines}
    order = admin.post("/api/v1/records/order", json=body).json()["record"]
    assert (order["summary"], order["due_on"]) == ("龙井、毛尖", "2026-04-04")
    typed = admin.patch(f"/api/v1/records/order/{order['id']}", json={"summary": "春茶"}).json()["record"]
    assert (typed["summary"], typed["summary_line"]) == ("春茶", f"订单{order['code']}：春茶")


def test_a_write_that_the_database_rolled_back_for_another_one_is_done_again(
    admin: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = admin.post(BASE, json=PERSON).json()["id"]
    honest, losses = write.update, [2]

    def unlucky(*given: Any, **more: Any) -> write.Written:
        made = honest(*given, **more)
        losses[0] -= 1
        if losses[0] >= 0:
            raise Unreachable("database.again")
        return made

    monkeypatch.setattr(write, "update", unlucky)
    changed = admin.patch(f"{BASE}/{id}", json={"remark": "老客户"})
    assert (changed.status_code, changed.json()["record"]["remark"]) == (200, "老客户")
    assert len(admin.get(f"{BASE}/{id}/history").json()["items"]) == 2
    losses[0] = 99
    lost = admin.patch(f"{BASE}/{id}", json={"remark": "另一个"})
    assert (lost.status_code, lost.json()["code"]) == (503, "database.again")


def test_bulk_over_http_is_one_change_set(admin: httpx.Client) -> None:
    ids = [admin.post(BASE, json={**PERSON, "mobile": f"1390000111{n}"}).json()["id"] for n in range(3)]
    assert (
        admin.post(f"{BASE}/bulk", json={"ids": ids, "set": {"remark": "回访"}, "preview": True}).json()["affected"]
        == 3
    )
    done = admin.post(f"{BASE}/bulk", json={"ids": ids, "set": {"remark": "回访"}})
    assert (done.status_code, done.json()["affected"]) == (200, 3)
    where = {"field": "remark", "op": "eq", "value": "回访"}
    assert len(admin.post(f"{BASE}/query", json={"select": [], "where": where}).json()["rows"]) == 3
    assert admin.post(f"{BASE}/bulk", json={"ids": ids}).json()["errors"][0]["field"] == "set"


def test_a_preview_waits_for_nobody_who_writes(site: Site, admin: httpx.Client) -> None:
    ids = [admin.post(BASE, json={**PERSON, "mobile": f"1390000112{n}"}).json()["id"] for n in range(2)]
    told: list[dict[str, Any]] = []
    ask = threading.Thread(
        target=lambda: told.extend(
            [
                admin.post(f"{BASE}/bulk", json={"ids": ids, "set": {"remark": "回访"}, "preview": True}).json(),
                admin.post(f"{BASE}/merge", json={"keep": ids[0], "others": ids[1:], "preview": True}).json(),
            ]
        )
    )
    with site.runtime.write(SETTING_UP):
        ask.start()
        ask.join(20)
        assert not ask.is_alive(), "both answers are there while somebody else is writing"
    assert (told[0]["affected"], told[1]["keep"]) == (2, ids[0])


def test_bulk_of_more_than_500_is_accepted_and_told_when_it_is_done(admin: httpx.Client) -> None:
    new = [{**PERSON, "name": f"批量{n}", "mobile": f"139{n:08}"} for n in range(501)]
    made = admin.post(f"{BASE}/batch", json={"create": new}).json()
    where = {"field": "name", "op": "starts_with", "value": "批量"}
    taken = admin.post(f"{BASE}/bulk", json={"where": where, "set": {"remark": "年底回访"}})
    assert taken.status_code == 202, taken.text
    address = f"/api/v1/changesets/{taken.json()['changeset']}"
    until = time.monotonic() + 60
    while admin.get(address).json()["state"] != "applied" and time.monotonic() < until:
        time.sleep(0.05)
    assert admin.get(address).json()["state"] == "applied"
    done = {"field": "remark", "op": "eq", "value": "年底回访"}
    told = admin.post(f"{BASE}/query", json={"select": [], "where": done, "limit": 1, "count": "exact"}).json()
    assert told["count"] == {"value": len(made["created"]), "exact": True}


def test_a_batch_is_one_change_set_and_its_faults_name_their_rows(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    made = [admin.post(BASE, json={**PERSON, "mobile": f"1390000222{n}"}).json() for n in range(2)]
    first, second = (one["id"] for one in made)
    body = {
        "update": [
            {"id": first, "revision": made[0]["revision"], "set": {"remark": "粘进来的", "mobile": "139"}},
            {"id": second, "set": {"remark": "粘进来的"}},
        ],
        "create": [{**PERSON, "name": "新来的"}, {"name": "", "kind": "person"}],
    }
    refused = admin.post(f"{BASE}/batch", json=body)
    assert refused.status_code == 422
    assert {(one["row"], one["field"]) for one in refused.json()["errors"]} == {(0, "mobile")}
    assert admin.get(f"{BASE}/{second}").json()["record"]["remark"] is None, "all or nothing"

    body["update"][0]["set"] = {"remark": "粘进来的"}
    lacking = admin.post(f"{BASE}/batch", json=body).json()["errors"]
    assert (3, "name") in {(one["row"], one["field"]) for one in lacking}
    body["create"].pop()
    written = admin.post(f"{BASE}/batch", json=body).json()
    assert [one["id"] for one in written["updated"]] == [first, second]
    third = written["created"][0]["id"]
    assert admin.get(f"{BASE}/{third}").json()["revision"] == written["created"][0]["revision"]
    assert admin.get("/api/v1/changesets").json()["items"][0]["changeset"] == written["changeset"]

    admin.patch(f"{BASE}/{first}", json={"remark": "别人改的"})
    stale = {"update": [{"id": second, "set": {"remark": "x"}}, {**body["update"][0], "set": {"remark": "我改的"}}]}
    contested = admin.post(f"{BASE}/batch", json=stale)
    assert contested.status_code == 409
    assert [one["row"] for one in contested.json()["errors"]] == [1]
    assert [(one["id"], one["yours"]) for one in contested.json()["conflicts"]] == [(first, "我改的")]

    twice = {"update": [{"id": first, "set": {"remark": "1"}}, {"id": first, "set": {"remark": "2"}}]}
    assert admin.post(f"{BASE}/batch", json=twice).json()["errors"][0]["code"] == "batch.twice"
    assert admin.post(f"{BASE}/batch", json={}).json()["code"] == "batch.empty"
    seller = sign_in(people("周以宁", "sales"))
    hidden = seller.post(f"{BASE}/batch", json={"update": [{"id": first, "set": {"remark": "不归我"}}]})
    assert [(one["row"], one["code"]) for one in hidden.json()["errors"]] == [(0, "record.not_found")]
    undone = admin.post(f"/api/v1/changesets/{written['changeset']}/undo", json={}).json()
    assert (undone["deleted"], admin.get(f"{BASE}/{second}").json()["record"]["remark"]) == (1, None)


def test_words_are_added_to_and_taken_from_the_lists_of_many(admin: httpx.Client) -> None:
    tags = ["key_customer"], ["key_customer", "active_referrer"], None
    ids = [
        admin.post(BASE, json={**PERSON, "mobile": f"1390000333{n}", "tags": t}).json()["id"]
        for n, t in enumerate(tags)
    ]

    def now() -> list[object]:
        return [admin.get(f"{BASE}/{id}").json()["record"]["tags"] for id in ids]

    assert admin.post(f"{BASE}/bulk", json={"ids": ids, "add": {"tags": ["转介绍达人", "老街坊"]}}).status_code == 200
    added = ["active_referrer", "老街坊"]
    assert now() == [["key_customer", *added], ["key_customer", *added], added]
    admin.post(f"{BASE}/bulk", json={"ids": ids, "remove": {"tags": ["active_referrer", "老街坊"]}})
    assert now() == [["key_customer"], ["key_customer"], None]
    for wrong in ({"add": {"name": "x"}}, {"add": {"tags": []}}):
        assert admin.post(f"{BASE}/bulk", json={"ids": ids, **wrong}).json()["code"] == "bulk.needs_list"
    assert admin.post(f"{BASE}/bulk", json={"ids": ids, "add": {"tags": ["x"]}, "delete": True}).status_code == 422


def test_one_view_opens_a_list_and_layouts_hide_what_their_reader_lacks(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    hidden = {"where": {"field": "credit_limit", "op": "empty"}, "family": "red"}
    layout = {"group": "credit_limit", "sums": "credit_limit:sum,name:filled", "rules": [hidden], "freeze": 1}
    made = [
        admin.post(
            "/api/v1/views",
            json={"entity": "customer", "name": name, "data": {"layout": layout}, "shared": True},
        ).json()
        for name in ("甲", "乙")
    ]
    for view in made:
        changed = admin.patch(f"/api/v1/views/{view['id']}", json={"standard": True}).json()
        assert changed["standard"] is True
        assert changed["data"] == {"layout": layout}
    views = admin.get("/api/v1/views?entity=customer").json()["items"]
    assert [one["name"] for one in views if one["standard"]] == ["乙"]
    kept = admin.patch(f"/api/v1/views/{made[1]['id']}", json={"data": {"layout": {"freeze": 2}}}).json()
    assert kept["standard"] is True
    seller = sign_in(people("周以宁", "sales"))
    seen = {one["name"]: one for one in seller.get("/api/v1/views?entity=customer").json()["items"]}
    assert seen["甲"]["data"]["layout"] == {"sums": "name:filled", "rules": [], "freeze": 1}
    own = seller.post("/api/v1/views", json={"entity": "customer", "name": "我的"}).json()
    assert seller.patch(f"/api/v1/views/{own['id']}", json={"standard": True}).json()["standard"] is True
    assert [one["name"] for one in seller.get("/api/v1/views").json()["items"] if one["standard"]] == ["乙", "我的"]


def test_sales_sees_own_rows_and_no_trace_of_others(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    theirs = admin.post(BASE, json=FIRM).json()
    seller = sign_in(people("周以宁", "sales"))
    own = seller.post(BASE, json=PERSON).json()
    rows = seller.post(f"{BASE}/query", json={"select": ["name"]}).json()["rows"]
    assert [row[0] for row in rows] == [own["id"]]
    missing = seller.get(f"{BASE}/424242")
    hidden = seller.get(f"{BASE}/{theirs['id']}")
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json())
    assert seller.get(f"/api/v1/changesets/{theirs['changeset']}").status_code == 404
    assert [one["changeset"] for one in seller.get("/api/v1/changesets").json()["items"]] == [own["changeset"]]
    assert seller.post("/api/v1/backups", json={}).status_code == 403
    kit = admin.get("/api/v1/changesets").json()["items"][-1]["changeset"]
    assert seller.post(f"/api/v1/changesets/{kit}/undo", json={"preview": True}).status_code == 404
    assert admin.post(f"/api/v1/changesets/{kit}/undo").json()["code"] == "undo.kit"


def test_the_catalog_has_a_tag_and_is_not_sent_twice(admin: httpx.Client) -> None:
    first = admin.get("/api/v1/catalog")
    assert first.json()["version"] >= 1
    assert admin.get("/api/v1/catalog", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    plain = admin.get("/api/v1/catalog", headers={"Accept-Encoding": "identity"})
    packed = admin.get("/api/v1/catalog", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) * 4 < int(plain.headers["content-length"])
    assert packed.json() == plain.json()


def test_shared_views_hide_from_those_who_lack_their_fields(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    where = {"field": "credit_limit", "op": "gt", "value": "100"}
    body = {"entity": "customer", "name": "额度大的", "data": {"select": ["name"], "where": where}, "shared": True}
    assert admin.post("/api/v1/views", json=body).status_code == 201
    data = {"select": ["name", "credit_limit"], "sort": [{"field": "credit_limit"}]}
    admin.post("/api/v1/views", json={"entity": "customer", "name": "全部", "data": data, "shared": True})
    seller = sign_in(people("周以宁", "sales"))
    views = seller.get("/api/v1/views?entity=customer").json()["items"]
    assert [(one["name"], one["data"]) for one in views] == [("全部", {"select": ["name"], "sort": []})]
    assert seller.post("/api/v1/views", json={**body, "data": {}}).status_code == 403
    assert seller.delete(f"/api/v1/views/{views[0]['id']}").status_code == 403
