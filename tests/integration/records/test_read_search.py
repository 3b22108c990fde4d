"""Search: what is typed is found, ranked, under the reader's rows and fields, in the box of a list and everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from kehu.base.common import pinyin
from kehu.base.errors import BadInput
from kehu.core.context import Actor
from kehu.core.records import counts, planning, read, read_search
from kehu.core.search import index
from kehu.core.search import query as search_query
from tests.support import postgres
from tests.support.reading import AUDITOR, BOSS, LI, PEOPLE, ZHOU, ReadLedger, answer
from tests.support.statements import noted

CUSTOMERS = [
    {
        "id": 1,
        "name": "杭州澜屿软件有限公司",
        "owner": 1,
        "mobile": "13800000001",
        "note": "客户希望年底前上线协同办公系统",
    },
    {"id": 2, "name": "苏州恒岚精密机械有限公司", "owner": 1, "mobile": "13800000002", "tags": ("重点客户",)},
    {"id": 3, "name": "宁波启澜进出口有限公司", "owner": 2, "mobile": "13900000003", "invoice_title": "启澜开票专用"},
    {"id": 4, "name": "澜屿", "owner": 2, "updated_at": "2026-02-01T00:00:00.000Z"},
    {"id": 5, "name": "单雨桐", "owner": 1, "mobile": "13700001234"},
    {"id": 6, "name": "澜屿工作室", "owner": 2},
    {"id": 7, "name": "重庆小面馆", "owner": None, "note": "老板喜欢软件"},
]
CONTACTS = [
    {"id": 1, "name": "沈亦舟", "customer": 1, "mobile": "13611112222"},
    {"id": 2, "name": "郑海", "customer": 3, "mobile": "13733334444"},
]
ORDERS = [
    {"id": 1, "code": "2026-TEC-001", "customer": 1, "amount": 100},
    {"id": 2, "code": "2026-TEC-002", "customer": 3, "amount": 100},
]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadLedger]:
    folder = tmp_path_factory.mktemp("search")
    if request.param == "sqlite":
        made = ReadLedger(None, folder)
        yield from _filled(made)
        return
    request.getfixturevalue("postgres_server")
    with postgres.fresh_database() as url:
        yield from _filled(ReadLedger(url, folder))


@pytest.fixture(autouse=True)
def _looks_at_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few records would all be looked at one by one: let the index be asked as well, as in a large ledger."""
    monkeypatch.setattr(search_query, "NEWEST", 2)
    monkeypatch.setattr(search_query, "SPREAD", (2, 1))


def _filled(made: ReadLedger) -> Iterator[ReadLedger]:
    made.put("user", [{"id": id, "name": name} for id, name in PEOPLE])
    made.put("customer", CUSTOMERS)
    made.put("contact", CONTACTS)
    made.put("order", ORDERS)
    with made.dialect.write() as tx:
        index.rebuild(made.ctx(tx))
    yield made
    made.close()


def hits(ledger: ReadLedger, actor: Actor, text: str, limit: int = 20) -> list[Any]:
    """What the search over everything finds."""
    with ledger.reading(actor) as ctx:
        found: list[Any] = answer(read.search_all(ctx, text, limit))["hits"]
        return found


def places(ledger: ReadLedger, actor: Actor, text: str) -> list[tuple[str, int]]:
    """Which records are found, in order."""
    return [(hit["entity"], hit["id"]) for hit in hits(ledger, actor, text)]


def listed(ledger: ReadLedger, actor: Actor, text: str, **body: Any) -> list[int]:
    """What the box of the customer list finds."""
    with ledger.reading(actor) as ctx:
        return [row[0] for row in answer(read.query(ctx, "customer", {"search": text, "select": [], **body}))["rows"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("澜屿", [1, 4, 6]),
        ("启澜", [3]),
        ("lanyu", [1, 4, 6]),
        ("shanyutong", [5]),
        ("hzly", [1]),
        ("1234", [5]),
        ("1380000", [1, 2]),
        ("沈亦舟", [1]),
        ("4444", [3]),
        ("重点客户", [2]),
        ("软件", [1, 7]),
        ("杭州 软件", [1]),
        ("公司澜", []),
        ("%", []),
        ("没有这样的", []),
        ("' OR 1=1 --", []),
        ('"*', []),
    ],
)
def test_what_is_typed_is_found(ledger: ReadLedger, text: str, found: list[int]) -> None:
    assert listed(ledger, BOSS, text) == found
    assert {id for entity, id in places(ledger, BOSS, text) if entity == "customer"} == set(found)


