"""Lists, counts, search, many readers at once, memory: through HTTP against a real server."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from benchmarks import seed
from benchmarks.house import ByHand, Client, House
from benchmarks.measure import Result, memory_mb, plus, spread, times

SELECT = ["code", "name", "kind", "industry", "mobile", "wechat", "total_amount", "email", "stage", "grade",
          "updated_at", "owner.name"]  # fmt: skip
COLUMNS = (
    "c.id, c.rev, c.code, c.name, c.kind, c.industry, c.mobile, c.wechat, c.total_amount, c.email, c.stage,"
    " c.grade, c.updated_at, u.name"
)
FROM = "from customer c left join kehu_account u on u.id = c.owner_id"
PAGE_BAR = "p50 ≤ by hand + empty request + 2 ms, p95 ≤ 50 ms"


def pages(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """A page of 50 × 12, in shapes that an index serves, as administrator and under own rows."""
    admin, clerk = house.client("admin"), house.client("sales")
    me = clerk.call("GET", "/me")["user"]["id"]
    empty = spread(times(lambda _: admin.raw("GET", "/me"), n))
    own = f"select {COLUMNS} {FROM} where c.owner_id = ?"
    shapes: list[tuple[str, Client, dict[str, Any], str, tuple[object, ...]]] = [
        (
            "list_sorted", admin, {"sort": [{"field": "total_amount", "order": "desc"}]},
            f"select {COLUMNS} {FROM} where c.total_amount is not null order by c.total_amount desc, c.id limit 51", (),
        ),
        (
            "list_by_name", admin, {"sort": [{"field": "name", "order": "asc"}]},
            f"select {COLUMNS} {FROM} where c.name__sort is not null order by c.name__sort, c.name, c.id limit 51", (),
        ),
        (
            "list_filtered_own_rows", clerk,
            {"where": {"field": "total_amount", "op": "gte", "value": "100"},
             "sort": [{"field": "updated_at", "order": "desc"}]},
            f"{own} and c.total_amount >= 10000 order by c.updated_at desc, c.id limit 51", (me,),
        ),
        (
            "list_found_by_phone", admin, {"where": {"field": "mobile", "op": "eq", "value": _a_mobile(hand)}},
            f"select {COLUMNS} {FROM} where c.mobile = ? order by c.id limit 51", (_a_mobile(hand),),
        ),
    ]  # fmt: skip
    for name, client, query, sql, parameters in shapes:
        body = json.dumps({"select": SELECT, "limit": 50, **query}).encode()
        ours = spread(times(lambda _, c=client, b=body: _page(c, b), n))  # type: ignore[misc]
        by_hand = plus(spread(times(lambda _, q=sql, p=parameters: hand.rows(q, p), n)), empty)  # type: ignore[misc]
        ok = ours["p50_ms"] <= by_hand["p50_ms"] + 2 and ours["p95_ms"] <= 50
        yield Result(name, ours, by_hand, PAGE_BAR, ok)
    yield _scan(house, hand, admin, empty, max(5, n // 10))


def _scan(house: House, hand: ByHand, client: Client, empty: dict[str, float], n: int) -> Result:
    """A shape that no index serves."""
    query = {"select": SELECT, "limit": 50, "where": {"field": "wechat", "op": "contains", "value": "99"},
             "sort": [{"field": "credit_limit", "order": "desc"}]}  # fmt: skip
    body = json.dumps(query).encode()
    sql = f"select {COLUMNS} {FROM} where c.wechat like '%99%' order by c.credit_limit desc, c.id limit 51"
    if hand.postgres:
        sql = sql.replace("c.credit_limit desc", "c.credit_limit desc nulls last")
    ours = spread(times(lambda _: client.raw("POST", "/records/customer/query", body), n, warm=1))
    by_hand = plus(spread(times(lambda _: hand.rows(sql), n, warm=1)), empty)
    status, raw = client.raw("POST", "/records/customer/query", body)
    told = status == 200 or json.loads(raw)["code"] == "query.slow"
    ok = told and (ours["p50_ms"] <= 1.3 * by_hand["p50_ms"] + 2 or status == 503) and ours["p95_ms"] <= 2500
    return Result("list_without_index", ours, by_hand, "≤ 1.3 × by hand; stops at 2 s and names the index", ok)


def counts(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """Exact counts of a filtered list, each one new, over the page without a count."""
    client = house.client()
    bounds = random.Random(seed.SEED).sample(range(1, 40_000), n + 3)

    def ask(number: int, count: str) -> object:
        where = {"field": "total_amount", "op": "gte", "value": f"{bounds[number]}.00"}
        query = {"select": ["name"], "where": where, "limit": 1, "count": count,
                 "sort": [{"field": "total_amount", "order": "asc"}]}  # fmt: skip
        return client.call("POST", "/records/customer/query", query)

    page = spread(times(lambda number: ask(number, "none"), n, warm=0))
    ours = spread(times(lambda number: ask(number, "exact"), n, warm=0))
    sql = "select count(*) from customer where total_amount >= ?"
    raw = spread(times(lambda number: hand.rows(sql, (bounds[number] * 100,)), n, warm=1))
    by_hand = plus(raw, page)
    extra = ours["p50_ms"] - page["p50_ms"]
    yield Result(
        "count_exact", ours, by_hand, "≤ 1.2 × raw COUNT(*), beside the page", extra <= 1.2 * raw["p50_ms"] + 1
    )


def search(house: House, hand: ByHand, n: int) -> Iterator[Result]:
    """Search as you type, every kind of word, as administrator and under own rows."""
    most = 100 if hand.postgres else 50
    rng = random.Random(seed.SEED)
    mobiles = [row[0] for row in hand.rows("select mobile from customer order by id limit 200")]
    kinds: dict[str, tuple[list[str], str]] = {
        "1_char": ([rng.choice("宏恒华金瑞鑫天永百东") for _ in range(n)], "name like ?"),
        "2_chars": ([rng.choice(seed.WORDS) for _ in range(n)], "name like ?"),
        "3_chars": ([(rng.choice(seed.WORDS) + rng.choice(seed.LINES))[:3] for _ in range(n)], "name like ?"),
        "pinyin": ([rng.choice(("hongyuan", "ruifeng", "jinding", "xinda", "taihe")) for _ in range(n)],
                   "name__sort like ?"),
        "initials": ([rng.choice(("hy", "rfmy", "jd", "xdkj", "thsy")) for _ in range(n)], "name__sort like ?"),
        "phone_tail": ([str(rng.choice(mobiles))[-4:] for _ in range(n)], "mobile like ?"),
    }  # fmt: skip
    for who in ("admin", "sales"):
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
    ours = _together(house, seconds, lambda client: _page(client, body))
    empty = _together(house, seconds, lambda client: client.raw("GET", "/me"))
    bar = "≥ 370 requests/s (by hand: the empty request)"
    yield Result("8_connections", {"per_second": ours}, {"per_second": empty}, bar, ours >= 370)


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


def _together(house: House, seconds: float, work: Any) -> float:
    done = [0] * 8
    until = time.perf_counter() + seconds

    def run(place: int) -> None:
        client = house.client()
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


def _a_mobile(hand: ByHand) -> str:
    return str(hand.rows("select mobile from customer order by id limit 1")[0][0])


def _like(word: str) -> str:
    return f"%{word}%"
