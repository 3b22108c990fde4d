"""`kehu query` and `kehu aggregate`: the read door from the terminal."""

from __future__ import annotations

from typing import Any

import click
import orjson

from kehu.core.records import read
from kehu.entry.cli import tables
from kehu.entry.cli.shell import Shell, parse_json, pass_shell, words


@click.command("query")
@click.argument("entity")
@click.option("--select", metavar="f,…", help="哪些字段 / fields")
@click.option("--where", metavar="JSON", help="条件 / filter")
@click.option("--search", metavar="TEXT", help="搜索 / search")
@click.option("--sort", metavar="f,-g", help="排序，减号为倒序 / order, minus is descending")
@click.option("--limit", type=int, metavar="N", help="最多几行 / rows at most")
@click.option("--after", metavar="CURSOR", help="上一页的 next / next of the page before")
@click.option("--count", is_flag=True, help="数一共几条 / count all")
@pass_shell
def query_command(
    shell: Shell,
    entity: str,
    select: str | None,
    where: str | None,
    search: str | None,
    sort: str | None,
    limit: int | None,
    after: str | None,
    count: bool,
) -> None:
    """查记录 / list records."""
    body: dict[str, Any] = {
        "select": words(select) or None, "where": parse_json(where, "--where") if where else None, "search": search,
        "sort": [sorting(one) for one in words(sort)] or None, "limit": limit, "after": after,
        "count": "exact" if count else None,
    }  # fmt: skip
    with shell.read() as ctx:
        found = read.query(ctx, entity, {key: value for key, value in body.items() if value is not None})
        text = tables.records(ctx, entity, body, orjson.loads(found)) if shell.on_terminal else None
    shell.result(found, text)


@click.command("aggregate")
@click.argument("entity")
@click.option("--group", metavar="f,…", help="分组，日期可写 signed_on:month / groups, dates as f:month")
@click.option("--measures", metavar="JSON", help='比如 [{"op":"count"}] / e.g. [{"op":"count"}]')
@click.option("--where", metavar="JSON", help="条件 / filter")
@pass_shell
def aggregate_command(shell: Shell, entity: str, group: str | None, measures: str | None, where: str | None) -> None:
    """汇总 / numbers over groups."""
    body: dict[str, Any] = {
        "group": [_group(one) for one in words(group)],
        "measures": parse_json(measures, "--measures") if measures else [{"op": "count"}],
    }
    if where:
        body["where"] = parse_json(where, "--where")
    with shell.read() as ctx:
        found = read.aggregate(ctx, entity, body)
        text = tables.figures(ctx, entity, body, orjson.loads(found)) if shell.on_terminal else None
    shell.result(found, text)


def sorting(text: str) -> dict[str, str]:
    """Read `-name` as descending."""
    return {"field": text.lstrip("-+"), "order": "desc" if text.startswith("-") else "asc"}


def _group(text: str) -> dict[str, str]:
    field, _, by = text.partition(":")
    return {"field": field, "by": by} if by else {"field": field}
