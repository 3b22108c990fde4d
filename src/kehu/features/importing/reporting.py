"""What came of a rehearsal or an import, as people and programs read it: numbers, findings with examples, errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from kehu.base.common.messages import explained, message
from kehu.base.common.money import format_minor
from kehu.base.common.workbook_writer import ColumnSpec, Kind, Value, write_xlsx
from kehu.base.db import system
from kehu.core.context import Ctx
from kehu.features.importing import doubles
from kehu.features.importing.tally import Tally


def report(ctx: Ctx, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and findings of a stored tally, each finding with a sentence and its first examples."""
    tally = Tally.load(stored["tally"])
    return {
        "read": tally.read,
        "created": tally.total("created"),
        "updated": tally.total("updated"),
        **{name: tally.rows[name] for name in ("skipped", "merged", "rejected")},
        "rows": tally.rows,
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


_WIDTHS = {"problem": 44, "sheet": 14, "row": 8, "cell": 8, "column": 16, "text": 32, "why": 56, "score": 10,
           "record": 14, "other": 24}  # fmt: skip
_KINDS: Mapping[str, Kind] = {"row": "number", "score": "percent", "record": "number"}


def findings_book(ctx: Ctx, findings: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write findings as a workbook, a line for each place, and how many more there are of each."""
    columns = [
        ColumnSpec(message(f"import.findings.{name}", ctx.lang), _KINDS.get(name, "text"), width, 0)
        for name, width in _WIDTHS.items()
    ]
    write_xlsx(path, columns, _lines(ctx, findings), sheet_name=message("import.findings_name", ctx.lang))


def _lines(ctx: Ctx, findings: Sequence[Mapping[str, Any]]) -> Iterator[list[Value]]:
    for found in findings:
        for one in found["examples"]:
            other = one.get("other")
            beside = f"{other['sheet']} {other['row']} {other['text']}".strip() if isinstance(other, Mapping) else ""
            row, score, record = (one.get(key) for key in ("row", "score", "record"))
            yield [
                found["message"], _cell(one.get("sheet")), _number(row), _cell(one.get("cell")),
                _cell(one.get("column")), _cell(one.get("text")), _cell(one.get("why")), _number(score),
                _number(record), beside,
            ]  # fmt: skip
        rest = found["count"] - len(found["examples"])
        if rest > 0 or not found["examples"]:
            told = message("import.findings.rest", ctx.lang, count=rest) if found["examples"] else ""
            yield [found["message"], "", None, "", "", "", told, None, None, ""]


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) else None


def _said(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a sentence about a whole column says beside the count."""
    first = found["examples"][0] if found["examples"] else {}
    return {key: first[key] for key in ("column", "numbers", "key", "goes_to") if key in first}


def _example(ctx: Ctx, stored: Mapping[str, Any]) -> dict[str, Any]:
    """A place of a finding, with what is wrong there as a sentence."""
    outward = {key: value for key, value in stored.items() if key != "problem"}
    if "problem" in stored:
        code, data = stored["problem"]
        outward["why"] = explained(code, ctx.lang, data)
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


def error_address(ctx: Ctx, id: int) -> str | None:
    """Where the workbook of rows to correct is, None when there are none."""
    table = system.import_row
    left = ctx.tx.execute(sa.select(table.c.row).where(table.c.run == id).limit(1)).first()
    return f"/imports/{id}/errors.xlsx" if left is not None else None


def result(ctx: Ctx, stored: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """What an import has done: its change-set, its report, and how its sheets were read."""
    return {"changeset": stored["changeset"], **report(ctx, stored), "sheets": data["sheets"]}


def error(ctx: Ctx, stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Why a run failed, with its sentence; None when it has not."""
    if not stored:
        return None
    code = str(stored.get("code"))
    return {"code": code, "message": message(code, ctx.lang, **stored.get("data", {}))}
