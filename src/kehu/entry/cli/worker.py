"""`kehu worker`: a process that only runs jobs."""

from __future__ import annotations

import importlib
import os

import click

from kehu.base.common.report import set_up_logging
from kehu.base.errors import BadInput
from kehu.entry.cli.shell import INTERRUPTED, Shell, pass_shell


@click.command("worker")
@pass_shell
def worker_command(shell: Shell) -> int:
    """只在后台干活（PostgreSQL）/ run jobs only."""
    if not shell.settings.database_url:
        raise BadInput("worker.postgres")
    set_up_logging(full=shell.settings.debug, level=30)
    runtime = shell.runtime
    shell.result({"pid": os.getpid(), "state": "ready"}, shell.text("worker.ready", pid=os.getpid()))
    run = importlib.import_module("kehu.entry.worker.main").run
    try:
        return INTERRUPTED if run(runtime) else 0
    finally:
        shell.close()