def test_exact_names_come_first_then_beginnings_then_words_and_long_texts_last(ledger: ReadLedger) -> None:
    assert places(ledger, BOSS, "澜屿") == [("customer", 4), ("customer", 6), ("customer", 1)]
    assert places(ledger, BOSS, "软件")[-1] == ("customer", 7), "found in a long text only"
    assert places(ledger, BOSS, "2026-TEC-00") == [("order", 2), ("order", 1)]


def test_a_hit_says_what_it_is_and_why(ledger: ReadLedger) -> None:
    (hit,) = hits(ledger, BOSS, "2026-tec-001")
    assert hit == {
        "entity": "order",
        "id": 1,
        "title": "2026-TEC-001",
        "subtitle": "杭州澜屿软件有限公司",
        "matched": [{"field": "code", "text": "2026-TEC-001", "met": [[0, 12]]}],
    }
    by_contact = next(hit for hit in hits(ledger, BOSS, "沈亦舟") if hit["entity"] == "customer")
    assert by_contact["matched"] == [{"field": "contact.name", "text": "沈亦舟", "met": [[0, 3]]}]


def test_own_rows_only(ledger: ReadLedger) -> None:
    assert listed(ledger, ZHOU, "澜") == [1]
    assert places(ledger, ZHOU, "澜屿") == [("customer", 1)]
    assert places(ledger, ZHOU, "2026-TEC") == [("order", 1)]
    assert places(ledger, ZHOU, "4444") == []
    assert places(ledger, ZHOU, "软件") == [("customer", 1)]


def test_fields_out_of_sight_find_nothing(ledger: ReadLedger) -> None:
    assert listed(ledger, BOSS, "开票专用") == [3]
    assert listed(ledger, LI, "开票专用") == []
    assert hits(ledger, LI, "开票专用") == []
    assert "invoice_title" not in str(hits(ledger, LI, "启澜"))
    assert hits(ledger, AUDITOR, "澜屿") == []


