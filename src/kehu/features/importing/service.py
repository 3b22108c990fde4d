"""Imports as people and programs use them: upload, look, map, rehearse, apply, result.

A run is a row that moves through `reading → mapped → checked → applying → applied` (or `failed`); the work is done
by jobs, so that it survives a kill and nobody waits. One import is one change-set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import sqlalchemy as sa

from kehu.base.common.messages import message
from kehu.base.db import system
from kehu.base.errors import BadInput, Conflict, NotAllowed, NotFound
from kehu.core.access.permissions import may, writable_fields
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.context import Ctx
from kehu.core.files.service import save_file
from kehu.core.jobs.table import add_job, get_job
from kehu.features.importing import conflicts, doubles, edits, new_fields, planning, reporting, run_table
from kehu.features.importing.columns import EXISTING
from kehu.features.importing.headings import SPLIT
from kehu.features.importing.originals import original, private_folder
from kehu.features.importing.returning import returned_book
from kehu.features.importing.targets import Target, every, joined, numbered

OPTIONS = ("entity", "sheet", "map", "existing", "match", "on_match", "create_fields", "units", "dates", "fill_columns",
           *edits.OPTIONS)  # fmt: skip
LARGEST_UPLOAD = 50 << 20
LISTED = 50
UNITS = (1, 1_000, 10_000)
DATE_ORDERS = ("dmy", "mdy", "ymd")
_run = system.import_run


def create(ctx: Ctx, source: BinaryIO | bytes, filename: str, options: Mapping[str, Any]) -> int:
    """Keep an uploaded workbook and begin to read it; return the run's id."""
    if not any(may(ctx, entity, "import") for entity in ctx.catalog.entities):
        raise NotAllowed("import.not_allowed")
    _check_options(ctx, options)
    kept = save_file(ctx, source, name=filename, kind="import", most=LARGEST_UPLOAD)
    id = ctx.dialect.allocate(ctx.tx, "import_run")[0]
    job = add_job(ctx, "import_read", {"run": id})
    ctx.tx.execute(
        sa.insert(_run).values(
            id=id,
            state="reading",
            data=run_table.dump({"options": dict(options)}),
            file=str(kept.id),
            name=kept.name,
            job=job,
            actor_id=ctx.actor.id,
            created_at=ctx.now(),
        )
    )
    return id


