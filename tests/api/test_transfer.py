"""Workbooks and backups over HTTP, and the stream that tells of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.api.conftest import SignIn

CONTENT = "客户名称,客户类别,手机\n王五,个人,13700000001\n赵六,个人,139\n"


def until(client: httpx.Client, address: str, *states: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found: dict[str, Any] = client.get(address).json()
        if found["state"] in (*states, "failed"):
            return found
        time.sleep(0.05)
    raise TimeoutError(address)


def test_an_import_from_upload_to_error_workbook(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    made = admin.post(
        "/api/v1/imports", files={"file": ("客户.csv", CONTENT.encode("gbk"))}, data={"entity": "customer"}
    )
    assert made.status_code == 201, made.text
    here = f"/api/v1/imports/{made.json()['id']}"
    report = admin.get(f"{here}/report")
    assert (report.status_code, report.json()["created"]) == (200, 2)
    assert until(admin, here, "checked")["state"] == "checked"
    assert admin.patch(here, json={"on_match": "skip"}).json()["state"] == "mapped"
    assert admin.patch(here, json={"on_match": "sometimes"}).status_code == 422
    assert until(admin, here, "checked")["options"]["on_match"] == "skip"
    assert admin.post(f"{here}/apply", json={}).status_code == 202
    done = until(admin, here, "applied")
    assert (done["state"], done["result"]["created"]) == ("applied", 2)
    book = admin.get(f"{here}/errors.xlsx")
    assert book.content.startswith(b"PK")
    assert book.headers["content-disposition"].startswith("attachment;")
    same = {"entity": "customer", "layout": done["changeset"]}
    again = admin.post("/api/v1/exports", json=same)
    assert admin.get(f"/api/v1/exports/{again.json()['id']}/file").content.startswith(b"PK"), "the layout it came in"
    ids = [row[0] for row in admin.post("/api/v1/records/customer/query", json={"select": []}).json()["rows"]]
    notes = "/api/v1/records/customer/cell-notes"
    kept = admin.post(notes, json={"ids": ids}).json()["items"]
    assert [(one["id"], one["field"], one["text"]) for one in kept] == [(ids[1], "mobile", "139")]
    assert kept[0]["message"]
    seller = sign_in(people("周以宁", "sales"))
    assert seller.post(notes, json={"ids": ids}).json()["items"] == [], "kept texts follow the sight of their records"
    other = sign_in(people("李想", "manager"))
    for path in (here, f"{here}/report", f"{here}/errors.xlsx"):
        assert other.get(path).status_code == 404, path
    assert other.post(f"{here}/apply", json={}).status_code == 404
    assert other.post("/api/v1/exports", json=same).status_code == 404


def test_uploads_that_make_no_sense(admin: httpx.Client) -> None:
    file = {"file": ("a.csv", b"x")}
    assert admin.post("/api/v1/imports", json={}).status_code == 415
    assert admin.post("/api/v1/imports", files={"datei": ("a.csv", b"x")}).json()["errors"][0]["field"] == "datei"
    assert admin.post("/api/v1/imports", files=file, data={"colour": "red"}).json()["errors"][0]["field"] == "colour"
    assert admin.post("/api/v1/imports", files=file, data={"map": "{"}).json()["errors"][0]["field"] == "map"
    assert admin.post("/api/v1/imports", files=file, data={"entity": "nothing"}).status_code == 422
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x\r\n", b"--y--", b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--"):
        assert admin.post("/api/v1/imports", content=body, headers=headers).status_code in (400, 422), body


def test_an_export_is_for_its_author(admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]) -> None:
    admin.post("/api/v1/records/customer", json={"name": "王五", "kind": "person", "mobile": "13700000001"})
    made = admin.post("/api/v1/exports", json={"entity": "customer", "format": "csv", "select": ["name"]})
    here = f"/api/v1/exports/{made.json()['id']}"
    assert until(admin, here, "ready")["result"]["rows"] == 1
    file = admin.get(f"{here}/file")
    assert file.content.decode("utf-8-sig").splitlines() == ["客户名称", "王五"]
    assert sign_in(people("李想", "manager")).get(f"{here}/file").status_code == 404
    assert admin.post("/api/v1/exports", json={"entity": "customer", "select": ["nothing"]}).status_code == 422


def test_a_backup_is_for_administrators(admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]) -> None:
    here = f"/api/v1/backups/{admin.post('/api/v1/backups', json={}).json()['id']}"
    assert until(admin, here, "ready")["state"] == "ready"
    assert len(admin.get(f"{here}/file").content) > 1000
    assert sign_in(people("李想", "manager")).get(f"{here}/file").status_code in (403, 404)


def listen(client: httpx.Client, wanted: int, heard: list[str], ready: threading.Event, **headers: str) -> None:
    with client.stream("GET", "/api/v1/events", headers=headers, timeout=30) as stream:
        ready.set()
        for line in stream.iter_lines():
            if line.startswith(("id:", "event:", "data:")):
                heard.append(line)
            if line.startswith("data:") and sum(one == "event: changes" for one in heard) >= wanted:
                return


def follow(client: httpx.Client, wanted: int, **headers: str) -> tuple[threading.Thread, list[str]]:
    heard: list[str] = []
    ready = threading.Event()
    thread = threading.Thread(target=listen, args=(client, wanted, heard, ready), kwargs=headers)
    thread.start()
    assert ready.wait(20)
    return thread, heard


def test_the_stream_tells_ids_that_the_reader_sees_and_what_he_missed(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    seller = sign_in(people("周以宁", "sales"))
    at_admin, heard_admin = follow(admin, 2)
    at_seller, heard_seller = follow(seller, 1)
    body = {"kind": "person", "mobile": "13700000001"}
    hidden = sign_in().post("/api/v1/records/customer", json={**body, "name": "公司的"}).json()
    own = sign_in("周以宁").post("/api/v1/records/customer", json={**body, "name": "自己的"}).json()
    at_admin.join(30)
    at_seller.join(30)
    told = "\n".join(heard_seller)
    assert f'"ids":[{own["id"]}]' in told
    assert f'"ids":[{hidden["id"]}]' not in told
    assert "自己的" not in told
    assert f'"ids":[{hidden["id"]}]' in "\n".join(heard_admin)
    first = next(line for line in heard_admin if line.startswith("id:")).removeprefix("id: ")
    again, missed = follow(sign_in(), 1, **{"Last-Event-ID": first})
    again.join(30)
    assert f'"ids":[{own["id"]}]' in "\n".join(missed)


def test_a_stream_ends_with_the_right_to_read(site: Any, sign_in: SignIn, people: Callable[..., str]) -> None:
    from kehu.core.accounts import service
    from tests.support.web import SETTING_UP

    client = sign_in(people("李想", "manager"))
    thread, heard = follow(client, 5)
    with site.runtime.write(SETTING_UP) as ctx:
        service.disable_account(ctx, service.require_account(ctx.tx, "李想"))
    sign_in().post("/api/v1/records/customer", json={"name": "王五", "kind": "person", "mobile": "13700000001"})
    thread.join(20)
    assert not thread.is_alive()
    assert not any(one == "event: changes" for one in heard)
