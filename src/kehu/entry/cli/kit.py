"""`kehu kit`: industry kits."""

from __future__ import annotations

import click

from kehu.base.errors import NotAllowed
from kehu.core.access.permissions import may
from kehu.core.jobs.table import add_job, added_jobs
from kehu.entry.cli.follow import follow
from kehu.entry.cli.shell import Shell, pass_shell
from kehu.features.kits import service


@click.group("kit")
def kit_command() -> None:
    """行业模板 / industry kits."""


@kit_command.command("list")
@pass_shell
def list_(shell: Shell) -> None:
    """有哪些模板 / list kits."""
    shell.result({"items": service.list_kits()})


@kit_command.command("show")
@click.argument("kit")
@pass_shell
def show(shell: Shell, kit: str) -> None:
    """模板里有什么 / what a kit holds."""
    shell.result(service.show_kit(kit))


@kit_command.command("diff")
@click.argument("kit")
@pass_shell
def diff(shell: Shell, kit: str) -> None:
    """模板和台账差在哪 / compare a kit with the ledger."""
    with shell.read() as ctx:
        if not may(ctx, None, "catalog"):
            raise NotAllowed("catalog.not_allowed")
        shell.result(service.diff_kit(ctx, kit))


@kit_command.command("apply")
@click.argument("kit")
@click.option("--dry-run", is_flag=True, help="试运行 / rehearse only")
@pass_shell
def apply(shell: Shell, kit: str, dry_run: bool) -> None:
    """把模板装进台账 / bring a kit into the ledger."""
    with shell.write() as ctx:
        if not may(ctx, None, "catalog"):
            raise NotAllowed("catalog.not_allowed")
        made = service.apply_kit(ctx, kit, preview=dry_run)
        if made.get("indexes_pending"):
            add_job(ctx, "indexes", {})
        jobs = list(added_jobs(ctx))
    for job in jobs:
        follow(shell, job)
    shell.result(made)
