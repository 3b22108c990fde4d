"""Pairs of ledgers that look the same to one role and differ in what it may not see.

A common past is made once per database; each world is a clone of it plus secrets of its own, written through the
write door under a standing clock. Visible rows made after the secrets have other ids in each world; their names tie
them together.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kehu.base.common.clock import FixedClock
from kehu.base.settings import Settings
from kehu.core.accounts.service import actor_of, add_account
from kehu.core.accounts.tokens import add_token
from kehu.core.context import Actor, Ctx
from kehu.core.records import undo as undoing
from kehu.core.records import write
from kehu.core.records.bulk import bulk
from kehu.features.exporting import service as exporting
from kehu.features.views import service as views
from kehu.runtime import Runtime
from tests.noninterference import policy
from tests.support import ledgers, postgres

SYSTEM = Actor("system", None, "世界")
PAST = datetime(2026, 3, 2, 1, tzinfo=UTC)  # the common past, one minute per step
SECRET = datetime(2026, 3, 4, 1, tzinfo=UTC)  # the secrets, all in one moment
NOW = datetime(2026, 3, 5, 2, tzinfo=UTC)
PEOPLE = {"min": "manager", "chen": "sales", "wang": "sales", "he": "service"}
OBSERVER = {"sales": "chen", "service": "he"}

# Identity numbers with one mask (first and last four signs alike) and account numbers of many lengths with one tail.
ID_NUMBERS = ("110105197001010011", "110108199404300011", "110108200401220011")
ACCOUNTS = ("6222020200112233445", "6217000010023445", "62284800100200303445")
Secrets = Mapping[str, Any]


@dataclass
class Ledger:
    """An open ledger and the ids of what was put into it, by name."""

    settings: Settings
    runtime: Runtime
    clock: FixedClock
    ids: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, set[int]] = field(default_factory=dict)  # ids that the observer may not know, by entity

    @contextmanager
    def writing(self, who: str | None = None) -> Iterator[Ctx]:
        """A unit of work of a person, or of the system."""
        actor: Actor | Callable[..., Actor] = SYSTEM
        if who is not None:
            id = self.people[who]
            actor = lambda connection: actor_of(connection, id)  # noqa: E731
        with self.runtime.write(actor) as ctx:
            yield ctx

    def add(self, name: str, entity: str, values: Mapping[str, Any], who: str | None = None, hide: bool = False) -> int:
        """Create one record."""
        with self.writing(who) as ctx:
            made = write.create(ctx, entity, values).ids[0]
        self.ids[name] = made
        if hide:
            self.hidden.setdefault(entity, set()).add(made)
        return made

    def change(self, entity: str, id: int, values: Mapping[str, Any], who: str | None = None) -> None:
        """Change one record."""
        with self.writing(who) as ctx:
            write.update(ctx, entity, id, values)


@dataclass
class Past:
    """The common past of all worlds on one database: a folder and a database to clone."""

    kind: str
    folder: Path
    database: str | None
    ledger: Ledger


@contextmanager
def past(kind: str, folder: Path) -> Iterator[Past]:
    """Make the common past."""
    with ledgers.cloned(kind, folder) as settings:
        clock = FixedClock(PAST)
        with Runtime.open(settings, clock=clock) as runtime:
            ledger = Ledger(settings, runtime, clock)
            _people(ledger)
            _common(ledger)
        url = settings.database_url
        yield Past(kind, folder, urlsplit(url).path.lstrip("/") if url else None, ledger)


@contextmanager
def world(of: Past, folder: Path, role: str, secrets: Secrets) -> Iterator[Ledger]:
    """A clone of the past with secrets that `role` may not see."""
    shutil.copytree(of.folder, folder)
    with ExitStack() as stack:
        settings = replace(of.ledger.settings, data=folder)
        if of.database is not None:
            settings = replace(settings, database_url=stack.enter_context(postgres.fresh_database(of.database)))
        clock = FixedClock(SECRET)
        runtime = stack.enter_context(Runtime.open(settings, clock=clock))
        made = replace(of.ledger, settings=settings, runtime=runtime, clock=clock, ids=dict(of.ledger.ids), hidden={})
        {"sales": _sales_secrets, "service": _service_secrets}[role](made, secrets)
        clock.set(NOW)
        _late(made)
        yield made


def _people(ledger: Ledger) -> None:
    with ledger.writing() as ctx:
        for name, role in PEOPLE.items():
            account = add_account(ctx, name, [role], password=None)
            ledger.people[name] = account.id
            ledger.tokens[name] = add_token(ctx, account)[0]
        ledger.people["admin"] = 1
    assert ledger.people["min"] == 2, "the administrator of the template is account 1"


def _common(ledger: Ledger) -> None:
    """Records of the common past: Chen's customers (c…), Wang's (w…), nobody's (u1), and what hangs on them."""
    add, clock = ledger.add, ledger.clock
    add("p1", "product", {"code": "CP-1", "name": "贵州茅台 53度", "type": "product", "list_price": "1499"})
    add("p2", "product", {"code": "CP-2", "name": "上门安装", "type": "service", "list_price": "80"})
    for name, owner, title, city in (
        ("c1", "chen", "上海宏远贸易有限公司", "上海市浦东新区张江路 1 号"),
        ("c2", "chen", "重庆长江电器商行", "重庆市渝中区解放碑 8 号"),
        ("w1", "wang", "上海宏图科技有限公司", "上海市徐汇区漕溪路 3 号"),
    ):
        clock.set(clock.now().replace(minute=clock.now().minute + 1))
        contacts = [{"name": f"王蕾{name}", "mobile": "13800138000", "is_primary": True, "position": "采购"}]
        values = {"name": title, "kind": "enterprise", "industry": "retail", "owner": ledger.people[owner]}
        # Written by one who sees all, so that owners other than the writer are possible.
        add(
            name, "customer", {**values, "contacts": contacts, "addresses": [{"detail": city, "type": "office"}]}, "min"
        )
        ledger.ids[f"{name}.contact"] = ledger.ids[f"{name}.address"] = len(
            [n for n in "c1 c2 w1".split() if n in ledger.ids]
        )
    add(
        "c3",
        "customer",
        {"name": "单雨桐", "kind": "person", "mobile": "13912345678", "referrer": ledger.ids["c1"]},
        "chen",
    )
    add("u1", "customer", {"name": "长沙银行", "kind": "person", "mobile": "13800138000"}, "min")
    add(
        "lost",
        "customer",
        {"name": "张伟工作室", "kind": "person", "mobile": "13700137000", "remark": "老朋友"},
        "chen",
    )
    for name in ("c1", "c2", "w1"):
        _hang_on(ledger, name, ledger.ids[name])
    with ledger.writing("chen") as ctx:
        gone = write.create(ctx, "customer", {"name": "已删客户", "kind": "person", "mobile": "13600136000"}).ids[0]
    ledger.ids["gone"] = gone
    with ledger.writing("chen") as ctx:
        write.delete(ctx, "customer", [gone])
    with ledger.writing("he") as ctx:
        values = {"customer": ledger.ids["c1"], "type": "complaint", "subject": "包装破损", "received_at": "2026-03-01"}
        ledger.ids["he.ticket"] = write.create(ctx, "ticket", values).ids[0]
    with ledger.writing("min") as ctx:
        shared = {"select": ["code", "name"], "where": {"field": "industry", "op": "eq", "value": "retail"}}
        views.create_view(ctx, "customer", "零售客户", shared, shared=True)
        exporting.create(ctx, {"entity": "customer", "format": "csv"})


