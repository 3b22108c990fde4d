"""Exports as people and programs use them: ask, wait, fetch. A job reads through the read door and writes the file.

What may not be seen is not in the file; secret fields are plain only for who may see them and named them. The file
is kept encrypted and readable by its author.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy as sa

from kehu.base.common import scratch
from kehu.base.common.messages import message
from kehu.base.common.regions import full_label
from kehu.base.common.workbook_writer import ColumnSpec, Value, write_csv, write_xlsx
from kehu.base.db import system
from kehu.base.db.query.handles import Handle
from kehu.base.errors import BadInput, NotAllowed, NotFound
from kehu.base.fields.scaled import ScaledType
from kehu.core.access.permissions import may
from kehu.core.context import Ctx
from kehu.core.files.service import read_file, save_file, working_place
from kehu.core.jobs.table import Job, Kind, Reading, StepResult, add_job, get_job
from kehu.core.records import read
from kehu.features.exporting.cards import FIELDS, check, write_cards
from kehu.features.exporting.form import COLUMNS, write_forms

MEMBERS = ("entity", "format", "select", "where", "search", "sort", "view", "layout")
FORMATS = ("xlsx", "csv", "vcf", "form")
PORTION = 200  # records of which is read at once what hangs on them
LAYOUTS = object()
"""Under this in `ctx.memo`: what opens the layout of an earlier import, (ctx, change-set, entity) → Layout."""
_run = system.export_run
_KINDS = {"money": "money", "number": "number", "percent": "number", "integer": "integer", "boolean": "boolean",
          "date": "date", "datetime": "datetime"}  # fmt: skip


class Beside(Protocol):
    """Records that hang on the exported ones by a relation, `above`, or on a record at the path `owner` of each, and
    stand in columns beside them."""

    entity: str
    owner: str
    above: str
    fields: tuple[str, ...]
    columns: tuple[tuple[int, int], ...]

    def shown(self, records: Sequence[Sequence[Any]]) -> list[tuple[int, int | None, list[Any]]]:
        """What stands in `columns` of one record, by those that hang on it, in one row or several: behind two ids."""


class Layout(Protocol):
    """The layout of a workbook that was imported: what it shows, and a writer of rows of it."""

    fields: tuple[str, ...]
    beside: tuple[Beside, ...]

    def lines(self, hanging: Sequence[Sequence[tuple[int, int | None, list[Any]]]]) -> list[list[Any]]:
        """The cells beside one record in each of its rows, by what is shown of each of `beside`."""

    def write(self, path: Path, types: Sequence[str], rows: Iterable[Sequence[Value]], zone: tzinfo) -> int:
        """Write rows of `fields` and the columns of `beside` to `path`; return how many."""


def create(ctx: Ctx, body: Mapping[str, Any]) -> int:
    """Begin an export; return its id.

    `{"entity", "format": "xlsx"|"csv"|"vcf"|"form", "select"?, "where"?, "search"?, "sort"?, "layout"?}`. Cards (vcf)
    and the printed sheet of customers (form) choose their fields, with `layout` the workbook of that import does.
    """
    for key in body:
        if key not in MEMBERS:
            raise BadInput("body.member_unknown", field=key)
    entity = body.get("entity")
    found = ctx.catalog.entity(entity) if isinstance(entity, str) else None
    if found is None or found.system or not may(ctx, found.key, "read"):
        raise BadInput("entity.unknown", field="entity", entity=str(entity))
    if not may(ctx, found.key, "export"):
        raise NotAllowed("export.not_allowed")
    if body.get("format", "xlsx") not in FORMATS:
        raise BadInput("value.invalid", field="format", value=str(body.get("format")))
    _query(ctx, found.key, body)  # a wrong query is told now, not by the job
    id = ctx.dialect.allocate(ctx.tx, "export_run")[0]
    job = add_job(ctx, "export", {"run": id})
    ctx.tx.execute(
        sa.insert(_run).values(
            id=id,
            state="running",
            data=orjson.dumps({"body": dict(body)}).decode(),
            name=f"{found.label.of(ctx.lang)}-{ctx.parse_env().today:%Y%m%d}.{_ending(body)}",
            job=job,
            actor_id=ctx.actor.id,
            created_at=ctx.now(),
        )
    )
    return id


def _ending(body: Mapping[str, Any]) -> str:
    wanted = str(body.get("format", "xlsx"))
    return "xlsx" if wanted == "form" else wanted


def query_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The query behind an export request."""
    return {key: body[key] for key in ("select", "where", "search", "sort") if body.get(key) is not None}


def status(ctx: Ctx, id: int) -> dict[str, Any]:
    """State of an export (`running`, `ready`, `failed`, `expired`) with progress and, when ready, rows and seconds."""
    run = _load(ctx, id)
    job = get_job(ctx, run["job"])
    data = run["data"]
    error = data.get("error")
    told = {"code": error["code"], "message": message(error["code"], ctx.lang, **error["data"])} if error else None
    return {
        "id": id,
        "state": run["state"],
        "progress": {"done": job.done if job else 0, "total": job.total if job else None, "phase": run["state"]},
        "changeset": None,
        "error": told,
        "filename": run["name"],
        "result": data.get("result"),
    }


