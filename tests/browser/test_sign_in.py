"""What everybody sees first: the page loads under its own security policy, and a person gets in with a password."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.server import LedgerServer


def _sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/")
    page.get_by_test_id("login-name").fill(name)
    page.get_by_test_id("login-password").fill(password)
    page.get_by_test_id("login-submit").click()


def test_a_person_signs_in_and_sees_the_ledger(page: Page, ledger: LedgerServer) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    _sign_in(page, ledger.admin, ledger.password)
    expect(page.get_by_test_id("login-form")).to_have_count(0)
    expect(page.get_by_text("客户", exact=True).first).to_be_visible()
    assert refused == []


def test_a_wrong_password_is_told_in_chinese_and_gives_no_session(page: Page, ledger: LedgerServer) -> None:
    _sign_in(page, ledger.admin, "不是这个密码")
    expect(page.get_by_test_id("login-error")).to_contain_text("密码")
    expect(page.get_by_test_id("login-form")).to_be_visible()
    assert page.request.get("/api/v1/me").status == 401
