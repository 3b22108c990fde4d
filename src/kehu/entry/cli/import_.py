"""`kehu import`: a workbook into the ledger, or only a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from kehu.base.common.messages import message
from kehu.base.common.report import why
from kehu.base.errors import BadInput
from kehu.core.context import Ctx
from kehu.core.jobs.table import added_jobs
from kehu.entry.cli.follow import follow
from kehu.entry.cli.shell import Shell, pass_shell, words
from kehu.features.importing import service

NUMBERS = ("read", "created", "updated", "skipped", "merged", "rejected")


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--entity", required=True, metavar="KEY", help="对象，比如 customer / entity")
@click.option("--sheet", metavar="NAME", help="只读这张表 / this sheet only")
@click.option(
    "--map", "map_file", metavar="FILE", type=click.Path(path_type=Path), help="列对应的 JSON / mapping as JSON"
)
@click.option(
    "--save-map",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="把列对应存成文件，下次用 --map / keep the mapping for --map",
)
@click.option("--match", metavar="FIELD,…", help="按哪些字段认出已有的记录 / fields that tell who is known")
@click.option(
    "--on-match", type=click.Choice(["update", "skip", "create"]), help="认出来的怎么办 / what to do with those"
)
@click.option("--create-fields", is_flag=True, help="没有的列建成字段 / make fields of unknown columns")
@click.option("--dry-run", is_flag=True, help="试运行，什么都不改 / rehearse only")
@pass_shell
def import_command(
    shell: Shell,
    file: Path,
    entity: str,
    sheet: str | None,
    map_file: Path | None,
    save_map: Path | None,
    match: str | None,
    on_match: str | None,
    create_fields: bool,
    dry_run: bool,
) -> None:
    """导入工作簿 / import a workbook."""
    given: dict[str, Any] = {
        "sheet": sheet, "on_match": on_match, "create_fields": create_fields or None,
        **(_mapping(map_file) if map_file else {}), "match": words(match) or None,
    }  # fmt: skip
    options = {"entity": entity, **{key: value for key, value in given.items() if value is not None}}
    try:
        with file.open("rb") as source, shell.write() as ctx:
            run = service.create(ctx, source, file.name, options)
            job = added_jobs(ctx)[-1]
    except OSError as error:
        raise BadInput("import.file", file=str(file), reason=why(error)) from error
    follow(shell, job)
    if save_map is not None:
        with shell.read() as ctx:
            _write_map(save_map, service.mapping(ctx, run))
    if dry_run:
        with shell.read() as ctx:
            found = service.report(ctx, run) or {}
            result = {"changeset": None, **found, "sheets": service.status(ctx, run)["sheets"], "error_workbook": None}
            kinds = _by_kind(ctx, entity, result)
        _tell(shell, result, "import.rehearsed", kinds)
        return
    with shell.write() as ctx:
        service.apply(ctx, run)
        job = added_jobs(ctx)[-1]
    follow(shell, job)
    with shell.read() as ctx:
        result = service.status(ctx, run)["result"]
        errors = service.error_rows(ctx, run)
        kinds = _by_kind(ctx, entity, result)
    book = None if errors is None else _save(file, *errors)
    _tell(shell, {**result, "error_workbook": book}, "import.done", kinds)


MOST_BOOKS = 1_000
MORE_OF_COLUMNS = {"existing": "existing", "unit": "units", "dates": "dates", "fill_down": "fill_columns"}
"""What a mapping file may say of a column beside its field, and the option that it is."""


def _mapping(file: Path) -> dict[str, Any]:
    """The options that a mapping file holds: heading → field, or `{"field"}` with MORE_OF_COLUMNS."""
    try:
        found = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise BadInput("import.map", field="--map", file=str(file)) from error
    if not isinstance(found, dict):
        raise BadInput("import.map", field="--map", file=str(file))
    more = {heading: said for heading, said in found.items() if isinstance(said, dict)}
    if any(not said.keys() <= {"field", *MORE_OF_COLUMNS} for said in more.values()):
        raise BadInput("import.map", field="--map", file=str(file))
    fields = {heading: said for heading, said in found.items() if heading not in more}
    fields |= {heading: said["field"] for heading, said in more.items() if "field" in said}
    options = {
        option: {heading: said[name] for heading, said in more.items() if name in said}
        for name, option in MORE_OF_COLUMNS.items()
    }
    return {"map": fields, **{option: said for option, said in options.items() if said}}


def _write_map(file: Path, mapping: dict[str, Any]) -> None:
    try:
        file.write_bytes(orjson.dumps(mapping, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise BadInput("import.file", file=str(file), reason=error.strerror or "") from error


def _save(file: Path, name: str, content: bytes) -> str:
    """Write the error workbook beside the file, or here when that folder takes nothing. One that lies there already
    may be half corrected, or the very file that was imported: it stays, the new one gets a number."""
    for folder in (file.absolute().parent, Path.cwd()):
        for n in range(1, MOST_BOOKS):
            path = (folder / name).with_stem(f"{Path(name).stem}-{n}" if n > 1 else Path(name).stem)
            try:
                with path.open("xb") as out:
                    out.write(content)
            except FileExistsError:
                continue
            except OSError:
                break
            return str(path)
    raise BadInput("import.errors_unwritable", file=name)


def _by_kind(ctx: Ctx, entity: str, result: Mapping[str, Any]) -> dict[str, str]:
    """What was created and updated, the kind that was asked for first, the others that its rows brought along after it:
    48 个客户、36 个联系人."""
    kinds = sorted(result["by_entity"], key=lambda key: key != entity)
    told = {}
    for what in ("created", "updated"):
        counted = [(result["by_entity"][key][what], key) for key in kinds]
        parts = (
            message("import.of_kind", ctx.lang, count=n, kind=ctx.catalog.entities[key].label.of(ctx.lang))
            for n, key in counted
            if n
        )
        told[what] = ("、" if ctx.lang == "zh-CN" else ", ").join(parts) or "0"
    return told


def _tell(shell: Shell, result: dict[str, Any], code: str, kinds: Mapping[str, str]) -> None:
    numbers = {**{name: result.get(name, 0) for name in NUMBERS}, **kinds}
    lines = [shell.text(code, changeset=result["changeset"], **numbers)]
    lines += [f"  {one['message']} × {one['count']}" for one in result.get("findings", ())]
    if result["error_workbook"]:
        lines.append(shell.text("import.errors_in", file=result["error_workbook"]))
    shell.result(result, "\n".join(lines))