def content(ctx: Ctx, id: int) -> tuple[str, Iterator[bytes]]:
    """File name and content of a finished export. Raises NotFound until it is ready, when it has gone (see `expiry`),
    and for other people's."""
    run = _load(ctx, id)
    if run["state"] == "expired":
        raise NotFound("export.gone", id=id)
    if run["file"] is None:
        raise NotFound("export.not_ready", id=id)
    return run["name"], read_file(ctx, int(run["file"]))


def _query(ctx: Ctx, entity: str, body: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Handle, ...], Layout | None]:
    """The query of a request with the handles it selects; a layout says itself what it selects."""
    query, layout = query_of(body), None
    if body.get("format") == "vcf":
        check(entity)
    if body.get("format") == "form" and entity != "customer":
        raise BadInput("export.no_form", field="format", entity=entity)
    if (changeset := body.get("layout")) is not None:
        if not isinstance(changeset, int) or isinstance(changeset, bool) or not 0 < changeset < 2**63:
            raise BadInput("value.invalid", field="layout", value=str(changeset)[:60])
        if query.get("select") is not None:
            raise BadInput("export.layout_select", field="select")
        if body.get("format", "xlsx") != "xlsx":
            raise BadInput("export.layout_csv", field="format")
        layout = ctx.memo[LAYOUTS](ctx, changeset, entity)  # type: ignore[operator]
        query["select"] = list(layout.fields)
    return query, read.columns(ctx, entity, query), layout


