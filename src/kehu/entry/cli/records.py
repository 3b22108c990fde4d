"""`kehu create`, `set`, `delete`, `history`: single records from the terminal."""

from __future__ import annotations

from typing import Any

import click
import orjson

from kehu.base.errors import BadInput
from kehu.core.context import Ctx
from kehu.core.records import history, write
from kehu.core.records.write import Written
from kehu.entry.cli.shell import Shell, pass_shell

LONGEST_ID = 18
VALUES = click.argument("values", nargs=-1, required=True, metavar="field=value …")


@click.command("create")
@click.argument("entity")
@VALUES
@pass_shell
def create_command(shell: Shell, entity: str, values: tuple[str, ...]) -> None:
    """新建记录 / create a record."""
    with shell.write() as ctx:
        made = write.create(ctx, entity, _input(ctx, entity, values), origin="command_line")
    _tell(shell, made, "record.created")


@click.command("set")
@click.argument("entity")
@click.argument("id", type=click.IntRange(1))
@VALUES
@pass_shell
def set_command(shell: Shell, entity: str, id: int, values: tuple[str, ...]) -> None:
    """改记录 / change a record."""
    with shell.write() as ctx:
        made = write.update(ctx, entity, id, _input(ctx, entity, values), origin="command_line")
    _tell(shell, made, "record.saved")


@click.command("delete")
@click.argument("entity")
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(1), metavar="ID …")
@pass_shell
def delete_command(shell: Shell, entity: str, ids: tuple[int, ...]) -> None:
    """删除记录，进回收站 / delete records; they can come back."""
    with shell.write() as ctx:
        made = write.delete(ctx, entity, list(ids), origin="command_line")
    _tell(shell, made, "record.deleted")


@click.command("history")
@click.argument("entity")
@click.argument("id", type=click.IntRange(1))
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="最多几条 / at most")
@pass_shell
def history_command(shell: Shell, entity: str, id: int, limit: int) -> None:
    """一条记录的来历 / what happened to a record."""
    with shell.read() as ctx:
        shell.result(history.history(ctx, entity, id, limit=limit))


def read_values(given: tuple[str, ...]) -> dict[str, Any]:
    """Read `field=value`: JSON for lists and objects, `null` and nothing for empty, else text."""
    found: dict[str, Any] = {}
    for one in given:
        key, equals, text = one.partition("=")
        if not equals or not key:
            raise BadInput("cli.assignment", field=key, value=one)
        found[key] = _value(text)
    return found


def _input(ctx: Ctx, entity: str, given: tuple[str, ...]) -> dict[str, Any]:
    """The values, with ids of records and people as numbers: `owner=2`."""
    values = read_values(given)
    found = ctx.catalog.entity(entity)
    for key, value in values.items():
        field = found.fields.get(key) if found is not None else None
        links = field is not None and ctx.types[field.value_type].output == "relation"
        if links and isinstance(value, str) and value.isdecimal() and len(value) <= LONGEST_ID:
            values[key] = int(value)
    return values


def _value(text: str) -> Any:
    if text in ("", "null"):
        return None
    if text[:1] in "[{":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text


def _tell(shell: Shell, made: Written, code: str) -> None:
    data = {"changeset": made.changeset, "id": made.ids[0], "revision": made.revision}
    for warning in made.warnings:
        shell.say(warning.code, **{"field": warning.field, **warning.data})
    shell.result(data, shell.text(code, id=", ".join(str(id) for id in made.ids), changeset=made.changeset))