def _hang_on(ledger: Ledger, name: str, customer: int, hide: bool = False, **more: Any) -> None:
    """One record of each kind that follows a customer."""
    ids, add = ledger.ids, ledger.add
    k = f"{name}.contract"
    add(k, "contract", {
        "code": f"HT-{name}", "name": "年度框架合同", "customer": customer, "start_on": "2026-01-01",
        "end_on": "2026-12-31", "status": "in_force", **more.get("contract", {}),
    }, hide=hide)  # fmt: skip
    lines = [{"description": "茅台", "quantity": "2", "unit_price": more.get("price", "100"), "product": ids["p1"]}]
    add(f"{name}.order", "order", {
        "customer": customer, "ordered_on": "2026-02-01T02:00:00Z", "status": "completed",
        "owner": ledger.people["wang"],
        "code": f"DD-{name}", "summary": more.get("summary", "两瓶茅台"), "lines": lines, "due_on": "2026-02-10",
    }, hide=hide)  # fmt: skip
    add(f"{name}.ticket", "ticket", {
        "customer": customer, "type": "inquiry", "subject": more.get("summary", "咨询保修"), "code": f"GD-{name}",
        "received_at": "2026-02-02T02:00:00Z", "order": ids[f"{name}.order"], "status": "new",
    }, hide=hide)  # fmt: skip
    add(f"{name}.interaction", "interaction", {
        "customer": customer, "occurred_at": more.get("when", "2026-02-03T02:00:00Z"), "user": ledger.people["wang"],
        "channel": "phone", "content": more.get("summary", "问了价格"), "result": "interested",
    }, hide=hide)  # fmt: skip
    add(f"{name}.task", "task", {
        "title": more.get("summary", "回访"), "customer": customer, "type": "follow_up",
        "due_at": "2026-03-09T02:00:00Z",
        "assignee": ledger.people["wang"], "status": "open",
    }, hide=hide)  # fmt: skip
    _pay(ledger, f"{name}.payment", customer, ids[f"{name}.order"], more.get("paid", "50"), hide)


