"""Brings converted rows into the ledger, portion by portion: each row is split into its parts, each part matched,
created or updated, those that others refer to first.

A customer with contact and address, an order with customer, lines and products: one way for all of them. The rehearsal
runs the same code without the last step. Writes through `core.records.write` and the change-set door only; the caller
has opened the change-set and checks the right to import.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kehu.base.common import spans
from kehu.base.common.dates import day_start, format_instant, parse_instant
from kehu.base.common.text import normalize_name
from kehu.base.db import system
from kehu.base.db.ids import among
from kehu.base.fields.base import Problem, Stored, Unresolved, Value, layout
from kehu.base.fields.rules import day_of
from kehu.base.schema.model import Entity, Field, Label
from kehu.core.access.permissions import may, readable_fields, writable_fields
from kehu.core.changesets import write as door
from kehu.core.changesets.observers import Ready
from kehu.core.context import Ctx
from kehu.core.records import comparing, matching, numbering
from kehu.core.records.defaults import fill_defaults
from kehu.core.records.naming import by_name
from kehu.core.records.values import load_value, store_value
from kehu.core.records.write import changed_columns, insert_values
from kehu.features.importing import own_numbers
from kehu.features.importing.beside import role_of
from kehu.features.importing.cells import KEPT_ASIDE, MORE_PHONES
from kehu.features.importing.columns import ColumnMap
from kehu.features.importing.convert import BadCell, RowValues, finding_code
from kehu.features.importing.doubles import NewRow
from kehu.features.importing.firms import KEY, OTHERWISE
from kehu.features.importing.kinds import FIRM, propose_kind
from kehu.features.importing.mapping import kind_of_place
from kehu.features.importing.plan import PartPlan, Plan, copied_values, says
from kehu.features.importing.splitting import BY_DAY, DAY
from kehu.features.importing.tally import Key, Rehearsal, Tally
from kehu.features.importing.targets import LATEST, OPENING, Target, is_contact, joined, numbered, of_kind

UNKNOWN = "relation.unmatched"
UNKEPT = "cell.unkept"
_GLIMPSE = ("name", "mobile", "office_phone", "detail", "remark")
BY_NUMBER = "\0number"  # begins the key of a row that tells its record by number
BY_NAME = "\0name"  # and of one that leaves the number open by which the others are told
PHONES = ("mobile", "office_phone")
_PERSONS = re.compile("学员|学生|患者|病人|业主|住户|户主|顾客|宝宝|车主|客人姓名|会员姓名")
"""Headings of names that are those of people."""
_KILOGRAMS = re.compile("公斤|千克|kg", re.IGNORECASE)
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
class _Line:
    """A row on its way in: the records that its parts have become, by path, and what becomes of the row itself."""

    row: RowValues
    ids: dict[str, int] = field(default_factory=dict)
    outcome: str = ""

    @property
    def rejected(self) -> bool:
        return self.outcome == "rejected"


@dataclass(slots=True)
class _Group:
    """Rows of a portion that are one record."""

    lines: list[_Line]
    values: dict[str, Value]
    key: Key | None
    id: int | None = None
    live: Mapping[str, Stored] | None = None
    first: int | None = None
    """Of rows that mean several records: the first of these, for all but itself."""
    nobodys: set[str] = field(default_factory=set)
    """The fields of which `values` hold what a row says of a contact without a name."""
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


def load_portion(
    ctx: Ctx,
    plan: Plan,
    rows: Sequence[RowValues],
    tally: Tally,
    *,
    changeset: int | None,
    rehearsal: Rehearsal | None = None,
    imports: own_numbers.Imports | None = None,
) -> Portion:
    """Bring rows in under `changeset`; with None only count, `rehearsal` then remembers the earlier portions. `imports`
    keeps what has been read of earlier imports from portion to portion."""
    out = Portion()
    resolve(ctx, plan, rows)
    _lay_together(ctx, plan, rows)
    _forget_lost(ctx, plan, rows)
    tally.read += len(rows)
    _add_up(plan, rows, tally)
    lines = [_Line(row) for row in rows]
    for line in lines:
        if (reason := _lacking(plan, line.row)) is not None:
            _reject(plan, line, reason, tally, out)
    kept = imports if imports is not None else {}
    bring = _Bringing(ctx, plan, tally, out, changeset, rehearsal if rehearsal is not None else Rehearsal(), kept)
    for part in plan.parts:
        bring.part(part, [line for line in lines if not line.rejected])
    if changeset is not None:
        _keep_texts(ctx, plan, lines, changeset)
    for line in lines:
        tally.rows[line.outcome] += 1
        if not line.rejected:
            _tell(ctx, plan, line, tally, out)
    return out


# --- before matching -------------------------------------------------------------------------------------------------


def resolve(ctx: Ctx, plan: Plan, rows: Sequence[RowValues]) -> None:
    """Replace texts that name records or users by ids, in place; what stays unknown is left out and told.

    A record is named by its code or its title, a user by his name. Ambiguous names stay unknown.
    """
    for part in plan.parts:
        waiting: dict[str, list[tuple[RowValues, str]]] = {}
        for row in rows:
            for key, value in row.values.get(part.path, {}).items():
                if isinstance(value, Unresolved):
                    waiting.setdefault(key, []).append((row, value.text))
        for key, found in waiting.items():
            _resolve(ctx, plan, part, part.entity.fields[key], found)
        if part.entity.key == "customer":
            _propose_kinds(plan, part, rows)
            _own_numbers(plan, part, rows)


def _lay_together(ctx: Ctx, plan: Plan, rows: Sequence[RowValues]) -> None:
    """Let contacts and addresses of one row that have the same name be one, of which nothing is lost."""
    zone = ctx.catalog.timezone
    for later in plan.parts:
        if numbered(later.path) == 1 or "remark" not in writable_fields(ctx, later.entity.key):
            continue
        kind, n = of_kind(later.path), numbered(later.path)
        before = [one.path for one in plan.parts if of_kind(one.path) == kind and numbered(one.path) < n]
        for row in rows:
            values = cast("dict[str, dict[str, Value]]", row.values)
            theirs = values.get(later.path, {})
            naming = _naming(theirs, later, zone)
            same = [own for path in before if (own := values.get(path)) and _naming(own, later, zone) == naming]
            if naming is not None and same:
                _keep_kind(plan, later, same[0], theirs)
                _give_rest(ctx, plan, later, row, same, theirs)


def _keep_kind(plan: Plan, later: PartPlan, first: dict[str, Value], theirs: Mapping[str, Value]) -> None:
    """Let an address that stands below two headings say both: its kind is what the first says, its remark the other."""
    column, one = plan.column(later.path, "detail"), later.entity.fields.get("type")
    if column is None or one is None or theirs.get("type") is not None:
        return
    own = plan.column(of_kind(later.path), "detail")
    title = column.source.rpartition("/")[2].strip()
    kind = kind_of_place(one, title)
    if kind is not None and (own is None or kind_of_place(one, own.source) != kind):
        first["remark"] = with_lines(first.get("remark"), title)


def _give_rest(
    ctx: Ctx, plan: Plan, later: PartPlan, row: RowValues, same: Sequence[dict[str, Value]], theirs: dict[str, Value]
) -> None:
    """Lay what one more record of a row with the same name says otherwise below the remark of the first, and tell."""
    theirs |= {key: same[0].get(key) for key in later.part.kind.same}  # 王 芳 is 王芳
    known = {key: value for own in reversed(same) for key, value in own.items() if value is not None}
    for key in sorted(theirs.keys() - set(later.part.kind.same)):
        value = theirs[key]
        if value is None or known.get(key) == value or (key not in known and key != "remark"):
            continue
        del theirs[key]
        one, column = later.entity.fields[key], plan.column(later.path, key)
        text = str(ctx.types[one.value_type].render(one, value, "zh-CN"))
        label = "" if key == "remark" else MORE_PHONES if key in PHONES else f"{one.label.zh}："
        same[0]["remark"] = with_lines(same[0].get("remark"), f"{label}{text}")
        if column is not None and key != "remark":
            place = Target(str(column.target), later.entity.key, key, later.path)
            row.bad.append(BadCell(column, place, text, Problem("cell.same_name", "warn", {})))


def _forget_lost(ctx: Ctx, plan: Plan, rows: Sequence[RowValues]) -> None:
    """Leave out numbers of records that are gone or out of sight: their rows are matched as any other."""
    given = {row.record for row in rows if row.record is not None} if plan.on_match != "create" else set()
    live = matching.by_ids(ctx, plan.entity.key, given, ["id"]) if given else {}
    for row in rows:
        if row.record not in live:
            row.record = None


def _resolve(ctx: Ctx, plan: Plan, part: PartPlan, one: Field, waiting: Sequence[tuple[RowValues, str]]) -> None:
    found = by_name(ctx, str(one.target), {text for _, text in waiting})
    column = plan.column(part.path, one.key)
    for row, text in waiting:
        own = row.values[part.path]
        del own[one.key]
        if text in found:
            own[one.key] = found[text]
        elif column is not None:
            place = Target(str(column.target), part.entity.key, one.key, part.path)
            row.bad.append(BadCell(column, place, text, Problem(UNKNOWN, "refuse", {"value": text})))


def _propose_kinds(plan: Plan, part: PartPlan, rows: Sequence[RowValues]) -> None:
    column = plan.column(part.path, "name")
    persons = column is not None and _PERSONS.search(column.source) is not None
    default = next((o for o in part.entity.fields["kind"].options if not o.hidden), None)
    paths = [one.path for one in plan.contacts(part.path)]
    for row in rows:
        own = row.values.setdefault("", {}) if not part.path else row.values.get(part.path)
        if own is None or own.get("kind") is not None:
            continue
        contacts = next((one for path in paths if (one := row.values.get(path)) and one.get("name")), {})
        if persons and not FIRM.search(str(own.get("name") or "")):
            own["kind"] = "person"  # with his parent or whoever else is called
        elif kind := propose_kind({"": own, "contacts": contacts}) or (default and default.key):
            own["kind"] = kind


def _own_numbers(plan: Plan, part: PartPlan, rows: Sequence[RowValues]) -> None:
    """Let a person have the numbers of a contact whose name his row leaves open: they are his own."""
    for contact in plan.contacts(part.path):
        for row in rows:
            theirs = row.values.get(contact.path)
            if not theirs or theirs.get("name") is not None or REACHED.isdisjoint(theirs):
                continue
            own = row.values.setdefault(part.path, {})
            if own.get("kind") == "person":
                for key in REACHED & theirs.keys():
                    own.setdefault(key, theirs[key])
                row.ready = None


def with_lines(said: object, text: str) -> str:
    """A remark with the lines of a text that it does not have yet below it."""
    lines = [line.rstrip() for line in str(said).splitlines()] if said else []
    new = [line for line in text.splitlines() if line.rstrip() not in lines]
    return "\n".join([str(said), *new] if said else new)


def _lacking(plan: Plan, row: RowValues) -> str | None:
    """Why a row cannot come in at all: nothing names a record of it, or the record it belongs to is not there."""
    said = {part.path: says(row, part) for part in plan.parts}
    for part in plan.parts:
        if not part.needed or (part.path and not said[part.path]):
            continue
        own, refs = row.values.get(part.path, {}), part.refs
        if not part.each and all(own.get(key) is None and key not in refs for key in part.naming):
            return "row.without_day" if part.days else "row.without_name"
        for key in part.parents if not part.marks else ():
            if not (said[refs[key]] if key in refs else own.get(key) is not None):
                return "row.without_parent"
    return None


# --- one part --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Bringing:
    """Brings the parts of one portion in, or only counts what would come (`changeset` None)."""

    ctx: Ctx
    plan: Plan
    tally: Tally
    out: Portion
    changeset: int | None
    rehearsal: Rehearsal
    imports: own_numbers.Imports
    known: dict[tuple[str, str, Value], dict[str, Stored]] = field(default_factory=dict)
    columns: dict[str, ColumnMap] = field(init=False)
    paths: frozenset[str] = field(init=False)
    """The paths of the parts that columns fill."""
    zone: str = field(init=False)

    def __post_init__(self) -> None:
        self.columns = self.plan.placed
        self.paths = frozenset(key.rpartition(".")[0] for key in self.columns)
        self.zone = self.ctx.catalog.timezone

    def stored(self, entity: Entity, one: Field, value: Value) -> dict[str, Stored]:
        """The stored columns of a value that is no secret; one that comes again is worked out once."""
        place = (entity.key, one.key, value)
        if (found := self.known.get(place)) is None:
            found = self.known[place] = store_value(self.ctx, entity, one, 0, value)
        return found

    def main(self, entity: Entity, one: Field, value: Value) -> Stored:
        """The column by which a value is told apart."""
        if one.sensitive == "secret":
            return self.stored(entity, one, value)[_column(self.ctx, one)]
        return self.ctx.types[one.value_type].main(one, value)

    def holds(self, entity: Entity, one: Field, value: Value, live: Mapping[str, Stored]) -> bool:
        """Whether a record holds this very value, which is no secret, already."""
        placed = self.ctx.tables[entity.key].layouts[one.key]
        columns = placed.typed or placed.value
        return self.ctx.types[one.value_type].load(one, [live.get(column.name) for column in columns]) == value

    def part(self, part: PartPlan, lines: Sequence[_Line]) -> None:
        """Match, create and update the records of one part; `lines` learn what they have become."""
        ctx, key = self.ctx, part.entity.key
        if part.path and not may(ctx, key, "create"):
            return
        groups = self._groups(part, lines)
        known = self._match(part, groups)
        if key == "customer":
            for child in self.plan.children(part.path):
                self._take_nobodys(part, child, groups)
        groups = self._without_shown(part, groups)
        groups = self._refuse_taken(part, [*groups, *known])
        self._leave_out_contradicting(part, groups)
        creates = [g for g in groups if g.id is None]
        if part.marks:
            for group in creates:
                for line in group.lines:
                    _reject(self.plan, line, "row.without_parent", self.tally, self.out)
            groups, creates = [g for g in groups if g.id is not None], []
        matched = [g for g in groups if g.live is not None]
        if self.changeset is None:
            self._rehearse(part, creates, matched)
        else:
            self._create(part, creates)
            self._update(part, matched)
        if not part.path and self.changeset is None:  # records that earlier portions would have made
            met = {g.id for g in creates}
            self._merge([line for g in groups if g.live is None and g.id not in met for line in g.lines], None)
        for group in groups:
            for line in group.lines if group.id else ():
                line.ids[part.path] = cast(int, group.id)

    def _groups(self, part: PartPlan, lines: Sequence[_Line]) -> list[_Group]:
        """The records that rows of a portion tell of, the values of the same one laid together."""
        writable = writable_fields(self.ctx, part.entity.key)
        keys = [(part.entity.fields[name], _column(self.ctx, part.entity.fields[name])) for name in part.key]
        linked = writable | set(part.parents)
        first = part.fill | self._careful(part)
        below = [other for _, other in part.part.refs if other.startswith(f"{part.path}." if part.path else "")]
        groups: dict[object, _Group] = {}
        for line in lines:
            if not says(line.row, part) and not any(other in line.ids for other in below):
                continue
            given = copied_values(part, line.row, line.row.values.get(part.path, {}))
            own = cast("dict[str, Value]", {k: v for k, v in given.items() if k in writable})
            own |= {name: line.ids[other] for name, other in part.part.refs if other in line.ids and name in linked}
            if part.above is not None and part.above not in own:
                if not part.path:
                    _reject(self.plan, line, "row.without_parent", self.tally, self.out)
                continue
            if self._nameless(part, own, line):
                continue
            if line.row.record is None:
                self._as_elsewhere(part, own, writable)
            key = self._key(part, keys, own, line)
            group = groups.get(key) if key is not None else None
            if group is None:
                groups[key if key is not None else object()] = _Group([line], own, key)
            else:
                group.lines.append(line)
                for name, value in own.items():
                    if name not in first or group.values.get(name) is None:
                        group.values[name] = value
        return list(groups.values())

    def _as_elsewhere(self, part: PartPlan, own: dict[str, Value], writable: Collection[str]) -> None:
        """Give a firm the number and the phone that the file has for it elsewhere: all its rows are one firm."""
        firms = part.firms
        if not self._is_firm(part, own) or own.get("name") is None or not (firms.phone or firms.number):
            return
        name = str(self.main(part.entity, part.entity.fields["name"], own.get("name")))
        phone = own.get("mobile")
        if part.otherwise and own.get(part.key[0]) is None and part.key[0] in writable and name in firms.number:
            number, phones = firms.number[name]
            if phone is None or not phones or phone in phones:
                own[part.key[0]] = number
        elif phone is None and "mobile" in writable and name in firms.phone:
            own["mobile"] = firms.phone[name]

    def _is_firm(self, part: PartPlan, values: Mapping[str, Value]) -> bool:
        known = part.key == KEY or part.otherwise
        return part.entity.key == "customer" and bool(known) and values.get("kind") == "enterprise"

    def _nameless(self, part: PartPlan, own: Mapping[str, Value], line: _Line) -> bool:
        """Whether a row says something of a record that it does not name; this is told, the row comes in without it."""
        if part.needed or part.each or part.part.kind.same or any(own.get(key) is not None for key in part.naming):
            return False
        label = part.entity.fields[part.entity.title[0]].label.of(self.ctx.lang)
        self.tally.find("required.missing", sheet=self.plan.sheet, row=line.row.row, column=label)
        return True

    def _key(
        self, part: PartPlan, keys: Sequence[tuple[Field, str]], own: Mapping[str, Value], line: _Line
    ) -> Key | None:
        """What tells the record of a row; None when nothing does, or rows are never matched.

        A corrected row that was sent back tells its record by number, whatever else has been mended in it.
        Further fields than the first may be empty and then match empty ones: 王芳 without a phone is not 王芳 with one.
        """
        if not part.path and line.row.record is not None:
            return BY_NUMBER, line.row.record
        if part.part.kind.same:
            return cast(int, own[str(part.above)]), _naming(own, part, self.zone)
        if self.plan.on_match == "create" and not part.path and self.plan.numbered is None:
            return None
        if not part.each and (not keys or own.get(keys[0][0].key) is None):
            return self._name_key(part, own)
        ready = line.row.ready if not part.path else None
        parts: list[Stored] = [cast(int, own[part.above])] if part.each and part.above is not None else []
        for one, column in keys:
            value = own.get(one.key)
            if part.days and one.key == DAY:
                parts.append(part.telling(DAY, value))
            elif ready is not None and column in ready.stored:
                parts.append(ready.stored[column])
            else:
                parts.append(None if value is None else self.main(part.entity, one, value))
        return (*parts, line.row.nth) if part.each else tuple(parts)

    def _name_key(self, part: PartPlan, own: Mapping[str, Value]) -> Key | None:
        """What tells the record of a row that leaves its number open; None when nothing does."""
        fields = [(part.entity.fields[key], own.get(key)) for key in part.otherwise]
        if not fields or fields[0][1] is None:
            return None
        return BY_NAME, *(None if value is None else self.main(part.entity, one, value) for one, value in fields)

    def _match(self, part: PartPlan, groups: Sequence[_Group]) -> list[_Group]:
        """Find the live record of each group; return further groups where rows mean several records."""
        more: list[_Group] = []
        for group, lives in self._lives(part, [g for g in groups if g.key is not None]):
            group.live, group.id = lives[0], int(lives[0]["id"] or 0)
            for live in lives[1:] if part.marks else ():
                more.append(_Group(group.lines, group.values, group.key, int(live["id"] or 0), live, first=group.id))
        known = self.rehearsal.records(part.entity.key, part.told_by)
        for group in groups:  # those that an earlier portion of a rehearsal would have made
            if group.live is None and group.key is not None and (ids := known.get(group.key)):
                group.id = ids[0]
        return more

    def _take_nobodys(self, part: PartPlan, child: PartPlan, groups: Sequence[_Group]) -> None:
        """Give customers what rows say of a contact, an address or a follow-up without naming it: phones and mail are
        theirs, the rest stands in the remark. Of a sheet that names none the one is meant that the ledger knows."""
        path, same = child.path, child.part.kind.same
        waiting = [
            (group, line.row, theirs)
            for group in groups
            for line in group.lines
            if (theirs := line.row.values.get(path))
            and all(theirs.get(key) is None for key in same)
            and any(value is not None for value in theirs.values())
        ]
        if not waiting:
            return
        known: Mapping[int, object] = {}
        if not any(self.plan.column(path, key) for key in same) and numbered(path) == 1:
            relation = _column(self.ctx, child.entity.fields[str(child.above)])
            ids = {group.id for group, _, _ in waiting if group.id is not None and group.id > 0}
            known = matching.of_parents(self.ctx, child.entity.key, relation, ids, ["id"])
        writable = writable_fields(self.ctx, part.entity.key) if may(self.ctx, child.entity.key, "create") else ()
        for group, row, theirs in waiting:
            given = {key for key, value in theirs.items() if value is not None and not isinstance(value, Unresolved)}
            if group.id in known:
                given &= REACHED if group.values.get("kind") == "person" else set()
            if not given:
                continue
            skipped = group.id is not None and self.plan.on_match == "skip"
            for key in sorted(given, key=lambda key: (key not in REACHED, key)):
                value = cast(Value, theirs.pop(key))
                place = key if is_contact(path) and key in REACHED else "remark"
                kept = not skipped and place in writable and self._keep(part, child, group, place, key, value)
                self._tell_unnamed(part, child, row, key, value, kept=kept)
            row.ready = None

    def _keep(self, part: PartPlan, child: PartPlan, group: _Group, place: str, key: str, value: Value) -> bool:
        """Give a customer what a row says of nobody: a number where it has none, all else below its remark."""
        one = child.entity.fields[key]
        text = self.ctx.types[one.value_type].render(one, value, "zh-CN")
        if place != "remark":
            live, own = group.live or {}, part.entity.fields[place]
            held = live.get(_column(self.ctx, own)) is not None
            if group.values.get(place) == value or (held and self.holds(part.entity, own, value, live)):
                return True
            if group.values.get(place) is None and not held:
                group.values[place] = value
                group.nobodys.add(place)
                return True
            text = f"{MORE_PHONES if key in PHONES else ''}{value}"
            if "remark" not in writable_fields(self.ctx, part.entity.key):
                return False
        elif key != "remark":
            text = f"{child.entity.label.zh}{one.label.zh}：{text}"
        if group.live is None:
            group.values["remark"] = with_lines(group.values.get("remark"), str(text))
        else:
            group.below.append(str(text))
        return True

    def _tell_unnamed(
        self, part: PartPlan, child: PartPlan, row: RowValues, key: str, value: Value, *, kept: bool
    ) -> None:
        """Tell of a cell that says something of a contact, an address or a follow-up that its row does not name.
        Numbers in a sheet without names are those of the customer anyway."""
        named = any(self.plan.column(child.path, same) is not None for same in child.part.kind.same)
        column = self.plan.column(child.path, key)
        if column is None and not kept and key in PHONES:  # a landline in a column of mobiles, or a second number
            column = next((one for name in PHONES if (one := self.plan.column(child.path, name)) is not None), None)
        if column is None or (kept and key in REACHED and not named):
            return
        label, f = child.entity.fields[child.part.kind.same[-1]].label, child.entity.fields[key]
        whose = child.entity.label if is_contact(child.path) else Label("", "")
        what = {"zh-CN": f"{whose.zh}{label.zh}", "en": f"{whose.en} {label.en}".strip().lower()}
        text = self.ctx.types[f.value_type].render(f, value, self.ctx.lang)
        problem = Problem("cell.unnamed", "warn", {"what": what}) if kept else Problem(UNKEPT, "refuse", {"what": what})
        place = Target(str(column.target), child.entity.key, key, child.path)
        row.bad.append(BadCell(column, place, text, problem))

    def _lives(
        self, part: PartPlan, groups: Sequence[_Group]
    ) -> Iterator[tuple[_Group, Sequence[Mapping[str, Stored]]]]:
        if not groups:
            return
        ctx, entity = self.ctx, part.entity
        wanted = self._wanted(part, groups)
        names = [_column(ctx, entity.fields[name]) for name in part.key]
        numbered = {cast(int, key[1]): g for g in groups if (key := cast(Key, g.key))[0] is BY_NUMBER}
        if numbered:
            for id, row in matching.by_ids(ctx, entity.key, numbered.keys(), wanted).items():
                yield numbered[id], [row]
            groups = [g for g in groups if cast(Key, g.key)[0] is not BY_NUMBER]
        if part.part.kind.same or (part.each and part.above is not None):
            relation = _column(ctx, entity.fields[str(part.above)])
            owners = {owner for g in groups if (owner := cast(int, cast(Key, g.key)[0])) > 0}
            of = matching.of_parents(ctx, entity.key, relation, owners, wanted)
            known: dict[Key, list[Mapping[str, Stored]]] = {}
            for owner, rows in of.items():
                for row in rows:
                    if part.part.kind.same:
                        said = {key: load_value(ctx, entity.fields[key], row) for key in part.part.kind.same}
                        known.setdefault((owner, None), []).append(row)
                        exact, day = (_naming(said, part, self.zone, days=days) for days in (False, True))
                        # Who says no day means the record that says the same: it got the day on which it came in.
                        dayless = _naming({k: v for k, v in said.items() if k != "occurred_at"}, part, self.zone)
                        for naming in dict.fromkeys((exact, day, dayless)):
                            known.setdefault((owner, naming), []).append(row)
                    else:
                        known.setdefault((owner, *(row[name] for name in names)), []).append(row)
            for group in groups:
                key = cast(Key, group.key)
                found = known.get(key[:-1] if part.each else key, [])
                nth = cast(int, key[-1]) if part.each else 0
                if len(found) > nth:
                    yield group, found[nth:]
            return
        if part.days:
            yield from self._of_days(part, groups, wanted)
            return
        keyed = {key for g in groups if (key := cast(Key, g.key))[0] is not BY_NAME}
        given = {key for key in keyed if not any(isinstance(value, int) and value < 0 for value in key)}
        by_key = matching.by_values(ctx, entity.key, names, given, wanted) if given else {}
        if self.plan.on_match == "create" and not part.path:
            ids = [int(row["id"] or 0) for rows in by_key.values() for row in rows]
            own = self._touched(part, ids)
            by_key = {key: found for key, rows in by_key.items() if (found := [r for r in rows if r["id"] in own])}
        for group in groups:
            if (lives := by_key.get(cast(Key, group.key))) is not None:
                yield group, lives
        if self.plan.on_match != "create" or part.path:
            left = [g for g in groups if cast(Key, g.key) not in by_key]
            by_name, left = self._by_name(part, left, wanted)
            yield from by_name
            yield from self._only_of_the_name(part, [g for g in left if self._is_firm(part, g.values)], wanted)
            if part.otherwise:
                others = [g for g in left if not self._is_firm(part, g.values)]
                yield from self._without_number(part, others, wanted)

    def _of_days(
        self, part: PartPlan, groups: Sequence[_Group], wanted: Sequence[str]
    ) -> Iterator[tuple[_Group, Sequence[Mapping[str, Stored]]]]:
        """The orders of customer and day of rows without a number: only those that came without one, too."""
        ctx, fields, zone = self.ctx, part.entity.fields, str(part.days)
        at = part.key.index(DAY)
        keys = [(cast(Key, group.key), group) for group in groups]
        asked = {(str(key[at]), id): group for key, group in keys if key[at] and (id := cast(int, key[1 - at])) > 0}
        if not asked:
            return
        day, customer, number = (_column(ctx, fields[name]) for name in (*BY_DAY, "code"))
        elsewhere = _column(ctx, fields["external_code"]) if "external_code" in fields else None
        further = [day, number, "created_at", *([elsewhere] if elsewhere else [])]
        first, last = (date.fromisoformat(of(one for one, _ in asked)) for of in (min, max))
        begin, end = (format_instant(day_start(one, ZoneInfo(zone))) for one in (first, last + timedelta(days=1)))
        owners = {owner for _, owner in asked}
        of = matching.of_parents(ctx, part.entity.key, customer, owners, [*wanted, *further], (day, begin, end))
        found: dict[tuple[str, int], list[dict[str, Stored]]] = {}
        for owner, rows in of.items():
            for row in rows:
                key = day_of(str(row[day]), zone), owner
                if key in asked and (elsewhere is None or row[elsewhere] is None):
                    found.setdefault(key, []).append(row)
        if self.plan.on_match == "create" and not part.path:
            own = self._touched(part, [int(row["id"] or 0) for rows in found.values() for row in rows])
            found = {key: [row for row in rows if row["id"] in own] for key, rows in found.items()}
        # Those that this import has made are known to have no number, those before it the history knows.
        made = self.tally.numbered.get(part.entity.key, [])
        before = [row for rows in found.values() for row in rows if not spans.holds(made, int(row["id"] or 0))]
        free = own_numbers.unnumbered(ctx, part.entity, fields["code"], before, self.changeset, self.imports)
        for key, rows in found.items():
            lives = [row for row in rows if (id := int(row["id"] or 0)) in free or spans.holds(made, id)]
            if lives:
                yield asked[key], lives

    def _by_name(
        self, part: PartPlan, groups: Sequence[_Group], wanted: Sequence[str]
    ) -> tuple[list[tuple[_Group, Sequence[Mapping[str, Stored]]]], list[_Group]]:
        """The records of rows that leave the number open, by name and phone; and the groups that have none so. A record
        whose number the file gives to another row of the name is that row's."""
        fields = part.entity.fields
        opened = {key[1:]: g for g in groups if (key := cast(Key, g.key))[0] is BY_NAME}
        if not opened:
            return [], list(groups)
        number, *names = (_column(self.ctx, fields[key]) for key in (*part.key, *part.otherwise))
        of = matching.by_values(self.ctx, part.entity.key, names, set(opened), [*wanted, number])
        found: list[tuple[_Group, Sequence[Mapping[str, Stored]]]] = []
        for key, group in opened.items():
            others = part.firms.numbers.get(str(key[0]), frozenset())
            if lives := [row for row in of.get(key, ()) if row[number] not in others]:
                found.append((group, lives))
        matched = {id(group) for group, _ in found}
        return found, [g for g in groups if id(g) not in matched]

    def _only_of_the_name(
        self, part: PartPlan, groups: Sequence[_Group], wanted: Sequence[str]
    ) -> Iterator[tuple[_Group, Sequence[Mapping[str, Stored]]]]:
        """Firms whose row or whose record leaves open what tells them apart: the only firm of exactly this name is
        meant, unless the file itself knows several of it. Of two in the ledger nobody can tell which one."""
        entity, told = part.entity, part.firms
        named: dict[Stored, list[_Group]] = {}
        for group in groups:
            name = self.main(entity, entity.fields["name"], group.values.get("name"))
            if name is not None and (name not in told.several or part.otherwise):
                named.setdefault(name, []).append(group)
        if not named:
            return
        columns = {key: _column(self.ctx, entity.fields[key]) for key in dict.fromkeys((*part.key, *KEY, "kind"))}
        of = matching.by_values(
            self.ctx,
            entity.key,
            [columns["name"]],
            {(one,) for one in named},
            [*wanted, *columns.values(), "created_at"],
        )
        numbered: list[tuple[_Group, Mapping[str, Stored]]] = []
        for name, of_name in named.items():
            known = of.get((name,), ())
            firms = [row for row in known if row[columns["kind"]] == "enterprise"]
            for group in of_name:
                phone = group.values.get("mobile")
                said = None if phone is None else self.main(entity, entity.fields["mobile"], phone)
                by_row = bool(part.otherwise) and group.values.get(part.key[0]) is not None
                same = [row for row in known if said is not None and row[columns["mobile"]] == said]
                if by_row and same:
                    pair = str(name), cast("str | None", said)
                    sure = pair not in told.shared and (pair not in told.mixed or name in told.number)
                    if len(same) == 1 and sure:
                        numbered.append((group, same[0]))
                    continue
                if len(firms) != 1 or name in told.several:
                    continue
                held = firms[0]
                if said is not None and held[columns["mobile"]] not in (None, said):
                    continue
                if by_row:
                    numbered.append((group, held))
                elif not part.otherwise or held[columns[part.key[0]]] not in told.numbers.get(str(name), ()):
                    yield group, firms
        yield from self._give_numbers(part, numbered)

    def _without_number(
        self, part: PartPlan, groups: Sequence[_Group], wanted: Sequence[str]
    ) -> Iterator[tuple[_Group, Sequence[Mapping[str, Stored]]]]:
        """Persons and products whose number the ledger does not know: by name and phone the only one is meant, if it
        has no number of its own, and the file does not give these to another row, too."""
        entity, told, readable = part.entity, part.firms, readable_fields(self.ctx, part.entity.key)
        names = [key for key in part.otherwise if key == "name" or key in readable]
        asked: dict[Key, _Group] = {}
        for group in groups:
            values = [group.values.get(key) for key in names]
            if group.values.get(part.key[0]) is None or values[0] is None:
                continue
            key: Key = tuple(
                None if value is None else self.main(entity, entity.fields[name], value)
                for name, value in zip(names, values, strict=True)
            )
            pair = str(key[0]), cast("str | None", key[1] if len(key) > 1 else None)
            if pair not in told.shared and pair not in told.mixed and (len(names) > 1 or pair[0] not in told.several):
                asked.setdefault(key, group)
        if not asked:
            return
        columns = [_column(self.ctx, entity.fields[key]) for key in names]
        mobile = _column(self.ctx, entity.fields["mobile"]) if "mobile" in entity.fields and len(names) == 1 else ""
        beside = [
            one for one in (mobile, columns[0], _column(self.ctx, entity.fields[part.key[0]]), "created_at") if one
        ]
        of = matching.by_values(self.ctx, entity.key, columns, set(asked), [*wanted, *beside])
        numbered: list[tuple[_Group, Mapping[str, Stored]]] = []
        for key, group in asked.items():
            rows = of.get(key, ())
            phone = group.values.get("mobile")
            said = self.main(entity, entity.fields["mobile"], phone) if mobile and phone is not None else None
            if len(rows) == 1 and (said is None or rows[0][mobile] in (None, said)):
                numbered.append((group, rows[0]))
        yield from self._give_numbers(part, numbered)

    def _give_numbers(
        self, part: PartPlan, found: Sequence[tuple[_Group, Mapping[str, Stored]]]
    ) -> Iterator[tuple[_Group, Sequence[Mapping[str, Stored]]]]:
        """Of rows with a number that the ledger does not know and the records that they may mean: those records that
        have no number of their own are meant, and get it. This is told once of each."""
        entity, one = part.entity, part.entity.fields[part.key[0]]
        column, named = _column(self.ctx, one), _column(self.ctx, entity.fields["name"])
        if not found:
            return
        rows = [live for _, live in found]
        free = own_numbers.unnumbered(self.ctx, entity, one, rows, self.changeset, self.imports)
        for group, live in found:
            id, number = int(live["id"] or 0), self.main(entity, one, group.values[one.key])
            given = self.rehearsal.given.get((entity.key, id))
            others = part.firms.numbers.get(str(live[named]), frozenset())
            if id not in free or given not in (None, number) or live[column] in others:
                continue
            if given is None:
                self.rehearsal.given[(entity.key, id)] = number
                row, name = group.lines[0].row, group.values.get("name")
                self.tally.find("row.numbered", sheet=self.plan.sheet, row=row.row, text=f"{number} {name}")
            yield group, [live]

    def _wanted(self, part: PartPlan, groups: Sequence[_Group]) -> list[str]:
        """The columns of known records that matter to what the groups say of them."""
        entity, layouts = part.entity, self.ctx.tables[part.entity.key].layouts
        of = {pair_key for pair in comparing.pairs(self.ctx, entity) for pair_key in pair.keys}
        given = of.union(*(g.values.keys() for g in groups), part.key, part.part.kind.same, OPENING.values())
        if part.entity.key == "customer" and any(one.path in self.paths for one in self.plan.children(part.path)):
            given |= {*REACHED, "remark"}  # see _take_nobodys
        unique = (key for key, one in entity.fields.items() if one.unique)
        keys = [key for key in dict.fromkeys((*sorted(given), *LATEST.values(), *unique)) if key in layouts]
        return list(dict.fromkeys(column.name for key in keys for column in layouts[key].all))

    def _refuse_taken(self, part: PartPlan, groups: list[_Group]) -> list[_Group]:
        """Reject new rows whose unique value another record holds."""
        for one in part.entity.fields.values():
            if not one.unique or one.hidden or one.read_only:
                continue
            column = _column(self.ctx, one)
            new = [g for g in groups if g.live is None or g.live.get(column) != g.values.get(one.key)]
            values = {cast(Stored, v) for g in new if (v := g.values.get(one.key)) is not None}
            if not values:
                continue
            holders = matching.holders(self.ctx, part.entity.key, column, values)
            kept = []
            for group in groups:
                value = cast(Stored, group.values.get(one.key))
                if value is not None and value in holders and holders[value] != group.id:
                    for line in group.lines:
                        _reject(self.plan, line, "value.taken", self.tally, self.out)
                    continue
                if value is not None and group.id is None:
                    holders[value] = -1  # the next new row with this value is refused
                kept.append(group)
            groups = kept
        return groups

    def _without_shown(self, part: PartPlan, groups: list[_Group]) -> list[_Group]:
        """Leave out new records that only repeat what a field of their parent shows already: a flag that is up."""
        shown_by, above = part.part.kind.shown_by, part.above
        owner = self.ctx.catalog.entities[str(part.entity.fields[above].target)] if above else part.entity
        if not shown_by or shown_by not in readable_fields(self.ctx, owner.key):
            return groups
        one, (same,) = owner.fields[shown_by], part.part.kind.same
        ids = {id for g in groups if g.live is None and isinstance(id := g.values.get(str(above)), int) and id > 0}
        name = _value_column(self.ctx, owner, shown_by)
        rows = matching.by_ids(self.ctx, owner.key, ids, [name]) if ids else {}
        kind = self.ctx.types[one.value_type]
        up = {id: cast(Sequence[str], kind.load(one, [row[name]]) or ()) for id, row in rows.items()}
        shown = {(id, said) for id, words in up.items() for said in words}
        return [g for g in groups if g.live is not None or (g.values.get(str(above)), g.values.get(same)) not in shown]

    def _leave_out_contradicting(self, part: PartPlan, groups: Sequence[_Group]) -> None:
        """Leave out and tell of values that contradict another of their record: an end before its start."""
        of = comparing.pairs(self.ctx, part.entity)
        whole = self._with_defaults(part, groups, {key for pair in of for key in pair.keys})
        for place, group in enumerate(groups if of else ()):
            if group.live is not None and self.plan.on_match == "skip":
                continue
            live = comparing.stored_values(self.ctx, of, group.live or {})
            final = {name: self._stands(part, group, name, held) for name, held in live.items()}
            if place in whole:
                final = {name: whole[place].get(name) for name in final}
            for pair, problem in comparing.broken(of, final):
                mine = [key for key in (pair.field.key, pair.other.key) if final[key] == group.values.get(key)]
                if not mine or all(final[key] == live[key] for key in mine):
                    continue  # it stands so in the ledger already
                self._tell_of(part, group, mine[0], problem)
                if problem.severity == "refuse":
                    group.values.pop(mine[0])

    def _with_defaults(
        self, part: PartPlan, groups: Sequence[_Group], names: Collection[str]
    ) -> dict[int, dict[str, Value]]:
        """What new records that say something of these fields will hold, by place: their defaults too, all at once."""
        new = {
            place: dict(group.values)
            for place, group in enumerate(groups)
            if group.id is None and any(group.values.get(name) is not None for name in names)
        }
        fill_defaults(self.ctx, part.entity, list(new.values()))
        return new

    def _stands(self, part: PartPlan, group: _Group, name: str, held: object) -> object:
        """The value that a field has when a row has come in."""
        given, column = group.values.get(name), self.columns.get(joined(part.path, name))
        if given is None:
            return held
        taken = column is None or self.plan.outcome(column, group.lines[0].row.row) == "take"
        return given if held is None or (taken and name not in part.fill) else held

    def _tell_of(self, part: PartPlan, group: _Group, name: str, problem: Problem) -> None:
        """Mark the cells that gave a value; without such a cell only the row is told."""
        one, column = part.entity.fields[name], self.columns.get(joined(part.path, name))
        for line in group.lines:
            if column is None:
                self.tally.find(finding_code(one, problem), sheet=self.plan.sheet, row=line.row.row)
            elif line.row.values.get(part.path, {}).get(name) is not None:
                text = self.ctx.types[one.value_type].render(one, group.values[name], self.ctx.lang)
                place = Target(str(column.target), part.entity.key, name, part.path)
                line.row.bad.append(BadCell(column, place, text, problem))

    # writing

    def _create(self, part: PartPlan, groups: Sequence[_Group]) -> None:
        groups = [group for group in groups if not part.part.kind.same or cast(Key, group.key)[1] is not None]
        if not groups:
            return
        ready = [g.ready if not part.path else None for g in groups]
        begin = {**part.part.kind.defaults, **self._said_by_headings(part)}
        made = insert_values(self.ctx, part.entity, [{**begin, **g.values} for g in groups], ready)
        born = self.out.created.setdefault(part.entity.key, {})
        for group, id in zip(groups, made, strict=True):
            group.id = id
            born[id] = group.lines[0].row.row
        if part.entity.key in (*OTHERWISE, "order"):
            open_ = [cast(int, group.id) for group in groups if _is_unnumbered(group)]
            own_numbers.keep(self.tally.numbered, part.entity, open_)
        self._count_new(part, groups)

    def _count_new(self, part: PartPlan, groups: Sequence[_Group]) -> None:
        self.tally.count(part.entity.key, "created", len(groups))
        for group in groups if not part.path else ():
            group.lines[0].outcome = "created"
            self._merge(group.lines[1:], group.lines[0])

    def _count_known(
        self, part: PartPlan, groups: Sequence[_Group], changed: Collection[int], before: Collection[int]
    ) -> None:
        """Count known records as updated once, and what has become of the rows of the sheet itself. `before`: those
        that this import has made or changed already."""
        entity = part.entity.key
        new = {id for group in groups if (id := cast(int, group.id)) in changed and id not in before}
        if new:
            self.tally.count(entity, "updated", len(new))
        if part.path:
            return
        lines: dict[int, list[_Line]] = {}
        moved: set[int] = set()
        for group in groups:
            id = cast(int, group.first or group.id)
            lines.setdefault(id, []).extend(group.lines if group.first is None else ())
            if group.id in changed:
                moved.add(id)
        for id, of in lines.items():
            if not of:
                continue
            first, *further = of
            first.outcome = self.tally.matched(entity, id, changed=id in moved, before=id in before)
            if first.outcome == "merged":
                self._merge([first, *further], None)
            else:
                self._merge(further, first)

    def _merge(self, lines: Sequence[_Line], first: _Line | None) -> None:
        """Tell of rows that mean the record of an earlier one, which is `first` when it stands in the same portion."""
        for line in lines:
            line.outcome = "merged"
            if self.plan.numbered is not None:
                continue  # it is a line of its own
            told: dict[str, Any] = {"sheet": self.plan.sheet, "row": line.row.row, "text": _glimpse(line.row)}
            if first is not None:
                told["problem"] = ["row.same_as", {"row": first.row.row}]
            self.tally.find("row.merged", **told)

    def _said_by_headings(self, part: PartPlan) -> dict[str, Value]:
        """What headings say of new records of a part that no cell says: addresses below 收货地址 are for deliveries,
        somebody below 财务联系人 does the accounts, of goods below 公斤数 so many kilograms are sold."""
        if part.entity.key == "product":
            sold = next((one for key, one in self.columns.items() if key.rpartition(".")[2] == "quantity"), None)
            unit = part.entity.fields.get("unit")
            known = {option.key for option in unit.options if not option.hidden} if unit is not None else set()
            return {"unit": "kilogram"} if sold and _KILOGRAMS.search(sold.source) and "kilogram" in known else {}
        name, field = {"address": ("detail", "type"), "contact": ("name", "position")}.get(part.entity.key, ("", ""))
        column = self.columns.get(joined(part.path, name)) if name else None
        if column is None:
            return {}
        said = kind_of_place(part.entity.fields[field], column.source) if field == "type" else role_of(column.source)
        return {} if said is None else {field: said}

    def _update(self, part: PartPlan, groups: Sequence[_Group]) -> None:
        if not groups:
            return
        rows: dict[int, dict[str, Stored]] = {}
        if self.plan.on_match != "skip":
            made = cache(lambda: self._touched(part, [cast(int, g.id) for g in groups]))
            for group in groups:
                if changes := self._changes(part, group, made):
                    rows.setdefault(cast(int, group.id), {}).update(changes)
        numbering.note(self.ctx, part.entity, [g.values for g in groups if g.id in rows])
        counted = list(rows) if part.path else [cast(int, g.id) for g in groups]
        before = self._touched(part, counted) if counted else set()
        changed = door.update(self.ctx, part.entity.key, rows)
        self._count_known(part, groups, changed, before)

    def _careful(self, part: PartPlan) -> frozenset[str]:
        """The fields of a part whose column does not simply go over what is there."""
        placed = ((name, self.columns.get(joined(part.path, name))) for name in part.entity.fields)
        return frozenset(name for name, one in placed if one is not None and one.existing != "overwrite")

    def _changes(self, part: PartPlan, group: _Group, made: Callable[[], set[int]]) -> dict[str, Stored]:
        """The columns that a known record gets. `made` tells which records this change-set has made or changed before;
        asked only where the ledger is contradicted."""
        ctx, live = self.ctx, cast("Mapping[str, Stored]", group.live)
        told = part.refs.keys() & set(part.key)
        values = {key: value for key, value in group.values.items() if key not in told}
        if part.entity.key == "customer":
            if "kind" in values and self.plan.column(part.path, "kind") is None:
                del values["kind"]  # only proposed: what stands in the ledger is better known
            for opening, kept in OPENING.items():
                given = values.get(opening)
                if isinstance(given, int) and kept in part.entity.fields:
                    total = live.get(layout(part.entity.fields[kept], ctx.types).value[0].name) or 0
                    before = live.get(_column(ctx, part.entity.fields[opening])) or 0
                    values[opening] = given - (int(total) - int(before))
                    if not values[opening] and live.get(_column(ctx, part.entity.fields[opening])) is None:
                        del values[opening]  # nothing came before what the ledger holds
            for opening, kept in LATEST.items():
                day, held = values.get(opening), live.get(_value_column(ctx, part.entity, kept))
                earlier = isinstance(day, str) and isinstance(held, str) and day < held
                if day == held or (earlier and live.get(_column(ctx, part.entity.fields[opening])) is None):
                    values.pop(opening, None)  # the ledger knows of that or of later business
        below = "\n".join(group.below)
        remark = _column(ctx, part.entity.fields["remark"]) if below or "remark" in values else ""
        if below and live.get(remark) == with_lines(values.get("remark"), below):
            values.pop("remark", None)  # it came in with all this before
            below = ""
        for name in list(values):
            one, value = part.entity.fields[name], values[name]
            if value is None or one.sensitive == "secret":
                continue
            if self.holds(part.entity, one, value, live):
                del values[name]  # the most usual case: nothing to work out
                continue
            stored = self.stored(part.entity, one, value)
            if all(live.get(column) == held for column, held in stored.items()):
                del values[name]
            elif name in part.part.kind.same and one.value_type == "datetime":
                if _whole_day(value, self.zone) == _whole_day(live.get(_column(ctx, one)), self.zone, always=True):
                    del values[name]  # the file says the day, the ledger knows the hour
            elif one.typed and all(live.get(column) is None for column in stored):
                if live.get(_value_column(ctx, part.entity, name)) in stored.values():
                    del values[name]  # it follows from the rest already, nobody need have typed it
        said = values.get("remark") is None or any(
            line.row.values.get(part.path, {}).get("remark") is not None for line in group.lines
        )
        if values.get("remark") and not (said and joined(part.path, "remark") in self.columns):
            held = live.get(remark)
            if isinstance(held, str):  # what a cell had too much goes below what stands there
                values["remark"] = with_lines(held, str(values["remark"]))
        for name in part.fill & values.keys():
            if live.get(_column(ctx, part.entity.fields[name])) is not None:
                del values[name]
        changes: dict[str, Stored] = {}
        for name, value in values.items():
            column = self.columns.get(joined(part.path, name))
            if column is None or value is None or name in group.nobodys or (name == "remark" and not said):
                changes |= changed_columns(ctx, part.entity, cast(int, group.id), {name: value}, live)
            else:
                changes |= self._differing(part, group, column, name, value, made)
        if below:
            text = with_lines(changes.get(remark, live.get(remark)), below)
            changes |= changed_columns(ctx, part.entity, cast(int, group.id), {"remark": text}, live)
        return changes

    def _differing(
        self, part: PartPlan, group: _Group, column: ColumnMap, name: str, value: Value, made: Callable[[], set[int]]
    ) -> dict[str, Stored]:
        """What becomes of a field for which a file gives another value than its record holds: filled when it is empty,
        else as people have decided; each such cell is counted. What an earlier row of the file has brought in is
        nobody's own yet: further rows may fill it, and contradict it without a word."""
        ctx, entity, id = self.ctx, part.entity, cast(int, group.id)
        live = cast("Mapping[str, Stored]", group.live)
        if self._is_empty(entity, name, live):
            drop = column.existing == "keep" and id not in made()
            return {} if drop else changed_columns(ctx, entity, id, {name: value}, live)
        changes: dict[str, Stored] = {}
        for line in group.lines:
            own = value if len(group.lines) == 1 else line.row.values.get(part.path, {}).get(name)
            if own is None or isinstance(own, Unresolved):
                continue
            new = value if name in OPENING else own  # an opening value is the difference to what has come since
            if not (changed := changed_columns(ctx, entity, id, {name: new}, live)):
                continue
            if entity.fields[name].sensitive != "secret" and all(live.get(at) == held for at, held in changed.items()):
                continue
            row = line.row.row
            outcome = self.plan.outcome(column, row)
            if outcome == "take" and part.key[:1] == (name,) and (entity.key, id) in self.rehearsal.given:
                changes = changed  # of a number that the ledger gave; that this row gives it one is told already
                continue
            if id not in made():
                place = column.cell(row)
                told: dict[str, Any] = {"sheet": self.plan.sheet, "row": row, "cell": place, "column": column.source}
                self.tally.find(f"conflict.{outcome}", **told, field=column.target)
            if self.changeset is None:
                said = line.row.values.get(part.path, {}).get(name, own)
                self.rehearsal.conflicts.add(
                    ctx, self.plan.sheet, column, row, entity, name, id, cast(Value, said), outcome
                )
            if outcome == "take":
                changes = changed
        return changes

    def _is_empty(self, entity: Entity, name: str, live: Mapping[str, Stored]) -> bool:
        """Whether the ledger has nothing of its own to say: an opening value is part of a total."""
        shown = entity.fields.get(OPENING.get(name, name), entity.fields[name])
        held = live.get(layout(shown, self.ctx.types).value[0].name if name in OPENING else _column(self.ctx, shown))
        return held is None or (name in OPENING and not held)

    def _touched(self, part: PartPlan, ids: Sequence[int]) -> set[int]:
        """Which records the change-set has made or changed already."""
        if self.changeset is None:
            return set()
        change, tx = system.change, system.tx
        stored = self.ctx.tx.execute(
            sa.select(change.c.record)
            .join(tx, tx.c.id == change.c.tx)
            .where(
                change.c.entity == part.entity.key,
                among(self.ctx.dialect, change.c.record, ids),
                tx.c.changeset == self.changeset,
            )
        ).scalars()
        writing = door.current(self.ctx)
        here = writing.changes.get(part.entity.key, {}).keys() if writing is not None else set()
        return set(stored) | (set(ids) & set(here))

    # rehearsing

    def _rehearse(self, part: PartPlan, creates: Sequence[_Group], matched: Sequence[_Group]) -> None:
        entity, seen = part.entity.key, self.rehearsal
        new: list[_Group] = []
        for group in creates:
            if part.part.kind.same and cast(Key, group.key)[1] is None:
                group.id = 0
                continue
            group.id = seen.make()
            new.append(group)
            if group.key is None:
                continue
            seen.records(entity, part.told_by)[group.key] = [group.id]
            for names in self.plan.sought.get(entity, frozenset()) - {part.told_by}:
                fields = [part.entity.fields[name] for name in names]
                values = [group.values.get(one.key) for one in fields]
                by_day = entity == "order" and set(names) == set(BY_DAY)
                if by_day and not _is_unnumbered(group):
                    continue
                if values[0] is not None:
                    told = tuple(
                        None if value is None
                        else day_of(str(value), self.zone) if by_day and one.key == DAY
                        else self.main(part.entity, one, value)
                        for one, value in zip(fields, values, strict=True)
                    )  # fmt: skip
                    seen.records(entity, names).setdefault(told, []).append(group.id)
        if "name" in part.entity.fields and (not part.path or entity == "customer"):
            self._doubles(part, creates)
        if new:
            self._count_new(part, new)
        before = seen.touched.setdefault(entity, set())
        changed: set[int] = set()
        for group in matched if self.plan.on_match != "skip" else ():
            live = cast("Mapping[str, Stored]", group.live)
            changes = self._changes(part, group, set[int])
            if any(live.get(name) != value for name, value in changes.items()):
                changed.add(cast(int, group.id))
        self._count_known(part, matched, changed, before)
        before |= changed

    def _doubles(self, part: PartPlan, creates: Sequence[_Group]) -> None:
        """Tell of new records that may be there already, in the file or in the ledger."""
        people = joined(part.path, "contacts")
        rows = []
        for group in creates:
            said = group.lines[0].row.values.get(people, {}) if part.entity.key == "customer" else {}
            phones = [phone for key in PHONES if isinstance(phone := said.get(key), str)]
            rows.append(NewRow(group.lines[0].row.row, group.values, phones))
        for code, count, told in self.rehearsal.doubles.look(self.ctx, part.entity, self.plan.sheet, rows):
            self.tally.find(code, count, **told)


