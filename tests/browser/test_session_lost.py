"""A session that ends while somebody types: in another window, or by itself. Nothing typed is lost, and nothing becomes
somebody else's."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.browsing import Api, Grid
from tests.support.server import LedgerServer, kehu

CLERK_PASSWORD = "一行白鹭上青天-77"


def _leave_in_another_window(page: Page) -> None:
    csrf = page.request.get("/api/v1/me").json()["csrf"]
    assert page.request.delete("/api/v1/session", headers={"X-Kehu-CSRF": csrf}).ok


def _add_clerk(ledger: LedgerServer, name: str) -> None:
    kehu("user", "add", name, "--role", "sales", "--password-stdin", data=ledger.data, stdin=f"{CLERK_PASSWORD}\n")


def _write(page: Page, customer: int, text: str) -> None:
    page.goto(f"/record/customer/{customer}")
    page.get_by_test_id("composer-text").fill(text)


def _sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_test_id("login-name").fill(name)
    page.get_by_test_id("login-password").fill(password)
    page.get_by_test_id("login-submit").click()


def _noted(api: Api, customer: int) -> list[str]:
    where = {"field": "customer", "op": "eq", "value": customer}
    return [
        row[2]
        for row in api.call("POST", "/records/interaction/query", {"select": ["content"], "where": where})["rows"]
    ]


def test_who_closes_the_dialog_finds_what_was_typed_after_signing_in(
    page: Page, api: Api, ledger: LedgerServer
) -> None:
    made = api.add_customer(name="登录过期的客户")["id"]
    _write(page, made, "关掉登录框也要在")
    _leave_in_another_window(page)
    page.get_by_test_id("composer-text").press("Enter")
    expect(page.get_by_test_id("login-password")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    _sign_in(page, ledger.admin, ledger.password)
    expect(page.get_by_test_id("composer-text")).to_have_value("关掉登录框也要在")

    grid = Grid.open(page, "登录过期的客户")
    grid.select("remark", 0)
    page.keyboard.type("过期时写的格子")
    _leave_in_another_window(page)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("login-password")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("toast")).to_contain_text("再登录后自动保存")
    _sign_in(page, ledger.admin, ledger.password)
    expect(page.get_by_test_id("toast")).to_contain_text("已改 1 行")
    assert api.customer(made)["remark"] == "过期时写的格子"


def test_the_same_person_goes_on_after_signing_in_in_another_window(page: Page, api: Api, ledger: LedgerServer) -> None:
    made = api.add_customer(name="别处又登录")["id"]
    _write(page, made, "别的窗口又登录了")
    _leave_in_another_window(page)
    who = {"name": ledger.admin, "password": ledger.password}
    assert page.request.post("/api/v1/session", data=who).ok
    page.get_by_test_id("composer-text").press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("已记下跟进")
    assert _noted(api, made) == ["别的窗口又登录了"]


def test_what_one_typed_is_not_saved_as_somebody_elses(page: Page, api: Api, ledger: LedgerServer) -> None:
    _add_clerk(ledger, "小沈")
    made = api.add_customer(name="不归小沈的客户")["id"]
    _write(page, made, "管理员写的")
    _leave_in_another_window(page)
    page.get_by_test_id("composer-text").press("Enter")
    expect(page.get_by_test_id("login-password")).to_be_focused()
    _sign_in(page, "小沈", CLERK_PASSWORD)
    expect(page.get_by_test_id("today-page")).to_be_visible()
    expect(page.get_by_text("管理员写的")).to_have_count(0)
    assert _noted(api, made) == []
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []


def test_a_page_of_one_becomes_that_of_the_other_who_signed_in_in_another_window(
    page: Page, api: Api, ledger: LedgerServer
) -> None:
    _add_clerk(ledger, "小陶")
    made = api.add_customer(name="不归小陶的客户")["id"]
    _write(page, made, "管理员在旧窗口写的")
    _leave_in_another_window(page)
    assert page.request.post("/api/v1/session", data={"name": "小陶", "password": CLERK_PASSWORD}).ok
    page.get_by_test_id("composer-text").press("Enter")
    expect(page.get_by_test_id("today-page")).to_be_visible()
    expect(page.get_by_text("管理员在旧窗口写的")).to_have_count(0)
    assert _noted(api, made) == []
