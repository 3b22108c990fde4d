"""An entity with 200 fields, all of them columns: list, record and designer stay right, draw only what is seen, and
nothing jumps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import Api, Windows
from tests.support.server import LedgerServer

WIDE = 200
SYSTEM = ("created_at", "updated_at", "created_by", "updated_by")
TYPES = ("text", "number", "money", "date", "boolean", "select")
MOST_CELLS = 1_500
"""Cells that screen readers find: those in sight and the frozen ones, never all 200 of each row."""
SHIFT = """() => new Promise((tell) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { if (!one.hadRecentInput) sum += one.value }))
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => tell(sum), 600);
})"""


def _field(number: int) -> dict[str, object]:
    kind = TYPES[number % len(TYPES)]
    options = [{"key": f"o{n}", "label": {"zh-CN": f"第 {n} 种", "en": f"Kind {n}"}} for n in range(3)]
    return {
        "key": f"f{number:03d}",
        "type": kind,
        "label": {"zh-CN": f"指标 {number}", "en": f"Figure {number}"},
        **({"options": options} if kind == "select" else {}),
    }


@pytest.fixture
def wide(api: Api) -> Iterator[int]:
    """The first of thirty records of an entity with 200 fields, which goes again."""
    name = {"key": "name", "type": "text", "label": {"zh-CN": "名称", "en": "Name"}, "required": "always"}
    added = {
        "op": "entity.add",
        "key": "wide",
        "label": {"zh-CN": "宽表", "en": "Wide"},
        "title": ["name"],
        "fields": [name, *(_field(number) for number in range(1, WIDE))],
    }
    api.call("POST", "/catalog/changes", {"changes": [added]})
    values = {f"f{n:03d}": f"值 {n}" for n in range(1, WIDE) if TYPES[n % len(TYPES)] == "text"}
    rows = [{"name": f"第 {row} 行", **values} for row in range(30)]
    first = api.call("POST", "/records/wide/batch", {"create": rows})["created"][0]["id"]
    yield first
    api.call("POST", "/catalog/changes", {"changes": [{"op": "entity.drop", "entity": "wide"}]})


def _quiet(page: Page, where: str) -> None:
    moved = page.evaluate(SHIFT)
    assert moved <= 0.05, f"{where} jumps: layout shift {moved:.3f}"


def test_two_hundred_columns(windows: Windows, ledger: LedgerServer, api: Api, wide: int) -> None:
    page = windows.open()
    keys = ["name", *SYSTEM, *(f"f{number:03d}" for number in range(1, WIDE))]
    page.goto(f"/list/wide?cols={','.join(keys)}")
    cells = page.locator("[data-testid^=glide-cell-]")
    expect(page.get_by_test_id("glide-cell-1-0")).to_be_attached()
    _quiet(page, "the list")
    assert cells.count() < MOST_CELLS
    # To the right edge and back: the last column can be written, and the first stands where it stood.
    page.get_by_test_id("grid").click(position={"x": 200, "y": 50})
    expect(page.get_by_test_id("grid-ime")).to_be_focused()
    page.keyboard.press("End")
    last = page.get_by_test_id(f"glide-cell-{len(keys)}-0")
    expect(last).to_be_attached()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text(f"已改「指标 {WIDE - 1}」")
    assert cells.count() < MOST_CELLS
    page.keyboard.press("Home")
    expect(page.get_by_test_id("glide-cell-1-0")).to_be_attached()

    page.goto(f"/record/wide/{wide}")
    expect(page.get_by_test_id("record-title")).to_be_visible()
    expect(page.get_by_test_id("fact-f198")).to_contain_text("值 198")
    _quiet(page, "the record")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto("/designer/wide")
    expect(page.get_by_test_id("field-f199")).to_be_attached()
    _quiet(page, "the designer")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
