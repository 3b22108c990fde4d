"""A row that leaves the phone of a firm open means the one firm of its name: in ledger, file and portions."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kehu.core.accounts.service import actor_of, add_account
from kehu.core.jobs import pace
from kehu.core.records import read, undo, write
from kehu.features.exporting import service as exporting
from kehu.features.importing import jobs
from kehu.features.importing.loading import grouping, known, refusing, resolving, unnamed
from kehu.runtime import Runtime
from tests.integration.importing.test_import import findings, run
from tests.support.ledger_state import BOSS, content_of
from tests.support.sheets import write_sheets

FIRM, PHONE, OTHER = "上海宏远贸易有限公司", "13800000001", "13800000002"
HEAD = ["客户名称", "手机", "联系人"]


def workbook(folder: Path, *rows: list[str], name: str = "客户.xlsx") -> Path:
    return write_sheets(folder / name, {"客户": [HEAD, *rows]})


def customers(runtime: Runtime) -> list[tuple[str, str | None]]:
    with runtime.read(BOSS) as ctx:
        found = read.rows(ctx, "customer", {"select": ["name", "mobile"]})
        return sorted(((row[2], row[3]) for row in found), key=str)


@pytest.fixture(params=[1, 2_000], ids=["row by row", "all at once"])
def portions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many rows a portion has."""
    n: int = request.param
    monkeypatch.setattr(jobs, "CHECK_ROWS", n)
    monkeypatch.setattr(pace, "FIRST", n)
    monkeypatch.setattr(pace, "next_size", lambda *_: n)
    return n


def test_our_own_cards_make_no_second_firm(runtime: Runtime, tmp_path: Path) -> None:
    """The cards of contacts name their firm without its phone."""
    run(
        runtime,
        workbook(tmp_path, [FIRM, PHONE, "沈亦舟"], [FIRM, PHONE, "顾长青"], ["林晓岚", OTHER, ""]),
        entity="customer",
    )
    cards = tmp_path / "通讯录.vcf"
    with runtime.read(BOSS) as ctx:
        assert exporting.write_file(ctx, "contact", {}, cards)["rows"] == 2
    before = content_of(runtime)
    dry = run(runtime, cards, entity="customer", dry=True)
    done = run(runtime, cards, entity="customer")
    assert (dry["created"], done["created"]) == (0, 0)
    assert content_of(runtime) == before


@pytest.mark.parametrize("order", list(permutations(range(3)))[::2])
def test_all_rows_of_a_firm_are_one_firm(
    runtime: Runtime, tmp_path: Path, portions: int, order: tuple[int, ...]
) -> None:
    rows = [[FIRM, PHONE, ""], [FIRM, "", "沈亦舟"], [FIRM, "/", "顾长青"]]
    path = workbook(tmp_path, *(rows[n] for n in order))
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert dry["by_entity"] == done["by_entity"]
    assert done["by_entity"]["customer"] == {"created": 1, "updated": 0}
    assert customers(runtime) == [(FIRM, PHONE)]
    before = content_of(runtime)
    again = run(runtime, path, entity="customer")
    assert (again["created"], again["updated"], content_of(runtime) == before) == (0, 0, True)


