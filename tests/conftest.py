"""Fixtures for every test: both databases, a data folder, the folder of real sample files.

A missing PostgreSQL skips its half of the tests and says so loudly; with CI=true it fails them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support import postgres
from tools.dev.shell import ROOT, in_ci

if TYPE_CHECKING:
    from kehu.base.settings import Settings
    from kehu.runtime import Runtime

# `dev.py test` must give the same answer every time; `dev.py torture` looks further.
settings.register_profile(
    "ci",
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # a counterexample now is worth more than a small one in ten minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "torture",
    max_examples=1000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile(os.environ.get("KEHU_HYPOTHESIS", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """The process that starts the workers owns what they share."""
    if not hasattr(config, "workerinput"):
        postgres.begin_run()
        os.environ["KEHU_CONFIG"] = str(Path(os.environ[postgres.FOLDER]) / "config")  # no key lands in a real home


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends what the workers shared."""
    if not hasattr(config, "workerinput") and postgres.FOLDER in os.environ:
        postgres.end_run()


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Address of the run's PostgreSQL server. Skips without PostgreSQL, fails with CI=true."""
    reason = postgres.missing()
    if reason and in_ci():
        pytest.fail(f"{reason}; with CI=true PostgreSQL must be there", pytrace=False)
    if reason:
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {reason}")
    return postgres.server_url()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh PostgreSQL database without any table."""
    with postgres.fresh_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every test that asks for this, or for something built on it, runs on both databases."""
    kind: str = request.param
    if kind == "postgres":
        request.getfixturevalue("postgres_server")
    return kind


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str | None:
    """An empty database of each kind, as the setting KEHU_DATABASE_URL says it: None is SQLite in the data folder."""
    if database_kind == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def ledger_settings(database_kind: str, data_dir: Path) -> Iterator[Settings]:
    """Settings of a ledger of its own, set up with the kit `general` (see tests/support/ledgers.py)."""
    from tests.support import ledgers  # not above: while the program is broken, unit tests still run

    with ledgers.cloned(database_kind, data_dir) as settings_of_ledger:
        yield settings_of_ledger


@pytest.fixture
def runtime(ledger_settings: Settings) -> Iterator[Runtime]:
    """That ledger, open."""
    from kehu.runtime import Runtime

    with Runtime.open(ledger_settings) as opened:
        yield opened


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty folder for a ledger."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def sample_files() -> Path:
    """The folder KEHU_TEST_DATA (default ../shared/data). Tests that use it skip when it is not there."""
    folder = Path(os.environ.get("KEHU_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no folder of sample files at {folder} (KEHU_TEST_DATA)")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One loud line when half of the databases was not tested."""
    reports = terminalreporter.stats.get("skipped", [])
    if any("NOT TESTED ON POSTGRESQL" in str(report.longrepr) for report in reports):
        terminalreporter.write_line("!!! NOT TESTED ON POSTGRESQL: set KEHU_TEST_POSTGRES !!!", red=True, bold=True)
    if any("NOT TESTED IN A BROWSER" in str(report.longrepr) for report in reports):
        terminalreporter.write_line("!!! NOT TESTED IN A BROWSER: set KEHU_CHROMIUM !!!", red=True, bold=True)
