"""How the rows of a sheet come in: the parts of a row, what tells the records of each apart, what people decided.

Data and what follows from it alone. Nothing here knows a ledger; `loading` brings rows in by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from kehu.base.fields.base import Unresolved, Value
from kehu.base.fields.rules import day_of
from kehu.base.schema.model import Catalog, Entity
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.convert import RowValues
from kehu.features.importing.firms import NUMBERS, OTHERWISE, Firms
from kehu.features.importing.splitting import BY_DAY, DAY
from kehu.features.importing.targets import ALSO, COPIES, NAMED_BY, Part, is_contact, joined, of_kind

OnMatch = Literal["update", "skip", "create"]


@dataclass(frozen=True)
class PartPlan:
    """How one part of each row comes in. `key`: fields whose values together tell its records apart.

    each: every row is a record, of those with the same key the first row is the first record, and so on.
    fill: fields that differ under one key; what the first row says stays. needed: a row that cannot give it is
    rejected. marks: the row cannot make such a record, only change all that have the key. otherwise: the fields
    that tell the record of a row which leaves the number open. firms: what all sheets of the run say of the numbers and
    phones of such records. again: names and numbers of records of which several rows say something that gathers, by
    path and field. days: of orders without a number the time zone in whose days they are told apart.
    """

    part: Part
    entity: Entity
    key: tuple[str, ...] = ()
    each: bool = False
    fill: frozenset[str] = frozenset()
    needed: bool = True
    marks: bool = False
    otherwise: tuple[str, ...] = ()
    firms: Firms = field(default_factory=Firms)
    again: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    days: str | None = None

    @cached_property
    def refs(self) -> dict[str, str]:
        """Its relations to other parts, and their paths."""
        return dict(self.part.refs)

    @cached_property
    def linked(self) -> dict[str, tuple[str, str]]:
        """Its relations to what the row gives its customer, an order's contact and contract, and the path and field
        that name it."""
        links = ALSO.get(self.entity.key, {})
        return {name: (path, NAMED_BY[links[name]]) for name, path in self.part.refs if name in links}

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The relations without which there is no such record."""
        fields = self.entity.fields.values()
        return tuple(f.key for f in fields if f.type == "relation" and f.required == "always" and f.derived is None)

    @cached_property
    def naming(self) -> tuple[str, ...]:
        """The fields of which a row needs one. Without the first of its key a row has none: a phone alone does not
        tell whose it is."""
        fields = self.entity.fields
        return (*(key for key in self.entity.title if key in fields and not fields[key].read_only), *self.key[:1])

    @property
    def path(self) -> str:
        """The part's path over relations."""
        return self.part.path

    @cached_property
    def above(self) -> str | None:
        """The relation to the record that it hangs on and is one of several of; None when it stands by itself."""
        parent, refs = self.path.rpartition(".")[0], self.part.refs
        if self.path:
            return next((name for name, other in refs if other == parent), None)
        return next(iter(self.parents), None) if self.each else None

    @property
    def told_by(self) -> object:
        """What tells its records apart: fields of their own, or their place among those of a parent."""
        return of_kind(self.path) if self.part.kind.same or self.each else self.key

    def telling(self, name: str, value: Any) -> Any:
        """What of a value of the key tells records apart: of an order without a number the day, not the hour."""
        return day_of(value, self.days) if self.days and name == DAY and value is not None else value


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows of one sheet come in. `parts`: each behind those that it refers to."""

    entity: Entity
    sheet: str
    on_match: OnMatch
    columns: tuple[ColumnMap, ...]
    parts: tuple[PartPlan, ...]
    amounts: tuple[tuple[ColumnMap, str, str], ...] = ()  # columns of money, with path and field of their target
    sought: Mapping[str, frozenset[tuple[str, ...]]] = field(default_factory=dict)
    """By entity the keys that the sheets of the run find its records by."""
    decided: Mapping[str, str] = field(default_factory=dict)
    """What people said about cells (B3) and whole columns (B) that differ from the ledger: take or keep."""
    coming: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By entity the names of records that rows of the run bring and others refer to."""

    def part(self, path: str) -> PartPlan:
        """The part at a path."""
        return next(part for part in self.parts if part.path == path)

    def children(self, path: str) -> list[PartPlan]:
        """The parts below a path that have no key of their own: contacts, addresses, follow-ups."""
        return [one for one in self.parts if one.path and one.path.rpartition(".")[0] == path and one.part.kind.same]

    def contacts(self, path: str) -> list[PartPlan]:
        """The contacts that rows bring along for the customer at a path."""
        return [one for one in self.children(path) if is_contact(one.path)]

    @property
    def numbered(self) -> PartPlan | None:
        """The part of which every row is a record."""
        return next((part for part in self.parts if part.each), None)

    @property
    def placed(self) -> dict[str, ColumnMap]:
        """The columns by their targets; of several that are laid together the last holds the value."""
        return {one.target: one for one in self.columns if one.target}

    def outcome(self, column: ColumnMap, row: int) -> str:
        """Whether a value of a column goes over what the ledger holds (take) or not (keep)."""
        said = self.decided.get(column.cell(row)) or self.decided.get(column.letters) if self.decided else None
        return said or ("take" if column.existing == "overwrite" else "keep")

    def column(self, path: str, name: str) -> ColumnMap | None:
        """The column that fills a field."""
        wanted = joined(path, name)
        return next((one for one in self.columns if one.target == wanted), None)