def _is_unnumbered(group: _Group) -> bool:
    """Whether the rows of a record leave its number open."""
    return all(group.values.get(name) is None for name in ("code", "external_code"))


def _column(ctx: Ctx, one: Field) -> str:
    """The stored column by which the values of a field are told apart."""
    placed = layout(one, ctx.types)
    return placed.secret[1].name if placed.secret else (placed.typed or placed.value)[0].name


def _whole_day(instant: Value, zone: str, *, always: bool = False) -> str | None:
    """The day of an instant that names no hour, or of any when it is wanted `always`."""
    at = parse_instant(str(instant)).astimezone(ZoneInfo(zone))
    return at.date().isoformat() if always or (at.hour, at.minute, at.second) == (0, 0, 0) else None


def _value_column(ctx: Ctx, entity: Entity, name: str) -> str:
    """The stored column of what a field shows, typed or derived; "" of fields that keep nothing."""
    placed = layout(entity.fields[name], ctx.types) if name in entity.fields else None
    return placed.value[0].name if placed is not None and placed.value else ""


def _naming(values: Mapping[str, Value], part: PartPlan, zone: str, *, days: bool = False) -> str | None:
    """What tells a record from others of its parent; None when nothing does. A file that names a day means the record
    of that day, whatever its hour: `days` leaves the hours of all instants away."""
    said: list[object] = []
    for key in part.part.kind.same:
        value = values.get(key)
        instant = isinstance(value, str) and part.entity.fields[key].value_type == "datetime"
        said.append((_whole_day(value, zone, always=days) or value) if instant else value)
    if all(one is None for one in said):
        return None
    return "\x1f".join(normalize_name(one) if isinstance(one, str) else str(one) for one in said)


