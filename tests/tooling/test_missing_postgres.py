"""Half of the tests must never be left out in silence: without PostgreSQL a run fails in CI and is loud elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.dev.shell import ROOT


def _run(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "KEHU_TEST_POSTGRES": str(folder / "nothing-here"), "CI": ci}
    command = [sys.executable, "-m", "pytest", "tests/tooling/test_postgres_fixture.py", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8")


def test_with_ci_a_missing_postgresql_fails(tmp_path: Path) -> None:
    done = _run(tmp_path, "true")
    assert done.returncode == 1
    assert "with CI=true PostgreSQL must be there" in done.stdout


def test_elsewhere_a_missing_postgresql_is_loud(tmp_path: Path) -> None:
    done = _run(tmp_path, "")
    assert done.returncode == 0
    assert "!!! NOT TESTED ON POSTGRESQL" in done.stdout
    assert "3 skipped" in done.stdout.splitlines()[-1]
