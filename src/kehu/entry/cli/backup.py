"""`kehu backup` and `kehu restore`."""

from __future__ import annotations

from pathlib import Path

import click

from kehu.base.common.lockfile import Held
from kehu.base.errors import Conflict
from kehu.entry.cli.shell import Shell, pass_shell
from kehu.features.backup.restore import restore
from kehu.features.backup.service import backup
from kehu.runtime import finish_restore, server_lock


@click.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@pass_shell
def backup_command(shell: Shell, file: Path) -> None:
    """备份成一个文件 / back up into one file."""
    with shell.read() as ctx:
        made = backup(ctx, file)
    shell.result(made, shell.text("backup.done", **made))


@click.command("restore")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--recovery-key", metavar="KEY", help="恢复钥匙；这台电脑上有就不用 / not needed where it is kept")
@pass_shell
def restore_command(shell: Shell, file: Path, recovery_key: str | None) -> int:
    """从备份恢复到空台账 / restore into an empty ledger."""
    shell.settings.make_folders()
    try:
        with server_lock(shell.settings):
            done = restore(shell.settings, file, recovery_key, finish=finish_restore)
    except Held as error:
        raise Conflict("server.runs", folder=str(shell.settings.data)) from error
    shell.result(done, shell.text("restore.done" if done["verified"] else "restore.unproved", folder=done["data"]))
    return 0 if done["verified"] else 6