# --- telling ---------------------------------------------------------------------------------------------------------


def _add_up(plan: Plan, rows: Sequence[RowValues], tally: Tally) -> None:
    """Add up the columns of money, and what rounding to minor units has taken from them."""
    for column, path, name in plan.amounts:
        kept = sum(v for row in rows if isinstance(v := row.values.get(path, {}).get(name), int))
        more = sum((bad.rounded() for row in rows for bad in row.bad if bad.column is column), Decimal(0))
        tally.add(plan.sheet, column.source, kept, more)


def _reject(plan: Plan, line: _Line, reason: str, tally: Tally, out: Portion) -> None:
    if line.rejected:
        return
    line.outcome = "rejected"
    example: dict[str, Any] = {"sheet": plan.sheet, "row": line.row.row}
    if reason in ("row.without_name", "row.without_day") and (glimpse := _glimpse(line.row)):
        example["text"] = glimpse
    tally.find(reason, **example)
    for bad in line.row.bad:
        day = reason == "row.without_day" and bad.target.field == DAY
        if bad.problem.code == UNKNOWN or day:  # most often the reason why
            one = plan.part(bad.target.path).entity.fields[bad.target.field]
            _find(plan, line.row, bad, finding_code(one, bad.problem) if day else UNKNOWN, bad.text, tally)
    out.bad.append(BadRow(plan.sheet, line.row.row, None, reason, [_cell(b) for b in line.row.bad]))


