"""Imports as people and programs use them: upload, look, map, rehearse, apply, result.

A run is a row that moves through `reading → mapped → checked → applying → applied` (or `failed`); the work is done
by jobs, so that it survives a kill and nobody waits. One import is one change-set.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson
import sqlalchemy as sa

from kehu.base.common.later import Later
from kehu.base.common.messages import message
from kehu.base.common.money import format_minor
from kehu.base.db import system
from kehu.base.errors import BadInput, Conflict, NotAllowed, NotFound
from kehu.base.fields.base import Unresolved
from kehu.base.schema.model import Entity
from kehu.core.access.permissions import may, writable_fields
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.context import Ctx
from kehu.core.files.service import save_file
from kehu.core.jobs.table import Job, Kind, Reading, StepResult, add_job, get_job
from kehu.core.records import requirements
from kehu.core.records.naming import by_name
from kehu.core.records.write import settle
from kehu.features.importing import conflicts, desk, doubles, edits, new_fields, splitting
from kehu.features.importing.cells import asks_order, read_cell, with_factor
from kehu.features.importing.convert import RowValues, taken
from kehu.features.importing.errors_book import is_returned
from kehu.features.importing.load import BadRow, OnMatch, Plan, Portion, load_portion, part_plan
from kehu.features.importing.mapping import (
    EXISTING,
    SPLIT,
    ColumnMap,
    chosen_targets,
    names_order,
    propose,
    propose_entities,
    tells_of_orders,
    with_existing,
)
from kehu.features.importing.memory import recall
from kehu.features.importing.originals import original
from kehu.features.importing.reader.header import ID_TITLE, REASON_TITLE
from kehu.features.importing.reader.workbook import Sheet, Workbook
from kehu.features.importing.returning import returned_book
from kehu.features.importing.tally import Rehearsal, Tally
from kehu.features.importing.targets import every, joined, knows, target

if TYPE_CHECKING:
    import polars as pl
else:
    pl = Later("polars")

OPTIONS = ("entity", "sheet", "map", "existing", "match", "on_match", "create_fields", "units", "dates",
           *edits.OPTIONS)  # fmt: skip
LARGEST_UPLOAD = 50 << 20
CHECK_ROWS = 2_000
READ_ROWS, READ_CELLS = 50, 3  # rows looked at, and cells shown, to tell how a column is read
LISTED = 50
UNITS = (1, 1_000, 10_000)
DATE_ORDERS = ("dmy", "mdy", "ymd")
FIRST_ROWS, FEWEST_ROWS, MOST_ROWS = 500, 100, 2_000
HOLD_SECONDS = 0.15  # how long one step may keep others from writing
_run = system.import_run


# --- use cases -------------------------------------------------------------------------------------------------------


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
            data=_dump({"options": dict(options)}),
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
    run = _load(ctx, id)
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
    _save(ctx, id, state="mapped", data=data, job=job)
    return status(ctx, id)


def status(ctx: Ctx, id: int) -> dict[str, Any]:
    """What a run is at: state, progress, sheets with their mapping, result. Raises NotFound for other people's runs."""
    run = _load(ctx, id)
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
        "error": _error(ctx, data.get("error")),
        "filename": run["name"],
        "entity": data.get("entity") or options.get("entity"),
        "sheets": [
            sheet | ({"targets": _targets(ctx, sheet["entity"])} if state in ("mapped", "checked") else {})
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
        "result": data.get("result"),
    }


def _targets(ctx: Ctx, key: str) -> list[dict[str, str]]:
    """What the columns of a sheet may go to, as far as the caller may write it."""
    entity = ctx.catalog.entities[key]
    writable = {one: writable_fields(ctx, one) for one in ctx.catalog.entities if may(ctx, one, "create")}
    return [
        {
            "key": place.key,
            "entity": place.entity,
            "field": place.field,
            "label": " · ".join(
                [
                    *([ctx.catalog.entities[place.entity].label.of(ctx.lang)] if place.path else []),
                    one.label.of(ctx.lang),
                ]
            ),
        }
        for place, one in every(ctx.catalog, entity)
        if one.key in writable.get(place.entity, frozenset())
    ]


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
                "rows": _rows(data),
                "changeset": row["changeset"],
                **{key: result.get(key) for key in ("created", "updated", "rejected")},
            }
        )
    return listed


