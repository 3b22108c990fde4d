"""`kehu serve`: the web app and the API, until a signal."""

from __future__ import annotations

import importlib
import os
import time

import click

from kehu.base.common.lockfile import FileLock, Held
from kehu.base.common.report import set_up_logging
from kehu.base.errors import Conflict
from kehu.entry.cli.shell import INTERRUPTED, Shell, pass_shell
from kehu.runtime import server_lock

LOCK_TRIES = 10


@click.command("serve")
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="HOST", help="听哪个地址 / address to listen on"
)
@click.option(
    "--port", default=8086, show_default=True, type=click.IntRange(0, 65535), help="0 = 任意空闲端口 / any free port"
)
@click.option(
    "--tls",
    is_flag=True,
    help="加密的连接，用这台机器自己的证书，手机能安装 / encrypted, with a certificate of this machine's own",
)
@pass_shell
def serve_command(shell: Shell, host: str, port: int, tls: bool) -> int:
    """开网页 / serve the web app."""
    set_up_logging(full=shell.settings.debug, level=30)
    shell.settings.make_folders()
    lock = _lock(shell)

    def ready(url: str, code: str | None) -> None:
        at = f"{url}/?code={code}" if code else url
        code_name = "serve.setup" if code else "serve.ready"
        said = shell.text(code_name, url=at) + (f"\n{shell.text('serve.tls')}" if tls else "")
        shell.result({"url": url, "pid": os.getpid(), **({"setup": code} if code else {})}, said)

    try:
        runtime = shell.open(create=True)
        # Found by name: ways in do not import each other.
        run = importlib.import_module("kehu.entry.api.serve").serve
        interrupted = bool(run(runtime, host=host, port=port, tls=tls, ready=ready))
    finally:
        shell.close()
        lock.release()
    return INTERRUPTED if interrupted else 0


def _lock(shell: Shell) -> FileLock:
    """Hold the data folder. On PostgreSQL several servers may share one, so there it is not exclusive."""
    lock = server_lock(shell.settings)
    for _ in range(LOCK_TRIES):  # a command line that looked at the lock holds it for a moment
        try:
            lock.acquire()
            return lock
        except Held:
            if shell.settings.database_url:
                return lock
            time.sleep(0.1)
    raise Conflict("server.runs", folder=str(shell.settings.data))
