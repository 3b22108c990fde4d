"""Kinds of work that a server does while something happens to it, each knowing what it was promised.

A kind of work goes on step by step, over any number of servers: what got no answer is asked again under the same
Idempotency-Key. `settle` ends what was begun; `check` compares the ledger with the promises.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kehu.core.catalog.store import load_catalog
from kehu.runtime import Runtime
from torture.place import GONE, SYSTEM, Client, Outcome, Place, Process

PAUSE = 0.05
# Answers that ask to come again: somebody else changes the catalog; the database is away for a moment.
AGAIN = ("catalog.busy", "database.again")
AWAY = ("database.unreachable", "database.busy", "database.full", "database.disk")


class Work:
    """One kind of work. Not shared between threads."""

    name = ""

    def __init__(self, outcome: Outcome, *, away: bool = False) -> None:
        """`away`: the database itself is taken away, so 503 is a good answer."""
        self.outcome = outcome
        self.busy = False
        self._again = (*AGAIN, *(AWAY if away else ()))

    def step(self, client: Client) -> None:
        """Do the next piece of work. Raises one of GONE."""
        raise NotImplementedError

    def at_rest(self) -> bool:
        """Whether everything that was begun has ended."""
        return not self.busy

    def check(self, place: Place) -> None:
        """Count what was lost or doubled."""
        raise NotImplementedError

    def run(self, server: Process, ended: threading.Event) -> None:
        """Work until told to end; a server that went away is tried again."""
        client = server.client()
        while not ended.is_set():
            try:
                self.step(client)
            except GONE:
                time.sleep(PAUSE)
        client.close()

    def settle(self, server: Process, seconds: float = 180) -> None:
        """Bring what was begun to its end."""
        client, until = server.client(), time.monotonic() + seconds
        while not self.at_rest():
            if time.monotonic() > until:
                raise TimeoutError(f"{self.name} does not come to an end: {vars(self)}")
            self.step(client)
        client.close()

    def good(self, answer: tuple[int, Any], *expected: int) -> bool:
        """Whether an answer is as it should be; what may be asked again is not counted as an error."""
        status, told = answer
        if status in expected:
            return True
        code = (told or {}).get("code") if isinstance(told, dict) else None
        if code not in self._again:
            self.outcome.errors[f"{self.name} {status} {code}"] += 1
        time.sleep(PAUSE)
        return False


class Singles(Work):
    """Customers made one by one, and each one's remark changed once."""

    name = "single saves"

    def __init__(self, outcome: Outcome, writer: str = "甲", *, away: bool = False) -> None:
        super().__init__(outcome, away=away)
        self.writer = writer
        self.number = 0
        self.made: dict[str, int] = {}
        self.revision = 0
        self.remarked: set[str] = set()
        self.waits: list[float] = []

    def step(self, client: Client) -> None:
        name = f"单条{self.writer}{self.number:06}"
        key = f"one-{ord(self.writer[0])}-{self.writer[1:]}-{self.number}"
        self.busy = True
        begun = time.monotonic()
        if name not in self.made:
            body = {"name": name, "kind": "person", "mobile": "13800000001"}
            answer = client.send("POST", "/records/customer", body, Idempotency_Key=key)
            if self.good(answer, 201):
                self.made[name], self.revision = answer[1]["id"], answer[1]["revision"]
                self.outcome.acknowledged += 1
                self.waits.append(time.monotonic() - begun)
            return
        change = {"remark": f"第 {self.number} 条"}
        revision = {"If_Match": f'"{self.revision}"'}
        # Asked again after a lost answer, the same value under an old revision merges with itself.
        if self.good(client.send("PATCH", f"/records/customer/{self.made[name]}", change, **revision), 200):
            self.remarked.add(name)
            self.outcome.acknowledged += 1
            self.waits.append(time.monotonic() - begun)
            self.number += 1
            self.busy = False

    def check(self, place: Place) -> None:
        found = place.customers()
        for name, id in self.made.items():
            remark = f"第 {int(name[-6:])} 条"
            told, noted = found.get(id, (None, None))
            self.outcome.lost += told != name or (name in self.remarked and noted != remark)
        names = Counter(name for name, _ in found.values() if name.startswith(f"单条{self.writer}"))
        self.outcome.doubled += sum(count - 1 for count in names.values())