def test_a_phone_is_added_to_the_only_firm_of_the_name(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    run(runtime, workbook(tmp_path, [FIRM, "", "沈亦舟"]), entity="customer")
    path = workbook(tmp_path, [FIRM, PHONE, "沈亦舟"], [FIRM, "", "顾长青"])
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert (dry["by_entity"]["customer"], done["by_entity"]["customer"]) == ({"created": 0, "updated": 1},) * 2
    assert customers(runtime) == [(FIRM, PHONE)]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
def test_of_two_firms_of_a_name_none_is_meant(
    runtime: Runtime, tmp_path: Path, portions: int, order: tuple[int, ...]
) -> None:
    rows = [[FIRM, "", "沈亦舟"], [FIRM, PHONE, ""], [FIRM, OTHER, ""]]
    path = workbook(tmp_path, *(rows[n] for n in order))
    run(runtime, path, entity="customer")
    assert customers(runtime) == [(FIRM, PHONE), (FIRM, OTHER), (FIRM, None)]
    before = content_of(runtime)
    run(runtime, path, entity="customer")
    assert content_of(runtime) == before


def test_two_firms_of_a_name_in_the_ledger_are_told(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, workbook(tmp_path, [FIRM, PHONE, ""], [FIRM, OTHER, ""]), entity="customer")
    dry = run(runtime, workbook(tmp_path, [FIRM, "", "沈亦舟"]), entity="customer", dry=True)
    assert (dry["by_entity"]["customer"]["created"], findings(dry)["duplicate.in_ledger"]) == (1, 1)


def test_persons_of_one_name_stay_two(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    run(runtime, workbook(tmp_path, ["王芳", PHONE, ""]), entity="customer")
    run(runtime, workbook(tmp_path, ["王芳", "", ""]), entity="customer")
    assert customers(runtime) == [("王芳", PHONE), ("王芳", None)]


def test_the_sheets_of_a_file_know_of_each_other(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    path = write_sheets(
        tmp_path / "客户.xlsx",
        {"联系人": [HEAD, [FIRM, "", "沈亦舟"]], "单位": [["客户名称", "手机", "备注"], [FIRM, PHONE, "月结"]]},
    )
    run(runtime, path, entity="customer")
    assert customers(runtime) == [(FIRM, PHONE)]


NUMBER, NEXT = "91310115MA1K3XYT01", "91310115MA1K3ABC4R"
NUMBERED = ["客户名称", "税号", "手机", "联系人"]


def numbered(folder: Path, *rows: list[str]) -> Path:
    return write_sheets(folder / "客户.xlsx", {"客户": [NUMBERED, *rows]})


def test_rows_without_a_tax_number_are_known_again(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    """A small shop has no tax number in the file of any month; a person of the same name as another is not that one."""
    path = numbered(
        tmp_path,
        [FIRM, NUMBER, PHONE, "沈亦舟"],
        ["老街张记五金店", "", "", "张伟"],
        ["王芳", "", OTHER, ""],
        ["王芳", "/", "", ""],
    )
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert (dry["by_entity"]["customer"], done["by_entity"]["customer"]) == ({"created": 4, "updated": 0},) * 2
    before = content_of(runtime)
    dry = run(runtime, path, entity="customer", dry=True)
    again = run(runtime, path, entity="customer")
    assert (dry["created"], again["created"], again["updated"], content_of(runtime) == before) == (0, 0, 0, True)


@pytest.mark.parametrize("order", list(permutations(range(3)))[::2])
def test_rows_of_a_firm_that_leave_its_number_open_are_that_firm(
    runtime: Runtime, tmp_path: Path, portions: int, order: tuple[int, ...]
) -> None:
    rows = [[FIRM, NUMBER, PHONE, ""], [FIRM, "", "", "沈亦舟"], [FIRM, "无", PHONE, "顾长青"]]
    path = numbered(tmp_path, *(rows[n] for n in order))
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert (dry["by_entity"]["customer"], done["by_entity"]["customer"]) == ({"created": 1, "updated": 0},) * 2
    assert customers(runtime) == [(FIRM, PHONE)]


def test_a_tax_number_is_added_to_the_only_firm_of_the_name(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    run(runtime, workbook(tmp_path, [FIRM, PHONE, "沈亦舟"], ["王芳", PHONE, ""]), entity="customer")
    path = numbered(tmp_path, [FIRM, NUMBER, PHONE, "沈亦舟"], [FIRM, "", "", "顾长青"])
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert (dry["by_entity"]["customer"], done["by_entity"]["customer"]) == ({"created": 0, "updated": 1},) * 2
    with runtime.read(BOSS) as ctx:
        found = read.rows(ctx, "customer", {"select": ["name", "credit_code"]})
        assert sorted((row[2], row[3]) for row in found) == [(FIRM, NUMBER), ("王芳", None)]


def test_another_phone_or_number_is_another_firm(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    run(runtime, numbered(tmp_path, [FIRM, NUMBER, PHONE, ""]), entity="customer")
    run(runtime, numbered(tmp_path, [FIRM, NEXT, PHONE, ""], [FIRM, "", OTHER, ""]), entity="customer")
    assert customers(runtime) == [(FIRM, PHONE), (FIRM, PHONE), (FIRM, OTHER)]
    before = content_of(runtime)
    run(runtime, numbered(tmp_path, [FIRM, NEXT, PHONE, ""], [FIRM, "", OTHER, ""]), entity="customer")
    assert content_of(runtime) == before


def test_a_phone_that_the_file_does_not_know_of_is_no_other_customer(runtime: Runtime, tmp_path: Path) -> None:
    """A file without phones, brought in again after somebody has entered one in the ledger."""
    path = write_sheets(tmp_path / "学员.xlsx", {"学员": [["税号", "客户名称"], [NUMBER, FIRM], ["", "王芳"]]})
    run(runtime, path, entity="customer")
    with runtime.write(BOSS) as ctx:
        known = next(row[0] for row in read.rows(ctx, "customer", {"select": ["name"]}) if row[2] == "王芳")
        write.update(ctx, "customer", known, {"mobile": PHONE})
    again = run(runtime, path, entity="customer")
    assert (again["created"], again["updated"]) == (0, 0)
    assert ("王芳", PHONE) in customers(runtime)


def test_rows_without_our_number_are_known_by_name(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    """The ledger gives a number to whoever comes without one; products alike."""
    head = ["客户编号", "客户名称", "手机"]
    rows = [["A001", FIRM, PHONE], ["", "老街张记五金店", OTHER], ["A002", "王芳", OTHER], ["", "王芳", OTHER]]
    for sheet, table, entity in (
        ("客户", [head, *rows], "customer"),
        ("产品", [["产品编号", "产品名称"], ["P01", "大益普洱茶"], ["", "西湖龙井"]], "product"),
    ):
        path = write_sheets(tmp_path / f"{sheet}.xlsx", {sheet: table})
        done = run(runtime, path, entity=entity)
        assert done["created"] == len(table) - 1
        before = content_of(runtime)
        again = run(runtime, path, entity=entity)
        assert (again["created"], content_of(runtime) == before) == (0, True), sheet


CODED = ["客户编号", "客户名称", "手机"]
SHOP, THIRD = "老街张记五金店", "13800000003"


def coded(folder: Path, *rows: list[str]) -> Path:
    return write_sheets(folder / "会员.xlsx", {"客户": [CODED, *rows]})


def codes(runtime: Runtime) -> dict[tuple[str, str | None], list[str]]:
    with runtime.read(BOSS) as ctx:
        found: dict[tuple[str, str | None], list[str]] = {}
        for _, _, name, mobile, code in read.rows(ctx, "customer", {"select": ["name", "mobile", "code"]}):
            found.setdefault((name, mobile), []).append(code)
    return {key: sorted(of) for key, of in found.items()}


def test_who_came_without_a_number_gets_the_one_of_a_later_file(
    runtime: Runtime, tmp_path: Path, portions: int
) -> None:
    """Firms, with another of the name or none, and persons; from a file without numbers and one that left some open."""
    run(runtime, workbook(tmp_path, [FIRM, PHONE, ""], [FIRM, OTHER, ""], [SHOP, "", ""]), entity="customer")
    run(runtime, coded(tmp_path, ["", "王芳", PHONE], ["", "王芳", OTHER], ["A001", "王芳", THIRD]), entity="customer")
    path = coded(
        tmp_path,
        ["K1", FIRM, OTHER],
        ["K2", SHOP, THIRD],
        ["A001", "王芳", THIRD],
        ["A002", "王芳", OTHER],
        ["A003", "李伟", ""],
    )
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    assert (dry["by_entity"]["customer"], done["by_entity"]["customer"]) == ({"created": 1, "updated": 3},) * 2
    assert (findings(dry)["row.numbered"], findings(done)["row.numbered"]) == (3, 3)
    assert "conflict.take" not in findings(dry) | findings(done), "each row was told twice, and asked about"
    known = codes(runtime)
    assert (known[FIRM, OTHER], known[SHOP, THIRD], known["王芳", OTHER]) == (["K1"], ["K2"], ["A002"])
    assert known["王芳", THIRD] == ["A001"]
    assert len(known["王芳", PHONE]) == len(known[FIRM, PHONE]) == 1
    before = content_of(runtime)
    again = run(runtime, path, entity="customer")
    assert ("row.numbered" in findings(again), content_of(runtime) == before) == (False, True)


def test_an_undone_number_is_given_again(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, workbook(tmp_path, [FIRM, PHONE, ""]), entity="customer")
    path = coded(tmp_path, ["K1", FIRM, PHONE])
    done = run(runtime, path, entity="customer")
    with runtime.write(BOSS) as ctx:
        undo.undo(ctx, done["changeset"])
    assert codes(runtime)[FIRM, PHONE] != ["K1"]
    run(runtime, path, entity="customer")
    assert codes(runtime) == {(FIRM, PHONE): ["K1"]}


@pytest.mark.parametrize("number", ["K1", "2026-OTH-900"])
@pytest.mark.parametrize("by", ["a file", "hand", "a change"])
def test_a_number_that_somebody_gave_stays_a_customer_of_its_own(
    runtime: Runtime, tmp_path: Path, portions: int, number: str, by: str
) -> None:
    """Also one of the form in which the ledger numbers, unless a hand wrote what the ledger would have given."""
    with runtime.read(BOSS) as ctx:
        number = number.replace("2026", str(ctx.clock.today(ZoneInfo(ctx.catalog.timezone)).year))
    if by == "a file":
        run(runtime, coded(tmp_path, [number, FIRM, PHONE]), entity="customer")
    with runtime.write(BOSS) as ctx:
        if by == "hand":
            number = "HY-1"
            firm = {"kind": "enterprise", "name": FIRM, "mobile": PHONE, "code": number}
            write.create(ctx, "customer", {**firm, "contacts": [{"name": "沈亦舟", "mobile": OTHER}]})
    if by == "a change":
        run(runtime, workbook(tmp_path, [FIRM, PHONE, ""]), entity="customer")
        with runtime.write(BOSS) as ctx:
            known = next(row[0] for row in read.rows(ctx, "customer", {"select": ["name"]}))
            write.update(ctx, "customer", known, {"code": number})
    done = run(runtime, coded(tmp_path, ["K9", FIRM, PHONE]), entity="customer")
    assert (done["created"], "row.numbered" in findings(done)) == (1, False)
    assert codes(runtime) == {(FIRM, PHONE): sorted(["K9", number])}


@pytest.mark.parametrize(
    "rows",
    [
        [["K1", "王芳", PHONE], ["K2", "王芳", PHONE]],
        [["", "王芳", PHONE], ["K2", "王芳", PHONE]],
        [["K2", "王芳", PHONE], ["", "王芳", PHONE]],
        [["K1", FIRM, PHONE], ["K2", FIRM, PHONE]],
        [["K1", FIRM, ""], ["K2", FIRM, ""]],
    ],
)
def test_numbers_that_may_be_of_either_are_given_to_none(
    runtime: Runtime, tmp_path: Path, portions: int, rows: list[list[str]]
) -> None:
    name, phone = rows[0][1], rows[0][2]
    run(runtime, workbook(tmp_path, [name, phone, ""]), entity="customer")
    own = codes(runtime)[name, phone or None]
    path = coded(tmp_path, *rows)
    dry = run(runtime, path, entity="customer", dry=True)
    done = run(runtime, path, entity="customer")
    numbers = [row[0] for row in rows if row[0]]
    assert (dry["created"], done["created"], "row.numbered" in findings(done)) == (len(numbers), len(numbers), False)
    assert codes(runtime) == {(name, phone or None): sorted([*own, *numbers])}
    before = content_of(runtime)
    run(runtime, path, entity="customer")
    assert content_of(runtime) == before


def test_two_customers_of_name_and_phone_are_told_not_joined(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    with runtime.write(BOSS) as ctx:
        for _ in range(2):
            write.create(ctx, "customer", {"kind": "person", "name": "王芳", "mobile": PHONE})
    dry = run(runtime, coded(tmp_path, ["K1", "王芳", PHONE]), entity="customer", dry=True)
    assert (dry["created"], findings(dry)["duplicate.in_ledger"]) == (1, 1)


def test_products_get_their_number_too(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    def goods(*rows: list[str]) -> Path:
        return write_sheets(tmp_path / "产品.xlsx", {"产品": list(rows)})

    run(runtime, goods(["产品名称"], ["大益普洱茶"], ["西湖龙井"]), entity="product")
    path = goods(["产品编号", "产品名称"], ["T01", "大益普洱茶"], ["T02", "碧螺春"])
    done = run(runtime, path, entity="product")
    assert (done["created"], done["updated"], findings(done)["row.numbered"]) == (1, 1, 1)


def test_a_number_of_our_form_moves_the_counter(runtime: Runtime, tmp_path: Path) -> None:
    run(runtime, workbook(tmp_path, [FIRM, PHONE, ""]), entity="customer")
    (own,) = codes(runtime)[FIRM, PHONE]
    given = f"{own[:-3]}002"
    run(runtime, coded(tmp_path, [given, FIRM, PHONE]), entity="customer")
    run(runtime, workbook(tmp_path, [SHOP, OTHER, ""]), entity="customer")
    assert codes(runtime) == {(FIRM, PHONE): [given], (SHOP, OTHER): [f"{own[:-3]}003"]}


def test_nobody_learns_a_phone_out_of_sight(
    runtime: Runtime, tmp_path: Path, portions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not see phones joins nobody by one: a right and a wrong phone come to the same."""
    run(runtime, workbook(tmp_path, ["王芳", PHONE, ""], ["李伟", PHONE, ""]), entity="customer")
    rights = {"readable_fields": (known, refusing), "writable_fields": (grouping, resolving, unnamed)}
    for name, modules in rights.items():
        for module in modules:
            allowed = getattr(module, name)
            monkeypatch.setattr(module, name, lambda ctx, entity, of=allowed: of(ctx, entity) - {"mobile"})
    done = run(runtime, coded(tmp_path, ["K1", "王芳", PHONE], ["K2", "李伟", OTHER]), entity="customer")
    assert (done["created"], done["updated"]) == (0, 2)
    assert codes(runtime) == {("王芳", PHONE): ["K1"], ("李伟", PHONE): ["K2"]}


def test_a_customer_out_of_sight_gets_no_number(runtime: Runtime, tmp_path: Path, portions: int) -> None:
    run(runtime, workbook(tmp_path, ["王芳", PHONE, ""]), entity="customer")
    with runtime.write(BOSS) as ctx:
        account = add_account(ctx, "周以宁", ["sales"], password="山高水长-2026")
        who = actor_of(ctx.tx, account.id)
    assert who is not None
    done = run(runtime, coded(tmp_path, ["K1", "王芳", PHONE]), who, entity="customer", dry=True)
    assert (done["created"], done["updated"], "row.numbered" in findings(done)) == (1, 0, False)
