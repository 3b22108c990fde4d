"""`kehu export`: records into a workbook or a csv file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from kehu.base.common.report import why
from kehu.base.errors import BadInput, NotAllowed, NotFound
from kehu.core.access.permissions import may
from kehu.core.context import Ctx
from kehu.entry.cli.shell import Shell, parse_json, pass_shell, words
from kehu.features.exporting import service
from kehu.features.views.service import list_views


@click.command("export")
@click.argument("entity")
@click.option("--out", required=True, metavar="FILE.xlsx|.csv|.vcf", type=click.Path(path_type=Path), help="写到 / to")
@click.option("--view", metavar="NAME", help="用这个视图 / as this view")
@click.option("--where", metavar="JSON", help="条件 / filter")
@click.option("--select", metavar="f,…", help="哪些字段 / fields")
@click.option("--layout", metavar="CHANGESET", type=int, help="照导入的文件 / as the workbook of this import")
@click.option("--form", is_flag=True, help="客户档案维护表，一位客户一张 / the printed sheet, one a customer")
@pass_shell
def export_command(
    shell: Shell,
    entity: str,
    out: Path,
    view: str | None,
    where: str | None,
    select: str | None,
    layout: int | None,
    form: bool,
) -> None:
    """导出 / export records."""
    if form and (layout is not None or out.suffix.lower() != ".xlsx"):
        raise click.UsageError("--form / --layout, --out .xlsx")
    if layout is not None and select:
        raise click.UsageError("--select / --layout")
    if view is not None and where is not None:
        raise click.UsageError("--view / --where")
    if out.suffix.lower() not in (".xlsx", ".csv", ".vcf"):
        raise BadInput("export.ending", field="--out", file=str(out))
    part = out.with_name(f".{out.stem}.{os.getpid()}{out.suffix}")
    try:
        with shell.read() as ctx:
            if ctx.catalog.entity(entity) is None or not may(ctx, entity, "read"):
                raise NotFound("entity.unknown", entity=entity)
            if not may(ctx, entity, "export"):
                raise NotAllowed("export.not_allowed")
            body = _view(ctx, entity, view) if view is not None else {}
            if where is not None:
                body["where"] = parse_json(where, "--where")
            if select:
                body["select"] = words(select)
            if layout is not None:
                body.pop("select", None)  # the workbook says itself which columns
                body |= {"layout": layout, "format": out.suffix.lower()[1:]}
            if form:
                body["format"] = "form"
            part.touch()  # a folder that cannot be written to is told in the system's words, not in the writer's
            written = service.write_file(ctx, entity, body, part)
        part.replace(out)
    except OSError as error:
        raise BadInput("export.unwritable", file=str(out), reason=why(error)) from error
    finally:
        part.unlink(missing_ok=True)
    told = shell.text("export.done", file=str(out), rows=written["rows"], columns=written["columns"])
    shell.result({"file": str(out), **written}, told)


def _view(ctx: Ctx, entity: str, name: str) -> dict[str, Any]:
    for one in list_views(ctx, entity):
        if one["name"] == name or str(one["id"]) == name:
            return {key: value for key, value in one["data"].items() if key != "layout"}
    raise NotFound("view.unknown", name=name)
