"""Lists, counts, search, many readers at once, memory: through HTTP against a real server."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from benchmarks import seed
from benchmarks.house import ByHand, Client, House
from benchmarks.measure import Result, in_turn, memory_mb, plus, spread, times
from kehu.base.common import regions
from tools.people import People

SELECT = ["code", "name", "kind", "industry", "mobile", "wechat", "total_amount", "email", "stage", "grade",
          "updated_at", "owner.name"]  # fmt: skip
COLUMNS = (
    "c.id, c.rev, c.code, c.name, c.kind, c.industry, c.mobile, c.wechat, c.total_amount, c.email, c.stage,"
    " c.grade, c.updated_at, u.name"
)
FROM = "from customer c left join kehu_account u on u.id = c.owner_id"
_CORES_FOR_TWO = 4  # two processes, their database, and who asks
PAGE_BAR = "p50 ≤ by hand + empty request + 2 ms, p95 ≤ 50 ms"


def pages(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """A page of 50 × 12, in shapes that an index serves, as administrator and under own rows."""
    admin = house.client("admin")
    for name, who, query, condition, parameters in _shapes(house, hand):
        client = house.client(who)
        body = json.dumps({"select": SELECT, "limit": 50, **query}).encode()
        if who != "admin":
            condition = f"c.owner_id = {client.call('GET', '/me')['user']['id']} and {condition}"
        sql = f"select {COLUMNS} {FROM} where {condition} limit 51"
        if "at" in query:
            sql += f" offset {query['at']}"
        ours, bare, empty = in_turn(
            n,
            lambda _, c=client, b=body: _page(c, b),  # type: ignore[misc]
            lambda _, q=sql, p=parameters: hand.rows(q, p),  # type: ignore[misc]
            lambda _: admin.raw("GET", "/me"),
        )
        by_hand = plus(bare, empty)
        ok = ours["p50_ms"] <= by_hand["p50_ms"] + 2 and ours["p95_ms"] <= 50
        yield Result(name, ours, by_hand, PAGE_BAR, ok)
    yield _scan(house, hand, admin, max(5, n // 10))


Shape = tuple[str, str, dict[str, Any], str, tuple[object, ...]]


def _shapes(house: House, hand: ByHand) -> list[Shape]:
    """Name, who asks, the query, and the same by hand: condition and order, with their values."""

    def by(field: str, order: str = "desc") -> dict[str, Any]:
        return {"sort": [{"field": field, "order": order}]}

    def where(*tests: tuple[str, str, object]) -> dict[str, Any]:
        return {"where": {"and": [{"field": field, "op": op, "value": value} for field, op, value in tests]}}

    latest = "c.updated_at is not null order by c.updated_at desc, c.id desc"
    richest = "c.total_amount is not null order by c.total_amount desc, c.id desc"
    mobile = str(hand.rows("select mobile from customer order by id limit 1")[0][0])
    tagged = "exists (select 1 from {} w where w.id = c.id and w.value in (?, ?))".format(_table(hand, "tags"))
    dear = 'exists (select 1 from "order" o where o.customer_id = c.id and o.amount >= 500000)'
    within = " or ".join(f"(c.region >= '{low}' and c.region < '{high}')" for low, high in regions.under("east_china"))
    some = {"some": {"relation": "orders", "where": {"field": "amount", "op": "gte", "value": "5000"}}}
    return [
        ("list_no_filter", "admin", {}, "1 = 1 order by c.id", ()),
        ("list_sorted", "admin", by("total_amount"), richest, ()),
        ("list_by_name", "admin", by("name", "asc"),
         "c.name__sort is not null order by c.name__sort, c.name, c.id", ()),
        ("list_by_date", "admin", by("last_cooperation_on"),
         "c.last_cooperation_on is not null order by c.last_cooperation_on desc, c.id desc", ()),
        ("list_by_option", "admin", by("kind", "asc"), "c.kind = 'enterprise' order by c.id", ()),
        ("list_1_filter", "admin", where(("industry", "eq", "retail")) | by("updated_at"),
         f"c.industry = 'retail' and {latest}", ()),
        ("list_3_filters", "admin",
         where(("industry", "eq", "retail"), ("kind", "eq", "enterprise"), ("total_amount", "gte", "100"))
         | by("total_amount"),
         f"c.industry = 'retail' and c.kind = 'enterprise' and c.total_amount >= 10000 and {richest}", ()),
        ("list_region_under", "admin", where(("region", "under", "华东")) | by("updated_at"),
         f"({within}) and {latest}", ()),
        ("list_tags_any", "admin", where(("tags", "any_of", ["重点", "华东"])) | by("updated_at"),
         f"{tagged} and {latest}", ("重点", "华东")),
        ("list_tags_all", "admin", where(("tags", "all_of", ["重点"])) | by("updated_at"),
         f"{tagged} and {latest}", ("重点", "重点")),
        ("list_relation_path", "admin", where(("owner.name", "eq", "销售03")) | by("updated_at"),
         f"u.name = '销售03' and {latest}", ()),
        ("list_some_orders", "admin", {"where": some} | by("total_amount"), f"{dear} and {richest}", ()),
        ("list_at_deep", "admin", {"at": house.rows * 9 // 10} | by("updated_at"), latest, ()),
        ("list_found_by_phone", "admin", where(("mobile", "eq", mobile)), "c.mobile = ? order by c.id", (mobile,)),
        ("list_filtered_own_rows", "sales", where(("total_amount", "gte", "100")) | by("updated_at"),
         f"c.total_amount >= 10000 and {latest}", ()),
        ("list_own_400", "sales_400", by("updated_at"), latest, ()),
        ("list_own_40", "sales_40", by("total_amount"), richest, ()),
    ]  # fmt: skip


def _table(hand: ByHand, field: str) -> str:
    """The mirror table of a list field of customers."""
    catalog = "select tablename from pg_tables" if hand.postgres else "select name from sqlite_master"
    found = [str(row[0]) for row in hand.rows(catalog)]
    return next(name for name in found if "customer" in name and name.endswith(f"_{field}"))


def _scan(house: House, hand: ByHand, client: Client, n: int) -> Result:
    """A shape that no index serves."""
    query = {"select": SELECT, "limit": 50, "where": {"field": "wechat", "op": "contains", "value": "99"},
             "sort": [{"field": "credit_limit", "order": "desc"}]}  # fmt: skip
    body = json.dumps(query).encode()
    sql = f"select {COLUMNS} {FROM} where c.wechat like '%99%' order by c.credit_limit desc, c.id desc limit 51"
    if hand.postgres:
        sql = sql.replace("c.credit_limit desc", "c.credit_limit desc nulls last")
    ours, bare, empty = in_turn(
        n,
        lambda _: client.raw("POST", "/records/customer/query", body),
        lambda _: hand.rows(sql),
        lambda _: client.raw("GET", "/me"),
    )
    by_hand = plus(bare, empty)
    status, raw = client.raw("POST", "/records/customer/query", body)
    told = status == 200 or json.loads(raw)["code"] == "query.slow"
    ok = told and (ours["p50_ms"] <= 1.3 * by_hand["p50_ms"] + 2 or status == 503) and ours["p95_ms"] <= 2500
    return Result("list_without_index", ours, by_hand, "≤ 1.3 × by hand; stops at 2 s and names the index", ok)


NEAR = 1.3  # a page of a large ledger beside one of 10,000 customers


def growth(house: House, hand: ByHand, small: House, beside: ByHand, n: int) -> Iterator[Result]:
    """Every shape of a list in a large ledger and in a small one, in turn."""
    few = {name: query for name, _, query, *_ in _shapes(small, beside)}
    for name, who, query, *_ in _shapes(house, hand):
        if "at" in query:
            continue  # a jump reads the ids before it: it grows with how far it goes
        bodies = [json.dumps({"select": SELECT, "limit": 50, **one}).encode() for one in (query, few[name])]
        clients = house.client(who), small.client(who)
        ours, near = in_turn(n, *(lambda _, c=c, b=b: _page(c, b) for c, b in zip(clients, bodies, strict=True)))
        bar = f"≤ {NEAR} × the same with {small.rows:,} customers (by hand: that)"
        name = f"growth_{name.removeprefix('list_')}"
        yield Result(name, ours, near, bar, ours["p50_ms"] <= NEAR * near["p50_ms"])


def counts(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """Exact counts of a filtered list, each one new, over the page without a count."""
    client = house.client()
    bounds = random.Random(seed.SEED).sample(range(1, 40_000), n + 3)

    def ask(number: int, count: str) -> object:
        where = {"field": "total_amount", "op": "gte", "value": f"{bounds[number]}.00"}
        query = {"select": ["name"], "where": where, "limit": 1, "count": count,
                 "sort": [{"field": "total_amount", "order": "asc"}]}  # fmt: skip
        return client.call("POST", "/records/customer/query", query)

    sql = "select count(*) from customer where total_amount >= ?"
    page, ours, raw = in_turn(
        n,
        lambda number: ask(number, "none"),
        lambda number: ask(number, "exact"),
        lambda number: hand.rows(sql, (bounds[number] * 100,)),
    )
    by_hand = plus(raw, page)
    extra = ours["p50_ms"] - page["p50_ms"]
    yield Result(
        "count_exact", ours, by_hand, "≤ 1.2 × raw COUNT(*), beside the page", extra <= 1.2 * raw["p50_ms"] + 1
    )


def groups(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """Sums by stage over all customers, and a count that is asked again."""
    client = house.client()
    body = {"group": [{"field": "stage"}], "measures": [{"op": "count"}, {"op": "sum", "field": "total_amount"}]}
    ours = spread(times(lambda _: client.call("POST", "/records/customer/aggregate", body), n, warm=1))
    sql = "select stage, count(*), sum(total_amount) from customer group by stage"
    by_hand = spread(times(lambda _: hand.rows(sql), n, warm=1))
    yield Result("group_by_stage", ours, by_hand, "≤ 2.5 × by hand (groups and total)",
                 ours["p50_ms"] <= 2.5 * by_hand["p50_ms"] + 5)  # fmt: skip
    query = {"select": [], "limit": 1, "count": "exact", "where": {"field": "kind", "op": "eq", "value": "enterprise"}}
    again = spread(times(lambda _: client.call("POST", "/records/customer/query", query), n))
    raw = spread(times(lambda _: hand.rows("select count(*) from customer where kind = 'enterprise'"), n, warm=1))
    yield Result("count_asked_again", again, raw, "p95 ≤ 50 ms: remembered until a write", again["p95_ms"] <= 50)


def record(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """The duplicate check before a save, the history of a record, and a record as it was."""
    client, rng = house.client(), random.Random(seed.SEED + 5)
    known = hand.rows("select id, name, mobile from customer order by id limit 200")
    drafts = [{"name": rng.choice(known)[1], "mobile": rng.choice(known)[2]} for _ in range(n + 3)]
    sql = "select id from customer where name = ? or mobile = ? limit 20"
    ours = spread(times(lambda i: client.call("POST", "/duplicates/customer", drafts[i]), n))
    by_hand = spread(times(lambda i: hand.rows(sql, (drafts[i]["name"], drafts[i]["mobile"])), n))
    yield Result("duplicate_check", ours, by_hand, "p95 ≤ 50 ms", ours["p95_ms"] <= 50)
    sql = "select tx, before from kehu_change where entity = 'customer' and record = ?"
    by_hand = spread(times(lambda i: hand.rows(sql, (known[i][0],)), n))
    paths = {"history": "/history", "as_of": "?as_of=2026-01-01T00:00:00Z"}
    for name, path in paths.items():
        ours = spread(times(lambda i, p=path: client.raw("GET", f"/records/customer/{known[i][0]}{p}"), n))  # type: ignore[misc]
        yield Result(name, ours, by_hand, "p95 ≤ 50 ms", ours["p95_ms"] <= 50)


def order_line(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """One more line of an order: its sum, and what its customer has bought, for 散客 and for everybody."""
    client = house.client()
    most = 50 if hand.postgres else 20
    few = 'select max(id) from "order" where customer_id = (select max(customer_id) from "order")'
    for name, sql in (("walk_in", 'select min(id) from "order" where customer_id = 1'), ("usual", few)):
        id = hand.rows(sql)[0][0]
        if id is None:
            continue
        row = {"order": id, "description": "办公椅", "quantity": 2, "unit_price": "128.00"}
        ours = spread(times(lambda _, r=row: client.call("POST", "/records/order_line", r), n))  # type: ignore[misc]
        same = '(select customer_id from "order" where id = ?)'
        many = hand.rows(f'select count(*) from "order" where customer_id = {same}', (id,))[0][0]
        by_hand = spread(times(lambda _, i=id: hand.rows('select id from "order" where id = ?', (i,)), n))  # type: ignore[misc]
        bar = f"p95 ≤ {most} ms, a customer with {many:,} orders (by hand: reading the order)"
        yield Result(f"save_order_line_{name}", ours, by_hand, bar, ours["p95_ms"] <= most)


def search(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """Search as you type, every kind of word, as administrator and under own rows."""
    most = 100 if hand.postgres else 50
    rng = random.Random(seed.SEED)
    mobiles = [row[0] for row in hand.rows("select mobile from customer order by id limit 200")]
    names = [row[0] for row in hand.rows("select name from customer where id > 1 order by id limit 200")]
    kinds: dict[str, tuple[list[str], str]] = {
        "1_char": ([rng.choice("宏恒华金瑞鑫天永百东") for _ in range(n)], "name like ?"),
        "2_chars": ([rng.choice(seed.WORDS) for _ in range(n)], "name like ?"),
        "3_chars": ([(rng.choice(seed.WORDS) + rng.choice(seed.LINES))[:3] for _ in range(n)], "name like ?"),
        "pinyin": ([rng.choice(("hongyuan", "ruifeng", "jinding", "xinda", "taihe")) for _ in range(n)],
                   "name__sort like ?"),
        "initials": ([rng.choice(("hy", "rfmy", "jd", "xdkj", "thsy")) for _ in range(n)], "name__sort like ?"),
        "whole_name": ([str(rng.choice(names)) for _ in range(n)], "name like ?"),
        "whole_phone": ([str(rng.choice(mobiles)) for _ in range(n)], "mobile like ?"),
        "phone_start": ([str(rng.choice(mobiles))[:3] for _ in range(n)], "mobile like ?"),
        "phone_tail": ([str(rng.choice(mobiles))[-4:] for _ in range(n)], "mobile like ?"),
    }  # fmt: skip
    for who in ("admin", "sales", "sales_400"):
        client = house.client(who)
        own = "" if who == "admin" else f" and owner_id = {client.call('GET', '/me')['user']['id']}"
        for kind, (words, condition) in kinds.items():
            bodies = [
                json.dumps({"select": ["code", "name", "mobile"], "search": word, "limit": 20}).encode()
                for word in words
            ]
            sql = f"select id, code, name, mobile from customer where {condition}{own} limit 20"
            ours = spread(times(lambda i, b=bodies, c=client: _page(c, b[i]), n))  # type: ignore[misc]
            by_hand = spread(times(lambda i, q=sql, w=words: hand.rows(q, (_like(w[i]),)), n))  # type: ignore[misc]
            bar = f"p95 ≤ {most} ms"
            yield Result(f"search_{kind}_{who}", ours, by_hand, bar, ours["p95_ms"] <= most)


def everywhere(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """The search box over all entities at once."""
    most = 100 if hand.postgres else 50
    client, rng = house.client(), random.Random(seed.SEED)
    words = [rng.choice(seed.WORDS) for _ in range(n)]
    ours = spread(times(lambda i: client.call("GET", f"/search?q={quote(words[i])}&limit=20"), n))
    sql = "select id, name from customer where name like ? limit 20"
    by_hand = spread(times(lambda i: hand.rows(sql, (_like(words[i]),)), n))
    yield Result("search_everywhere_2_chars", ours, by_hand, f"p95 ≤ {most} ms", ours["p95_ms"] <= most)


def crowd(house: House, hand: ByHand, seconds: float) -> Iterator[Result]:
    """Eight connections reading list pages at once."""
    body = json.dumps({"select": SELECT, "limit": 50, "sort": [{"field": "total_amount", "order": "desc"}]}).encode()
    ours = _together((house,), seconds, lambda client: _page(client, body))
    empty = _together((house,), seconds, lambda client: client.raw("GET", "/me"))
    bar = "≥ 370 requests/s (by hand: the empty request)"
    yield Result("8_connections", {"per_second": ours}, {"per_second": empty}, bar, ours >= 370)


def several(house: House, second: House, people: int, seconds: float) -> Iterator[Result]:
    """A second process over the same database: many people at both, and how much more two answer than one."""
    crowd = People(people, [house.url, second.url], house.tokens["admin"])
    crowd.work(seconds)
    failed = sum(crowd.errors.values())
    waited = spread([1000 * wait for wait in crowd.reads])
    saved = spread([1000 * wait for wait in crowd.writes])
    bar = f"p95 ≤ 500 ms, no error: {people:,} people, two processes, {failed} of {len(crowd.reads):,} (by hand: saves)"
    yield Result("people_reading", waited, saved, bar, waited["p95_ms"] <= 500 and not failed)
    body = json.dumps({"select": SELECT, "limit": 50, "sort": [{"field": "total_amount", "order": "desc"}]}).encode()
    one, two = (_together(houses, 5.0, lambda client: _page(client, body)) for houses in ((house,), (house, second)))
    cores = os.cpu_count() or 1
    allowed = cores >= _CORES_FOR_TWO
    bar = f"≥ 1.6 × one process (by hand) where cores allow: {_CORES_FOR_TWO}, here {cores}"
    yield Result("two_processes", {"per_second": two}, {"per_second": one}, bar, two >= 1.6 * one or not allowed)


def disk(house: House, hand: ByHand) -> Iterator[Result]:
    """What the ledger takes on disk: records, indexes, history, search."""
    if hand.postgres:
        size = int(hand.rows("select pg_database_size(current_database())")[0][0])
    else:
        size = sum(one.stat().st_size for one in house.settings.data.glob("ledger.db*"))
    records = sum(int(hand.rows(f'select count(*) from "{key}"')[0][0]) for key in seed.LOADED)
    bar = f"no bar: {records:,} records, {size / records:.0f} bytes each"
    yield Result("disk", {"mb": round(size / 1e6)}, {}, bar, ok=True)


def memory(house: House, hand: ByHand, requests: int) -> Iterator[Result]:
    """Memory of the server after many different pages."""
    client = house.client()
    before = memory_mb(house.process_id)
    for number in range(requests):
        query = {"select": SELECT, "limit": 50, "at": number * 50 % max(50, house.rows - 50) % 9_000,
                 "sort": [{"field": "total_amount", "order": "desc"}]}  # fmt: skip
        _page(client, json.dumps(query).encode())
    after = memory_mb(house.process_id)
    if before is None or after is None:
        return
    bar = f"≤ 250 MB after {requests:,} pages (by hand: before them)"
    yield Result("memory", {"mb": after}, {"mb": before}, bar, after <= 250, memory_mb=after)


def _together(houses: Sequence[House], seconds: float, work: Any) -> float:
    """Requests a second of eight connections, spread over the servers."""
    done = [0] * 8
    until = time.perf_counter() + seconds

    def run(place: int) -> None:
        client = houses[place % len(houses)].client()
        while time.perf_counter() < until:
            work(client)
            done[place] += 1

    threads = [threading.Thread(target=run, args=(place,)) for place in range(8)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(sum(done) / (time.perf_counter() - started), 1)


def _page(client: Client, body: bytes) -> None:
    status, raw = client.raw("POST", "/records/customer/query", body)
    if status != 200:
        raise RuntimeError(f"query: {status} {raw[:400].decode('utf-8', 'replace')}")


def _like(word: str) -> str:
    return f"%{word}%"