def preview(ctx: Ctx, id: int) -> dict[str, Any]:
    """The tables that were found, with their first rows; empty once applied."""
    run = _load(ctx, id)
    data = run["data"]
    sealed = data.get("preview")
    tables = orjson.loads(ctx.keys.decrypt(sealed, aad=f"import_run|preview|{id}")) if sealed else []
    return {"tables": tables}


def report(ctx: Ctx, id: int) -> dict[str, Any] | None:
    """The report of the rehearsal, or None while it is not there. Raises BadInput when the run failed."""
    run = _load(ctx, id)
    if run["state"] == "failed" and run["changeset"] is None:
        error = run["data"].get("error") or {}
        raise BadInput(str(error.get("code", "import.failed")), **error.get("data", {}))
    found = run["data"].get("report")
    return _report(ctx, found) if found else None


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
    sealed = _load(ctx, id)["data"].get("conflicts")
    stored = orjson.loads(ctx.keys.decrypt(sealed, aad=f"import_run|conflicts|{id}")) if sealed else None
    stored = stored or conflicts.Conflicts().stored()
    return conflicts.page(ctx, stored, sheet=sheet, column=column, outcome=outcome, after=after, n=limit)


def apply(ctx: Ctx, id: int) -> dict[str, Any]:
    """Bring a checked run into the ledger as one change-set, by a job. A failed one goes on where it stood.

    What an older version has checked is rehearsed again instead, and waits for another call. Raises Conflict when it
    had begun to come in by that version: what has landed can be undone.
    """
    run = _load(ctx, id)
    data = run["data"]
    if run["state"] == "checked" and _is_outdated(data):
        return configure(ctx, id, {})
    if run["state"] == "failed" and run["changeset"] is not None:
        _refuse_outdated(data)
        cursor = data.get("cursor")
        job = add_job(ctx, "import_apply", {"run": id, "from": cursor}, changeset=run["changeset"], total=_rows(data))
        door.set_state(ctx, run["changeset"], "applying")
        data.pop("error", None)
        _save(ctx, id, state="applying", job=job, data=data)
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
    job = add_job(ctx, "import_apply", {"run": id}, changeset=writing.changeset, total=_rows(data))
    _save(ctx, id, state="applying", changeset=writing.changeset, job=job, data=data)
    return status(ctx, id)


def mapping(ctx: Ctx, id: int) -> dict[str, Any]:
    """The mapping of a run as a file keeps it: heading → field, null for a column that is left out. A column that does
    not go over what known records hold is `{"field", "existing"}`."""
    found: dict[str, Any] = {}
    data = _load(ctx, id)["data"]
    for sheet in data.get("sheets", ()):
        path = SPLIT.get(data["entity"], {}).get(sheet["entity"], "")
        for column in sheet["columns"]:
            if found.get(column["source"]) is None:
                field = joined(path, column["field"]) if column["field"] else None
                said = column.get("existing", "overwrite")
                found[column["source"]] = field if said == "overwrite" else {"field": field, "existing": said}
    return found


def error_rows(ctx: Ctx, id: int) -> tuple[str, bytes] | None:
    """The workbook of rows that were rejected or lost a cell, as (file name, content); None when there are none.

    Of an xlsx it is the user's own file, with these rows below its headings.

    It holds the cells as they stood, so only the author of the run and administrators get it.
    """
    run = _load(ctx, id)
    table = system.import_row
    rows = ctx.tx.execute(sa.select(table).where(table.c.run == id).order_by(table.c.sheet, table.c.row)).all()
    if not rows:
        return None
    with original(ctx, int(run["file"]), run["data"].get("options", {})) as kept:
        content = returned_book(ctx, kept, run["data"]["sheets"], rows)
    return f"{Path(run['name']).stem}-{message('import.errors_name', ctx.lang)}.xlsx", content


# --- jobs ------------------------------------------------------------------------------------------------------------


