"""`kehu changesets` and `kehu undo`."""

from __future__ import annotations

from typing import Any

import click

from kehu.base.errors import BadInput
from kehu.core.changesets.undo import TakeBack
from kehu.core.jobs.table import added_jobs
from kehu.core.records import log
from kehu.entry.cli import tables
from kehu.entry.cli.follow import follow
from kehu.entry.cli.shell import Shell, pass_shell
from kehu.features.undoing.service import undo_any

CONFLICT = 5
NUMBERS = ("changeset", "undoes", "deleted", "restored", "reverted", "conflicts")


@click.command("changesets")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="最多几条 / at most")
@click.option("--after", type=int, metavar="N", help="上一页的 next / next of the page before")
@pass_shell
def changesets_command(shell: Shell, limit: int, after: int | None) -> None:
    """变更集 / change-sets."""
    with shell.read() as ctx:
        found = log.changesets(ctx, limit=limit, after=after)
        text = tables.change_sets(ctx, found) if shell.on_terminal else None
    shell.result(found, text)


@click.command("undo")
@click.argument("changeset", type=click.IntRange(1))
@click.option("--record", metavar="ENTITY:ID", help="只撤这条记录 / this record only")
@click.option("--field", metavar="F", help="只撤这个字段 / this field only")
@click.option("--take-back", is_flag=True, help="后来又改过的也收回 / take back also what was changed since")
@click.option("--dry-run", is_flag=True, help="试运行 / rehearse only")
@pass_shell
def undo_command(
    shell: Shell, changeset: int, record: str | None, field: str | None, take_back: bool, dry_run: bool
) -> int:
    """撤销变更集；有撞上的，其余照撤，退出码 5 / undo; with conflicts the rest is undone, exit code 5."""
    with shell.write() as ctx:
        done = undo_any(
            ctx,
            changeset,
            preview=dry_run,
            record=_record(record),
            field=field,
            take_back=TakeBack(every=take_back),
        )
        jobs = list(added_jobs(ctx))
    if done.get("state") == "undoing":
        follow(shell, jobs[-1])
        with shell.read() as ctx:
            done = log.changeset(ctx, int(done["changeset"]), limit=1)
    told: dict[str, Any] = {name: done.get(name, [] if name == "conflicts" else 0) for name in NUMBERS}
    lines = [shell.text("undo.rehearsed" if dry_run else "undo.done", **{**told, "conflicts": len(told["conflicts"])})]
    lines += [f"  {one['entity']}:{one['id']} {one['field'] or ''} {one['reason']}" for one in told["conflicts"]]
    shell.result(told, "\n".join(lines))
    return CONFLICT if told["conflicts"] else 0


def _record(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    entity, _, id = text.partition(":")
    if not entity or not id.isdecimal() or len(id) > 18:
        raise BadInput("record.address", field="--record", value=text)
    return entity, int(id)
