"""What holds on every page: nothing serious by axe in light and dark, one language, nothing asked from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import Api, Windows, go
from tests.support.sheets import write_sheets
from tools.dev.shell import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SETTLING_MS = (150, 1_000, 3_000)  # a busy machine repaints a page late; a fault that stays is one
COLOURS = ["color-contrast"]  # all that changes in the dark
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uff65]+")  # its punctuation too
LATIN = re.compile("[A-Za-z]{3,}")
# What Chinese people write in letters themselves: names of programs, files and keys.
KNOWN = {
    *"Kehu kehu restore backups Excel WPS CSV xlsx xls xlsb ods csv tsv vcf SQLite PostgreSQL Ctrl Esc Alt Tab".split()
}
# Each as an office keeps it: a title, a bad date, a phone too short, a row without a name, a phone that comes twice, a
# column that the ledger does not know, a total and who wrote it. The words are those of one language.
BOOKS: dict[str, list[list[object]]] = {
    "en-US": [
        ["Harbour Wholesale, customers of 2026"],
        [],
        ["Customer name", "Mobile", "Cooperation start", "Grade", "Likes"],
        ["Tilbury Tea Ltd", "19900004101", "2021-03-05", "A", "quiet mornings"],
        ["Wapping Paper Co", "1990000410", "2018-02-30", "B", ""],
        ["", "", "2022-06-18", "B", "no name yet"],
        ["Shadwell Candles", "19900004103", "2023-09-01", "Z", ""],
        ["Shadwell Candle Shop", "19900004103", "2023-09-01", "C", ""],
        ["Total", "", "", "", "5"],
        ["Prepared by Ada"],
    ],
    "zh-CN": [
        ["港口批发 2026 年客户台账"],
        [],
        ["客户名称", "手机", "合作起始时间", "客户等级", "喜好"],
        ["苏州木樨茶业有限公司", "19900004201", "2021-03-05", "A", "上午别打电话"],
        ["南京鹿鸣纸品有限公司", "1990000420", "2018-02-30", "B", ""],
        ["", "", "2022-06-18", "B", "还没问到名字"],
        ["宁波青禾烛光有限公司", "19900004203", "2023-09-01", "Z", ""],
        ["宁波青禾香烛店", "19900004203", "2023-09-01", "C", ""],
        ["合计", "", "", "", "5"],
        ["制表人：老王"],
    ],
}
# Canvas of the grid: its cells stand in a tree of their own that axe reads as an empty grid.
UNLESS = [["[data-testid='grid']"]]


def _quick_entry(page: Page) -> None:
    page.goto("/today")
    page.get_by_test_id("quick-entry").click()
    expect(page.get_by_test_id("quick-text")).to_be_visible()


def _palette(page: Page) -> None:
    page.goto("/today")
    page.get_by_test_id("open-search").click()
    expect(page.get_by_test_id("palette-entry").first).to_be_visible()


def _bell(page: Page) -> None:
    page.goto("/today")
    page.get_by_test_id("nav-notices").click()
    expect(page.get_by_test_id("notices")).to_be_visible()


def _designer(page: Page) -> None:
    page.goto("/designer/contact")
    page.get_by_test_id("field-gender").click()
    expect(page.get_by_test_id("field-inspector")).to_be_visible()


def _address(address: str, shown: str) -> Callable[[Page], None]:
    def open_it(page: Page) -> None:
        go(page, address)
        expect(page.get_by_test_id(shown)).to_be_visible()

    return open_it


PAGES: dict[str, Callable[[Page], None]] = {
    "today": _address("/today", "today-page"),
    "quick entry": _quick_entry,
    "palette": _palette,
    "bell": _bell,
    "designer": _designer,
    "settings": _address("/settings", "people"),
    "import": _address("/import", "nav-import"),
}


def _import(page: Page, file: Path) -> Iterator[str]:
    """Bring a file in; after each step, and at each kind of finding, the name of what is seen then."""
    go(page, "/import")
    page.get_by_test_id("import-file").set_input_files(file)
    expect(page.get_by_test_id("sheet-preview")).to_be_visible()
    yield "import, sheet"
    page.get_by_test_id("next-step").click()
    columns = page.locator("[data-testid^=map-]")
    expect(columns).to_have_count(5)
    for column in columns.all():
        column.locator(".letters").click()
        expect(page.get_by_test_id("column-part")).to_be_visible()
        yield "import, mapping"
    page.get_by_test_id("next-step").click()
    kinds = page.locator("[data-testid^=kind-]")
    expect(kinds.first).to_be_visible()
    assert kinds.count() >= 6, "the file has faults of many kinds"
    for kind in kinds.all():
        kind.click()
        yield f"import, check, {kind.get_attribute('data-testid')}"
    page.get_by_test_id("next-step").click()
    expect(page.get_by_test_id("created-customer")).to_be_visible()
    yield "import, rehearsal"
    page.get_by_test_id("import-apply").click()
    expect(page.get_by_test_id("import-result")).to_be_visible()
    yield "import, result"


def _faults(page: Page, where: str, rules: list[str]) -> list[str]:
    answer: dict[str, Any] = page.evaluate(
        "([rules, unless]) => axe.run({exclude: unless}, {runOnly: rules, resultTypes: ['violations']})",
        [rules, UNLESS],
    )
    return [
        f"{where}: {one['id']} {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
        for one in answer["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.fixture
def seen(windows: Windows, api: Api) -> Page:
    """A window with axe in it, where a customer with a follow-up and a safety note is known."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: run `python3 dev.py setup`")
    page = windows.open(own=True)
    page.add_init_script(path=AXE)
    return page