def _glimpse(row: RowValues) -> str:
    """What else a row without a name says, so that somebody knows whose it is: who, which number, where, what."""
    found = [values.get(key) for values in row.values.values() for key in _GLIMPSE if isinstance(values.get(key), str)]
    return " · ".join(str(one) for one in found[:3])


def _cell(bad: BadCell) -> tuple[int, str, dict[str, object]]:
    return bad.column.index, bad.problem.code, dict(bad.problem.data)


def _find(plan: Plan, row: RowValues, bad: BadCell, code: str, text: str, tally: Tally) -> None:
    place = bad.column.cell(row.row)
    example: dict[str, Any] = {"sheet": plan.sheet, "row": row.row, "cell": place, "column": bad.column.source}
    example |= {"text": text, "field": bad.target.key}
    if text == bad.text:  # what is said of a cell may repeat its text, which is not to be told of a secret field
        example["problem"] = [bad.problem.code, dict(bad.problem.data)]
    tally.find(code, **example)


def _tell(ctx: Ctx, plan: Plan, line: _Line, tally: Tally, out: Portion) -> None:
    emptied = []
    for bad in line.row.bad:
        one = ctx.catalog.entities[bad.target.entity].fields[bad.target.field]
        text = bad.text if one.sensitive != "secret" else ctx.types[one.value_type].mask(one, bad.text)
        _find(plan, line.row, bad, finding_code(one, bad.problem), str(text), tally)
        if bad.problem.severity == "refuse" or bad.problem.code in KEPT_ASIDE:
            emptied.append(bad)
    if emptied:
        out.bad.append(BadRow(plan.sheet, line.row.row, line.ids.get(""), None, [_cell(b) for b in emptied]))