class Bulk(Work):
    """All of some customers get a remark, then the change is undone; over and over."""

    name = "bulk edits"

    def __init__(self, outcome: Outcome, undone: Outcome, rows: int, *, away: bool = False) -> None:
        super().__init__(outcome, away=away)
        self.undone = undone
        self.rows = rows
        self.number = 0
        self.phase = "set"
        self.changeset = 0
        self.asked = 0  # how often an undo was asked for: one that was killed five times within a step is set aside

    def step(self, client: Client) -> None:
        remark = f"批次 {self.number}"
        if self.phase == "set":
            self.busy = True
            where = {"field": "name", "op": "starts_with", "value": "批量"}
            body = {"where": where, "set": {"remark": remark}}
            answer = client.send("POST", "/records/customer/bulk", body, Idempotency_Key=f"bulk-{self.number}")
            if self.good(answer, 200, 202):
                self.changeset, self.phase = answer[1]["changeset"], "applying"
                self.outcome.acknowledged += 1
                self.outcome.lost += answer[1]["affected"] != self.rows
        elif self.phase == "applying":
            state = self._state(client)
            if state == "failed":  # set aside as well; what it has done can be undone
                self.phase = "undo"
            if state == "applied":
                query = {
                    "select": ["name"],
                    "where": {"field": "remark", "op": "eq", "value": remark},
                    "count": "exact",
                }
                answer = client.send("POST", "/records/customer/query", query | {"limit": 1})
                if self.good(answer, 200):
                    self.outcome.lost += answer[1]["count"]["value"] != self.rows
                    self.phase = "undo"
        elif self.phase == "undo":
            self.busy = True
            path, key = f"/changesets/{self.changeset}/undo", f"undo-{self.number}-{self.asked}"
            if self.good(client.send("POST", path, {}, Idempotency_Key=key), 200, 202):
                self.undone.acknowledged += 1
                self.phase = "undoing"
        else:
            state = self._state(client)
            if state in ("applied", "failed"):
                self.phase, self.asked = "undo", self.asked + 1
                self.undone.note = f"{self.asked} asked for again"
            elif state == "undone":
                self.phase, self.busy = "set", False
                self.number += 1

    def at_rest(self) -> bool:
        return self.phase == "set" and not self.busy

    def undoing(self) -> bool:
        """Whether it is the undo that is in flight."""
        return self.phase in ("undo", "undoing")

    def check(self, place: Place) -> None:
        mine = [remark for name, remark in place.customers().values() if name.startswith("批量")]
        self.undone.lost += sum((remark or "").startswith("批次") for remark in mine)
        self.outcome.lost += max(0, self.rows - len(mine))
        self.outcome.doubled += max(0, len(mine) - self.rows)

    def _state(self, client: Client) -> str | None:
        answer = client.send("GET", f"/changesets/{self.changeset}?limit=1")
        time.sleep(PAUSE)
        return str(answer[1]["state"]) if self.good(answer, 200) else None


