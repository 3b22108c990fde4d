"""A small ledger for tests of the read door: every kind of column, rows put in directly, one context per caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
import sqlalchemy as sa

from kehu.base.common.clock import FixedClock
from kehu.base.common.registry import load
from kehu.base.crypto.keys import Keyring
from kehu.base.db.dialects import Dialect, open_dialect
from kehu.base.db.migrations import migrate
from kehu.base.db.tables import Tables, build_tables
from kehu.base.fields.base import FieldType, Stored, layout
from kehu.base.schema.model import Catalog, Derived, Entity, Field, Label, Option, make_catalog
from kehu.core.context import Actor, Ctx
from kehu.core.records.values import store_value

TYPES: Mapping[str, FieldType] = load("kehu.plugins.field_types", FieldType)
NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)  # Thursday, 10:00 in Shanghai
SYSTEM = Actor("system", None, "test")
ZHOU = Actor("user", 1, "周敏", ("sales",))
LI = Actor("user", 2, "李想", ("service",))
BOSS = Actor("user", 3, "陈露", ("owner",))
AUDITOR = Actor("user", 4, "王蕾", ("auditor",))

Record = dict[str, Any]


def field(key: str, kind: str, *, more: Mapping[str, Any] | None = None, **settings: Any) -> Field:
    """A field; keywords are settings of its type, `more` other properties."""
    return Field(key, Label(key, key), kind, key, settings=settings, **(more or {}))


def options(*keys: str) -> dict[str, Any]:
    """Options whose labels are their keys in capitals."""
    return {"options": tuple(Option(key, Label(key.upper(), key.upper())) for key in keys)}


def entity(key: str, *fields: Field, **more: Any) -> Entity:
    """An entity whose table has another name, so that nobody confuses the two."""
    made = {one.key: replace(one, position=n) for n, one in enumerate(fields)}
    return Entity(key, Label(key, key), more.pop("table", f"x_{key}"), made, **more)


CUSTOMER = entity(
    "customer",
    field("name", "text", more={"search": "n"}),
    field("note", "long_text", more={"search": "x"}),
    field("mobile", "cn_mobile", more={"search": "p"}),
    field("invoice_title", "text", more={"section": "财务", "search": "n"}),
    field("stage", "select", more=options("lead", "won", "lost")),
    field("limit", "money", more={"section": "财务"}),
    field("credit_limit", "money", more={"section": "财务"}),
    field("rate", "number", decimals=3),
    field("share", "percent"),
    field("visits", "integer"),
    field("born", "date"),
    field("seen", "datetime"),
    field("vip", "boolean"),
    field("tags", "tags", more={"search": "t"}),
    field("owner", "user", target="user"),
    field("parent", "relation", target="customer", reverse="subsidiaries"),
    field("id_number", "cn_id_card", more={"sensitive": "secret"}),
    field("order_total", "rollup", more={
        "derived": Derived("rollup", "money", {"function": "sum", "sources": [{"path": "orders", "field": "amount"}]}),
    }),
    field("parent_name", "lookup", more={"derived": Derived("lookup", "text", {"path": "parent.name"})}),
    field("summary", "formula", more={"derived": Derived("formula", "text", {"text": '[name] & [limit]'})}),
    field("age", "formula", more={
        "derived": Derived("formula", "integer", {"text": 'DATEDIF([born], TODAY(), "Y")'}, read_time=True),
    }),
    field("created_at", "datetime", more={"derived": Derived("system", "datetime")}),
)  # fmt: skip
ORDER = entity(
    "order",
    field("code", "text", more={"search": "c"}),
    field("customer", "relation", target="customer", reverse="orders"),
    field("product", "relation", target="product", reverse="orders"),
    field("amount", "money"),
    field("discount_percent", "percent"),
    field("ordered_at", "datetime"),
    title=("code",),
)
LINE = entity(
    "order_line",
    field("order", "relation", target="order", reverse="lines"),
    field("customer", "lookup", target="customer", more={
        "derived": Derived("lookup", "relation", {"path": "order.customer"}),
    }),
    field("quantity", "integer"),
    title=("order",),
)  # fmt: skip
CONTACT = entity(
    "contact",
    field("name", "text", more={"search": "n"}),
    field("customer", "relation", target="customer", reverse="contacts"),
    field("mobile", "cn_mobile", more={"search": "p"}),
)
PRODUCT = entity(
    "product",
    field("name", "text", more={"search": "n"}),
    field("sold", "rollup", more={
        "derived": Derived("rollup", "integer", {"function": "count", "sources": [{"path": "orders"}]}),
    }),
)  # fmt: skip
TASK = entity(
    "task",
    field("title", "text"),
    field("customer", "relation", target="customer", reverse="tasks"),
    field("assignee", "user", target="user"),
    title=("title",),
)
PAYMENT = entity(
    "payment",
    field("code", "text"),
    field("customer", "relation", target="customer", reverse="payments"),
    field("amount", "money"),
    title=("code",),
)
USER = entity("user", field("name", "text"), table="x_user", system=True)
ENTITIES = (CUSTOMER, CONTACT, ORDER, LINE, PRODUCT, TASK, PAYMENT, USER)


class ReadLedger:
    """One ledger on either database."""

    def __init__(self, url: str | None, folder: Path, *entities: Entity, version: int = 1) -> None:
        self.dialect: Dialect = open_dialect(url=url, file=folder / "read.db")
        self.catalog: Catalog = make_catalog(version, {one.key: one for one in entities or ENTITIES})
        self.tables: Tables = build_tables(self.catalog, TYPES)
        self.clock = FixedClock(NOW)
        self.keys = Keyring("00000001", bytes(32))
        with self.dialect.write() as tx:
            migrate(tx, self.dialect)
            for made in self.tables.of.values():
                made.table.metadata.create_all(tx)
            for one in self.tables.of.values():
                self.dialect.create_search(tx, one.search)
                self.dialect.create_search(tx, one.search_long)

    def ctx(self, tx: sa.Connection, actor: Actor = SYSTEM) -> Ctx:
        """A context for a caller."""
        return Ctx(tx, self.dialect, self.catalog, self.tables, TYPES, actor, self.clock, self.keys)

    @contextmanager
    def reading(self, actor: Actor = SYSTEM) -> Iterator[Ctx]:
        """A unit of work that reads."""
        with self.dialect.read() as tx:
            yield self.ctx(tx, actor)

    def put(self, key: str, records: Sequence[Record]) -> None:
        """Put records in: stored values of fields by key, `id` first. Derived fields may be given as well."""
        one = self.tables[key]
        with self.dialect.write() as tx:
            ctx = self.ctx(tx)
            for record in records:
                row: dict[str, Stored] = {"id": record["id"], "rev": record.get("rev", 1)}
                row["created_at"] = record.get("created_at", "2026-01-01T00:00:00.000Z")
                row["created_by"] = record.get("created_by")
                row["updated_at"] = record.get("updated_at")
                for name, value in record.items():
                    if name in ("id", "rev", "created_at", "created_by", "updated_at"):
                        continue
                    the_field = one.entity.fields[name]
                    if the_field.sensitive == "secret":
                        row.update(store_value(ctx, one.entity, the_field, record["id"], value))
                        continue
                    kind = TYPES[the_field.value_type]
                    columns = layout(the_field, TYPES).value
                    stored = kind.store(the_field, value) if value is not None else (None,) * len(columns)
                    row.update({column.name: content for column, content in zip(columns, stored, strict=True)})
                    if name in one.lists and value:
                        tx.execute(one.lists[name].insert(), [{"id": record["id"], "value": word} for word in value])
                tx.execute(one.table.insert().values(**row))

    def close(self) -> None:
        """Give the connections back."""
        self.dialect.close()


def answer(raw: bytes) -> Any:
    """An answer as Python values."""
    return orjson.loads(raw)


NAMES = (
    "上海宏远贸易有限公司", "重庆银行", "单雨桐", "张伟", "张薇", "Kehu 2.0", "kehu", "KEHU", "阿里ABC", "100%_折扣",
    "😀公司", "𠮷野家", "a'b\"c\\d", "长沙", "长江", "曾小贤", "aBC", "李想", "É", "é", "%", "_", "z", "Z9",
)  # fmt: skip
WORDS = ("重点", "vip", "华东", "b'", "50%")
PEOPLE = ((1, "周敏"), (2, "李想"), (3, "陈露"), (4, "王蕾"))


def fill(seed: int, customers: int = 40) -> dict[str, list[Record]]:
    """Made-up records of every entity, with many empty and equal values."""
    random = Random(seed)

    def maybe(value: object, share: float = 0.75) -> Any:
        return value if random.random() < share else None

    def instant() -> str:
        month, day, hour = random.randint(1, 4), random.randint(1, 28), random.choice((0, 15, 16, 23))
        return f"2026-{month:02d}-{day:02d}T{hour:02d}:00:00.{random.choice((0, 999)):03d}Z"

    def day() -> str:
        return f"{random.choice((2025, 2026))}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"

    people = [{"id": id, "name": name} for id, name in PEOPLE]
    products = [{"id": id, "name": random.choice(NAMES), "sold": id} for id in (1, 2, 3)]
    made = [
        {
            "id": id,
            "rev": random.randint(1, 9),
            "name": maybe(random.choice(NAMES)),
            "note": maybe(random.choice(NAMES)),
            "stage": maybe(random.choice(("lead", "won", "lost"))),
            "limit": maybe(random.choice((-5, 0, 7, 99, 100, -12345, 1280000, random.randint(-999, 999)))),
            "credit_limit": maybe(random.randint(0, 9)),
            "rate": maybe(random.choice((0, 1, -1, 1500, 12345, -12000))),
            "share": maybe(random.choice((0, 1250, 10000))),
            "visits": maybe(random.randint(0, 4)),
            "born": maybe(day()),
            "seen": maybe(instant()),
            "vip": maybe(random.random() < 0.5),
            "tags": maybe(tuple(sorted(random.sample(WORDS, random.randint(1, 3))))),
            "owner": maybe(random.choice((1, 2, 3))),
            "parent": random.randint(1, id - 1) if id > 1 and random.random() < 0.5 else None,
        }
        for id in range(1, customers + 1)
    ]
    orders = [
        {
            "id": id,
            "code": maybe(f"O-{random.randint(1, 30):03d}"),
            "customer": maybe(random.randint(1, customers), 0.9),
            "product": maybe(random.choice((1, 2, 3))),
            "amount": maybe(random.randint(-500, 5000)),
            "ordered_at": maybe(instant()),
        }
        for id in range(1, customers + 1)
    ]
    lines = [
        {
            "id": id,
            "order": (order := random.choice(orders))["id"],
            "customer": order["customer"],
            "quantity": random.randint(0, 3),
        }
        for id in range(1, customers + 1)
    ]
    tasks = [
        {
            "id": id,
            "title": maybe(random.choice(NAMES)),
            "customer": maybe(random.randint(1, customers)),
            "assignee": maybe(random.choice((1, 2))),
        }
        for id in range(1, 11)
    ]
    return {"user": people, "product": products, "customer": made, "order": orders, "order_line": lines, "task": tasks}
