"""What `dev.py test` says at its end, and what `dev.py new` writes."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest

from kehu.base.fields.base import FieldType, ParseEnv
from kehu.base.schema.model import Field, Label
from tools.dev import scaffold, suite
from tools.dev.shell import ROOT, Phases, Trouble


def _phases(*failing: str) -> Phases:
    phases = Phases()
    for name in ("ruff", "tests", "browser tests"):
        with phases.step(name):
            if name in failing:
                raise Trouble("no")
    return phases


@pytest.mark.parametrize(
    ("line", "matches"),
    [
        ("================ 3 failed, 120 passed, 2 skipped in 45.60s ================", True),
        ("120 passed in 75.01s (0:01:15)", True),
        ("no tests ran in 0.01s", False),
        ("the run passed in the end", False),
    ],
)
def test_knows_pytests_closing_line(line: str, matches: bool) -> None:
    assert bool(suite.CLOSING.match(line)) is matches


def test_closing_line_adds_up_all_runs() -> None:
    runs = suite.PytestRuns()
    runs.counts.update({"passed": 120, "skipped": 2})
    assert runs.closing_line(_phases(), 61.5, []) == "===== 120 passed, 2 skipped in 61.50s ====="


def test_a_failed_check_is_an_error_in_the_closing_line() -> None:
    runs = suite.PytestRuns()
    runs.counts.update({"passed": 120, "failed": 1})
    runs.failed_runs = 1
    line = runs.closing_line(_phases("ruff", "tests"), 9.0, [])
    assert line == "===== 1 failed, 120 passed, 1 error in 9.00s ====="


def test_closing_line_names_what_was_not_tested() -> None:
    runs = suite.PytestRuns()
    runs.counts.update({"passed": 1})
    assert runs.closing_line(_phases(), 1.0, ["POSTGRESQL"]).endswith("NOT TESTED WITH POSTGRESQL =====")


def test_new_field_type_works_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaffold, "ROOT", tmp_path)
    monkeypatch.setattr(scaffold, "PLUGINS", tmp_path / "plugins")
    (written,) = scaffold.new("field-type", "licence_plate")
    spec = importlib.util.spec_from_file_location("licence_plate", tmp_path / written)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: FieldType = module.FIELD_TYPE
    field = Field(key="plate", label=Label("车牌", "Plate"), type="licence_plate", column="plate")
    parsed = made.parse(field, made.sample(field, random.Random(1)), ParseEnv())
    assert made.name == "licence_plate"
    assert not parsed.refused
    assert made.parse(field, 12, ParseEnv()).refused


def test_new_refuses_what_is_there_or_no_name() -> None:
    with pytest.raises(Trouble, match="already there"):
        scaffold.new("field-type", "text")
    with pytest.raises(Trouble, match="no file name"):
        scaffold.new("field-type", "../evil")


def test_the_build_calls_the_readmes_test_command() -> None:
    command = (ROOT / ".ci" / "run").read_text("utf-8").strip()
    assert command == "python3 dev.py test"
    assert command in (ROOT / "README.md").read_text("utf-8")
