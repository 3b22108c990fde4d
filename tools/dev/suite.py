"""`dev.py test`: installs what tests need, runs everything, and tells what took how long.

Its last line is pytest's closing line over all runs together; a failed step without tests counts as an error.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tools.dev import benchmark, checks, chromium, postgres, python_env, web_build
from tools.dev.shell import ROOT, Phases, Trouble, call, in_ci, say

CLOSING = re.compile(r"^=* ?(?P<counts>.*\b(?:passed|failed|error|errors|skipped|deselected)\b.*?) in [\d.]+s.*$")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?|rerun)")
ORDER = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warning", "error", "rerun")
SLOWEST = 20
BENCH_ROWS = 2000
# xdist's own way hands out hundreds of tests at once and never takes one back: one worker then ends minutes before the
# other. This one halves what is left to the slower.
SHARING = ("--dist", "worksteal")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def test(paths: Sequence[str]) -> int:
    """Run all checks and tests, or with `paths` only those tests. Returns the exit code."""
    if paths:
        return _some(paths)
    start, phases, suite = time.monotonic(), Phases(), PytestRuns()
    _keep_bytecode()
    if web_build.exists():
        with phases.step("install Node"):
            python_env.node()  # first, because pip must not run twice at once
    phases.beside(lambda: _build_web(phases), lambda: _install(phases))
    missing: list[str] = []
    if not phases.failures:  # without these nothing can be tested
        missing = _provide(phases)
        phases.beside(lambda: checks.web_side(phases), lambda: _check_and_bench(phases))
        with phases.step("tests"):
            suite.run("--numprocesses", _workers(waiting=1), *SHARING, "--ignore", "tests/browser", "tests")
        with phases.step("browser tests"):
            suite.run("--numprocesses", _workers(), *SHARING, "tests/browser")
    phases.report()
    suite.report_slowest()
    for failure in phases.failures:
        say(f"✗ {failure}")
    say(suite.closing_line(phases, time.monotonic() - start, missing))
    return 1 if phases.failures else 0


def faults(arguments: Sequence[str]) -> int:
    """Run the programme of faults in torture/ with these options. Takes long."""
    _keep_bytecode()
    python_env.ensure("dev")
    _provide_postgres(Phases())
    code, _ = call([python_env.executable(), "-m", "torture", *arguments])
    return code


def torture(paths: Sequence[str]) -> int:
    """Run the tests with large numbers of random examples. Takes long."""
    _keep_bytecode()
    python_env.ensure("dev")
    _provide(Phases())
    os.environ["KEHU_HYPOTHESIS"] = "torture"
    return _pytest("--numprocesses", _workers(), *SHARING, *(paths or ["--ignore", "tests/browser", "tests"]))[0]


def _some(paths: Sequence[str]) -> int:
    _keep_bytecode()
    python_env.ensure("dev")
    if any("browser" in path for path in paths) and web_build.exists():
        web_build.build(python_env.node())
    return _pytest(*paths)[0]


def _keep_bytecode() -> None:
    """Let every Python that is started find its modules compiled, also where the environment forbids to keep them.

    The tests start hundreds; each would compile the program anew, more than a second of work. Git ignores the files.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def _install(phases: Phases) -> None:
    with phases.step("install Python packages"):
        python_env.ensure("dev")


def _build_web(phases: Phases) -> None:
    if web_build.exists():
        with phases.step("install and build the web app"):
            web_build.build(python_env.node())


def _check_and_bench(phases: Phases) -> None:
    checks.python_side(phases)
    with phases.step(f"bench --rows {BENCH_ROWS}"):
        benchmark.bench(["--rows", str(BENCH_ROWS)], at_once=False)


def _provide(phases: Phases) -> list[str]:
    """Find or fetch PostgreSQL and Chromium, name them to the tests, return what is missing."""
    missing = _provide_postgres(phases)
    with phases.step("find Chromium"):
        browser = chromium.ensure()
        if browser:
            say(str(browser))
            os.environ["KEHU_CHROMIUM"] = str(browser)
        else:
            missing.append("CHROMIUM")
            _absent("no Chromium found: set KEHU_CHROMIUM to one")
    return missing


def _provide_postgres(phases: Phases) -> list[str]:
    """Find or fetch PostgreSQL, name it to the tests, return whether it is missing."""
    missing: list[str] = []
    with phases.step("find PostgreSQL"):
        programs = postgres.find()
        if programs is None:
            python_env.ensure("postgres")
            programs = postgres.find()
        if programs:
            say(str(programs))
            os.environ["KEHU_TEST_POSTGRES"] = str(programs)
        else:
            missing.append("POSTGRESQL")
            _absent("no PostgreSQL server found: set KEHU_TEST_POSTGRES to a folder with its programs")
    return missing


def _absent(text: str) -> None:
    if in_ci():
        raise Trouble(text)
    say(f"!!! {text} !!!")


def _workers(waiting: int = 0) -> str:
    """As many as there are cores, and some more where tests wait for servers a fifth of their time."""
    return str(max(2, min(os.cpu_count() or 2, 8)) + waiting)


def _pytest(*arguments: str) -> tuple[int, str]:
    """Run pytest, showing its output as it comes. Returns exit code and closing line."""
    command = [str(python_env.executable("python")), "-m", "pytest", *arguments]
    closing = ""
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            plain = COLOURS.sub("", line).strip()
            closing = plain if CLOSING.match(plain) else closing
    return process.returncode, closing


class PytestRuns:
    """Adds up several runs of pytest."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.failed_runs = 0
        self.durations: list[tuple[float, str]] = []

    def run(self, *arguments: str) -> None:
        """Run pytest once. Raises Trouble unless every test passed."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            code, closing = _pytest(*arguments, f"--junitxml={report}")
            self.durations += _durations(report)
        match = CLOSING.match(closing)
        for number, word in COUNT.findall(match["counts"] if match else ""):
            self.counts[word.removesuffix("s") if word != "passed" else word] += int(number)
        if code != 0:
            self.failed_runs += 1
            raise Trouble(f"pytest ended with {code}: {closing.strip('= ') or 'no closing line'}")

    def report_slowest(self) -> None:
        """Print the slowest tests."""
        say(f"\n  the {SLOWEST} slowest tests")
        for seconds, name in sorted(self.durations, reverse=True)[:SLOWEST]:
            say(f"  {seconds:7.2f} s  {name}")
        say("")

    def closing_line(self, phases: Phases, seconds: float, missing: Sequence[str]) -> str:
        """Return one line in pytest's form for everything that ran."""
        counts = Counter(self.counts)
        counts["error"] += len(phases.failures) - self.failed_runs
        if phases.failures and not counts["failed"] and not counts["error"]:
            counts["error"] += 1
        parts = [f"{counts[word]} {word}" for word in ORDER if counts[word]] or ["no tests ran"]
        parts = [part + "s" if re.fullmatch(r"(?!1 )\d+ (error|warning)", part) else part for part in parts]
        untested = "".join(f" NOT TESTED WITH {name}" for name in missing)
        return f"===== {', '.join(parts)} in {seconds:.2f}s{untested} ====="


def _durations(report: Path) -> list[tuple[float, str]]:
    if not report.exists():
        return []
    cases = ElementTree.parse(report).iter("testcase")
    return [(float(case.get("time", "0")), f"{case.get('classname')}::{case.get('name')}") for case in cases]
