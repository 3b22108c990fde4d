"""Fixtures for every test: both databases, a data folder, the folder of real sample files.

A missing PostgreSQL skips its half of the tests and says so loudly; with CI=true it fails them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import postgres
from tools.dev.shell import ROOT, in_ci

# `dev.py test` must give the same answer every time; `dev.py torture` looks further.
settings.register_profile(
    "ci",
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
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


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends what the workers shared."""
    if not hasattr(config, "workerinput") and postgres.FOLDER in os.environ:
        postgres.end_run()


@pytest.fixture(scope="session")
def postgres_template() -> str:
    """Name of a migrated database that tests clone. Skips without PostgreSQL, fails with CI=true."""
    reason = postgres.missing()
    if reason and in_ci():
        pytest.fail(f"{reason}; with CI=true PostgreSQL must be there", pytrace=False)
    if reason:
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {reason}")
    return postgres.ensure_template()


@pytest.fixture
def postgres_url(postgres_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database, cloned from the template."""
    with postgres.fresh_database(postgres_template) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database without any table, for tests of migrations and of restoring."""
    with postgres.fresh_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """Every test that asks for this runs on both databases. None means SQLite in the data folder.

    The same convention as the setting KEHU_DATABASE_URL; combine it with `data_dir`.
    """
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return url


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
        terminalreporter.write_line(
            "!!! NOT TESTED ON POSTGRESQL: set KEHU_TEST_POSTGRES !!!", red=True, bold=True
        )
    if any("NOT TESTED IN A BROWSER" in str(report.longrepr) for report in reports):
        terminalreporter.write_line("!!! NOT TESTED IN A BROWSER: set KEHU_CHROMIUM !!!", red=True, bold=True)
