"""The first run: an empty folder shows one page, which makes a ledger with the code of the console, takes the firm's
own book along, imports it, and finds the first customer by initials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, expect
from pypinyin import Style, lazy_pinyin

from tests.support import postgres
from tests.support.browsing import Windows, drop
from tests.support.customers import customers, write_csv
from tests.support.server import LedgerServer, serving


@pytest.fixture(scope="module")
def ledger(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerServer]:
    """A server on an empty folder, and on an empty database."""
    folder = tmp_path_factory.mktemp("first-run") / "ledger"
    with ExitStack() as stack:
        url = stack.enter_context(postgres.fresh_database()) if database == "postgres" else None
        yield stack.enter_context(serving(folder, database_url=url, init=False))


def test_the_first_run_page_makes_a_ledger_of_the_workbook_dropped_on_it(
    windows: Windows, ledger: LedgerServer, tmp_path: Path
) -> None:
    page = windows.open(signed_in=False, own=True)
    page.goto("/list/customer")
    page.get_by_test_id("setup-firm").fill("宏远商贸")
    page.get_by_test_id("setup-admin").fill("老板娘")
    page.get_by_test_id("setup-password").fill(ledger.password)
    page.get_by_test_id("setup-code").fill("不是建账码")
    page.get_by_test_id("setup-submit").click()
    expect(page.get_by_test_id("setup-form").get_by_role("alert").first).to_contain_text("建账码")

    page.get_by_test_id("setup-code").fill(ledger.setup_code)
    page.get_by_test_id("kit-beauty").click()
    expect(page.get_by_test_id("kit-facts")).to_contain_text("美容院")
    page.get_by_test_id("kit-general").click()
    rows = customers(3)
    first = rows[0][0]
    initials = "".join(lazy_pinyin(first[2:6], style=Style.FIRST_LETTER))
    book = write_csv(tmp_path / "老客户.csv", rows)
    drop(page, page.locator(".first-run"), book)
    expect(page.get_by_text("老客户.csv")).to_be_visible()
    page.get_by_test_id("setup-submit").click()
    expect(page.get_by_test_id("recovery-key")).to_contain_text("KEHU-", timeout=60_000)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("setTimeout(() => location.reload())")
    page.get_by_test_id("copy-key").click()
    expect(page.get_by_test_id("copy-key")).to_have_text("已复制")
    page.get_by_test_id("setup-open").click()
    expect(page.get_by_test_id("sheet-preview").locator("tr[data-kind=head]")).to_have_count(1, timeout=60_000)
    page.get_by_test_id("next-step").click()
    page.get_by_test_id("step-rehearse").click()
    expect(page.get_by_test_id("created-customer")).to_have_text("3", timeout=60_000)
    page.get_by_test_id("import-apply").click()
    page.get_by_test_id("see-list").click(timeout=60_000)
    expect(page.get_by_test_id("row-count")).to_have_text("3 条")
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-input").fill(initials)
    expect(page.get_by_test_id("palette-hit").filter(has_text=first)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("firm")).to_have_text("宏远商贸")
    page.reload()
    assert asked == ["beforeunload"], "the browser asks while the key is shown, and not after"

    again = page.request.post("/api/v1/setup", data={"code": ledger.setup_code})
    assert 400 <= again.status < 500
    assert page.request.get("/api/v1/me").json()["user"]["name"] == "老板娘"
