"""`dev.py bench`: gives the benchmarks a data base and starts them. The measurements are in benchmarks/."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from tools.dev import chromium, postgres, python_env, web_build
from tools.dev.shell import ROOT, Trouble, run


def bench(arguments: Sequence[str]) -> None:
    """Run the benchmarks with these options; a PostgreSQL is started for `--db postgres`, a Chromium for `--web`."""
    if not (ROOT / "benchmarks" / "__main__.py").exists():
        raise Trouble("there is no benchmarks/__main__.py")
    if "--web" in arguments:
        web_build.build(python_env.node())
        if chromium.ensure() is None:
            raise Trouble("no Chromium found: set KEHU_CHROMIUM to one")
    with contextlib.ExitStack() as stack:
        env = {}
        if "postgres" in arguments:
            env["KEHU_BENCH_POSTGRES"] = stack.enter_context(_server()).url()
        run([python_env.executable(), "-m", "benchmarks", *arguments], env=env)
    sys.stdout.flush()


def _server() -> postgres.Server:
    programs = postgres.find()
    if programs is None:
        python_env.ensure("postgres")
        programs = postgres.find()
    if programs is None:
        raise Trouble("no PostgreSQL server found: set KEHU_TEST_POSTGRES")
    return postgres.Server(programs)
