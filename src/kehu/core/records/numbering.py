"""Gives new records their numbers, without gaps, inside the writing transaction.

A number that was given stays; when it fits the pattern, its counter goes on behind it. One row of `kehu_number` per
field and prefix; blocks are taken with one statement, prefixes in order, so that writers cannot wait for each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kehu.base.common.dates import parse_instant
from kehu.base.common.text import narrow
from kehu.base.db.query.run import compiled
from kehu.base.fields.base import Value
from kehu.base.fields.numbers import CREATED, DATE_FORMS, Part, Pattern, number_form, read_pattern
from kehu.base.schema.model import Entity, Field
from kehu.core.context import Ctx
from kehu.core.records.defaults import related

_TAKE = sa.text(
    "insert into kehu_number (field, prefix, value) values (:field, :prefix, :n) "
    "on conflict (field, prefix) do update set value = kehu_number.value + excluded.value returning value"
)
_RAISE = sa.text(
    "insert into kehu_number (field, prefix, value) values (:field, :prefix, :n) "
    "on conflict (field, prefix) do update set value = case when excluded.value > kehu_number.value "
    "then excluded.value else kehu_number.value end"
)


def assign(ctx: Ctx, entity: Entity, rows: Sequence[dict[str, Value]]) -> None:
    """Fill the numbered fields of new records, in place and in their order. `rows` hold values by field key."""
    for field in numbered(entity):
        note(ctx, entity, rows, only=field)
        waiting = [row for row in rows if row.get(field.key) is None]
        if not waiting:
            continue
        pattern = read_pattern(str(field.settings["pattern"]))
        prefixes = _prefixes(ctx, entity, field, pattern, waiting)
        series = {prefix: _take(ctx, entity, field, prefix, n) for prefix, n in sorted(Counter(prefixes).items())}
        for row, prefix in zip(waiting, prefixes, strict=True):
            row[field.key] = f"{prefix}{next(series[prefix]):0{pattern.digits}d}"


def note(ctx: Ctx, entity: Entity, rows: Iterable[Mapping[str, Value]], *, only: Field | None = None) -> None:
    """Let counters go on behind numbers that were given: on create, on import, and when somebody edits one."""
    for field in [only] if only is not None else numbered(entity):
        given = [text for row in rows if isinstance(text := row.get(field.key), str)]
        if not given:
            continue
        for prefix, n in sorted(highest(entity, field, given).items()):
            ctx.tx.execute(_RAISE, {"field": counter_name(entity, field), "prefix": prefix, "n": n})


def highest(entity: Entity, field: Field, texts: Iterable[str]) -> dict[str, int]:
    """The highest counter per prefix among numbers that fit the pattern; others count for nothing."""
    form = number_form(read_pattern(str(field.settings["pattern"])), codes(entity))
    found: defaultdict[str, int] = defaultdict(int)
    for text in texts:
        if fits := form.fullmatch(text):
            found[fits[1]] = max(found[fits[1]], int(fits[2]))
    return found


def numbered(entity: Entity) -> list[Field]:
    """Fields of the entity that get numbers."""
    return [f for f in entity.fields.values() if isinstance(f.settings.get("pattern"), str) and not f.hidden]


def counter_name(entity: Entity, field: Field) -> str:
    """How `kehu_number` names the field."""
    return f"{entity.key}.{field.key}"


def prefix_of(ctx: Ctx, entity: Entity, field: Field, pattern: Pattern, row: Mapping[str, Value]) -> str:
    """What stands before the counter in the number of this record."""
    return "".join(part.text or _part(ctx, entity, field, part, row) for part in pattern.parts)


def _prefixes(
    ctx: Ctx, entity: Entity, field: Field, pattern: Pattern, rows: Sequence[Mapping[str, Value]]
) -> list[str]:
    """The prefix of each record; an import has a handful for thousands of rows."""
    table = field.settings.get("otherwise")
    rules = [rule for rule in table.values() if isinstance(rule, Mapping)] if isinstance(table, Mapping) else []
    sources = [*(part.field for part in pattern.parts), *(str(rule.get("by")) for rule in rules)]
    known: dict[tuple[Value, ...], str] = {}
    found: list[str] = []
    for row in rows:
        given = tuple(map(row.get, sources))
        if given not in known:
            known[given] = prefix_of(ctx, entity, field, pattern, row)
        found.append(known[given])
    return found


def _part(ctx: Ctx, entity: Entity, field: Field, part: Part, row: Mapping[str, Value]) -> str:
    value = None if part.field == CREATED else row.get(part.field)
    if part.form:
        return _day(ctx, value).strftime(DATE_FORMS[part.form])
    source = entity.fields.get(part.field)
    if source is not None and source.target is not None and part.code:
        text = related(ctx, entity, f"{part.field}.code", [row])[0]
        return text if isinstance(text, str) else _otherwise(field, part, row)
    if source is not None and isinstance(value, str):
        option = source.option(value) if part.code else None
        text = (option.code if option is not None else None) if part.code else narrow(value)
        if text:
            return text
    return _otherwise(field, part, row)


def _otherwise(field: Field, part: Part, row: Mapping[str, Value]) -> str:
    table = field.settings.get("otherwise")
    found = table.get(part.field) if isinstance(table, Mapping) else None
    if isinstance(found, Mapping):
        found = found.get(str(row.get(str(found.get("by")))))
    return found if isinstance(found, str) else ""


def _day(ctx: Ctx, value: Value) -> date:
    """The day of a date or instant in the ledger's time zone; without one the day of filing."""
    zone = ZoneInfo(ctx.catalog.timezone)
    if not isinstance(value, str):
        return ctx.clock.today(zone)
    return date.fromisoformat(value) if len(value) == 10 else parse_instant(value).astimezone(zone).date()


def codes(entity: Entity) -> dict[str, frozenset[str]]:
    """Texts that a part with `code` may become, by field: codes of options and what stands for an empty one."""
    found: dict[str, set[str]] = {
        f.key: {o.code for o in f.options if o.code} for f in entity.fields.values() if f.target is None
    }
    for field in numbered(entity):
        table = field.settings.get("otherwise")
        for key, rule in table.items() if isinstance(table, Mapping) else ():
            texts = [v for k, v in rule.items() if k != "by"] if isinstance(rule, Mapping) else [rule]
            found.setdefault(key, set()).update(str(text) for text in texts)
    return {key: frozenset(codes) for key, codes in found.items()}


def _take(ctx: Ctx, entity: Entity, field: Field, prefix: str, n: int) -> Iterator[int]:
    """Take `n` numbers."""
    taking = compiled(ctx.dialect, ctx.tables, "numbering.take", lambda: _TAKE)
    last = taking.fetch(ctx.tx, {"field": counter_name(entity, field), "prefix": prefix, "n": n})[0][0]
    return iter(range(last - n + 1, last + 1))