def test_figures_are_those_of_the_records_that_the_box_finds(
    ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counts of a board, of groups and under columns, while one searches."""
    asked = {"group": [{"field": "owner"}], "measures": [{"op": "count"}], "search": "澜屿"}
    mine = {"field": "owner", "op": "eq", "value": 2}
    for actor, where in ((BOSS, None), (BOSS, mine), (ZHOU, None), (LI, None)):
        found = listed(ledger, actor, "澜屿", where=where)
        with ledger.reading(actor) as ctx:
            told = answer(read.aggregate(ctx, "customer", {**asked, "where": where}))
        assert told["total"][1] == sum(row[1] for row in told["rows"]) == len(found), (actor, where)
    monkeypatch.setattr("kehu.core.records.read_search.CHECKED", 0)
    monkeypatch.setattr("kehu.core.records.read_search.LISTED", 1)
    with ledger.reading(BOSS) as ctx:
        assert answer(read.aggregate(ctx, "customer", asked))["total"] == [None, 3], "by the tokens alone"


def test_the_box_goes_with_filters_sort_and_pages(ledger: ReadLedger) -> None:
    mine = {"field": "owner", "op": "eq", "value": 2}
    assert listed(ledger, BOSS, "澜屿", where=mine, sort=[{"field": "name", "order": "desc"}]) == [6, 4]
    with ledger.reading(BOSS) as ctx:
        first = answer(read.query(ctx, "customer", {"search": "澜屿", "limit": 2, "count": "exact", "select": []}))
        assert first["count"] == {"value": 3, "exact": True}
        rest = answer(read.query(ctx, "customer", {"search": "澜屿", "limit": 2, "after": first["next"], "select": []}))
        assert [row[0] for row in first["rows"] + rest["rows"]] == [1, 4, 6]
        assert read.select_ids(ctx, "customer", None, "澜屿") == [1, 4, 6]
        assert [row[0] for row in answer(read.query(ctx, "customer", {"search": "  ", "select": []}))["rows"]] == list(
            range(1, 8)
        )


@pytest.mark.parametrize(
    ("asks", "walked", "sifted"),
    [
        (False, True, (2, 5)),
        (False, True, (1, 2)),
        (False, True, (1, 50)),
        (False, True, (0, 0)),
        (True, True, (0, 0)),
        (False, False, (0, 0)),
    ],
)
def test_many_candidates_are_not_checked_one_by_one(
    ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch, asks: bool, walked: bool, sifted: tuple[int, ...]
) -> None:
    monkeypatch.setattr("kehu.core.records.read_search.SIFTED", sifted)
    monkeypatch.setattr("kehu.core.records.read_search.CHECKED", 1)
    monkeypatch.setattr("kehu.core.records.read_search.LISTED", 1)
    monkeypatch.setattr(ledger.dialect, "finds_one_row", asks)
    monkeypatch.setattr("kehu.core.records.planning.walkable", lambda ctx, shape: walked)
    assert listed(ledger, BOSS, "澜屿") == [1, 4, 6]
    with ledger.reading(BOSS) as ctx:
        body = {"search": "澜屿", "select": [], "limit": 1, "count": "exact", "sort": [{"field": "name"}]}
        found = answer(read.query(ctx, "customer", {**body, "at": 1}))
        assert (found["rows"][0][0], found["count"]["value"]) == (4, 3)
        pages, after = [], None
        while after is not None or not pages:
            some = answer(read.query(ctx, "customer", {**body, "after": after}))
            pages += [row[0] for row in some["rows"]]
            after = some["next"]
        assert pages == [1, 4, 6], "page by page, whichever way each is read"
        assert read.select_ids(ctx, "customer", None, "澜屿") == [1, 4, 6]
    assert listed(ledger, ZHOU, "公司") == [1, 2]
    assert listed(ledger, LI, "开票专用") == []
    assert listed(ledger, BOSS, "软件") == [1, 7]


@pytest.mark.parametrize("dense", [False, True])
def test_hits_are_looked_up_by_their_ids_or_met_on_the_way(
    ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch, dense: bool
) -> None:
    monkeypatch.setattr(planning, "LEAPS", 10**9 if dense else 0)
    monkeypatch.setattr(planning, "_indexes", lambda ctx, shape: [["name__sort", "id"]])
    plans: list[str] = []
    if not ledger.dialect.knows_values:
        monkeypatch.setattr(ledger.dialect, "run", _explaining(ledger.dialect.run, plans))
    by_name = [{"field": "name"}]
    assert listed(ledger, BOSS, "澜屿", sort=by_name) == [1, 4, 6]
    assert listed(ledger, BOSS, "澜屿", sort=by_name, at=1, limit=1) == [4]
    assert listed(ledger, BOSS, "澜屿", sort=by_name, where={"field": "owner", "op": "eq", "value": 2}) == [4, 6]
    assert listed(ledger, ZHOU, "公司", sort=by_name) == [1, 2]
    assert listed(ledger, BOSS, "澜屿") == [1, 4, 6]
    if plans:
        read_by_id = "SEARCH t1 USING INTEGER PRIMARY KEY (rowid=?)" in plans[0]
        assert read_by_id is not dense, "few hits among a million records must not read the million"
        assert "SEARCH t1 USING INTEGER PRIMARY KEY (rowid=?)" in plans[-1], "in the order of ids nothing is sorted"


def _explaining(honest: Any, plans: list[str]) -> Any:
    """Run statements as ever, and note how SQLite means to read the pages of lists."""

    def run(connection: Any, sql: str, values: Any, **more: Any) -> Any:
        if "group_concat(rows.line" in sql:
            steps = honest(connection, f"explain query plan {sql}", values).fetchall()
            plans.append("\n".join(step[3] for step in steps))
        return honest(connection, sql, values, **more)

    return run


def test_tokens_are_looked_up_by_the_index_whatever_the_planner_guesses(ledger: ReadLedger) -> None:
    with ledger.reading(BOSS) as ctx, noted(ctx.dialect) as asked:
        read.search_all(ctx, "1380", limit=5)
        switched = re.findall(r"enable_seqscan = (\w+)", "; ".join(sql for sql, _ in asked))
        if ctx.dialect.name == "postgres":
            assert switched == ["off"], "once a search, and back with the next statement that is no part of it"
            assert ctx.tx.exec_driver_sql("show enable_seqscan").scalar_one() == "on"
            assert ctx.tx.exec_driver_sql("show plan_cache_mode").scalar_one() == "auto"
        else:
            assert switched == []


@pytest.mark.parametrize("newest", [1, 2, 3, 60])
@pytest.mark.parametrize("spread", [(1, 1), (3, 2), (8, 20)])
@pytest.mark.parametrize("laid", [0.0, 1e9])
def test_the_newest_are_walked_or_the_index_is_asked_with_the_same_answer(
    ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch, newest: int, spread: tuple[int, int], laid: float
) -> None:
    monkeypatch.setattr(search_query, "NEWEST", newest)
    monkeypatch.setattr(search_query, "SPREAD", spread)
    monkeypatch.setattr(search_query, "LAID", laid)
    with ledger.reading(BOSS) as ctx, noted(ctx.dialect) as asked:
        for typed, found in (("澜", [1, 3, 4, 6]), ("gongsi", [1, 2, 3]), ("1380", [1, 2]), ("qzq", [])):
            one = search_query.ask(ctx, "customer", typed)
            (seen,) = search_query.sample(ctx, [(one, False)])
            del asked[:]
            assert sorted(search_query.candidates(ctx, one, cap=500)) == found
            if ctx.dialect.name == "postgres":
                assert seen is not None
                walked = newest == 60 or (laid > 0 and seen.hits > 0)
                assert any("null::bigint" in sql for sql, _ in asked) is not walked, (typed, newest, spread, laid)
            some = search_query.candidates(ctx, one, cap=2, seen=seen)
            assert len(some) == min(2, len(found))
            assert set(some) <= set(found)


def test_the_index_is_asked_loosely_and_what_it_finds_exactly(ledger: ReadLedger) -> None:
    with ledger.reading(BOSS) as ctx, noted(ctx.dialect) as asked:
        one = search_query.ask(ctx, "customer", "gongzuosh")  # 澜屿工作室; gong and zuo stand in no other name
        assert search_query.candidates(ctx, one, cap=500) == [6]
        assert one.short is not None
        if ctx.dialect.name == "postgres":
            assert ":*" not in one.short.loose.replace("gongzuosh':*", "").replace("hsouzgnog':*", ""), one.short.loose
            assert any("coalesce(" in sql for sql, _ in asked), "what the index finds is asked the whole query"
        else:
            assert one.short.loose == one.short.whole
        jumbled = search_query.ask(ctx, "customer", "zuogongsh")
        assert search_query.candidates(ctx, jumbled, cap=500) == []


def test_the_newest_of_all_indexes_are_looked_at_by_one_statement(ledger: ReadLedger) -> None:
    with ledger.reading(ZHOU) as ctx, noted(ctx.dialect) as asked:
        hits = answer(read.search_all(ctx, "沈亦舟", limit=5))["hits"]
        assert [(hit["entity"], hit["id"]) for hit in hits] == [("contact", 1), ("customer", 1)]
        samples = [sql for sql, _ in asked if "generate_series" in sql]
        assert len(samples) == (2 if ctx.dialect.name == "postgres" else 0), "of short texts, and of long ones"


def test_what_is_asked_of_each_record_is_read_once(ledger: ReadLedger) -> None:
    """PostgreSQL reads a text that is cast to a query anew for every record that it looks at."""
    with ledger.reading(BOSS) as ctx, noted(ctx.dialect) as asked:
        read.search_all(ctx, "gongsi", limit=5)
        read.query(ctx, "customer", {"select": ["name"], "search": "gongzuosh", "count": "exact"})
        lookups = [sql for sql, _ in asked if "::tsquery" in sql]
        assert bool(lookups) is (ctx.dialect.name == "postgres")
        assert not [sql for sql in lookups if "VARCHAR)::tsquery" in sql]


def test_what_very_many_records_hold_is_not_counted_first(ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_query, "FEW", 1)
    monkeypatch.setattr(search_query, "SPREAD", (1, 2))
    monkeypatch.setattr(read_search, "LISTED", 1)
    with ledger.reading(BOSS) as ctx:
        common, rare = (search_query.ask(ctx, "customer", typed) for typed in ("面馆", "单雨桐"))
        looks = ctx.dialect.name == "postgres"  # at 澜屿工作室 and 重庆小面馆
        assert search_query.is_common(search_query.sample(ctx, [(common, False)]), 1) is looks
        assert search_query.is_common(search_query.sample(ctx, [(rare, False), (rare, True)]), 1) is False
    assert listed(ledger, BOSS, "面馆") == [7]
    assert listed(ledger, BOSS, "单雨桐") == [5]


def test_the_cap_of_candidates_does_not_lose_names(ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kehu.core.records.read_search.CAP", 1)
    assert ("customer", 4) in places(ledger, BOSS, "澜屿")
    assert ("customer", 5) in places(ledger, BOSS, "shanyutong"), "as it is spelled"
    assert ("customer", 4) in places(ledger, BOSS, "lan"), "one syllable too"
    assert places(ledger, ZHOU, "公司")
    assert ("customer", 1) in places(ledger, ZHOU, "杭州")


def test_entities_without_records_are_not_asked(ledger: ReadLedger) -> None:
    with ledger.reading(BOSS) as ctx, noted(ctx.dialect) as asked:
        assert answer(read.search_all(ctx, "2026-TEC-002", limit=5))["hits"][0]["entity"] == "order"
        told = " ".join(sql for sql, _ in asked)
        unused = counts.unused_entities(ctx)
        assert {"product", "task"} <= unused
        assert re.search(rf"\b{ctx.tables['order'].search}\b", told)
        assert not any(re.search(rf"\b{ctx.tables[key].search}\b", told) for key in unused)


def test_everywhere_looks_at_no_more_records_than_it_shows(ledger: ReadLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    honest = read_search._texts_of

    def counted(ctx: Any, reach: Any, sights: Any, asked: Any, ids: Any, *, long: bool) -> Any:
        looked.extend(ids)
        return honest(ctx, reach, sights, asked, ids, long=long)

    monkeypatch.setattr(read_search, "_texts_of", counted)
    assert len(hits(ledger, BOSS, "公司", limit=1)) == 1
    assert len(looked) == 1


def test_limits_of_a_search(ledger: ReadLedger) -> None:
    assert len(hits(ledger, BOSS, "公司", limit=1)) == 1
    with ledger.reading(BOSS) as ctx:
        for text, limit in (("a" * 201, 20), ("a", 0), ("a", 101)):
            with pytest.raises(BadInput):
                read.search_all(ctx, text, limit)
        assert answer(read.search_all(ctx, " ", 20)) == {"hits": [], "people": []}


@pytest.mark.parametrize("actor", [BOSS, LI])
def test_r14_people_are_found_by_a_piece_of_the_name_pinyin_and_initials(ledger: ReadLedger, actor: Actor) -> None:
    def found(text: str) -> list[str]:
        with ledger.reading(actor) as ctx:
            rows = answer(read.query(ctx, "user", {"select": ["name"], "search": text}))["rows"]
        return [row[2] for row in rows]

    for id, name in PEOPLE:
        sounds = [each[0] for each in pinyin.syllables(name)]
        for typed in (name, name[-1], "".join(sounds), "".join(each[0] for each in sounds), sounds[0]):
            assert name in found(typed), (id, typed)
    assert found("没有这个人") == found("zzzz") == []
    assert len(found(PEOPLE[0][1])) == 1, "nobody else has that name"


def test_the_search_over_everything_names_people_and_the_characters_that_were_found(ledger: ReadLedger) -> None:
    def found(text: str) -> list[Any]:
        with ledger.reading(LI) as ctx:
            people: list[Any] = answer(read.search_all(ctx, text))["people"]
            return people

    assert found("lix") == [{"id": 2, "name": "李想", "met": [[0, 2]]}]
    assert found("lu") == [{"id": 3, "name": "陈露", "met": [[1, 2]]}]
    assert found("zm") == found("ZHOUMIN") == [{"id": 1, "name": "周敏", "met": [[0, 2]]}]
    assert found("没有这个人") == []
    (hit,) = hits(ledger, BOSS, "hzly")
    assert {"field": "name", "text": "杭州澜屿软件有限公司", "met": [[0, 4]]} in hit["matched"]
    (long,) = (hit for hit in hits(ledger, BOSS, "办公系统") if hit["entity"] == "customer")
    assert long["matched"] == [{"field": "note", "text": CUSTOMERS[0]["note"], "met": [[11, 15]]}]
