"""What holds on every page: nothing serious by axe in light and dark, one language, nothing asked from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import Api, Windows
from tools.dev.shell import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SETTLING_MS = (150, 1_000, 3_000)  # a busy machine repaints a page late; a fault that stays is one
COLOURS = ["color-contrast"]  # all that changes in the dark
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uff65]+")  # its punctuation too
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
    def go(page: Page) -> None:
        page.goto(address)
        expect(page.get_by_test_id(shown)).to_be_visible()

    return go


PAGES: dict[str, Callable[[Page], None]] = {
    "today": _address("/today", "today-page"),
    "quick entry": _quick_entry,
    "palette": _palette,
    "bell": _bell,
    "designer": _designer,
    "settings": _address("/settings", "people"),
    "import": _address("/import", "nav-import"),
}


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
    page = windows.open()
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
    for name, go in pages.items():
        go(seen)
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
    windows: Windows, api: Api
) -> None:
    who = {"name": "ada", "password": "a quiet harbour 26"}  # without records of her own, which would be in Chinese
    ada = api.call("POST", "/people", {**who, "role": "admin"})
    english, chinese = windows.open(locale="en-US", **who), windows.open(**who)
    hosts: set[str] = set()
    people = [one["name"] for one in api.call("GET", "/people")["items"]]
    # Names of the firm, of people, records, files stay as they are, and so does the name of a language.
    names = re.compile(
        "|".join(["宏远商贸", *people, r"客户台账\.csv", "中文", f"[宏{''.join(n[0] for n in people)}]"])
    )
    for page in (english, chinese):
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    mixed: list[str] = []
    for name, go in PAGES.items():
        for page in (english, chinese):
            go(page)
            text = page.locator("body").inner_text()
            if page is english:
                own = CHINESE.findall(names.sub("", text))
                mixed += [f"{name} in English: {word}" for word in own]
            else:
                mixed += [f"{name} in Chinese: {w}" for w in re.findall(r"\b(?:Save|Cancel|Open|Today|Field)\b", text)]
    given = api.add_customer(name="Harbour Tea")["id"]
    api.change(given, owner=ada["id"])
    bell = chinese.get_by_test_id("nav-notices")
    expect(bell).to_have_text("通知1")
    bell.click()
    expect(chinese.get_by_test_id("notice-customer")).to_contain_text("交给你了")
    chinese.keyboard.press("Escape")
    expect(bell).to_have_text("通知")
    assert mixed == []
    assert hosts == {urlsplit(windows.ledger.url).netloc}
