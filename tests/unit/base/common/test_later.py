"""A library that is imported when it is first asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kehu.base.common.later import Later


def test_a_library_gives_its_names_and_refuses_those_it_does_not_have() -> None:
    assert Later("json").loads("[1]") == [1]
    with pytest.raises(AttributeError):
        _ = Later("json").nothing_of_the_kind


def test_a_server_starts_without_libraries_that_it_may_never_need() -> None:
    heavy = {"polars", "psycopg", "xlsxwriter", "cryptography.x509"}
    code = f"import sys, kehu.entry.cli.main, kehu.entry.api.serve; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_process_that_converts_rows_starts_without_a_database() -> None:
    code = "import sys, kehu.features.importing.converting; print({'sqlalchemy', 'fastapi'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
