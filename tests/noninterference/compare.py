"""Asking a ledger over HTTP in process, and telling whether two answers are the same.

Ids and revisions may differ where the design lets them: they tell that something exists or moved, never what. An id
is the same when both worlds gave it to the record of one name. Everything else is compared to the byte.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from kehu.entry.api.app import make_app
from tests.noninterference.worlds import OBSERVER, Ledger

BASE = "/api/v1"
# Numbers of moves: a number stays a number, nothing stays nothing.
MOVES = {"revision", "changeset", "undoes", "undone_by", "seq", "version", "later"}
# Times that the machine's own clock makes.
MACHINE = {"seconds"}
HEADERS = {
    "content-type",
    "etag",
    "location",
    "cache-control",
    "content-disposition",
    "retry-after",
    "www-authenticate",
}
NUMBER = re.compile(r"\d+")


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any  # JSON, else bytes


@dataclass
class Session:
    """The observer at one world."""

    ledger: Ledger
    role: str
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    next: str | None = None  # cursor of the last list
    changesets: list[int] = field(default_factory=list)
    exports: list[int] = field(default_factory=list)
    views: list[int] = field(default_factory=list)
    imports: list[int] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        app = make_app(self.ledger.runtime, jobs=False)
        self.server = app.state.kehu
        headers = {"Authorization": f"Bearer {self.ledger.tokens[OBSERVER[self.role]]}", "Accept-Language": "zh-CN"}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        """Send one request. Bodies are JSON unless `files` are given."""
        if body is not None:
            more["json"] = body
        sent = self.client.request(method, BASE + quote(path, safe="/?=&%"), headers=headers, **more)
        got = self.loop.run_until_complete(sent)
        kind = got.headers.get("content-type", "")
        content = got.json() if "json" in kind and got.content else got.content
        return Answer(got.status_code, {k: v for k, v in got.headers.items() if k in HEADERS}, content)

    def run_jobs(self) -> None:
        """Do the background work that waits."""
        self.server.runner.run_all()

    def close(self) -> None:
        """Give threads and sockets back; the ledger stays open."""
        self.loop.run_until_complete(self.client.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.server.close()


class Leak(AssertionError):
    """Two worlds that the role cannot tell apart gave different answers."""


@dataclass
class Pairs:
    """Ids of the two worlds that stand for the same record, by name."""

    one: Session
    two: Session

    def same_id(self, a: int, b: int) -> bool:
        """Whether two ids name the same visible record."""
        if a == b:
            return True
        first, second = self.one, self.two
        names = [n for n, id in (first.ledger.ids | first.made).items() if id == a]
        return any((second.ledger.ids | second.made).get(n) == b for n in names)


def compare(pairs: Pairs, what: str, a: Answer, b: Answer) -> None:
    """Raise Leak where the answers differ."""
    if a.status != b.status:
        raise Leak(f"{what}: status {a.status} / {b.status}\n  {a.body}\n  {b.body}")
    for name in sorted(a.headers.keys() | b.headers.keys()):
        one, two = a.headers.get(name), b.headers.get(name)
        if name in ("etag", "location") and one is not None and two is not None and "catalog" not in what:
            one, two = NUMBER.sub("#", one), NUMBER.sub("#", two)
        if one != two:
            raise Leak(f"{what}: header {name} {one!r} / {two!r}")
    _same(pairs, what, "", a.body, b.body)


def _same(pairs: Pairs, what: str, at: str, a: Any, b: Any) -> None:
    key = at.rpartition(".")[2].partition("[")[0]
    if type(a) is not type(b):
        _differ(what, at, a, b)
    if isinstance(a, dict):
        if a.keys() != b.keys():
            _differ(what, at, sorted(a), sorted(b))
        if isinstance(a.get("columns"), list) and "rows" in a:
            return _same_table(pairs, what, at, a, b)
        for one in a:
            if one == "title" and a.get("origin") == "undo":
                a, b = {**a, one: NUMBER.sub("#", a[one])}, {**b, one: NUMBER.sub("#", b[one])}
            _same(pairs, what, f"{at}.{one}", a[one], b[one])
        return None
    if isinstance(a, list):
        if len(a) != len(b):
            _differ(what, f"{at} (length)", a, b)
        for n, (one, two) in enumerate(zip(a, b, strict=True)):
            _same(pairs, what, f"{at}[{n}]", one, two)
        return None
    if key in MACHINE or (key == "next" and a is not None):
        return None
    if key in MOVES and isinstance(a, int):
        return None
    if key == "id" and isinstance(a, int):
        if not pairs.same_id(a, b):
            _differ(what, at, a, b)
        return None
    if a != b:
        _differ(what, at, a, b)
    return None


def _same_table(pairs: Pairs, what: str, at: str, a: Any, b: Any) -> None:
    """A query's answer: cells by the name of their column."""
    if a["columns"] != b["columns"] or len(a["rows"]) != len(b["rows"]):
        _differ(what, at, a, b)
    for n, (one, two) in enumerate(zip(a["rows"], b["rows"], strict=True)):
        for m, (x, y) in enumerate(zip(one, two, strict=True)):
            name = a["columns"][m] if m < len(a["columns"]) else "?"
            name = name["field"] if isinstance(name, dict) and "field" in name else str(name)
            _same(pairs, what, f"{at}.rows[{n}].{name.rpartition('.')[2]}", x, y)
    for rest in a.keys() - {"columns", "rows"}:
        _same(pairs, what, f"{at}.{rest}", a[rest], b[rest])


def _differ(what: str, at: str, a: Any, b: Any) -> None:
    raise Leak(f"{what}: {at or 'body'}\n  {str(a)[:400]}\n  {str(b)[:400]}")
