"""The command line of dev.py: which words there are and which module answers them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.dev import benchmark, checks, python_env, scaffold, serve, suite, web_build
from tools.dev.shell import ROOT, Phases, Trouble, leave_when_told, run, say

TORTURE = {
    "db": "sqlite or postgres; both without",
    "kills": "how often the server is killed (200)",
    "times": "full disks, restarts, backups (10)",
    "edits": "catalog edits under load (200)",
    "connections": "silent clients (1200)",
    "writers": "people who save at once (64)",
    "users": "people at work (1000)",
    "seconds": "how long these work (600)",
}


FOLDER = ROOT / "docs" / "screenshots"  # WebP, small enough for Git; the documents show them


def main(arguments: Sequence[str]) -> int:
    """Run one command. Returns the exit code; expected trouble is one sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a bare system has no UTF-8 locale
    options = _parser().parse_args(arguments)
    leave_when_told()
    try:
        code: int = options.answer(options)
    except Trouble as trouble:
        print(f"✗ {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _run(options: argparse.Namespace) -> int:
    return serve.run(data=options.data, port=options.port, browser=not options.no_browser)


def _test(options: argparse.Namespace) -> int:
    return suite.test(options.paths)


def _torture(options: argparse.Namespace) -> int:
    if options.random is not None:
        return suite.torture(options.random)
    arguments: list[str] = list(options.faults)
    for name in TORTURE:
        value = getattr(options, name)
        arguments += [f"--{name}", str(value)] if value is not None else []
    return suite.faults(arguments)


def _bench(options: argparse.Namespace) -> int:
    python_env.ensure("dev")
    arguments: list[str] = []
    for name in ("rows", "orders", "db", "only", "json", "folder"):
        value = getattr(options, name)
        arguments += [f"--{name}", str(value)] if value is not None else []
    arguments += ["--web"] if options.web else []
    benchmark.bench(arguments)
    return 0


def _screenshots(options: argparse.Namespace) -> int:
    _setup(options)
    run([python_env.executable(), "-m", "tools.dev.screenshots", options.out, *options.names])
    return 0


def _setup(_: argparse.Namespace) -> int:
    python_env.ensure("dev")
    if web_build.exists():
        web_build.build(python_env.node())
    return 0


def _build(_: argparse.Namespace) -> int:
    python_env.ensure("dev")
    if web_build.exists():
        web_build.build(python_env.node())
    run([python_env.executable(), "-m", "hatchling", "build"])
    return 0


def _new(options: argparse.Namespace) -> int:
    for path in scaffold.new(options.kind, options.name):
        say(f"wrote {path}")
    return 0


def _lock(_: argparse.Namespace) -> int:
    python_env.lock_all()
    return 0


def _checking(*parts: Callable[[Phases], None]) -> Callable[[argparse.Namespace], int]:
    """Make a command out of groups of static checks."""

    def answer(_: argparse.Namespace) -> int:
        python_env.ensure("dev")
        phases = Phases()
        for part in parts:
            part(phases)
        phases.report()
        return 1 if phases.failures else 0

    return answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py", description="Kehu: everything a developer needs.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, text: str, answer: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(answer=answer)
        return command

    command = add("run", "install, make a demo ledger, serve it, open the browser", _run)
    command.add_argument("--data", type=Path, help="folder of the ledger (default .demo)")
    command.add_argument("--port", type=int, help="port (default 8086, or a free one when it is taken)")
    command.add_argument("--no-browser", action="store_true", help="do not open a browser")
    command = add("test", "install what tests need, run all checks and tests, or only PATHS", _test)
    command.add_argument("paths", nargs="*", metavar="PATHS")
    add("check", "all static checks", _checking(checks.lint, checks.types, checks.texts))
    add("lint", "style and import contracts", _checking(checks.lint))
    add("types", "types of Python and of the web app", _checking(checks.types))
    command = add("torture", "harm a running server in every way and look what is left", _torture)
    command.add_argument("faults", nargs="*", metavar="FAULT", help="only these; a wrong name lists them")
    for name, text in TORTURE.items():
        command.add_argument(f"--{name}", metavar="N" if name != "db" else "DB", help=text)
    command.add_argument("--random", nargs="*", metavar="PATHS", help="instead: tests with many random examples")
    command = add("bench", "measure the bars, beside the same work by hand", _bench)
    command.add_argument("--rows", type=int, help="customers in the ledger")
    command.add_argument("--orders", type=int, help="orders in the ledger; as many as customers by default")
    command.add_argument("--db", choices=["sqlite", "postgres"])
    command.add_argument("--web", action="store_true", help="the web app in Chromium, beside an idle page, instead")
    command.add_argument("--only", metavar="NAME", help="one benchmark")
    command.add_argument(
        "--folder",
        type=lambda text: Path(text).resolve(),
        metavar="DIR",
        help="keep the ledger there, or use the one that was kept",
    )
    command.add_argument("--json", type=lambda text: Path(text).resolve(), metavar="FILE", help="write the results")
    command = add("screenshots", "take a picture of every page of a demo ledger", _screenshots)
    command.add_argument(
        "--out", type=lambda text: Path(text).resolve(), default=FOLDER, help="default docs/screenshots"
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="only pictures whose names begin so")
    add("build", "make the wheel and the source distribution in dist/", _build)
    command = add("new", "begin a plug-in from a template", _new)
    command.add_argument("kind", choices=sorted(scaffold.KINDS))
    command.add_argument("name", help="file name without ending, for example percent")
    add("setup", "only install what run and test need", _setup)
    add("lock", "write locks/ anew from pyproject.toml", _lock)
    return parser