def _keep_texts(ctx: Ctx, plan: Plan, lines: Sequence[_Line], changeset: int) -> None:
    """Keep the original text of cells that were left empty, under the field's rights and encryption."""
    notes: dict[tuple[str, int, str], tuple[str, Problem]] = {}
    for line in lines:
        for bad in line.row.bad:
            id = line.ids.get(bad.target.path)
            if id and not line.rejected and bad.problem.severity == "refuse":
                notes[(bad.target.entity, id, bad.target.field)] = (bad.text, bad.problem)
    table = system.cell_note
    for entity in {part.entity.key: part.entity for part in plan.parts}.values():
        own = {(id, name): told for (key, id, name), told in notes.items() if key == entity.key}
        if not own:
            continue
        ids, fields = {id for id, _ in own}, sorted({name for _, name in own})
        ctx.tx.execute(
            sa.delete(table).where(
                table.c.entity == entity.key, among(ctx.dialect, table.c.record, ids), table.c.field.in_(fields)
            )
        )
        ctx.tx.execute(
            sa.insert(table),
            [
                {
                    "entity": entity.key,
                    "record": id,
                    "field": name,
                    "text": _note_text(ctx, entity, name, id, text),
                    "code": problem.code,
                    "changeset": changeset,
                }
                for (id, name), (text, problem) in own.items()
            ],
        )


def _note_text(ctx: Ctx, entity: Entity, name: str, id: int, text: str) -> str:
    if entity.fields[name].sensitive != "secret":
        return text
    return ctx.keys.encrypt(text, aad=f"{entity.key}|{name}|note|{id}")