def _pay(ledger: Ledger, name: str, customer: int, order: int | None, amount: str, hide: bool) -> None:
    ledger.add(name, "payment", {
        "code": f"SK-{name}", "customer": customer, "order": order, "amount": amount, "status": "received",
        "paid_on": "2026-02-05",
    }, hide=hide)  # fmt: skip


# --- secrets ---------------------------------------------------------------------------------------------------------


def _sales_secrets(ledger: Ledger, secrets: Secrets) -> None:
    """Other people's customers with all that hangs on them, links to them, hidden columns of Chen's own customers."""
    ids, people = ledger.ids, ledger.people
    for entity, names in (
        ("customer", ("w1", "u1", "lost")),
        *(
            (e, (f"w1.{e}",))
            for e in ("contact", "address", "contract", "order", "ticket", "interaction", "task", "payment")
        ),
    ):
        ledger.hidden.setdefault(entity, set()).update(ids[name] for name in names)
    hidden: list[int] = []
    living: list[int] = []
    for n, row in enumerate(secrets["rows"]):
        owner = people["wang"] if row["owned"] else None
        values = {"name": row["name"], "kind": "person", "mobile": row["mobile"], "code": f"H-{n}", "owner": owner}
        values |= {
            "opening_amount": row["amount"],
            "remark": row["name"],
            "parent_customer": ids["c3"] if n % 2 else None,
        }
        with ledger.writing("min") as ctx:
            id = write.create(ctx, "customer", values).ids[0]
        hidden.append(id)
        living.append(id)
        if row["hung"]:
            _hang_on(ledger, f"h{n}", id, True, summary=row["name"], paid=row["amount"], price=row["amount"])
        elif row["deleted"] and n:
            with ledger.writing("min") as ctx:
                write.delete(ctx, "customer", [id])
            living.remove(id)
    ledger.hidden["customer"].update(hidden)
    first = hidden[0]
    ledger.add("taken", "contract", {
        "code": "HT-TAKEN", "name": secrets["rows"][0]["name"], "customer": first, "start_on": "2026-01-01",
        "status": "draft", "amount": secrets["rows"][0]["amount"],
    }, hide=True)  # fmt: skip
    # Chen's rows move alike in both worlds; where they point to, and what hidden columns hold, differs.
    link = {None: None, 0: first, 1: living[-1]}
    ledger.change("customer", ids["c1"], {
        "parent_customer": link[secrets["parent"]], "credit_limit": secrets["credit"], "remark": "已拜访",
        "bank_account": ACCOUNTS[secrets["number"]],
    }, "min")  # fmt: skip
    ledger.change("customer", ids["c2"], {
        "referrer": link[secrets["referrer"]], "credit_days": secrets["days"], "remark": "重点",
    }, "min")  # fmt: skip
    ledger.change("customer", ids["c3"], {
        "id_number": ID_NUMBERS[secrets["number"]], "parent_customer": link[secrets["parent"]], "remark": "老客户",
    }, "min")  # fmt: skip
    ledger.add("chen.task", "task", {
        "title": "给他打电话", "customer": link[secrets["task"]], "type": "callback", "due_at": "2026-03-06T02:00:00Z",
        "assignee": people["chen"], "status": "open",
    }, "min")  # fmt: skip
    # Chen's former customer belongs to Wang now: his own change-set of it stays, its content is out of sight.
    ledger.change("customer", ids["lost"], {"owner": people["wang"]}, "min")
    ledger.change("customer", ids["lost"], {"name": secrets["rows"][0]["name"], "remark": secrets["rows"][0]["amount"]})
    ledger.change(
        "customer",
        ids["w1"],
        {"opening_amount": secrets["rows"][0]["amount"], "main_business": secrets["rows"][0]["name"]},
    )
    # One change-set over visible and hidden rows, taken back by one who sees all; hidden rows may be in the way.
    mixed = [ids["c1"], ids["c2"], *living[: secrets["mixed"]], ids["w1"]]
    with ledger.writing("min") as ctx:
        done = bulk(ctx, "customer", ids=mixed, set_={"main_business": "烟酒", "website": "https://example.com"})
    if secrets["in_the_way"]:
        ledger.change("customer", ids["w1"], {"main_business": "改过了"})
    with ledger.writing("min") as ctx:
        undoing.undo(ctx, done["changeset"])
    _others(ledger, secrets)