def part_plan(catalog: Catalog, part: Part, said: Mapping[str, Any], filled: set[str]) -> PartPlan:
    """The plan of a part from what the run keeps about it. `filled`: the targets that have a column."""
    entity = catalog.entities[part.entity]
    each = part.entity == "order_line"
    needed = not part.path or (not part.kind.same and part.entity != "product")
    key, fill = tuple(said.get("key", ())), frozenset(said.get("fill", ()))
    usual = OTHERWISE.get(part.entity, ()) if key in NUMBERS else ()
    otherwise = next((one for one in usual if filled.issuperset(joined(part.path, name) for name in one)), ())
    numbered = any(joined(part.path, name) in filled for name in ("code", "external_code"))
    by_day = part.entity == "order" and set(key) == set(BY_DAY) and not numbered
    days = catalog.timezone if by_day else None
    fill |= {DAY} if days else set()  # the first hour of the day stays
    plan = PartPlan(part, entity, key, each=each, fill=fill, needed=needed, otherwise=otherwise, days=days)
    # Who says nothing of the record that one must belong to can only change what is known.
    lost = any(name not in plan.refs and joined(part.path, name) not in filled for name in plan.parents)
    return replace(plan, marks=lost and not each)


def number(plan: Plan, rows: Sequence[RowValues], seen: dict[int, int]) -> None:
    """Tell rows apart that say the same of a part of which every row is a record; `seen` counts the rows so far."""
    part = plan.numbered
    if part is None:
        return
    for row in rows:
        mark = hash(tuple(_meant(plan, part, row)))
        row.nth = seen.get(mark, 0)
        seen[mark] = row.nth + 1


def _meant(plan: Plan, part: PartPlan, row: RowValues) -> Iterator[object]:
    """What tells which record a part of a row is, as the row says it."""
    own = copied_values(part, row, row.values.get(part.path, {}))
    for name in (*([part.above] if part.above else ()), *part.key):
        if name in part.refs:
            yield from _meant(plan, plan.part(part.refs[name]), row)
        else:
            yield str(part.telling(name, own.get(name)))


def says(row: RowValues, part: PartPlan) -> bool:
    """Whether a row says anything of a part, or it is the entity that the sheet is about."""
    values = row.values.get(part.path, {})
    return not part.path or any(value is not None for key, value in values.items() if key != "kind")


def copied_values(
    part: PartPlan, row: RowValues, own: Mapping[str, Value | Unresolved]
) -> dict[str, Value | Unresolved]:
    """The values of a part, with those that it takes from another part of the row."""
    found = dict(own)
    for name, source in COPIES.get(part.entity.key, {}).items():
        path, _, key = source.rpartition(".")
        if found.get(name) is None and (value := row.values.get(joined(part.path, path), {}).get(key)) is not None:
            found[name] = value
    return found
