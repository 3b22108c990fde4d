"""Fixtures of the browser tests: one Chromium per run, one ledger per test file, one clean page per test.

Without a Chromium the tests skip and say so loudly; with CI=true they fail. A script error on a page fails its test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.support.server import LedgerServer, serving
from tools.dev import chromium, python_env
from tools.dev.shell import Trouble, in_ci

WINDOW: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running Chromium."""
    try:
        program = chromium.find()
        reason = "no Chromium found"
    except Trouble as trouble:
        program, reason = None, str(trouble)
    if program is None and in_ci():
        pytest.fail(f"{reason}; with CI=true a Chromium must be there", pytrace=False)
    if program is None:
        pytest.skip(f"NOT TESTED IN A BROWSER: {reason}")
    # The Node inside Playwright's wheel needs a library that bare systems lack; ours does not.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(python_env.node().executable))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program)
        yield running
        running.close()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerServer]:
    """A new ledger, served."""
    with serving(tmp_path_factory.mktemp("browser") / "ledger") as server:
        yield server


@pytest.fixture
def page(browser: Browser, ledger: LedgerServer) -> Iterator[Page]:
    """A page in a window of its own, in Chinese, not signed in. `page.goto("/")` opens the ledger."""
    context = browser.new_context(base_url=ledger.url, locale="zh-CN", viewport=WINDOW, accept_downloads=True)
    context.set_default_timeout(15_000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == [], "errors of scripts on the page"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder for screenshots of a test."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder
