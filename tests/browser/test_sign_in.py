"""What everybody sees first: the page loads under its own security policy, and a person gets in with a password."""

from __future__ import annotations

import time

from playwright.sync_api import Page, Route, expect

from tests.support.browsing import Api, Windows
from tests.support.server import LedgerServer


def _sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/")
    page.get_by_test_id("login-name").fill(name)
    page.get_by_test_id("login-password").fill(password)
    page.get_by_test_id("login-submit").click()


def test_a_person_signs_in_sees_the_ledger_and_leaves(windows: Windows, ledger: LedgerServer) -> None:
    page = windows.open(signed_in=False)
    _sign_in(page, ledger.admin, ledger.password)
    expect(page.get_by_test_id("login-form")).to_have_count(0)
    expect(page.get_by_test_id("today-page").get_by_role("heading", name="今日")).to_be_visible()
    expect(page.get_by_test_id("firm")).to_have_text("宏远商贸")
    page.get_by_test_id("user-menu").click()
    page.get_by_test_id("logout").click()
    expect(page.get_by_test_id("login-form")).to_be_visible()
    assert page.request.get("/api/v1/me").status == 401


def test_a_wrong_password_is_told_in_chinese_and_gives_no_session(windows: Windows, ledger: LedgerServer) -> None:
    page = windows.open(signed_in=False)
    _sign_in(page, ledger.admin, "不是这个密码")
    expect(page.get_by_test_id("login-error")).to_contain_text("密码")
    expect(page.get_by_test_id("login-form")).to_be_visible()
    assert page.request.get("/api/v1/me").status == 401


def test_an_english_browser_gets_an_english_page(windows: Windows, ledger: LedgerServer) -> None:
    page = windows.open(signed_in=False, locale="en-GB")
    page.goto("/")
    expect(page.get_by_test_id("login-submit")).to_have_text("Log in")
    _sign_in(page, ledger.admin, "wrong password")
    expect(page.get_by_test_id("login-error")).to_contain_text("password")
    _sign_in(page, ledger.admin, ledger.password)
    expect(page.get_by_test_id("nav-customer")).to_have_text("Customers")
    spoken = page.get_by_test_id("quick-entry").inner_text()  # the tasks below speak as people wrote them
    page.get_by_test_id("nav-customer").click()
    expect(page.get_by_test_id("new-record")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    spoken += page.get_by_test_id("list-page").inner_text()
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in spoken), spoken


def test_a_page_appears_once_in_the_language_of_its_person(windows: Windows, ledger: LedgerServer, api: Api) -> None:
    """In a Chinese browser. What one begins on a page that is built anew is lost: the choice of a file goes nowhere."""
    who = {"name": "beatrix", "password": "a quiet harbour 26"}
    api.call("POST", "/people", {**who, "role": "admin"})
    hers = Api.sign_in(ledger, **who)
    hers.call("PATCH", "/me", {"locale": "en"})
    hers.client.close()
    page = windows.open(**who, own=True)
    page.add_init_script(
        """window.titles = [];
        new MutationObserver(() => {
          const title = document.querySelector("h1")?.textContent;
          if (title && title !== window.titles.at(-1)) window.titles.push(title);
        }).observe(document, { subtree: true, childList: true, characterData: true });"""
    )
    known: list[str] = []
    page.on("response", lambda answer: known.append(answer.url) if answer.url.endswith("/api/v1/me") else None)

    def texts_come_late(route: Route) -> None:
        time.sleep(0.4 if known else 0)
        route.continue_()

    page.route("**/assets/*.js", texts_come_late)
    page.goto("/import")
    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_visible()
    assert page.evaluate("titles") == ["Import"]
    with page.expect_file_chooser():
        page.get_by_role("button", name="Choose a file").press("Enter")