def write_file(ctx: Ctx, entity: str, body: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Write a query to `path` (.xlsx, .csv, .vcf by its ending) in this unit of work; return rows, columns, seconds."""
    started = time.monotonic()
    query, handles, layout = _query(ctx, entity, body)
    if path.suffix.lower() == ".vcf":
        count = write_cards(ctx, entity, query, path)
        return {"rows": count, "columns": len(FIELDS[entity]), "seconds": round(time.monotonic() - started, 2)}
    if body.get("format") == "form":
        count = write_forms(ctx, query, path, maker)
        return {"rows": count, "columns": COLUMNS, "seconds": round(time.monotonic() - started, 2)}
    specs = [_spec(ctx, handle) for handle in handles]
    zone = ZoneInfo(ctx.catalog.timezone)
    rows = _rows(ctx, entity, query, handles)
    if layout is not None:
        hanging = [_Hanging(ctx, one) for one in layout.beside]
        types = [*map(_type, handles), *(kind for one in hanging for kind in one.types)]
        count = layout.write(path, types, _with_hanging(ctx, entity, query, handles, layout, hanging), zone)
        return {"rows": count, "columns": len(types), "seconds": round(time.monotonic() - started, 2)}
    if path.suffix.lower() == ".csv":
        written = write_csv(path, specs, rows, zone=zone)
    else:
        total = len(read.select_ids(ctx, entity, query.get("where"), query.get("search")))
        label = ctx.catalog.entities[entity].label.of(ctx.lang)
        written = write_xlsx(path, specs, rows, sheet_name=label, count=total, zone=zone)
    return {"rows": written.rows, "columns": len(specs), "seconds": round(time.monotonic() - started, 2)}


def _rows(ctx: Ctx, entity: str, query: Mapping[str, Any], handles: Sequence[Handle]) -> Iterator[list[Value]]:
    makers = [maker(ctx, handle) for handle in handles]
    for row in read.rows(ctx, entity, query):
        yield [None if cell is None else make(cell) for make, cell in zip(makers, row[2:], strict=True)]


def _type(handle: Handle) -> str:
    return handle.type.name if handle.mode == "plain" else "text"


class _Hanging:
    """Reads what hangs on exported records, through the read door as they are."""

    def __init__(self, ctx: Ctx, beside: Beside) -> None:
        self._ctx, self._beside = ctx, beside
        self.owner = beside.owner
        handles = read.columns(ctx, beside.entity, {"select": list(beside.fields)})
        self._makers = [maker(ctx, handles[at]) for _, at in beside.columns]
        self.types = [_type(handles[at]) for _, at in beside.columns]

    def of(self, ids: Sequence[int]) -> dict[int, list[tuple[int, int | None, list[Value]]]]:
        """The cells of the columns beside each of these records (see `owner`), in one row or several; of one on which
        nothing hangs none."""
        one, found = self._beside, defaultdict[int, list[list[Any]]](list)
        place = one.fields.index(one.above) + 2
        where = {"field": one.above, "op": "in", "value": list(ids)}
        for row in read.rows(self._ctx, one.entity, {"select": list(one.fields), "where": where}):
            found[row[place]["id"]].append(row)
        return {
            id: [
                (
                    at,
                    whom,
                    [None if cell is None else make(cell) for make, cell in zip(self._makers, cells, strict=True)],
                )
                for at, whom, cells in one.shown(rows)
            ]
            for id, rows in found.items()
        }


def _with_hanging(
    ctx: Ctx,
    entity: str,
    query: Mapping[str, Any],
    handles: Sequence[Handle],
    layout: Layout,
    hanging: Sequence[_Hanging],
) -> Iterator[list[Value]]:
    """The rows of a query, behind their cells those of what hangs on their records, a portion of rows at once. Where
    that takes several rows, the record stands in each, its amounts only in the first: they are added up."""
    makers = [maker(ctx, handle) for handle in handles]
    select = list(dict.fromkeys([*query["select"], *(one.owner for one in hanging if one.owner)]))
    every = read.rows(ctx, entity, {**query, "select": select})

    def owner(one: _Hanging, row: Sequence[Any]) -> int:
        cell = {"id": row[0]} if not one.owner else row[select.index(one.owner) + 2]
        return cell["id"] if cell else 0

    while portion := list(islice(every, PORTION)):
        beside = [(one, one.of(sorted({owner(one, row) for row in portion} - {0}))) for one in hanging]
        for row in portion:
            own = [None if cell is None else make(cell) for make, cell in zip(makers, row[2:], strict=False)]
            for cells in layout.lines([of.get(owner(one, row), []) for one, of in beside]):
                yield [*own, *cells]
                own = [None if one.type.name in _ADDED_UP else cell for one, cell in zip(handles, own, strict=True)]


_ADDED_UP = frozenset({"money", "number", "integer"})


def heading(ctx: Ctx, handle: Handle) -> str:
    """What a column is called: its label, and the path where it belongs to another record."""
    label = handle.field.label.of(ctx.lang)
    return f"{label} ({handle.path})" if handle.steps else label


def _spec(ctx: Ctx, handle: Handle) -> ColumnSpec:
    kind = "text" if handle.mode != "plain" else _KINDS.get(handle.type.name, "text")
    decimals = handle.decimals if isinstance(handle.type, ScaledType) else None
    return ColumnSpec(heading(ctx, handle), kind, decimals=decimals)  # type: ignore[arg-type]


def maker(ctx: Ctx, handle: Handle) -> Any:
    """How one column's JSON values become cells."""
    if handle.mode != "plain":
        return str
    options = {option.key: option.label.of(ctx.lang) for option in handle.field.options}
    if handle.type.name == "region":
        return lambda cell: full_label(cell) or cell  # a code says nothing to people; the name is read back
    match handle.output:
        case "scaled_text" | "scaled_number":
            return lambda cell: Decimal(str(cell))
        case "date":
            return date.fromisoformat
        case "datetime":
            return datetime.fromisoformat
        case "json":
            if handle.listed:
                return lambda cell: "、".join(options.get(word, word) for word in cell)
            return lambda cell: "、".join(str(one.get("name", one["id"])) for one in cell)
        case "relation":
            return lambda cell: cell["label"]
        case "boolean":
            yes, no = message("value.yes", ctx.lang), message("value.no", ctx.lang)
            return lambda cell: yes if cell else no
        case "int":
            return int
        case _:
            return (lambda cell: options.get(cell, cell)) if options else str


# --- job -------------------------------------------------------------------------------------------------------------


def _prepare(reading: Reading, job: Job) -> object:
    """Write the file under one state of the ledger; nobody waits for it."""
    with reading() as ctx:
        run = _load(ctx, int(job.args["run"]))
        body = run["data"]["body"]
        with scratch.folder(working_place(ctx)) as folder:
            path = folder / f"export.{_ending(body)}"
            result = write_file(ctx, body["entity"], body, path)
            return path.read_bytes(), result


def _step(ctx: Ctx, job: Job) -> StepResult:
    id = int(job.args["run"])
    run = _load(ctx, id)
    prepared = job.prepared
    assert isinstance(prepared, tuple)
    data, result = prepared
    kept = save_file(ctx, data, name=run["name"], kind="export")
    about = {**run["data"], "result": {"file": run["name"], **result}}
    ctx.tx.execute(
        sa.update(_run)
        .where(_run.c.id == id)
        .values(state="ready", file=str(kept.id), data=orjson.dumps(about).decode())
    )
    return StepResult(done=result["rows"], total=result["rows"], finished=True, result=about["result"])


def _failed(ctx: Ctx, job: Job, told: Mapping[str, Any]) -> None:
    id = int(job.args["run"])
    data = {**_load(ctx, id)["data"], "error": dict(told)}
    ctx.tx.execute(sa.update(_run).where(_run.c.id == id).values(state="failed", data=orjson.dumps(data).decode()))


KINDS = {"export": Kind(step=_step, before=_prepare, failed=_failed)}


def _load(ctx: Ctx, id: int) -> dict[str, Any]:
    row = ctx.tx.execute(sa.select(_run).where(_run.c.id == id)).mappings().first()
    own = row is not None and (ctx.actor.kind != "user" or row["actor_id"] == ctx.actor.id)
    if row is None or not own:
        raise NotFound("export.not_found", id=id)
    return {**row, "data": orjson.loads(row["data"] or "{}")}
