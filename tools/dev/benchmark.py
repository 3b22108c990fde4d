"""`dev.py bench`: gives the benchmarks a data base and starts them. The measurements are in benchmarks/."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from tools.dev import chromium, postgres, python_env, web_build
from tools.dev.shell import ROOT, Trouble, call, run, say


def bench(arguments: Sequence[str], *, at_once: bool = True) -> None:
    """Run the benchmarks with these options; a PostgreSQL is started for `--db postgres`, a Chromium for `--web`.

    With `--folder` the server keeps its data there, below `postgres`, and a later run finds them.
    at_once: show each line as it comes; else all at the end, for a run beside other steps.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--db")
    parser.add_argument("--folder", type=Path)
    told = parser.parse_known_args(arguments)[0]
    if not (ROOT / "benchmarks" / "__main__.py").exists():
        raise Trouble("there is no benchmarks/__main__.py")
    if "--web" in arguments:
        web_build.build(python_env.node())
        if chromium.ensure() is None:
            raise Trouble("no Chromium found: set KEHU_CHROMIUM to one")
    with contextlib.ExitStack() as stack:
        env = {}
        if told.db == "postgres":
            env["KEHU_BENCH_POSTGRES"] = stack.enter_context(_server(told.folder)).url()
        command: list[str | Path] = [python_env.executable(), "-m", "benchmarks", *arguments]
        if at_once:
            run(command, env=env)
            return
        code, output = call(command, env=env, quiet=True)
        say(output.rstrip())
        if code != 0:
            raise Trouble(f"the benchmarks ended with {code}")


def _server(kept: Path | None) -> postgres.Server:
    programs = postgres.find()
    if programs is None:
        python_env.ensure("postgres")
        programs = postgres.find()
    if programs is None:
        raise Trouble("no PostgreSQL server found: set KEHU_TEST_POSTGRES")
    if kept is None:
        return postgres.Server(programs)
    kept.mkdir(parents=True, exist_ok=True)
    return postgres.Server(programs, data=kept.resolve() / "postgres", large=True)
