"""What queries and aggregates mean, written down a second time in plain Python over lists of records.

Follows the sentences of the contract and shares nothing with the compiler: no index, no SQL, no cache. Slow and
obvious on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cmp_to_key
from typing import Any
from zoneinfo import ZoneInfo

from kehu.base.common.pinyin import sort_key
from kehu.base.schema.model import Entity, Field

Record = Mapping[str, Any]
ZONE = ZoneInfo("Asia/Shanghai")
DECIMALS = {"money": 2, "percent": 4, "integer": 0}
EMPTY_TOO = {"empty", "ne", "not_in", "not_contains", "none_of"}


def ascii_lower(text: str) -> str:
    """A-Z lowered, nothing else."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


@dataclass(frozen=True)
class World:
    """Records by entity and id. `me` is the caller; `own` whether only own rows count."""

    entities: Mapping[str, Entity]
    records: Mapping[str, Mapping[int, Record]]
    today: date
    me: int | None = None
    own: bool = False

    # --- rows and values ---------------------------------------------------------------------------------------------

    def sees(self, entity: str, record: Record) -> bool:
        """Whether the caller sees a record."""
        if not self.own or entity in ("product", "user"):
            return True
        if entity == "customer":
            return record.get("owner") == self.me
        if entity == "task" and record.get("assignee") == self.me:
            return True
        customer = self.records["customer"].get(record.get("customer") or 0)
        return customer is not None and self.sees("customer", customer)

    def rows(self, entity: str) -> list[Record]:
        """All records that the caller sees."""
        return [record for record in self.records[entity].values() if self.sees(entity, record)]

    def target(self, entity: str, record: Record, key: str) -> Record | None:
        """The related record, if the caller sees it."""
        to = self.entities[entity].fields[key].target
        found = self.records[to or ""].get(record.get(key) or 0)
        return found if found is not None and self.sees(to or "", found) else None

    def value(self, entity: str, record: Record | None, path: str) -> tuple[Field | None, Any]:
        """The field at the end of a path and its value; relations to what the caller may not see are empty."""
        *hops, last = path.split(".")
        for hop in hops:
            to = self.entities[entity].fields[hop].target or ""
            record = None if record is None else self.target(entity, record, hop)
            entity = to
        if last in ("id", "revision"):
            return None, None if record is None else record.get("id" if last == "id" else "rev", 1)
        field = self.entities[entity].fields[last]
        if record is None:
            return field, None
        if last == "age":  # the one value that is computed when read
            return field, None if record["born"] is None else full_years(record["born"], self.today)
        value = record.get(last)
        if field.target is not None and value is not None:
            value = value if self.target(entity, record, last) is not None else None
        return field, value

    def title(self, entity: str, record: Record) -> str:
        """What names a record."""
        for key in self.entities[entity].title:
            field, value = self.value(entity, record, key)
            if value is None or field is None:
                continue
            if field.target is not None:
                return self.title(field.target, self.records[field.target][value])
            return str(value)
        return f"#{record['id']}"

    # --- conditions --------------------------------------------------------------------------------------------------

    def holds(self, entity: str, record: Record, where: Mapping[str, Any]) -> bool:
        """Whether a record fulfils a condition."""
        if "and" in where:
            return all(self.holds(entity, record, one) for one in where["and"])
        if "or" in where:
            return any(self.holds(entity, record, one) for one in where["or"])
        if "not" in where:
            return not self.holds(entity, record, where["not"])
        if "some" in where or "none" in where:
            asked = where.get("some") or where["none"]
            found = any(
                asked.get("where") is None or self.holds(child, one, asked["where"])
                for child, one in self.related(entity, record, asked["relation"])
            )
            return found if "some" in where else not found
        field, value = self.value(entity, record, where["field"])
        if value is None:
            return where["op"] in EMPTY_TOO
        return self.test(field, value, where["op"], where.get("value"))

    def related(self, entity: str, record: Record, key: str) -> Iterable[tuple[str, Record]]:
        """Records that point here, as far as the caller sees them."""
        for child in self.entities.values():
            for field in child.fields.values():
                if field.target == entity and field.settings.get("reverse") == key:
                    for one in self.rows(child.key):
                        if one.get(field.key) == record["id"]:
                            yield child.key, one

    def test(self, field: Field | None, value: Any, op: str, raw: Any) -> bool:
        """One operator on a filled value."""
        match op:
            case "empty":
                return False
            case "not_empty":
                return True
            case "is_me":
                return bool(value == self.me)
            case "ne" | "not_in" | "not_contains" | "none_of":
                plain = {"ne": "eq", "not_in": "in", "not_contains": "contains", "none_of": "any_of"}[op]
                return not self.test(field, value, plain, raw)
            case "eq":
                return self.same(field, value, raw)
            case "in":
                return any(self.same(field, value, one) for one in raw)
            case "contains":
                return ascii_lower(raw) in ascii_lower(value)
            case "starts_with":
                return ascii_lower(value).startswith(ascii_lower(raw))
            case "ends_with":
                return ascii_lower(value).endswith(ascii_lower(raw))
            case "any_of":
                return any(word in value for word in raw)
            case "all_of":
                return all(word in value for word in raw)
            case "between":
                return self.test(field, value, "gte", raw[0]) and self.test(field, value, "lte", raw[1])
            case "within":
                first, end = period(raw, self.today)
                return first <= day_of(value) < end
        if field is not None and field.value_type == "datetime" and len(raw) == 10:
            mine, other = day_of(value).isoformat(), raw  # a day without a time means the whole day
        else:
            mine, other = value, plain_value(field, raw)
        return bool({"lt": mine < other, "lte": mine <= other, "gt": mine > other, "gte": mine >= other}[op])

    def same(self, field: Field | None, value: Any, raw: Any) -> bool:
        """Equality: texts but for ASCII case, a day of an instant as a whole."""
        if field is not None and field.value_type == "datetime" and len(raw) == 10:
            return bool(day_of(value).isoformat() == raw)
        other = plain_value(field, raw)
        if field is not None and field.value_type in ("text", "long_text"):
            return str(ascii_lower(value)) == ascii_lower(other)
        return bool(value == other)

    # --- order and output --------------------------------------------------------------------------------------------

    def sorted(self, entity: str, rows: Sequence[Record], sort: Sequence[Mapping[str, Any]]) -> list[Record]:
        """Rows in order: empties last in both directions, ties by id the way of the last key."""

        def compare(a: Record, b: Record) -> int:
            for order in sort:
                one, other = self.key(entity, a, order["field"]), self.key(entity, b, order["field"])
                if one == other:
                    continue
                if one is None or other is None:
                    return 1 if one is None else -1
                smaller = -1 if one < other else 1
                return -smaller if order.get("order") == "desc" else smaller
            back = bool(sort) and sort[-1].get("order") == "desc"
            return -1 if (a["id"] < b["id"]) != back else 1

        return sorted(rows, key=cmp_to_key(compare))

    def key(self, entity: str, record: Record, path: str) -> Any:
        """What a value is sorted by."""
        field, value = self.value(entity, record, path)
        if value is None or field is None:
            return value
        if field.target is not None:
            there = self.records[field.target][value]
            title = self.title(field.target, there)
            spelled = title if title == f"#{value}" else sort_key(title)
            return (spelled.encode(), title.encode())
        if field.value_type == "select":
            return [option.key for option in field.options].index(value)
        if field.value_type == "text":
            return (sort_key(value).encode(), value.encode())
        return value

    def json(self, entity: str, record: Record, path: str) -> Any:
        """A value as the answer carries it."""
        field, value = self.value(entity, record, path)
        if value is None or field is None:
            return value
        if field.target is not None:
            return {"id": value, "label": self.title(field.target, self.records[field.target][value])}
        if isinstance(value, tuple):
            return list(value)
        return figure(field, value)

    def query(self, entity: str, body: Mapping[str, Any]) -> list[list[Any]]:
        """All rows of a query, without pages."""
        where = body.get("where")
        found = [one for one in self.rows(entity) if where is None or self.holds(entity, one, where)]
        ordered = self.sorted(entity, found, body.get("sort") or [])
        return [[one["id"], one.get("rev", 1), *(self.json(entity, one, p) for p in body["select"])] for one in ordered]

    def figures(self, entity: str, body: Mapping[str, Any]) -> dict[tuple[Any, ...], list[Any]]:
        """Measures by group; groups as they leave, relations as their ids."""
        where = body.get("where")
        groups: dict[tuple[Any, ...], list[Record]] = {}
        for record in self.rows(entity):
            if where is None or self.holds(entity, record, where):
                for key in self.buckets(entity, record, body.get("group") or []):
                    groups.setdefault(key, []).append(record)
        return {key: [self.measure(entity, rows, one) for one in body["measures"]] for key, rows in groups.items()}

    def buckets(self, entity: str, record: Record, groups: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The groups that a record falls into; several for lists."""
        keys: list[tuple[Any, ...]] = [()]
        for group in groups:
            field, value = self.value(entity, record, group["field"])
            if isinstance(value, tuple):
                keys = [(*key, word) for key in keys for word in value]
                continue
            if value is not None and field is not None:
                if group.get("by"):
                    value = first_day(day_of(value), group["by"]).isoformat()
                elif field.target is None:
                    value = figure(field, value)
            keys = [(*key, value) for key in keys]
        return keys

    def measure(self, entity: str, rows: Sequence[Record], measure: Mapping[str, Any]) -> Any:
        """One figure over records."""
        if "field" not in measure:
            return len(rows)
        pairs = [self.value(entity, row, measure["field"]) for row in rows]
        field = pairs[0][0] if pairs else None
        values = [value for _, value in pairs if value is not None]
        if measure["op"] in ("count", "distinct"):
            return len(values) if measure["op"] == "count" else len(set(values))
        if not values or field is None:
            return None
        if measure["op"] in ("min", "max"):
            return figure(field, min(values) if measure["op"] == "min" else max(values))
        if measure["op"] == "sum":
            return figure(field, sum(values))
        places = max(decimals(field), 2)
        average = Decimal(sum(values)) / Decimal(len(values)) / (Decimal(10) ** decimals(field))
        rounded = average.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return f"{rounded:.2f}" if field.value_type == "money" else float(rounded)


def decimals(field: Field) -> int:
    """Digits behind the point of a numeric field."""
    return int(field.settings.get("decimals", DECIMALS.get(field.value_type, 2)))


def full_years(born: str, today: date) -> int | None:
    """Birthdays from a day up to today; nothing for a day that has not come yet."""
    day = date.fromisoformat(born)
    return None if day > today else today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def figure(field: Field, value: Any) -> Any:
    """A stored value as the answer carries it."""
    if field.value_type == "money":
        return f"{Decimal(value) / 100:.2f}"
    if field.value_type in ("number", "percent"):
        return float(Decimal(value) / Decimal(10) ** decimals(field))
    return value


def plain_value(field: Field | None, raw: Any) -> Any:
    """An operand as the value that it means."""
    if field is not None and field.value_type in ("money", "number", "percent"):
        return Decimal(str(raw)) * 10 ** decimals(field)
    return raw


def day_of(value: str) -> date:
    """The day of a date or, in the ledger's zone, of an instant."""
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value).astimezone(ZONE).date()


def first_day(day: date, by: str) -> date:
    """The first day of a bucket."""
    match by:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case "year":
            return date(day.year, 1, 1)
    return day


def period(asked: Mapping[str, Any], today: date) -> tuple[date, date]:
    """From (including) and to (excluding) of this, last or next n days, weeks, months, quarters, halves, years."""
    n, unit = asked.get("n", 1), asked["unit"]
    if unit in ("day", "week"):
        length = 1 if unit == "day" else 7
        start = today - timedelta(days=today.weekday() if unit == "week" else 0)
        back = {"this": 0, "next": 1, "last": -n}[asked["period"]]
        return start + timedelta(days=back * length), start + timedelta(days=(back + n) * length)
    length = {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit]
    month = today.year * 12 + (today.month - 1) // length * length
    month += {"this": 0, "next": 1, "last": -n}[asked["period"]] * length
    end = month + n * length
    return date(month // 12, month % 12 + 1, 1), date(end // 12, end % 12 + 1, 1)
