"""Signing in, sessions and their end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from kehu.core.accounts import service
from kehu.core.accounts.signing_in import PAIR
from kehu.runtime import Runtime
from tests.api.conftest import SignIn
from tests.support.ledgers import ADMIN, PASSWORD
from tests.support.web import SETTING_UP


def try_sign_in(http: httpx.Client, name: str, password: str) -> dict[str, object]:
    answer = http.post("/api/v1/session", json={"name": name, "password": password})
    return {**answer.json(), "status": answer.status_code}


def test_me_tells_who_and_what_he_may(admin: httpx.Client) -> None:
    me = admin.get("/api/v1/me").json()
    assert me["user"]["name"] == ADMIN
    assert me["roles"] == ["admin"]
    assert me["csrf"] == admin.headers["X-Kehu-CSRF"]
    assert {"customer:create", "ledger:backup"} <= set(me["permissions"])


def test_the_cookie_is_kept_from_scripts_and_other_sites(http: httpx.Client) -> None:
    answer = http.post("/api/v1/session", json={"name": ADMIN, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie  # over plain http a browser would drop it


def test_an_unknown_name_is_told_nothing_else_than_a_wrong_password(http: httpx.Client) -> None:
    wrong = try_sign_in(http, ADMIN, "不是这个密码")
    unknown = try_sign_in(http, "没有这个人", "不是这个密码")
    assert wrong == unknown
    assert wrong["status"] == 401


def test_guessing_ends_after_ten_tries_and_others_still_get_in(http: httpx.Client, people: Callable[..., str]) -> None:
    people("周以宁", "sales")
    for _ in range(PAIR):
        assert try_sign_in(http, "周以宁", "猜一个密码吧")["status"] == 401
    answer = http.post("/api/v1/session", json={"name": "周以宁", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert try_sign_in(http, ADMIN, PASSWORD)["status"] == 200


def test_parallel_guesses_do_not_beat_the_count(http: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: try_sign_in(http, ADMIN, f"第 {n} 次猜")["status"], range(PAIR + 6)))
    assert found.count(401) == PAIR
    assert found.count(429) == 6


def test_a_write_without_the_token_of_the_page_is_refused(admin: httpx.Client) -> None:
    body = {"name": "王五", "kind": "person", "mobile": "13800000001"}
    for headers in ({"X-Kehu-CSRF": ""}, {"X-Kehu-CSRF": "x" * 43}):
        answer = admin.post("/api/v1/records/customer", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf.wrong")


def test_a_page_of_another_site_cannot_write(admin: httpx.Client) -> None:
    body = {"name": "王五", "kind": "person", "mobile": "13800000001"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = admin.post("/api/v1/records/customer", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin.foreign")
    assert (
        admin.post(
            "/api/v1/records/customer", json=body, headers={"Origin": str(admin.base_url).rstrip("/")}
        ).status_code
        == 201
    )


def test_a_new_password_ends_all_other_sessions(sign_in: SignIn) -> None:
    here, elsewhere = sign_in(), sign_in()
    wrong = here.post("/api/v1/me/password", json={"current": "不是它不是它", "new": "海阔天空-2027"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "current")
    short = here.post("/api/v1/me/password", json={"current": PASSWORD, "new": "短"})
    assert (short.status_code, short.json()["code"]) == (422, "password.short")
    assert here.post("/api/v1/me/password", json={"current": PASSWORD, "new": "海阔天空-2027"}).status_code == 204
    assert here.get("/api/v1/me").status_code == 200
    assert elsewhere.get("/api/v1/me").status_code == 401


def test_whoever_is_disabled_is_out_at_once(runtime: Runtime, sign_in: SignIn, people: Callable[..., str]) -> None:
    client = sign_in(people("李想", "manager"))
    assert client.get("/api/v1/me").status_code == 200
    with runtime.write(SETTING_UP) as ctx:
        service.disable_account(ctx, service.require_account(ctx.tx, "李想"))
    assert client.get("/api/v1/me").status_code == 401


def test_signing_out_ends_the_session_for_good(sign_in: SignIn) -> None:
    client = sign_in()
    cookie = client.cookies["kehu_session"]
    assert client.delete("/api/v1/session").status_code == 204
    client.cookies.set("kehu_session", cookie)
    assert client.get("/api/v1/me").status_code == 401


def test_answers_follow_the_language_of_account_then_browser(admin: httpx.Client) -> None:
    def detail() -> str:
        answer = admin.get("/api/v1/records/nothing/1", headers={"Accept-Language": "en-GB,en;q=0.9,zh;q=0.2"})
        return str(answer.json()["title"])

    assert detail() == "Not found"
    assert admin.patch("/api/v1/me", json={"locale": "zh-CN"}).json()["locale"] == "zh-CN"
    assert detail() == "找不到"
