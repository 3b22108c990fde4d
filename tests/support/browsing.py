"""What browser tests need beside Playwright: windows that watch for errors, the grid by row and field, files dropped
on a page, and the HTTP interface to check what the page has done. It starts no server and no browser."""

from __future__ import annotations

import base64
import itertools
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.support.server import LedgerServer

WINDOW: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 20_000
COLUMNS = {"name": 240, "code": 130, "mobile": 130, "short_name": 130, "industry": 130, "remark": 260}
"""The columns that the lists of the tests begin with, and their widths in pixels."""
MARKER_WIDTH, HEADER_HEIGHT, ROW_HEIGHT = 56, 34, 34
_numbers = itertools.count(1)


@dataclass
class Windows:
    """Opens windows on a ledger; remembers every script error and every breach of the security policy in them."""

    browser: Browser
    ledger: LedgerServer
    errors: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, *, signed_in: bool = True, locale: str = "zh-CN", name: str = "", password: str = "") -> Page:
        """A window of its own, with cookies of its own, as admin unless told; not yet at an address."""
        context = self.browser.new_context(
            base_url=self.ledger.url, locale=locale, viewport=WINDOW, accept_downloads=True
        )
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        layout = {"keys": list(COLUMNS), "widths": COLUMNS}
        context.add_init_script(
            f"if (!localStorage['kehu.columns.customer']) "
            f"localStorage['kehu.columns.customer'] = {json.dumps(json.dumps(layout))}"
        )
        if signed_in:
            who = {"name": name or self.ledger.admin, "password": password or self.ledger.password}
            answer = context.request.post("/api/v1/session", data=who)
            assert answer.ok, answer.text()
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))
        return page

    def close(self) -> None:
        """Close all windows. Fails when a page of them reported an error."""
        for context in self.contexts:
            context.close()
        assert self.errors == [], f"errors on the page {self.errors}"

    def _hear(self, kind: str, text: str) -> None:
        # A refused request is logged by the browser too; tests provoke those on purpose and look at the page.
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.errors.append(text)