def _prepare_read(reading: Reading, job: Job) -> object:
    """Read, map and rehearse, outside any writing transaction."""
    id = int(job.args["run"])
    with reading() as ctx:
        run = _load(ctx, id)
        book = desk.workbook(ctx, id, int(run["file"]))
        data = run["data"]
        _map(ctx, book, data)
        tables = edits.shown(edits.edited(book, data.get("options", {})), {s["name"] for s in data["sheets"]})
        # Cells as they stand are kept like the original: sealed.
        data["preview"] = ctx.keys.encrypt(_dump(tables), aad=f"import_run|preview|{id}")
        keys = ctx.keys
        feed = desk.rehearsing(ctx, id, int(run["file"]), _work(ctx, book, data), _stamp(ctx, data))
    tally, rehearsal, started = Tally(), Rehearsal(), time.monotonic()
    tally.by_entity[data["entity"]] = {"created": 0, "updated": 0}
    _file_findings(book, data, tally)
    while (got := feed.take(CHECK_ROWS)) is not None:
        with reading() as ctx:
            load_portion(ctx, got[0], got[1], tally, changeset=None, rehearsal=rehearsal)
    data["conflicts"] = keys.encrypt(_dump(rehearsal.conflicts.stored()), aad=f"import_run|conflicts|{id}")
    data["report"] = {"tally": tally.stored(), "seconds": round(time.monotonic() - started, 2)}
    return data


def _step_read(ctx: Ctx, job: Job) -> StepResult:
    data = job.prepared
    assert isinstance(data, dict)
    rows = _rows(data)
    _save(ctx, int(job.args["run"]), state="checked", data=data)
    desk.rest(ctx, int(job.args["run"]))
    return StepResult(done=rows, total=rows, finished=True)


@dataclass(slots=True)
class _Taken:
    """Rows of the next step, and where the feed stands behind them. None: there are no more."""

    place: tuple[int, int]
    size: int  # how many were asked for
    rows: tuple[Plan, list[RowValues]] | None


def _prepare_apply(reading: Reading, job: Job) -> object:
    """Read and convert the rows of the next step, outside any writing transaction."""
    cursor = _cursor(job)
    with reading() as ctx:
        run = _load(ctx, int(job.args["run"]))
        place = cursor["place"][0], cursor["place"][1]
        data = run["data"]
        feed = desk.feed(
            ctx, run["id"], int(run["file"]), lambda book: _work(ctx, book, data), place, _stamp(ctx, data)
        )
        size = _size(cursor["rows"], job.held)
        rows = feed.take(size)
        return _Taken(feed.place, size, rows)


def _size(before: int, held: float) -> int:
    """How many rows the next step takes, when the one before took so many and held others for so many seconds."""
    factor = min(2.0, HOLD_SECONDS / held) if held else 1.0
    return max(FEWEST_ROWS, min(MOST_ROWS, int(before * factor)))


def _cursor(job: Job) -> dict[str, Any]:
    begin = {"place": [0, 0], "tally": None, "rows": FIRST_ROWS, "seconds": 0.0}
    found: dict[str, Any] = job.cursor or job.args.get("from") or begin
    return found


def _step_apply(ctx: Ctx, job: Job) -> StepResult:
    id = int(job.args["run"])
    run = _load(ctx, id)
    data = run["data"]
    cursor = _cursor(job)
    taken = job.prepared
    assert isinstance(taken, _Taken)
    tally = Tally.load(cursor["tally"])
    if not tally.by_entity:
        tally.by_entity[data["entity"]] = {"created": 0, "updated": 0}
        _file_findings(desk.workbook(ctx, id, int(run["file"]), cells=False), data, tally)
    started = time.monotonic()
    if taken.rows is not None:
        door.begin(ctx, Title(code="title.import"), origin="import", changeset=run["changeset"])
        plan, rows = taken.rows
        portion = load_portion(ctx, plan, rows, tally, changeset=run["changeset"])
        settle(ctx)
        _missing(ctx, plan, portion, tally)
        _keep_bad(ctx, id, portion.bad)
    spent = time.monotonic() - started
    cursor = {
        "place": list(taken.place), "tally": tally.stored(), "rows": taken.size, "seconds": cursor["seconds"] + spent
    }  # fmt: skip
    if taken.rows is not None:
        return StepResult(done=tally.read, cursor=cursor)
    result = {"changeset": run["changeset"], "tally": tally.stored(), "seconds": round(cursor["seconds"], 2)}
    data["result"] = _outward(ctx, result, data) | {"error_workbook": _error_address(ctx, id)}
    data.pop("cursor", None)
    data.pop("preview", None)
    data.pop("conflicts", None)
    door.set_state(ctx, run["changeset"], "applied", {k: data["result"][k] for k in ("read", "created", "updated")})
    _save(ctx, id, state="applied", data=data)
    desk.close(ctx, id)
    return StepResult(done=tally.read, total=tally.read, finished=True, result=data["result"])


