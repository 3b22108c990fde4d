"""The two jobs of a run: read and rehearse it, bring it in step by step.

A step commits its portion together with its place, so that a kill loses nothing and doubles nothing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from kehu.base.db import system
from kehu.core.changesets import write as door
from kehu.core.changesets.model import Title
from kehu.core.context import Ctx
from kehu.core.jobs import pace
from kehu.core.jobs.table import Job, Kind, Reading, StepResult
from kehu.core.records import requirements
from kehu.core.records.write import settle
from kehu.features.importing import again, desk, doubles, edits, planning, reporting, run_table
from kehu.features.importing.convert import RowValues
from kehu.features.importing.errors_book import is_returned
from kehu.features.importing.loading.claims import Claims
from kehu.features.importing.loading.linking import link
from kehu.features.importing.loading.portion import load_portion
from kehu.features.importing.loading.rows import BadRow, Portion
from kehu.features.importing.own_numbers import Imports
from kehu.features.importing.plan import Plan
from kehu.features.importing.reader.header import ID_TITLE, REASON_TITLE
from kehu.features.importing.reader.workbook import Workbook
from kehu.features.importing.tally import Rehearsal, Tally

CHECK_ROWS = 2_000


def _prepare_read(reading: Reading, job: Job) -> object:
    """Read, map and rehearse, outside any writing transaction."""
    id = int(job.args["run"])
    with reading() as ctx:
        run = run_table.load(ctx, id)
        book = desk.workbook(ctx, id, int(run["file"]))
        data = run["data"]
        planning.map_workbook(ctx, book, data)
        keys = ctx.keys
        work = planning.work(ctx, book, data)
        feed = desk.rehearsing(ctx, id, int(run["file"]), work, planning.stamp(ctx, data))
        doubted = again.contradicting(ctx.catalog, work)
        first = feed.anew(ctx)
    tally, rehearsal, started = Tally(), Rehearsal(), time.monotonic()
    imports: Imports = {}
    data["left"], told = _contradictions(reading, first, doubted) if any(doubted.values()) else ({}, [])
    data["told"] += told
    tally.by_entity[data["entity"]] = {"created": 0, "updated": 0}
    _file_findings(book, data, tally)
    while (got := feed.take(CHECK_ROWS)) is not None:
        with reading() as ctx:
            plan, rows = got
            left = data["left"].get(plan.sheet)
            load_portion(ctx, plan, rows, tally, changeset=None, rehearsal=rehearsal, imports=imports, left=left)
    taken = {sheet["name"] for sheet in data["sheets"]}
    tables = edits.shown(edits.edited(book, data.get("options", {})), taken, doubles.places(tally.findings))
    # Cells as they stand are kept like the original: sealed.
    data["preview"] = keys.encrypt(run_table.dump(tables), aad=f"import_run|preview|{id}")
    found = run_table.dump(rehearsal.conflicts.stored())
    data["conflicts"] = keys.encrypt(found, aad=f"import_run|conflicts|{id}")
    data["report"] = {"tally": tally.stored(done=True), "seconds": round(time.monotonic() - started, 2)}
    return data


def _contradictions(
    reading: Reading, feed: desk.Feed, doubted: Mapping[str, set[int]]
) -> tuple[dict[str, Any], list[list[Any]]]:
    """What of the file does not stand, as another row of the same record says otherwise (see `claims`): found by
    rehearsing the rows of which that may be so."""
    claims, rehearsal = Claims(), Rehearsal()
    imports: Imports = {}
    while (got := feed.take(CHECK_ROWS)) is not None:
        plan, rows = got
        rows = [row for row in rows if row.row in doubted[plan.sheet]]
        with reading() as ctx:
            load_portion(ctx, plan, rows, Tally(), changeset=None, rehearsal=rehearsal, imports=imports, claims=claims)
    with reading() as ctx:
        return claims.left(ctx)


def _step_read(ctx: Ctx, job: Job) -> StepResult:
    data = job.prepared
    assert isinstance(data, dict)
    rows = run_table.row_count(data)
    run_table.save(ctx, int(job.args["run"]), state="checked", data=data)
    desk.rest(ctx, int(job.args["run"]))
    return StepResult(done=rows, total=rows, finished=True)


@dataclass(slots=True)
class _Portion:
    """Rows of one step, and where the feed stands behind them. None: there are no more."""

    place: tuple[int, int]
    rows: tuple[Plan, list[RowValues]] | None


@dataclass(slots=True)
class _Prepared:
    """What the next steps need: the run, read once for all of them, and their rows."""

    run: dict[str, Any]
    portions: deque[_Portion]
    imports: Imports = field(default_factory=dict)


def _prepare_apply(reading: Reading, job: Job) -> object:
    """Read and convert the rows of the next steps, outside any writing transaction, unless some are left."""
    if isinstance(job.prepared, _Prepared) and job.prepared.portions:
        return job.prepared
    cursor = _cursor(job)
    with reading() as ctx:
        run = run_table.load(ctx, int(job.args["run"]))
        place = cursor["place"][0], cursor["place"][1]
        data = run["data"]
        feed = desk.feed(
            ctx,
            run["id"],
            int(run["file"]),
            lambda book: planning.work(ctx, book, data),
            place,
            planning.stamp(ctx, data),
        )
        portions = deque[_Portion]()
        rows = 0
        while rows < pace.MOST and (not portions or portions[-1].rows is not None):
            got = feed.take(cursor["rows"])
            portions.append(_Portion(feed.place, got))
            rows += len(got[1]) if got is not None else 0
        return _Prepared(run, portions)


def _cursor(job: Job) -> dict[str, Any]:
    begin = {"place": [0, 0], "tally": None, "rows": pace.FIRST, "seconds": 0.0}
    found: dict[str, Any] = job.cursor or job.args.get("from") or begin
    return found


def _step_apply(ctx: Ctx, job: Job) -> StepResult:
    prepared = job.prepared
    assert isinstance(prepared, _Prepared)
    run, data, taken = prepared.run, prepared.run["data"], prepared.portions.popleft()
    id = int(run["id"])
    cursor = _cursor(job)
    tally = Tally.load(cursor["tally"])
    if not tally.by_entity:
        tally.by_entity[data["entity"]] = {"created": 0, "updated": 0}
        _file_findings(desk.workbook(ctx, id, int(run["file"]), cells=False), data, tally)
    started = time.monotonic()
    if taken.rows is not None:
        door.begin(ctx, Title(code="title.import"), origin="import", changeset=run["changeset"])
        plan, rows = taken.rows
        left = data.get("left", {}).get(plan.sheet)
        portion = load_portion(ctx, plan, rows, tally, changeset=run["changeset"], imports=prepared.imports, left=left)
        settle(ctx)
        _missing(ctx, plan.sheet, portion, tally)
        _keep_bad(ctx, id, portion.bad)
    linked = taken.rows is not None or not tally.later
    if not linked:
        door.begin(ctx, Title(code="title.import"), origin="import", changeset=run["changeset"])
        linked = not link(ctx, id, data["sheets"], run["changeset"], tally)
        settle(ctx)
        tally.later = 0 if linked else tally.later
    spent = time.monotonic() - started
    cursor = {
        "place": list(taken.place),
        "tally": tally.stored(),
        "rows": pace.next_size(ctx.dialect, cursor["rows"], spent),
        "seconds": cursor["seconds"] + spent,
    }
    if taken.rows is not None or not linked:
        return StepResult(done=tally.read, cursor=cursor, joins=bool(prepared.portions))
    result = {"changeset": run["changeset"], "tally": tally.stored(done=True), "seconds": round(cursor["seconds"], 2)}
    data["came"] = result
    data["result"] = reporting.result(ctx, result, data) | {"error_workbook": reporting.error_address(ctx, id)}
    data.pop("cursor", None)
    data.pop("preview", None)
    data.pop("conflicts", None)
    door.set_state(ctx, run["changeset"], "applied", {k: data["result"][k] for k in ("read", "created", "updated")})
    run_table.save(ctx, id, state="applied", data=data)
    desk.close(ctx, id)
    return StepResult(done=tally.read, total=tally.read, finished=True, result=data["result"])


def _failed(ctx: Ctx, job: Job, told: Mapping[str, Any]) -> None:
    id = int(job.args["run"])
    run = run_table.load(ctx, id)
    data = run["data"]
    data["error"] = dict(told)
    if run["changeset"] is not None:
        data["cursor"] = job.cursor
        door.set_state(ctx, run["changeset"], "failed")
    run_table.save(ctx, id, state="failed", data=data)
    desk.close(ctx, id)


KINDS = {
    "import_read": Kind(step=_step_read, before=_prepare_read, failed=_failed),
    "import_apply": Kind(step=_step_apply, before=_prepare_apply, failed=_failed),
}


def _file_findings(book: Workbook, data: Mapping[str, Any], tally: Tally) -> None:
    """Findings about columns and the file rather than about cells."""
    for found in book.findings:
        count = found.data.get("count", 1)
        told = {k: v for k, v in found.data.items() if k not in ("code", "n")}
        tally.find(found.code, count if isinstance(count, int) else 1, **told)
    for name in data.get("unused", ()):
        tally.find("sheet.unused", sheet=name)
    for name in data.get("hidden", ()):
        tally.find("sheet.hidden", sheet=name)
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
            if column["reason"] == "filed" and column["field"] is not None:
                tally.find("column.filed", sheet=sheet["name"], column=column["source"])
            if column["reason"] == "not_allowed":
                tally.find("column.not_allowed", sheet=sheet["name"], column=column["source"])
            if column["reason"] == "row_number":
                tally.find("column.row_number", sheet=sheet["name"], column=column["source"])
            free = column["reason"] in ("none", "double") and column["field"] is None and not column.get("create")
            if free and column["samples"]:
                tally.find("column.unmapped", sheet=sheet["name"], column=column["source"])
            if column.get("unit_assumed"):
                tally.find("money.unit_assumed", sheet=sheet["name"], column=column["source"])


def _missing(ctx: Ctx, sheet: str, portion: Portion, tally: Tally) -> None:
    """Tell of new records what they must have and lack."""
    for key, born in portion.created.items():
        entity = ctx.catalog.entities[key]
        nobody = requirements.nobody(ctx, entity)
        for id, keys in requirements.missing(ctx, entity, born).items() if born else ():
            for name in keys:
                if name not in nobody:
                    label = entity.fields[name].label.of(ctx.lang)
                    tally.find("required.missing", sheet=sheet, row=born[id], column=label)


def _keep_bad(ctx: Ctx, run: int, bad: Sequence[BadRow]) -> None:
    if bad:
        rows = {
            (b.sheet, b.row): {
                "run": run,
                "sheet": b.sheet,
                "row": b.row,
                "record": b.record,
                "data": run_table.dump({"reason": b.reason, "cells": b.cells}),
            }
            for b in bad
        }
        ctx.tx.execute(sa.insert(system.import_row), list(rows.values()))
