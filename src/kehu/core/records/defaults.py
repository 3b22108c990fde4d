"""What a new record holds when nobody says: defaults of its fields, and the owner under own-rows scope."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from kehu.base.common.dates import add_months, parse_instant
from kehu.base.fields.base import Value, layout
from kehu.base.schema.model import Entity, Field
from kehu.core.context import Ctx
from kehu.core.records import read


def fill_defaults(ctx: Ctx, entity: Entity, rows: Sequence[dict[str, Value]]) -> None:
    """Add defaults to new records, in place. A field that was given, even as empty, is left alone.

    A default is a plain input, or {"now": true}, {"today": true}, {"me": true}, {"of": "customer.owner"}
    (a field of a related record or of its own; with `plus_months`, or `plus_days` as a number or such a path, a later
    day), {"days": "customer.credit_days", "after": "ordered_on"} (so many days after a date of the record itself), or
    {"by": "customer.kind", "enterprise": …, "person": …}; a list of these is tried in order until one gives something.
    The default of a rule is not typed: `core.derived` gives it while nothing is.
    """
    for one in entity.visible:
        if one.default is None or one.derived is not None:
            continue
        waiting = [row for row in rows if one.key not in row and _applies(one, row)]
        for rule in one.default if isinstance(one.default, list | tuple) else (one.default,):
            if waiting:
                _fill(ctx, entity, one, rule, waiting)
            waiting = [row for row in waiting if row.get(one.key) is None]


def _applies(one: Field, row: Mapping[str, Value]) -> bool:
    """Whether the field is for records of this kind: a firm has no gender, not even an unknown one."""
    kind = row.get("kind")
    return one.applies_to == "both" or not isinstance(kind, str) or kind == one.applies_to


def _fill(ctx: Ctx, entity: Entity, one: Field, rule: object, rows: Sequence[dict[str, Value]]) -> None:
    if not isinstance(rule, Mapping):
        _set_input(ctx, one, rule, rows)
    elif rule.get("now"):
        for row in rows:
            row[one.key] = ctx.now()
    elif rule.get("today"):
        today = ctx.clock.today(ZoneInfo(ctx.catalog.timezone)).isoformat()
        for row in rows:
            row[one.key] = today
    elif rule.get("me"):
        for row in rows:
            row[one.key] = ctx.actor.id
    elif "of" in rule:
        found = related(ctx, entity, str(rule["of"]), rows)
        source = entity.fields.get(str(rule["of"]))
        if source is not None and source.value_type == "file":  # named after its first file
            found = [json.loads(value[0])["name"] if isinstance(value, tuple) else None for value in found]
        if "plus_days" in rule or "plus_months" in rule:
            found = [_later(ctx, entity, rule, row, value) for row, value in zip(rows, found, strict=True)]
        for row, value in zip(rows, found, strict=True):
            row[one.key] = value
    elif "days" in rule:
        zone = ZoneInfo(ctx.catalog.timezone)
        for row, days in zip(rows, related(ctx, entity, str(rule["days"]), rows), strict=True):
            if isinstance(days, int) and isinstance(start := row.get(str(rule["after"])), str):
                day = date.fromisoformat(start) if len(start) == 10 else parse_instant(start).astimezone(zone).date()
                row[one.key] = (day + timedelta(days=days)).isoformat()
    elif "by" in rule:
        for row, value in zip(rows, related(ctx, entity, str(rule["by"]), rows), strict=True):
            if value in rule:
                _fill(ctx, entity, one, rule[value], [row])


def _later(ctx: Ctx, entity: Entity, rule: Mapping[str, object], row: Mapping[str, Value], value: Value) -> Value:
    """A day so many days or months after the day of `value`; nothing when either is not there."""
    given = rule.get("plus_days", 0)
    days = related(ctx, entity, given, [row])[0] if isinstance(given, str) else given
    months = rule.get("plus_months", 0)
    if not isinstance(value, str) or not isinstance(days, int) or not isinstance(months, int):
        return None
    zone = ZoneInfo(ctx.catalog.timezone)
    day = date.fromisoformat(value) if len(value) == 10 else parse_instant(value).astimezone(zone).date()
    return (add_months(day, months) + timedelta(days=days)).isoformat()


def _set_input(ctx: Ctx, one: Field, raw: object, rows: Sequence[dict[str, Value]]) -> None:
    parsed = ctx.types[one.value_type].parse(one, raw, ctx.parse_env())
    value = parsed.value
    if parsed.refused or not isinstance(value, str | int | bool | tuple | None):
        raise RuntimeError(f"default of {one.key} does not parse: {raw!r}")
    for row in rows:
        row[one.key] = value


def related(ctx: Ctx, entity: Entity, path: str, rows: Sequence[Mapping[str, Value]]) -> list[Value]:
    """Values of `relation.field` for each row: one statement for all rows. A field alone is read from the row."""
    relation, _, key = path.partition(".")
    if not key:
        return [row.get(relation) for row in rows]
    target = ctx.catalog.entities[str(entity.fields[relation].target)]
    field = target.fields[key]
    columns = [column.name for column in layout(field, ctx.types).value]
    ids = {id for row in rows if isinstance(id := row.get(relation), int)}
    found = read.stored(ctx, target.key, ids, columns)
    kind = ctx.types[field.value_type]
    out: list[Value] = []
    for row in rows:
        held = found.get(id) if isinstance(id := row.get(relation), int) else None
        out.append(kind.load(field, list(held.values())) if held is not None else None)
    return out
