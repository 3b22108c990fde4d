"""What happens to rows before they are matched: names become ids, what a row says twice is laid together, rows that
cannot come in are found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from kehu.base.common.text import normalize
from kehu.base.fields.base import Problem, Unresolved, Value
from kehu.base.schema.model import Field
from kehu.core.access.permissions import writable_fields
from kehu.core.context import Ctx
from kehu.core.records import matching
from kehu.core.records.naming import named
from kehu.features.importing.cells import MORE_PHONES
from kehu.features.importing.convert import BadCell, RowValues
from kehu.features.importing.headings import kind_of_place
from kehu.features.importing.kinds import FIRM, propose_kind
from kehu.features.importing.loading.rows import LATER, PHONES, REACHED, UNKNOWN, column_of, naming_of, with_lines
from kehu.features.importing.plan import PartPlan, Plan, says
from kehu.features.importing.tally import Key
from kehu.features.importing.targets import COPIES, Target, joined, numbered, of_kind

_PERSONS = re.compile("^姓名$|学员|学生|患者|病人|业主|住户|户主|顾客|宝宝|车主|客人姓名|会员姓名")
"""Headings of names that are those of people."""


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
            _keep_known_names(ctx, part, rows)
            _propose_kinds(plan, part, rows)
            _own_numbers(plan, part, rows)


def lay_together(ctx: Ctx, plan: Plan, rows: Sequence[RowValues]) -> None:
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
            naming = naming_of(theirs, later, zone)
            same = [own for path in before if (own := values.get(path)) and naming_of(own, later, zone) == naming]
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


def forget_lost(ctx: Ctx, plan: Plan, rows: Sequence[RowValues]) -> None:
    """Leave out numbers of records that are gone or out of sight: their rows are matched as any other."""
    given = {row.record for row in rows if row.record is not None} if plan.on_match != "create" else set()
    live = matching.by_ids(ctx, plan.entity.key, given, ["id"]) if given else {}
    for row in rows:
        if row.record not in live:
            row.record = None


def _resolve(ctx: Ctx, plan: Plan, part: PartPlan, one: Field, waiting: Sequence[tuple[RowValues, str]]) -> None:
    known = named(ctx, str(one.target), {text for _, text in waiting})
    found = {text: min(ids) for text, ids in known.items() if len(ids) == 1}
    coming = plan.coming.get(str(one.target), frozenset()) if one.key not in part.parents else frozenset()
    column = plan.column(part.path, one.key)
    for row, text in waiting:
        own = row.values[part.path]
        del own[one.key]
        if text in found:
            own[one.key] = found[text]
            continue
        for name, source in COPIES.get(part.entity.key, {}).items():  # what was sold is said, if of no product
            if source.partition(".")[0] == one.key and name in writable_fields(ctx, part.entity.key):
                own.setdefault(name, text)
        if column is not None:
            place = Target(str(column.target), part.entity.key, one.key, part.path)
            later = {LATER: True} if text not in known and normalize(text) in coming else {}
            row.bad.append(BadCell(column, place, text, Problem(UNKNOWN, "refuse", {"value": text, **later})))


def _keep_known_names(ctx: Ctx, part: PartPlan, rows: Sequence[RowValues]) -> None:
    """Let a name with somebody in brackets be whole where the ledger has a customer of just this name."""
    waiting = [
        (row, bad)
        for row in rows
        for bad in row.bad
        if bad.problem.code == "name.parted" and bad.target.path == part.path and bad.target.entity == "customer"
    ]
    if not waiting:
        return
    column, path = column_of(ctx, part.entity.fields["name"]), joined(part.path, "contacts")
    names: set[Key] = {(str(bad.problem.data["value"]),) for _, bad in waiting}
    known = matching.by_values(ctx, part.entity.key, [column], names, ["id"])
    for row, bad in waiting:
        whole = str(bad.problem.data["value"])
        if (whole,) not in known:
            continue
        own, theirs = row.values[part.path], row.values.get(path, {})
        own["name"] = whole
        if theirs.get("name") == bad.problem.data["who"]:
            del row.values[path]
            own |= {key: value for key, value in theirs.items() if key in REACHED and key not in own}
        row.bad.remove(bad)
        row.ready = None


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


_PAYMENT = re.compile(
    r"(?:付|收|还|回|打|汇|退|结|交)(?:了|清)?(?:货)?(?:款|账|帐|钱)|预付款?|预收款?|转[账帐]|汇款|已付|付清|还清|结清"
)


def _pays(plan: Plan, row: RowValues) -> bool:
    """Whether a row of a book of sales is none: 付款 in the place of goods, and nothing of it was sold."""
    line = plan.numbered
    if line is None:
        return False
    own = row.values.get(line.path, {})
    goods = row.values.get(joined(line.path, "product"), {}).get("name") or own.get("description")
    return isinstance(goods, str) and _PAYMENT.fullmatch(goods) is not None and _SOLD.isdisjoint(own)


_SOLD = frozenset({"quantity", "unit_price", "amount"})


def lacking(plan: Plan, row: RowValues) -> str | None:
    """Why a row cannot come in at all: nothing names a record of it, or the record it belongs to is not there."""
    if _pays(plan, row):
        return "row.payment"
    said = {part.path: says(row, part) for part in plan.parts}
    for part in plan.parts:
        if not part.needed or (part.path and not said[part.path]):
            continue
        own, refs = row.values.get(part.path, {}), part.refs
        if not part.each and all(own.get(key) is None and key not in refs for key in part.naming):
            if part.days:
                return "row.without_day"
            return "row.without_number" if part.entity.title == ("code",) else "row.without_name"
        for key in part.parents if not part.marks else ():
            if not (said[refs[key]] if key in refs else own.get(key) is not None):
                return "row.without_parent"
    return None