def _failed(ctx: Ctx, job: Job, told: Mapping[str, Any]) -> None:
    id = int(job.args["run"])
    run = _load(ctx, id)
    data = run["data"]
    data["error"] = dict(told)
    if run["changeset"] is not None:
        data["cursor"] = job.cursor
        door.set_state(ctx, run["changeset"], "failed")
    _save(ctx, id, state="failed", data=data)
    desk.close(ctx, id)


KINDS = {
    "import_read": Kind(step=_step_read, before=_prepare_read, failed=_failed),
    "import_apply": Kind(step=_step_apply, before=_prepare_apply, failed=_failed),
}


# --- parts -----------------------------------------------------------------------------------------------------------


def _map(ctx: Ctx, book: Workbook, data: dict[str, Any]) -> None:
    """Choose entity, sheets, columns and match fields from the options and the file; fills `data`."""
    options = data.get("options", {})
    book = edits.edited(book, options)
    sheets = [s for s in book.sheets if s.header_row is not None and s.n_data and not s.hidden]
    if name := options.get("sheet"):
        sheets = [s for s in book.sheets if name in (s.name, s.sheet)]
        if not sheets:
            raise BadInput("import.no_sheet", field="sheet", sheet=name)
    if not sheets:
        raise BadInput("import.no_table")
    known = recall(ctx, sheets)
    before = next((known[s.name].entity for s in sheets if s.name in known and known[s.name].chosen), None)
    key = options.get("entity") or before or next((e for s in sheets if (e := _proposed(ctx, s))), None)
    entity = ctx.catalog.entity(str(key)) if key else None
    if entity is None or entity.system or not may(ctx, entity.key, "import"):
        raise BadInput("import.no_entity", field="entity")
    given = options.get("match")
    match = [given] if isinstance(given, str) else given
    for name in match or ():
        if name not in entity.fields or entity.fields[name].read_only:
            raise BadInput("field.unknown", field=name)
    earlier = {name: one.fields for name, one in known.items() if one.entity == entity.key}
    created = options.get("create_fields")
    asked = {**(options.get("map") or {}), **dict.fromkeys(created if isinstance(created, list) else ())}
    found = {s.name: (entity, propose(ctx.catalog, entity, s, asked, earlier.get(s.name))) for s in sheets}
    existing = options.get("existing") or {}
    if not options.get("sheet"):
        found = _useful(ctx, sheets, found, asked)
    _refuse_foreign(ctx, entity, [one for one, _ in found.values()], options.get("map") or {})
    data["unused"] = [s.name for s in sheets if s.name not in found]
    data["entity"] = entity.key
    data["told"] = []
    data["sheets"] = []
    # What a sheet of orders with their customers says of their numbers holds for the others too.
    order = sorted(found, key=lambda name: not tells_of_orders(ctx.catalog, _sheet(book, name)))
    stored: dict[str, dict[str, Any]] = {}
    for name in order:
        holder, columns = found[name]
        sheet = _sheet(book, name)
        remembered = known[name].existing if name in known and known[name].entity == holder.key else None
        columns = with_existing(columns, sheet, existing, remembered)
        stored[name] = _split(ctx, sheet, holder, columns, match if holder is entity else None, stored, options)
        data["told"] += stored[name].pop("told")
    data["sheets"] = [stored[s.name] for s in sheets if s.name in stored]
    roots = [next(p for p in s["parts"] if not p["path"]) for s in data["sheets"] if s["entity"] == entity.key]
    data["match"] = roots[0]["key"] if match is None and roots else list(match or ())
    new_fields.proposals(book, data["sheets"], created)


