"""Fixtures of the browser tests: one Chromium per worker, one ledger per file, empty windows per test.

Tests of a file share its ledger and run in any order: each makes what it looks for, under names of its own.

Without a Chromium the tests skip and say so loudly; with CI=true they fail. A script error, an error in the console or
a breach of the security policy fails its test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import ledgers
from tests.support.browsing import PATIENCE_MS, Api, Windows
from tests.support.server import LedgerServer, serving
from tools.dev import chromium, python_env
from tools.dev.shell import Trouble, in_ci


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
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=chromium.SWITCHES)
        yield running
        running.close()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerServer]:
    """A ledger with 3,000 customers, served. Tests make customers of their own in it and leave the others alone."""
    settings = ledgers.cloned_with_customers(tmp_path_factory.mktemp("browser") / "ledger")
    with serving(settings.data, init=False) as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """Every test that asks for this, or for something built on it, runs on both databases."""
    kind: str = request.param
    if kind == "postgres":
        request.getfixturevalue("postgres_server")
    return kind


@pytest.fixture(scope="module")
def empty_ledger(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerServer]:
    """A ledger without customers on each database, served."""
    with (
        ledgers.cloned(database, tmp_path_factory.mktemp("browser") / "ledger") as settings,
        serving(settings.data, database_url=settings.database_url, init=False) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def kept_windows(browser: Browser, ledger: LedgerServer) -> Iterator[Windows]:
    """The windows of a file: what one test has put away opens the next one faster."""
    kept = Windows(browser, ledger)
    yield kept
    kept.close()


@pytest.fixture
def windows(kept_windows: Windows) -> Iterator[Windows]:
    """Opens windows on the ledger and empties them after the test, which fails when one of them reported an error."""
    yield kept_windows
    kept_windows.put_away()


@pytest.fixture
def page(windows: Windows) -> Page:
    """A window, signed in, in Chinese."""
    return windows.open()


@pytest.fixture
def api(ledger: LedgerServer) -> Iterator[Api]:
    """The HTTP interface, to see what a page has really done."""
    signed_in = Api.sign_in(ledger)
    yield signed_in
    signed_in.client.close()