class Imports(Work):
    """Files of new customers, one after the other."""

    name = "imports"

    def __init__(self, outcome: Outcome, rows: int, *, away: bool = False) -> None:
        super().__init__(outcome, away=away)
        self.rows = rows
        self.number = 0
        self.phase = "upload"
        self.run_id = 0
        self.applied: list[int] = []
        self.parked = 0

    def content(self, number: int, word: str = "导入") -> bytes:
        """A file."""
        lines = [f"{word}{number:04}-{row:05},个人,139{row:08},第 {row} 行" for row in range(self.rows)]
        return "\n".join(["客户名称,客户类别,手机,备注", *lines]).encode()

    def step(self, client: Client) -> None:
        if self.phase == "upload":  # unanswered, it leaves a file that nobody applies
            self.busy = True
            answer = client.upload("/imports", "客户.csv", self.content(self.number), {"entity": "customer"})
            if self.good(answer, 200, 201, 202):
                self.run_id, self.phase = answer[1]["id"], "checking"
            return
        answer = client.send("GET", f"/imports/{self.run_id}")
        if not self.good(answer, 200):
            return
        state = answer[1]["state"]
        if state == "failed":
            if answer[1]["error"]["code"] == "job.parked":  # killed five times within one step: set aside, and told so
                self.parked += 1
                self.outcome.note = f"{self.parked} set aside"
            else:
                self.outcome.errors[f"import failed {answer[1]['error']}"] += 1
            self.phase, self.busy, self.number = "upload", False, self.number + 1
        elif state == "checked":
            if self.good(client.send("POST", f"/imports/{self.run_id}/apply", {}), 200, 202):
                self.outcome.acknowledged += 1
        elif state == "applied":
            made = answer[1]["result"]["by_entity"]["customer"]
            self.outcome.lost += made != {"created": self.rows, "updated": 0}
            self.applied.append(self.number)
            self.phase, self.busy, self.number = "upload", False, self.number + 1
        time.sleep(PAUSE)

    def check(self, place: Place) -> None:
        names = Counter(name for name, _ in place.customers().values() if name.startswith("导入"))
        for number in self.applied:
            self.outcome.lost += sum(not names[f"导入{number:04}-{row:05}"] for row in range(self.rows))
        self.outcome.doubled += sum(count - 1 for count in names.values())


class Catalog(Work):
    """A field is added, named anew, hidden and shown again."""

    name = "catalog changes"

    def __init__(self, outcome: Outcome, *, away: bool = False) -> None:
        super().__init__(outcome, away=away)
        self.number = 0
        self.expected: dict[str, tuple[str, bool]] = {}  # key → label, hidden

    def step(self, client: Client) -> None:
        key = f"t{self.number // 4:04}"
        place = {"entity": "customer", "key": key}
        label = "新字段" if self.number % 4 == 0 else "改名字段"
        changes: list[dict[str, object]] = [
            {"op": "field.add", **place, "type": "text", "label": "新字段"},
            {"op": "field.change", **place, "label": "改名字段"},
            {"op": "field.drop", **place},
            {"op": "field.restore", **place},
        ]
        self.busy = True
        answer = client.send(
            "POST", "/catalog/changes", {"changes": [changes[self.number % 4]]}, Idempotency_Key=f"cat-{self.number}"
        )
        if self.good(answer, 200):
            self.expected[key] = (label, self.number % 4 == 2)
            self.number += 1
            self.outcome.acknowledged += 1
            self.busy = False

    def check(self, place: Place) -> None:
        with Runtime.open(place.settings) as runtime, runtime.read(SYSTEM) as ctx:
            fields = load_catalog(ctx.tx, ctx.catalog.version).entities["customer"].fields
        for key, (label, hidden) in self.expected.items():
            found = fields.get(key)
            self.outcome.lost += found is None or (found.label.zh, found.hidden) != (label, hidden)
        self.outcome.doubled += max(0, len([k for k in fields if k[0] == "t" and k[1:].isdigit()]) - len(self.expected))


@contextmanager
def working(works: Sequence[Work], server: Process) -> Iterator[None]:
    """Do all this work, each in a thread of its own, while the block runs."""
    ended = threading.Event()
    threads = [threading.Thread(target=work.run, args=(server, ended)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def checked(place: Place, outcome: Outcome, works: Sequence[Work], begun: float) -> Outcome:
    """Let every kind of work look for what it was promised, and the ledger prove itself."""
    for work in works:
        work.check(place)
        if work.outcome is not outcome:
            outcome.acknowledged += work.outcome.acknowledged
            outcome.lost += work.outcome.lost
            outcome.doubled += work.outcome.doubled
            outcome.errors += work.outcome.errors
    outcome.dirty += place.dirty()
    outcome.seconds = time.monotonic() - begun
    return outcome


def seed(place: Place, server: Process, rows: int) -> None:
    """Import the customers that `Bulk` works on."""
    files = Imports(Outcome("seed", place.db), rows)
    client = server.client()
    status, told = client.upload("/imports", "批量.csv", files.content(0, "批量"), {"entity": "customer"})
    assert status < 300, told
    files.run_id, files.phase, files.busy = told["id"], "checking", True
    files.settle(server)
    client.close()
    assert files.outcome.clean, files.outcome