def _refuse_foreign(ctx: Ctx, entity: Entity, entities: Sequence[Entity], given: Mapping[str, str | None]) -> None:
    """Raise BadInput when a mapping names what no record of the file has: it was made for other records."""
    for heading, key in given.items():
        if key and not any(knows(ctx.catalog, one, str(key)) for one in (entity, *entities)):
            label = entity.label.of(ctx.lang)
            raise BadInput("import.map_foreign", field="map", column=heading, target=str(key), entity=label)


def _sheet(book: Workbook, name: str) -> Sheet:
    return next(sheet for sheet in book.sheets if sheet.name == name)


Mapped = dict[str, tuple[Entity, list[ColumnMap]]]


def _useful(ctx: Ctx, sheets: Sequence[Sheet], found: Mapped, given: Mapping[str, str | None] | None) -> Mapped:
    """The sheets that name records, and those that say something more of orders that stand on another."""
    kept: Mapped = {}
    orders = any(tells_of_orders(ctx.catalog, sheet) for sheet in sheets)
    for sheet in sheets:
        entity, columns = found[sheet.name]
        path = SPLIT.get(entity.key, {}).get("order", "")
        own = [one.target for one in columns if one.target and not one.target.startswith(f"{path}.")]
        named = bool(own) and _names_records(entity, columns)
        if not named and orders and entity.key != "order" and names_order(ctx.catalog, columns):
            asked = {title: key.removeprefix(f"{path}.") if key else None for title, key in (given or {}).items()}
            entity = ctx.catalog.entities["order"]
            columns = propose(ctx.catalog, entity, sheet, asked)
        if _names_records(entity, columns) and may(ctx, entity.key, "import"):
            kept[sheet.name] = entity, columns
    return kept or dict(list(found.items())[:1])


