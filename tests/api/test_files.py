"""Files of records over HTTP: sent, attached, fetched by whoever may read the field, never run (security D3)."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from tests.api.conftest import SignIn

PDF = b"%PDF-1.7 " + "营业执照扫描件".encode()


def send(client: httpx.Client, name: str, content: bytes) -> httpx.Response:
    return client.post("/api/v1/files", files={"file": (name, content)})


def test_files_of_records_from_upload_to_download(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    seller = sign_in(people("李想", "sales"))
    mine = {"name": "上海拾禾餐饮管理有限公司", "contacts": [{"name": "叶知秋", "mobile": "13800000003"}]}
    customer = seller.post("/api/v1/records/customer", json=mine).json()["id"]
    sent = send(seller, "..\\..\\营业执照.pdf", PDF)
    assert sent.status_code == 201, sent.text
    about = sent.json()
    assert (about["name"], about["type"], about["size"]) == ("营业执照.pdf", "application/pdf", len(PDF))

    # Somebody else's upload cannot be attached; a made-up id cannot either, and name and type are never the caller's.
    said = {"customer": customer, "content": "发来了执照", "result": "effective_contact"}
    taken = admin.post("/api/v1/records/interaction", json={**said, "files": [about["id"] + 99]})
    assert [e["code"] for e in taken.json()["errors"]] == ["file.unknown"]
    other = sign_in(people("王蕾", "manager"))
    refused = other.post("/api/v1/records/interaction", json={**said, "files": [about["id"]]})
    assert refused.status_code == 422
    made = seller.post(
        "/api/v1/records/interaction",
        json={**said, "files": [{"id": about["id"], "name": "x.html", "type": "text/html"}]},
    )
    assert made.status_code == 201, made.text
    assert made.json()["record"]["files"] == [about]
    note = made.json()["id"]

    here = f"/api/v1/records/interaction/{note}/files/files/{about['id']}"
    for client in (seller, other, admin):
        answer = client.get(here)
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
    stranger = sign_in(people("陈露", "sales"))
    assert stranger.get(here).status_code == 404
    assert admin.get(f"/api/v1/records/interaction/{note}/files/files/{about['id'] + 1}").status_code == 404
    assert admin.get(f"/api/v1/records/interaction/{note}/files/content/{about['id']}").status_code == 404

    # A file that hangs there stays when somebody else edits, and the same content is kept once.
    again = send(other, "副本.pdf", PDF).json()
    kept = other.patch(
        f"/api/v1/records/interaction/{note}",
        json={"files": [about["id"], again["id"]]},
        headers={"If-Match": f'"{made.json()["revision"]}"'},
    )
    assert [f["name"] for f in kept.json()["record"]["files"]] == ["营业执照.pdf", "副本.pdf"]
    assert again["sha256"] == about["sha256"]


def test_a_secret_file_is_a_mask_to_those_who_may_not_see_it(
    admin: httpx.Client, sign_in: SignIn, people: Callable[..., str]
) -> None:
    seller = sign_in(people("李想", "sales"))
    customer = seller.post(
        "/api/v1/records/customer", json={"name": "林晓岚", "kind": "person", "mobile": "13800000008"}
    )
    scan = send(seller, "身份证.jpg", b"\xff\xd8\xff\xe0 scan").json()
    made = seller.post(
        "/api/v1/records/attachment", json={"customer": customer.json()["id"], "type": "id_scan", "file": [scan["id"]]}
    )
    assert made.status_code == 201, made.text
    assert "•" in str(made.json()["record"]["file"])
    here = f"/api/v1/records/attachment/{made.json()['id']}/files/file/{scan['id']}"
    assert seller.get(here).status_code == 404
    assert admin.get(here).content == b"\xff\xd8\xff\xe0 scan"


def test_what_could_run_is_not_taken(admin: httpx.Client) -> None:
    for name, content in (("logo.svg", b"<svg onload=alert(1)>"), ("报价单.pdf", b"MZ\x90"), ("说明.txt", b"<html>")):
        assert send(admin, name, content).json()["errors"][0]["code"] == "file.active"
    assert send(admin, "空.pdf", b"").json()["errors"][0]["code"] == "file.empty"
    assert admin.post("/api/v1/files", files={"file": ("a.pdf", PDF)}, data={"x": "1"}).status_code == 422
    assert admin.post("/api/v1/files", json={}).status_code == 415