def test_axe_finds_nothing_serious_in_light_and_dark(seen: Page, api: Api) -> None:
    note = {"type": "allergy", "items": ["花生"]}
    made = api.add_customer(name="无障碍的客户", grade="b", safety_notes=[note])
    double = api.add_customer(name="无障碍客户")
    body = {"customer": made["id"], "content": "问了近况", "result": "interested"}
    api.call("POST", "/follow-ups", body | {"next_at": "2026-01-05T12:00:00+08:00"})
    pages = {
        **PAGES,
        "record": _address(f"/record/customer/{made['id']}", "interaction-item"),
        "side sheet": _address(f"/list/customer?open=customer.{made['id']}", "interaction-item"),
        "calendar": _address("/list/customer?view=0&as=calendar", "calendar"),
        "change-sets": _address("/changesets", "nav-changesets"),
        "change-set": _address(f"/changesets/{made['changeset']}", "changeset-page"),
        "trash": _address("/trash", "nav-trash"),
        "merge": _address(f"/merge/customer?ids={made['id']},{double['id']}", "merge-name"),
    }
    found: list[str] = []
    for name, open_it in pages.items():
        open_it(seen)
        for scheme in SCHEMES:
            seen.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            expect(seen.locator(f"html[data-theme={scheme}]")).to_have_count(1)
            for wait in SETTLING_MS:
                seen.wait_for_timeout(wait)
                faults = _faults(seen, f"{name}, {scheme}", RULES if scheme == "light" else COLOURS)
                if not faults:
                    break
            found += faults
    assert found == [], "\n".join(found)


def test_each_language_keeps_to_itself_nothing_comes_from_elsewhere_and_the_bell_tells(
    windows: Windows, api: Api, tmp_path: Path
) -> None:
    who = {"name": "ada", "password": "a quiet harbour 26"}  # without records of her own, which would be in Chinese
    ada = api.call("POST", "/people", {**who, "role": "admin"})
    english, chinese = windows.open(locale="en-US", **who), windows.open(**who)
    hosts: set[str] = set()
    people = [one["name"] for one in api.call("GET", "/people")["items"]]
    # Names of the firm, of people, records, files and folders stay as they are, and so does the name of a language.
    initials = "".join(name[0] for name in people if CHINESE.match(name))
    files = [f"{language}.xlsx" for language in BOOKS]
    names = re.compile("|".join(["宏远商贸", *people, *files, r"客户台账\.csv", "中文", f"[宏{initials}]", r"/\S+"]))
    for page in (english, chinese):
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    mixed: list[str] = []

    def read(page: Page, where: str) -> None:
        text = names.sub("", page.locator("body").inner_text())
        if page is english:
            mixed.extend(f"{where} in English: {word}" for word in CHINESE.findall(text))
        else:
            mixed.extend(f"{where} in Chinese: {word}" for word in set(LATIN.findall(text)) - KNOWN)

    for name, open_it in PAGES.items():
        for page in (english, chinese):
            open_it(page)
            read(page, name)
    for page, language in ((english, "en-US"), (chinese, "zh-CN")):
        for name in _import(page, write_sheets(tmp_path / f"{language}.xlsx", {"2026": BOOKS[language]})):
            read(page, name)
    given = api.add_customer(name="Harbour Tea")["id"]
    api.change(given, owner=ada["id"])
    bell = chinese.get_by_test_id("nav-notices")
    expect(bell).to_have_text("通知3")  # her two imports, and the customer she was given
    bell.click()
    expect(chinese.get_by_test_id("notice-customer")).to_contain_text("交给你了")
    chinese.keyboard.press("Escape")
    expect(bell).to_have_text("通知")
    assert mixed == [], "\n".join(mixed)
    assert hosts == {urlsplit(windows.ledger.url).netloc}
