"""What several rows say of one record, laid together: texts of several lines and lists of words grow, of all else only
one value can stand (`claims` tells of the others). It reads and writes no ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from kehu.base.common.text import normalize_name
from kehu.base.fields.base import Stored, Value
from kehu.base.fields.choices import MOST_VALUES, ListType
from kehu.base.schema.model import Field
from kehu.core.context import Ctx
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.convert import RowValues
from kehu.features.importing.loading.rows import PHONES, Group, Line, Load, with_lines
from kehu.features.importing.plan import PartPlan
from kehu.features.importing.targets import gathers, joined

_LONGEST = 100_000  # characters of a text of several lines


def add_row(
    load: Load, part: PartPlan, group: Group, line: Line, own: Mapping[str, Value], first: frozenset[str]
) -> None:
    """Add a further row to a record. What rows say last stands, of the fields in `first` what they say first."""
    group.lines.append(line)
    for name, value in own.items():
        held, one = group.values.get(name), part.entity.fields[name]
        if value is None or held == value:
            continue
        if held is not None and gathers(one):
            whole = together(load, one, held, value)
            if whole == held and not covers(held, value):
                _no_room(load, part, one, line, value)
            group.values[name] = whole
        elif held is None or name not in first:
            group.values[name] = value


def together(load: Load, one: Field, said: Value, more: Value) -> Value:
    """What two rows say of a field that gathers: each line once, each word once. What is too long for the field is left
    out as a whole."""
    if said is None or more is None:
        return more if said is None else said
    if isinstance(said, tuple) and isinstance(more, tuple):
        kind = cast(ListType, load.ctx.types[one.value_type])
        words = kind.canonical(one, [*said, *more])
        return words if words is not None and len(words) <= MOST_VALUES else said
    whole = with_lines(said, str(more))
    return whole if len(whole) <= _LONGEST else said


def covers(held: Value, value: Value) -> bool:
    """Whether a field that gathers holds already all that a row says of it."""
    if isinstance(held, tuple) and isinstance(value, tuple):
        return set(value) <= set(held)
    return held is not None and with_lines(held, str(value)) == held


def comes_again(part: PartPlan, row: RowValues) -> bool:
    """Whether a row is one of several that may mean one record: then it is no less that the record holds more. A row
    that was sent back is one, too."""
    if row.record is not None and not part.path:
        return True
    for (path, name), texts in part.again.items():
        said = row.values.get(path, {}).get(name)
        if isinstance(said, str) and normalize_name(said) in texts:
            return True
    return False


def column_of_cell(load: Load, part: PartPlan, name: str) -> ColumnMap | None:
    """The column that gives a field; a second number stands in the cell of the first."""
    names = (name, *PHONES) if name in PHONES else (name,)
    return next((one for key in names if (one := load.columns.get(joined(part.path, key))) is not None), None)


def _no_room(load: Load, part: PartPlan, one: Field, line: Line, value: Value) -> None:
    """Tell of a cell that the other rows of its record leave no room for."""
    column, row = column_of_cell(load, part, one.key), line.row.row
    if column is None or one.key in part.part.kind.same:
        return
    place: dict[str, Any] = {"sheet": load.plan.sheet, "row": row, "cell": column.cell(row), "column": column.source}
    load.tally.find("row.differs", **place, text=shown(load.ctx, one, value), problem=["row.no_room", {}])


def shown(ctx: Ctx, one: Field, value: Value) -> str:
    """A value as people read it; of records and secrets nothing."""
    if one.target is not None or one.sensitive == "secret":
        return ""
    return str(ctx.types[one.value_type].render(one, value, ctx.lang))


def held(load: Load, part: PartPlan, one: Field, live: Mapping[str, Stored]) -> Value:
    """What a record holds in a field that is no secret."""
    placed = load.ctx.tables[part.entity.key].layouts[one.key]
    columns = placed.typed or placed.value
    return load.ctx.types[one.value_type].load(one, [live.get(column.name) for column in columns])