def configure(ctx: Ctx, id: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """Change mapping or options of a run that has been read, and rehearse again."""
    run = run_table.load(ctx, id)
    if run["state"] not in ("mapped", "checked", "failed"):
        raise Conflict("import.busy", state=run["state"])
    if run["changeset"] is not None:
        raise Conflict("import.applied")
    _check_options(ctx, options)
    data = run["data"]
    data["options"] = {**data.get("options", {}), **options}
    for name in ("report", "conflicts", "error"):
        data.pop(name, None)
    job = add_job(ctx, "import_read", {"run": id})
    run_table.save(ctx, id, state="mapped", data=data, job=job)
    return status(ctx, id)


def status(ctx: Ctx, id: int) -> dict[str, Any]:
    """What a run is at: state, progress, sheets with their mapping, result. Raises NotFound for other people's runs."""
    run = run_table.load(ctx, id)
    data = run["data"]
    job = get_job(ctx, run["job"]) if run["job"] is not None else None
    state = _outward_state(ctx, run)
    options = data.get("options", {})
    return {
        "id": id,
        "state": state,
        "progress": {
            "done": job.done if job else 0,
            "total": job.total if job else None,
            "phase": state,
        },
        "changeset": run["changeset"],
        "error": reporting.error(ctx, data.get("error")),
        "filename": run["name"],
        "entity": data.get("entity") or options.get("entity"),
        "sheets": [
            sheet | ({"targets": _targets(ctx, sheet)} if state in ("mapped", "checked") else {})
            for sheet in data.get("sheets", ())
        ],
        "options": {
            "map": options.get("map") or {},
            "match": data.get("match", []),
            "on_match": options.get("on_match") or "update",
            "sheet": options.get("sheet"),
            **{key: options.get(key) or {} for key in ("existing", "units", "dates", *edits.OPTIONS)},
            "create_fields": options.get("create_fields") or False,
        },
        "result": _result(ctx, data),
    }


def _targets(ctx: Ctx, sheet: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the columns of a sheet may go to, as far as the caller may write it."""
    entity = ctx.catalog.entities[sheet["entity"]]
    taken = {column["field"] for column in sheet["columns"] if column["field"]}
    writable = {one: writable_fields(ctx, one) for one in ctx.catalog.entities if may(ctx, one, "create")}
    return [
        {
            "key": place.key,
            "entity": place.entity,
            "field": place.field,
            "label": " · ".join(
                [
                    *([_kind_name(ctx, place)] if place.path else []),
                    one.label.of(ctx.lang),
                ]
            ),
        }
        for place, one in every(ctx.catalog, entity, taken)
        if one.key in writable.get(place.entity, frozenset())
    ]


def _kind_name(ctx: Ctx, place: Target) -> str:
    label = ctx.catalog.entities[place.entity].label.of(ctx.lang)
    return label if numbered(place.path) == 1 else f"{label} {numbered(place.path)}"


def runs(ctx: Ctx) -> list[dict[str, Any]]:
    """The newest imports of the actor, of everybody for administrators: file, state, when, what came of it."""
    own = sa.true() if ctx.actor.kind != "user" or "admin" in ctx.actor.roles else _run.c.actor_id == ctx.actor.id
    found = ctx.tx.execute(sa.select(_run).where(own).order_by(_run.c.id.desc()).limit(LISTED)).mappings()
    listed = []
    for row in found:
        data = orjson.loads(row["data"] or "{}")
        result = data.get("result") or {}
        listed.append(
            {
                "id": row["id"],
                "filename": row["name"],
                "state": _outward_state(ctx, {**row}),
                "at": row["created_at"],
                "actor": row["actor_id"],
                "entity": data.get("entity"),
                "rows": run_table.row_count(data),
                "changeset": row["changeset"],
                **{key: result.get(key) for key in ("created", "updated", "rejected", "by_entity")},
            }
        )
    return listed


def _result(ctx: Ctx, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an applied import has done, in the language of who asks; of runs of older versions as it was told then."""
    kept: dict[str, Any] | None = data.get("result")
    return kept | reporting.result(ctx, data["came"], data) if kept and "came" in data else kept


def preview(ctx: Ctx, id: int) -> dict[str, Any]:
    """The tables that were found, with their first rows; empty once applied."""
    run = run_table.load(ctx, id)
    data = run["data"]
    sealed = data.get("preview")
    tables = orjson.loads(ctx.keys.decrypt(sealed, aad=f"import_run|preview|{id}")) if sealed else []
    return {"tables": tables}


def report(ctx: Ctx, id: int) -> dict[str, Any] | None:
    """The report of the rehearsal, or None while it is not there. Raises BadInput when the run failed."""
    run = run_table.load(ctx, id)
    if run["state"] == "failed" and run["changeset"] is None:
        error = run["data"].get("error") or {}
        raise BadInput(str(error.get("code", "import.failed")), **error.get("data", {}))
    found = run["data"].get("report")
    return reporting.report(ctx, found) if found else None


def conflicts_page(
    ctx: Ctx,
    id: int,
    *,
    sheet: str | None = None,
    column: str | None = None,
    outcome: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> dict[str, Any]:
    """Cells of a checked run that differ from what the ledger holds, both values side by side; see `conflicts.page`.

    `outcome`: take (the file's goes over the ledger's) or keep. Raises BadInput, NotFound for other people's runs.
    """
    if outcome not in (None, *edits.OUTCOMES):
        raise BadInput("value.invalid", field="outcome", value=str(outcome)[:80])
    if after < 0 or not 0 < limit <= conflicts.MOST_SHOWN:
        raise BadInput("value.invalid", field="limit", value=str(limit))
    sealed = run_table.load(ctx, id)["data"].get("conflicts")
    stored = orjson.loads(ctx.keys.decrypt(sealed, aad=f"import_run|conflicts|{id}")) if sealed else None
    stored = stored or conflicts.Conflicts().stored()
    return conflicts.page(ctx, stored, sheet=sheet, column=column, outcome=outcome, after=after, n=limit)


def apply(ctx: Ctx, id: int) -> dict[str, Any]:
    """Bring a checked run into the ledger as one change-set, by a job. A failed one goes on where it stood.

    What an older version has checked is rehearsed again instead, and waits for another call. Raises Conflict when it
    had begun to come in by that version: what has landed can be undone.
    """
    run = run_table.load(ctx, id)
    data = run["data"]
    if run["state"] == "checked" and planning.is_outdated(data):
        return configure(ctx, id, {})
    if run["state"] == "failed" and run["changeset"] is not None:
        planning.refuse_outdated(data)
        cursor = data.get("cursor")
        job = add_job(
            ctx,
            "import_apply",
            {"run": id, "from": cursor},
            changeset=run["changeset"],
            total=run_table.row_count(data),
        )
        door.set_state(ctx, run["changeset"], "applying")
        data.pop("error", None)
        run_table.save(ctx, id, state="applying", job=job, data=data)
        return status(ctx, id)
    if run["state"] != "checked":
        raise Conflict("import.not_checked", state=run["state"])
    if not may(ctx, data["entity"], "import"):
        raise NotAllowed("import.not_allowed")
    if data["options"].get("create_fields"):
        new_fields.create(ctx, data["sheets"])
        door.finish(ctx)  # the catalog's change-set is its own: undoing the import keeps the fields
    title = Title(code="title.import", data={"entity": data["entity"], "rows": data["report"]["tally"]["read"]})
    writing = door.begin(ctx, title, origin="import", state="applying")
    job = add_job(ctx, "import_apply", {"run": id}, changeset=writing.changeset, total=run_table.row_count(data))
    run_table.save(ctx, id, state="applying", changeset=writing.changeset, job=job, data=data)
    return status(ctx, id)


def mapping(ctx: Ctx, id: int) -> dict[str, Any]:
    """The mapping of a run as a file keeps it: heading → field, null for a column that is left out. A column of which
    more was said is `{"field"}` with `existing` (fill, keep), `unit` (how many 元 one is), `dates` (dmy, mdy, ymd),
    `fill_down` (whether rows without a name get that of the row above)."""
    found: dict[str, Any] = {}
    data = run_table.load(ctx, id)["data"]
    for sheet in data.get("sheets", ()):
        path = SPLIT.get(data["entity"], {}).get(sheet["entity"], "")
        for column in sheet["columns"]:
            if found.get(column["source"]) is None:
                field = joined(path, column["field"]) if column["field"] else None
                source, existing = column["source"], column.get("existing", "overwrite")
                more = {"existing": existing} if existing != "overwrite" else {}
                for name, option in (("unit", "units"), ("dates", "dates"), ("fill_down", "fill_columns")):
                    if source in (data["options"].get(option) or {}):
                        more[name] = data["options"][option][source]
                found[source] = {"field": field, **more} if more else field
    return found


def findings_book(ctx: Ctx, id: int) -> tuple[str, bytes]:
    """What was noticed about a file, before or after it came in, as a workbook: (file name, content). Raises NotFound
    while nothing has been looked at.

    It holds texts of cells, so only the author of the run and administrators get it.
    """
    run = run_table.load(ctx, id)
    data = run["data"]
    rehearsed = reporting.report(ctx, data["report"])["findings"] if data.get("report") else None
    if rehearsed is None:
        raise NotFound("import.no_findings")
    findings = rehearsed
    if result := _result(ctx, data):  # only a rehearsal looks for duplicates; the rest has come true
        findings = [*result["findings"], *(one for one in rehearsed if one["code"] in doubles.CODES)]
    with private_folder(ctx) as folder:
        path = folder / "findings.xlsx"
        reporting.findings_book(ctx, findings, path)
        content = path.read_bytes()
    return _named(ctx, run, "import.findings_name"), content


def error_rows(ctx: Ctx, id: int) -> tuple[str, bytes] | None:
    """The workbook of rows that were rejected or lost a cell, as (file name, content); None when there are none.

    Of an xlsx it is the user's own file, with these rows below its headings.

    It holds the cells as they stood, so only the author of the run and administrators get it.
    """
    run = run_table.load(ctx, id)
    table = system.import_row
    rows = ctx.tx.execute(sa.select(table).where(table.c.run == id).order_by(table.c.sheet, table.c.row)).all()
    if not rows:
        return None
    with original(ctx, int(run["file"]), run["data"].get("options", {})) as kept:
        content = returned_book(ctx, kept, run["data"]["sheets"], rows)
    return _named(ctx, run, "import.errors_name"), content


def _named(ctx: Ctx, run: Mapping[str, Any], code: str) -> str:
    """The file name of a workbook about a file; of one that has been sent back already it stays the same."""
    sent = re.escape(message("import.errors_name", ctx.lang))
    stem = re.sub(rf"-{sent}(-\d+)?$", "", Path(run["name"]).stem)
    return f"{stem}-{message(code, ctx.lang)}.xlsx"


def _outward_state(ctx: Ctx, run: Mapping[str, Any]) -> str:
    if run["state"] == "applied" and run["changeset"] is not None:
        found = ctx.tx.execute(
            sa.select(system.changeset.c.state).where(system.changeset.c.id == run["changeset"])
        ).scalar()
        if found in ("undoing", "undone"):
            return str(found)
    return str(run["state"])


def _check_options(ctx: Ctx, options: Mapping[str, Any]) -> None:
    for key in options:
        if key not in OPTIONS:
            raise BadInput("body.member_unknown", field=key)
    if options.get("on_match") not in (None, "update", "skip", "create"):
        raise BadInput("value.invalid", field="on_match", value=str(options["on_match"]))
    entity = options.get("entity")
    if entity is not None and (not isinstance(entity, str) or not _importable(ctx, entity)):
        raise BadInput("entity.unknown", field="entity", entity=str(entity))
    if not isinstance(options.get("map") or {}, Mapping):
        raise BadInput("value.invalid", field="map", value="")
    existing = options.get("existing") or {}
    if not isinstance(existing, Mapping) or any(one not in EXISTING for one in existing.values()):
        raise BadInput("value.invalid", field="existing", value=str(existing)[:80])
    created = options.get("create_fields")
    if not isinstance(created, bool | list | None):
        raise BadInput("value.invalid", field="create_fields", value="")
    units = options.get("units") or {}
    if not isinstance(units, Mapping) or any(one not in UNITS for one in units.values()):
        raise BadInput("value.invalid", field="units", value=str(units)[:80])
    filled = options.get("fill_columns") or {}
    if not isinstance(filled, Mapping) or any(not isinstance(one, bool) for one in filled.values()):
        raise BadInput("value.invalid", field="fill_columns", value=str(filled)[:80])
    dates = options.get("dates") or {}
    if not isinstance(dates, Mapping) or any(one not in DATE_ORDERS for one in dates.values()):
        raise BadInput("value.invalid", field="dates", value=str(dates)[:80])
    edits.check_edits(options)


def _importable(ctx: Ctx, key: str) -> bool:
    entity = ctx.catalog.entity(key)
    return entity is not None and not entity.system and may(ctx, key, "read")