@dataclass(frozen=True)
class Api:
    """The HTTP interface as somebody who has signed in."""

    client: httpx.Client

    @classmethod
    def sign_in(cls, ledger: LedgerServer, name: str = "", password: str = "") -> Api:
        """Sign in, as admin unless told."""
        client = httpx.Client(base_url=f"{ledger.url}/api/v1", timeout=60, trust_env=False)
        who = {"name": name or ledger.admin, "password": password or ledger.password}
        answer = client.post("/session", json=who)
        assert answer.status_code == 200, answer.text
        client.headers["X-Kehu-CSRF"] = answer.json()["csrf"]
        return cls(client)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The answer's JSON. Fails on anything but 2xx."""
        answer = self.client.request(method, path, json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def add_customer(self, **values: object) -> dict[str, Any]:
        """Make a person as a customer, under a name that no other test uses unless one is given."""
        number = next(_numbers)
        start = {"name": f"试用客户{number:03d}", "kind": "person", "mobile": f"1990013{number:04d}"}
        answer: dict[str, Any] = self.call("POST", "/records/customer", start | values)
        return answer

    def customer(self, identity: int) -> dict[str, Any]:
        """The values of a customer."""
        record: dict[str, Any] = self.call("GET", f"/records/customer/{identity}")["record"]
        return record

    def change(self, identity: int, **values: object) -> dict[str, Any]:
        """Change a customer, whatever its revision."""
        revision = self.call("GET", f"/records/customer/{identity}")["revision"]
        answer: dict[str, Any] = self.call(
            "PATCH", f"/records/customer/{identity}", values, **{"If-Match": f'"{revision}"'}
        )
        return answer

    def count(self, **query: object) -> int:
        """How many customers a query finds."""
        answer = self.call("POST", "/records/customer/query", {"select": ["name"], "count": "exact", **query})
        return int(answer["count"]["value"])


@dataclass(frozen=True)
class Grid:
    """The list of customers. Rows count from 0; fields are keys of COLUMNS."""

    page: Page

    @classmethod
    def open(cls, page: Page, search: str = "") -> Grid:
        """Go to the list, and narrow it to what a search finds."""
        page.goto("/list/customer")
        grid = cls(page)
        expect(page.get_by_test_id("grid-ime")).to_be_attached()
        if search:
            grid.search(search)
        return grid

    def search(self, text: str) -> None:
        """Type into the search box and wait for the answer."""
        with self.page.expect_response(lambda answer: self._answers(answer.url, answer.request.post_data, text)):
            self.page.get_by_test_id("list-search").fill(text)

    def cell(self, key: str, row: int) -> Locator:
        """The cell as screen readers find it."""
        return self.page.get_by_test_id(f"glide-cell-{1 + list(COLUMNS).index(key)}-{row}")

    def select(self, key: str, row: int, *, shift: bool = False) -> None:
        """Click on a cell; with shift the range up to it."""
        expect(self.cell(key, row)).to_be_attached()
        if shift:
            self.page.keyboard.down("Shift")
        self.page.mouse.click(*self._place(key, row))
        if shift:
            self.page.keyboard.up("Shift")
        else:
            label = re.compile(f"第 {row + 1} 行$")
            expect(self.page.get_by_test_id("grid-ime")).to_have_attribute("aria-label", label)
        expect(self.page.get_by_test_id("grid-ime")).to_be_focused()

    def mark(self, *rows: int) -> None:
        """Mark whole rows by their number."""
        for at, row in enumerate(rows):
            left, top = self._corner()
            if at:
                self.page.keyboard.down("Control")
            self.page.mouse.click(left + MARKER_WIDTH / 2, top + HEADER_HEIGHT + ROW_HEIGHT * (row + 0.5))
            if at:
                self.page.keyboard.up("Control")

    def sort(self, key: str) -> None:
        """Click on the header of a column."""
        left, top = self._place(key, 0)
        # Not at the end: there the column's menu opens.
        self.page.mouse.click(left - COLUMNS[key] / 2, top - ROW_HEIGHT)

    def write(self, key: str, row: int, text: str) -> None:
        """Select a cell, type over it, confirm with Enter."""
        self.select(key, row)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def _corner(self) -> tuple[float, float]:
        box = self.page.get_by_test_id("grid").bounding_box()
        assert box is not None
        return box["x"], box["y"]

    def _place(self, key: str, row: int) -> tuple[float, float]:
        left, top = self._corner()
        names = list(COLUMNS)
        across = MARKER_WIDTH + sum(COLUMNS[name] for name in names[: names.index(key)])
        # Not in the middle: there a name is a link.
        return left + across + COLUMNS[key] - 12, top + HEADER_HEIGHT + ROW_HEIGHT * (row + 0.5)

    @staticmethod
    def _answers(url: str, sent: str | None, text: str) -> bool:
        return url.endswith("/records/customer/query") and json.loads(sent or "{}").get("search") == text


def drop(page: Page, target: Locator, file: Path) -> None:
    """Drop a file on an element, as from the desktop."""
    carried = page.evaluate_handle(
        """([name, data]) => {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name));
            return transfer;
        }""",
        [file.name, base64.b64encode(file.read_bytes()).decode()],
    )
    for event in ("dragenter", "dragover", "drop"):
        target.dispatch_event(event, {"dataTransfer": carried})


def clipboard(page: Page, kind: str, text: str = "") -> str:
    """Send a copy, cut or paste to where the focus is; return what lies on the clipboard afterwards."""
    lies: str = page.evaluate(
        """([kind, text]) => {
            const data = new DataTransfer();
            if (text) data.setData("text/plain", text);
            document.activeElement.dispatchEvent(
                new ClipboardEvent(kind, { clipboardData: data, bubbles: true, cancelable: true }));
            return data.getData("text/plain");
        }""",
        [kind, text],
    )
    return lies
