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
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.support.server import LedgerServer

WINDOW: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 20_000
COLUMNS = {"name": 240, "code": 130, "mobile": 130, "short_name": 130, "industry": 130, "remark": 260}
"""The columns that the lists of the tests begin with, and their widths in pixels."""
MARKER_WIDTH, HEADER_HEIGHT, ROW_HEIGHT = 56, 34, 34
NOTHING = "/favicon.svg"
"""A page of the server without a program."""
_numbers = itertools.count(1)


@dataclass
class Windows:
    """Opens windows on a ledger; remembers every script error and every breach of the security policy in them.

    A window is used again by later tests, emptied: reading the program anew is most of what opening one costs.
    """

    browser: Browser
    ledger: LedgerServer
    errors: list[str] = field(default_factory=list)
    open_windows: list[Page] = field(default_factory=list)
    kept: dict[str, list[Page]] = field(default_factory=dict)
    """Emptied windows by their language."""
    own: list[Page] = field(default_factory=list)

    def open(
        self, *, signed_in: bool = True, locale: str = "zh-CN", name: str = "", password: str = "", own: bool = False
    ) -> Page:
        """A window with cookies of its own, as admin unless told; not yet at an address.

        `own` is for tests that change what cannot be put back, as scripts of their own: nobody has it before or after.
        """
        kept = self.kept.get(locale)
        page = kept.pop() if kept and not own else self._make(locale)
        self.open_windows.append(page)
        if own:
            self.own.append(page)
        if signed_in:
            who = {"name": name or self.ledger.admin, "password": password or self.ledger.password}
            answer = page.context.request.post("/api/v1/session", data=who)
            assert answer.ok, answer.text()
        return page

    def put_away(self) -> None:
        """Empty the windows that are open. Fails when a page of them reported an error."""
        for page in self.open_windows:
            if page in self.own or page.is_closed() or len(page.context.pages) > 1:
                page.context.close()
            else:
                self._empty(page)
                self.kept.setdefault(page.evaluate("navigator.language"), []).append(page)
        errors = [*self.errors]
        self.open_windows, self.own, self.errors = [], [], []
        assert errors == [], f"errors on the page {errors}"

    def close(self) -> None:
        """Close all windows."""
        for page in [*self.open_windows, *(page for kept in self.kept.values() for page in kept)]:
            page.context.close()

    def _make(self, locale: str) -> Page:
        context = self.browser.new_context(
            base_url=self.ledger.url, locale=locale, viewport=WINDOW, accept_downloads=True
        )
        context.set_default_timeout(PATIENCE_MS)
        layout = {"keys": list(COLUMNS), "widths": COLUMNS}
        context.add_init_script(
            f"if (!localStorage['kehu.columns.customer']) "
            f"localStorage['kehu.columns.customer'] = {json.dumps(json.dumps(layout))}"
        )
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))
        return page

    def _empty(self, page: Page) -> None:
        page.context.set_offline(False)
        page.context.unroute_all(behavior="ignoreErrors")
        page.unroute_all(behavior="ignoreErrors")
        page.emulate_media(media="null", color_scheme="null", reduced_motion="null", contrast="null")
        page.set_viewport_size(WINDOW)
        page.goto(NOTHING)
        page.evaluate("sessionStorage.clear()")
        devtools = page.context.new_cdp_session(page)
        devtools.send("Storage.clearDataForOrigin", {"origin": self.ledger.url, "storageTypes": "all"})
        devtools.detach()
        page.context.clear_cookies()

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


def go(page: Page, address: str) -> None:
    """Go to a page of the program as a link in it leads there: only the first time the program is loaded."""
    if page.url.startswith("http") and not page.url.endswith(NOTHING):
        page.evaluate("(to) => window.history.pushState({}, '', to)", address)
    else:
        page.goto(address)


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
