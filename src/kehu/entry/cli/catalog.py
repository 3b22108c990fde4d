"""`kehu catalog` and `kehu field`: what the ledger holds, and changes of it."""

from __future__ import annotations

from typing import Any

import click

from kehu.core.catalog import service
from kehu.core.catalog.describe import describe
from kehu.core.jobs.table import add_job, added_jobs
from kehu.entry.cli.follow import follow
from kehu.entry.cli.shell import Shell, parse_json, pass_shell

DRY = click.option("--dry-run", is_flag=True, help="试运行 / rehearse only")
# Options of `field add` and `field change` → members of a change.
MEMBERS = (
    click.option("--label", metavar="L", help="名称，可写「中文|English」/ label"),
    click.option("--section", metavar="TEXT", help="分组 / section"),
    click.option("--options", metavar="JSON", help='选项，比如 ["高","低"] / choices'),
    click.option("--settings", metavar="JSON", help="类型的设置 / settings of the type"),
    click.option("--required", type=click.Choice(["no", "always", "for_enterprise"]), help="必填 / required"),
    click.option("--unique/--not-unique", default=None, help="不许重复 / no two alike"),
    click.option("--search", metavar="CLASS", help="搜索的类别 n p c t x / search class"),
    click.option("--formula", metavar="TEXT", help="公式 / formula"),
    click.option("--default", "default_", metavar="JSON", help="默认值 / default"),
)


@click.command("catalog")
@pass_shell
def catalog_command(shell: Shell) -> None:
    """对象和字段 / entities and fields."""
    with shell.read() as ctx:
        shell.result(describe(ctx))


@click.group("field")
def field_command() -> None:
    """字段 / fields."""


def _members(command: Any) -> Any:
    for option in reversed(MEMBERS):
        command = option(command)
    return command


@field_command.command("add")
@click.argument("entity")
@click.argument("key")
@click.option("--type", "type_", required=True, metavar="T", help="类型 / type")
@click.option("--value-type", metavar="T", help="公式结果的类型 / type of a formula's value")
@click.option("--sensitive", type=click.Choice(["none", "personal", "secret"]), help="是否敏感 / sensitive")
@_members
@DRY
@pass_shell
def add(
    shell: Shell, /, entity: str, key: str, type_: str, value_type: str | None, sensitive: str | None, dry_run: bool,
    **given: Any,
) -> None:  # fmt: skip
    """加字段 / add a field."""
    change: dict[str, Any] = {"op": "field.add", "entity": entity, "key": key, "type": type_, **_given(given)}
    change |= {name: value for name, value in (("value_type", value_type), ("sensitive", sensitive)) if value}
    _apply(shell, [change], dry_run)


@field_command.command("change")
@click.argument("entity")
@click.argument("key")
@click.option("--type", "type_", metavar="T", help="换类型 / another type")
@_members
@DRY
@pass_shell
def change(shell: Shell, /, entity: str, key: str, type_: str | None, dry_run: bool, **given: Any) -> None:
    """改字段 / change a field."""
    told = _given(given)
    changes: list[dict[str, Any]] = []
    if type_:
        moved: dict[str, Any] = {name: told.pop(name) for name in ("options", "settings") if name in told}
        changes.append({"op": "field.type", "entity": entity, "key": key, "type": type_, **moved})
    if told:
        changes.append({"op": "field.change", "entity": entity, "key": key, **told})
    if not changes:
        raise click.UsageError("--label / --type / …")
    _apply(shell, changes, dry_run)


@field_command.command("drop")
@click.argument("entity")
@click.argument("key")
@click.option("--purge", is_flag=True, help="连内容一起清掉，回不来 / with its content, for good")
@DRY
@pass_shell
def drop(shell: Shell, entity: str, key: str, purge: bool, dry_run: bool) -> None:
    """收起字段，内容还在 / hide a field, its content stays."""
    _apply(shell, [{"op": "field.purge" if purge else "field.drop", "entity": entity, "key": key}], dry_run)


def _given(given: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name == "label":
            zh, _, en = str(value).partition("|")
            told["label"] = {"zh-CN": zh, "en": en or zh}
        elif name == "options":
            told["options"] = [_option(one) for one in parse_json(value, "--options")]
        elif name == "settings":
            told["settings"] = parse_json(value, "--settings")
        elif name == "default_":
            told["default"] = parse_json(value, "--default")
        else:
            told[name] = value
    return told


def _option(one: Any) -> Any:
    return {"label": {"zh-CN": one, "en": one}} if isinstance(one, str) else one


def _apply(shell: Shell, changes: list[dict[str, Any]], dry_run: bool) -> None:
    def change() -> tuple[dict[str, Any], list[int]]:
        with shell.write() as ctx:
            made = service.apply_changes(ctx, changes, preview=dry_run)
            if made["indexes_pending"]:
                add_job(ctx, "indexes", {})
            return made, list(added_jobs(ctx))

    made, jobs = service.patiently(change)
    for job in jobs:
        follow(shell, job)
    shell.result(made)
