"""Rows on their way in, the records that they mean, and what bringing a portion in goes by. Data; nothing here reads
or writes a ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from kehu.base.common.dates import parse_instant
from kehu.base.common.spans import Spans, holds
from kehu.base.common.text import normalize_name
from kehu.base.fields.base import Stored, Value, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.changesets.observers import Ready
from kehu.core.context import Ctx
from kehu.core.records.values import store_value
from kehu.features.importing import own_numbers
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.convert import BadCell, RowValues
from kehu.features.importing.firms import KEY
from kehu.features.importing.plan import PartPlan, Plan
from kehu.features.importing.tally import Key, Rehearsal, Tally
from kehu.features.importing.targets import joined

UNKNOWN = "relation.unmatched"
LATER = "later"
"""Marks the problem of a cell that names a record which the file itself brings: it is filled at the end."""
BY_NUMBER = "\0number"  # begins the key of a row that tells its record by number
BY_NAME = "\0name"  # and of one that leaves the number open by which the others are told
PHONES = ("mobile", "office_phone")
Left = Mapping[str, Spans]
"""By target of a sheet the rows whose value does not stand, as another row of the record says otherwise."""
REACHED = frozenset({*PHONES, "email", "wechat"})
"""Under what a contact is reached: of nobody's it is the customer's."""


@dataclass(slots=True)
class BadRow:
    """A row for the error workbook: where it stood, the record it became, and what was wrong."""

    sheet: str
    row: int
    record: int | None
    reason: str | None
    cells: list[tuple[int, str, dict[str, object]]] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """A row on its way in: the records that its parts have become, by path, and what becomes of the row itself."""

    row: RowValues
    ids: dict[str, int] = field(default_factory=dict)
    outcome: str = ""

    @property
    def rejected(self) -> bool:
        return self.outcome == "rejected"


@dataclass(slots=True)
class Group:
    """Rows of a portion that are one record."""

    lines: list[Line]
    values: dict[str, Value]
    key: Key | None
    id: int | None = None
    live: Mapping[str, Stored] | None = None
    first: int | None = None
    """Of rows that mean several records: the first of these, for all but itself."""
    nobodys: set[str] = field(default_factory=set)
    """The fields of which `values` hold what a row says of a contact without a name."""
    further: bool = False
    """Whether earlier rows of the portion that tell its record in another way have changed it."""
    below: list[str] = field(default_factory=list)
    """What goes below the remark of a known record, whatever becomes of the remark itself."""

    @property
    def ready(self) -> Ready | None:
        """What is ready of the record: of several rows nothing, and nothing of values that were left out."""
        row = self.lines[0].row
        whole = len(self.lines) == 1 and len(self.values) == len(row.values.get("", ()))
        return row.ready if whole else None


@dataclass(slots=True)
class Portion:
    """What came of a portion."""

    bad: list[BadRow] = field(default_factory=list)
    created: dict[str, dict[int, int]] = field(default_factory=dict)  # entity → new record → first row of the file


def with_lines(said: object, text: str) -> str:
    """A remark with the lines of a text that it does not have yet below it."""
    lines = {line.rstrip() for line in str(said).splitlines()} if said else set()
    new = [line for line in text.splitlines() if line.rstrip() not in lines]
    return "\n".join([str(said), *new] if said else new)


@dataclass(slots=True)
class Load:
    """What bringing the parts of one portion in goes by, or only counting what would come (`changeset` None)."""

    ctx: Ctx
    plan: Plan
    tally: Tally
    out: Portion
    changeset: int | None
    rehearsal: Rehearsal
    imports: own_numbers.Imports
    left: Left
    known: dict[tuple[str, str, Value], dict[str, Stored]] = field(default_factory=dict)
    columns: dict[str, ColumnMap] = field(init=False)
    paths: frozenset[str] = field(init=False)
    """The paths of the parts that columns fill."""
    zone: str = field(init=False)

    def __post_init__(self) -> None:
        self.columns = self.plan.placed
        self.paths = frozenset(key.rpartition(".")[0] for key in self.columns)
        self.zone = self.ctx.catalog.timezone

    def leaves(self, path: str, name: str, row: int) -> bool:
        """Whether what a row says of a field does not stand, as another row of the file says otherwise."""
        return bool(self.left) and holds(self.left.get(joined(path, name), []), row)

    def stored(self, entity: Entity, one: Field, value: Value) -> dict[str, Stored]:
        """The stored columns of a value that is no secret; one that comes again is worked out once."""
        place = (entity.key, one.key, value)
        if (found := self.known.get(place)) is None:
            found = self.known[place] = store_value(self.ctx, entity, one, 0, value)
        return found

    def main(self, entity: Entity, one: Field, value: Value) -> Stored:
        """The column by which a value is told apart."""
        if one.sensitive == "secret":
            return self.stored(entity, one, value)[column_of(self.ctx, one)]
        return self.ctx.types[one.value_type].main(one, value)

    def holds(self, entity: Entity, one: Field, value: Value, live: Mapping[str, Stored]) -> bool:
        """Whether a record holds this very value, which is no secret, already."""
        placed = self.ctx.tables[entity.key].layouts[one.key]
        columns = placed.typed or placed.value
        return self.ctx.types[one.value_type].load(one, [live.get(column.name) for column in columns]) == value


def undated(part: PartPlan) -> dict[str, Value]:
    """The days that a new record would get for want of any, left open: when a file comes in is not when an order was
    made. A follow-up of a row is written down with the day on which it comes in."""
    fields = part.entity.visible if not part.part.kind.same else ()
    return {
        one.key: None for one in fields if isinstance(one.default, Mapping) and one.default.keys() & {"now", "today"}
    }


def is_later(bad: BadCell) -> bool:
    """Whether a cell names a record that the file itself brings."""
    return bad.problem.code == UNKNOWN and LATER in bad.problem.data


def is_firm(part: PartPlan, values: Mapping[str, Value]) -> bool:
    """Whether a row tells of a firm that may be known by its name."""
    known = part.key == KEY or part.otherwise
    return part.entity.key == "customer" and bool(known) and values.get("kind") == "enterprise"


def careful(load: Load, part: PartPlan) -> frozenset[str]:
    """The fields of a part whose column does not simply go over what is there."""
    placed = ((name, load.columns.get(joined(part.path, name))) for name in part.entity.fields)
    return frozenset(name for name, one in placed if one is not None and one.existing != "overwrite")


def is_unnumbered(group: Group) -> bool:
    """Whether the rows of a record leave its number open."""
    return all(group.values.get(name) is None for name in ("code", "external_code"))


def column_of(ctx: Ctx, one: Field) -> str:
    """The stored column by which the values of a field are told apart."""
    placed = layout(one, ctx.types)
    return placed.secret[1].name if placed.secret else (placed.typed or placed.value)[0].name


def whole_day(instant: Value, zone: str, *, always: bool = False) -> str | None:
    """The day of an instant that names no hour, or of any when it is wanted `always`."""
    at = parse_instant(str(instant)).astimezone(ZoneInfo(zone))
    return at.date().isoformat() if always or (at.hour, at.minute, at.second) == (0, 0, 0) else None


def value_column(ctx: Ctx, entity: Entity, name: str) -> str:
    """The stored column of what a field shows, typed or derived; "" of fields that keep nothing."""
    placed = layout(entity.fields[name], ctx.types) if name in entity.fields else None
    return placed.value[0].name if placed is not None and placed.value else ""


def naming_of(values: Mapping[str, Value], part: PartPlan, zone: str, *, days: bool = False) -> str | None:
    """What tells a record from others of its parent; None when nothing does. A file that names a day means the record
    of that day, whatever its hour: `days` leaves the hours of all instants away."""
    said: list[object] = []
    for key in part.part.kind.same:
        value = values.get(key)
        instant = isinstance(value, str) and part.entity.fields[key].value_type == "datetime"
        said.append((whole_day(value, zone, always=days) or value) if instant else value)
    if all(one is None for one in said):
        return None
    if part.part.kind.same == ("code",):
        return str(said[0])  # 2025-1-1 is not 2025-11
    return "\x1f".join(normalize_name(one) if isinstance(one, str) else str(one) for one in said)
