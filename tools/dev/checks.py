"""The static checks: lint, types, import contracts, of the Python side and of the web app. Runs no tests."""

from __future__ import annotations

from tools.dev import node_env, python_env, web_build
from tools.dev.shell import Phases, run


def lint(phases: Phases) -> None:
    """Check style, and that every import goes down the six bands."""
    _lint_python(phases)
    _web(phases, "web lint", "lint")


def types(phases: Phases) -> None:
    """Check types."""
    _types_python(phases)
    _web(phases, "web types", "types")


def python_side(phases: Phases) -> None:
    """Check style, imports and types of the Python side."""
    _lint_python(phases)
    _types_python(phases)


def web_side(phases: Phases) -> None:
    """Check style, types and texts of the web app, and run its unit tests."""
    _web(phases, "web lint", "lint")
    _web(phases, "web types", "types")
    texts(phases)
    web_tests(phases)


def texts(phases: Phases) -> None:
    """Check that the web app speaks both languages."""
    _web(phases, "web texts", "i18n:check")


def web_tests(phases: Phases) -> None:
    """Run the unit tests of the web app."""
    _web(phases, "web unit tests", "test")


def _lint_python(phases: Phases) -> None:
    with phases.step("ruff"):
        run([python_env.executable("ruff"), "check", "--quiet", "."], quiet=True)
    with phases.step("import contracts"):
        run([python_env.executable("lint-imports"), "--no-logo"], quiet=True)


def _types_python(phases: Phases) -> None:
    with phases.step("mypy"):
        run([python_env.executable("mypy")], quiet=True)


def _web(phases: Phases, name: str, script: str) -> None:
    if web_build.exists():
        with phases.step(name):
            node().npm("run", script, cwd=web_build.WEB, quiet=True)


def node() -> node_env.Node:
    """Return a Node with the web app's packages installed."""
    found = python_env.node()
    web_build.install(found)
    return found