def _service_secrets(ledger: Ledger, secrets: Secrets) -> None:
    """Amounts, finance section, payments, numbers: on rows that the service desk sees."""
    ids = ledger.ids
    ledger.hidden["payment"] = set(range(1, 40))
    for n, name in enumerate(("c1", "c2", "w1")):
        cells = secrets["cells"][n]
        # A hidden cell that stays as it was would leave no trace where the other world has one: all of these move.
        ledger.change("customer", ids[name], {
            "opening_amount": cells["amount"], "credit_limit": cells["limit"], "invoice_title": cells["text"],
            "payment_habit": cells["habit"], "credit_days": cells["days"], "bank_account": ACCOUNTS[cells["number"]],
            "id_number": ID_NUMBERS[cells["number"]],
        }, "min")  # fmt: skip
        ledger.change(
            "order", ids[f"{name}.order"], {"discount_amount": cells["amount"], "due_on": cells["due"]}, "min"
        )
        ledger.change(
            "contract", ids[f"{name}.contract"], {"amount": cells["limit"], "payment_terms": cells["text"]}, "min"
        )
    for n, name in enumerate(("p1", "p2")):
        ledger.change("product", ids[name], {"list_price": secrets["cells"][n]["amount"]}, "min")
    for n, row in enumerate(secrets["payments"]):
        target = ("c1", "c2", "w1")[row["of"]]
        _pay(ledger, f"x{n}", ids[target], ids[f"{target}.order"] if row["order"] else None, row["amount"], False)
        if row["deleted"]:
            with ledger.writing("min") as ctx:
                write.delete(ctx, "payment", [ids[f"x{n}"]])
    # One change-set over a ticket and payments.
    with ledger.writing("min") as ctx:
        write.update(ctx, "ticket", ids["he.ticket"], {"progress": "已退款"})
        for n in range(secrets["mixed"]):
            values = {"code": f"SK-m{n}", "customer": ids["c1"], "amount": "8", "status": "refunded"}
            write.create(ctx, "payment", values)
    _others(ledger, secrets)


def _others(ledger: Ledger, secrets: Secrets) -> None:
    """What belongs to other people: their own views and exports."""
    for n in range(secrets["views"]):
        with ledger.writing("min") as ctx:
            views.create_view(ctx, "customer", f"私人视图{n}", {"select": ["name"]})
            exporting.create(ctx, {"entity": "customer", "format": "csv"})


def _late(ledger: Ledger) -> None:
    """Visible rows made after the secrets: their ids are not the same in both worlds."""
    values = {"name": "长江新客户", "kind": "person", "mobile": "13800138000", "owner": ledger.people["chen"]}
    ledger.add("late", "customer", values, "min")
    ledger.add("late.ticket", "ticket", {
        "customer": ledger.ids["late"], "type": "praise", "subject": "服务好", "code": "GD-late",
        "received_at": "2026-03-05",
    }, "min")  # fmt: skip


def fits(role: str, catalog: Mapping[str, Any]) -> None:
    """The secrets above are secrets by the test's own policy; a catalog in which they are not is told at once."""
    hidden = policy.hidden_fields(role, catalog)
    used = {
        "sales": {"customer": {"credit_limit", "credit_days"}},
        "service": {
            "customer": {
                "opening_amount",
                "credit_limit",
                "invoice_title",
                "payment_habit",
                "credit_days",
                "bank_account",
            },
            "order": {"discount_amount", "due_on"},
            "contract": {"amount", "payment_terms"},
            "product": {"list_price"},
        },
    }[role]
    for entity, keys in used.items():
        missing = keys - set(hidden[entity])
        assert not missing, f"{role} sees {entity}.{missing}: the worlds would differ in visible cells"
