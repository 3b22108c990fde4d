"""Tells of new rows that look like an earlier row or like a record of the ledger, before anything is written.

Part of the rehearsal only. Bounded in time and memory: after so many rows it stops and says how many it left out. Knows
the rules of `core.records.duplicates`, no rights: a record is named when the report is read, to who may see it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kehu.base.common.messages import message
from kehu.base.fields.base import Value
from kehu.base.schema.model import Entity
from kehu.core.context import Ctx
from kehu.core.records import duplicates, matching, read

IN_FILE = 20_000
"""New rows that are compared with each other."""
IN_LEDGER, LEDGER_SECONDS = 1_000, 3.0
"""New rows that are looked up in the ledger, and how long all that may take."""
Found = tuple[str, int, dict[str, Any]]
CODES = ("duplicate.in_file", "duplicate.in_ledger")


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that would become a record: what it says of it, and the phones of people that it brings along."""

    row: int
    values: Mapping[str, Value]
    phones: Sequence[str] = ()


@dataclass(slots=True)
class Doubles:
    """What has been looked at so far, by entity."""

    met: dict[str, duplicates.Meeting] = field(default_factory=dict)
    places: dict[str, list[tuple[str, int, str]]] = field(default_factory=dict)
    looked_up: int = 0
    seconds: float = 0.0

    def look(self, ctx: Ctx, entity: Entity, sheet: str, rows: Sequence[NewRow]) -> list[Found]:
        """Look at further rows; return findings as (code, count, what to tell)."""
        met = self.met.setdefault(entity.key, duplicates.Meeting())
        places = self.places.setdefault(entity.key, [])
        found: list[Found] = []
        looked = rows[: max(0, IN_FILE - len(places))]
        look_up = bool(looked) and matching.has_records(ctx, entity.key)
        late = 0
        for one in looked:
            clues = duplicates.with_phones(duplicates.clues_of(ctx, entity, one.values), one.phones)
            earlier = met.add(clues)
            name = _name(entity, one.values)
            places.append((sheet, one.row, name))
            told = {"sheet": sheet, "row": one.row, "text": name}
            if earlier is not None:
                of, like = earlier
                found.append((CODES[0], 1, {**told, "other": places[of], **_said(like)}))
            if not look_up or not clues:
                continue
            if self.looked_up >= IN_LEDGER or self.seconds >= LEDGER_SECONDS:
                late += 1
                continue
            started = time.monotonic()
            if known := duplicates.in_ledger(ctx, entity, clues):
                id, like = known[0]
                found.append((CODES[1], 1, {**told, "entity": entity.key, "record": id, **_said(like)}))
            self.looked_up += 1
            self.seconds += time.monotonic() - started
        rest = len(rows) - len(looked)
        if rest:
            found.append(("duplicate.in_file.left", rest, {}))
        if late or (rest and matching.has_records(ctx, entity.key)):
            found.append(("duplicate.in_ledger.left", late + rest, {}))
        return found


def places(findings: Mapping[str, Mapping[str, Any]]) -> dict[str, set[int]]:
    """The rows that the examples of such findings name, by table: those of a pair are both among them."""
    found: dict[str, set[int]] = {}
    for code in CODES:
        for one in findings.get(code, {}).get("examples", ()):
            for sheet, row in [(one["sheet"], one["row"]), *([one["other"][:2]] if "other" in one else [])]:
                found.setdefault(sheet, set()).add(row)
    return found


def outward(ctx: Ctx, examples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Places of a finding as the reader may see them: a record is named when it is in sight, else only told of."""
    wanted: dict[str, set[int]] = {}
    for one in examples:
        if "record" in one:
            wanted.setdefault(one["entity"], set()).add(one["record"])
    names = {entity: read.titles(ctx, entity, ids) for entity, ids in wanted.items()}
    found = []
    for one in examples:
        told = {key: value for key, value in one.items() if key not in ("record", "other")}
        reasons = " · ".join(message(f"duplicate.{reason}", ctx.lang) for reason in one["reasons"])
        if "record" in one:
            name = names[one["entity"]].get(one["record"])
            told["record"] = one["record"] if name is not None else None
            whom = message("duplicate.like_record" if name else "duplicate.like_hidden", ctx.lang, name=name or "")
        else:
            sheet, row, *named = one["other"]
            told["other"] = {"sheet": sheet, "row": row, "text": named[0] if named else ""}
            code = "duplicate.like_row" if sheet == one["sheet"] else "duplicate.like_row_of"
            whom = message(code, ctx.lang, row=row, sheet=sheet)
            if told["other"]["text"]:
                whom = message("duplicate.like_named", ctx.lang, whom=whom, name=told["other"]["text"])
        told["why"] = message("duplicate.why", ctx.lang, whom=whom, reasons=reasons)
        found.append(told)
    return found


def _said(like: duplicates.Likeness) -> dict[str, Any]:
    return {"score": like.score, "reasons": like.reasons}


def _name(entity: Entity, values: Mapping[str, Value]) -> str:
    return next((str(said) for key in (*entity.title, "name") if (said := values.get(key))), "")