def _split(
    ctx: Ctx,
    sheet: Sheet,
    entity: Entity,
    columns: list[ColumnMap],
    match: Sequence[str] | None,
    others: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """A sheet as the run keeps it: its columns, and how its rows are split into records."""
    columns = _as_said(columns, options)
    columns = _looked_up(ctx, entity, [_allowed(ctx, entity, one) for one in columns])
    if entity.key == "order" and any(_by_external_code(one) for one in others.values()):
        columns = [
            replace(one, target="external_code") if one.target == "code" and one.reason != "given" else one
            for one in columns
        ]
    done = splitting.split(ctx.catalog, entity, sheet, columns, match)
    reads = _reads(ctx, entity, sheet, done.columns)
    return {
        "name": sheet.name,
        "entity": entity.key,
        "header_rows": sheet.header_rows,
        "header_row": sheet.header_row,
        "rows": sheet.n_data,
        "columns": [
            one.outward()
            | _unit(ctx, entity, one)
            | ({"reads": reads[one.index]} if one.index in reads else {})
            | ({"part": done.homes[one.index]} if one.index in done.homes else {})
            for one in done.columns
        ],
        "parts": done.parts,
        "told": [list(one) for one in done.findings],
    }


def _by_external_code(sheet: Mapping[str, Any]) -> bool:
    return any(part["entity"] == "order" and part["key"][:1] == ["external_code"] for part in sheet["parts"])


def _allowed(ctx: Ctx, entity: Entity, column: ColumnMap) -> ColumnMap:
    """A column as it may come in: what belongs to records that the caller may not import stays out."""
    place = target(ctx.catalog, entity, column.target) if column.target else None
    if place is None or not place.path or place.entity not in SPLIT or may(ctx, place.entity, "import"):
        return column
    return replace(column, target=None, confidence=0.0, reason="none")


def _looked_up(ctx: Ctx, entity: Entity, columns: list[ColumnMap]) -> list[ColumnMap]:
    """Of a sheet that only names its customers: when the ledger knows some, an unknown one is no new customer."""
    path = SPLIT.get(entity.key, {}).get("customer")
    own = [one for one in columns if path and one.target and one.target.startswith(f"{path}.")]
    if len(own) != 1 or own[0].reason in ("given", "remembered") or not by_name(ctx, "customer", own[0].samples):
        return columns
    return [replace(one, target=path) if one is own[0] else one for one in columns]


def _as_said(columns: list[ColumnMap], options: Mapping[str, Any]) -> list[ColumnMap]:
    """The columns with the units that people gave for amounts (how many 元 one of them is), and the order of dates."""
    units, orders = options.get("units") or {}, options.get("dates") or {}
    columns = [replace(one, factor=units[one.source]) if one.source in units else one for one in columns]
    return [replace(one, order=orders[one.source]) if one.source in orders else one for one in columns]


def _reads(ctx: Ctx, entity: Entity, sheet: Sheet, columns: Sequence[ColumnMap]) -> dict[int, list[dict[str, Any]]]:
    """Tell of each column how its first cells are read: text, value, and what is wrong; of secret fields nothing."""
    chosen = taken(ctx.catalog, chosen_targets(ctx.catalog, entity, columns))
    frame = next(iter(sheet.blocks()), None)
    if frame is None:
        return {}
    told: dict[int, list[dict[str, Any]]] = {}
    head = frame.head(READ_ROWS)
    env = ctx.parse_env("cell")
    for one in chosen:
        if one.field.sensitive == "secret":
            continue
        kind, unit = ctx.types[one.field.value_type], with_factor(env, one.field, one.column.factor)
        texts = head[f"c{one.column.index}"].to_list()
        kinds = head[f"k{one.column.index}"].cast(pl.String).to_list()
        found: list[dict[str, Any]] = []
        for text, cell in zip(texts, kinds, strict=True):
            if not text:
                continue
            parsed = read_cell(one.field, kind, text, cell, unit, path=one.target.path, order=one.column.order)
            if len(found) >= READ_CELLS and (not parsed.problems or "problem" in found[-1]):
                continue
            value = parsed.value
            shown = value.text if isinstance(value, Unresolved) else value
            if value is not None and not isinstance(value, Unresolved):
                shown = kind.dump(one.field, value)
            read = {"text": text[: edits.SHOWN_TEXT], "value": shown}
            if parsed.problems:
                read["problem"] = message(parsed.problems[0].code, ctx.lang, **parsed.problems[0].data)
                if asks_order(parsed):
                    read["asks"] = "dates"
            found = [*found[: READ_CELLS - 1], read]  # a bad cell further down is worth the last place
        told[one.column.index] = found
    return told


def _unit(ctx: Ctx, entity: Entity, column: ColumnMap) -> dict[str, Any]:
    """The unit of a column of money, or that none is named, so that 元 is assumed."""
    place = target(ctx.catalog, entity, column.target) if column.target else None
    money = place is not None and ctx.catalog.entities[place.entity].fields[place.field].value_type == "money"
    return {} if not money else {"unit_assumed": True} if column.factor is None else {"factor": column.factor}


def _proposed(ctx: Ctx, sheet: Sheet) -> str | None:
    """The entity that a sheet is taken for: orders only when the ledger knows their customers, else the customers."""
    if tells_of_orders(ctx.catalog, sheet) and may(ctx, "order", "import"):
        return "order"
    for key, columns in propose_entities(ctx.catalog, sheet):
        entity = ctx.catalog.entities[key]
        parents = {
            one.key: str(one.target)
            for one in entity.fields.values()
            if one.type == "relation" and one.required == "always" and one.derived is None
        }
        named = {c.target: c.samples for c in columns if c.target in parents}
        if named.keys() == parents.keys() and all(by_name(ctx, parents[k], texts) for k, texts in named.items()):
            return key
    return None


def _names_records(entity: Entity, columns: Sequence[ColumnMap]) -> bool:
    naming = {*entity.title, "name", "code", "external_code"}
    return bool(naming & {c.target.rpartition(".")[2] for c in columns if c.target})


def _is_outdated(data: Mapping[str, Any]) -> bool:
    """Whether a run was mapped by a version that did not yet split rows into records."""
    return any("parts" not in sheet for sheet in data.get("sheets", ()))


def _refuse_outdated(data: Mapping[str, Any]) -> None:
    if _is_outdated(data):
        raise Conflict("import.outdated")


def _work(ctx: Ctx, book: Workbook, data: Mapping[str, Any]) -> list[tuple[Sheet, Plan]]:
    _refuse_outdated(data)
    options = data.get("options", {})
    book = edits.edited(book, options)
    on_match: OnMatch = options.get("on_match") or "update"
    sought: dict[str, set[tuple[str, ...]]] = {}
    for stored in data["sheets"]:
        for part in stored["parts"]:
            if part["key"]:
                sought.setdefault(part["entity"], set()).add(tuple(part["key"]))
    work = []
    for stored in data["sheets"]:
        entity, sheet = ctx.catalog.entities[stored["entity"]], _sheet(book, stored["name"])
        given = {f"#{c['index']}": c["field"] for c in stored["columns"]}
        existing = {f"#{c['index']}": c.get("existing", "overwrite") for c in stored["columns"]}
        columns = with_existing(_as_said(propose(ctx.catalog, entity, sheet, given), options), sheet, existing)
        places = chosen_targets(ctx.catalog, entity, columns)
        amounts = [
            (column, place.path, place.field)
            for column, place in places
            if ctx.catalog.entities[place.entity].fields[place.field].value_type == "money"
        ]
        known = {part["path"]: part for part in stored["parts"]}
        filled = {place.key for _, place in places}
        parts = [
            part_plan(ctx.catalog, part, known.get(part.path, {}), filled)
            for part in splitting.row_parts(ctx.catalog, entity, columns)
        ]
        decided = (options.get("decide") or {}).get(sheet.name, {})
        frozen = {key: frozenset(keys) for key, keys in sought.items()}
        plan = Plan(entity, sheet.name, on_match, tuple(columns), tuple(parts), tuple(amounts), frozen, decided)
        work.append((sheet, plan))
    return work


def _stamp(ctx: Ctx, data: Mapping[str, Any]) -> object:
    """What the rows of a run are converted by: when it stays the same, they need not be converted again."""
    env = ctx.parse_env("cell")
    columns = [
        (s["name"], s["entity"], s["parts"], [(c["index"], c["field"], c.get("existing")) for c in s["columns"]])
        for s in data["sheets"]
    ]
    # Who brings the rows in by the plan of a rehearsal must mean the newest one, whichever process made it.
    changed = {key: data.get("options", {}).get(key) for key in ("on_match", "units", "dates", *edits.OPTIONS)}
    return ctx.catalog.version, env, data["entity"], columns, _dump(changed)


def _file_findings(book: Workbook, data: Mapping[str, Any], tally: Tally) -> None:
    """Findings about columns and the file rather than about cells."""
    for found in book.findings:
        count = found.data.get("count", 1)
        told = {k: v for k, v in found.data.items() if k not in ("code", "n")}
        tally.find(found.code, count if isinstance(count, int) else 1, **told)
    for name in data.get("unused", ()):
        tally.find("sheet.unused", sheet=name)
    for code, count, told in data.get("told", ()):
        tally.find(code, count, **told)
    for name, rows in (data.get("options", {}).get("leave_out") or {}).items():
        if rows:
            tally.find("import.left_out.chosen", len(rows), sheet=name, rows=rows[:20])
    for sheet in data["sheets"]:
        returned = is_returned({column["source"] for column in sheet["columns"]})
        for column in sheet["columns"]:
            if returned and column["source"] in (REASON_TITLE, ID_TITLE):
                continue  # they are ours
            if column["reason"] == "derived":
                tally.find("column.derived", sheet=sheet["name"], column=column["source"])
            free = column["reason"] in ("none", "double") and column["field"] is None and not column.get("create")
            if free and column["samples"]:
                tally.find("column.unmapped", sheet=sheet["name"], column=column["source"])
            if column.get("unit_assumed"):
                tally.find("money.unit_assumed", sheet=sheet["name"], column=column["source"])


def _missing(ctx: Ctx, plan: Plan, portion: Portion, tally: Tally) -> None:
    for part in plan.parts:
        born = portion.created.get(part.entity.key, {}) if part.needed else {}
        nobody = requirements.nobody(ctx, part.entity)
        for id, keys in requirements.missing(ctx, part.entity, born).items() if born else ():
            for key in keys:
                if key not in nobody:
                    label = part.entity.fields[key].label.of(ctx.lang)
                    tally.find("required.missing", sheet=plan.sheet, row=born[id], column=label)


def _keep_bad(ctx: Ctx, run: int, bad: Sequence[BadRow]) -> None:
    if bad:
        rows = {
            (b.sheet, b.row): {
                "run": run,
                "sheet": b.sheet,
                "row": b.row,
                "record": b.record,
                "data": _dump({"reason": b.reason, "cells": b.cells}),
            }
            for b in bad
        }
        ctx.tx.execute(sa.insert(system.import_row), list(rows.values()))


def _rows(data: Mapping[str, Any]) -> int:
    return sum(int(sheet["rows"]) for sheet in data.get("sheets", []))


def _report(ctx: Ctx, stored: Mapping[str, Any]) -> dict[str, Any]:
    tally = Tally.load(stored["tally"])
    return {
        "read": tally.read,
        "created": tally.total("created"),
        "updated": tally.total("updated"),
        "skipped": tally.skipped,
        "rejected": tally.rejected,
        "by_entity": tally.by_entity,
        "findings": [
            {
                "code": code,
                "count": found["count"],
                "message": message(f"finding.{code}", ctx.lang, **_said(found), count=found["count"]),
                "examples": [
                    *(_exact_sums(tally) if code == "money.rounded" else ()),
                    *(
                        doubles.outward(ctx, found["examples"])
                        if code in doubles.CODES
                        else (_example(ctx, one) for one in found["examples"])
                    ),
                ],
            }
            for code, found in sorted(tally.findings.items())
        ],
        "seconds": stored.get("seconds"),
    }


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a sentence about a whole column says beside the count."""
    first = found["examples"][0] if found["examples"] else {}
    return {key: first[key] for key in ("column", "numbers", "key", "goes_to") if key in first}


def _example(ctx: Ctx, stored: Mapping[str, Any]) -> dict[str, Any]:
    """A place of a finding, with what is wrong there as a sentence."""
    outward = {key: value for key, value in stored.items() if key != "problem"}
    if "problem" in stored:
        code, data = stored["problem"]
        outward["why"] = message(code, ctx.lang, **data)
    return outward


def _exact_sums(tally: Tally) -> list[dict[str, str]]:
    """Of each column of money that was rounded: the sum that is kept, and the exact one."""
    return [
        {
            "sheet": sheet,
            "column": column,
            "kept": format_minor(kept),
            "exact": format((Decimal(kept) / 100 + Decimal(more)).normalize(), "f"),
        }
        for sheet, column, kept, more in tally.sums
        if Decimal(more)
    ]


def _error_address(ctx: Ctx, id: int) -> str | None:
    """Where the workbook of rows to correct is, None when there are none."""
    table = system.import_row
    left = ctx.tx.execute(sa.select(table.c.row).where(table.c.run == id).limit(1)).first()
    return f"/imports/{id}/errors.xlsx" if left is not None else None


def _outward(ctx: Ctx, result: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {"changeset": result["changeset"], **_report(ctx, result), "sheets": data["sheets"]}


def _error(ctx: Ctx, stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not stored:
        return None
    code = str(stored.get("code"))
    return {"code": code, "message": message(code, ctx.lang, **stored.get("data", {}))}


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
    dates = options.get("dates") or {}
    if not isinstance(dates, Mapping) or any(one not in DATE_ORDERS for one in dates.values()):
        raise BadInput("value.invalid", field="dates", value=str(dates)[:80])
    edits.check_edits(options)


def _importable(ctx: Ctx, key: str) -> bool:
    entity = ctx.catalog.entity(key)
    return entity is not None and not entity.system and may(ctx, key, "read")


def _load(ctx: Ctx, id: int) -> dict[str, Any]:
    row = ctx.tx.execute(sa.select(_run).where(_run.c.id == id)).mappings().first()
    own = row is not None and (
        ctx.actor.kind != "user" or row["actor_id"] == ctx.actor.id or "admin" in ctx.actor.roles
    )
    if row is None or not own:
        raise NotFound("import.not_found", id=id)
    return {**row, "data": orjson.loads(row["data"] or "{}")}


def _save(ctx: Ctx, id: int, *, data: Mapping[str, Any] | None = None, **values: Any) -> None:
    if data is not None:
        values["data"] = _dump(data)
    ctx.tx.execute(sa.update(_run).where(_run.c.id == id).values(values))


def _dump(value: object) -> str:
    return orjson.dumps(value).decode()
