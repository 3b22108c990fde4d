"""Where a file says something else than the ledger: counted exactly, listed up to a bound, both values side by side.

The list keeps what the file says and which record it means, never what the ledger holds: that is read when somebody
looks, with his rights. Decides nothing; what shall happen stands in the options of the run (`existing`, `decide`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kehu.base.fields.base import Value
from kehu.base.schema.model import Entity
from kehu.core.context import Ctx
from kehu.core.records import history
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.targets import OPENING

PER_COLUMN, IN_ALL = 500, 3_000
"""So many cells are listed of a column and of a run; the rest is counted and decided for the whole column."""
MOST_SHOWN = 200


@dataclass(slots=True)
class Conflicts:
    """The conflicts of a rehearsal: `columns` with place, field and counts of each, `items` the listed cells."""

    columns: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    items: list[list[Any]] = field(default_factory=list)

    def add(
        self, ctx: Ctx, sheet: str, column: ColumnMap, row: int, entity: Entity, name: str, id: int,
        value: Value, outcome: str,
    ) -> None:  # fmt: skip
        """Take in a cell of `column` whose value differs from what record `id` holds; `outcome` take or keep."""
        found = self.columns.get((sheet, column.index))
        if found is None:
            found = self.columns[sheet, column.index] = {
                "sheet": sheet,
                "column": column.letters,
                "source": column.source,
                "entity": entity.key,
                "field": name,
                "existing": column.existing,
                "take": 0,
                "keep": 0,
                "listed": 0,
                "at": len(self.columns),
            }
        found[outcome] += 1
        if found["listed"] >= PER_COLUMN or len(self.items) >= IN_ALL:
            return
        found["listed"] += 1
        one = entity.fields[name]
        kind = ctx.types[one.value_type]
        shown: object
        if one.target is not None and isinstance(value, str):  # the name of a record that the file itself brings
            shown = {"id": None, "label": value}
        else:
            shown = kind.mask(one, value) if one.sensitive == "secret" else kind.dump(one, value)
        self.items.append([found["at"], row, column.cell(row), id, shown, outcome])

    def stored(self) -> dict[str, Any]:
        """JSON for the run."""
        return {"columns": list(self.columns.values()), "items": self.items}


def page(
    ctx: Ctx,
    stored: Mapping[str, Any],
    *,
    sheet: str | None,
    column: str | None,
    outcome: str | None,
    after: int,
    n: int,
) -> dict[str, Any]:
    """Some of the listed cells, filtered by table, column letters and outcome, from the `after`-th match on.

    Returns `{"columns", "items", "total", "listed", "next"}`: total is exact, listed says how many of them can be
    looked at. What the reader may not see of the ledger is not in it.
    """
    columns = [
        one for one in stored["columns"]
        if one["field"] in history.shown_keys(ctx, one["entity"])
    ]  # fmt: skip
    of = [one for one in columns if sheet in (None, one["sheet"]) and column in (None, one["column"])]
    at = {one["at"]: one for one in of}
    found = [one for one in stored["items"] if one[0] in at and (not outcome or one[5] == outcome)]
    shown = found[after : after + n]
    items = _with_ours(ctx, at, shown)
    outcomes = [outcome] if outcome else ["take", "keep"]
    return {
        "columns": [{key: value for key, value in one.items() if key != "at"} for one in columns],
        "items": items,
        "total": sum(one[said] for one in at.values() for said in outcomes),
        "listed": len(found),
        "next": after + n if len(found) > after + n else None,
    }


def _with_ours(ctx: Ctx, at: Mapping[int, Mapping[str, Any]], shown: list[list[Any]]) -> list[dict[str, Any]]:
    wanted: dict[str, dict[int, set[str]]] = {}
    for number, _, _, id, _, _ in shown:
        one = at[number]
        wanted.setdefault(one["entity"], {}).setdefault(id, set()).add(one["field"])
    held = {
        entity: history.now(ctx, entity, ids, {_held_in(key) for keys in ids.values() for key in keys})
        for entity, ids in wanted.items()
    }
    items = []
    links = []
    for number, row, cell, id, theirs, outcome in shown:
        one = at[number]
        found = held[one["entity"]].get(id)
        item = {
            "sheet": one["sheet"],
            "row": row,
            "cell": cell,
            "column": one["source"],
            "entity": one["entity"],
            "field": one["field"],
            "id": id if found is not None else None,
            "record": found["label"] if found is not None else None,
            "ours": found["values"].get(_held_in(one["field"])) if found is not None else None,
            "theirs": theirs,
            "outcome": outcome,
        }
        links.append((ctx.catalog.entities[one["entity"]].fields[one["field"]], item, "theirs"))
        items.append(item)
    history.label_links(ctx, links)
    return items


def _held_in(key: str) -> str:
    """Where the ledger shows what a column gives: of an opening value the total that it is part of."""
    return OPENING.get(key, key)
